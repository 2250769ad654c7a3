"""Kaplan-Meier curves, their medians and restricted means, and the tests that compare them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Estimate, two_sided
from livingdrug.response.survival.times import Times, refuse_uninformative

Interval = Literal["log-log", "log"]
HALF = 1e-8  # how near to a half a survival is taken as a half


@dataclass(frozen=True, repr=False)
class SurvivalCurve(Shown):
    """Survival just after each distinct time, shape (k,) each.

    Attributes
    ----------
    time : ndarray
        Distinct times at which somebody had the event or was last seen.
    at_risk : ndarray
        Subjects just before.
    events : ndarray
        Number of events at each time.
    censored : ndarray
        Subjects last seen then.
    survival : ndarray
        Probability of no event up to each time, by Kaplan and Meier.
    hazard_variance : ndarray
        Greenwood's sum, the variance of ln survival.
    low, high : ndarray
        Interval of this level, nan where survival is 1 or 0 and none is known.
    level : float
        Of the interval.
    interval : Interval
        Scale on which the interval is symmetric, such as `log-log`.
    """

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    hazard_variance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    interval: Interval

    @property
    def error(self) -> np.ndarray:
        """Greenwood's standard error of survival; 0 where survival is 0."""
        return np.where(
            self.survival > 0,
            self.survival * np.sqrt(np.where(self.survival > 0, self.hazard_variance, 0)),
            0.0,
        )


@dataclass(frozen=True)
class Survival:
    """Survival at times that were asked for, shape (m,) each; nan after the last subject was seen."""

    time: np.ndarray
    at_risk: np.ndarray
    survival: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray


def kaplan_meier(times: Times, level: float = 0.95, interval: Interval = "log-log") -> SurvivalCurve:
    """Product-limit estimate (Kaplan & Meier, JASA 1958;53:457) with Greenwood's variance.

    Parameters
    ----------
    times : Times
        Censored at the time of an event counts as seen after it.
    level : float
        Of the confidence interval.
    interval : {'log-log', 'log'}
        On the scale of ln(-ln S), which stays inside 0 and 1, or of ln S, cut at 1.

    Returns
    -------
    SurvivalCurve
    """
    if interval not in ("log-log", "log"):
        raise InputError(f"the interval is `{interval}`; it must be log-log or log")
    time, place, leaving, at_risk = stages(times.time)
    events = np.bincount(place, weights=times.event, minlength=len(time))
    if len(times.entry):  # not yet under observation
        at_risk = at_risk - (times.n - np.searchsorted(np.sort(times.entry), time, side="left"))
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
    low, high = _band(survival, variance, two_sided(level), interval)
    return SurvivalCurve(
        time, at_risk, events, leaving - events, survival, variance, low, high, level, interval
    )


def stages(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(distinct times (k,), place of each subject's among them (n,), subjects that leave at each (k,), and
    at risk just before (k,))."""
    time, place = np.unique(times, return_inverse=True)
    leaving = np.bincount(place, minlength=len(time))
    return time, place, leaving, len(times) - np.concatenate([[0], np.cumsum(leaving)[:-1]])


def _band(survival, variance, z: float, interval: Interval):
    known = (survival > 0) & (survival < 1)
    low, high = np.full(survival.shape, np.nan), np.full(survival.shape, np.nan)
    log_survival, error = np.log(survival[known]), np.sqrt(variance[known])
    if interval == "log":
        low[known], high[known] = (
            np.exp(log_survival - z * error),
            np.minimum(1.0, np.exp(log_survival + z * error)),
        )
    else:
        reach = np.exp(z * error / -log_survival)
        low[known], high[known] = np.exp(log_survival * reach), np.exp(log_survival / reach)
    return low, high


def survival_at(curve: SurvivalCurve, at) -> Survival:
    """Survival, error and interval at any times (m,).

    Parameters
    ----------
    curve : SurvivalCurve
        Of survival.
    at
        Times at which it is asked for, in the unit of the data.

    Returns
    -------
    Survival
    """
    at = np.atleast_1d(np.asarray(at, dtype=float))
    step = np.searchsorted(curve.time, at, side="right")
    beyond = (at > curve.time[-1]) & (curve.survival[-1] > 0)

    def read(values, start):
        return np.where(beyond, np.nan, np.concatenate([[start], values])[step])

    columns = (
        read(curve.survival, 1.0),
        read(curve.error, 0.0),
        read(curve.low, np.nan),
        read(curve.high, np.nan),
    )
    return Survival(at, numbers_at_risk(curve, at), *columns)


def numbers_at_risk(curve: SurvivalCurve, at) -> np.ndarray:
    """How many subjects are at risk just before each time (m,).

    Parameters
    ----------
    curve : SurvivalCurve
        Of survival.
    at
        Times at which it is asked for, in the unit of the data.

    Returns
    -------
    ndarray
    """
    return np.append(curve.at_risk, 0)[
        np.searchsorted(curve.time, np.asarray(at, dtype=float), side="left")
    ].astype(int)


def median_time(curve: SurvivalCurve) -> Estimate:
    """The first time at which survival is a half or less, and in the middle of a step at exactly a half.

    The interval is where the band of the curve does the same (Brookmeyer & Crowley, Biometrics 1982;38:29).
    nan where survival stays above a half, an infinite end where the band does.

    Parameters
    ----------
    curve : SurvivalCurve
        Of survival.

    Returns
    -------
    Estimate
    """
    low, high = _half_time(curve.time, curve.low), _half_time(curve.time, curve.high)
    value = _half_time(curve.time, curve.survival)
    high = np.inf if np.isnan(high) else high
    return Estimate(value, low, high, curve.level, f"band of the curve ({curve.interval})")


def _half_time(time: np.ndarray, height: np.ndarray) -> float:
    reached = np.flatnonzero(height < 0.5 + HALF)
    if not len(reached):
        return np.nan
    first = reached[0]
    below = np.flatnonzero(height < height[first] - HALF)
    if abs(height[first] - 0.5) < HALF and len(below):
        return float((time[first] + time[below[0]]) / 2)
    return float(time[first])


def restricted_mean(curve: SurvivalCurve, until: float) -> tuple[float, float]:
    """(mean time spent without the event up to `until`, its standard error): the area under the curve.

    Variance: sum of A(t)^2 d / (n (n - d)) over event times, A(t) the area from t to `until` (Klein &
    Moeschberger, Survival Analysis, 2nd ed., 4.5). After the last subject was seen the curve is carried on at
    its last height.

    Parameters
    ----------
    curve : SurvivalCurve
        Of survival.
    until : float
        End of the time over which the mean is taken, in the unit of the data.

    Returns
    -------
    tuple[float, float]
    """
    if not (np.isfinite(until) and until > 0):
        raise InputError(f"the mean is restricted to {until:g}; it must be a time above 0")
    inside = curve.time < until
    ends = np.concatenate([[0.0], curve.time[inside], [until]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    pieces = np.diff(ends) * heights
    rest = np.cumsum(pieces[::-1])[::-1][1:]
    events, at_risk = curve.events[inside], curve.at_risk[inside]
    left = at_risk - events
    increments = np.divide(events, at_risk * left, out=np.zeros(len(left)), where=left > 0)
    return float(pieces.sum()), float(np.sqrt(np.sum(rest**2 * increments)))


@dataclass(frozen=True)
class ChiSquare:
    """A chi-square statistic.

    Attributes
    ----------
    statistic : float
        Value of the test statistic.
    df : int
        Degrees of freedom.
    """

    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        """Chance of a statistic this large or larger where there is nothing to see."""
        from scipy.special import chdtrc

        return float(chdtrc(self.df, self.statistic))


@dataclass(frozen=True)
class RankTest(ChiSquare):
    """A comparison of groups; events seen and events expected were all groups alike, shape (groups,)."""

    groups: tuple[str, ...] = ()
    observed: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()


def logrank(times: Times, group, weight: Literal["log-rank", "peto"] = "log-rank") -> RankTest:
    """Do groups differ in their times? Two or more groups. Variance of the hypergeometric distribution at
    each time.

    Parameters
    ----------
    times : Times
        To the event.
    group : (n,)
        Label of each subject's group.
    weight : {'log-rank', 'peto'}, optional
        `log-rank`: every event counts alike (Mantel 1966; Peto & Peto, J R Stat Soc A 1972;135:185); `peto`:
        an event counts by the survival of all subjects just before it, so that early differences count more
        (Harrington & Fleming 1982, rho = 1).

    Returns
    -------
    RankTest

    Raises
    ------
    InputError
        For one group only.
    """
    refuse_uninformative(times)
    if weight == "peto" and not times.plain:
        raise InputError("Peto's weights are for one stratum of times that start at 0; use the log-rank test")
    labels, code = np.unique(np.asarray(group).astype(str), return_inverse=True)
    if len(labels) < 2:
        raise InputError(
            f"all {times.n:,} subjects are in one group (`{labels[0]}`); a comparison needs two or more"
        )
    stop, entry = (times.time, None) if times.plain else times.clock()
    time = np.unique(stop[times.event])
    member = code == np.arange(len(labels))[:, None]
    at_risk = np.array(
        [_at_risk(stop[m], None if entry is None else entry[m], time) for m in member], dtype=float
    )
    deaths = np.array([_count(stop[m & times.event], time) for m in member], dtype=float)
    n, d = at_risk.sum(axis=0), deaths.sum(axis=0)
    counts = (
        np.ones(len(time)) if weight == "log-rank" else np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
    )
    share = at_risk / n
    spread = counts**2 * d * np.divide(n - d, n - 1, out=np.zeros(len(n)), where=n > 1)
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    observed, expected = deaths @ counts, (share * d) @ counts
    # a group that left before the first event says nothing and costs no degree of freedom
    seen = np.flatnonzero(expected > 0)[1:]
    covariance, excess = covariance[np.ix_(seen, seen)], (observed - expected)[seen]
    if not len(seen) or np.linalg.matrix_rank(covariance) < len(seen):
        raise InputError(
            "events occur only while a single group is at risk, so groups cannot be compared; join groups"
        )
    statistic = float(excess @ np.linalg.solve(covariance, excess))
    return RankTest(
        statistic, len(seen), tuple(labels.tolist()), tuple(observed.tolist()), tuple(expected.tolist())
    )


def _at_risk(stop: np.ndarray, entry: np.ndarray | None, at: np.ndarray) -> np.ndarray:
    """How many rows are at risk at each time."""
    left = np.searchsorted(np.sort(stop), at, side="left")
    return (len(stop) if entry is None else np.searchsorted(np.sort(entry), at, side="left")) - left


def _count(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    return np.searchsorted(ordered, at, side="right") - np.searchsorted(ordered, at, side="left")
