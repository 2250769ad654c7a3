"""Competing risks: how many have had an event of one cause by a time, and whether groups differ in it.

A subject who dies in remission can no longer relapse. One less Kaplan-Meier of relapse counts him as if he
could, and is too high; cumulative incidence does not.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.proportion import clopper_pearson
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Estimate, two_sided
from livingdrug.response.survival.kaplan_meier import ChiSquare, stages
from livingdrug.response.survival.times import Times, named


@dataclass(frozen=True)
class CompetingTimes:
    """Times to the first event of several causes, shape (n,) each. Raises InputError for times that cannot be
    (`Times`) and for causes that are not numbers of `causes`.

    Attributes
    ----------
    time : ndarray
        0 or above.
    cause : ndarray
        0 where censored, 1 for the first of `causes`, 2 for the next.
    causes : tuple of str
        Names of the causes; `cause` counts them from 1.
    unit : str
        Of the times.
    subjects : tuple of str
        Names of the subjects, in the order of all arrays.
    """

    time: np.ndarray
    cause: np.ndarray
    causes: tuple[str, ...]
    unit: str = ""
    subjects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        cause = np.asarray(self.cause)
        odd = ~np.isin(cause, np.arange(len(self.causes) + 1))
        any_event = Times(self.time, cause > 0, "any event", self.unit, self.subjects)
        object.__setattr__(self, "time", any_event.time)
        object.__setattr__(self, "subjects", any_event.subjects)
        object.__setattr__(self, "cause", cause.astype(int))
        if odd.any():
            raise InputError(
                f"the cause of an event must be 0 (censored) to {len(self.causes)}; it is not for "
                f"{named(self.subjects, odd)}"
            )

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.time)

    def of(self, rows: np.ndarray) -> "CompetingTimes":
        """These subjects alone; rows: (n,) of bool."""
        subjects = tuple(s for s, kept in zip(self.subjects, rows, strict=True) if kept)
        return replace(self, time=self.time[rows], cause=self.cause[rows], subjects=subjects)

    def events_of(self, cause: int) -> Times:
        """Times in which an event of any other cause is censoring: for the cause-specific hazard."""
        return Times(self.time, self.cause == cause, self.causes[cause - 1], self.unit, self.subjects)


@dataclass(frozen=True, repr=False)
class Incidence(Shown):
    """Cumulative incidence of one cause just after each distinct time, shape (k,) each.

    Attributes
    ----------
    time : ndarray
        Distinct times.
    at_risk : ndarray
        Subjects just before.
    events : ndarray
        Of this cause.
    competing : ndarray
        Events of other causes.
    censored : ndarray
        Subjects last seen then.
    incidence : ndarray
        Cumulative incidence of the cause, by Aalen and Johansen.
    error : ndarray
        Its standard error.
    low, high : ndarray
        Interval on the scale of ln(-ln F), nan where F is 0 or 1.
    level : float
        Of the interval.
    """

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    competing: np.ndarray
    censored: np.ndarray
    incidence: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float

    def at(self, time: float) -> Estimate:
        """Incidence at a time, nan after the last subject was seen. Where it is 0 or 1 its interval is the
        exact one of a proportion if nobody was censored before, for then it is one; else it is not determined
        (nan)."""
        if time > self.time[-1]:
            return Estimate(np.nan, np.nan, np.nan, self.level, "log-log")
        k = int(np.searchsorted(self.time, time, side="right")) - 1
        value = float(self.incidence[k]) if k >= 0 else 0.0
        if 0 < value < 1 - 1e-12:
            return Estimate(value, float(self.low[k]), float(self.high[k]), self.level, "log-log")
        if self.censored[self.time < time].any():
            return Estimate(float(value > 0), np.nan, np.nan, self.level, "not determined")
        n = int(self.at_risk[0])
        low, high = clopper_pearson(n if value else 0, n, self.level)
        return Estimate(float(value > 0), low, high, self.level, "Clopper-Pearson")


def cumulative_incidence(times: CompetingTimes, cause: int = 1, level: float = 0.95) -> Incidence:
    """Aalen and Johansen's estimate (Scand J Stat 1978;5:141) of the probability of an event of a cause by
    each time.

    Its variance is that of the delta method (Marubini & Valsecchi 1995, Analysing Survival Data from Clinical
    Trials, 10.3); subjects censored at the time of an event count as seen after it.

    Parameters
    ----------
    times : CompetingTimes
        With causes.
    cause : int, optional
        Its number, from 1.
    level : float, optional
        Of the interval.
    """
    time, of_cause, others, gone, at_risk = _counts(times, cause)
    every = of_cause + others
    survival = np.cumprod(1 - every / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    incidence = np.cumsum(before * of_cause / at_risk)
    # of an event of everyone it is 0, but for rounding
    error = np.sqrt(np.maximum(_variance(incidence, before, of_cause, others, at_risk), 0.0))
    low, high = np.full(len(time), np.nan), np.full(len(time), np.nan)
    known = (incidence > 0) & (incidence < 1)
    own = incidence[known]
    reach = np.exp(two_sided(level) * error[known] / (own * np.log(own)))
    low[known], high[known] = (
        np.minimum(own**reach, own ** (1 / reach)),
        np.maximum(own**reach, own ** (1 / reach)),
    )
    return Incidence(
        time=time,
        at_risk=at_risk,
        events=of_cause,
        competing=others,
        censored=gone,
        incidence=incidence,
        error=error,
        low=low,
        high=high,
        level=level,
    )


def _counts(times: CompetingTimes, cause: int):
    """Distinct times (k,), events of the cause, of others, censored, and at risk just before."""
    time, place, _, at_risk = stages(times.time)
    kinds = (times.cause == cause, (times.cause > 0) & (times.cause != cause), times.cause == 0)
    of_cause, others, gone = (np.bincount(place, weights=kind, minlength=len(time)) for kind in kinds)
    return time, of_cause, others, gone, at_risk


def _variance(incidence, before, of_cause, others, at_risk) -> np.ndarray:
    """Variance (k,) by the delta method: each time's part by how much the later incidence hangs on it; F
    (1 - F) / n where nobody is censored."""
    every = of_cause + others
    with np.errstate(divide="ignore", invalid="ignore"):
        dying = np.where(at_risk > every, every / (at_risk * (at_risk - every)), 0.0)
    own = before * of_cause / at_risk**2
    later = incidence[:, None] - incidence[None, :]  # F(t) - F(u)
    parts = later**2 * dying + before * own * (at_risk - of_cause) / at_risk - 2 * later * own
    return np.where(np.tri(len(incidence), dtype=bool), parts, 0.0).sum(axis=1)


def gray_test(times: CompetingTimes, group: np.ndarray, cause: int = 1) -> ChiSquare:
    """Whether groups (n,) differ in the cumulative incidence of a cause (Gray, Ann Stat 1988;16:1141, rho =
    0).

    Of one group, without an event of the cause, or where groups were not at risk at one time, the statistic
    is nan.

    Parameters
    ----------
    times : CompetingTimes
        With causes.
    group : ndarray, shape (n,)
        Label of each subject's group.
    cause : int, optional
        Its number, from 1.
    """
    labels = np.unique(group)
    if len(labels) < 2 or not (times.cause == cause).any():
        return ChiSquare(np.nan, max(len(labels) - 1, 1))
    grid = np.unique(times.time[times.cause > 0])
    parts = [_at_risk(times.of(group == label), cause, grid) for label in labels]
    events = np.array([p.events for p in parts])
    every = events.sum(axis=0)
    own = np.array([p.scaled * (1 - p.before) for p in parts])  # at risk in the subdistribution
    score = (events - _portion(own) * every).sum(axis=1)
    # steps of the incidence of all groups
    pooled = _divided(every, np.sum([p.scaled for p in parts], axis=0))
    incidence = np.cumsum(pooled)
    portion = _portion(np.array([p.scaled for p in parts]))
    covariance = np.zeros((len(labels), len(labels)))
    for r, part in enumerate(parts):
        weight = part.scaled * (np.eye(len(labels))[:, [r]] - portion)
        covariance += _part(weight, part, pooled, incidence, every)
    keep = slice(0, len(labels) - 1)
    if np.linalg.matrix_rank(covariance[keep, keep], hermitian=True) < len(labels) - 1:
        return ChiSquare(np.nan, len(labels) - 1)  # nobody of a group was at risk when the cause came
    statistic = score[keep] @ np.linalg.solve(covariance[keep, keep], score[keep])
    return ChiSquare(float(statistic), len(labels) - 1)


@dataclass(frozen=True)
class _AtRisk:
    """Of one group at each time (k,): at risk Y; events of the cause and of others; survival of any event
    just before and just after; Y over the survival before; incidence of the cause before."""

    size: np.ndarray
    events: np.ndarray
    others: np.ndarray
    survival: np.ndarray
    after: np.ndarray
    scaled: np.ndarray
    before: np.ndarray


def _at_risk(times: CompetingTimes, cause: int, grid: np.ndarray) -> _AtRisk:
    size = times.n - np.searchsorted(np.sort(times.time), grid, side="left").astype(float)
    events, others = (
        np.bincount(np.searchsorted(grid, times.time[kind]), minlength=len(grid)).astype(float)
        for kind in (times.cause == cause, (times.cause > 0) & (times.cause != cause))
    )
    after = np.cumprod(1 - _divided(events + others, size))
    survival = np.concatenate([[1.0], after[:-1]])
    incidence = np.cumsum(survival * _divided(events, size))
    before = np.concatenate([[0.0], incidence[:-1]])
    return _AtRisk(size, events, others, survival, after, _divided(size, survival), before)


def _divided(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """The ratio, 0 where the bottom is 0."""
    return np.divide(top, bottom, out=np.zeros(len(bottom)), where=bottom > 0)


def _portion(own: np.ndarray) -> np.ndarray:
    """Each group's part (groups, k) of the total over groups."""
    total = own.sum(axis=0)
    return np.divide(own, total, out=np.zeros_like(own), where=total > 0)


def _part(weight, part: _AtRisk, pooled, incidence, every) -> np.ndarray:
    """One group's part of the covariance of the scores; weight (groups, k): what its subdistribution hazard
    moves each by, over 1 - F; pooled: steps of F under the null hypothesis.

    By the delta method an event of the cause at u moves the scores by [weight + (1 - G/S) later] S / Y and
    one of another cause by -(G/S) later S / Y, with G = 1 - F and later the integral of weight over the
    cumulative hazard after u; ties lower the variance as those of a hypergeometric draw.
    """
    done = (weight * _divided(pooled, 1 - np.concatenate([[0.0], incidence[:-1]]))).cumsum(axis=1)
    later = done[:, [-1]] - done
    left = _divided(1 - incidence, part.after)
    first, second = weight + (1 - left) * later, left * later
    tied = np.where(every > 1, 1 - _divided(every - 1, _divided(every, pooled) * part.survival - 1), 1.0)
    by_cause = tied * part.survival * _divided(pooled, part.size)
    tied = np.where(part.others > 1, 1 - _divided(part.others - 1, part.size - 1), 1.0)
    by_others = tied * _divided(part.survival**2 * part.others, part.size**2)
    return (first * by_cause) @ first.T + (second * by_others) @ second.T
