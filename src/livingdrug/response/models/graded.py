"""Grades (CRS, ICANS): proportional odds, P(grade >= g) = 1/(1 + exp(-(a_g + b x))), one slope for all
grades."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.response.models.binary import FEWEST, maximum
from livingdrug.response.models.curve import Curve, Estimate, Scale, axis_at, probability
from livingdrug.response.models.likelihood import (
    Maximum,
    constrained,
    crossings,
    likelihood_ratio_p,
    maximise,
    orthogonal,
    profile_interval,
)
from livingdrug.response.models.odds import odds_objective
from livingdrug.response.models.permutation import Permutation, grade_scores, permuted
from livingdrug.response.models.separation import ordered_rows, separating
from livingdrug.response.sample.sample import Sample, design, standardised

MODELS = ("ordinal",)
HIGHEST = 5


@dataclass(frozen=True)
class ProportionalOdds:
    """Brant's test (Biometrics 46:1171, 1990) that one slope serves all cuts: p_value, None where some cut
    cannot be fitted alone; slopes: of the separate logistic fits, grade -> slope; why: what kept it from
    being tested."""

    p_value: float | None
    slopes: dict[int, float]
    why: str = ""


@dataclass(frozen=True, repr=False)
class GradedFit(Shown):
    """The fit of grades.

    Attributes
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    model : str
        Name of the model, such as `ordinal`.
    scale : Scale
        On which the exposure enters: `linear` or `log`.
    terms : tuple of str
        `>= grade` of each grade above the lowest that occurs, then the exposure and covariates; estimates
        (k,) on the logit scale, covariance (k, k), intervals (k, 2); p_value of the exposure by likelihood
        ratio.
    estimates : ndarray, shape (k,)
        On the logit scale.
    covariance : ndarray, shape (k, k)
        Of the estimates.
    intervals : ndarray, shape (k, 2)
        Of the estimates.
    log_likelihood : float
        At the estimates.
    p_value : float
        Of the exposure by likelihood ratio.
    grades : tuple of int
        Those that occur.
    curves : tuple of Curve
        P(grade >= g) for each cut, covariates at their means.
    proportional : ProportionalOdds
        Whether one slope serves all of them.
    level : float
        Of the intervals.
    notes : tuple of str
        For the user.
    permutation : Permutation or None
        The test of the exposure for few subjects, None for many and beside covariates.
    """

    sample: Sample
    model: str
    scale: Scale
    terms: tuple[str, ...]
    estimates: np.ndarray
    covariance: np.ndarray
    intervals: np.ndarray
    log_likelihood: float
    p_value: float
    grades: tuple[int, ...]
    curves: tuple[Curve, ...]
    proportional: ProportionalOdds
    level: float
    notes: tuple[str, ...] = ()
    permutation: Permutation | None = None

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the estimates."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def slope(self) -> int:
        """Position of the exposure among the terms."""
        return len(self.grades) - 1

    @cached_property
    def halves(self) -> dict[int, Estimate]:
        """Half exposures by cut, as `half_exposure` found them: their intervals are dear with many subjects."""
        return {}


def fit_graded(
    sample: Sample, model: str = "ordinal", scale: Scale = "log", level: float = 0.95
) -> GradedFit:
    """Fit grades 0 to 5 by maximum likelihood (McCullagh, J R Stat Soc B 42:109, 1980); a grade that does not
    occur has no intercept.

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
    GradedFit

    Raises
    ------
    InputError
        For cells that are no grade, a single grade, separation, collinear columns, and too few subjects.
    """
    if model not in MODELS:
        raise InputError(unknown("model for a graded outcome", model, MODELS))
    grades, rank = _grades(sample)
    columns, terms = design(sample, scale)
    cuts = len(grades) - 1
    needed = FEWEST + cuts + len(terms) - 1
    if sample.n < needed:
        raise InputError(f"{sample.n} subjects are too few for {cuts + 1} grades; {needed} are needed")
    z, turn = standardised(columns)
    _check_separation(sample, z[:, 1:], rank, cuts + 1, terms[1:])
    lift = _lift(turn, cuts)
    objective = odds_objective(z[:, 1:], rank, cuts)
    best = maximise(objective, np.r_[_start(rank, cuts), np.zeros(len(terms) - 1)])
    estimates, covariance = lift @ best.at, lift @ best.covariance @ lift.T
    intervals = np.array([profile_interval(objective, best, row, level) for row in lift])
    names = (*(f">= {g}" for g in grades[1:]), *terms[1:])
    return GradedFit(
        sample,
        model,
        scale,
        names,
        estimates,
        covariance,
        intervals,
        best.value,
        likelihood_ratio_p(objective, best, lift[cuts]),
        grades,
        _curves(sample, scale, columns, estimates, covariance, grades),
        brant(sample, scale),
        level,
        _notes(sample, grades),
        None if sample.covariates else permuted(columns[:, 1], grade_scores(rank)),
    )


def half_exposure(fit: GradedFit, cut: int) -> Estimate:
    """The exposure with an even chance of the grade of a cut or above, covariates at their means, with its
    profile-likelihood interval; ends that the data leave open are 0 or infinite.

    Parameters
    ----------
    fit : GradedFit
        Of grades.
    cut : int
        Position among the grades above the lowest.

    Returns
    -------
    Estimate
    """
    if cut not in fit.halves:
        fit.halves[cut] = _half_exposure(fit, cut)
    return fit.halves[cut]


def _half_exposure(fit: GradedFit, cut: int) -> Estimate:
    curve = fit.curves[cut]
    if curve.slope == 0:
        return Estimate(np.nan, np.nan, np.nan, fit.level, "none")
    columns, _ = design(fit.sample, fit.scale)
    z, turn = standardised(columns)
    cuts, lift = fit.slope, _lift(turn, fit.slope)
    objective = odds_objective(z[:, 1:], _grades(fit.sample)[1], cuts)
    best, x = np.linalg.solve(lift, fit.estimates), axis_at(curve, 0.5)
    intercepts = np.arange(len(best)) < cuts
    held = columns[:, 2:].mean(axis=0)

    def direction(at: float) -> np.ndarray:
        return np.r_[np.eye(cuts)[cut], at, held]

    def largest(at: float, _) -> Maximum:
        # on these curves the logit of the cut is 0 at x; all intercepts move alike, so that they stay in
        # order
        basis = orthogonal(lift.T @ direction(at))
        start = np.linalg.solve(lift, fit.estimates - intercepts * (direction(at) @ fit.estimates))
        return maximise(constrained(objective, np.zeros(len(best)), basis), basis.T @ start)

    gradient = direction(x) / curve.slope
    error = float(np.sqrt(gradient @ fit.covariance @ gradient))
    low, high = crossings(largest, objective(best)[0], best, x, error, fit.level)
    value = x
    if fit.scale == "log":
        with np.errstate(over="ignore"):  # an end beyond all numbers is infinite
            value, low, high = (float(v) for v in np.exp([x, low, high]))
    return Estimate(value, low, high, fit.level, "profile likelihood")


def grade_shares(fit: GradedFit, exposure) -> np.ndarray:
    """Probability of each grade that occurs, shape (grades, exposures): differences of the curves.

    Parameters
    ----------
    fit : GradedFit
        Of grades.
    exposure
        Of any length.

    Returns
    -------
    ndarray
    """
    above = np.array([probability(curve, exposure) for curve in fit.curves])
    ends = np.ones_like(above[:1]), np.zeros_like(above[:1])
    return -np.diff(np.concatenate([ends[0], above, ends[1]]), axis=0)


def _grades(sample: Sample) -> tuple[tuple[int, ...], np.ndarray]:
    """(grades that occur, position of each subject's grade among them)."""
    wrong = np.flatnonzero(~np.isin(sample.outcome, range(HIGHEST + 1)))
    if len(wrong):
        raise InputError(
            f"`{sample.endpoint}` is {sample.outcome[wrong[0]]:g} for {sample.named(wrong)}; a grade is a "
            f"whole number from 0 to {HIGHEST}"
        )
    grades, rank = np.unique(sample.outcome.astype(int), return_inverse=True)
    if len(grades) == 1:
        raise InputError(
            f"`{sample.endpoint}` does not vary: all {sample.n:,} subjects have grade {grades[0]}, so there "
            f"is nothing to relate to `{sample.exposure_name}`"
        )
    return tuple(int(g) for g in grades), rank


def _notes(sample: Sample, grades: tuple[int, ...]) -> tuple[str, ...]:
    absent = [str(g) for g in range(grades[0], grades[-1]) if g not in grades]
    count = ", ".join(f"grade {g}: {int((sample.outcome == g).sum())}" for g in grades)
    return (count + (f"; grade {' and '.join(absent)} does not occur" if absent else ""),)


def _check_separation(sample: Sample, columns, rank, count: int, terms) -> None:
    direction = separating(ordered_rows(columns, rank, count))
    if direction is None:
        return
    parted = [f"`{t}`" for t, d in zip(terms, direction[count - 1 :], strict=True) if abs(d) > 1e-7]
    raise InputError(
        f"{' and '.join(parted) or 'the exposure'} puts the grades of `{sample.endpoint}` in order without "
        "overlap (separation), so the best slope is infinite; take one cut, such as --endpoint "
        f"'{sample.endpoint}>=2' --model firth"
    )


def _lift(turn: np.ndarray, cuts: int) -> np.ndarray:
    """Matrix that takes intercepts and slopes of standardised columns back: each intercept moves with the
    slopes."""
    k = len(turn) - 1
    lift = np.eye(cuts + k)
    lift[:cuts, cuts:] = turn[0, 1:]
    lift[cuts:, cuts:] = turn[1:, 1:]
    return lift


def _start(rank: np.ndarray, cuts: int) -> np.ndarray:
    share = np.array([(rank > g).mean() for g in range(cuts)])
    return np.log(share / (1 - share))


def _curves(sample: Sample, scale: Scale, columns, estimates, covariance, grades) -> tuple[Curve, ...]:
    """P(grade >= g) for each cut, covariates at their means."""
    made, cuts = [], len(grades) - 1
    held = columns[:, 2:].mean(axis=0)
    for g in range(cuts):
        pick = np.zeros((2, len(estimates)))
        pick[0, g] = pick[1, cuts] = 1.0
        pick[0, cuts + 1 :] = held
        a, b = pick @ estimates
        made.append(
            Curve(
                f"{sample.endpoint} >= {grades[g + 1]}",
                float(a),
                float(b),
                pick @ covariance @ pick.T,
                scale,
                f"proportional-odds fit of {sample.endpoint} on {sample.exposure_name}",
                "fitted",
                exposure=sample.exposure_name,
                unit=sample.exposure_unit,
            )
        )
    return tuple(made)


def brant(sample: Sample, scale: Scale = "log") -> ProportionalOdds:
    """Compare the slopes on exposure of separate logistic fits at each cut, by their joint covariance."""
    from scipy.special import chdtrc, expit

    grades, _ = _grades(sample)
    if len(grades) == 2:
        return ProportionalOdds(None, {}, "there is one cut only")
    columns, terms = design(sample, scale)
    slopes, chances, inverses = {}, [], []
    for grade in grades[1:]:
        part = Sample(
            sample.exposure,
            (sample.outcome >= grade).astype(float),
            sample.exposure_name,
            f">= {grade}",
            covariates=sample.covariates,
            subjects=sample.subjects,
        )
        try:
            _, best, turn = maximum(part, "logistic", columns, terms)
        except InputError:
            return ProportionalOdds(None, slopes, f"grade >= {grade} cannot be fitted alone")
        slopes[grade] = float((turn @ best.at)[1])
        chances.append(expit(columns @ (turn @ best.at)))
        inverses.append(turn @ best.covariance @ turn.T)
    cuts = len(slopes)
    joint = np.empty((cuts, cuts))
    for i in range(cuts):
        for j in range(i, cuts):
            # of two cuts the higher implies the lower, so the covariance of the indicators is p_high (1 -
            # p_low)
            weight = chances[j] * (1 - chances[i])
            both = inverses[i] @ (columns.T @ (columns * weight[:, None])) @ inverses[j]
            joint[i, j] = joint[j, i] = both[1, 1]
    contrast = np.eye(cuts - 1, cuts) - np.eye(cuts - 1, cuts, 1)
    apart = contrast @ np.array(list(slopes.values()))
    statistic = float(apart @ np.linalg.solve(contrast @ joint @ contrast.T, apart))
    return ProportionalOdds(float(chdtrc(cuts - 1, statistic)), slopes)
