"""`<2` is not 2: a sign before (or behind) a number is refused with its cell, or used for what it says, in every column."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import livingdrug
from livingdrug.core.errors import InputError
from livingdrug.data import ENDPOINT_WORDS as ENDPOINTS
from livingdrug.data import NUMBER, check, check_endpoints, cross, read_cell, read_data, read_numbers
from livingdrug.data.cells import BAD
from livingdrug.data.meanings import EVENT, WORDS
from livingdrug.response import Question, Sample, read_subjects, select

SIGNS = ("<{}", ">{}", "≤{}", "≥{}", "<={}", "~{}", "{}*", "{}+", "?{}", "= {}")
# one subject's samples and dose, with a column for every meaning a file can have, and columns that stand for doses
COLUMNS = {
    "ID": "A",
    "TIME": "2",
    "DV": "2",
    "DVID": "x",
    "MATRIX": "blood",
    "UNIT": "cells/uL",
    "TIMEUNIT": "d",
    "ASSAY": "flow",
    "EVID": "0",
    "AMT": "",
    "DOSEUNIT": "cells",
    "CENS": "0",
    "LIMIT": "1",
    "MDV": "0",
    "OCC": "1",
    "EXCL": "",
    "EXCLRSN": "",
    "WT": "2",
    "NTIME": "2",
    "FERRITIN": "2",
    "RATE": "",
    "DUR": "",
    "CMT": "",
    "ADDL": "",
    "II": "",
    "SS": "",
}
LABELS = {"ID", "DVID", "ASSAY", "OCC", "EXCL", "CMT", "MATRIX"}  # any text is a name there


def walked():
    return sorted((set(WORDS) | set(COLUMNS)) - {"DATE", "INFUSED", "EXCLRSN"})


def write(path, rows):
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return path


def samples(path, column, text):
    """The text stands in the last row of a column; of a column of doses in the row of the dose."""
    names = list(COLUMNS)
    base = [COLUMNS[n] for n in names]
    dose = [{"TIME": "0", "EVID": "1", "AMT": "1e6", "DV": "", "LIMIT": ""}.get(n, v) for n, v in COLUMNS.items()]
    rows = [names, dose, [{"TIME": "1"}.get(n, v) for n, v in COLUMNS.items()], base]
    rows[1 if column in ("AMT", *EVENT) else 3][names.index(column)] = text
    return write(path, rows)


@pytest.mark.parametrize("column", walked())
def test_a_sign_in_a_column_of_samples_is_refused_or_kept(column, tmp_path):
    for sign in SIGNS:
        text = sign.format("2")
        found = check(samples(tmp_path / "s.csv", column, text))
        refused = any(f.severity == "error" and text in f.value for f in found.findings)
        if column == "DV" and read_cell(text)[-1] != BAD:
            assert found.data.cens[-1] == (1 if text[0] in "<≤" else -1) and found.data.dv[-1] == 2
        elif column in LABELS | {"NTIME", "FERRITIN"}:
            kept = "" if found.data is None else found.data.table().to_csv() + repr(found.data.by_row)
            assert not found.ok or text in kept or any(text in note for note in found.notes), text
        else:
            assert refused, (column, text, found.findings)


def test_every_meaning_is_walked():
    assert set(WORDS) - {"DATE", "INFUSED"} <= set(COLUMNS)


@pytest.mark.parametrize("meaning", sorted(set(ENDPOINTS) - {"ID"}))
@pytest.mark.parametrize("digit", ["1", "2"])
def test_a_sign_in_a_column_of_endpoints_is_refused_by_line(meaning, digit, tmp_path):
    good = {"ID": "A", "RESPONSE": "CR", "CRS": "1", "ICANS": "0", "PFS": "2", "PFSEVENT": "1"}
    for sign in (*SIGNS, "{}?", "not {}"):
        cell = sign.format("CR" if meaning == "RESPONSE" else digit)
        row = [cell if name == meaning else value for name, value in good.items()]
        rows = [list(good), row, ["B", "PD", "0", "1", "3", "0"]]
        found = check_endpoints(write(tmp_path / "e.csv", rows)).findings
        assert any(f.line == 2 and f.value == cell for f in found), cell


ROLES = {
    "exposure": Question("E", "Y"),
    "binary": Question("E", "Y"),
    "graded": Question("E", "GRADE", "graded"),
    "at least": Question("E", "GRADE>=2"),
    "crs": Question("E", "CRS"),
    "number": Question("E", "NUMBER"),
    "trials": Question("E", "COUNT", trials="TRIALS"),
    "time": Question("E", time="TIME", event="EVENT"),
    "event": Question("E", time="TIME", event="EVENT"),
    "covariate": Question("E", "Y", adjust=("AGE",)),
    "censoring": Question("E", time="TIME", event="CNSR"),
    "response": Question("E", "ORR"),
    "landmark": Question("E", "Y", time="TIME", landmark=0.5),
}
COLUMN_OF = {
    "exposure": "E",
    "binary": "Y",
    "graded": "GRADE",
    "at least": "GRADE",
    "crs": "CRS",
    "number": "NUMBER",
    "trials": "TRIALS",
    "time": "TIME",
    "event": "EVENT",
    "covariate": "AGE",
    "censoring": "CNSR",
    "response": "RESPONSE",
    "landmark": "TIME",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_sign_in_a_column_of_a_table_of_subjects_is_refused_with_its_subject(role, tmp_path):
    rows = [["ID", "E", "Y", "GRADE", "CRS", "NUMBER", "COUNT", "TRIALS", "TIME", "EVENT", "AGE", "CNSR", "RESPONSE"]]
    for i in range(8):
        rows.append(
            [
                f"P{i}",
                str(10 + i),
                str(i % 2),
                str(i % 4),
                str(i % 3),
                str(5 + i),
                str(i % 3),
                "9",
                str(3 + i),
                str(i % 2),
                str(40 + i),
                str(i % 2),
                ("CR", "PD")[i % 2],
            ]
        )
    at = rows[0].index(COLUMN_OF[role])
    assert isinstance(select(read_subjects(write(tmp_path / "t.csv", rows)), ROLES[role])[1], Sample)
    for digit in "12":
        for sign in SIGNS:
            cell = sign.format("CR" if role == "response" else digit)
            changed = [list(row) for row in rows]
            changed[4][at] = cell
            with pytest.raises(InputError, match="P3"):
                select(read_subjects(write(tmp_path / "t.csv", changed)), ROLES[role])


@pytest.mark.parametrize(
    ("bridge", "needs"),
    [
        ("white_cells:wbc={},vcn={}", ("wbc", "vcn")),
        ("percent_of_cd3:cd3={}", ("cd3",)),
    ],
)
def test_a_sign_in_a_column_of_a_conversion_is_refused_by_line(bridge, needs, tmp_path):
    unit = "%" if needs == ("cd3",) else "copies/ug"
    for sign in SIGNS:
        rows = [["ID", "TIME", "DV", "UNIT", "X"], ["A", "1", "5", unit, "3"], ["A", "2", "5", unit, sign.format("3")]]
        data = read_data(write(tmp_path / "s.csv", rows))
        with pytest.raises(InputError, match="line 3: .*" + re.escape(f"`{sign.format('3')}`")):
            cross(data, bridge.format(*["X"] * len(needs)))


def test_who_takes_the_number_behind_a_sign_looks_at_its_kind():
    """Every function that reads `either` or `bound` of parsed numbers also reads their kind."""
    root, blind = Path(livingdrug.__file__).parent, []
    for path in (*sorted((root / "data").glob("*.py")), *sorted((root / "response").glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                named = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
                blind += [f"{path.name}: {node.name}"] if named & {"either", "bound"} and "kind" not in named else []
    assert not blind


def test_the_value_of_a_cell_with_a_sign_cannot_be_taken():
    read = read_numbers(np.array([sign.format(2) for sign in SIGNS] + ["2"], dtype=object))
    assert np.isnan(read.value[:-1]).all() and read.value[-1] == 2
    assert ((read.kind == NUMBER) == np.isfinite(read.value)).all()


@pytest.mark.parametrize(
    ("cell", "limit"),
    [
        ("<LLOQ (50)", 50),
        ("BLQ(<50)", 50),
        ("BLQ <50", 50),
        ("below LLOQ", np.nan),
        ("BDL", np.nan),
        ("NQ", np.nan),
        ("LOD", np.nan),
        ("<LOQ [25]", 25),
        ("below the limit of quantification", np.nan),
        ("BLQ (= 50)", 50),
    ],
)
def test_words_for_below_the_limit(cell, limit, tmp_path):
    rows = [["ID", "TIME", "DV", "UNIT"], ["A", "1", "80", "copies/ug"], ["A", "2", cell, "copies/ug"]]
    data = read_data(write(tmp_path / "s.csv", rows))
    assert data.cens.tolist() == [0, 1] and data.limit[1] == pytest.approx(limit, nan_ok=True)


@pytest.mark.parametrize("cell", ["BLQ (>50)", "LLOQ 50 copies", ">ULOQ", "BLQ 50 60", "low", "(50)"])
def test_words_that_contradict_themselves_are_refused(cell, tmp_path):
    rows = [["ID", "TIME", "DV", "UNIT"], ["A", "1", "80", "copies/ug"], ["A", "2", cell, "copies/ug"]]
    with pytest.raises(InputError, match="line 3"):
        read_data(write(tmp_path / "s.csv", rows))


def test_a_sign_against_its_flag_is_refused(tmp_path):
    rows = [["ID", "TIME", "DV", "UNIT", "CENS"], ["A", "1", "80", "copies/ug", "0"], ["A", "2", ">50", "copies/ug", "1"]]
    with pytest.raises(InputError, match="contradict"):
        read_data(write(tmp_path / "s.csv", rows))


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("measured", [False, True])
def test_a_column_is_read_as_its_cells_are(decimal, measured):
    texts = ["1", "1.5", "-2e3", "1e999", "<50", ">7", "BLQ", "NA", "", " 3 ", "1,5", "12,400", "nan", "inf", "abc", "ND",
             "<LLOQ (50)", "1_000", "\u0663", "0x10", "+4", ".5", "5."]  # fmt: skip
    column = np.array(texts * 3 + texts[::-1], dtype=object)
    found = read_numbers(column, decimal, measured)
    value, bound, kind = (np.array(part) for part in zip(*(read_cell(t, decimal, measured) for t in column), strict=True))
    np.testing.assert_array_equal(found.value, value)
    np.testing.assert_array_equal(found.bound, bound)
    np.testing.assert_array_equal(found.kind, kind)
