"""Tables with a column for each well and a row for each time (xCELLigence, Incucyte, spreadsheets)."""

import re
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells
from livingdrug.assay.context import Context, channel_of, is_key
from livingdrug.assay.source import Line
from livingdrug.assay.words import HOURS, Channel, read_clock, read_duration, well_group
from livingdrug.data import NUMBER, Findings, printable, read_cell, split_heading

_HEADING = re.compile(
    r"(?P<what>Y|SD|CI|NCI|Cell Index)?\s*\(?(?P<wells>[^()]*)\)?\s*(?P<se>\([^()]*\)|SD|SE|SEM)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(elapsed|time|hours?|h|days?|d|minutes?|min|seconds?|s)\b", re.IGNORECASE)
_DATE = re.compile(r"date", re.IGNORECASE)


@dataclass(frozen=True)
class WellColumn:
    """A column of a table: place; wells (several: their mean); what: `Y` or "" a value, `SD` or `SE` its
    error."""

    place: int
    wells: tuple[str, ...]
    what: str


def well_columns(row: list[str]) -> list[WellColumn]:
    """The columns of a line of headings that stand for wells; none where it is no such line."""
    made = []
    for place, cell in enumerate(row):
        match = _HEADING.fullmatch(cell) if cell else None
        wells = well_group(match["wells"]) if match else ()
        if match and wells:
            what = (match["what"] or "").upper()
            error = (match["se"] or "").upper()
            made.append(
                WellColumn(place, wells, "SD" if what == "SD" or "SD" in error else "SE" if error else what)
            )
    values = [c for c in made if c.what not in ("SD", "SE")]
    others = [cell for cell in row if cell and _TIME.match(cell)]
    return made if values and others and len(values) + len(others) >= 2 else []


def headings_at(rows: list[Line], i: int) -> list[str]:
    """Row i with the word for time that stands above it, where labels of wells make a second line of
    headings."""
    row = rows[i][1]
    above = rows[i - 1][1] if i else []
    if any(_TIME.match(cell) for cell in row if cell) or not above:
        return row
    return [
        a if not cell and _TIME.match(a) else cell
        for cell, a in zip(row, [*above, *[""] * len(row)], strict=False)
    ]


def time_column(row: list[str], body: list[list[str]]) -> tuple[int, str]:
    """(place, unit text) of the column of times, clocks (exact to the second) before rounded hours; (-1,
    "") without."""
    best = (-1, "")
    for place, cell in enumerate(row):
        if not cell or not _TIME.match(cell) or _DATE.search(cell):
            continue
        filled = [line[place] for line in body if place < len(line) and line[place]]
        if filled and all(read_clock(text) is not None for text in filled):
            return place, "clock"
        if best[0] < 0:
            best = (place, time_unit(cell))
    return best


def time_unit(heading: str) -> str:
    """Unit of a column of times by its heading: d, h, m or s; "" where it says none."""
    name, inside = split_heading(heading)
    for text in (inside, re.split(r"[\s_\-]+", name.strip())[-1]):
        match = re.fullmatch(
            r"(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\.?", text.strip(), re.IGNORECASE
        )
        if match:
            return match[1][0].lower()
    # the software of live imaging calls hours so
    return "h" if name.strip().lower() == "elapsed" else ""


def hours(
    texts: list[str], unit: str, lines: list[int], name: str, reading: AssayReading, findings: Findings
) -> list[float]:
    """Hours of a column of times. Where nothing states their unit, or the user states another one, that is
    said."""
    if unit == "clock":
        return [_clock(text) for text in texts]
    factor = HOURS.get(unit)
    if reading.hours is not None:
        if factor is not None and reading.hours != factor:
            findings.note(
                f"`{printable(name)}`: the heading says {unit} and you said {reading.time_unit}; yours counts"
            )
        factor = reading.hours
    if factor is None:
        findings.add(
            "time-unit",
            findings.heading,
            name,
            "",
            f"`{printable(name)}` states no unit of time",
            "say --time-unit h, d or min, or write the unit into the heading",
        )
        factor = np.nan
    made = []
    for text, line in zip(texts, lines, strict=True):
        value, _, kind = read_cell(text, "," if "," in text else ".")
        if kind != NUMBER:
            clock = read_clock(text)
            stated = read_duration(text) if clock is None else clock
            if stated is None:
                findings.add(
                    "time", line, name, text, f"`{printable(text, 40)}` is no time", "write a number of hours"
                )
            made.append(np.nan if stated is None else stated)
            continue
        made.append(value * factor)
    return made


def _clock(text: str) -> float:
    read = read_clock(text)
    return np.nan if read is None else read


def read_wide(
    rows: list[Line], i: int, context: Context, reading: AssayReading, cells: Cells, findings: Findings
) -> int:
    """Add the readings of the table whose headings are row i; the row after it."""
    line, headings = rows[i][0], headings_at(rows, i)
    findings.heading = line
    columns = well_columns(headings)
    body = _body(rows, i, findings)
    place, unit = time_column(headings, [row for _, row in body])
    texts, lines = [row[place] for _, row in body], [n for n, _ in body]
    times = (
        hours(texts, unit, lines, headings[place], reading, findings) if place >= 0 else [np.nan] * len(body)
    )
    channel = _channel(columns, context, reading, findings, line)
    labels = _labels(rows, i, columns)
    errors = {c.wells: c.place for c in columns if c.what in ("SD", "SE")}
    if channel is not None:
        _add(body, times, headings, columns, errors, context, channel, cells)
    for column in columns:
        if labels.get(column.place):
            cells.facts.setdefault((context.plate, ",".join(column.wells)), {})["label"] = labels[
                column.place
            ]
    _note(columns, headings, place, findings)
    return i + 1 + len(body)


def _add(body, times, headings, columns, errors, context: Context, channel: Channel, cells: Cells) -> None:
    for (n, row), time in zip(body, times, strict=True):
        for column in columns:
            if column.what in ("SD", "SE"):
                continue
            error = errors.get(column.wells)
            cells.add(
                line=n,
                column=headings[column.place],
                plate=context.plate,
                well=",".join(column.wells),
                time=time,
                quantity=channel.quantity,
                unit=channel.unit,
                text=row[column.place],
                sd=row[error] if error is not None else "",
                many=len(column.wells),
            )


def _channel(
    columns: list[WellColumn], context: Context, reading, findings: Findings, line: int
) -> Channel | None:
    of_index = {"Y", "CI", "NCI", "CELL INDEX"} & {c.what for c in columns}
    text = context.channel or ("cell index" if of_index else "")
    if of_index and "index" not in text.lower():
        text = "cell index"
    return channel_of(text, reading, findings, line, "")


def _body(rows: list[Line], i: int, findings: Findings) -> list[Line]:
    """The rows below the headings up to a blank one, all as wide as the headings; a shorter one is a
    fault."""
    width = len(rows[i][1])
    while width and not rows[i][1][width - 1]:
        width -= 1
    made = []
    for line, row in rows[i + 1 :]:
        data = read_cell(row[0])[-1] == NUMBER
        if not any(row) or (not data and well_columns(row)) or re.fullmatch(r"[A-Za-z ]+:.*", row[0]):
            break
        if len(row) < width:
            problem = f"the row has {len(row)} of {width} cells"
            findings.add(
                "truncated", line, "", " ".join(row)[:40], problem, "export again: the file may end early"
            )
            row = row + [""] * (width - len(row))
        made.append((line, row))
    return made


def _labels(rows: list[Line], i: int, columns: list[WellColumn]) -> dict[int, str]:
    """Place -> what stands above a well's heading; a label holds for the columns to its right up to the
    next."""
    if i == 0:
        return {}
    above = ["" if is_key(cell) else cell for cell in rows[i - 1][1]]
    first = columns[0].place
    said = {c.place: above[c.place] for c in columns if c.place < len(above)}
    if not said.get(first):
        return {}
    label, made = "", {}
    for place in sorted(said):
        label = said[place] or label
        made[place] = label
    return made


def _note(columns: list[WellColumn], headings: list[str], place: int, findings: Findings) -> None:
    means = [c for c in columns if len(c.wells) > 1 and c.what != "SD"]
    if means:
        findings.note(
            f"{len(means)} column(s) such as `{printable(headings[means[0].place], 30)}` hold the mean of "
            f"{len(means[0].wells)} wells, not a well: there are so many fewer curves than wells"
        )
    if place >= 0:
        findings.note(f"times are those of `{printable(headings[place], 40)}`")
    if any(c.what == "SE" for c in columns):
        findings.note(
            "columns of standard errors of the images of a well are kept beside the values as their SD"
        )
