"""Which line of a file holds the headings, and whether the line below them holds units or the first
subject."""

import re
from collections.abc import Sequence

from livingdrug.core.errors import InputError
from livingdrug.data.cells import ABOVE, BELOW, COMMA, NUMBER, is_missing, read_cell
from livingdrug.data.findings import Findings, printable
from livingdrug.data.meanings import names_subject, recognised
from livingdrug.data.units import read_unit

MAX_COLUMNS = 500
Line = tuple[int, list[str]]
# what stands below the heading of the subjects in a line of units or types, and is nobody's name
_LABELS = (
    "text",
    "string",
    "char",
    "character",
    "number",
    "numeric",
    "unit",
    "units",
    "id",
    "name",
    "label",
    "type",
    "-",
)


def find_headings(rows: Sequence[Line], name: str, findings: Findings) -> tuple[Line, Line | None]:
    """((line, headings), (line, units) or None): the row with most words that we know, and a row of units
    below it.

        Raises InputError for an empty file, too many columns, and headings that are blank or stand there
        twice.
    """
    filled = [
        (line, [cell.strip() for cell in row]) for line, row in rows if any(cell.strip() for cell in row)
    ]
    if not filled:
        raise InputError(f"`{name}`: the file is empty; it must hold a line of headings and rows of data")
    remarks = _remarks(filled)
    plain = filled[len(remarks) :]
    known = [0 if _has_number(row) else sum(recognised(cell) for cell in row) for _, row in plain]
    best = known.index(max(known)) if max(known) >= 2 else 0
    _refuse_data(plain, max(known), name)
    line, headings = plain[best]
    while headings and not headings[-1]:
        headings = headings[:-1]
    headings[0] = headings[0].lstrip("# ")
    if len(headings) > MAX_COLUMNS:
        raise InputError(f"`{name}` line {line} has {len(headings)} columns; the limit is {MAX_COLUMNS}")
    if remarks:
        findings.note(f"{len(remarks)} line(s) that start with # above line {line} are read as remarks")
    if best:
        title = printable(" / ".join(filter(None, plain[0][1])), 60)
        findings.note(f"lines above line {line} are read as titles: {title}")
    _check_headings(headings, line, name)
    below = plain[best + 1] if best + 1 < len(plain) else None
    units = (
        below
        if below and _is_line_of_units(headings, below[1], [row for _, row in plain[best + 2 :]])
        else None
    )
    if units:
        findings.note(f"line {units[0]} is read as a second line of headings (units or labels), not as data")
    return (line, headings), units


def _refuse_data(plain: Sequence[Line], most_known: int, name: str) -> None:
    """A first line that reads like the lines below it is data, and would be lost as headings.

    Raises InputError.
    """
    line, row = plain[0]
    if most_known or len(row) < 2 or not _has_number(row) or any(recognised(cell) for cell in row):
        return
    below = [other for _, other in plain[1:4] if len(other) == len(row)]
    alike = [
        i
        for i in range(len(row))
        if read_cell(row[i])[-1] == NUMBER and all(_reads(other[i]) for other in below)
    ]
    if below and 2 * len(alike) >= len(row) - 1:
        shown = ", ".join(f"`{printable(cell, 20)}`" for cell in row[:5])
        raise InputError(f"`{name}` has no line of headings: line {line} holds {shown}, like the lines below "
                         "it; add a line such as ID,TIME,DV that says what each column is")  # fmt: skip


def _reads(cell: str) -> bool:
    return is_missing(cell) or read_cell(cell)[-1] in (NUMBER, BELOW, ABOVE)


def _remarks(filled: Sequence[Line]) -> list[Line]:
    """The first lines that start with #. The last of them may hold the headings themselves: then data come
    next."""
    count = next((i for i, (_, row) in enumerate(filled) if not row[0].startswith("#")), len(filled))
    if count and (
        count == len(filled) or (_has_number(filled[count][1]) and not _has_number(filled[count - 1][1]))
    ):
        count -= 1
    return list(filled[:count])


def _has_number(row: list[str]) -> bool:
    return any(read_cell(cell)[-1] == NUMBER for cell in row)


def _check_headings(headings: list[str], line: int, name: str) -> None:
    blank = [i + 1 for i, heading in enumerate(headings) if not heading and i > 0]
    if blank:
        raise InputError(f"`{name}` line {line}: column {blank[0]} has no heading; give every column a name")
    twice = sorted({h for h in headings if headings.count(h) > 1})
    if twice:
        raise InputError(
            f"`{name}` line {line}: the heading `{printable(twice[0])}` stands there twice; rename one of "
            "them"
        )


def _is_line_of_units(headings: list[str], row: list[str], below: list[list[str]]) -> bool:
    """A row without any number or below-limit word, that names no subject, with a unit above a column of
    numbers."""
    filled = [cell for cell in row if not is_missing(cell)]
    if not filled or any(read_cell(c)[-1] in (NUMBER, BELOW, ABOVE, COMMA) for c in filled):
        return False
    for heading, cell in zip(headings, row, strict=False):
        if names_subject(heading) and not _is_no_subject(cell):
            return False
    return any(_is_unit(cell) and _over_numbers(i, below) for i, cell in enumerate(row))


def _is_no_subject(cell: str) -> bool:
    return is_missing(cell) or _in_brackets(cell) or cell.lower() in _LABELS or names_subject(cell)


def _in_brackets(cell: str) -> bool:
    return re.fullmatch(r"[(\[].*[)\]]", cell) is not None


def _is_unit(cell: str) -> bool:
    unit = read_unit(cell.strip("()[]"))
    return _in_brackets(cell) if unit is None else unit != "1"


def _over_numbers(i: int, below: list[list[str]]) -> bool:
    """Whether most filled cells of a column are numbers or values beyond a limit."""
    cells = [row[i] for row in below if i < len(row) and not is_missing(row[i])]
    return 2 * sum(read_cell(cell)[-1] in (NUMBER, BELOW, ABOVE, COMMA) for cell in cells) > len(cells)
