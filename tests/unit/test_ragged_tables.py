"""Rows that do not fit their headings: separators too many or too few, quotes that swallow rows; run as users run it."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Findings, check
from livingdrug.data.grid import grid_of_text

HEAD = ("ID", "TIME", "DV", "NOTE")
ROWS = tuple((f"P{who}", str(day), str(100 * who + day), "ok") for who in (1, 2, 3) for day in (1, 7, 14, 28))


def text_of(rows, sign=",") -> str:
    return "".join(sign.join(row) + "\n" for row in (HEAD, *rows))


def faults(text: str, folder) -> list[tuple[int, str]]:
    path = folder / "data.csv"
    path.write_text(text)
    return [(f.line, f.code) for f in check(path).findings]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_surplus_and_missing_separators_are_found_where_they_balance(sign, tmp_path):
    for more, less in itertools.permutations(range(len(ROWS)), 2):
        rows = list(ROWS)
        rows[more] = (*rows[more], "9")
        rows[less] = rows[less][:-1]
        assert faults(text_of(rows, sign), tmp_path) == sorted([(more + 2, "ragged-row"), (less + 2, "ragged-row")])


def test_no_number_changes_where_warnings_are_no_errors(tmp_path):
    """The test run turns warnings into errors; a user's run does not."""
    (tmp_path / "a.csv").write_text("ID,TIME,DV\nP1,1,1,250\nP1,3,54,000\nP1,7,9000\nP1,14\nP1,21\nP1,28,600\n")
    command = [sys.executable, "-m", "livingdrug", "nca", "a.csv", "--out", "b.csv"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "COLUMNS": "200"})
    assert run.returncode == 2 and all(f"line {n}" in run.stderr for n in (2, 3, 5, 6))
    assert "Warning" not in run.stderr and not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("column", [0, 2, 3])
@pytest.mark.parametrize(("opens", "closes"), [(1, 8), (3, 4), (2, None), (11, None), (-1, 5), (-1, None)])
def test_a_stray_quote_is_named_by_its_line(sign, column, opens, closes, tmp_path):
    """In every column, closed by another stray quote or never, and in the line of the headings."""
    rows = [list(row) for row in (HEAD, *ROWS)]
    rows[opens + 1][column] = '"' + rows[opens + 1][column]
    if closes is not None:
        rows[closes + 1][column] += '"'
    try:
        found = faults("".join(sign.join(row) + "\n" for row in rows), tmp_path)
    except InputError as error:  # the headings themselves are gone
        assert opens == -1 and str(error)
        return
    assert found[0] == (opens + 2, "open-quote")


def test_quoted_text_with_line_breaks_is_one_row_and_said_so(tmp_path):
    for note in ('"first\nsecond"', '"nausea, fever,\nchills, and, more"', '"a ""b""\n\nc"'):
        rows = [list(row) for row in ROWS]
        rows[2][3] = note
        findings = Findings()
        grid = grid_of_text(text_of(rows), "a", findings)
        assert not findings.found and len(grid.lines) == len(ROWS)
        last = 4 + note.count("\n")
        assert any("1 row(s) hold quoted text with line breaks" in n and f"4 to {last}" in n for n in findings.notes)


def test_tables_of_words_name_a_stray_quote_too(tmp_path):
    from livingdrug.data import check_endpoints
    from livingdrug.response import read_subjects

    path = tmp_path / "e.csv"
    path.write_text('ID,RESPONSE,note\nP1,CR,"fine\nP2,PD,none\nP3,PR,late"\nP4,SD,x\n')
    (found,) = check_endpoints(path).findings
    assert (found.line, found.rows) == (2, 3)
    with pytest.raises(InputError, match="line 2.*quote opens and does not close"):
        read_subjects(path)


def test_names_in_quotes_stay_whole_between_spaces():
    grid = grid_of_text('ID TIME DV\n"P 1" 1 5\n"P 1" 7 9\n', "a", Findings())
    assert grid.columns[0].tolist() == ["P 1", "P 1"]
    findings = Findings()
    grid_of_text('ID TIME DV\nP1 1 5\n"P1 7 9\n', "a", findings)
    assert [f.code for f in findings.found] == ["open-quote"]


def test_the_swift_reader_reads_what_the_careful_one_reads():
    """Random tables, a few separators added and taken away: the same cells, lines and faults, quoted or not."""
    random = np.random.default_rng(5)
    for _ in range(200):
        rows = [list(row) for row in ROWS]
        for _ in range(random.integers(0, 3)):
            row = rows[random.integers(len(rows))]
            row.pop() if random.random() < 0.5 else row.append(random.choice(["", "1", "x"]))
        plain, quoted = Findings(), Findings()
        text = text_of(rows)
        one = grid_of_text(text, "a", plain)
        other = grid_of_text(text.replace("ID", '"ID"').replace("\nP1", '\n"P1"'), "a", quoted)
        assert [f.line for f in plain.found] == [f.line for f in quoted.found]
        assert all(a.tolist() == b.tolist() for a, b in zip(one.columns, other.columns, strict=True))
