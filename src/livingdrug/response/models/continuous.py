"""Responses on a scale: Emax curves, and three- and four-parameter logistic curves on log exposure, by least
squares."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Estimate, Scale
from livingdrug.response.models.least_squares import FEW, LeastSquares, fit_least_squares, jacobian, profile
from livingdrug.response.sample.sample import Sample

# the value at no exposure comes first, where the model has one; hill and 4pl are R's SSlogis and SSfpl of ln
# E
TERMS = {
    "4pl": ("bottom", "top", "ln EC50", "1/slope"),
    "hill": ("top", "ln EC50", "1/slope"),
    "emax": ("Emax", "EC50"),
    "emax-baseline": ("E0", "Emax", "EC50"),
}
MODELS = ("emax", "emax-baseline", "hill", "4pl")
_BASELINE = "; where the response is not 0 without exposure, use --model emax-baseline"
ADVICE = {
    "emax": _BASELINE,
    "hill": _BASELINE,
    "4pl": "; use --model emax-baseline, which has fewer parameters",
    "emax-baseline": "",
}  # what to try when a model cannot be fitted
HALVES = np.linspace(-2.0, 2.0, 17)  # starting EC50s: from a little below to a little above the exposures
WIDTHS = (0.25, 0.5, 1.0, 2.0)
STARTS = 3
FAR = 1e3  # an EC50 this many times beyond all exposures is none


@dataclass(frozen=True, repr=False)
class ContinuousFit(Shown):
    """The fit of a response on a scale. Covariates are linear terms, centred at their means.

    Attributes
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str
        Name of the curve, such as `emax`.
    scale : Scale
        Of the exposure's axis.
    terms : tuple of str
        Names of the parameters, in the order of the estimates.
    estimates, errors : ndarray, shape (k,)
        nan where the data leave a parameter open.
    intervals : ndarray, shape (k, 2)
        By profile of the sum of squares, infinite at open ends.
    covariance : ndarray, shape (k, k)
        Of the estimates.
    rss : float
        Residual sum of squares.
    sigma : float
        SD of the residuals, in the unit of the response.
    df : int
        Its degrees of freedom.
    log_likelihood : float
        Of normal residuals.
    p_value : float
        Of the curve against a constant, by F.
    explained : float
        Part of the variance.
    level : float
        Of the intervals.
    notes : tuple of str
        For the user.
    """

    sample: Sample
    model: str
    scale: Scale
    terms: tuple[str, ...]
    estimates: np.ndarray
    errors: np.ndarray
    intervals: np.ndarray
    covariance: np.ndarray
    rss: float
    sigma: float
    df: int
    log_likelihood: float
    p_value: float
    explained: float
    level: float
    notes: tuple[str, ...] = ()


def fit_continuous(
    sample: Sample, model: str = "emax", scale: Scale = "log", level: float = 0.95
) -> ContinuousFit:
    """Fit a response on a scale.

    emax: Emax E/(EC50 + E). emax-baseline: E0 + Emax E/(EC50 + E). hill: top/(1 + exp((ln EC50 - ln E)/w)), w
    = 1/slope. 4pl: bottom + (top - bottom)/(1 + exp((ln EC50 - ln E)/w)).

    Parameters
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str, optional
        Its name.
    scale : Scale, optional
        Of the axis in figures; the models have their own.
    level : float, optional
        Of the intervals.

    Returns
    -------
    ContinuousFit

    Raises
    ------
    InputError
        For a response or exposure that does not vary, negative exposures, too few values, and a curve whose
        parameters the data do not determine.
    """
    if model not in MODELS:
        raise InputError(unknown("model for a continuous outcome", model, MODELS))
    terms = (*TERMS[model], *sample.covariates)
    _check(sample, terms, model)
    predicted = _prediction(model, sample)
    try:
        found = _best(predicted, sample, model, len(terms))
        _check_range(sample, model, found)
    except InputError as error:
        raise InputError(
            f"`{model}` cannot be fitted to `{sample.endpoint}`: {error}{ADVICE[model]}"
        ) from None
    intervals = _intervals(predicted, sample, found, terms, model, level)
    is_open = ~np.all(np.isfinite(intervals), axis=1)
    spread = float(((sample.outcome - sample.outcome.mean()) ** 2).sum())
    return ContinuousFit(
        sample,
        model,
        scale,
        terms,
        found.estimates,
        np.where(is_open, np.nan, found.errors),
        intervals,
        found.covariance,
        found.rss,
        found.sigma,
        found.df,
        found.log_likelihood,
        _p_value(spread, found),
        1 - found.rss / spread,
        level,
        _notes(terms, is_open, level),
    )


def _intervals(
    predicted, sample: Sample, found: LeastSquares, terms: tuple[str, ...], model: str, level: float
):
    """Profile interval of each parameter. Raises InputError where the EC50 may be anything, or that of a
    curve of any steepness lie at any of the exposures and beyond them without end: then so may all the
    others. Where such a search ends, and whether it does, is a matter of rounding."""
    middle = terms.index("EC50" if "EC50" in terms else "ln EC50")
    first = profile(predicted, sample.outcome, found, middle, level)
    seen = sample.exposure[sample.exposure > 0]
    anywhere = terms[middle] == "ln EC50" and first[0] <= np.log(seen.min()) and first[1] >= np.log(seen.max())
    if not np.isfinite(first).any() or (anywhere and not np.isfinite(first).all()):
        raise InputError(
            f"`{model}` cannot be fitted to `{sample.endpoint}`: {sample.n} rows do not determine the curve, "
            f"as any EC50 fits them{ADVICE[model]}"
        )
    rest = {j: profile(predicted, sample.outcome, found, j, level) for j in range(len(terms)) if j != middle}
    return np.array([first if j == middle else rest[j] for j in range(len(terms))])


def curve_of(model: str, parameters: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """The curve without covariates; parameters may be complex. No exposure gives the value at the start of
    the curve."""
    if model in ("emax", "emax-baseline"):
        *base, emax, ec50 = parameters
        return (base[0] if base else 0.0) + emax * exposure / (ec50 + exposure)
    *base, top, half, width = parameters
    bottom = base[0] if base else 0.0
    with np.errstate(divide="ignore"):
        z = np.where(exposure > 0, np.log(np.where(exposure > 0, exposure, 1.0)) - half, 0.0) / width
    share = np.where(exposure > 0, (1 + np.tanh(z / 2)) / 2, 0.0)
    return bottom + (top - bottom) * share


def predict(fit: ContinuousFit, exposure) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(response, low, high) at each exposure, covariates at their means: the delta method with the t
    quantile.

    Parameters
    ----------
    fit : ContinuousFit
        Of a response on a scale.
    exposure
        Of any shape.

    Returns
    -------
    tuple[ndarray, ndarray, ndarray]
    """
    from scipy.special import stdtrit

    exposure = np.asarray(exposure, dtype=float)
    k = len(TERMS[fit.model])
    slopes = jacobian(lambda p: curve_of(fit.model, p, exposure), fit.estimates[:k])
    error = np.sqrt(np.einsum("ij,jk,ik->i", slopes, fit.covariance[:k, :k], slopes))
    reach = stdtrit(fit.df, (1 + fit.level) / 2) * error
    value = curve_of(fit.model, fit.estimates[:k], exposure)
    return value, value - reach, value + reach


def exposure_at_share(fit: ContinuousFit, share: float) -> Estimate:
    """The exposure that gives this share of the whole change (0.5: EC50, 0.9: EC90).

    The EC50 has its profile interval; other shares that of the delta method on ln exposure with the t
    quantile.

    Parameters
    ----------
    fit : ContinuousFit
        Of a response on a scale.
    share : float
        Of the whole change, such as 0.5.

    Returns
    -------
    Estimate
    """
    from scipy.special import stdtrit

    if not 0 < share < 1:
        raise InputError(f"the part of the effect is {share:g}; it must be between 0 and 1")
    odds = np.log(share / (1 - share))
    at = TERMS[fit.model].index("EC50" if "EC50" in TERMS[fit.model] else "ln EC50")
    if "EC50" in TERMS[fit.model]:
        value = fit.estimates[at] * np.exp(odds)
        low, high = np.maximum(fit.intervals[at], 0.0) * np.exp(odds)
        return Estimate(float(value), float(low), float(high), fit.level, "profile")
    if share == 0.5:
        low, high = np.exp(fit.intervals[at])
        return Estimate(float(np.exp(fit.estimates[at])), float(low), float(high), fit.level, "profile")
    gradient = np.array([1.0, odds])
    part = fit.covariance[at : at + 2, at : at + 2]
    center = float(gradient @ fit.estimates[at : at + 2])
    reach = stdtrit(fit.df, (1 + fit.level) / 2) * float(np.sqrt(gradient @ part @ gradient))
    if np.isnan(fit.errors[at : at + 2]).any():
        reach = np.inf
    value, low, high = np.exp([center, center - reach, center + reach])
    return Estimate(float(value), float(low), float(high), fit.level, "delta")


def _prediction(model: str, sample: Sample):
    k = len(TERMS[model])
    columns = _centred(sample)
    return lambda p: curve_of(model, p[:k], sample.exposure) + columns @ p[k:]


def _centred(sample: Sample) -> np.ndarray:
    columns = np.column_stack([*sample.covariates.values()]) if sample.covariates else np.empty((sample.n, 0))
    return columns - columns.mean(axis=0) if sample.covariates else columns


def _check(sample: Sample, terms: tuple[str, ...], model: str) -> None:
    if (sample.exposure < 0).any():
        rows = np.flatnonzero(sample.exposure < 0)
        raise InputError(
            f"`{sample.exposure_name}` is negative for {sample.named(rows)}; an exposure is 0 or above"
        )
    for values, name in ((sample.outcome, sample.endpoint), (sample.exposure, sample.exposure_name)):
        if np.ptp(values) == 0:
            raise InputError(f"`{name}` does not vary: it is {values[0]:g} in all {sample.n:,} rows")
    if sample.n < len(terms) + 2:
        needed = len(terms) + 2
        raise InputError(
            f"{sample.n} values are too few for `{model}` with its {len(terms)} parameters; {needed} are "
            "needed"
        )
    levels = len(np.unique(sample.exposure))
    if levels < len(TERMS[model]):
        raise InputError(
            f"{levels} different exposures cannot tell the {len(TERMS[model])} parameters of `{model}`"
        )
    if sample.covariates and np.linalg.matrix_rank(_centred(sample)) < len(sample.covariates):
        raise InputError(
            f"{' and '.join(f'`{c}`' for c in sample.covariates)} are collinear; adjust for fewer columns"
        )


def _best(predicted, sample: Sample, model: str, count: int) -> LeastSquares:
    """The best fit from several starts, whose linear parameters are those of a linear regression."""
    found, errors = [], []
    for start in _starts(sample, model)[:STARTS]:
        try:
            found.append(fit_least_squares(predicted, sample.outcome, start, FEW))
        except InputError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return min(found, key=lambda f: f.rss)


def _starts(sample: Sample, model: str) -> list[np.ndarray]:
    positive = sample.exposure[sample.exposure > 0]
    middle, reach = np.log(positive).mean(), max(np.ptp(np.log(positive)), 1.0) / 2
    shares = []
    for half in middle + reach * HALVES:
        for width in WIDTHS if "1/slope" in TERMS[model] else (1.0,):
            share = curve_of("hill", np.array([1.0, half, width]), sample.exposure)
            columns = [share] if TERMS[model][0] in ("top", "Emax") else [np.ones(sample.n), share]
            columns = np.column_stack([*columns, _centred(sample)])
            linear, *_ = np.linalg.lstsq(columns, sample.outcome, rcond=None)
            rest = sample.outcome - columns @ linear
            shares.append((float(rest @ rest), _whole(model, linear, half, width)))
    return [start for _, start in sorted(shares, key=lambda pair: pair[0])]


def _whole(model: str, linear: np.ndarray, half: float, width: float) -> np.ndarray:
    """All parameters of a model from those that are linear: (base,) change, covariates."""
    if model == "4pl":
        return np.r_[linear[0], linear[0] + linear[1], half, width, linear[2:]]
    if model == "hill":
        return np.r_[linear[0], half, width, linear[1:]]
    k = 1 if model == "emax" else 2
    return np.r_[linear[:k], np.exp(half), linear[k:]]


def _check_range(sample: Sample, model: str, found: LeastSquares) -> None:
    """Refuse an EC50 far from every exposure, which is the curve of another model (a line, a power, a
    constant)."""
    at = TERMS[model].index("EC50" if "EC50" in TERMS[model] else "ln EC50")
    ec50 = found.estimates[at] if "EC50" in TERMS[model] else np.exp(np.clip(found.estimates[at], -700, 700))
    positive = sample.exposure[sample.exposure > 0]
    if not positive.min() / FAR < ec50 < positive.max() * FAR:
        where = "levels off" if ec50 > positive.max() else "starts to rise"
        raise InputError(
            f"the response nowhere {where} within the exposures, so the data do not determine Emax and EC50"
        )


def _p_value(spread: float, found: LeastSquares) -> float:
    """F test of the curve against a constant; approximate, as for every nonlinear model."""
    from scipy.special import fdtrc

    extra = len(found.estimates) - 1
    return (
        float(fdtrc(extra, found.df, max(spread - found.rss, 0.0) / extra / found.sigma**2))
        if found.sigma > 0
        else 0.0
    )


def _notes(terms: tuple[str, ...], is_open: np.ndarray, level: float) -> tuple[str, ...]:
    names = [t for t, gone in zip(terms, is_open, strict=True) if gone]
    if not names:
        return ()
    return (
        f"the data do not determine {', '.join(names)}: the {100 * level:g} % interval has an open end, so "
        "no standard error is given",
    )
