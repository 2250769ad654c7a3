"""Tables with one column per day turned into one row per sample, with the rule shown."""

import re
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import guess
from livingdrug.data.units import read_unit

LEAST = 3  # columns of times that make a table wide
_WORDS = {
    "d": "d",
    "day": "d",
    "days": "d",
    "dpi": "d",
    "tag": "d",
    "h": "h",
    "hr": "h",
    "hour": "h",
    "hours": "h",
}
_TIME = re.compile(
    r"(?P<before>.*?)(?:^|[\s_.\-]|(?<=\W))(?P<word>days?|dpi|hours?|hrs?|d|h)?[\s_.]*(?P<number>-?\d+(?:\.\d+)?)\s*"
    r"(?P<unit>days?|d|hours?|hrs?|h)?(?P<after>(?:[\s_.\-(\[].*)?)",
    re.IGNORECASE,
)
VALUE, OUTPUT = "value", "output"


@dataclass(frozen=True)
class Moment:
    """What a heading such as `CART day 7 (copies/ug)` says: a number, the unit of time, what else stands
    there."""

    number: str
    unit: str
    counted: bool
    rest: str


def read_moment(heading: str) -> Moment | None:
    """The time that a heading names, None where it names none."""
    match = _TIME.fullmatch(heading.strip())
    if not match:
        return None
    word, unit = (match["word"] or "").lower(), (match["unit"] or "").lower()
    rest = " ".join(part.strip(" _-.") for part in (match["before"], match["after"]) if part.strip(" _-."))
    if not word and not unit and rest:
        return None  # a number beside other words, such as IL6, is no time
    return Moment(
        match["number"],
        _WORDS.get(word or unit, ""),
        word in ("d", "day", "days") or unit.startswith("d"),
        rest,
    )


def long_form(grid: Grid, corrections: dict[str, str], findings: Findings) -> Grid:
    """The table with a row for each sample, where its headings are times; as it is, where they are not.

    Only a table with a column of subjects and without one of times is wide. Every filled cell below a time is
    a sample of that time; the rest of its heading (a unit, or what was measured) goes with it.
    """
    columns = guess(grid.headings, grid.units, corrections)
    if {"TIME", "DATE", "EVID"} & {c.meaning for c in columns} or "ID" not in {c.meaning for c in columns}:
        return grid
    moments = {i: read_moment(c.name) for i, c in enumerate(columns) if c.meaning in ("covariate", "DV")}
    moments = {i: moment for i, moment in moments.items() if moment is not None}
    units, outputs = {m.unit for m in moments.values()}, list(dict.fromkeys(m.rest for m in moments.values()))
    if (
        len(moments) < LEAST
        or len(units) > 1
        or len({(m.rest, float(m.number)) for m in moments.values()}) < len(moments)
    ):
        return grid
    return _melted(grid, moments, units.pop(), outputs, findings)


def _melted(
    grid: Grid, moments: dict[int, Moment], time_unit: str, outputs: list[str], findings: Findings
) -> Grid:
    kept = [i for i in range(len(grid.headings)) if i not in moments]
    places = list(moments)
    order = np.arange(len(grid.lines) * len(places))
    row, which = order // len(places), order % len(places)
    values = np.stack([grid.columns[i] for i in places], axis=1).ravel()
    filled = values != ""
    row, which, values = row[filled], which[filled], values[filled]
    counted = any(m.counted for m in moments.values())
    time = np.array([moments[i].number for i in places], dtype=object)[which]
    unit = _unit(outputs)
    columns = [grid.columns[i][row] for i in kept] + [time, values]
    headings = [grid.headings[i] for i in kept] + [
        _free("day" if counted else "time", grid),
        _free(VALUE, grid),
    ]
    units = [grid.units[i] for i in kept] + [time_unit, unit]
    if len(outputs) > 1:
        columns.append(np.array([moments[i].rest for i in places], dtype=object)[which])
        headings.append(_free(OUTPUT, grid)), units.append("")
    shown = [f"`{printable(grid.headings[i], 30)}`" for i in places]
    listed = ", ".join(shown[:4]) + (f", ... {shown[-1]}" if len(shown) > 4 else "")
    findings.note(f"the table is wide: {len(places)} columns ({listed}) are samples at the time that their "
                  f"heading names; `{headings[len(kept)]}` is that time and `{headings[len(kept) + 1]}` the "
                  "cell below it")  # fmt: skip
    lines = grid.lines[row]
    findings.lines = lines
    return replace(grid, headings=tuple(headings), units=tuple(units), columns=tuple(columns), lines=lines)


def _unit(outputs: list[str]) -> str:
    """The unit that all headings share, "" where they share none."""
    found = {_unit_in(text) for text in outputs}
    return found.pop() if len(found) == 1 else ""


def _unit_in(text: str) -> str:
    bare = re.search(r"[(\[]([^()\[\]]*)[)\]]", text)
    return next((part for part in (bare.group(1) if bare else "", text) if part and read_unit(part)), "")


def _free(name: str, grid: Grid) -> str:
    return name if name not in grid.headings else f"{name} of the headings"
