"""The terminal slope: which last points, and what they give.

The rule of Phoenix WinNonlin: of the last 3, 4, 5, ... quantifiable points after TMAX, the choice with the
largest adjusted R2; where others come within 0.0001 of it, the one with most points. Only falling choices
count."""

from dataclasses import dataclass

import numpy as np

from livingdrug.nca.blocks import Block, at, first_true, last_true

CLOSE = 1e-4
POINTS = 3


@dataclass(frozen=True)
class Terminal:
    """lamz > 0, count of points, first and last time, r2, r2_adjusted, last_predicted (the fit at TLST):
    shape (n,), nan where absent; points (n, w): which measured cells were fitted; candidates (n,): how many
    there were; chosen (n,): by hand."""

    lamz: np.ndarray
    count: np.ndarray
    first: np.ndarray
    last: np.ndarray
    r2: np.ndarray
    r2_adjusted: np.ndarray
    last_predicted: np.ndarray
    points: np.ndarray
    candidates: np.ndarray
    chosen: np.ndarray

    @property
    def half_life(self) -> np.ndarray:
        """ln 2 / LAMZ."""
        return np.log(2) / self.lamz

    @property
    def span(self) -> np.ndarray:
        """Half-lives between the first and the last point."""
        return (self.last - self.first) / self.half_life


def fit_terminal(block: Block, after: np.ndarray, start: np.ndarray, end: np.ndarray) -> Terminal:
    """after (n,): TMAX; start, end (n,): times of points chosen by hand, nan where the rule chooses."""
    by_hand = np.isfinite(start)
    ruled = block.quantifiable & (block.time > after[:, None])
    hand = block.quantifiable & (block.time >= start[:, None]) & (block.time <= end[:, None])
    usable = np.where(by_hand[:, None], hand, ruled)
    sums = _Sums(block, usable)
    good = usable & (sums.n >= POINTS) & (sums.slope < 0)
    best = np.where(good, sums.r2_adjusted, -np.inf).max(axis=1, keepdims=True)
    close = good & (sums.r2_adjusted >= best - CLOSE)
    # hand-chosen points are all used: the choice that starts at the first of them
    begin = np.where(by_hand, first_true(usable & good), first_true(close))
    width = usable.shape[1]
    found = (begin < width) & (~by_hand | (begin == first_true(usable)))
    column = np.minimum(begin, width - 1)
    points = usable & (np.arange(width) >= begin[:, None]) & found[:, None]

    def pick(array):
        return np.where(found, at(array, column), np.nan)

    lamz = -pick(sums.slope)
    last = np.maximum(last_true(block.quantifiable), 0)
    away = at(block.time, last) - sums.x0[:, 0]
    predicted = np.exp(sums.y0[:, 0] + pick(sums.intercept) + pick(sums.slope) * away)
    return Terminal(
        lamz,
        np.where(found, points.sum(axis=1), np.nan),
        pick(block.time),
        np.where(found, at(block.time, np.maximum(last_true(points), 0)), np.nan),
        pick(sums.r2),
        pick(sums.r2_adjusted),
        predicted,
        points,
        usable.sum(axis=1),
        by_hand & found,
    )


class _Sums:
    """Least squares of ln value on time over every run of usable cells from a column to the end, shape (n, w)
    each."""

    def __init__(self, block: Block, usable: np.ndarray):
        last = np.maximum(last_true(usable), 0)
        # centred on the last point: sums of differences keep their digits
        self.x0 = at(np.nan_to_num(block.time), last)[:, None]
        safe = np.where(usable, block.value, 1.0)
        self.y0 = np.log(at(safe, last))[:, None]
        x = np.where(usable, block.time - self.x0, 0.0)
        y = np.where(usable, np.log(safe) - self.y0, 0.0)
        n = self.n = _from_end(usable.astype(float))
        with np.errstate(divide="ignore", invalid="ignore"):
            sx, sy = _from_end(x), _from_end(y)
            sxx = _from_end(x * x) - sx * sx / n
            sxy = _from_end(x * y) - sx * sy / n
            syy = _from_end(y * y) - sy * sy / n
            self.slope = np.where(n >= 2, sxy / sxx, np.nan)
            self.intercept = (sy - self.slope * sx) / n
            self.r2 = np.clip(sxy * sxy / (sxx * syy), 0.0, 1.0)
            self.r2_adjusted = 1.0 - (1.0 - self.r2) * (n - 1.0) / (n - 2.0)
        flat = ~np.isfinite(self.r2)
        self.slope = np.where(flat, np.nan, self.slope)
        self.r2_adjusted = np.where(flat, -np.inf, self.r2_adjusted)


def _from_end(array: np.ndarray) -> np.ndarray:
    return np.cumsum(array[:, ::-1], axis=1)[:, ::-1]


def slope(time: np.ndarray, value: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Slope of ln value over the marked points of each row, nan with fewer than two."""
    n = points.sum(axis=1)
    origin = at(np.nan_to_num(time), np.maximum(first_true(points) % time.shape[1], 0))[:, None]
    x = np.where(points, time - origin, 0.0)
    y = np.where(points, np.log(np.where(points, value, 1.0)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mx, my = (x.sum(axis=1) / n)[:, None], (y.sum(axis=1) / n)[:, None]
        dx = np.where(points, x - mx, 0.0)
        return (dx * np.where(points, y - my, 0.0)).sum(axis=1) / (dx * dx).sum(axis=1)
