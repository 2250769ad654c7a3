"""Order and operations of a sparse LU factorisation without pivoting, found once per pattern."""

from collections.abc import Iterable
from typing import NamedTuple


class Pivot(NamedTuple):
    """One elimination: the state and its diagonal entry; scaled: entries divided by the pivot; updates: (target, a, b)
    for target -= a b; below: (row, entry) of the column; beside: (column, entry) of the row."""

    state: int
    diagonal: int
    scaled: tuple[int, ...]
    updates: tuple[tuple[int, int, int], ...]
    below: tuple[tuple[int, int], ...]
    beside: tuple[tuple[int, int], ...]


class Factorisation(NamedTuple):
    """filled: entries with fill-in, those of the pattern first; diagonal: entry of each state; pivots: in order."""

    filled: int
    diagonal: tuple[int, ...]
    pivots: tuple[Pivot, ...]


def factorisation(n: int, pattern: Iterable[tuple[int, int]]) -> Factorisation:
    """For an n x n matrix with the nonzero (row, column) pairs of `pattern`, the diagonal among them.

    Pivots are taken from the diagonal, the one that can cause the least fill-in first (Markowitz).
    """
    where = {pair: e for e, pair in enumerate(pattern)}
    left, pivots = set(range(n)), []
    while left:
        below = {i: [r for r in sorted(left) if r != i and (r, i) in where] for i in left}
        beside = {i: [c for c in sorted(left) if c != i and (i, c) in where] for i in left}
        p = min(sorted(left), key=lambda i: len(below[i]) * len(beside[i]))
        left.remove(p)
        updates = []
        for row in below[p]:
            for column in beside[p]:
                updates.append((where.setdefault((row, column), len(where)), where[row, p], where[p, column]))
        pivots.append(Pivot(
            p, where[p, p], tuple(where[row, p] for row in below[p]), tuple(updates),
            tuple((row, where[row, p]) for row in below[p]), tuple((column, where[p, column]) for column in beside[p]),
        ))  # fmt: skip
    return Factorisation(len(where), tuple(where[i, i] for i in range(n)), tuple(pivots))
