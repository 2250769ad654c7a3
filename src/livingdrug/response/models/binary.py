"""Yes-or-no outcomes: logistic regression by maximum likelihood or with Firth's penalty."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.response.models.binary_result import BinaryFit, constant, deviance_of, log_likelihood_of
from livingdrug.response.models.ceiling import fit_ceiling
from livingdrug.response.models.curve import Curve, Estimate, Scale, axis, axis_at
from livingdrug.response.models.likelihood import (
    Maximum,
    Objective,
    constrained,
    crossings,
    likelihood_ratio_p,
    maximise,
    orthogonal,
    profile_interval,
)
from livingdrug.response.models.permutation import Permutation, permuted
from livingdrug.response.models.separation import binary_rows, is_complete, separating
from livingdrug.response.sample.sample import Sample, design, standardised

MODELS = ("logistic", "firth", "emax", "hill")
FEWEST = 4  # subjects beyond the number of parameters, below which nothing is fitted


def fit_binary(
    sample: Sample, model: str = "logistic", scale: Scale = "log", level: float = 0.95
) -> BinaryFit:
    """Fit the chance of an event.

    logistic: logit P = a + b x + covariates, maximum likelihood. firth: the same with Firth's penalty 0.5 ln
    |information| (Biometrika 80:27, 1993), which is finite under separation; intervals by penalised profile
    likelihood (Heinze & Schemper, Stat Med 21:2409, 2002). emax: P = Emax E/(EC50 + E). hill: P = Emax
    E^b/(EC50^b + E^b), Emax below 1.

    Raises InputError for an outcome that does not vary, separation under `logistic`, collinear columns,
    exposures without logarithm, too few subjects, and an Emax that the data do not determine."""
    if model not in MODELS:
        raise InputError(unknown("model for a binary outcome", model, MODELS))
    _check_outcome(sample)
    columns, terms = design(sample, scale)
    _check_size(sample, len(terms) + (model in ("emax", "hill")), model)
    if model in ("emax", "hill"):
        return fit_ceiling(sample, model, scale, level, columns, terms)
    objective, best, turn = maximum(sample, model, columns, terms)
    directions = turn.T  # row j of M: coefficient j in those of the standardised columns
    intervals = np.array(
        [profile_interval(objective, best, directions[:, j], level) for j in range(len(terms))]
    )
    estimates, covariance = turn @ best.at, turn @ best.covariance @ turn.T
    eta = columns @ estimates
    penalised = best.value + constant(sample) if model == "firth" else None
    p_value = likelihood_ratio_p(objective, best, directions[:, 1])
    curve = _curve(sample, scale, columns, estimates, covariance, model)
    notes = _separated(sample, columns, terms, model)
    return BinaryFit(
        sample,
        model,
        scale,
        terms,
        estimates,
        covariance,
        intervals,
        log_likelihood_of(eta, sample),
        penalised,
        deviance_of(eta, sample),
        p_value,
        curve,
        level,
        notes,
        _permutation(sample, columns),
        bool(notes),
    )


def _permutation(sample: Sample, columns: np.ndarray) -> Permutation | None:
    alone = not sample.covariates and (sample.trials == 1).all()
    return permuted(columns[:, 1], sample.outcome) if alone else None


def maximum(
    sample: Sample, model: str, columns, terms: tuple[str, ...]
) -> tuple[Objective, Maximum, np.ndarray]:
    """(objective, its maximum, M) of logistic or firth in coefficients of standardised columns; M takes those
    back.

    Raises InputError for separation under `logistic`.
    """
    if model == "logistic":
        _check_separation(sample, columns, terms)
    z, turn = standardised(columns)
    objective = objective_of(model, z, sample.outcome, sample.trials)
    return objective, maximise(objective, np.zeros(len(terms))), turn


def objective_of(model: str, columns: np.ndarray, events: np.ndarray, trials: np.ndarray) -> Objective:
    """Log-likelihood (without binomial coefficients) of coefficients, with Firth's penalty for the model
    `firth`."""
    from scipy.special import expit, xlogy

    def plain(b):
        p = expit(columns @ b)
        q = expit(-(columns @ b))
        information = columns.T @ (columns * (trials * p * q)[:, None])
        return (
            float((xlogy(events, p) + xlogy(trials - events, q)).sum()),
            columns.T @ (events - trials * p),
            information,
        )

    def penalised(b):
        likelihood, gradient, information = plain(b)
        sign, size = np.linalg.slogdet(information)
        if sign <= 0:
            return -np.inf, gradient, information
        p = expit(columns @ b)
        weight = trials * p * (1 - p)
        leverage = weight * np.einsum("ij,ij->i", columns, np.linalg.solve(information, columns.T).T)
        return likelihood + size / 2, gradient + columns.T @ (leverage * (0.5 - p)), information

    return penalised if model == "firth" else plain


def exposure_at_profile(fit: BinaryFit, wanted: float) -> Estimate:
    """The exposure where P is `wanted`, covariates at their means, with its profile-likelihood interval; ends
    that the data leave open are 0 or infinite. For `logistic` and `firth`."""
    largest, top, best = profile_of_exposure(fit, wanted)
    x = axis_at(fit.curve, wanted)
    held = design(fit.sample, fit.scale)[0][:, 2:].mean(axis=0)
    gradient = -np.array([1.0, x, *held]) / fit.estimates[1]
    error = float(np.sqrt(gradient @ fit.covariance @ gradient))
    low, high = crossings(largest, top, best[1:], x, error, fit.level)
    value = x
    if fit.scale == "log":
        with np.errstate(over="ignore"):  # an end beyond all numbers is infinite
            value, low, high = (float(v) for v in np.exp([x, low, high]))
    return Estimate(value, low, high, fit.level, "profile likelihood")


def chance_at_profile(fit: BinaryFit, exposure: float) -> Estimate:
    """P at an exposure, covariates at their means, with its profile-likelihood interval. For `logistic` and
    `firth`."""
    from scipy.special import expit

    columns, _ = design(fit.sample, fit.scale)
    z, turn = standardised(columns)
    objective = objective_of(fit.model, z, fit.sample.outcome, fit.sample.trials)
    at = np.linalg.solve(turn, fit.estimates)
    best = Maximum(at, objective(at)[0], objective(at)[2])
    c = np.array([1.0, float(axis(exposure, fit.scale)), *columns[:, 2:].mean(axis=0)])
    low, high = profile_interval(objective, best, turn.T @ c, fit.level)
    value, low, high = (float(v) for v in expit([c @ fit.estimates, low, high]))
    return Estimate(value, low, high, fit.level, "profile likelihood")


def profile_of_exposure(fit: BinaryFit, wanted: float):
    """(largest, top, best): `largest(x, start)` is the Maximum over the curves on which P is `wanted` at x,
    covariates at their means, `top` the largest value of all, reached at `best`. For `logistic` and
    `firth`."""
    from scipy.special import logit

    if fit.model not in ("logistic", "firth"):
        raise InputError(
            f"the profile interval of an exposure is for logistic and firth, not for {fit.model}"
        )
    columns, _ = design(fit.sample, fit.scale)
    z, turn = standardised(columns)
    objective = objective_of(fit.model, z, fit.sample.outcome, fit.sample.trials)
    held, target = columns[:, 2:].mean(axis=0), float(logit(wanted))
    best = np.linalg.solve(turn, fit.estimates)

    def largest(at: float, _) -> Maximum:
        c = turn.T @ np.array([1.0, at, *held])
        basis = orthogonal(c)
        return maximise(constrained(objective, c * target / (c @ c), basis), basis.T @ best)

    return largest, objective(best)[0], best


def _curve(sample: Sample, scale: Scale, columns, estimates, covariance, model: str) -> Curve:
    """The curve with covariates at their means: they move the intercept."""
    held = columns[:, 2:].mean(axis=0)
    turn = np.zeros((2, len(estimates)))
    turn[0, 0] = turn[1, 1] = 1.0
    turn[0, 2:] = held
    a, b = turn @ estimates
    source = f"{model} fit of {sample.endpoint} on {sample.exposure_name}"
    return Curve(
        sample.endpoint,
        float(a),
        float(b),
        turn @ covariance @ turn.T,
        scale,
        source,
        "fitted",
        exposure=sample.exposure_name,
        unit=sample.exposure_unit,
    )


def _check_outcome(sample: Sample) -> None:
    """Refuse counts that are none, and an outcome that is the same for everybody."""
    k, n = sample.outcome, sample.trials
    wrong = np.flatnonzero((n < 1) | (n != np.floor(n)) | (k < 0) | (k > n) | (k != np.floor(k)))
    if len(wrong):
        i = wrong[0]
        raise InputError(
            f"`{sample.endpoint}` is {k[i]:g} of {n[i]:g} for {sample.named(wrong)}; events must be whole "
            "numbers from 0 to the number of trials"
        )
    total, events = n.sum(), k.sum()
    if events in (0, total):
        who = "no" if events == 0 else "every"
        raise InputError(
            f"`{sample.endpoint}` does not vary: {who} subject of {total:,.0f} has the event, so there is "
            f"nothing to relate to `{sample.exposure_name}`"
        )


def _check_size(sample: Sample, parameters: int, model: str) -> None:
    total = int(sample.trials.sum())
    if total < FEWEST + parameters:
        raise InputError(
            f"{total} subjects are too few for `{model}` with its {parameters} parameters; "
            f"{FEWEST + parameters} are needed"
        )
    if sample.n < parameters:
        raise InputError(f"{sample.n} groups are too few for `{model}` with {parameters} parameters")


def _check_separation(sample: Sample, columns: np.ndarray, terms: tuple[str, ...]) -> None:
    """Refuse a maximum at infinity."""
    found = _separation(sample, columns, terms)
    if found:
        raise InputError(
            f"{found}, so the best slope is infinite and `logistic` has no answer; use --model firth"
        )


def _separated(sample: Sample, columns: np.ndarray, terms: tuple[str, ...], model: str) -> tuple[str, ...]:
    """What is to be said of coefficients that only the penalty keeps finite."""
    found = _separation(sample, columns, terms) if model == "firth" else ""
    return (
        (
            f"{found}: only Firth's penalty keeps the slope finite, so that there is an effect, whose size "
            "is not estimable",
        )
        if found
        else ()
    )


def _separation(sample: Sample, columns: np.ndarray, terms: tuple[str, ...]) -> str:
    """Which columns part those with from those without, in words; "" where none do."""
    rows = binary_rows(standardised(columns)[0], sample.outcome, sample.trials)
    direction = separating(rows)
    if direction is None:
        return ""
    complete = is_complete(rows)
    parted = [f"`{t}`" for t, d in zip(terms[1:], direction[1:], strict=True) if abs(d) > 1e-7]
    kind = "complete" if complete else "quasi-complete"
    return (
        f"{' and '.join(parted)} {'' if complete else 'nearly '}tells those with `{sample.endpoint}` from "
        f"those without ({kind} separation)"
    )
