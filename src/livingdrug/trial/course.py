"""What happens in the subjects of an arm: their values, and the course of the output in each."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.random import stream_key, uniforms
from livingdrug.models import Model, find_quantity
from livingdrug.simulation import (
    UNPHYSICAL,
    Draw,
    Regimen,
    Subjects,
    default_regimen,
    drawn_values,
    expansion_peak,
    infusate_first,
    infused_in,
    solve,
)
from livingdrug.trial.design import Arm, Trial

Window = tuple[float, float]


@dataclass(frozen=True)
class Course:
    """levels (n, visits): the model's output at the visits; areas, peaks: window -> (n,); nan where a subject
    could not be computed, or is unphysical (n,). Where infused cells are counted in the output, peaks are those after
    the distribution minimum (XCMAX), 0 where the level never rises, unless the trial asks for the highest; infusate:
    window -> whether the infused cells are higher than that, empty where peaks are the highest."""

    levels: np.ndarray
    areas: dict[Window, np.ndarray]
    peaks: dict[Window, np.ndarray]
    unphysical: np.ndarray
    infusate: dict[Window, np.ndarray]


def arm_seed(seed: int, arm: str) -> int:
    """The seed of an arm's own streams: arms are independent, and none depends on which others there are."""
    return stream_key(seed, f"trial arm {arm}")[0] >> 1


def arm_subjects(trial: Trial, arm: Arm, seed: int, first: int, count: int) -> Subjects:
    """Subjects `first` ... `first + count - 1` of an arm; seed: of the arm. Subject i depends on (seed, i)
    alone."""
    model = trial.model
    population = Draw(1, 0, trial.spread, trial.cv).population(model)
    values = drawn_values(model, population, seed, first, count, arm.variance_scale)
    responds = uniforms(seed, "responder", first, count) < arm.responders if arm.responders < 1 else True
    for name, fold in arm.change.items():
        quantity = find_quantity(model, name)
        changed = values[quantity.name] * np.where(responds, fold, 1.0)
        values[quantity.name] = np.minimum(changed, 1.0) if quantity.bound == "fraction" else changed
    return Subjects(values, f"arm {arm.name}")


def arm_regimen(trial: Trial, arm: Arm) -> Regimen:
    """The doses of an arm: its own, or those of the trial times its factor."""
    if isinstance(arm.dose, Regimen):
        return arm.dose
    regimen = trial.doses or default_regimen(trial.model)
    doses = tuple(replace(dose, amount=dose.amount * arm.dose) for dose in regimen.doses)
    return regimen if arm.dose == 1.0 else Regimen(doses, regimen.resets)


def course(
    trial: Trial,
    arm: Arm,
    subjects: Subjects,
    visits: np.ndarray,
    windows: tuple[Window, ...],
    threads: int | None = None,
    keep: bool = False,
) -> Course:
    """Levels at the visits, areas and peaks in the windows of the subjects of an arm; keep: the numbers of
    unphysical subjects too."""
    regimen = arm_regimen(trial, arm)
    if trial.repeat == "superposition":
        return _superposed(trial, regimen, subjects, visits, windows, threads, keep)
    infused = expansion_counts(trial, regimen)
    return _course(trial.model, regimen, trial.measured, subjects, visits, windows, threads, infused, keep)


def expansion_counts(trial: Trial, regimen: Regimen) -> bool:
    """Whether a peak is that of the expansion, as infused cells are counted in the measured output too."""
    return trial.peak == "expansion" and bool(infused_in(trial.model, [regimen], [trial.measured])[0])


def _course(
    model: Model, regimen: Regimen, output: str, subjects: Subjects, visits, windows, threads, infused=False,
    keep=False,
) -> Course:  # fmt: skip
    wanted = list(windows)
    span = (0.0, float(visits[-1])) if len(visits) and visits[-1] > 0 else None
    if span and span not in wanted:
        wanted.append(span)
    levels, areas, peaks, infusate = np.empty((subjects.n, 0)), {}, {}, {}
    unphysical = np.zeros(subjects.n, dtype=bool)
    for start, end in wanted:
        times = visits if (start, end) == span else np.empty(0)
        solved = solve(model, subjects, [regimen], times, end, (output,), start, threads=threads)
        failed = [i for i, s in enumerate(solved.status) if s != "ok" and not (keep and s == UNPHYSICAL)]
        unphysical |= np.array([status == UNPHYSICAL for status in solved.status])
        parts = [solved.area[:, 0], solved.peak[:, 0], solved.values[:, 0]]
        if infused:
            infusate[start, end] = infusate_first(solved.peak[:, 0], solved.rise[:, 0])
            parts[1] = expansion_peak(solved.peak[:, 0], solved.rise[:, 0])
        for part in parts:
            part[failed] = np.nan
        areas[start, end], peaks[start, end] = parts[:2]
        if len(times):
            levels = parts[2]
    return Course(levels, areas, peaks, unphysical, infusate)


def _superposed(
    trial: Trial, regimen: Regimen, subjects: Subjects, visits, windows, threads, keep=False
) -> Course:
    """The sum of the curves of single infusions: each is taken to grow as the first one did, whatever is
    there already.

    In a model without doses an amount is a multiple of the model's own curve. The peak of a sum is not
    computed."""
    model, output = trial.model, trial.measured
    levels = np.zeros((subjects.n, len(visits)))
    areas = {window: np.zeros(subjects.n) for window in windows}
    unphysical = np.zeros(subjects.n, dtype=bool)
    for dose in regimen.doses:
        for start in (dose.time + k * dose.every for k in range(dose.repeats + 1)):
            alone = (
                Regimen((replace(dose, time=0.0, repeats=0, every=0.0),))
                if model.system.dose_into
                else Regimen()
            )
            size = 1.0 if model.system.dose_into else dose.amount
            # a value at the time of a later infusion is the one just before it
            since = visits > start if start else visits >= 0
            shifted = {w: (max(w[0] - start, 0.0), w[1] - start) for w in windows if w[1] > start}
            part = _course(
                model, alone, output, subjects, visits[since] - start, tuple(shifted.values()), threads,
                keep=keep,
            )  # fmt: skip
            unphysical |= part.unphysical
            if part.levels.shape[1]:
                levels[:, since] += size * part.levels
            for window, own in shifted.items():
                areas[window] += size * part.areas[own]
    peaks = {window: np.full(subjects.n, np.nan) for window in windows}
    return Course(levels, areas, peaks, unphysical, {})
