"""What a scenario gives, in words and tables, ready to be kept in a folder and shown in a report."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livingdrug.core.words import number


class Cell(str):
    """A text in a table that knows what it stands for: a value (None where there is none), its unit, a flag
    (`caution`) and the reason for the flag. Where it is kept or shown, it is the text."""

    value: float | None
    unit: str
    flag: str
    reason: str

    def __new__(
        cls, text: str, value: float | None = None, unit: str = "", flag: str = "", reason: str = ""
    ) -> "Cell":
        made = super().__new__(cls, text)
        made.value, made.unit, made.flag, made.reason = value, unit, flag, reason
        return made


def cell(
    value: float | int | None,
    unit: str = "",
    ends: tuple[float, float] | None = None,
    flag: str = "",
    reason: str = "",
    mark: str = "",
) -> Cell:
    """A number as a cell. ends: of its interval or range, in brackets; mark: what stands behind it for its
    flag."""
    if value is None:
        return Cell("-", None, unit, flag, reason)
    text = f"{value:,}" if isinstance(value, int) else number(value)
    interval = f" ({number(ends[0])} to {number(ends[1])})" if ends and all(map(math.isfinite, ends)) else ""
    return Cell(text + interval + mark, float(value), unit, flag, reason)


@dataclass(frozen=True)
class Table:
    """A title, a header and rows of texts, cells among them; a number is made a cell. detail: for the report
    alone."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    detail: bool = False

    def __post_init__(self) -> None:
        rows = tuple(tuple(v if isinstance(v, str) else cell(v) for v in row) for row in self.rows)
        object.__setattr__(self, "rows", rows)


@dataclass(frozen=True)
class Picture:
    """A picture in the folder `pictures` (as PNG and SVG) and the sentence that says what it shows."""

    name: str
    caption: str


@dataclass(frozen=True)
class Card:
    """What is known of a model: sentences (deviations last) and tables (equations, parameters with sources,
    anchors). doubts: why its numbers are to be doubted, which every answer that shows the card says among its
    flags."""

    model: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    deviations: tuple[str, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A heading of its own in the report, after the results: `key` names it, in addresses within the file
    too. detail: for the report alone."""

    key: str
    title: str
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    detail: bool = False


@dataclass(frozen=True)
class Answer:
    """question: what the scenario asks, where its user has not said it; sentences: the answer in words; checks: what was
    done to the data; flags: cautions, failures and values to be watched; parts: further headings, where one is not enough;
    data: name of a file -> its SHA-256; ok: whether the run came to an answer (a check that found faults did not)."""

    title: str
    question: str
    sentences: tuple[str, ...]
    flags: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    check_tables: tuple[Table, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    parts: tuple[Part, ...] = ()
    cards: tuple[Card, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    ok: bool = True

    def __post_init__(self) -> None:
        doubts = (doubt for card in self.cards for doubt in card.doubts)
        object.__setattr__(self, "flags", tuple(dict.fromkeys((*doubts, *self.flags))))


def text_table(title: str, frame, columns: Sequence[str] | None = None, detail: bool = False) -> Table:
    """A pandas table as texts."""
    columns = tuple(columns or frame.columns)
    cells = [[cell(v) if isinstance(v, float) else str(v) for v in frame[name].tolist()] for name in columns]
    return Table(title, columns, tuple(zip(*cells, strict=True)), detail)
