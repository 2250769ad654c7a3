"""Attributes on the scale that is analysed: log-ratios of compositions, logits of fractions, logarithms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.attributes.composition import OFF, PART, close, clr
from livingdrug.attributes.dictionary import Role
from livingdrug.attributes.product_table import Column, ProductTable
from livingdrug.attributes.table import EDGE, PERCENT, gates_of
from livingdrug.core.errors import InputError
from livingdrug.data import is_missing, printable, split_heading

LIMIT = 0.005  # of the gate: detection limit of a fraction in a composition unless another is given


@dataclass(frozen=True)
class Treatment:
    """How one attribute reaches the scale that is analysed.

    Attributes
    ----------
    name : str
        On the scale that is analysed.
    how : {'clr', 'ratio', 'logit', 'log', 'plain'}
        `clr` and `ratio` (of the fractions of a closed gate), `logit`, `log` or `plain`.
    parts : tuple of str
        Headings it is made of, its own first.
    whole : float
        100 for percentages, 1 for fractions.
    edge : float
        What stands for a fraction of 0 (`logit`), or the detection limit of the gate (`clr`, `ratio`), of 1.
    """

    name: str
    how: Literal["clr", "ratio", "logit", "log", "plain"]
    parts: tuple[str, ...]
    whole: float = 1.0
    edge: float = 0.0

    def of(self, table: ProductTable) -> np.ndarray:
        """Values of a table (n,), nan where missing; every value by itself, whatever other products hold."""
        if self.how in ("clr", "ratio"):
            return self._log_ratio(np.column_stack([table.values[part] for part in self.parts]))
        own = table.values[self.parts[0]]
        if self.how == "plain":
            return own
        if self.how == "log":
            return np.log(own)
        part = own / self.whole
        part = np.where(part <= 0, self.edge, np.where(part >= 1, 1 - self.edge, part))
        return np.log(part / (1 - part))

    def _log_ratio(self, parts: np.ndarray) -> np.ndarray:
        there = ~np.isnan(parts).any(axis=1)
        out = np.full(len(parts), np.nan)
        out[there] = clr(close(parts[there], self.parts, self.edge).fractions)[:, 0]
        return out


def treatments(
    table: ProductTable, limit: float = LIMIT, roles: tuple[Role, ...] = ("attribute",)
) -> tuple[Treatment, ...]:
    """How every column of some roles is analysed. Fractions of one closed gate become centred log-ratios
    (zeros stand at 0.65 of `limit`), other fractions logits, positive quantities logarithms.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    limit : float, optional
        Of detection, a fraction of the gate.
    roles : tuple of Role, optional
        Of the columns.

    Returns
    -------
    tuple of Treatment
    """
    gates = gates_of(table)
    closed: dict[str, tuple[Column, ...]] = {
        gate: columns for gate, columns in gates.items() if _is_closed(table, columns)
    }
    found = []
    for column in table.having(*roles):
        gate = closed.get(column.gate) if column.scale == "fraction" else None
        if gate is None:
            found.append(_alone(table, column, limit))
        elif len(gate) > 2:
            parts = (column.heading, *(c.heading for c in gate if c is not column))
            found.append(Treatment(f"clr {column.heading}", "clr", parts, _whole(table, gate), limit))
        elif column is next(iter(gate)):  # two parts are one ratio
            parts = tuple(c.heading for c in gate)
            found.append(Treatment(f"log {parts[0]}:{parts[1]}", "ratio", parts, _whole(table, gate), limit))
    if not found:
        raise InputError(
            f"`{table.name}` has no {' or '.join(roles)} column with numbers that differ between products"
        )
    return tuple(found)


def analysed(
    table: ProductTable, limit: float = LIMIT, roles: tuple[Role, ...] = ("attribute",)
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Attributes on the scale that is analysed, shape (n, p), nan where missing, and their names; see
    `treatments`.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    limit : float, optional
        Of detection, a fraction of the gate.
    roles : tuple of Role, optional
        Of the columns.

    Returns
    -------
    tuple[ndarray, tuple of str]
    """
    found = treatments(table, limit, roles)
    return applied(found, table), tuple(t.name for t in found)


def applied(found: Sequence[Treatment], table: ProductTable) -> np.ndarray:
    """Values of a table by treatments, shape (n, p).

    Parameters
    ----------
    found : sequence of Treatment
        See `treatments`.
    table : ProductTable
        Products with their attributes, see `read_products`.

    Returns
    -------
    ndarray
    """
    return np.ascontiguousarray(np.column_stack([t.of(table) for t in found]))


def later(found: Sequence[Treatment], table: ProductTable) -> np.ndarray:
    """The same of a later table, by the treatments of an earlier one.

    Parameters
    ----------
    found : sequence of Treatment
        See `treatments`, of the earlier table.
    table : ProductTable
        Products with their attributes, see `read_products`.

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        Where a column is missing, is on another scale, or fractions of a closed gate do not add up.
    """
    missing = [part for t in found for part in t.parts if not _has_numbers(table, part)]
    if missing:
        named = ", ".join(map(printable, list(dict.fromkeys(missing))[:5]))
        raise InputError(
            f"`{table.name}` lacks {len(set(missing))} of the columns that the model was learned from, or "
            f"they hold no numbers: {named}; give them under the same headings and on the same scale"
        )
    for t in found:
        _check_whole(t, table)
    return applied(found, table)


def _has_numbers(table: ProductTable, heading: str) -> bool:
    """Whether a column is there with numbers, or without any value at all."""
    own = table.values.get(heading)
    return own is not None and not (np.isnan(own).all() and not all(map(is_missing, table.texts[heading])))


def _check_whole(t: Treatment, table: ProductTable) -> None:
    if t.how not in ("clr", "ratio", "logit"):
        return
    parts = np.column_stack([table.values[part] for part in t.parts])
    if t.whole == 1 and np.nanmax(parts, initial=0.0) > PERCENT:
        i, j = np.unravel_index(np.nanargmax(parts), parts.shape)
        raise InputError(
            f"`{table.name}` line {table.lines[i]}: `{printable(t.parts[j])}` is {parts[i, j]:g}, and the "
            "model was learned from fractions of 1; write them so"
        )
    total = parts.sum(axis=1) / t.whole
    off = np.flatnonzero((np.abs(total - 1) > OFF) & (t.how != "logit"))
    if len(off):
        raise InputError(
            f"`{table.name}` line {table.lines[off[0]]}: {', '.join(map(printable, t.parts))} add up to "
            f"{100 * total[off[0]]:.4g} %, and the model was learned from fractions that add up to 100 %"
        )


def _alone(table: ProductTable, column: Column, limit: float) -> Treatment:
    own, parts = table.values[column.heading], (column.heading,)
    if column.scale == "plain":
        return Treatment(column.heading, "plain", parts)
    if column.scale == "log":
        return Treatment(f"log {column.heading}", "log", parts)
    whole = whole_of(table, column)
    part = own / whole
    inside = np.concatenate([part[(part > 0) & (part < 1)], 1 - part[(part > 0) & (part < 1)]])
    edge = min(PART * limit, EDGE * inside.min(initial=1.0))  # below whatever was seen
    return Treatment(f"logit {column.heading}", "logit", parts, whole, float(edge))


def _whole(table: ProductTable, gate: tuple[Column, ...]) -> float:
    """100 of percentages and 1 of fractions, as the values of a closed gate say."""
    return 100.0 if np.nanmax([table.values[c.heading] for c in gate]) > PERCENT else 1.0


def whole_of(table: ProductTable, column: Column) -> float:
    """100 where a column holds percentages, 1 where it holds fractions: what its heading says, else its
    values and those of its gate."""
    gate = gates_of(table).get(column.gate, (column,))
    return 100.0 if "%" in split_heading(column.heading)[1] else _whole(table, gate)


def _is_closed(table: ProductTable, columns: tuple[Column, ...]) -> bool:
    total = np.column_stack([table.values[c.heading] for c in columns]).sum(axis=1) / _whole(table, columns)
    return bool(np.nanmax(np.abs(total - 1)) <= OFF)
