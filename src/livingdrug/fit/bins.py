"""Bins of time for a predictive check: given edges, or those that lie closest around the times at which
samples were taken.

The best bins minimise the squared distances of the samples to the mean of their bin (Fisher 1958, J Am Stat
Assoc 53:789-798, as Lavielle & Bleakley 2011, J Pharmacokinet Pharmacodyn 38:861-871 bin predictive checks),
here of asinh(t / median t), which is as t early and as ln t late: samples of cell therapies are dense at
first and sparse for years. Where samples were taken at few times, each often enough, every time has its bin.
"""

from collections.abc import Sequence

import numpy as np

from livingdrug.core.errors import InputError

MOST = 15  # bins
EXPLAINED = 0.999  # of the variance of times, beyond which no bin is added
FEWEST = 8  # samples in a bin, where there are enough
PLANNED = 24  # distinct times up to which each may have a bin
DISTINCT = 400  # times that are told apart


def bin_edges(time: np.ndarray, edges: Sequence[float] | None = None) -> np.ndarray:
    """Edges (bins + 1,) of bins that hold all times; a bin holds its lower edge, the last one both.

    Raises InputError for given edges that do not rise, or leave a time out.
    """
    if edges is not None:
        return _given(time, np.asarray(edges, dtype=float))
    points, weight = np.unique(time, return_counts=True)
    if len(points) > DISTINCT:
        cut = np.unique(np.quantile(time, np.linspace(0, 1, DISTINCT)))
        place = np.clip(np.searchsorted(cut, time, side="right") - 1, 0, len(cut) - 1)
        weight = np.bincount(place, minlength=len(cut))
        points, weight = cut[weight > 0], weight[weight > 0]
    least = min(FEWEST, max(int(weight.sum() // 3), 1))
    middle = np.median(time[time > 0]) if (time > 0).any() else 1.0
    planned = len(points) <= PLANNED and weight.min() >= least
    first = range(len(points)) if planned else _best(np.arcsinh(points / middle), weight.astype(float), least)
    inner = [0.5 * (points[i - 1] + points[i]) for i in first[1:]]
    return np.array([points[0], *inner, points[-1]])


def _given(time: np.ndarray, edges: np.ndarray) -> np.ndarray:
    listed = ", ".join(f"{e:g}" for e in edges)
    if len(edges) < 2 or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise InputError(f"the edges of the bins are {listed}; give two or more rising times")
    outside = time[(time < edges[0]) | (time > edges[-1])]
    if len(outside):
        raise InputError(f"a sample at time {outside[0]:g} lies outside the bins {listed}; widen the edges")
    return edges


def _best(x: np.ndarray, weight: np.ndarray, least: int) -> list[int]:
    """Where bins start: the partition of sorted points with the least sum of squares, by dynamic programming.

    As many bins as explain nearly all of the variance, MOST at most, each with `least` samples or more.
    """
    m = len(x)
    w, wx, wxx = (np.concatenate([[0.0], np.cumsum(part)]) for part in (weight, weight * x, weight * x**2))
    lo, hi = np.arange(m)[:, None], np.arange(1, m + 1)[None]
    total = np.where(hi > lo, w[hi] - w[lo], 1.0)
    cost = wxx[hi] - wxx[lo] - (wx[hi] - wx[lo]) ** 2 / total
    # points lo to hi - 1 in one bin
    cost = np.where((hi > lo) & (total >= least), np.maximum(cost, 0.0), np.inf)
    best, starts = cost[0].copy(), []
    answer, whole = [0], wxx[-1] - wx[-1] ** 2 / w[-1]
    for _ in range(2, min(MOST, m) + 1):
        # best[h]: of points up to h in the bins so far
        tried = best[:-1, None] + cost[1:]
        starts.append(np.argmin(tried, axis=0) + 1)
        best = np.min(tried, axis=0)
        if not np.isfinite(best[-1]):
            break
        answer = _traced(starts, m - 1)
        if best[-1] <= (1 - EXPLAINED) * whole:
            break
    return answer


def _traced(starts: list[np.ndarray], last: int) -> list[int]:
    found, end = [], last
    for table in reversed(starts):
        found.append(int(table[end]))
        end = found[-1] - 1
    return [0, *reversed(found)]


def bin_of(time: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin of each time."""
    return np.clip(np.searchsorted(edges, time, side="right") - 1, 0, len(edges) - 2)
