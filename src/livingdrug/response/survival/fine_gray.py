"""Proportional subdistribution hazards of one cause of an event (Fine & Gray, JASA 1999;94:496), and the
cumulative incidence by a time that follows from them.

Subjects with an event of another cause stay at risk, weighted by the probability of not being censored since.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.curve import Estimate, two_sided
from livingdrug.response.models.likelihood import maximise
from livingdrug.response.sample.covariates import check_columns
from livingdrug.response.survival.competing import CompetingTimes
from livingdrug.response.survival.times import refuse_uninformative


@dataclass(frozen=True)
class SubdistributionFit:
    """Proportional subdistribution hazards.

    Attributes
    ----------
    terms : tuple of str
        Names of the exposure and the covariates, in the order of the coefficients.
    coefficients : ndarray, shape (p,)
        Logarithms of subdistribution hazard ratios.
    covariance : ndarray, shape (p, p)
        With the weights' own uncertainty.
    log_likelihood : float
        At the estimates.
    times : CompetingTimes
        Times to the first event, with its cause.
    cause : int
        Number of the cause, from 1.
    columns : ndarray, shape (n, p)
        Values of the terms, a row for each subject.
    """

    terms: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    times: CompetingTimes
    cause: int
    columns: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the coefficients (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def hazard_ratio(self, term: str, per: float = 1.0, level: float = 0.95) -> Estimate:
        """What `per` more of a term multiplies the subdistribution hazard by, with Wald's interval on the
        log scale."""
        i = self.terms.index(term)
        reach, middle = two_sided(level) * abs(per) * self.errors[i], per * self.coefficients[i]
        low, middle, high = np.exp([middle - reach, middle, middle + reach])
        return Estimate(float(middle), float(low), float(high), level, "Wald, robust")


def fit_fine_gray(
    times: CompetingTimes, covariates: Mapping[str, np.ndarray], cause: int = 1
) -> SubdistributionFit:
    """Proportional subdistribution hazards (Fine & Gray, JASA 1999;94:496), ties by Breslow.

    Subjects with an event of another cause stay at risk, weighted by the probability of not being censored
    since.

    Parameters
    ----------
    times : CompetingTimes
        With causes.
    covariates : Mapping[str, ndarray]
        Term -> values (n,).
    cause : int, optional
        Its number, from 1.

    Raises
    ------
    InputError
        For covariates that do not vary or are collinear.
    """
    refuse_uninformative(times.events_of(cause))
    terms = tuple(covariates)
    columns = np.column_stack([np.asarray(v, dtype=float) for v in covariates.values()])
    check_columns(columns, terms)
    mean, size = columns.mean(axis=0), columns.std(axis=0)
    x, event = (columns - mean) / size, np.flatnonzero(times.cause == cause)
    weight = _weights(times, cause, event)

    def objective(beta):
        risk = weight * np.exp(x @ beta)
        total = risk.sum(axis=1)
        middle = risk @ x / total[:, None]
        square = np.einsum("ej,ja,jb->ab", risk / total[:, None], x, x) - middle.T @ middle
        value = float((x[event] @ beta - np.log(total)).sum())
        return value, (x[event] - middle).sum(axis=0), square

    best = maximise(objective, np.zeros(len(terms)))
    risks = _Risks.of(times, cause, x, best.at)
    moved = risks.score() @ np.linalg.inv(best.information) / size
    return SubdistributionFit(terms, best.at / size, moved.T @ moved, best.value, times, cause, columns)


def baseline(fit: SubdistributionFit, at: float) -> tuple[float, np.ndarray]:
    """Cumulative subdistribution hazard by a time.

    Parameters
    ----------
    fit : SubdistributionFit
        Of one cause, from `fit_fine_gray`.
    at : float
        The time by which events are counted, in the unit of the times.

    Returns
    -------
    tuple of float and ndarray, shape (1 + p, 1 + p)
        Its logarithm where covariates are at their means, and the covariance of that and the coefficients,
        from the influence of each subject, the weights' own uncertainty included.

    Raises
    ------
    InputError
        Where nobody has had the event by then.
    """
    times, cause = fit.times, fit.cause
    x = fit.columns - fit.columns.mean(axis=0)
    risks = _Risks.of(times, cause, x, fit.coefficients)
    early = times.time[risks.event] <= at
    if not early.any():
        raise InputError(
            f"nobody has had {times.causes[cause - 1]} by {at:g}, so its probability by then is not "
            "determined"
        )
    steps = np.where(early, 1 / risks.total, 0.0)
    hazard = float(steps.sum())
    by_beta = risks.score() @ np.linalg.inv(risks.information())  # of each subject on the coefficients
    own = -risks.moved.T @ steps - by_beta @ (steps @ risks.middle)
    np.add.at(own, risks.event, steps)
    own += risks.of_weights(np.broadcast_to(steps[:, None], risks.moved.shape))
    influence = np.column_stack([own / hazard, by_beta])
    return float(np.log(hazard)), influence.T @ influence


def _uncensored(times: CompetingTimes) -> np.ndarray:
    """Kaplan-Meier probability (n,) of not being censored before each subject's time."""
    order = np.sort(times.time)
    at = np.unique(times.time[times.cause == 0])
    risk = times.n - np.searchsorted(order, at, side="left")
    gone = np.array([(times.time[times.cause == 0] == t).sum() for t in at])
    steps = np.concatenate([[1.0], np.cumprod(1 - gone / risk)])
    return steps[np.searchsorted(at, times.time, side="left")]


def _weights(times: CompetingTimes, cause: int, event: np.ndarray) -> np.ndarray:
    """Weight of each subject in the risk set of each event of the cause (events, n)."""
    free, when = _uncensored(times), times.time[event]
    other = (times.cause > 0) & (times.cause != cause)
    fading = free[event][:, None] / free[None, :]
    still = times.time[None, :] >= when[:, None]
    return np.where(still, 1.0, np.where(other[None, :], fading, 0.0))


@dataclass(frozen=True)
class _Risks:
    """At coefficients: event (events,): positions of the subjects with the event; x (n, p); total (events,):
    weighted risk at each event; moved (events, n): each subject's part of it; middle (events, p): mean of x
    by that."""

    times: CompetingTimes
    cause: int
    event: np.ndarray
    x: np.ndarray
    total: np.ndarray
    moved: np.ndarray
    middle: np.ndarray

    @classmethod
    def of(cls, times: CompetingTimes, cause: int, x: np.ndarray, beta: np.ndarray) -> "_Risks":
        """Risk sets of the events of a cause."""
        event = np.flatnonzero(times.cause == cause)
        risk = _weights(times, cause, event) * np.exp(x @ beta)
        total = risk.sum(axis=1)
        moved = risk / total[:, None]
        return cls(times, cause, event, x, total, moved, moved @ x)

    def information(self) -> np.ndarray:
        """Minus second derivatives of the log-likelihood (p, p)."""
        return np.einsum("ej,ja,jb->ab", self.moved, self.x, self.x) - self.middle.T @ self.middle

    def score(self) -> np.ndarray:
        """Influence of each subject on the score (n, p), that of the censoring weights included."""
        own = self.moved.T @ self.middle - self.moved.sum(axis=0)[:, None] * self.x
        np.add.at(own, self.event, self.x[self.event] - self.middle)
        off = self.x[None] - self.middle[:, None]
        moved = [self.of_weights(off[:, :, k]) for k in range(self.x.shape[1])]
        return own + np.stack(moved, axis=1)

    def of_weights(self, value: np.ndarray) -> np.ndarray:
        """Influence of each subject (n,), by the probability of not being censored, on a sum over events and
        subjects whose terms are worth `value` (events, n) for each part of the risk."""
        times, when = self.times, self.times.time[self.event]
        other, found = (times.cause > 0) & (times.cause != self.cause), np.zeros(times.n)
        worth = self.moved * value
        for t in np.unique(times.time[times.cause == 0]):
            # those who had another event before, at the events from then on
            tilt = worth[np.ix_(when >= t, other & (times.time < t))].sum()
            at_risk = times.time >= t
            leaving = (times.cause == 0) & (times.time == t)
            share = leaving.astype(float) - at_risk * (leaving.sum() / at_risk.sum())
            found += share * (tilt / at_risk.sum())
        return found
