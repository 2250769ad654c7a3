"""Plain tables: a row for each reading, a column for each quantity, or a column for each time."""

import re

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells
from livingdrug.assay.columns import MAP, guess, place_of
from livingdrug.assay.context import Context, channel_of, refuse_scale
from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.source import Line
from livingdrug.assay.wide import hours, time_unit
from livingdrug.assay.words import HOURS, Channel, read_channel, read_duration, read_unit_words, well_name
from livingdrug.data import NUMBER, Column, Findings, is_missing, plain_word, printable, read_cell

_ADDED = re.compile(r"\+\s*(\d+(?:\.\d+)?(?:[eE]\d+)?)\s*(.*)")
TIMES = "readings at a time"


def is_long(row: list[str], below: list[str], reading: AssayReading) -> bool:
    """Whether a line holds the headings of a table with a row for each well, sample or reading."""
    meanings = {c.meaning for c in guess(row, reading)}
    place = (
        "well" in meanings
        or "sample" in meanings
        or (plain_word(row[0]) == "id" and bool(well_name(below[0] or "")))
    )
    return place and bool(meanings & ({"value", TIMES} | set(QUANTITIES)))


def read_long(
    rows: list[Line], i: int, context: Context, reading: AssayReading, cells: Cells, findings: Findings
) -> tuple[int, tuple[Column, ...]]:
    """Add the readings of the table whose headings are row i; (the row after it, its columns)."""
    line, headings = rows[i]
    findings.heading = line
    body = _body(rows, i, findings)
    columns = _with_wells_of_id(guess(headings, reading), body)
    place = place_of(columns)
    for column in columns:
        if column.meaning in ("value", "sd", "limit", *QUANTITIES):
            refuse_scale(column.name, line, column.name, findings)
    table = _Table(body, headings, columns, place, context, reading, findings)
    across = [(k, read_duration(c.name)) for k, c in enumerate(columns) if c.meaning == TIMES]
    if across and "value" not in place:
        _add_across(table, across, cells)
    else:
        _add_rows(table, cells)
    return i + 1 + len(body), columns


class _Table:
    """A table with its columns, and what every row of it says."""

    def __init__(
        self, body, headings, columns, place, context: Context, reading: AssayReading, findings: Findings
    ) -> None:
        self.body, self.headings, self.columns, self.place = body, headings, columns, place
        self.context, self.reading, self.findings = context, reading, findings
        self.channels: dict[str, Channel | None] = {}

    def text(self, row: list[str], meaning: str) -> str:
        """The cell of a row below the column of this meaning, "" without one."""
        return row[self.place[meaning]] if meaning in self.place else ""

    def plate(self, row: list[str]) -> str:
        """Name of the plate of a row."""
        return self.text(row, "plate") or self.context.plate

    def channel(self, text: str, line: int, column: str) -> Channel | None:
        """What a channel measures, asked for once."""
        if text not in self.channels:
            self.channels[text] = channel_of(text, self.reading, self.findings, line, column)
        return self.channels[text]


def _body(rows: list[Line], i: int, findings: Findings) -> list[Line]:
    width = len(rows[i][1])
    while width and not rows[i][1][width - 1]:
        width -= 1
    made, last = [], len(rows) - 1
    for k, (line, row) in enumerate(rows[i + 1 :], i + 1):
        if not any(row):
            continue
        if len(row) < width or any(row[width:]):
            ends = (
                ": the file ends early and its last line is not whole"
                if k == last and len(row) < width
                else ""
            )
            problem = f"the row has {len(row)} of {width} cells{ends}"
            fix = "export again" if ends else "correct the separators or quotes"
            findings.add("truncated" if ends else "ragged-row", line, "", " ".join(row)[:40], problem, fix)
            continue
        made.append((line, row[:width]))
    return made


def _with_wells_of_id(columns: tuple[Column, ...], body: list[Line]) -> tuple[Column, ...]:
    """The columns, with one called ID that holds names of wells as the wells."""
    if any(c.meaning in ("well", "sample") for c in columns):
        return columns
    made = []
    for k, c in enumerate(columns):
        is_id = plain_word(c.name) == "id" and all(well_name(row[k]) for _, row in body)
        made.append(Column(c.name, "well", "its cells are names of wells", c.unit) if is_id else c)
    return tuple(made)


def _add_rows(t: _Table, cells: Cells) -> None:
    """Rows with a time each; quantities stand in a column of their own, or each is a column."""
    times = _times(t)
    quantities = [(k, c) for k, c in enumerate(t.columns) if c.meaning in QUANTITIES]
    for (line, row), time in zip(t.body, times, strict=True):
        well = _where(t, line, row, cells)
        if _is_event(t, row):
            _add_event(t, line, row, well, time, cells)
            continue
        if "value" in t.place:
            _add_value(t, line, row, well, time, cells)
        for k, column in quantities:
            channel = t.channel(column.name, line, column.name)
            if channel is not None:
                cells.add(
                    line=line,
                    column=column.name,
                    plate=t.plate(row),
                    well=well,
                    time=time,
                    quantity=channel.quantity,
                    unit=channel.unit,
                    text=row[k],
                )
        _note_addition(t, line, row, well, time, cells)


def _add_value(t: _Table, line: int, row: list[str], well: str, time: float, cells: Cells) -> None:
    said = t.text(row, "channel") or t.context.channel
    column = t.headings[t.place["channel"]] if "channel" in t.place else t.headings[t.place["value"]]
    channel = t.channel(said or (column if "channel" not in t.place else ""), line, column)
    if channel is None:
        return
    unit = _unit(t.text(row, "unit"), channel, line, t) if "unit" in t.place else channel.unit
    cells.add(
        line=line,
        column=t.headings[t.place["value"]],
        plate=t.plate(row),
        well=well,
        time=time,
        quantity=channel.quantity,
        unit=unit,
        text=t.text(row, "value"),
        sd=t.text(row, "sd"),
    )


def _unit(text: str, channel: Channel, line: int, t: _Table) -> str:
    known = QUANTITIES[channel.quantity]
    if not text or text in known or refuse_scale(text, line, t.headings[t.place["unit"]], t.findings):
        return text if text in known else channel.unit
    read = read_unit_words(text, channel.quantity)
    if not read:
        column = t.headings[t.place["unit"]]
        if not any(f.code == "unit" and f.value == text for f in t.findings.found):
            t.findings.add(
                "unit",
                line,
                column,
                text,
                f"`{printable(text)}` is no unit of {channel.quantity}",
                f"write {' or '.join(known)}",
            )
    return read or channel.unit


def _where(t: _Table, line: int, row: list[str], cells: Cells) -> str:
    """The well of a row, or the name of its sample. Facts of the map that the row holds are kept."""
    well = t.text(row, "well")
    if not well:
        well = t.text(row, "sample")
        if not well_name(well):
            cells.samples.add(well)
    facts = {m: t.text(row, m) for m in MAP if m in t.place and not is_missing(t.text(row, m))}
    if facts:
        known = cells.facts.setdefault((t.plate(row), well), {})
        for meaning, text in facts.items():
            if known.setdefault(meaning, text) != text:
                both = f"`{printable(text, 30)}` here and `{printable(known[meaning], 30)}` above"
                problem = f"well {printable(well, 30)} has {both}"
                t.findings.add(
                    "map", line, t.headings[t.place[meaning]], text, problem, "a well has one of them"
                )
    return well


def _times(t: _Table) -> list[float]:
    if "time" not in t.place:
        return [t.context.time] * len(t.body)
    k = t.place["time"]
    name = t.headings[k]
    unit = time_unit(name)
    stated = {t.text(row, "time_unit") for _, row in t.body} - {""}
    if stated:
        unit = time_unit(stated.pop()) if len(stated) == 1 else ""
    made = hours([row[k] for _, row in t.body], unit, [n for n, _ in t.body], name, t.reading, t.findings)
    if unit == "d":
        t.findings.note(f"`{printable(name)}` counts days of 24 h from day 0, the start of the clock")
        if min(made, default=0) == HOURS["d"]:
            problem = (
                f"`{printable(name)}` begins with day 1: is that the day of the start, or a day after it?"
            )
            fix = "count the days from 0, or say --start 24 if co-culture begins on day 1"
            t.findings.add("day-one", t.findings.heading, name, "1", problem, fix, "warning")
    return made


def _is_event(t: _Table, row: list[str]) -> bool:
    return "evid" in t.place and t.text(row, "evid") not in ("", "0", ".")


def _add_event(t: _Table, line: int, row: list[str], well: str, time: float, cells: Cells) -> None:
    """A row of EVID 1 adds cells to the state that its compartment names; it restarts nothing."""
    amount, _, kind = read_cell(t.text(row, "amount"))
    channel = read_channel(t.text(row, "channel"))
    if kind != NUMBER or channel is None or channel.quantity not in ("targets", "effectors"):
        t.findings.add(
            "event",
            line,
            t.headings[t.place["evid"]],
            t.text(row, "evid"),
            f"well {printable(well, 30)}: the row adds something, and not a number of targets or effectors",
            "write how many in the column of the amount, and tumour or effector as the compartment",
        )
        return
    added = (amount, 0.0) if channel.quantity == "targets" else (0.0, amount)
    cells.events.append((line, t.plate(row), well, time, *added))


def _note_addition(t: _Table, line: int, row: list[str], well: str, time: float, cells: Cells) -> None:
    """A remark such as `+5000 targets after count` adds cells after the readings of its time."""
    match = _ADDED.search(t.text(row, "event"))
    channel = read_channel(match[2]) if match else None
    if not match or channel is None or channel.quantity not in ("targets", "effectors"):
        return
    amount = float(match[1])
    added = (amount, 0.0) if channel.quantity == "targets" else (0.0, amount)
    event = (line, t.plate(row), well, time, *added)
    if not any(e[1:] == event[1:] for e in cells.events):
        cells.events.append(event)


def _add_across(t: _Table, across: list[tuple[int, float | None]], cells: Cells) -> None:
    """Rows of one well or sample each, whose columns are times."""
    t.findings.note(
        f"{len(across)} columns such as `{printable(t.headings[across[0][0]], 40)}` are readings at the time "
        f"that the heading names ({', '.join(f'{time:.6g} h' for _, time in across[:4])})"
    )
    for line, row in t.body:
        well = _where(t, line, row, cells)
        said = t.text(row, "channel") or _channel_text(t, well)
        channel = t.channel(said, line, t.headings[across[0][0]])
        if channel is None:
            continue
        if well in cells.samples:
            sample = _sample(well)
            cells.samples.discard(well)
            cells.samples.add(sample)
            cells.facts.setdefault((t.plate(row), sample), {})["label"] = sample
            well = sample
        for k, time in across:
            cells.add(
                line=line,
                column=t.headings[k],
                plate=t.plate(row),
                well=well,
                time=np.nan if time is None else time,
                quantity=channel.quantity,
                unit=channel.unit,
                text=row[k],
            )


def _channel_text(t: _Table, well: str) -> str:
    if read_channel(_last_word(well)):
        return _last_word(well)
    return t.context.channel


def _last_word(sample: str) -> str:
    return sample.split()[-1] if sample.split() else ""


def _sample(well: str) -> str:
    """The name of a sample without the word for what was counted at its end."""
    return " ".join(well.split()[:-1]) if read_channel(_last_word(well)) else well
