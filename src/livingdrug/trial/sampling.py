"""What the trial's assay sees at its visits: error, limit of quantification, dropout; areas and peaks of the
samples."""

import math

import numpy as np

from livingdrug.core.random import uniforms
from livingdrug.engine import compiled, kept, lognormals
from livingdrug.nca import expansion_start


def measured(levels: np.ndarray, visits: np.ndarray, error: float, seed: int, first: int) -> np.ndarray:
    """Levels (n, visits) with the assay's error, ln(y) = ln(f) + error * eps; one stream for each day of
    sampling."""
    if not error or not len(visits):
        return levels
    streams = [f"residual on {day:g}" for day in visits]
    return levels * lognormals(seed, streams, first, len(levels), 1.0, error, math.inf).T


def leaving_times(rate: float, seed: int, first: int, count: int) -> np.ndarray:
    """When each subject leaves the trial, exponential with this rate; inf without dropout. Shape (count,)."""
    if not rate:
        return np.full(count, np.inf)
    return -np.log(uniforms(seed, "dropout", first, count)) / rate


def sampled_exposures(
    levels: np.ndarray,
    visits: np.ndarray,
    limit: float,
    window: tuple[float, float],
    came: np.ndarray,
    since: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(area, peak) within the window of the samples of each subject, shape (n,), by the rules of `nca` with
    its defaults.

    came (n,): how many of the visits a subject came to; since (n,): from which visit on a peak counts.
    Linear up, logarithmic down; below the limit: 0 before the first and after the last quantifiable value,
    dropped between; (0, 0) where no sample stands at the infusion. 0 without any quantifiable value in the
    window, nan where a level is nan.
    """
    area, peak = np.empty(len(levels)), np.empty(len(levels))
    edges = (float(edge) for edge in window)
    first = np.zeros(len(levels), dtype=np.int64) if since is None else since.astype(np.int64)
    _exposures(
        np.ascontiguousarray(levels), visits, came.astype(np.int64), float(limit), *edges, first, area, peak
    )
    return area, peak


def after_infusate(
    levels: np.ndarray, visits: np.ndarray, limit: float, came: np.ndarray, day: float
) -> np.ndarray:
    """From which visit on a peak of each subject is that of its expansion, by the rule of XCMAX in `nca`,
    shape (n,).

    day: its length in the unit of the visits.
    """
    there = (np.arange(levels.shape[1]) < came[:, None]) & np.isfinite(levels)
    quantifiable = there & (levels >= limit) & (levels > 0.0)
    there &= np.maximum.accumulate(quantifiable, axis=1)
    lowest = np.where(quantifiable, levels, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    below = np.full_like(levels, limit) if limit > 0 else np.broadcast_to(lowest, levels.shape)
    level = np.where(there, np.where(quantifiable, levels, below), np.nan)
    return expansion_start(level, np.broadcast_to(visits, levels.shape), day)


@compiled
def _segment(t1, t2, c1, c2, low, high):
    """Area from low to high of one segment, logarithmic where it falls to a value above 0."""
    if 0.0 < c2 < c1:
        rate = math.log(c2 / c1) / (t2 - t1)
        a, b = c1 * math.exp(rate * (low - t1)), c1 * math.exp(rate * (high - t1))
        # two ends that round to one value are a straight line
        return (b - a) / rate if b < a else (high - low) * a
    slope = (c2 - c1) / (t2 - t1)
    return (high - low) * (c1 + slope * (0.5 * (low + high) - t1))


@kept
def _exposures(levels, visits, came, limit, start, end, first, area, peak):
    for i in range(len(levels)):
        last = -1
        for j in range(came[i]):
            if levels[i, j] >= limit and levels[i, j] > 0.0:
                last = j
        total, highest, seen = 0.0, 0.0, False
        t1, c1 = 0.0, 0.0
        for j in range(came[i]):
            t2, c2 = visits[j], levels[i, j]
            quantifiable = c2 >= limit and c2 > 0.0
            if quantifiable:
                seen = True
                if start <= t2 <= end and j >= first[i]:
                    highest = max(highest, c2)
            elif math.isnan(c2):
                total, highest = math.nan, math.nan
                break
            elif seen and j < last:
                continue
            else:
                c2 = 0.0
            low, high = max(t1, start), min(t2, end)
            if high > low:
                total += _segment(t1, t2, c1, c2, low, high)
            t1, c1 = t2, c2
        area[i], peak[i] = total, highest


def attended(visits: np.ndarray, leaves: np.ndarray) -> np.ndarray:
    """Number of visits that each subject came to, shape (n,)."""
    return np.searchsorted(visits, leaves, side="right")


def loss(levels: np.ndarray, above: float, came: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(visit, lost) of each subject, shape (n,): lost at the visit after the last one at or above the level,
    or (False) still there at the last visit that it came to; -1 for a subject that came to none or could not
    be computed."""
    there = np.arange(levels.shape[1]) < came[:, None]
    positive = there & (levels >= above)
    last = np.where(positive.any(axis=1), levels.shape[1] - 1 - np.argmax(positive[:, ::-1], axis=1), -1)
    lost = last < came - 1
    visit = np.where(lost, last + 1, came - 1)
    return np.where(np.isnan(levels).any(axis=1), -1, visit), lost
