"""A file as a grid of texts: which lines hold headings, which sign parts the columns, where each row
stands."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data.cells import is_missing
from livingdrug.data.endpoint_words import read_event
from livingdrug.data.findings import Findings, printable
from livingdrug.data.headings import Line, find_headings
from livingdrug.data.meanings import names_subject
from livingdrug.data.rows import DELIMITERS, HEAD, QuoteCheck, Row, find_delimiter, part_rows

MAX_CELL = 10_000
SMALL = 400_000  # signs of a text


@dataclass(frozen=True)
class Grid:
    """headings; units: texts of a line of units, "" where there is none; columns: texts, (n,) each; lines
    (n,); other_sheets of the workbook."""

    headings: tuple[str, ...]
    units: tuple[str, ...]
    columns: tuple[np.ndarray, ...]
    lines: np.ndarray
    other_sheets: tuple[str, ...] = ()


def grid_of_text(text: str, name: str, findings: Findings) -> Grid:
    """Grid of the text of a file. Raises InputError where there is no table in it."""
    head = text[:200_000].splitlines()[:HEAD]
    said = re.match(r"\s*\"?sep=([,;\t|])\"?\s*$", head[0]) if head else None
    delimiter = said.group(1) if said else find_delimiter(head, name)
    first = list(islice(part_rows(text, delimiter, name), HEAD))
    # Excel's own line about the separator is neither title nor heading
    top, units = find_headings([(row.line, row.cells) for row in first[bool(said) :]], name, findings)
    last = top[0] if units is None else units[0]
    fast = _fast_columns(text, delimiter, first, len(top[1]), last)
    if fast is None:
        quotes = QuoteCheck(text, delimiter, len(top[1]), first)
        rows = _closed(part_rows(text, delimiter, name), quotes, findings)
        body = ((row.line, row.cells) for row in rows if row.line > last)
        fast = _careful_columns(body, len(top[1]), findings)
    return _finish(name, top, units, *fast, delimiter, findings)


def grid_of_rows(rows: list[Line], name: str, findings: Findings) -> Grid:
    """Grid of (line, cells) rows, such as those of a sheet."""
    top, units = find_headings(rows[:HEAD], name, findings)
    last = top[0] if units is None else units[0]
    columns, lines = _careful_columns(
        ((line, row) for line, row in rows if line > last), len(top[1]), findings
    )
    return _finish(name, top, units, columns, lines, "", findings)


def _closed(rows: Iterable[Row], quotes: QuoteCheck, findings: Findings) -> Iterable[Row]:
    """The rows, and a fault for each that a stray quote made of several; texts with line breaks are noted."""
    spanning = []
    for row in rows:
        if quotes.swallowed(row):
            end = f", so lines {row.line} to {row.last} became one row" if row.last > row.line else ""
            findings.add("open-quote", row.line, "", "", f"a quote opens and does not close in its row{end}",
                         'close the quote or delete it (inside a quoted text write "" for a quote)',
                         rows=row.last - row.line + 1)  # fmt: skip
            continue
        if row.last > row.line:
            spanning.append(row)
        yield row
    if spanning:
        where = f"lines {spanning[0].line} to {spanning[0].last}"
        findings.note(
            f"{len(spanning)} row(s) hold quoted text with line breaks and count as one row each (the "
            f"first: {where})"
        )


def _fast_columns(text: str, delimiter: str, first: list[Row], width: int, skip: int):
    """(columns, lines) by pandas' reader where nothing can go wrong: no quotes, no blank and no ragged line
    below; None elsewhere, and for a text that is read row by row before pandas is loaded."""
    if len(text) < SMALL:
        return None
    import pandas as pd

    starts = [row.line for row in first]
    spans = any(row.last > row.line for row in first[: skip + 1])
    if delimiter == " " or spans or starts[: skip + 1] != list(range(1, len(starts[: skip + 1]) + 1)):
        return None
    position = 0
    for _ in range(skip):
        position = text.find("\n", position) + 1
        if not position:
            return None
    body = text[position:].replace("\r\n", "\n")
    if not body or '"' in body or "\r" in body or not _is_rectangle(body, delimiter, width):
        return None
    frame = pd.read_csv(
        io.StringIO(body), header=None, names=range(width), index_col=False, dtype=object, na_filter=False,
        skip_blank_lines=False, sep=delimiter, quoting=csv.QUOTE_NONE, on_bad_lines="error", low_memory=False,
    )  # fmt: skip
    columns = [frame[i].to_numpy() for i in range(width)]
    if re.search(r"[^\S\n\t]" if delimiter == "\t" else r"[^\S\n]", body):  # any blank that is stripped row by row
        columns = [np.array([text.strip() for text in column], dtype=object) for column in columns]
    count = body.count("\n") + (not body.endswith("\n"))
    if len(frame) != count or _has_blank_row(columns):
        return None
    return columns, np.arange(skip + 1, skip + 1 + count)


def _is_rectangle(body: str, delimiter: str, width: int) -> bool:
    """Whether every line holds as many separators as the headings, counted line by line: totals can
    balance."""
    signs = np.frombuffer((body if body.endswith("\n") else body + "\n").encode(), dtype=np.uint8)
    places = np.flatnonzero((signs == 10) | (signs == ord(delimiter)))
    if len(places) % width:
        return False
    ends = (signs[places] == 10).reshape(-1, width)
    return bool(ends[:, -1].all() and not ends[:, :-1].any())


def _has_blank_row(columns: list[np.ndarray]) -> bool:
    blank = np.flatnonzero(columns[0] == "")
    for column in columns[1:]:
        blank = blank[column[blank] == ""]
    return bool(len(blank))


def _careful_columns(body: Iterable[Line], width: int, findings: Findings):
    """(columns, lines) row by row: blank rows are counted, ragged ones are faults and left out."""
    kept, lines, blank, longer = [], [], [], []
    for line, row in body:
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
            longer.append(line)
        if not any(cell.strip() for cell in row):
            blank.append(line)
        elif len(row) != width:
            problem = f"the row has {len(row)} cells, the headings have {width}"
            findings.add(
                "ragged-row",
                line,
                "",
                printable(" ".join(row), 40),
                problem,
                "correct the separators or quotes",
            )
        elif max(map(len, row)) > MAX_CELL:
            findings.add(
                "long-cell", line, "", "", f"a cell has more than {MAX_CELL} characters", "correct the quotes"
            )
        else:
            kept.append([cell.strip() for cell in row]), lines.append(line)
    if blank:
        inner = [n for n in blank if lines and n < lines[-1]]
        if inner:
            findings.note(f"{len(inner)} blank row(s) were passed over (the first is line {inner[0]})")
    if longer and len(longer) < len(kept):  # in every row they are how the file was exported
        findings.note(
            f"{len(longer)} row(s) end in surplus separators with nothing after them (the first is line "
            f"{longer[0]})"
        )
    columns = [np.array(column, dtype=object) for column in zip(*kept, strict=True)] or [
        np.empty(0, dtype=object)
    ] * width
    return columns, np.array(lines, dtype=int)


def _finish(
    name: str, top: Line, units: Line | None, columns, lines: np.ndarray, delimiter: str, findings: Findings
) -> Grid:
    headings = top[1]
    texts = [*(units[1] if units else ()), *[""] * len(headings)][: len(headings)]
    if delimiter not in (",", ""):
        findings.note(f"the columns are parted by {DELIMITERS[delimiter]}")
    findings.lines, findings.heading = lines, top[0]
    if not headings[0]:
        _check_row_names(name, top, columns[0], findings)
        headings, texts, columns = headings[1:], texts[1:], columns[1:]
    columns = tuple(
        _codes(heading, column, findings) for heading, column in zip(headings, columns, strict=True)
    )
    return Grid(tuple(headings), tuple(texts), columns, lines)


def _check_row_names(name: str, top: Line, texts: np.ndarray, findings: Findings) -> None:
    """The first column has no heading: R and pandas write row names so. Raises InputError where it may hold
    more."""
    line, headings = top
    counts = texts.tolist() in ([str(i + first) for i in range(len(texts))] for first in (0, 1))
    named = len(set(texts)) == len(texts) and any(names_subject(heading) for heading in headings)
    if len(headings) < 2 or not (counts or named):
        raise InputError(f"`{name}` line {line}: column 1 has no heading; give every column a name (ID, if "
                         "it names the subjects)")  # fmt: skip
    findings.note(
        f"column 1 has no heading and {'counts the rows' if counts else 'holds a name for each row'}: it is "
        "ignored"
    )


_STATE = re.compile(r"([+-]?\d+):\s*[^\W\d].*")


def _codes(heading: str, texts: np.ndarray, findings: Findings) -> np.ndarray:
    """The codes of a column that holds nothing but states such as `1:DECEASED`; any other column as it is,
    and so are states whose words contradict their number (`0:DECEASED`), which whoever needs events reads by
    the words."""
    sample = next((text for text in texts if text), "")
    if not _STATE.fullmatch(sample):
        return texts
    found = {text: _STATE.fullmatch(text) for text in set(texts)}
    if not all(match or is_missing(text) for text, match in found.items()):
        return texts
    code = {text: match.group(1) for text, match in found.items() if match}
    said = {text: read_event(text) for text in code}
    if any(e and e.happened is not None and int(code[text]) != e.happened for text, e in said.items()):
        return texts
    shown = ", ".join(f"`{printable(text, 30)}`" for text, match in sorted(found.items()) if match)
    findings.note(f"`{printable(heading, 40)}`: states are read as the number before the colon ({shown})")
    return np.array([code.get(text, "") for text in texts], dtype=object)
