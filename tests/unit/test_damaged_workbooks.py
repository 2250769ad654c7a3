"""Workbooks that are damaged, or reach far: one sentence, little memory, never a traceback."""

import io
import random
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import check
from tests.mutants import bytes_changed

ATTACKS = Path(__file__).parents[3] / "shared" / "reference" / "attacks"
HEADINGS = ["ID", "TIME (d)", "DV", "UNIT"]
ROWS = [HEADINGS, ["A", 0, 5, "copies/ug"], ["A", 7, 120.5, "copies/ug"], ["A", 9, "=C2*2", "copies/ug"]]


def small_workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in ROWS:
        book.active.append(row)
    book.active.merge_cells("F1:F2")
    book.save(out)
    return out.getvalue()


def test_a_mutated_workbook_is_read_or_refused_in_one_sentence(tmp_path):
    raw, path, refused = small_workbook(), tmp_path / "a.xlsx", 0
    assert not check_of(path, raw)
    for data in bytes_changed(raw, 250, 7):
        refused += check_of(path, data)
    assert refused > 150


def check_of(path, data: bytes) -> bool:
    """Whether a file is refused; anything but a refusal in one line is raised."""
    path.write_bytes(data)
    try:
        check(path)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 400
        return True
    return False


def xml_mutations(raw: bytes, count: int, seed: int):
    """Workbooks whose package is whole, with a sheet, styles or a list of parts changed inside."""
    import zipfile

    draw = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for _ in range(count):
        name, out = draw.choice(list(parts)), io.BytesIO()
        data = bytearray(parts[name])
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] = draw.choice(b'09<>"/ aZ=\x00')
        with zipfile.ZipFile(out, "w") as made:
            for other, text in parts.items():
                made.writestr(other, bytes(data) if other == name else text)
        yield out.getvalue()


def test_a_whole_package_with_damaged_parts_is_read_or_refused_in_one_sentence(tmp_path):
    refused = sum(check_of(tmp_path / "a.xlsx", data) for data in xml_mutations(small_workbook(), 200, 3))
    assert refused > 50


@pytest.mark.parametrize("name", ["one_byte_flipped", "xlsx_bind_cells", "xlsx_negative_seek", "xlsx_no_workbook_part",
                                  "xlsx_zlib"])  # fmt: skip
def test_damage_that_was_met_before(name):
    if not ATTACKS.is_dir():
        pytest.skip("the reference files of attacks are not here")
    with pytest.raises(InputError, match="damaged"):
        check(ATTACKS / f"{name}.xlsx")


def stray(path: Path, place: str) -> Path:
    book = openpyxl.Workbook()
    for row in ROWS[:3]:
        book.active.append(row)
    book.active[place] = 1
    book.save(path)
    return path


@pytest.mark.parametrize(("place", "said"), [("J999999", "J999999, after 999,995 blank rows"), ("A10005", "A10005, after")])
def test_a_stray_cell_far_below_is_named(tmp_path, place, said):
    with pytest.raises(InputError, match=said):
        check(stray(tmp_path / "a.xlsx", place))


def test_cells_with_a_format_alone_are_not_there(tmp_path):
    path = stray(tmp_path / "a.xlsx", "A4")
    book = openpyxl.load_workbook(path)
    book.active["J900000"].number_format = "0.00"
    book.active["A4"] = None
    book.save(path)
    assert check(path).ok or not any("900" in f.problem for f in check(path).findings)


def test_a_stray_cell_takes_no_memory(tmp_path):
    """In a process of its own, as the peak of this one is known already."""
    path = stray(tmp_path / "a.xlsx", "J999999")
    code = (
        "import resource, sys\nfrom livingdrug.data import check\nimport openpyxl, pandas\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    check(sys.argv[1])\nexcept ValueError:\n    pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 60e6
