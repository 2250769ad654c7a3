"""Accelerated failure times: how covariates stretch or shorten the time to an event, whatever its
distribution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.curve import Estimate, two_sided
from livingdrug.response.models.likelihood import Maximum, maximise
from livingdrug.response.models.monotone import unbounded_times
from livingdrug.response.sample.covariates import check_columns
from livingdrug.response.survival.interval_likelihood import interval_objective, standard, unbounded_intervals
from livingdrug.response.survival.kaplan_meier import ChiSquare
from livingdrug.response.survival.times import Times, named, refuse_uninformative

Distribution = Literal["weibull", "exponential", "loglogistic", "lognormal"]
DISTRIBUTIONS: tuple[Distribution, ...] = ("weibull", "exponential", "loglogistic", "lognormal")
PROPORTIONAL = ("weibull", "exponential")  # whose hazards are proportional too
INTERCEPT = "(Intercept)"


@dataclass(frozen=True)
class FailureTimeFit:
    """ln time = coefficients'(1, x) + scale * error.

    Attributes
    ----------
    times : Times
        To the event.
    terms : tuple of str
        Names, the intercept first.
    distribution : Distribution
        Of the error.
    coefficients : ndarray, shape (p,)
        Of the terms.
    scale : float
        Of the error.
    covariance : ndarray
        Of coefficients and ln scale, shape (p + 1, p + 1), or (p, p) for the exponential, whose scale is 1.
    log_likelihood, null_log_likelihood : float
        Of the times themselves, and with the intercept alone.
    """

    times: Times
    terms: tuple[str, ...]
    distribution: Distribution
    coefficients: np.ndarray
    scale: float
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the coefficients and, where it was estimated, of ln scale."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def likelihood_ratio(self) -> ChiSquare:
        """All covariates against none."""
        return ChiSquare(2 * (self.log_likelihood - self.null_log_likelihood), len(self.terms) - 1)

    def time_ratio(self, term: str, per: float = 1.0, level: float = 0.95) -> Estimate:
        """What `per` more of a term multiplies the time by, with Wald's interval on the log scale."""
        i = self.terms.index(term)
        return _ratio(per * self.coefficients[i], abs(per) * self.errors[i], level, "Wald")

    def hazard_ratio(self, term: str, per: float = 1.0, level: float = 0.95) -> Estimate:
        """What `per` more of a term multiplies the hazard by: exp(-b / scale), delta method on the log scale.

        Raises InputError for the log-logistic and the log-normal, whose hazards are not proportional.
        """
        if self.distribution not in PROPORTIONAL:
            raise InputError(
                f"hazards are not proportional in a {self.distribution} model; ask for the ratio of times"
            )
        i = self.terms.index(term)
        slope = per * self.coefficients[i] / self.scale
        gradient = np.zeros(len(self.covariance))
        gradient[i] = per / self.scale
        gradient[len(self.terms) :] = -slope
        return _ratio(-slope, float(np.sqrt(gradient @ self.covariance @ gradient)), level, "delta")


def _ratio(middle: float, error: float, level: float, method: str) -> Estimate:
    reach = two_sided(level) * error
    low, value, high = np.exp([middle - reach, middle, middle + reach])
    return Estimate(float(value), float(low), float(high), level, method)


def fit_failure_time(
    times: Times, covariates: Mapping[str, np.ndarray], distribution: Distribution
) -> FailureTimeFit:
    """Maximum likelihood with right censoring, or between visits (Kalbfleisch & Prentice, Failure Time Data,
    2nd ed., ch. 3).

    Newton's method in (coefficients / scale, 1 / scale), in which the likelihood is concave (Olsen,
    Econometrica 1978;46:1211; Burridge, J R Stat Soc B 1981;43:41).

    Parameters
    ----------
    times : Times
        To the event.
    covariates : Mapping[str, ndarray]
        Term -> values (n,); none fits the times alone.
    distribution : Distribution
        Of the error.

    Returns
    -------
    FailureTimeFit

    Raises
    ------
    InputError
        For times of 0, covariates that do not vary or are collinear, and an infinite maximum.
    """
    if distribution not in DISTRIBUTIONS:
        raise InputError(
            f"the distribution is `{distribution}`; it must be weibull, exponential, loglogistic or lognormal"
        )
    zero = (times.time <= 0) & (not len(times.upper))
    if zero.any():
        raise InputError(
            f"the time to {times.endpoint} is 0 for {named(times.subjects, zero)}, which has no logarithm; "
            "correct these rows, leave them out, or use --model cox"
        )
    refuse_uninformative(times)
    terms = tuple(covariates)
    columns = np.column_stack([np.ones(times.n), *(np.asarray(v, dtype=float) for v in covariates.values())])
    if terms:
        check_columns(columns[:, 1:], terms)
    null = _maximum(times, columns[:, :1], (INTERCEPT,), distribution)[0].value
    return _natural(times, columns, (INTERCEPT, *terms), distribution, null)


def _natural(
    times: Times, columns: np.ndarray, terms, distribution: Distribution, null: float
) -> FailureTimeFit:
    """From (coefficients / scale, 1 / scale) of centred columns to coefficients and ln scale."""
    best, turn, center = _maximum(times, columns, terms, distribution)
    p = len(terms)
    scaled = distribution != "exponential"
    scale = 1 / best.at[-1] if scaled else 1.0
    coefficients = turn @ best.at[:p] * scale
    jacobian = np.zeros((len(best.at), len(best.at)))
    jacobian[:p, :p] = turn * scale
    if scaled:
        jacobian[:p, -1], jacobian[-1, -1] = -coefficients * scale, -scale
    coefficients[0] += center
    covariance = jacobian @ best.covariance @ jacobian.T
    return FailureTimeFit(
        times, terms, distribution, coefficients, float(scale), covariance, best.value, null
    )


def _maximum(
    times: Times, columns: np.ndarray, terms, distribution: Distribution
) -> tuple[Maximum, np.ndarray, float]:
    """(maximum, matrix that turns its coefficients back to the columns given, mean of ln time)."""
    if len(times.upper):
        return _between_visits(times, columns, terms, distribution)
    logarithm = np.log(times.time)
    center = float(logarithm.mean())
    turn = _turn(columns)
    centred, event = logarithm - center, times.event
    scaled = distribution != "exponential"
    rows = np.column_stack([-columns @ turn, centred]) if scaled else -columns @ turn
    _refuse_unbounded(rows, times, terms, scaled)

    def objective(at):
        if scaled and at[-1] <= 0:
            return -np.inf, np.zeros(len(at)), np.eye(len(at))
        value, slope, bend = _density(rows @ at + (0 if scaled else centred), event, distribution)
        gradient, information = rows.T @ slope, -(rows.T * bend) @ rows
        if scaled:
            value += event.sum() * np.log(at[-1])
            gradient[-1] += event.sum() / at[-1]
            information[-1, -1] += event.sum() / at[-1] ** 2
        return float(value - logarithm[event].sum()), gradient, information

    start = np.zeros(rows.shape[1])
    if scaled:
        start[-1] = 1 / max(centred.std(), 0.1)
    return maximise(objective, start), turn, center


def _between_visits(
    times: Times, columns: np.ndarray, terms, distribution: Distribution
) -> tuple[Maximum, np.ndarray, float]:
    """The same for times that lie between two visits; who had the event at the first one has no last visit
    without."""
    known = np.column_stack([times.time > 0, np.isfinite(times.upper)])
    ends = np.log(np.where(known, np.column_stack([times.time, times.upper]), 1.0))
    seen = np.where(known, ends, np.nan)
    center = float(np.nanmean(seen))
    turn = _turn(columns)
    moved, scaled = -columns @ turn, distribution != "exponential"
    centred = np.where(known, ends - center, 0.0)
    low, high = (np.column_stack([moved, centred[:, j]]) if scaled else moved for j in (0, 1))
    direction = unbounded_intervals(low, high, known, scaled)
    if direction is not None:
        _refuse_direction(direction, terms, scaled)
    within = interval_objective(low, high, known, centred * (not scaled), distribution)

    def objective(at):
        if scaled and at[-1] <= 0:
            return -np.inf, np.zeros(len(at)), np.eye(len(at))
        return within(at)

    start = np.zeros(low.shape[1])
    if scaled:
        start[-1] = 1 / max(float(np.nanstd(seen)), 0.1)
    return maximise(objective, start), turn, center


def _turn(columns: np.ndarray) -> np.ndarray:
    """Matrix that takes coefficients of centred columns of SD 1 back to those of the columns."""
    mean, size = columns.mean(axis=0), columns.std(axis=0)
    mean[0], size[0] = 0.0, 1.0
    turn = np.diag(1 / size)
    turn[0, 1:] = -mean[1:] / size[1:]
    return turn


def _density(z: np.ndarray, event: np.ndarray, distribution: Distribution):
    """(log-likelihood, its first (n,) and second (n,) derivative) of standardised residuals: density or
    survival."""
    from scipy.special import expit

    if distribution == "loglogistic":
        share = expit(z)
        value = np.where(event, z, 0) - (1 + event) * np.logaddexp(0, z)
        return value.sum(), event - (1 + event) * share, -(1 + event) * share * (1 - share)
    if distribution == "lognormal":
        survival, density, _ = standard(z, distribution)
        rate = np.exp(density - survival)  # the hazard of the standard normal
        value = np.where(event, density, survival)
        return value.sum(), np.where(event, -z, -rate), np.where(event, -1.0, -rate * (rate - z))
    with np.errstate(over="ignore"):
        hazard = np.exp(z)
    return (np.where(event, z, 0) - hazard).sum(), event - hazard, -hazard


def _refuse_unbounded(rows: np.ndarray, times: Times, terms, scaled: bool) -> None:
    if scaled and np.ptp(times.time[times.event]) == 0:
        raise InputError(
            f"all {times.event.sum():,} events are at time {times.time[times.event][0]:g}, so their scale "
            "cannot be estimated; use --model km, or times measured more finely"
        )
    direction = unbounded_times(rows, times.event, scaled)
    if direction is not None:
        _refuse_direction(direction, terms, scaled)


def _refuse_direction(direction: np.ndarray, terms, scaled: bool) -> None:
    """Refuse a likelihood that rises for ever."""
    if scaled and direction[-1] > 1e-9:
        raise InputError(
            f"the times of events follow exactly from {', '.join(terms)}, so no scale is left to estimate; "
            "there are too few events for these covariates"
        )
    involved = " and ".join(f"`{t}`" for t, d in zip(terms[1:], direction[1:], strict=False) if abs(d) > 1e-9)
    raise InputError(
        f"{involved} separates subjects with the event from those without, so its ratio of times is "
        "infinite; leave it out or join its levels, and compare groups by Kaplan-Meier and log-rank "
        "(--model km)"
    )
