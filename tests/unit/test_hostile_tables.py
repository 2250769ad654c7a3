"""Files made to break the reader: refused in a sentence or read, never a crash, never a number out of nothing."""

import gzip
import os
import pickle
import random
import warnings
import zipfile

import numpy as np
import pytest

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.data import Reading, check, read_data
from livingdrug.nca import NcaSettings, nca


def refused(path, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        read_data(path)
    assert len(str(caught.value)) < 10_000
    assert all(c.isprintable() or c == "\n" for c in str(caught.value))


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("a.csv", gzip.compress(b"ID,TIME,DV\nA,0,1\n", mtime=0), "gzip archive is not a format read here"),
    ("a.csv", pickle.dumps({"a": 1}), "pickle is not a format read here"), ("a.csv", b"\x00" * 50, "not a text table"),
    ("a.csv", b"ID,TIME,DV\nA,0,1\x00\n", "not a text table"), ("a.csv", b"<html></html>", "HTML is not a format read here"),
    ("a.xlsx", b"ID,TIME,DV\nA,0,1\n", "no Excel workbook inside"), ("a.xlsx", b"PK\x03\x04rest", "damaged or locked"),
    ("a.sas7bdat", b"xxxx", "is not a format read here"), ("a.csv", b"   \n \n", "the file is empty"),
    ("a.csv", b'ID,TIME,DV\n"A,0,1\n' + b"B,1,2\n" * 50_000, "line 2 cannot be parted into cells"),
    ("a.csv", b"ID,TIME,DV\nA,0," + b"9" * 2_000_000, "line 2"),
    ("a.csv", ",".join(f"c{i}" for i in range(9999)).encode() + b"\n1\n", "the limit is 500"),
    ("a.csv", b"ID,TIME,DV,DV\nA,0,1,2\n", "stands there twice"), ("a.csv", b"ID,,TIME,DV\nA,0,0,1\n", "has no heading"),
    ("a.csv", b"ID,Day 0,Day 7,Day 14\nA,0,1,2\n", "as day 0 or as day 1"),
    ("a.csv", b"ID,TIME,DV\n\x1b[31mA,0,1\n", "control characters"), ("a.csv", "ID,TIME,DV\nA,\u0661,1\n".encode(), "number"),
    ("a.csv", b"ID,TIME,DV\nA,0,1_000\n", "cannot be read as a number"),
    ("a.csv", b"ID,TIME,DV\nA,0,1e300\n", "beyond anything"),
    ("a.csv", b"ID,TIME,DV\nA,1e99,3\n", "beyond anything"), ("a.csv", b"ID,TIME,DV\nA,0,>0\n", "upper limit of 0"),
    ("a.csv", b"ID;TIME;DV\nA;0;1.000,5\n", "cannot be read as a number"), ("a.csv", b"ID,TIME,DV\nA,0,#DIV/0!\n", "number"),
    ("a.csv", b"ID,TIME,DV,AMT,ADDL\nA,0,,1e8,3\nA,1,5,,\n", "no time between them"),
])  # fmt: skip
def test_hostile_files_are_refused_in_a_sentence(name, content, sentence, tmp_path):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, sentence)


def test_workbooks_that_unpack_to_too_much_or_fetch_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<x/>")
        package.writestr("xl/worksheets/sheet1.xml", "0" * 40_000_000)
    refused(tmp_path / "bomb.xlsx", "would unpack to")
    with zipfile.ZipFile(tmp_path / "entity.xlsx", "w") as package:
        package.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
    refused(tmp_path / "entity.xlsx", "entities and document types are not allowed")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as package:
        package.writestr("a.csv", "ID,TIME,DV\nA,0,1\n")
    refused(tmp_path / "other.zip", "zip archive is not a format read here")


def test_merged_cells_are_named(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["ID", "TIME", "DV"], ["A", 0, 1], [None, 1, 5]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    refused(tmp_path / "a.xlsx", "A2:A3 are merged")


def test_pipes_devices_and_huge_files_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "device or a pipe")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(3_000_000_000)
    refused(tmp_path / "huge.csv", "3,000 MB; the limit is 250 MB")


def test_a_fault_in_many_rows_is_one_finding(tmp_path):
    (tmp_path / "a.csv").write_text("ID,TIME,DV,UNIT\n" + "".join(f"{i},0,{i},IU/L\n" for i in range(5000)))
    (found,) = check(tmp_path / "a.csv").findings
    assert found.rows == 5000 and found.line == 2 and "and 4999 more rows" in found.sentence()


SEEDS = [
    b"subject,time,conc\n1,0,BLQ\n1,1,<50\n1,3,310\n1,7,5200\n1,14,BQL\n1,28,<LLOQ\n",
    b"subject;time;conc\n1;0;0\n1;1,5;120\n1;3;310\n1;7;5200\n2;0;0\n2;9;17\n",
    b"ID,TIME,DV,AMT,EVID,OCC,CENS,LIMIT,UNIT,ASSAY,DVID,WT,EXCL,MDV\nA,0,,1e8,1,1,0,,,,,70,,\nA,1,5,,0,1,0,2,copies/ug,qPCR,x,70,,0\n"
    b"A,7,50,,0,1,0,2,copies/ug,qPCR,x,70,,0\nA,9,<2,,0,1,0,2,copies/ug,qPCR,x,70,,0\n",
    b"subject,date,infusion date,conc\nA,2024-01-02,2024-01-01,310\nA,2024-01-09,2024-01-01,5200\n",
]
BITS = [
    b",", b"\n", b'"', b";", b"\t", b"\r", b"\x00", b"NaN", b"inf", b"-", b"1e308", b"1e-320", b"<", b">", b".", b"", b" ",
    b"\xff", b"\xef\xbb\xbf", b"=1+1", b"BLQ", b"-1", b"0", b"1", b"1,5", b"ID", b"TIME", b"(d)", b"2024-02-30",
    b"0001-01-01",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_never_crash_the_reader_or_the_analysis(seed, tmp_path):
    rng = random.Random(seed)
    path = tmp_path / "a.csv"
    for _ in range(60):
        raw = bytearray(rng.choice(SEEDS))
        for _ in range(rng.randint(1, 6)):
            i = rng.randint(0, len(raw))
            raw[i : min(len(raw), i + rng.randint(0, 9) * rng.randint(0, 1))] = rng.choice(BITS)
        path.write_bytes(bytes(raw))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                result = nca(read_data(path, Reading(time_unit="d")), NcaSettings(small_molecule=True))
            except LivingdrugError:
                continue
        frame = result.table()
        assert np.isfinite(frame["value"].dropna()).all() and (frame["value"].isna() == (frame["flag"] == "absent")).all()
