"""What a scenario gives, in words and tables, ready to be kept in a folder and shown in a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Table:
    """A title, a header and rows, all of them texts."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture in the folder `pictures` (as PNG and SVG) and the sentence that says what it shows."""

    name: str
    caption: str


@dataclass(frozen=True)
class Card:
    """What is known of a model: sentences (deviations last) and tables (equations, parameters with sources, anchors)."""

    model: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    deviations: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A heading of its own in the report, after the results: `key` names it, in addresses within the file too."""

    key: str
    title: str
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


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


def number(value: float) -> str:
    """Four digits, a dash for what is absent; the CSV file has all digits."""
    return f"{value:.4g}" if np.isfinite(value) else "-"


def text_table(title: str, frame, columns: Sequence[str] | None = None) -> Table:
    """A pandas table as texts."""
    columns = tuple(columns or frame.columns)
    cells = [[number(v) if isinstance(v, float) else str(v) for v in frame[name].tolist()] for name in columns]
    return Table(title, columns, tuple(zip(*cells, strict=True)))
