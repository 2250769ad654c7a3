"""Claim: whatever a damaged file holds, it is read or refused in words: no traceback, no warning of a library, nothing that
takes more than 5 s of CPU or a gigabyte.

    python -m bench.damaged                            # all kinds, in full; hours
    python -m bench.damaged tables 60000 --seconds 600 # one kind, until the time is over; the next call goes on

Every input is drawn from its kind and number alone, so any one can be made again: `python -m bench.damaged tables --one 17`.
Tables, endpoints, workbooks and documents are real in shape, with bytes, cells, rows, columns, parts, keys or values changed;
what is read is also analysed. Counts go to bench/results/damaged.json as they come, with every fault by its number.
"""

import contextlib
import io
import json
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from bench.machine import machine
from livingdrug.core.errors import InputError, LivingdrugError
from tests.mutants import bytes_changed, data_changed

RESULTS = Path(__file__).with_name("results") / "damaged.json"
SECONDS, GIGABYTE = 5.0, 1e9
FULL = {"tables": 60_000, "workbooks": 8_000, "documents": 8_000, "records": 4_000}

NONMEM = """ID,TIME,DV,AMT,EVID,MDV,CMT,RATE,WT,SEX
1,0,.,100,1,1,1,50,70,M
1,1,5.2,.,0,0,2,.,70,M
1,4,9.1,.,0,0,2,.,70,M
1,24,<0.5,.,0,0,2,.,70,M
2,0,.,120,1,1,1,60,82.5,F
2,2,7.7,.,0,0,2,.,82.5,F
2,8,3.1,.,0,0,2,.,82.5,F
"""
ADNCA = """STUDYID,USUBJID,PARAMCD,PCSPEC,AVAL,AVALC,AVALU,ARRLT,NRRLT,RRLTU,DOSEA,DOSEU,ALLOQ,ATPTREF,NCAXFL
S1,S1-001,CART,BLOOD,,BLQ,copies/ug,0,0,Days,2e8,cells,50,1,
S1,S1-001,CART,BLOOD,310,310,copies/ug,2.98,3,Days,2e8,cells,50,1,
S1,S1-001,CART,BLOOD,12500,12500,copies/ug,9.03,10,Days,2e8,cells,50,1,
S1,S1-001,CART,MARROW,58000,58000,copies/ug,14,14,Days,2e8,cells,50,1,
S1,S1-001,CART,BLOOD,1500,1500,copies/ug,28,28,Days,2e8,cells,50,1,Y
S1,S1-002,CART,BLOOD,120,120,copies/ug,3,3,Days,1e8,cells,50,1,
S1,S1-002,CART,BLOOD,,<50,copies/ug,60,60,Days,1e8,cells,50,1,
"""
DATES = """subject;date;infusion date;conc;unit
A;2024-01-02;2024-01-01;310,5;copies/ug
A;2024-01-09;2024-01-01;5200;copies/ug
B;2024-02-01;2024-01-31;<50;copies/ug
B;2024-02-11;2024-01-31;0;copies/ug
"""
WIDE = """# exported
ID,group,d0,d3,d7,d10,d14,d28
P1,A,0,120,5200,21000,9000,400
P2,B,BLQ,80,700,1200,<50,
"""
WORDS = (b"subject,time,conc\n1,0,BLQ\n1,1,<50\n1,3,310\n1,7,5200\n1,14,BQL\n1,28,<LLOQ\n"
         b"2,0,0\n2,9,17\n2,14,1e3\n2,21,\"1200\"\n")  # fmt: skip
ENDPOINTS = """ID,Best response,CRS grade,ICANS,PFS (months),PFS_event,age,arm
P1,Complete Response,Grade 2,0,11.2,0,61,A
P2,PD,3,G1,1.5,1,47,B
P3,PR,0,0,4,yes,,A
P4,SD,1,0,7.25,0,70,B
"""
LONG = """USUBJID,PARAMCD,AVAL,AVALC,AVALU,CNSR
P1,BOR,,CR,,
P1,PFS,310,310,DAYS,1
P1,CRS,2,Grade 2,,
P2,BOR,,PD,,
P2,PFS,41,41,DAYS,0
"""
TABLES = [*(text.encode() for text in (NONMEM, ADNCA, DATES, WIDE)), WORDS]
TABLES_OF_SUBJECTS = [text.encode() for text in (ENDPOINTS, LONG)]
BITS = [
    *(b", \n \" ; \t \r \x00 NaN inf - 1e308 1e-320 < > . = =1+1 BLQ -1 0 1 1,5 ID TIME (d) 2024-02-30 0001-01-01 "
      b"10^6 cells/kg % NA # \xc2\xb5 \xd0\x90 \xe2\x89\xa4 1:DEAD Y 99999999999999999 +1 \xff \xef\xbb\xbf").split(b" "),
    b"", b" ", b"," * 600, b"\n" * 50, b"9" * 400, b"(" * 300, b"'" * 20,
]  # fmt: skip


def changed_table(raw: bytes, draw: random.Random) -> bytes:
    """A table with bytes, bits of text, cells, rows or columns changed."""
    turn = draw.random()
    if turn < 0.3:
        return next(bytes_changed(raw, 1, draw.randrange(2**60)))
    if turn < 0.55:
        data = bytearray(raw)
        for _ in range(draw.randint(1, 6)):
            at = draw.randint(0, len(data))
            data[at : min(len(data), at + draw.randint(0, 9) * draw.randint(0, 1))] = draw.choice(BITS)
        return bytes(data)
    sign = b";" if b";" in raw.split(b"\n")[0] else b","
    rows = [line.split(sign) for line in raw.rstrip(b"\n").split(b"\n")]
    for _ in range(draw.randint(1, 4)):
        _change_rows(rows, draw)
    return b"\n".join(sign.join(row) for row in rows) + b"\n"


def _change_rows(rows: list[list[bytes]], draw: random.Random) -> None:
    i, j, turn = draw.randrange(len(rows)), draw.randrange(len(rows)), draw.random()
    k, other = draw.randrange(len(rows[i]) or 1), draw.randrange(max(len(rows[0]), 1))
    if turn < 0.35:
        rows[i][k : k + 1] = [draw.choice(BITS)]
    elif turn < 0.5:
        rows[i], rows[j] = rows[j], list(rows[i])
    elif turn < 0.6:
        rows.insert(j, list(rows[i]) * draw.choice((1, 1, 2, 40)))
    elif turn < 0.7 and len(rows) > 1:
        del rows[i]
    elif turn < 0.85:  # two columns change places, or one goes
        for row in rows:
            if max(k, other) < len(row):
                row[k], row[other] = row[other], row[k]
    else:
        for row in rows:
            del row[other : other + 1]


def use_table(k: int, folder: Path) -> bool:
    """Read the k-th damaged table as an analysis would; whether it was taken."""
    draw = random.Random(f"tables {k}")
    path = folder / "table.csv"
    if draw.random() < 0.25:
        from livingdrug.data import check_endpoints
        from livingdrug.response import read_subjects

        path.write_bytes(changed_table(draw.choice(TABLES_OF_SUBJECTS), draw))
        taken = False
        for read in (check_endpoints, read_subjects):
            with contextlib.suppress(LivingdrugError):
                taken |= getattr(read(path), "ok", True)
        return taken
    path.write_bytes(changed_table(draw.choice(TABLES), draw))
    return use_samples(path)


def use_samples(path: Path) -> bool:
    """Read a file of samples, analyse it, write its canonical table and read that; whether it was analysed."""
    import numpy as np

    from livingdrug.data import Reading, check, read_data
    from livingdrug.nca import NcaSettings, nca

    try:
        readings = (Reading(time_unit="d"), Reading(), Reading(infusion_day=0))
        data = next(filter(None, (check(path, reading).data for reading in readings)), None)
        if data is None:
            return False
        frame = nca(data, NcaSettings(small_molecule=True)).table()
    except LivingdrugError as error:
        text = str(error)
        assert len(text) < 20_000 and all(c.isprintable() or c == "\n" for c in text), (
            "a message that cannot be printed"
        )
        return False
    assert np.isfinite(frame["value"].dropna()).all(), "a value that is not finite"
    back = path.with_name("back.csv")
    data.table().to_csv(back, index=False)
    try:
        again = read_data(back)
    except LivingdrugError as error:
        raise AssertionError(f"its own table is refused: {error}") from None
    assert again.rows == data.rows, "its own table has other rows"
    return True


def use_workbook(k: int, folder: Path) -> bool:
    """Read the k-th damaged workbook; whether it was analysed."""
    draw = random.Random(f"workbooks {k}")
    raw = _workbook(draw.choice((NONMEM, ADNCA, WIDE)))
    if draw.random() < 0.5:
        made = next(bytes_changed(raw, 1, draw.randrange(2**60)))
    else:
        made = _parts_changed(raw, draw)
    (folder / "book.xlsx").write_bytes(made)
    return use_samples(folder / "book.xlsx")


def _workbook(text: str) -> bytes:
    if text not in _BOOKS:
        import openpyxl

        book, out = openpyxl.Workbook(), io.BytesIO()
        for row in text.splitlines():
            book.active.append([_number(cell) for cell in row.split(",")])
        book.active.column_dimensions["B"].width = 20
        book.create_sheet("notes")["B2"] = "kept"
        book.save(out)
        _BOOKS[text] = out.getvalue()
    return _BOOKS[text]


_BOOKS: dict[str, bytes] = {}


def _number(cell: str):
    try:
        return float(cell)
    except ValueError:
        return cell or None


def _parts_changed(raw: bytes, draw: random.Random) -> bytes:
    """A whole package with one of its parts changed inside, in bytes or in its numbers and names."""
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name, out = draw.choice(list(parts)), io.BytesIO()
    data = parts[name]
    if draw.random() < 0.5:
        data = next(bytes_changed(data, 1, draw.randrange(2**60))) if data else b""
    else:
        spots = list(re.finditer(rb'"[^"]*"|>[^<]+<', data))
        for spot in draw.sample(spots, min(len(spots), draw.randint(1, 3))):
            new = draw.choice(
                [b"-1", b"99999999", b"A1048577", b"XFD1:A1", b"", b"s", b"1e999", b"../x", b"NaN", b"\xff"]
            )
            data = data[: spot.start() + 1] + new + data[spot.start() + 1 :]
    if draw.random() < 0.1:
        parts.pop(name)
    else:
        parts[name] = data
    with zipfile.ZipFile(out, "w") as made:
        for other, content in parts.items():
            made.writestr(other, content)
    return out.getvalue()


def use_document(k: int, folder: Path) -> bool:
    """Read the k-th damaged document (a model, a scenario) and build what it asks for; whether it was taken."""
    from tests.unit.test_toml import DOCUMENTS, spoilt

    draw = random.Random(f"documents {k}")
    use, text = draw.choice(DOCUMENTS)
    made = spoilt(text, draw)
    if made and draw.random() < 0.3:
        made = next(bytes_changed(made.encode("utf-8", "surrogatepass"), 1, draw.randrange(2**60))).decode(
            "utf-8", "replace"
        )
    with contextlib.suppress(LivingdrugError):
        use(made)
        return True
    return False


def use_record(k: int, folder: Path) -> bool:
    """Rebuild the report of a run whose record was damaged, or forged with its own hash made anew; whether it was."""
    from livingdrug.report.folder import rebuild
    from livingdrug.report.record import sealed
    from livingdrug.workflows.base import keep_run
    from livingdrug.workflows.power.spec import Power

    path, thesis = folder / "a" / "run", folder / "a" / "thesis.txt"
    if not path.exists():
        keep_run(Power(fold=2.0, log_sd=0.8), path)
        thesis.write_text("years of work")
        (folder / "record.json").write_bytes((path / "record.json").read_bytes())
    raw, draw = (folder / "record.json").read_bytes(), random.Random(f"records {k}")
    if draw.random() < 0.5:
        made = next(bytes_changed(raw, 1, draw.randrange(2**60)))
    else:
        data = {key: value for key, value in json.loads(raw).items() if key != "sha256"}
        made = sealed(next(data_changed(data, 1, draw.randrange(2**60)))).encode(errors="surrogatepass")
    (path / "record.json").write_bytes(made)
    taken = False
    with contextlib.suppress(InputError):
        rebuild(path)
        taken = True
    assert thesis.read_text() == "years of work", "a file outside the folder was changed"
    assert {p.name for p in path.parent.iterdir()} == {"run", "thesis.txt"}, (
        "a file outside the folder came or went"
    )
    return taken


USE: dict[str, Callable[[int, Path], bool]] = {
    "tables": use_table, "workbooks": use_workbook, "documents": use_document, "records": use_record,
}  # fmt: skip


class Slow(BaseException):
    """An input that took too long; no handler of the program's own may take it for a fault of the file."""


def _late(*_) -> None:
    raise Slow(f"more than {SECONDS:g} s of CPU")


def peak() -> float:
    """Bytes that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def answer_of(kind: str, k: int, folder: Path) -> tuple[bool, str]:
    """(whether the k-th input of a kind was taken, not refused; what is wrong with that, "" where nothing is)."""
    before, taken = peak(), False
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # CPU, as a busy machine is slow with anything
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            taken = USE[kind](k, folder)
    except (Exception, Slow) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return (
            False,
            f"{type(error).__name__}: {str(error)[:200]} ({Path(place.filename).name}:{place.lineno})",
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    grown = peak() - before
    return taken, f"took {grown / 1e9:.1f} GB" if grown > GIGABYTE else ""


def run(kind: str, count: int, seconds: float) -> dict:
    """Go on with a kind where the results stand, until `count` or until the time is over."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    row = found.get("rows", {}).get(
        kind, {"inputs": 0, "taken": 0, "faults": {}, "cpu_s": 0.0, "slowest_s": 0.0}
    )
    end, start = time.monotonic() + seconds, row["inputs"]
    with tempfile.TemporaryDirectory() as folder:
        answer_of(kind, 0, Path(folder))  # what is loaded or compiled once is no matter of an input
        for k in range(start, count):
            if time.monotonic() > end:
                break
            cpu = time.process_time()
            taken, fault = answer_of(kind, k, Path(folder))
            cpu = time.process_time() - cpu
            row["slowest_s"], row["cpu_s"] = max(row["slowest_s"], round(cpu, 2)), row["cpu_s"] + cpu
            row["inputs"], row["taken"] = k + 1, row["taken"] + taken
            if fault:
                row["faults"][str(k)] = fault
                print(f"{kind} {k}: {fault}", flush=True)
    row |= {
        "asked": count,
        "cpu_s": round(row["cpu_s"], 1),
        "peak_MiB": max(row.get("peak_MiB", 0), round(peak() / 2**20)),
    }
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(
        json.dumps({"machine": machine(), "rows": found.get("rows", {}) | {kind: row}}, indent=1) + "\n"
    )
    print(f"{kind:10} {row['inputs']:6} of {count} inputs, {row['taken']} taken, {len(row['faults'])} faults, "
          f"{row['cpu_s']} CPU s, slowest {row['slowest_s']} s, at most {row['peak_MiB']} MiB", flush=True)  # fmt: skip
    return row


def main(*given: str) -> int:
    """The exit code."""
    signal.signal(signal.SIGPROF, _late)
    kinds = [word for word in given if word in FULL] or list(FULL)
    if "--one" in given:
        with tempfile.TemporaryDirectory() as folder:
            USE[kinds[0]](int(given[given.index("--one") + 1]), Path(folder))
        return 0
    seconds = float(given[given.index("--seconds") + 1]) if "--seconds" in given else float("inf")
    counts = [int(word) for word in given[:2] if word.isdecimal()]
    rows = [run(kind, counts[0] if counts else FULL[kind], seconds) for kind in kinds]
    return 1 if any(row["faults"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
