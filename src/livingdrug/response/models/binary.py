"""Yes-or-no outcomes: regression by maximum likelihood (logit, probit, complementary log-log) or with Firth's penalty."""

from collections.abc import Sequence

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
from livingdrug.response.models.links import Link, inverse, linked, logarithms
from livingdrug.response.models.permutation import Permutation, permuted
from livingdrug.response.models.separation import binary_rows, is_complete, separating
from livingdrug.response.sample.sample import Sample, design, standardised

MODELS = ("logistic", "firth", "probit", "cloglog", "emax", "hill")
LINK_OF: dict[str, Link] = {"logistic": "logit", "firth": "logit", "probit": "probit", "cloglog": "cloglog"}
FEWEST = 4  # subjects beyond the number of parameters, below which nothing is fitted


def fit_binary(
    sample: Sample, model: str = "logistic", scale: Scale = "log", level: float = 0.95
) -> BinaryFit:
    """Fit the chance of an event.

    logistic: logit P = a + b x + covariates, maximum likelihood; probit, cloglog: the same with these links.
    firth: the logit with Firth's penalty 0.5 ln |information| (Biometrika 80:27, 1993), which is finite under
    separation; intervals by penalised profile likelihood (Heinze & Schemper, Stat Med 21:2409, 2002). emax: P
    = Emax E/(EC50 + E). hill: P = Emax E^b/(EC50^b + E^b), Emax below 1.

    Parameters
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str, optional
        Its name.
    scale : Scale, optional
        Of the exposure.
    level : float, optional
        Of the intervals.

    Returns
    -------
    BinaryFit

    Raises
    ------
    InputError
        For an outcome that does not vary, separation under anything but `firth`, collinear columns, exposures
        without logarithm, too few subjects, and an Emax that the data do not determine.
    """
    if model not in MODELS:
        raise InputError(unknown("model for a binary outcome", model, MODELS))
    check_outcome(sample)
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
        log_likelihood_of(eta, sample, link=curve.link),
        penalised,
        deviance_of(eta, sample, link=curve.link),
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
    """(objective, its maximum, M) of a model of LINK_OF in coefficients of standardised columns; M takes those
    back.

    Raises InputError for separation under anything but `firth`.
    """
    if model != "firth":
        _check_separation(sample, columns, terms, model)
    z, turn = standardised(columns)
    objective = objective_of(model, z, sample.outcome, sample.trials)
    return objective, maximise(objective, np.zeros(len(terms))), turn


def objective_of(model: str, columns: np.ndarray, events: np.ndarray, trials: np.ndarray) -> Objective:
    """Log-likelihood (without binomial coefficients) of coefficients, its gradient and the observed information, with
    Firth's penalty for the model `firth`."""
    from scipy.special import expit

    link, rest = LINK_OF[model], trials - events

    def plain(b):
        yes, no = logarithms(link, columns @ b)
        value, slope, bend = (
            np.where(events > 0, events * y, 0.0) + np.where(rest > 0, rest * n, 0.0) for y, n in zip(yes, no, strict=True)
        )
        return float(value.sum()), columns.T @ slope, columns.T @ (columns * -bend[:, None])

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


def exposure_at_profile(fit: BinaryFit, wanted: float, held: Sequence[float] | None = None) -> Estimate:
    """The exposure where P is `wanted` (0.5: ED50), with its profile-likelihood interval.

    Parameters
    ----------
    fit : BinaryFit
        Of a model of LINK_OF.
    wanted : float
        Probability (0 to 1) whose exposure is looked for.
    held : sequence of float, optional
        Values of the covariates, in their order; their means by default.

    Returns
    -------
    Estimate
        Ends that the data leave open are 0 or infinite, and both are where the interval of the slope holds 0: no exposure
        is determined then.

    Raises
    ------
    InputError
        For another model, and a probability that is none.
    """
    if fit.model not in LINK_OF:
        raise InputError(f"the profile interval of an exposure is for {', '.join(LINK_OF)}, not for {fit.model}")
    axis_at(fit.curve, wanted)  # refuses what is no probability
    fixed = _means(fit) if held is None else np.asarray(held, dtype=float)
    x = float((linked(fit.curve.link, wanted) - fit.estimates[0] - fixed @ fit.estimates[2:]) / fit.estimates[1])
    low, high, method = -np.inf, np.inf, f"not determined: the {100 * fit.level:g} % interval of the slope holds 0"
    if not fit.intervals[1, 0] <= 0 <= fit.intervals[1, 1]:
        largest, top, best = profile_of_exposure(fit, wanted, fixed)
        gradient = -np.array([1.0, x, *fixed]) / fit.estimates[1]
        error = float(np.sqrt(gradient @ fit.covariance @ gradient))
        low, high = crossings(largest, top, best[1:], x, error, fit.level)
        method = "profile likelihood"
    value = x
    if fit.scale == "log":
        with np.errstate(over="ignore"):  # an end beyond all numbers is infinite
            value, low, high = (float(v) for v in np.exp([x, low, high]))
    return Estimate(value, low, high, fit.level, method)


def _means(fit: BinaryFit) -> np.ndarray:
    """Means of the covariates."""
    return design(fit.sample, fit.scale)[0][:, 2:].mean(axis=0)


def chance_at_profile(fit: BinaryFit, exposure: float) -> Estimate:
    """P at an exposure, covariates at their means, with its profile-likelihood interval. For `logistic` and
    `firth`.

    Parameters
    ----------
    fit : BinaryFit
        Of an event.
    exposure : float
        In the unit of the fit.

    Returns
    -------
    Estimate
    """
    columns, _ = design(fit.sample, fit.scale)
    z, turn = standardised(columns)
    objective = objective_of(fit.model, z, fit.sample.outcome, fit.sample.trials)
    at = np.linalg.solve(turn, fit.estimates)
    best = Maximum(at, objective(at)[0], objective(at)[2])
    c = np.array([1.0, float(axis(exposure, fit.scale)), *columns[:, 2:].mean(axis=0)])
    low, high = profile_interval(objective, best, turn.T @ c, fit.level)
    value, low, high = (float(v) for v in inverse(fit.curve.link, [c @ fit.estimates, low, high]))
    return Estimate(value, low, high, fit.level, "profile likelihood")


def profile_of_exposure(fit: BinaryFit, wanted: float, held: np.ndarray | None = None):
    """(largest, top, best): `largest(x, start)` is the Maximum over the curves on which P is `wanted` at x,
    covariates held (at their means by default), `top` the largest value of all, reached at `best`. For models of
    LINK_OF."""
    columns, _ = design(fit.sample, fit.scale)
    z, turn = standardised(columns)
    objective = objective_of(fit.model, z, fit.sample.outcome, fit.sample.trials)
    fixed, target = _means(fit) if held is None else held, float(linked(fit.curve.link, wanted))
    best = np.linalg.solve(turn, fit.estimates)

    def largest(at: float, _) -> Maximum:
        c = turn.T @ np.array([1.0, at, *fixed])
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
        link=LINK_OF[model],
    )


def check_outcome(sample: Sample) -> None:
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
        who = "none" if events == 0 else "each"
        raise InputError(
            f"`{sample.endpoint}` does not vary: {who} of {total:,.0f} has the event, so there is "
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


def _check_separation(sample: Sample, columns: np.ndarray, terms: tuple[str, ...], model: str) -> None:
    """Refuse a maximum at infinity."""
    found = separation(sample, columns, terms)
    if found:
        raise InputError(
            f"{found}, so the best slope is infinite and `{model}` has no answer; use --model firth"
        )


def _separated(sample: Sample, columns: np.ndarray, terms: tuple[str, ...], model: str) -> tuple[str, ...]:
    """What is to be said of coefficients that only the penalty keeps finite."""
    found = separation(sample, columns, terms) if model == "firth" else ""
    return (
        (
            f"{found}: only Firth's penalty keeps the slope finite, so that there is an effect, whose size "
            "is not estimable",
        )
        if found
        else ()
    )


def separation(sample: Sample, columns: np.ndarray, terms: tuple[str, ...]) -> str:
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
