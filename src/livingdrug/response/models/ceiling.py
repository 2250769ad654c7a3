"""Binary outcomes whose chance levels off below 1: P = Emax E^b/(EC50^b + E^b), with b free (hill) or 1
(emax)."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.binary_result import BinaryFit, constant, deviance_of
from livingdrug.response.models.curve import Curve, Scale
from livingdrug.response.models.likelihood import (
    Maximum,
    Objective,
    constrained,
    maximise,
    orthogonal,
    profile_interval,
)
from livingdrug.response.sample.sample import Sample, standardised

STARTS = (0.35, 0.5, 0.7, 0.85, 0.95)
TERM = "logit Emax"
GAIN = 0.01  # log-likelihood over that of Emax = 1 below which Emax is not determined


def fit_ceiling(sample: Sample, model: str, scale: Scale, level: float, columns, terms) -> BinaryFit:
    """Maximum likelihood by Fisher scoring from several ceilings; the slope of `emax` is held at 1, without
    error.

    Raises InputError where Emax is not determined.
    """
    if scale != "log":
        raise InputError(
            f"`{model}` is a curve on log exposure; leave out --scale linear, or use --model logistic"
        )
    z, turn = standardised(columns)
    lift = np.eye(len(terms) + 1)
    lift[:-1, :-1] = turn
    origin, basis = _held(model, lift)
    objective = constrained(_objective(z, sample.outcome, sample.trials), origin, basis)
    best = _best(objective, basis, origin, sample, model)
    linear, shift = lift @ basis, lift @ origin
    estimates, covariance = shift + linear @ best.at, linear @ best.covariance @ linear.T
    intervals = np.array(
        [
            np.array(profile_interval(objective, best, row, level)) + move
            if np.abs(row).max() > 1e-12
            else (value, value)
            for row, move, value in zip(linear, shift, estimates, strict=True)
        ]
    )
    curve = _curve(sample, model, columns, estimates, covariance)
    deviance = deviance_of(columns @ estimates[:-1], sample, curve.ceiling)
    return BinaryFit(
        sample,
        model,
        scale,
        (*terms, TERM),
        estimates,
        covariance,
        intervals,
        best.value + constant(sample),
        None,
        deviance,
        None,
        curve,
        level,
    )


def _held(model: str, lift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(origin, basis) of the parameters: all free, or the slope on ln E at 1."""
    if model == "hill":
        return np.zeros(len(lift)), np.eye(len(lift))
    return lift[1] / (lift[1] @ lift[1]), orthogonal(lift[1])


def _objective(columns: np.ndarray, events: np.ndarray, trials: np.ndarray) -> Objective:
    """Log-likelihood of coefficients and, last, the logit of the ceiling; information as expected."""
    from scipy.special import expit, xlog1py, xlogy

    def value(b):
        u, c = expit(columns @ b[:-1]), expit(b[-1])
        p = c * u
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.column_stack([columns * (c * u * (1 - u))[:, None], u * c * (1 - c)])
            likelihood = float((xlogy(events, p) + xlog1py(trials - events, -p)).sum())
            weight = np.where(p * (1 - p) > 0, trials / (p * (1 - p)), 0.0)
            pull = np.where(p * (1 - p) > 0, (events - trials * p) / (p * (1 - p)), 0.0)
        return likelihood, slopes.T @ pull, slopes.T @ (slopes * weight[:, None])

    return value


def _best(objective: Objective, basis, origin, sample: Sample, model: str) -> Maximum:
    """The best of the maxima from several ceilings, if it lies clearly below a ceiling of 1 and its
    information is sound."""
    from scipy.special import expit, logit

    found = []
    rate = sample.outcome.sum() / sample.trials.sum()
    for ceiling in (rate + (1 - rate) * s for s in STARTS):
        start = np.zeros(len(origin))
        start[0], start[1], start[-1] = logit(rate / ceiling), 1.0, logit(ceiling)
        try:
            found.append(maximise(objective, basis.T @ (start - origin)))
        except InputError:
            continue
    good = [m for m in found if np.isfinite(m.value) and np.linalg.cond(m.information) < 1e10]
    best = max(good, key=lambda m: m.value, default=None)
    if best is not None:
        at = origin + basis @ best.at
        one = _without_ceiling(objective, basis, origin, at)
        if expit(at[-1]) < 0.999 and best.value - one > GAIN:
            return best
    raise InputError(
        f"the data do not determine an Emax below 1 for `{sample.endpoint}`: the probability does not level "
        f"off within these {int(sample.trials.sum())} subjects, so `{model}` has no answer; use --model "
        "logistic, whose Emax is 1"
    )


def _without_ceiling(objective: Objective, basis, origin, at) -> float:
    """The largest log-likelihood with a ceiling of 1 (logit 30)."""
    pick = basis[-1]
    inner = orthogonal(pick)
    base = pick * (30.0 - origin[-1]) / (pick @ pick)
    try:
        return maximise(constrained(objective, base, inner), inner.T @ (basis.T @ (at - origin))).value
    except InputError:
        return -np.inf


def _curve(sample: Sample, model: str, columns, estimates, covariance) -> Curve:
    """The curve with covariates at their means."""
    from scipy.special import expit

    turn = np.zeros((3, len(estimates)))
    turn[0, 0] = turn[1, 1] = turn[2, -1] = 1.0
    turn[0, 2:-1] = columns[:, 2:].mean(axis=0)
    a, b, c = turn @ estimates
    return Curve(
        sample.endpoint,
        float(a),
        float(b),
        turn @ covariance @ turn.T,
        "log",
        f"{model} fit of {sample.endpoint} on {sample.exposure_name}",
        "fitted",
        ceiling=float(expit(c)),
        exposure=sample.exposure_name,
        unit=sample.exposure_unit,
    )
