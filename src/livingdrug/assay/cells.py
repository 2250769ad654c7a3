"""Cells of an assay's file as a list, before anything is known of units and wells; and the numbers that
they hold."""

from dataclasses import dataclass, field
from typing import SupportsIndex

import numpy as np

from livingdrug.data import ABOVE, BELOW, MISSING, NUMBER, Findings, printable, read_cell
from livingdrug.data.cells import COMMA, Numbers

OVER = frozenset(
    "over ovrflw overflow ovfl ovrflow over-range overrange sat saturated tntc max ##### infinity inf".split()
) | {"over range", "too numerous to count", "above range", "out of range (high)"}
NOT_DONE = frozenset(
    ("n.d.", "n.d", "nd", "-", "--", "not done", "no data", "masked", "excluded", "#n/a", "#value!")
)
COUNTS = ("targets", "effectors", "beads", "live")
NEVER_NEGATIVE = (*COUNTS, "confluence")
# an image that failed counts -2147483648; the mean of the images of a well divides that by their number
OVERFLOW = -(2.0**31)
MOST_COUNT = 1e9


@dataclass
class Cells:
    """One entry for each cell that holds a reading, lists of one length.

    line, column: where it stands, as the file writes it; plate: name, "" where the file has none; well:
    text as in the file; time: h, nan where nothing states it; channel: what the file calls it; quantity,
    unit: of QUANTITIES; text, sd: the cells; many: wells whose mean it is. facts: (plate, well) -> column
    of the map -> text, which tables hold beside readings; samples: names in `well` that are no places on a
    plate; events: (line, plate, well, h, targets, effectors added).
    """

    line: list[int] = field(default_factory=list)
    column: list[str] = field(default_factory=list)
    plate: list[str] = field(default_factory=list)
    well: list[str] = field(default_factory=list)
    time: list[float] = field(default_factory=list)
    quantity: list[str] = field(default_factory=list)
    unit: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    sd: list[str] = field(default_factory=list)
    many: list[int] = field(default_factory=list)
    facts: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    samples: set[str] = field(default_factory=set)
    events: list[tuple[int, str, str, float, float, float]] = field(default_factory=list)

    def add(self, *, line, column, plate, well, time, quantity, unit, text, sd="", many=1) -> None:
        """One cell."""
        self.line.append(line)
        self.column.append(column)
        self.plate.append(plate)
        self.well.append(well)
        self.time.append(time)
        self.quantity.append(quantity)
        self.unit.append(unit)
        self.text.append(text)
        self.sd.append(sd)
        self.many.append(many)

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.line)

    def place(self, i: SupportsIndex) -> str:
        """`well A1 at 6 h, targets`."""
        plate = f"{self.plate[i]} " if self.plate[i] else ""
        at = f" at {self.time[i]:.6g} h" if np.isfinite(self.time[i]) else ""
        return f"well {printable(plate + self.well[i], 40)}{at}, {self.quantity[i]}"


@dataclass(frozen=True)
class Values:
    """value, sd, limit (n,): numbers, nan where there is none; flag (n,): one of the flags of a plate's
    readings."""

    value: np.ndarray
    sd: np.ndarray
    limit: np.ndarray
    flag: np.ndarray

    @staticmethod
    def none() -> "Values":
        """Of no cells."""
        return Values(np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=object))


def read_values(cells: Cells, decimal: str, findings: Findings) -> Values:
    """The numbers of all cells; what is none is a fault by line and well, what is out of range is flagged
    and noted."""
    numbers, commas = _numbers(cells.text, decimal)
    flag = np.full(cells.n, "", dtype=object)
    flag[numbers.kind == MISSING] = "missing"
    flag[numbers.kind == BELOW], flag[numbers.kind == ABOVE] = "below", "above"
    for i in np.flatnonzero(~np.isin(numbers.kind, (NUMBER, MISSING, BELOW, ABOVE))):
        what = (
            "a number with a comma that could be a decimal or a thousands sign"
            if numbers.kind[i] == COMMA
            else "no number"
        )
        problem = f"{cells.place(i)}: `{printable(cells.text[i], 40)}` is {what}"
        findings.add(
            "number",
            cells.line[i],
            cells.column[i],
            cells.text[i],
            problem,
            "write a number, <LIMIT, >LIMIT, or leave the cell empty",
        )
    if commas:
        findings.note(f"`{printable(commas[0], 30)}` is read with a decimal comma ({len(commas)} cell(s))")
    sd = _numbers(cells.sd, decimal)[0].value if any(cells.sd) else np.full(cells.n, np.nan)
    values = Values(numbers.value, sd, numbers.bound, flag)
    _say_flags(cells, values, findings)
    return _possible(cells, values, findings)


def _numbers(texts: list[str], decimal: str) -> tuple[Numbers, list[str]]:
    """Numbers, and the cells whose decimal comma stands among points."""
    seen: dict[str, tuple[float, float, int]] = {}
    commas = []
    for text in texts:
        if text not in seen:
            seen[text] = _one(text, decimal)
            if seen[text][2] == COMMA and _is_decimal(text):
                seen[text] = read_cell(text, ",")
                commas.append(text)
    read = [seen[text] for text in texts]
    value, bound, kind = (
        (np.array(part, dtype=float) for part in zip(*read, strict=True)) if read else (np.empty(0),) * 3
    )
    return Numbers(value, bound, kind.astype(int)), commas


def _one(text: str, decimal: str) -> tuple[float, float, int]:
    word = text.lower().strip()
    if word in OVER or (word and not word.strip("#")):
        return np.nan, np.nan, ABOVE
    if word in NOT_DONE:
        return np.nan, np.nan, MISSING
    return read_cell(text.removesuffix("%").strip() if text.endswith("%") else text, decimal)


def _is_decimal(text: str) -> bool:
    """Whether a comma can only part whole and fraction: `3,2E3`, `0,25`; not `12,400`."""
    fraction = text.split(",")[-1].lower().split("e")[0]
    return (
        text.count(",") == 1 and "." not in text and (len(fraction) != 3 or text.lstrip("+-").startswith("0"))
    )


def _say_flags(cells: Cells, values: Values, findings: Findings) -> None:
    words = {"above": "above the range (censored from above)", "below": "below a limit (censored)"}
    for flag, said in words.items():
        rows = np.flatnonzero(values.flag == flag)
        if len(rows):
            shown = ", ".join(f"{cells.place(i)} `{printable(cells.text[i], 20)}`" for i in rows[:3])
            findings.note(f"{len(rows)} reading(s) are {said}: {shown}{', ...' if len(rows) > 3 else ''}")
    rows = [i for i in np.flatnonzero(values.flag == "missing") if cells.text[i]]
    if rows:
        shown = ", ".join(f"{cells.place(i)} `{printable(cells.text[i], 20)}`" for i in rows[:3])
        findings.note(
            f"{len(rows)} reading(s) are read as not done, that is missing: "
            f"{shown}{', ...' if len(rows) > 3 else ''}; "
            "write <LIMIT where nothing was detected"
        )


def _possible(cells: Cells, values: Values, findings: Findings) -> Values:
    """The values without those that cannot be: an overflow of the instrument is missing, a negative count
    is a fault."""
    quantity = np.array(cells.quantity, dtype=object)
    value, sd, flag = values.value.copy(), values.sd.copy(), values.flag.copy()
    counted = np.isin(quantity, NEVER_NEGATIVE)
    for i in np.flatnonzero(counted & (value <= OVERFLOW / 100)):
        findings.note(
            f"{cells.place(i)} (line {cells.line[i]}): {cells.text[i]} is an integer overflow of an image, "
            "not a count: it is read as missing"
        )
        value[i], sd[i], flag[i] = np.nan, np.nan, "missing"
    for i in np.flatnonzero(counted & (value < 0)):
        findings.add(
            "negative",
            cells.line[i],
            cells.column[i],
            cells.text[i],
            f"{cells.place(i)}: {cells.text[i]} is below 0, which cannot be counted",
            "leave the cell empty where the reading failed, write <LIMIT where nothing was seen",
        )
    for i in np.flatnonzero(np.isin(quantity, COUNTS) & (value > MOST_COUNT)):
        findings.add(
            "too-many",
            cells.line[i],
            cells.column[i],
            cells.text[i],
            f"{cells.place(i)}: {cells.text[i]} is more than a well can hold",
            "correct the cell or its unit",
        )
    for i in np.flatnonzero((quantity == "confluence") & (value > 100.5)):
        problem = f"{cells.place(i)}: {cells.text[i]} is more than 100 %"
        findings.add(
            "too-many",
            cells.line[i],
            cells.column[i],
            cells.text[i],
            problem,
            "correct the cell or the metric",
        )
    for name in ("confluence", "lysis"):
        known = value[(quantity == name) & np.isfinite(value)]
        if len(known) > 2 and (np.abs(known) <= 1).all() and known.any():
            problem = f"no {name} is above 1: are these fractions and not percent?"
            findings.add(
                "fraction", findings.heading, "", "", problem, "write percent, from 0 to 100", "warning"
            )
    return Values(value, sd, values.limit, flag)
