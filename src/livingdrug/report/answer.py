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
    """A number as a cell.

    Parameters
    ----------
    value : float or int or None
        The number; None where there is none, which then carries a reason.
    unit : str, optional
        Of the number.
    ends : tuple[float, float], optional
        Of its interval or range, in brackets.
    flag : str, optional
        Such as `caution`.
    reason : str, optional
        For the flag.
    mark : str, optional
        What stands behind it for its flag.

    Returns
    -------
    Cell
    """
    if value is None:
        return Cell("-", None, unit, flag, reason)
    text = f"{value:,}" if isinstance(value, int) else number(value)
    interval = f" ({number(ends[0])} to {number(ends[1])})" if ends and all(map(math.isfinite, ends)) else ""
    return Cell(text + interval + mark, float(value), unit, flag, reason)


@dataclass(frozen=True)
class Table:
    """A table of an answer.

    Attributes
    ----------
    title : str
        Above it.
    header : tuple of str
        Of the columns.
    rows : tuple[tuple of Any, ...]
        Texts, cells among them; a number is made a cell.
    detail : bool
        For the report alone.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    detail: bool = False

    def __post_init__(self) -> None:
        rows = tuple(tuple(v if isinstance(v, str) else cell(v) for v in row) for row in self.rows)
        object.__setattr__(self, "rows", rows)


@dataclass(frozen=True)
class Picture:
    """A figure in the folder `pictures` (as PNG and SVG).

    Attributes
    ----------
    name : str
        Of its files.
    caption : str
        What it shows, in a sentence.
    """

    name: str
    caption: str


@dataclass(frozen=True)
class Card:
    """What is known of a model.

    Attributes
    ----------
    model : str
        Its name.
    sentences : tuple of str
        In words, deviations last.
    tables : tuple of Table
        Equations, parameters with sources, anchors.
    deviations : tuple of str
        Where it departs from its source.
    doubts : tuple of str
        Why its numbers are to be doubted, which every answer that shows the card says among its flags.
    """

    model: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    deviations: tuple[str, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A heading of its own in the report, after the results.

    Attributes
    ----------
    key : str
        Names it, in addresses within the file too.
    title : str
        The heading.
    points : tuple of str
        Sentences of the chapter, a bullet each.
    tables : tuple of Table
        Below them.
    pictures : tuple of Picture
        Below these.
    detail : bool
        For the report alone.
    """

    key: str
    title: str
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    detail: bool = False


@dataclass(frozen=True)
class Answer:
    """What a scenario gives.

    Attributes
    ----------
    title : str
        Of the answer.
    question : str
        What the scenario asks, where its user has not said it.
    sentences : tuple of str
        The answer in words.
    flags : tuple of str
        Cautions, failures and values to be watched.
    checks : tuple of str
        What was done to the data.
    check_tables : tuple of Table
        How files were read.
    tables : tuple of Table
        Of the answer.
    pictures : tuple of Picture
        Of the answer.
    parts : tuple of Part
        Further headings, where one is not enough.
    cards : tuple of Card
        Of the models that were used.
    data : tuple[tuple[str, str], ...]
        Name of a file -> its SHA-256.
    seed : int or None
        Of the random streams, None where nothing is random.
    ok : bool
        Whether the run came to an answer (a check that found faults did not).
    """

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
        # a flag that begins with the doubt says it of some or all subjects
        doubts = (d for card in self.cards for d in card.doubts if not any(f.startswith(d) for f in self.flags))
        object.__setattr__(self, "flags", tuple(dict.fromkeys((*doubts, *self.flags))))


def text_table(title: str, frame, columns: Sequence[str] | None = None, detail: bool = False) -> Table:
    """A pandas table as texts.

    Parameters
    ----------
    title : str
        Above it.
    frame
        A pandas table.
    columns : sequence of str, optional
        That are shown; all by default.
    detail : bool, optional
        For the report alone.

    Returns
    -------
    Table
    """
    columns = tuple(columns or frame.columns)
    cells = [[cell(v) if isinstance(v, float) else str(v) for v in frame[name].tolist()] for name in columns]
    return Table(title, columns, tuple(zip(*cells, strict=True)), detail)
