"""Attributes on the scale that is analysed: log-ratios of compositions, logits of fractions, logarithms."""

import numpy as np

from livingdrug.attributes.composition import OFF, close, clr
from livingdrug.attributes.dictionary import Role, Scale
from livingdrug.attributes.table import EDGE, Column, ProductTable, gates_of
from livingdrug.core.errors import InputError

LIMIT = 0.005  # of the gate: detection limit of a fraction in a composition unless another is given


def analysed(
    table: ProductTable, limit: float = LIMIT, roles: tuple[Role, ...] = ("attribute",)
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Attributes on the scale that is analysed, shape (n, p), nan where missing, and their names.

    Fractions of one closed gate become centred log-ratios (zeros stand at 0.65 of `limit`, a fraction of the
    gate), other fractions logits, positive quantities logarithms. Nothing here looks at another product but
    the detection of percent.
    """
    gates = gates_of(table)
    closed = {gate: columns for gate, columns in gates.items() if _is_closed(table, columns)}
    out, names = [], []
    for column in table.having(*roles):
        own = table.values[column.heading]
        gate = closed.get(column.gate)
        if gate is not None and len(gate) > 2 and column.scale == "fraction":
            out.append(_log_ratio(table, gate, limit)[:, gate.index(column)])
            names.append(f"clr {column.heading}")
        elif gate is not None and column.scale == "fraction":
            if column is gate[0]:  # two parts are one ratio
                out.append(_log_ratio(table, gate, limit)[:, 0])
                names.append(f"log {gate[0].heading}:{gate[1].heading}")
        else:
            out.append(_on_scale(own, column.scale))
            names.append(_PREFIX[column.scale] + column.heading)
    if not out:
        raise InputError(
            f"`{table.name}` has no {' or '.join(roles)} column with numbers that differ between products"
        )
    return np.ascontiguousarray(np.column_stack(out)), tuple(names)


_PREFIX = {"fraction": "logit ", "log": "log ", "plain": ""}


def _is_closed(table: ProductTable, columns: tuple[Column, ...]) -> bool:
    parts = np.column_stack([table.values[c.heading] for c in columns])
    whole = 100.0 if np.nanmax(parts) > 1.5 else 1.0
    total = parts.sum(axis=1) / whole
    return bool(np.nanmax(np.abs(total - 1)) <= OFF)


def _log_ratio(table: ProductTable, columns: tuple[Column, ...], limit: float) -> np.ndarray:
    parts = np.column_stack([table.values[c.heading] for c in columns])
    there = ~np.isnan(parts).any(axis=1)
    out = np.full(parts.shape, np.nan)
    out[there] = clr(close(parts[there], tuple(c.heading for c in columns), limit).fractions)
    return out


def _on_scale(own: np.ndarray, scale: Scale) -> np.ndarray:
    if scale == "log":
        return np.log(own)
    if scale == "plain":
        return own
    part = own / (100.0 if np.nanmax(own) > 1.5 else 1.0)
    inside = np.concatenate([part[(part > 0) & (part < 1)], 1 - part[(part > 0) & (part < 1)]])
    edge = EDGE * inside.min() if len(inside) else 0.005
    part = np.clip(part, edge, 1 - edge)
    return np.log(part / (1 - part))
