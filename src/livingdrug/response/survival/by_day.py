"""The probability of an event by a stated time as a function of exposure, of a fit of times: a curve like
that of a yes-or-no outcome.

A log-logistic time gives a logit, a log-normal time a probit, a Weibull or exponential time and Cox's hazards
a complementary log-log: P = F(a + b x) with a from the baseline at that time and b from the effect of
exposure. With competing risks the subdistribution hazard of each cause does the same for its cumulative
incidence.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.curve import Curve, probability
from livingdrug.response.models.links import OPPOSITE, Link
from livingdrug.response.survival.causes import CompetingFit
from livingdrug.response.survival.cox import CoxFit
from livingdrug.response.survival.failure_time import Distribution, FailureTimeFit
from livingdrug.response.survival.fine_gray import SubdistributionFit, baseline
from livingdrug.response.survival.groups import CHANGES, TimeFit
from livingdrug.response.survival.risk_sets import moments, risk_sets
from livingdrug.response.survival.visits import VisitsFit

LINK_OF: dict[Distribution, Link] = {
    "loglogistic": "logit", "lognormal": "probit", "weibull": "cloglog", "exponential": "cloglog",
}  # fmt: skip


def curves_by(fit: TimeFit | VisitsFit, at: float, event: str, free: str) -> tuple[Curve, Curve]:
    """The curves of the event by a time and of none by then.

    Parameters
    ----------
    fit : TimeFit or VisitsFit
        With a regression.
    at : float
        The time, in the unit of the times.
    event, free : str
        Names of the two curves.

    Returns
    -------
    tuple of Curve
        Covariates at their means, with the covariance of intercept and slope; (event, free).

    Raises
    ------
    InputError
        For `km`, which has no effect of exposure; start-stop rows, strata and clusters, in which there is no
        one baseline with known errors; a time after the last observation, and before the first event.
    """
    times, regression = fit.times, fit.regression
    if regression is None:
        raise InputError(
            "Kaplan-Meier curves give no probability as a function of exposure; use --model cox, or a "
            "distribution of times such as weibull"
        )
    clusters = isinstance(regression, CoxFit) and regression.clusters
    if not times.plain or clusters:
        raise InputError(
            "a probability by a day needs one baseline hazard and exposures that do not change: leave out "
            "--start, --strata, --robust and --cluster"
        )
    seen = np.where(np.isfinite(times.upper), times.upper, times.time) if len(times.upper) else times.time
    _check_time(at, float(seen.max()), times.endpoint)
    held = {term: float(np.mean(values)) for term, values in fit.sample.covariates.items()}
    if isinstance(regression, CoxFit):
        link, (a, b), covariance = "cloglog", *_of_cox(regression, fit.exposure, at)
    else:
        link = LINK_OF[regression.distribution]
        (a, b), covariance = _of_times(regression, fit.exposure, held, at)
    source = f"{fit.model} fit of {times.endpoint} on {fit.sample.exposure_name}"
    curve = Curve(event, a, b, covariance, fit.scale, source, "fitted", exposure=fit.sample.exposure_name,
                  unit=fit.sample.exposure_unit, link=link)  # fmt: skip
    return curve, replace(curve, name=free, intercept=-a, slope=-b, link=OPPOSITE[link])


def incidences_by(
    fit: CompetingFit, at: float, name: Callable[[str], str]
) -> tuple[tuple[Curve, ...], tuple[str, ...]]:
    """The cumulative incidence of each cause by a time as a curve of exposure.

    Parameters
    ----------
    fit : CompetingFit
        Of subdistribution hazards (`fine-gray`).
    at : float
        The time, in the unit of the times.
    name : callable
        Name of a curve from that of its cause.

    Returns
    -------
    tuple of (tuple of Curve, tuple of str)
        Covariates at their means, with the covariance of intercept and slope from the influence of each
        subject; a sentence for each cause whose incidence by then is not determined.

    Raises
    ------
    InputError
        For `cause-specific`, by which an incidence depends on the hazards of all causes and is no such curve;
        a time after the last observation, and before the first event of the first cause.
    """
    if fit.model != "fine-gray":
        raise InputError(
            "an incidence by a day depends on the cause-specific hazards of all causes, and is no curve in "
            "one exposure term; use --model fine-gray"
        )
    times = fit.times
    _check_time(at, float(times.time.max()), times.causes[0])
    curves, missing = [], []
    for cause, regression in zip(times.causes, fit.regressions, strict=True):
        try:
            if not isinstance(regression, SubdistributionFit):
                raise InputError("there is no regression of it")
            link, (a, b), covariance = "cloglog", *_of_incidence(regression, fit.exposure, at)
        except InputError as error:
            if cause == times.causes[0]:
                raise
            missing.append(f"the incidence of {cause} by then is not determined: {error}")
            continue
        source = f"{fit.model} fit of {cause} on {fit.sample.exposure_name}"
        curves.append(Curve(name(cause), a, b, covariance, fit.scale, source, "fitted", link=link,
                            exposure=fit.sample.exposure_name, unit=fit.sample.exposure_unit))  # fmt: skip
    return tuple(curves), tuple(missing)


def _check_time(at: float, last: float, event: str) -> None:
    """Refuse a time that is none of the observations'."""
    if not at > 0:
        raise InputError(f"the time of a probability is {at:g}; it must lie after 0")
    if at > last:
        raise InputError(
            f"the probability of {event} by {at:g} lies beyond the observations, which end at {last:g}"
        )


def _of_incidence(fit: SubdistributionFit, exposure: str, at: float):
    """((a, b), their covariance) of F = 1 - exp(-H(t) exp(b x)), other covariates at their means."""
    log_hazard, joint = baseline(fit, at)
    i, b = fit.terms.index(exposure), float(fit.coefficients[fit.terms.index(exposure)])
    mean = float(fit.columns[:, i].mean())
    turn = np.zeros((2, len(joint)))
    turn[0, 0], turn[0, 1 + i], turn[1, 1 + i] = 1.0, -mean, 1.0
    return (log_hazard - b * mean, b), turn @ joint @ turn.T


def together(fit: CompetingFit, curves: tuple[Curve, ...]) -> str:
    """A caution where the incidences of all causes add up to more than 1 at an exposure that was observed:
    each is a regression of its own.

    Parameters
    ----------
    fit : CompetingFit
        Whose exposures were observed.
    curves : tuple of Curve
        Incidence of each cause by one time, see `incidences_by`.

    Returns
    -------
    str
        Empty where they do not.
    """
    most = np.sum([probability(curve, fit.sample.exposure) for curve in curves], axis=0).max()
    if most <= 1:
        return ""
    return (
        f"the incidences of all causes add up to {most:.0%} at an observed exposure: they do not hold "
        "together there"
    )


def doubts_of(fit: TimeFit | VisitsFit) -> tuple[str, ...]:
    """Why a probability by a time should not be taken from this fit, a sentence each.

    Parameters
    ----------
    fit : TimeFit or VisitsFit
        Of a time to an event.

    Returns
    -------
    tuple of str
    """
    found = fit.proportionality.get(fit.exposure) if isinstance(fit, TimeFit) else None
    if found is None or not found.p_value < CHANGES:
        return ()
    return (
        f"the effect of {fit.exposure} changes with time (test of proportional hazards, p = "
        f"{found.p_value:.2g}), and a probability by one time needs it to be the same",
    )


def _of_times(fit: FailureTimeFit, exposure: str, held: dict[str, float], at: float):
    """((a, b), their covariance) of ln time = mu(x) + scale * error: eta = (ln t - mu(x)) / scale."""
    p, i = len(fit.terms), fit.terms.index(exposure)
    values = np.array([1.0, *(held.get(term, 0.0) for term in fit.terms[1:])])  # exposure itself is left out
    a = float((math.log(at) - values @ fit.coefficients) / fit.scale)
    b = float(-fit.coefficients[i] / fit.scale)
    turn = np.zeros((2, len(fit.covariance)))
    turn[0, :p], turn[1, i] = -values / fit.scale, -1 / fit.scale
    turn[:, p:] = -np.array([[a], [b]])  # by ln scale
    return (a, b), turn @ fit.covariance @ turn.T


def _of_cox(fit: CoxFit, exposure: str, at: float):
    """((a, b), their covariance) of P = 1 - exp(-H(t) exp(b x)), a = ln H(t) at x = 0 and the means of the
    others.

    H is the cumulative hazard of Efron (Breslow for his ties); its error is that of its steps and of the
    coefficients (Tsiatis, Ann Stat 1981;9:93)."""
    mean, i = fit.columns.mean(axis=0), fit.terms.index(exposure)
    sets = risk_sets(fit.times, fit.columns - mean, fit.ties)
    m = moments(sets, fit.coefficients)
    early = sets.when <= at
    if not early.any():
        raise InputError(
            f"nobody has had {fit.times.endpoint} by {at:g}, so its probability by then is not determined"
        )
    steps = np.exp(-m.log_sum[early])
    hazard = float(steps.sum())
    moves = -(steps @ m.mean[early]) / hazard  # d ln H / d coefficients
    joint = np.zeros((2, 2))  # of ln H at the means, and of b
    joint[0, 0] = (steps**2).sum() / hazard**2 + moves @ fit.covariance @ moves
    joint[0, 1] = joint[1, 0] = fit.covariance[i] @ moves
    joint[1, 1] = fit.covariance[i, i]
    turn = np.array([[1.0, -mean[i]], [0.0, 1.0]])
    b = float(fit.coefficients[i])
    return (math.log(hazard) - b * float(mean[i]), b), turn @ joint @ turn.T
