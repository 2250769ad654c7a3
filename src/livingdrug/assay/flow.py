"""Tables of flow cytometry: a row for each sample, whose name holds its well, and a column for each gate's
count."""

import re

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells, Values
from livingdrug.assay.columns import IGNORE
from livingdrug.assay.context import Context
from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.source import Line
from livingdrug.assay.words import read_channel, well_inside
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import SAID, Column, Findings, is_missing, plain_word, printable

_COUNT = re.compile(
    r"\|\s*count\s*$|count\s*/\s*[u\u00b5\u03bc]l\s*$|absolute count\s*$|#\s*events", re.IGNORECASE
)
_SUMMARY = ("mean", "sd", "median", "cv", "min", "max")
_ALL = re.compile(r"all events", re.IGNORECASE)


def is_flow(row: list[str], below: list[str]) -> bool:
    """Whether a line holds the headings of a table of counts by gate."""
    return any(_COUNT.search(cell) for cell in row) and bool(below) and bool(well_inside(below[0]))


def read_flow(
    rows: list[Line], i: int, context: Context, reading: AssayReading, cells: Cells, findings: Findings
) -> tuple[int, tuple[Column, ...]]:
    """Add the counts of the table whose headings are row i; (the row after it, its columns)."""
    line, headings = rows[i]
    findings.heading = line
    body = [(n, row) for n, row in rows[i + 1 :] if any(row)]
    columns = _columns(headings, body, reading, findings)
    plate = next((k for k, c in enumerate(columns) if c.meaning == "plate"), None)
    left = [row[0] for _, row in body if row[0].lower() in _SUMMARY]
    if left:
        findings.note(f"rows {', '.join(f'`{name}`' for name in left)} are summaries and no samples")
    for n, row in body:
        if row[0].lower() in _SUMMARY:
            continue
        if len(row) < len(headings):
            findings.add(
                "truncated", n, "", row[0], f"the row has {len(row)} of {len(headings)} cells", "export again"
            )
            continue
        names = well_inside(row[0])
        if len(names) != 1:
            found = f"holds {' and '.join(names)}" if names else "holds no name of a well"
            findings.add(
                "well",
                n,
                headings[0] or "1",
                row[0],
                f"the sample `{printable(row[0], 60)}` {found}",
                "name each sample by one well, such as A1",
            )
            continue
        for k, column in enumerate(columns):
            if column.meaning in QUANTITIES:
                cells.add(
                    line=n,
                    column=column.name,
                    plate=row[plate] if plate is not None else context.plate,
                    well=names[0],
                    time=context.time,
                    quantity=column.meaning,
                    unit=column.unit,
                    text=row[k],
                )
    return len(rows), columns


def _columns(
    headings: list[str], body: list[Line], reading: AssayReading, findings: Findings
) -> tuple[Column, ...]:
    made, taken = [Column(headings[0], "sample", "its cells hold the wells")], set()
    for k, heading in enumerate(headings[1:], 1):
        column = _column(heading, [row[k] for _, row in body if k < len(row)], reading)
        if column.meaning in QUANTITIES:
            if column.meaning in taken:
                problem = f"a second column counts {column.meaning}"
                fix = f"say --column {printable(heading)!r}=ignore for the one that is to be left out"
                findings.add("two-columns", findings.heading, heading, "", problem, fix)
            taken.add(column.meaning)
        made.append(column)
    return tuple(made)


def _column(heading: str, texts: list[str], reading: AssayReading) -> Column:
    said = reading.columns.get(heading)
    if said is not None and said not in (*QUANTITIES, IGNORE, "plate"):
        raise InputError(
            f"column `{printable(heading)}`: " + unknown("meaning", said, (*QUANTITIES, IGNORE, "plate"))
        )
    if plain_word(heading) == "plate" and said is None:
        return Column(heading, "plate", "the heading")
    channel = read_channel(heading)
    unit = "cells/uL" if re.search(r"/\s*[u\u00b5\u03bc]l", heading, re.IGNORECASE) else "events"
    if said:
        return Column(heading, said, SAID, unit if said in QUANTITIES else "")
    if all(is_missing(text) for text in texts):
        return Column(heading, IGNORE, "no cell of it holds a number")
    if not _COUNT.search(heading) or _ALL.search(heading) or channel is None:
        why = (
            "no count of a gate"
            if not _COUNT.search(heading) or _ALL.search(heading)
            else "no gate that we know"
        )
        return Column(heading, IGNORE, why)
    return Column(heading, channel.quantity, channel.why, unit)


def per_well(cells: Cells, values: Values, reading: AssayReading, findings: Findings) -> Values:
    """Counts of events, and counts per uL, as cells of the well where the user says what that takes; else a
    warning.

    Events times beads added over beads counted in the same sample; counts per uL times the volume of the
    well. The units of `cells` change with the values.
    """
    unit = np.array(cells.unit, dtype=object)
    events = (unit == "events") & (np.array(cells.quantity, dtype=object) != "beads")
    factor = np.ones(cells.n)
    if reading.volume:
        factor[unit == "cells/uL"] = reading.volume
    if reading.beads:
        factor[events] = _bead_factors(cells, values, np.flatnonzero(events), reading.beads, findings)
    changed = np.flatnonzero(((unit == "cells/uL") & bool(reading.volume)) | (events & bool(reading.beads)))
    for i in changed:
        cells.unit[i] = "cells/well"
    _say(unit, events, reading, findings)
    flag = np.where(np.isnan(factor) & (values.flag == ""), "missing", values.flag).astype(object)
    return Values(values.value * factor, values.sd * factor, values.limit * factor, flag)


def _bead_factors(
    cells: Cells, values: Values, rows: np.ndarray, added: float, findings: Findings
) -> np.ndarray:
    beads = {
        (cells.plate[i], cells.well[i]): values.value[i]
        for i in range(cells.n)
        if cells.quantity[i] == "beads"
    }
    made = np.full(len(rows), np.nan)
    for k, i in enumerate(rows):
        counted = beads.get((cells.plate[i], cells.well[i]), np.nan)
        if not counted > 0:
            findings.add(
                "no-beads",
                cells.line[i],
                cells.column[i],
                cells.text[i],
                f"{cells.place(i)}: no beads were counted in the sample",
                "leave the sample out, or count it again",
            )
            continue
        made[k] = added / counted
    return made


def _say(unit: np.ndarray, events: np.ndarray, reading: AssayReading, findings: Findings) -> None:
    if events.any() and not reading.beads:
        findings.add(
            "events",
            findings.heading,
            "",
            "",
            "events are not cells of a well: how much of it was counted is not said",
            "say --beads N, the number of beads added to each sample, or give cells per well",
            "warning",
        )
    elif events.any():
        findings.note(
            f"events become cells per well: times {reading.beads:g} beads added over the beads of the sample"
        )
    if (unit == "cells/uL").any() and not reading.volume:
        findings.add(
            "per-volume",
            findings.heading,
            "",
            "",
            "counts per uL are not cells of a well",
            "say --volume UL, the volume of a well",
            "warning",
        )
    elif (unit == "cells/uL").any():
        findings.note(f"counts per uL become cells per well: times {reading.volume:g} uL")
