"""A file of an assay as sheets of rows: a text is one sheet, a workbook has several."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import (
    DELIMITERS,
    Findings,
    decimal_sign,
    part_rows,
    printable,
    read_book,
    read_bytes,
    read_text,
)

Line = tuple[int, list[str]]
MOST_ROWS = 200_000
# data tables are below headers of a few lines
LOOK = 400
SIGNS = "\t;,|"  # the first of those that part equally many lines: numbers may hold the others


@dataclass(frozen=True)
class Sheet:
    """rows: (line in the file or row of the sheet, cells without blanks around them); title: of a sheet of
    a workbook, "" for a text; merged: (first row, last row, first column, last column) of merged cells,
    from 1; closed: whether the last line of a text ends (a workbook is always whole)."""

    title: str
    rows: list[Line]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    closed: bool = True


def read_sheets(path: str | Path, findings: Findings) -> list[Sheet]:
    """The sheets of a text file or workbook that hold something. Raises InputError where it is neither."""
    path = Path(path)
    raw = read_bytes(path)
    if raw[:4] == b"PK\x03\x04":
        return _of_book(raw, printable(path.name), findings)
    text = read_text(raw, path, findings)
    if text.count("\n") > MOST_ROWS:
        raise InputError(f"`{printable(path.name)}` has more than {MOST_ROWS:,} lines; split it by plate")
    rows = list(_parted(text, path.name, findings))
    if not rows:
        raise InputError(f"`{printable(path.name)}`: the file is empty")
    return [Sheet("", rows, closed=text.endswith(("\n", "\r")))]


def is_xml(raw: bytes) -> bool:
    """Whether a file begins as XML does."""
    return raw[:200].removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<?xml", b"<plateMap", b"<!DOCTYPE"))


def _parted(text: str, name: str, findings: Findings) -> Iterator[Line]:
    delimiter = _delimiter(text.splitlines()[:LOOK])
    if delimiter not in (",", "\t"):
        findings.note(f"the columns are parted by {DELIMITERS[delimiter]}")
    for row in part_rows(text, delimiter, name):
        yield row.line, [cell.strip() for cell in row.cells] or [""]


def _delimiter(lines: list[str]) -> str:
    """The sign that parts most lines into one number (above 1) of cells; lines of settings above a table
    decide nothing."""
    best = (0, "")
    for sign in SIGNS:
        counts = Counter(line.count(sign) for line in lines if sign in line)
        best = max(best, (max(counts.values(), default=0), sign), key=lambda pair: pair[0])
    return best[1] or ","


def _of_book(raw: bytes, name: str, findings: Findings) -> list[Sheet]:
    made = []
    for title, sheet in read_book(raw, name, findings).items():
        rows = [(line, [cell.strip() for cell in cells]) for line, cells in sheet.rows]
        if any(any(cells) for _, cells in rows):
            made.append(Sheet(title, rows, tuple(_range(place) for _, _, place in sheet.merged)))
    if not made:
        raise InputError(f"`{name}` has no sheet with cells")
    return made


def _range(place: str) -> tuple[int, int, int, int]:
    from openpyxl.utils import range_boundaries

    left, top, right, bottom = (
        known(end, "every end of a range of cells") for end in range_boundaries(place)
    )
    return top, bottom, left, right


def with_labels_spread(sheet: Sheet) -> Sheet:
    """The sheet with the label of each merged cell in all the cells that it covers."""
    rows = {line: list(cells) for line, cells in sheet.rows}
    for top, bottom, left, right in sheet.merged:
        label = rows[top][left - 1] if top in rows and left <= len(rows[top]) else ""
        for line in range(top, bottom + 1):
            for column in range(left, right + 1):
                if line in rows and column <= len(rows[line]) and not rows[line][column - 1]:
                    rows[line][column - 1] = label
    return Sheet(sheet.title, list(rows.items()), sheet.merged, sheet.closed)


def decimal_of(cells: list[list[str]]) -> str:
    """The sign between whole and fraction in the numbers of these rows."""
    import numpy as np

    texts = [cell for row in cells for cell in row if re.search(r"\d", cell)]
    return decimal_sign([np.array(texts, dtype=object)]) if texts else "."
