"""What the lines above a table say of it: the plate, what was measured, when."""

import itertools
import re
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.words import Channel, read_channel, read_clock, read_duration, read_unit_words, scale_in
from livingdrug.core.errors import InputError
from livingdrug.data import Findings, printable

_KEY = re.compile(
    r"(Vessel Name|Label|Experiment ID|Exp ID|Plate|ID1|Barcode|Metric|Assay)\s*:\s*(.*)", re.IGNORECASE
)
_NEW_PLATE = ("vessel name", "label", "experiment id", "exp id", "plate", "id1", "barcode")
_ELAPSED = re.compile(r"Elapsed\s*:?\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE)
_AT = re.compile(r"(.*\S)\s+at\s*:\s*(\d+:\d\d:\d\d(?:[.,]\d+)?)", re.IGNORECASE)
_METHOD = re.compile(r"(luminescence|absorbance|cell index)\b[^|]{0,20}", re.IGNORECASE)


@dataclass(frozen=True)
class Context:
    """plate: name, "" where none is said; channel: what the values are called; time: h, nan where none is
    said; line: of the first key; asked: h that the user states for tables that state none."""

    plate: str = ""
    channel: str = ""
    time: float = np.nan
    line: int = 0
    asked: float = np.nan


def after(context: Context, line: int, row: list[str]) -> Context:
    """The context after one more line above a table."""
    filled = [cell for cell in row if cell]
    for cell, following in itertools.pairwise([*filled, ""]):
        key = _KEY.fullmatch(cell)
        if key:
            context = _with_key(context, key[1].lower(), key[2].strip() or following, line)
        elapsed, at = _ELAPSED.search(cell), _AT.fullmatch(cell)
        if elapsed:
            context = replace(context, time=float(elapsed[1].replace(",", ".")))
        if at:
            context = replace(context, channel=at[1], time=read_clock(at[2]))
        elif _METHOD.fullmatch(cell):
            context = replace(context, channel=cell)
    return context


def is_key(cell: str) -> bool:
    """Whether a cell names a plate or a metric and is no label of a column."""
    return _KEY.fullmatch(cell) is not None


def _with_key(context: Context, key: str, value: str, line: int) -> Context:
    if key in _NEW_PLATE:
        # an empty ID2 or a Plate: line of settings says nothing new
        new = Context(plate=value, time=context.asked, line=line, asked=context.asked)
        return new if value and value != context.plate else context
    if key == "metric":
        return replace(context, channel=value)
    if key == "assay":
        time = read_duration(value)
        return replace(context, channel=value, time=context.time if time is None else time)
    return context


def channel_of(text: str, reading: AssayReading, findings: Findings, line: int, where: str) -> Channel | None:
    """What a channel measures: as the user says, by its words, or as asked for; None where that remains open.

    Raises InputError for an answer that names no quantity.
    """
    if refuse_scale(text, line, where, findings):
        return None
    channel = _channel(text, reading, findings, line, where)
    if channel is not None and text:
        findings.note(
            f"`{printable(text, 60)}` is read as {channel.quantity} in {channel.unit} ({channel.why})"
        )
    return channel


def refuse_scale(text: str, line: int, where: str, findings: Findings) -> bool:
    """Whether a heading or unit states thousands or logarithms, which would be read as plain numbers: a
    fault."""
    scale = scale_in(text)
    if scale and not any(f.code == "scale" and f.value == text for f in findings.found):
        findings.add(
            "scale",
            line,
            where,
            text,
            f"`{printable(text, 60)}` states values in `{printable(scale, 20)}`",
            "write plain numbers, and no power of ten, prefix or logarithm in the heading",
        )
    return bool(scale)


def _channel(text: str, reading: AssayReading, findings: Findings, line: int, where: str) -> Channel | None:
    said = reading.columns.get(text)
    if said is not None and said not in QUANTITIES:
        raise InputError(
            f"--column {printable(text)}={said}: write a quantity, one of {', '.join(QUANTITIES)}"
        )
    read = read_channel(text) if text else None
    if said:
        unit = read.unit if read and read.unit in QUANTITIES[said] else _unit_for(said, text)
        return Channel(said, unit, "you said so")
    if read is not None:
        return read
    if reading.quantity:
        return Channel(reading.quantity, _unit_for(reading.quantity, text), "you said so")
    what = (
        f"`{printable(text, 60)}` is no word for a quantity"
        if text
        else "nothing says what the values measure"
    )
    fix = f"say --column {printable(text, 60)!r}=QUANTITY" if text else "say --quantity QUANTITY"
    if not any(f.code == "quantity" and f.value == text for f in findings.found):
        findings.add("quantity", line, where, text, what, f"{fix}, one of {', '.join(QUANTITIES)}")
    return None


def _unit_for(quantity: str, text: str) -> str:
    return read_unit_words(text, quantity) or QUANTITIES[quantity][0]
