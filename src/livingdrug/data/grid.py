"""A file as a grid of texts: which lines hold headings, which sign parts the columns, where each row stands."""

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data.cells import ABOVE, BELOW, COMMA, MISSING_TOKENS, NUMBER, read_cell
from livingdrug.data.findings import Findings, printable
from livingdrug.data.meanings import recognised
from livingdrug.data.units import read_unit

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
HEAD = 30  # lines that are looked at to find headings and delimiter
MAX_COLUMNS = 500
MAX_CELL = 10_000


@dataclass(frozen=True)
class Grid:
    """headings; units: texts of a line of units, "" where there is none; columns: texts, (n,) each; lines (n,);
    other_sheets of the workbook."""

    headings: tuple[str, ...]
    units: tuple[str, ...]
    columns: tuple[np.ndarray, ...]
    lines: np.ndarray
    other_sheets: tuple[str, ...] = ()


def grid_of_text(text: str, name: str, findings: Findings) -> Grid:
    """Grid of the text of a file. Raises InputError where there is no table in it."""
    head = text[:200_000].splitlines()[:HEAD]
    said = re.match(r"\s*\"?sep=([,;\t|])\"?\s*$", head[0]) if head else None
    delimiter = said.group(1) if said else _delimiter(head, name)
    rows = _rows(text, delimiter, name)
    first = [row for row in islice(rows, HEAD)]
    if said:  # Excel's own line about the separator is neither title nor heading
        first = first[1:]
    top, units = _find_headings(first, name, findings)
    fast = _fast_columns(text, delimiter, first, top, units is not None)
    if fast is not None:
        return _finish(top, units, *fast, delimiter, findings)
    body = _body(_rows(text, delimiter, name), top[0] if units is None else units[0])
    return _finish(top, units, *_careful_columns(body, top[1], findings), delimiter, findings)


def grid_of_rows(rows: list[tuple[int, list[str]]], name: str, findings: Findings) -> Grid:
    """Grid of (line, cells) rows, such as those of a sheet."""
    top, units = _find_headings(rows[:HEAD], name, findings)
    body = _body(iter(rows), top[0] if units is None else units[0])
    columns, lines = _careful_columns(body, top[1], findings)
    return _finish(top, units, columns, lines, "", findings)


def _delimiter(head: list[str], name: str) -> str:
    """The sign that parts most lines into the same number (above 1) of cells."""
    filled = [line for line in head if line.strip()]
    if not filled:
        raise InputError(f"`{name}`: the file is empty; it must hold a line of headings and rows of data")
    scores = []
    for rank, sign in enumerate(DELIMITERS):
        try:
            counts = [len(row) for _, row in _rows("\n".join(filled), sign, name) if any(row)]
        except InputError:
            continue
        common = max(set(counts), key=lambda c: (counts.count(c), c)) if counts else 1
        if common > 1:
            scores.append((counts.count(common) / len(counts), sign != " ", common, -rank, sign))
    return max(scores)[-1] if scores else ","


def _rows(text: str, delimiter: str, name: str):
    """(line, cells) of every row, blank ones too; `line` is where the row starts. A row may span lines inside quotes."""
    if delimiter == " ":
        for number, line in enumerate(io.StringIO(text), 1):
            yield number, [cell.strip('"') for cell in line.split()]
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"`{name}` line {start} cannot be parted into cells ({error}); check its quotes") from None


def _find_headings(rows, name: str, findings: Findings):
    """((line, headings), (line, units) or None): the row with most words that we know, and a row of units below it."""
    filled = [(line, [cell.strip() for cell in row]) for line, row in rows if any(cell.strip() for cell in row)]
    if not filled:
        raise InputError(f"`{name}`: the file is empty; it must hold a line of headings and rows of data")
    known = [0 if _has_number(row) else sum(recognised(cell) for cell in row) for _, row in filled]
    best = known.index(max(known)) if max(known) >= 2 else 0
    line, headings = filled[best]
    while headings and not headings[-1]:
        headings = headings[:-1]
    headings[0] = headings[0].lstrip("# ")
    if len(headings) > MAX_COLUMNS:
        raise InputError(f"`{name}` line {line} has {len(headings)} columns; the limit is {MAX_COLUMNS}")
    if best:
        findings.note(f"lines above line {line} are read as titles: {printable(' / '.join(filter(None, filled[0][1])), 60)}")
    _check_headings(headings, line, name)
    below = filled[best + 1] if best + 1 < len(filled) else None
    units = below if below and _is_second_heading(below[1]) else None
    if units:
        findings.note(f"line {units[0]} is read as a second line of headings (units or labels), not as data")
    return (line, tuple(headings)), units


def _has_number(row: list[str]) -> bool:
    return any(read_cell(cell)[-1] == NUMBER for cell in row)


def _check_headings(headings: list[str], line: int, name: str) -> None:
    blank = [i + 1 for i, heading in enumerate(headings) if not heading]
    if blank:
        raise InputError(f"`{name}` line {line}: column {blank[0]} has no heading; give every column a name")
    twice = sorted({h for h in headings if headings.count(h) > 1})
    if twice:
        raise InputError(f"`{name}` line {line}: the heading `{printable(twice[0])}` stands there twice; rename one of them")


def _is_second_heading(row: list[str]) -> bool:
    """A row without any number or below-limit word, with a unit in it."""
    filled = [cell for cell in row if cell and cell not in MISSING_TOKENS]
    if not filled or any(read_cell(c)[-1] in (NUMBER, BELOW, ABOVE, COMMA) for c in filled):
        return False
    return any(read_unit(c.strip("()[]")) or re.fullmatch(r"[(\[].*[)\]]", c) for c in filled)


def _body(rows, last_heading: int):
    return ((line, row) for line, row in rows if line > last_heading)


def _fast_columns(text: str, delimiter: str, first, top, has_units: bool):
    """(columns, lines) by pandas' reader where nothing can go wrong: no quotes, no blank and no ragged line below."""
    import pandas as pd

    line, headings = top
    skip = line + (1 if has_units else 0)
    starts = [n for n, _ in first]
    if delimiter == " " or starts[: skip + 1] != list(range(1, len(starts[: skip + 1]) + 1)):
        return None
    position = 0
    for _ in range(skip):
        position = text.find("\n", position) + 1
        if not position:
            return None
    body = text[position:].replace("\r\n", "\n")
    count = body.count("\n") + (not body.endswith("\n") and bool(body))
    if not count or '"' in body or "\r" in body or body.count(delimiter) != count * (len(headings) - 1):
        return None
    try:
        frame = pd.read_csv(
            io.StringIO(body), header=None, names=range(len(headings)), index_col=False, dtype=object, na_filter=False,
            skip_blank_lines=False, sep=delimiter, quoting=csv.QUOTE_NONE, on_bad_lines="error", low_memory=False,
        )  # fmt: skip
    except (ValueError, pd.errors.ParserWarning):
        return None
    columns = [frame[i].to_numpy() for i in range(len(headings))]
    if " " in body or "\xa0" in body or (delimiter != "\t" and "\t" in body):
        columns = [np.array([text.strip() for text in column], dtype=object) for column in columns]
    if len(frame) != count or _has_blank_row(columns):
        return None
    return columns, np.arange(skip + 1, skip + 1 + count)


def _has_blank_row(columns: list[np.ndarray]) -> bool:
    blank = np.flatnonzero(columns[0] == "")
    for column in columns[1:]:
        blank = blank[column[blank] == ""]
    return bool(len(blank))


def _careful_columns(body, headings: tuple[str, ...], findings: Findings):
    """(columns, lines) row by row: blank rows are counted, ragged ones are faults and left out."""
    kept, lines, blank = [], [], []
    width = len(headings)
    for line, row in body:
        while len(row) > width and not row[-1].strip():
            row = row[:-1]
        if not any(cell.strip() for cell in row):
            blank.append(line)
        elif len(row) != width:
            problem = f"the row has {len(row)} cells, the headings have {width}"
            findings.add("ragged-row", line, "", printable(" ".join(row), 40), problem, "mend the separators or quotes")
        elif max(map(len, row)) > MAX_CELL:
            findings.add("long-cell", line, "", "", f"a cell has more than {MAX_CELL} characters", "mend the quotes")
        else:
            kept.append([cell.strip() for cell in row]), lines.append(line)
    if blank:
        inner = [n for n in blank if lines and n < lines[-1]]
        if inner:
            findings.note(f"{len(inner)} blank row(s) were passed over (the first is line {inner[0]})")
    columns = [np.array(column, dtype=object) for column in zip(*kept, strict=True)] or [np.empty(0, dtype=object)] * width
    return columns, np.array(lines, dtype=int)


def _finish(top, units, columns, lines: np.ndarray, delimiter: str, findings: Findings) -> Grid:
    headings = top[1]
    texts = tuple((units[1] + [""] * len(headings))[: len(headings)]) if units else ("",) * len(headings)
    if delimiter not in (",", ""):
        findings.note(f"the columns are parted by {DELIMITERS[delimiter]}")
    findings.lines, findings.heading = lines, top[0]
    return Grid(headings, texts, tuple(columns), lines)
