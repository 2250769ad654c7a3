"""Persistence over subjects: the share still positive, from intervals in which each subject was lost.

Interval-censored Kaplan-Meier: the nonparametric maximum likelihood estimate of Turnbull (1976), J R Stat Soc
B 38:290, by self-consistency. Where every interval is a point it is the Kaplan-Meier estimate."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError

# steps times intervals: after that an estimate over very many different intervals is taken as it is
WORK = 50_000_000
STEPS = 20_000
TOLERANCE = 1e-10


@dataclass(frozen=True)
class PersistenceCurve:
    """The proportion of subjects that is still positive, over time. Between the intervals it is known, within
    them it is not.

    Attributes
    ----------
    n : int
        Number of subjects.
    lost : int
        How many of them are seen to be lost.
    start, end : ndarray, shape (m,)
        Intervals in which the proportion drops; an end may be inf.
    share : ndarray, shape (m,)
        Still positive after each.
    converged : bool
        Whether the last step moved no proportion by more than 1e-10.
    """

    n: int
    lost: int
    start: np.ndarray
    end: np.ndarray
    share: np.ndarray
    converged: bool = True

    @property
    def median(self) -> tuple[float, float]:
        """(after, by): the interval in which the share falls to a half; by is inf where it does not fall that
        far."""
        below = np.flatnonzero(self.share <= 0.5 + 1e-9)
        if not len(below):
            return (float(self.start[-1]) if len(self.start) else np.nan), np.inf
        return float(self.start[below[0]]), float(self.end[below[0]])

    def share_at(self, time: float) -> tuple[float, float]:
        """(lowest, highest) share still positive at a time; equal outside the intervals."""
        ended = self.share[self.end <= time]
        begun = self.share[self.start < time]
        return float(begun[-1]) if len(begun) else 1.0, float(ended[-1]) if len(ended) else 1.0


def persistence_curve(lower: np.ndarray, upper: np.ndarray) -> PersistenceCurve:
    """The proportion that is still positive over time, from times of loss that are known to lie between two
    samples.

    Parameters
    ----------
    lower : ndarray, shape (n,)
        Last time known positive; 0 for never.
    upper : ndarray, shape (n,)
        First time of lasting absence, inf while positive.

    Returns
    -------
    PersistenceCurve

    Raises
    ------
    InputError
        For no subject or an interval that is empty.
    """
    if not len(lower):
        raise InputError("no subject has a sample after the infusion, so there is no persistence to estimate")
    if not ((lower >= 0) & (upper > lower)).all():
        raise InputError("an interval of persistence ends before it starts")
    pairs, weight = np.unique(np.stack([lower, upper], axis=1), axis=0, return_counts=True)
    start, end = _innermost(pairs[:, 0], pairs[:, 1])
    first = np.searchsorted(start, pairs[:, 0], side="left")
    last = np.searchsorted(end, pairs[:, 1], side="right") - 1
    mass, converged = _self_consistent(first, last, weight / weight.sum(), len(start))
    kept = mass > 1e-9
    mass = mass[kept] / mass[kept].sum()
    share = np.clip(1.0 - np.cumsum(mass), 0.0, 1.0)
    return PersistenceCurve(
        len(lower), int(np.isfinite(upper).sum()), start[kept], end[kept], share, converged
    )


def _innermost(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (l, r] from a lower end to the next end, where that is an upper one: only there can mass
    lie."""
    times = np.concatenate([np.unique(upper), np.unique(lower)])
    is_lower = np.concatenate([np.zeros(len(np.unique(upper)), bool), np.ones(len(np.unique(lower)), bool)])
    order = np.lexsort((is_lower, times))
    times, is_lower = times[order], is_lower[order]
    begins = np.flatnonzero(is_lower[:-1] & ~is_lower[1:])
    return times[begins], times[begins + 1]


def _self_consistent(
    first: np.ndarray, last: np.ndarray, weight: np.ndarray, m: int
) -> tuple[np.ndarray, bool]:
    """(mass of each interval, converged): the share of subjects it holds, each spread over the intervals it
    may be in."""
    mass = np.full(m, 1.0 / m)
    for _ in range(int(min(STEPS, max(100, WORK / (m + len(first)))))):
        total = np.r_[0.0, np.cumsum(mass)]
        each = weight / np.maximum(total[last + 1] - total[first], 1e-300)
        spread = np.bincount(first, each, m + 1) - np.bincount(last + 1, each, m + 1)
        new = mass * np.cumsum(spread)[:m]
        if np.abs(np.cumsum(new - mass)).max() < TOLERANCE:
            return new, True
        mass = new
    return mass, False
