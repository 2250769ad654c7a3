"""A learning study from end to end: what the model reaches, what chance, the study label and clinical columns
reach, and the one word that may be said."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from livingdrug.attributes.area import auc, interval
from livingdrug.attributes.crossing import merit
from livingdrug.attributes.design import detectable
from livingdrug.attributes.learn import Crossed, Features, Method, Plan, crossed, eta_of, plan_for
from livingdrug.attributes.outcome import LEAST, MEASURE, NOTHING, Outcome
from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Kept
from livingdrug.core.random import uniforms

Verdict = Literal["not assessable", "no signal beyond chance", "association, this cohort", "consistent"]
SIGNIFICANT = 0.05
STUDIES = 3  # left out one by one, from which a signal can be called consistent
# attributes per patient of the smaller class, above which selection is said to carry nothing by itself
RATIO = 10
DRAWN = 400  # draws of patients for an interval


@dataclass(frozen=True)
class Left:
    """One study left out: label, patients, pairs of a responder and a non-responder, measure within it (nan
    with one class)."""

    label: str
    patients: int
    pairs: int
    value: float


@dataclass(frozen=True)
class Calibration:
    """Of the mean predictions for patients not seen: slope and intercept of a logistic regression on them,
    with intervals; brier: mean squared error of the probability, with an interval by drawing patients;
    brier_p: part of the permuted outcomes with as small a one; prevalence_brier: that of the prevalence
    alone; accuracy and majority: part called right at one half, by the model and by the larger class."""

    slope: tuple[float, float, float]
    intercept: tuple[float, float, float]
    brier: tuple[float, float, float]
    brier_p: float
    prevalence_brier: float
    accuracy: float
    majority: float


@dataclass(frozen=True)
class LearningStudy:
    """What learning from attributes gave, and what that is worth.

    Attributes
    ----------
    outcome : Outcome
        What was learned, from what, and how.
    features : Features
        What was learned, from what, and how.
    plan : Plan
        What was learned, from what, and how.
    main : Crossed
        In random folds.
    lower, upper : float
        Interval of its value.
    left : tuple of Left
        Studies left out one by one.
    by_study : Crossed or None
        Their pooled result.
    label_alone : float
        Measure of the study label.
    clinical : Crossed or None
        The same procedure with the clinical columns only.
    both : Crossed or None
        The same with attributes and clinical columns.
    calibration : Calibration or None
        Of the predictions, None where there is none.
    verdict : Verdict
        What may be said.
    cautions : tuple of str
        In words.
    """

    outcome: Outcome
    features: Features
    plan: Plan
    main: Crossed
    lower: float
    upper: float
    left: tuple[Left, ...]
    by_study: Crossed | None
    label_alone: float
    clinical: Crossed | None
    both: Crossed | None
    calibration: Calibration | None
    verdict: Verdict
    cautions: tuple[str, ...]

    @property
    def headline(self) -> Crossed:
        """The main number: studies left out where there are several, else random folds."""
        return self.by_study or self.main


def study(
    features: Features,
    outcome: Outcome,
    labels: np.ndarray | None = None,
    clinical: Features | None = None,
    method: Method = "ridge",
    repeats: int | None = None,
    permutations: int | None = None,
    seed: int = 1,
    keep: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    kept: Kept | None = None,
) -> LearningStudy:
    """Learn from attributes, and say what that is worth.

    Parameters
    ----------
    features : Features
        Attributes x (n, p).
    outcome : Outcome
        That attributes are related to.
    labels : ndarray, optional, shape (n,)
        Study of each patient, None for one.
    clinical : Features, optional
        Columns known anyway, for comparison.
    method : Method, optional
        How coefficients are penalised: one of the words of `Method`.
    repeats : int, optional
        Of the cross-validation.
    permutations : int, optional
        Of the outcome.
    seed : int, optional
        Of the random streams.
    keep : int, optional
        Columns kept in each fold.
    progress : callable, optional
        Called with a word, and with how many permutations are done, and of how many.
    kept : Kept, optional
        Where finished permutations are kept on the way.

    Raises
    ------
    InputError
        Where the smaller class has fewer than LEAST patients.
    """
    _check_size(outcome)
    count = len(features.entering)
    options = {"method": method, "repeats": repeats, "seed": seed, "keep": keep}
    plan = plan_for(outcome, count, **options)
    plan = replace(plan, permutations=plan.permutations if permutations is None else permutations)
    several, place = labels is not None and len(set(labels)) > 1, None
    if labels is not None and several:
        place = np.unique(labels, return_inverse=True)[1].astype(np.int64)

    def run(name: str, own: Features, by_study: bool = False) -> Crossed:
        step = partial(progress, name) if progress else None
        return crossed(own, outcome, plan, place, by_study, step, kept, name.replace(" ", "-"))

    main = run("random folds", features)
    by_study, left = None, ()
    if labels is not None and place is not None:
        left = _left(features, outcome, plan, place, labels)
        if sum(study.pairs > 0 for study in left) > 1:
            by_study = run("studies left out", features, True)
    known = run("clinical columns", clinical) if clinical is not None else None
    both = run("both", _beside(clinical, features)) if clinical is not None else None
    headline = by_study or main
    lower, upper = _interval(headline, outcome, seed)
    verdict = _verdict(headline, by_study, left, outcome)
    return LearningStudy(
        outcome=outcome,
        features=features,
        plan=plan,
        main=main,
        lower=lower,
        upper=upper,
        left=left,
        by_study=by_study,
        label_alone=_label_alone(place, outcome),
        clinical=known,
        both=both,
        calibration=_calibration(main, outcome, seed) if outcome.kind == "binary" else None,
        verdict=verdict,
        cautions=_cautions(outcome, count, plan, left, several),
    )


def _check_size(outcome: Outcome) -> None:
    if outcome.smaller < LEAST:
        what = {"binary": "patients in the smaller class", "survival": "events", "continuous": "patients"}[
            outcome.kind
        ]
        raise InputError(
            f"`{outcome.name}` has {outcome.smaller} {what}; at least {LEAST} are needed to learn anything, "
            f"and "
            "`attributes design` says how many would carry what you look for"
        )


def _beside(first: Features, second: Features) -> Features:
    """Clinical columns and attributes in one table; sets of genes become no sets here, so only plain
    attributes join."""
    if second.set_names:
        raise InputError(
            "`--clinical` beside signatures scored in the folds is not possible; score them first "
            "(`attributes score`)"
        )
    return Features(np.ascontiguousarray(np.hstack([first.x, second.x])), (*first.names, *second.names))


def _left(
    features: Features, outcome: Outcome, plan: Plan, place: np.ndarray, labels: np.ndarray
) -> tuple[Left, ...]:
    """The measure within each study, by a model of the others."""
    folds = place[None, :]
    eta = eta_of(features, outcome, plan, folds)
    out = []
    for k, label in enumerate(np.unique(labels)):
        rows = np.flatnonzero(place == k)
        part = outcome.taken(rows)
        value = (
            float(
                merit(
                    np.ascontiguousarray(eta[:, rows]),
                    part.y,
                    part.event,
                    np.zeros((1, len(rows)), dtype=np.int64),
                    part.family,
                )
            )
            if part.kind != "continuous"
            else _predicted_part(eta[0, rows], part.y, outcome.y[place != k].mean())
        )
        pairs = int(part.y.sum() * (len(rows) - part.y.sum())) if part.kind == "binary" else len(rows)
        out.append(Left(str(label), len(rows), pairs, value if pairs else np.nan))
    return tuple(out)


def _predicted_part(eta: np.ndarray, y: np.ndarray, mean: float) -> float:
    return float(1 - ((y - eta) ** 2).sum() / ((y - mean) ** 2).sum())


def _interval(run: Crossed, outcome: Outcome, seed: int) -> tuple[float, float]:
    """Interval of the measure for so many patients: of an area by its score equation, of others by drawing
    patients with replacement, their predictions as they are."""
    if not np.isfinite(run.value):
        return np.nan, np.nan
    if outcome.kind == "binary":
        return interval(run.value, outcome.events, outcome.n - outcome.events)

    def measure(rows: np.ndarray) -> float:
        part, eta = outcome.taken(rows), np.ascontiguousarray(run.eta[:, rows])
        return float(merit(eta, part.y, part.event, np.ascontiguousarray(run.folds[:, rows]), part.family))

    return _drawn_interval(measure, outcome.n, seed)


def _drawn_interval(measure: Callable[[np.ndarray], float], n: int, seed: int) -> tuple[float, float]:
    """2.5th and 97.5th percentile of a measure of rows over draws of n patients with replacement."""
    draws = (uniforms(seed, "attributes intervals", 0, DRAWN * n).reshape(DRAWN, n) * n).astype(int)
    values = np.array([measure(rows) for rows in draws])
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _label_alone(place: np.ndarray | None, outcome: Outcome) -> float:
    """Measure of the mean outcome of the study as the only predictor."""
    if place is None or outcome.kind != "binary":
        return np.nan
    rate = np.bincount(place, outcome.y) / np.bincount(place)
    return auc(rate[place], outcome.y > 0.5)


def _calibration(main: Crossed, outcome: Outcome, seed: int) -> Calibration:
    from livingdrug.attributes.firth import fit_firth, profile_interval

    eta = np.nanmean(main.eta, axis=0)
    p = 1 / (1 + np.exp(-eta))
    event = outcome.y > 0.5
    scaled = eta / max(eta.std(), 1e-12)
    fit = fit_firth(scaled[:, None], event)
    low, high = profile_interval(scaled[:, None], event, 1)
    scale = max(eta.std(), 1e-12)
    start = profile_interval(scaled[:, None], event, 0)
    part, error = outcome.y.mean(), (p - outcome.y) ** 2
    return Calibration(
        slope=(float(fit.estimates[1] / scale), low / scale, high / scale),
        intercept=(float(fit.estimates[0]), *start),
        brier=(
            float(error.mean()),
            *_drawn_interval(lambda rows: float(error[rows].mean()), outcome.n, seed),
        ),
        brier_p=(1 + int((main.brier_null <= error.mean() + 1e-12).sum())) / (1 + len(main.brier_null)),
        prevalence_brier=float(part * (1 - part)),
        accuracy=float(((p > 0.5) == event).mean()),
        majority=float(max(part, 1 - part)),
    )


def _verdict(
    headline: Crossed, by_study: Crossed | None, left: tuple[Left, ...], outcome: Outcome
) -> Verdict:
    if not np.isfinite(headline.p_value) or (left and not by_study):
        return "not assessable"
    if headline.p_value > SIGNIFICANT or headline.value <= NOTHING[outcome.kind]:
        return "no signal beyond chance"
    judged = [study for study in left if np.isfinite(study.value)]
    if len(judged) >= STUDIES and all(study.value > NOTHING[outcome.kind] for study in judged):
        return "consistent"
    return "association, this cohort"


def _cautions(
    outcome: Outcome, count: int, plan: Plan, left: tuple[Left, ...], several: bool
) -> tuple[str, ...]:
    out = []
    if count > RATIO * outcome.smaller:
        out.append(
            f"{count:,} attributes and {outcome.smaller} patients in the smaller class: which of them "
            f"matter cannot be known from these "
            "data, only whether together they say anything"
        )
    if plan.folds < 5:
        out.append(f"{plan.folds} folds, one for each patient of the smaller class at the least")
    one_class = [study.label for study in left if not study.pairs]
    if one_class:
        out.append(f"{', '.join(one_class)} has one outcome only: it teaches, but cannot be used to validate")
    if several and 1 < len(left) < STUDIES:
        out.append(f"{len(left)} studies: leaving one out is a report of each, not a validation")
    return tuple(out)


def sentences(result: LearningStudy) -> list[str]:
    """What may be said to a clinician: the state first, the number second, its limits third.

    Parameters
    ----------
    result : LearningStudy
        What `study` found: cross-validated measures, permutations, cautions.
    """
    outcome, main = result.outcome, result.headline
    null = main.null[np.isfinite(main.null)]
    out = []
    if result.verdict == "not assessable":
        return [
            "Product and study cannot be separated here, or a study has one outcome only: nothing can be "
            "said."
        ]
    if outcome.kind == "binary":
        out.append(
            f"The score ranks a patient with the outcome above one without in {100 * main.value:.0f} of 100 "
            f"pairs it had not seen; "
            f"between {100 * result.lower:.0f} and {100 * result.upper:.0f} is plausible."
        )
    else:
        out.append(
            f"The {MEASURE[outcome.kind]} for patients not seen is {main.value:.2f}; between "
            f"{result.lower:.2f} and {result.upper:.2f} is plausible."
        )
    if len(null):
        top = np.quantile(null, 0.95)
        said = f"{100 * top:.0f} of 100 pairs" if outcome.kind == "binary" else f"{top:.2f}"
        out.append(
            f"With outcomes dealt at random the same procedure reaches {said} in 1 of 20 tries (p = "
            f"{main.p_value:.3g})."
        )
    if result.calibration is not None:
        c = result.calibration
        out.append(
            f"Calling everybody the larger class would be right in {100 * c.majority:.0f} of 100; the model "
            f"was right in {100 * c.accuracy:.0f}."
        )
    if np.isfinite(result.label_alone):
        out.append(f"The study label alone ranks {100 * result.label_alone:.0f} of 100 pairs rightly.")
    if result.clinical is not None and result.both is not None:
        measure = MEASURE[outcome.kind]
        out.append(
            f"Clinical columns alone: {measure} {result.clinical.value:.2f}; with the attributes "
            f"{result.both.value:.2f}."
        )
    if result.verdict == "no signal beyond chance" and outcome.kind == "binary":
        seen = detectable(outcome.events, outcome.n - outcome.events)
        out.append(
            f"No pattern was found. With {outcome.n} patients only a strong difference of one attribute "
            f"named beforehand "
            f"({seen.effect:.1f} SD, {100 * seen.auc:.0f} of 100 pairs) would have been found 8 times in 10."
        )
    return out
