"""The forecast of every patient of a setting: posterior, curves, exposures, probabilities, one more
sample."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.packed import kinds_in
from livingdrug.core.pieces import Keeper, Stage, each
from livingdrug.core.random import uniforms
from livingdrug.data import Data
from livingdrug.fit import (
    LOWER,
    MEASURED,
    UPPER,
    Design,
    FitProblem,
    IndividualPosterior,
    individual_posterior,
    prepare,
)  # fmt: skip
from livingdrug.forecast.course import WINDOW, Course, course_of, fall_below, times_to
from livingdrug.forecast.mixed import MixedPosterior, mixed_posterior
from livingdrug.forecast.next_sample import NextSample, candidate_days, next_sample
from livingdrug.forecast.outcomes import chances, exposure_of, factor_to
from livingdrug.forecast.result import LEVEL, Patient
from livingdrug.response import Curve
from livingdrug.simulation import infusate_words

FEW = 50  # effective draws below which an interval of a patient is not to be believed
LOST = 0.01  # part of a patient's draws that may be lost without a word
SOON_AFTER = 0.5  # d
KINDS = {MEASURED: "measured", LOWER: "below", UPPER: "above"}
Progress = Callable[[int, int], None]
Posterior = IndividualPosterior | MixedPosterior


@dataclass(frozen=True)
class Setting:
    """What is forecast of every patient. problem: of all; drawn: the same at draws of the population, none
    where it counts as known; unsure: what to know of these draws; silent: names of those without samples;
    output: of the model, unit; at: last day whose samples count, None for all; until: horizon in days;
    day: a day in the model's time unit; curves: name of an outcome -> exposure-response; days: on which
    one more sample is looked at, None for some after the cut, empty for none."""

    problem: FitProblem
    drawn: tuple[FitProblem, ...]
    unsure: tuple[str, ...]
    silent: frozenset[str]
    output: str
    unit: str
    at: float | None
    until: float
    day: float
    draws: int
    seed: int
    curves: dict[str, Curve]
    days: tuple[float, ...] | None = None


def posterior_of(setting: Setting) -> Posterior:
    """Individual parameters of every patient, from the samples that count."""
    if setting.drawn:

        def used_of(design: Design) -> np.ndarray:
            return used_records(design, setting)

        return mixed_posterior(setting.problem, setting.drawn, used_of, setting.draws, setting.seed)
    prepared = prepare(setting.problem)
    used = used_records(prepared.design, setting)
    return individual_posterior(setting.problem, used, setting.draws, setting.seed, prepared)


def patients_of(
    setting: Setting, progress: Progress | None = None, posterior: Posterior | None = None,
    kept: Keeper | None = None,
) -> tuple[tuple[Patient, ...], tuple[str, ...]]:  # fmt: skip
    """(forecast of every patient in the order of the data, notes); kept: where finished patients are kept on
    the way."""
    posterior = posterior or posterior_of(setting)
    tables, modes, found = posterior.tables(), posterior.mode_table(), []

    def stage() -> Stage:
        return Stage("patients", {"data or population": setting}, kinds_in(Patient), "patients")

    def patient(i: int) -> Patient:
        return _patient(setting, posterior, i, tables[i], modes[i])

    keys = [str(i + 1) for i in range(posterior.design.n)]
    with closing(each(kept, stage, keys, patient)) as made:
        for own in made:
            found.append(own)
            if progress:
                progress(len(found), posterior.design.n)
    return tuple(found), _notes(setting, posterior)


def used_records(design, setting: Setting) -> np.ndarray:
    """Whether each record counts. Raises InputError for a cut before all samples."""
    real = ~np.isin(np.array(design.subjects, dtype=object)[design.subject], list(setting.silent))
    if setting.at is None:
        return real
    used = real & (design.time <= setting.at * setting.day)
    if real.any() and not used.any():
        first = float(design.time[real].min() / setting.day)
        raise InputError(
            f"the samples are cut at day {setting.at:g}, and the first one is of day {first:.4g}; give a "
            "later day (command line: --at)"
        )
    return used


def _patient(setting: Setting, posterior: Posterior, i: int, table: np.ndarray, mode: np.ndarray) -> Patient:
    problem, design, day = setting.problem, posterior.design, setting.day
    name = design.subjects[i]
    mine = np.arange(design.first[i], design.last[i]) if name not in setting.silent else np.arange(0)
    shown = mine[records_of(setting, design)[mine]]
    used = posterior.used[shown]
    all_used = mine[posterior.used[mine]]
    last = float(design.time[all_used].max() / day) if len(all_used) else 0.0
    days = (
        candidate_days(last if setting.at is None else setting.at, setting.until)
        if setting.days is None
        else setting.days
    )
    marks = np.concatenate([design.time[shown], np.array(days) * day])
    times = times_to(setting.until * day, marks, day)
    course = course_of(problem.model, table, design.doses[i], times, setting.output, WINDOW * day)
    limit = _limit(setting, design, shown)
    fall = (
        fall_below(times, course.curves, limit) / day
        if np.isfinite(limit)
        else np.full(len(course.kept), np.nan)
    )
    half = 0.5 * (1 - LEVEL)
    low, median, high = _quantiles(course.curves, (half, 0.5, 1 - half))
    seen_low, seen_high = _quantiles(_measured(setting, posterior, course, name), (half, 1 - half))
    columns = _columns(problem)
    lost = 1 - len(course.kept) / len(table)
    return Patient(
        name=name,
        samples=len(all_used),
        cut=last if setting.at is None else setting.at,
        time=design.time[shown] / day,
        value=design.y[shown],
        kind=np.array([KINDS[int(k)] for k in design.kind[shown]], dtype=object),
        used=used,
        limit=limit,
        times=times / day,
        median=median,
        low=low,
        high=high,
        seen_low=seen_low,
        seen_high=seen_high,
        cmax=course.cmax,
        xcmax=course.xcmax,
        infusate=float(course.infusate.mean()) if len(course.kept) else 0.0,
        tmax=course.tmax / day,
        auc28=course.auc / day,
        fall=fall,
        parameters={n: table[:, c] for n, c in columns.items()},
        mode={n: float(mode[c]) for n, c in columns.items()},
        worth=float(posterior.worth[i]),
        lost=lost,
        why=_why(posterior, i, lost, course, setting.output),
        chance=_chances(setting, course),
        next=_next(setting, posterior, course, times, days, limit, name),
    )


def _columns(problem: FitProblem) -> dict[str, int]:
    """Parameter with a random effect -> its column in a table of quantities."""
    place = {q.name: k for k, q in enumerate(problem.model.system.quantities)}
    return {p.name: place[p.name] for p in problem.parameters if p.random}


def _chances(setting: Setting, course: Course) -> dict[str, np.ndarray]:
    """Probability of each outcome at each draw."""
    exposures = {"xcmax": course.xcmax, "auc28": course.auc / setting.day}
    return {
        name: chances(curve, exposures[exposure_of(curve)] * factor_to(curve, setting.unit), setting.seed)
        for name, curve in setting.curves.items()
    }


def _next(
    setting: Setting, posterior: Posterior, course: Course, times: np.ndarray,
    days: Sequence[float] | np.ndarray, limit: float, name: str,
) -> NextSample | None:  # fmt: skip
    """What one more sample would be worth; None where nobody asks, or nothing is known of the output's
    residual error."""
    outputs = [r.output for r in setting.problem.residuals]
    if not len(days) or setting.output not in outputs or not len(course.kept) or not (course.auc > 0).all():
        return None
    f = course.curves[:, np.searchsorted(times, np.array(days) * setting.day)]
    return next_sample(
        posterior,
        course.kept,
        outputs.index(setting.output),
        np.asarray(days, dtype=float),
        f,
        course.auc,
        limit,
        LEVEL,
        name,
    )


def _why(posterior: Posterior, i: int, lost: float, course: Course, output: str) -> str:
    """What is wrong with the forecast of a patient, in a sentence."""
    if posterior.pool[i] and posterior.worth[i] == 0:
        return "the model gives the samples no finite likelihood, so the forecast is that of the population"
    said = []
    if posterior.worth[i] < FEW:
        said.append(
            f"{posterior.pool[i]:,} weighted draws are worth {posterior.worth[i]:.0f}, so the interval is "
            "uncertain itself: the samples disagree with the population"
        )
    if lost > LOST:
        said.append(f"{lost:.0%} of the draws were not computed, or are unphysical ({course.why}), and are left out")
    count = int(course.infusate.sum())
    if count > (1 - LEVEL) / 2 * len(course.kept):  # fewer do not move an end of the interval
        words = infusate_words(output, count, len(course.kept), "draws")
        said.append(f"{words}: XCMAX, the largest level after the distribution minimum, is given beside it")
    return "; ".join(said)


def _quantiles(curves: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Quantiles over draws, (levels, times); nan where no draw could be computed."""
    return (
        np.quantile(curves, levels, axis=0)
        if len(curves)
        else np.full((len(levels), curves.shape[1]), np.nan)
    )


def _measured(setting: Setting, posterior: Posterior, course: Course, name: str) -> np.ndarray:
    """Curves with residual error, (draws, times); the curves themselves for an output that nobody
    measured."""
    outputs = [r.output for r in setting.problem.residuals]
    if setting.output not in outputs:
        return course.curves
    # one number for all times of a draw: bands are of one sample, wherever it is taken
    u = uniforms(setting.seed, f"samples to come of {name}", 0, len(course.curves))[:, None]
    place = np.full(course.curves.shape[1], outputs.index(setting.output))
    return posterior.measured(course.kept, place, course.curves, u)


def limits_of(data: Data, design: Design, mine: np.ndarray) -> tuple[np.ndarray, float]:
    """(limit of quantification of each record, nan where the file states none in its row; the usual one of
    the records `mine` of an output, nan where none has one). Many files state a limit only where a value
    lies below it."""
    known = dict(zip(data.line.tolist(), data.limit.tolist(), strict=True))
    own = np.array([known.get(int(line), np.nan) for line in design.line])
    own = np.where(design.kind == LOWER, design.y, own)
    stated = own[mine][np.isfinite(own[mine])]
    return own, float(np.median(stated)) if len(stated) else np.nan


def _limit(setting: Setting, design: Design, shown: np.ndarray) -> float:
    """Limit of quantification of a patient: the highest of the samples of the output, else the usual one."""
    own, usual = limits_of(setting.problem.data, design, records_of(setting, design))
    return float(np.nanmax(own[shown])) if np.isfinite(own[shown]).any() else usual


def records_of(setting: Setting, design: Design) -> np.ndarray:
    """Whether each record is one of the output that is forecast."""
    return np.array(
        [setting.problem.residuals[o].output == setting.output for o in design.output], dtype=bool
    )


def _notes(setting: Setting, posterior: Posterior) -> tuple[str, ...]:
    notes = [*posterior.design.notes]
    without = [n for n, k in zip(posterior.subjects, posterior.count(), strict=True) if not k]
    if without:
        shown = ", ".join(without[:5]) + (", ..." if len(without) > 5 else "")
        when = "" if setting.at is None else f" by day {setting.at:g}"
        notes.append(
            f"{len(without)} patient(s) have no samples{when}: their forecast is that of the population: "
            f"{shown}"
        )
    days = posterior.design.time[~posterior.used] / setting.day
    missed = 0 if setting.at is None else int(((days > setting.at) & (days <= setting.at + SOON_AFTER)).sum())
    if missed and setting.at is not None:
        notes.append(
            f"{missed} sample(s) within half a day after day {setting.at:g} are not used; day "
            f"{setting.at + SOON_AFTER:g} takes them in"
        )
    later = sum(
        dose.time > (setting.at or 0) * setting.day for own in posterior.design.doses for dose in own.doses
    )
    if setting.at is not None and later:
        notes.append(f"{later} dose(s) after day {setting.at:g} are taken as planned by then")
    return tuple(dict.fromkeys([*notes, *_of_the_population(setting, posterior)]))


def _of_the_population(setting: Setting, posterior: Posterior) -> list[str]:
    """Whether bands hold what is not known of the population."""
    words = "the population (typical values, between-subject variability, residual error)"
    if not isinstance(posterior, MixedPosterior) or posterior.parts == (posterior.middle,):
        return [*setting.unsure, f"{words} is taken as known; bands hold what is not known of the patient"]
    drawn = (
        f"{words} is drawn {len(posterior.parts)} times from the uncertainty of its fit; bands hold that, "
        "and what is not known of the patient"
    )
    lost = (
        f"{posterior.lost} draw(s) of the population gave samples of a patient no finite likelihood: left out"
    )
    return [drawn, *setting.unsure, *([lost] if posterior.lost else [])]
