"""Pairs of subjects counted in n log n steps: whose value is lower, among those that stand before."""

import numpy as np


def counted_before(rank: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(how many counted items with a lower rank stand before each item, how many with the same one).

    Ranks are whole numbers from 0 on. They are sorted bit by bit from the highest one: an item whose next bit
    is 1 has a higher rank than those with a 0 and the same bits before it, which the sort, being stable,
    keeps in their order.
    """
    n = len(rank)
    lower, same = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    if not n:
        return lower, same
    order = np.arange(n)
    for bit in reversed(range(int(rank.max()).bit_length())):
        high = rank[order] >> bit
        zero = (high & 1) == 0
        before = _within(high >> 1, counted[order] & zero)
        lower[order] += np.where(zero, 0, before)
        order = order[np.argsort(high, kind="stable")]
    same[order] = _within(rank[order], counted[order])
    return lower, same


def _within(label: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """How many counted items stand before each one among its neighbours of the same label."""
    before = np.cumsum(counted) - counted
    first = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
    return before - np.repeat(before[first], np.diff(np.append(first, len(label))))
