"""The rows of a large table as CSV, many at once: the very bytes that `export` writes row by row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.core.digits import DIGITS, Texts, float_texts, int_texts

CHUNK = 4096  # rows laid out at a time, so that they stay near the processor
SAMPLE = 512  # values looked at to see whether a column repeats itself
PAIRS = 4096  # distinct texts of neighbouring columns that are joined before they are looked up
_COMMA, _LINE_END = b",", b"\n"


@dataclass(frozen=True)
class _Known:
    """Columns of a few distinct texts: which of them each row has, (n,)."""

    codes: np.ndarray
    texts: list[bytes]

    def __and__(self, other: "_Known") -> "_Known":
        joined = [b",".join(pair) for pair in ((a, b) for a in self.texts for b in other.texts)]
        return _Known(self.codes * len(other.texts) + other.codes, joined)


@dataclass(frozen=True)
class _Numbers:
    """A column of numbers, and what makes texts of them."""

    values: np.ndarray
    texts: Callable[[np.ndarray], Texts]


def csv_bytes(frame, texts_of: Callable[..., list[str]]) -> Iterator[bytes]:
    """The rows of a pandas table in portions; texts_of: the cells of a column that holds no numbers."""
    columns: list[_Known | list[_Numbers]] = []
    for name in frame.columns:
        column = _column(frame[name], texts_of)
        last = columns[-1] if columns else None
        if isinstance(column, _Numbers):
            columns = [*columns[:-1], [*last, column]] if isinstance(last, list) else [*columns, [column]]
        elif isinstance(last, _Known) and len(last.texts) * len(column.texts) <= PAIRS:
            columns[-1] = last & column
        else:
            columns.append(column)
    ends = [_COMMA] * (len(columns) - 1) + [_LINE_END]
    parts = [_part(column, end) for column, end in zip(columns, ends, strict=True)]
    return (_portion(parts, slice(i, min(i + CHUNK, len(frame)))) for i in range(0, len(frame), CHUNK))


def _column(column, texts_of: Callable[..., list[str]]) -> _Known | _Numbers:
    """The texts of a column."""
    import pandas as pd

    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    if kind == "f":
        values = np.ascontiguousarray(column.to_numpy(), dtype=np.float64)
        return _numbers(values, values.view(np.int64), float_texts)
    if kind in "iu" and len(column) and max(abs(int(column.min())), abs(int(column.max()))) < 10**DIGITS:
        values = np.ascontiguousarray(column.to_numpy(), dtype=np.int64)
        return _numbers(values, values, int_texts)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, known = _of_these_rows(column)
        known = texts_of(pd.Series(known))
    elif isinstance(column.dtype, pd.StringDtype):
        codes, known = pd.factorize(column)
        known = texts_of(pd.Series(known))
    else:
        codes, known = pd.factorize(np.array(texts_of(column), dtype=object))
    codes = np.where(codes < 0, len(known), codes).astype(np.intp)
    return _Known(codes, [*(text.encode() for text in known), b""])


def _of_these_rows(column):
    """(codes, categories) of a column with categories, without those that no row has: a table comes in pieces."""
    codes, categories = column.cat.codes.to_numpy().astype(np.intp), column.cat.categories
    there = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(categories)))
    place = np.full(len(categories) + 1, -1, dtype=np.intp)  # the last one is that of a missing text, code -1
    place[there] = np.arange(len(there))
    return place[codes], categories[there]


def _numbers(
    values: np.ndarray, words: np.ndarray, texts: Callable[[np.ndarray], Texts]
) -> _Known | _Numbers:
    """A column of numbers; those that come again and again (times, subjects) are written once."""
    import pandas as pd

    some = words[:: max(1, len(words) // SAMPLE)]
    if len(np.unique(some)) > len(some) / 2:
        return _Numbers(values, texts)
    codes, known = pd.factorize(words)
    made = texts(np.asarray(known).view(values.dtype))
    return _Known(codes, [text[:-1] for text in _number_rows([made], _COMMA)])


def _part(column: _Known | list[_Numbers], end: bytes) -> Callable[[slice], list[bytes]]:
    """Rows -> what stands in them of a column of few texts or of neighbouring columns of numbers, with the sign after it."""
    if isinstance(column, list):
        return lambda chunk: _number_rows([each.texts(each.values[chunk]) for each in column], end)
    texts = np.empty(len(column.texts), dtype=object)
    texts[:] = [text + end for text in column.texts]
    return lambda chunk: texts[column.codes[chunk]].tolist()


def _portion(parts: list[Callable[[slice], list[bytes]]], chunk: slice) -> bytes:
    """Some rows of which each part gives its texts."""
    pieces = [b""] * ((chunk.stop - chunk.start) * len(parts))
    for place, texts in enumerate(parts):
        pieces[place :: len(parts)] = texts(chunk)
    return b"".join(pieces)


def _number_rows(columns: list[Texts], end: bytes) -> list[bytes]:
    """The texts of neighbouring columns, parted by commas, in one text for each row."""
    widths = [column.width for column in columns]
    rows = np.empty((len(columns[0].end), sum(widths) + len(widths)), dtype=np.uint8)
    kept = np.ones(rows.shape, dtype=bool)
    length = np.full(len(rows), len(widths))
    at = 0
    for column, width in zip(columns, widths, strict=True):
        rows[:, at : at + width] = column.bytes[:, :width]
        begin, stop = column.begin.astype(np.uint8)[:, None], column.end.astype(np.uint8)[:, None]
        here = np.arange(width, dtype=np.uint8)
        np.logical_and(here >= begin, here < stop, out=kept[:, at : at + width])
        length += column.end - column.begin
        at += width + 1
        rows[:, at - 1] = _COMMA[0]
    rows[:, -1] = end[0]
    signs = rows.ravel().compress(kept.ravel()).tobytes()
    ends = np.cumsum(length).tolist()
    return [signs[begin:stop] for begin, stop in zip([0, *ends], ends, strict=False)]
