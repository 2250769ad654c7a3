"""Order and operations of a sparse LU factorisation without pivoting, found once per pattern."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np


class Factorisation(NamedTuple):
    """Operations of the factorisation and the two solves, as arrays of indices (see `rodas5p`).

    filled: entries with fill-in; entry: where each stored entry lies among them; scaled[scale_first[s]:...]: entries
    divided by pivot s; update rows (target, a, b): target -= a b; lower rows (row, column, entry) in order of
    elimination; upper rows (column, entry) of pivot s.
    """

    filled: int
    entry: np.ndarray
    diagonal: np.ndarray
    order: np.ndarray
    scale_first: np.ndarray
    scaled: np.ndarray
    update_first: np.ndarray
    update: np.ndarray
    lower: np.ndarray
    upper_first: np.ndarray
    upper: np.ndarray


def factorisation(n: int, pattern: Iterable[tuple[int, int]]) -> Factorisation:
    """For an n x n matrix with the nonzero (row, column) pairs of `pattern`, the diagonal among them.

    Pivots are taken from the diagonal, the one that can cause the least fill-in first (Markowitz).
    """
    pattern = list(pattern)
    where = {pair: e for e, pair in enumerate(pattern)}
    left, order = set(range(n)), []
    scaled, scale_first, update, update_first, lower, upper, upper_first = [], [0], [], [0], [], [], [0]
    while left:
        below = {i: [r for r in left if r != i and (r, i) in where] for i in left}
        beside = {i: [c for c in left if c != i and (i, c) in where] for i in left}
        pivot = min(sorted(left), key=lambda i: len(below[i]) * len(beside[i]))
        left.remove(pivot)
        order.append(pivot)
        for row in below[pivot]:
            scaled.append(where[row, pivot])
            lower.append((row, pivot, where[row, pivot]))
            for column in beside[pivot]:
                target = where.setdefault((row, column), len(where))
                update.append((target, where[row, pivot], where[pivot, column]))
        upper += [(column, where[pivot, column]) for column in beside[pivot]]
        scale_first.append(len(scaled)), update_first.append(len(update)), upper_first.append(len(upper))
    return Factorisation(
        len(where), _whole(range(len(pattern))), _whole(where[i, i] for i in range(n)), _whole(order),
        _whole(scale_first), _whole(scaled), _whole(update_first), _whole(update, 3), _whole(lower, 3),
        _whole(upper_first), _whole(upper, 2),
    )  # fmt: skip


def _whole(values: Iterable, columns: int = 0) -> np.ndarray:
    array = np.array(list(values), dtype=np.int64)
    return array.reshape(-1, columns) if columns else array
