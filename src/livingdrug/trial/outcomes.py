"""The data of a trial: each endpoint of each subject, over all replicates of an arm."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.random import uniforms
from livingdrug.core.units import in_a_day
from livingdrug.engine import in_threads
from livingdrug.models import ClosedForm
from livingdrug.response import logistic
from livingdrug.simulation import caution_counts, default_regimen
from livingdrug.trial.course import Course, arm_regimen, arm_seed, arm_subjects, course, expansion_counts
from livingdrug.trial.design import LOGARITHMIC, Arm, Endpoint, Trial
from livingdrug.trial.sampling import after_infusate, attended, leaving_times, loss, measured, sampled_exposures

BLOCK = 32_768  # subjects at a time: what stays in the fast memory of one core
PIECE = {True: 16 * BLOCK, False: 2 * BLOCK}  # subjects that are kept in one file: of closed forms, of flows


@dataclass(frozen=True)
class Outcome:
    """One endpoint of one arm: value (replicates, n): ln exposure, 0 or 1, or the number of the visit at
    which a subject was lost or last seen; nan where there is none. lost (replicates, n): for persistence,
    whether it was lost there."""

    value: np.ndarray
    lost: np.ndarray | None = None

    def of_first(self, n: int) -> "Outcome":
        """The first n subjects of each replicate."""
        return Outcome(self.value[:, :n], None if self.lost is None else self.lost[:, :n])


@dataclass(frozen=True)
class ArmData:
    """outcomes: by endpoint; left, failed, unphysical, below, infusate: shares of the subjects that left before
    they could be evaluated (primary endpoint), that the model could not compute, that no patient can be like, that
    never had a quantifiable level, and in which the infused cells are higher than the expansion; cautioned: of how many of
    all `subjects` each caution of the model is true."""

    outcomes: dict[str, Outcome]
    left: float
    failed: float
    unphysical: float
    below: float
    infusate: float
    cautioned: tuple[int, ...] = ()
    subjects: int = 0

    def of_first(self, n: int) -> "ArmData":
        """The first n subjects of each replicate."""
        return replace(self, outcomes={k: v.of_first(n) for k, v in self.outcomes.items()})


def simulate_arm(
    trial: Trial, arm: Arm, replicates: int, seed: int, threads: int | None = None,
    progress: Callable[[int], None] | None = None, kept: Kept | None = None, stage: str = "arm",
) -> ArmData:  # fmt: skip
    """All replicates of an arm; replicate r holds the subjects r n ... r n + n - 1 of the arm's stream.

    threads changes nothing but the time; progress(subjects) is called as blocks are done; kept: where they
    are kept, under the name of a stage."""
    own, total = arm_seed(seed, arm.name), replicates * arm.n
    size = PIECE[isinstance(trial.model.system, ClosedForm)]
    pieces = [(first, min(size, total - first)) for first in range(0, total, size)]

    def of() -> Stage:
        depends_on = {"trial": trial, "arms": arm, "seed": seed}
        return Stage(stage, depends_on, (Stretch,), f"blocks of arm `{arm.name}`")

    keys, parts = [f"{first + 1}-{first + count}" for first, count in pieces], []
    with closing(each(kept, of, keys, lambda i: _stretch(trial, arm, own, *pieces[i], threads))) as found:
        for part, (_, count) in zip(found, pieces, strict=True):
            parts.append(part)
            if progress:
                progress(count)
    return _together(parts, (replicates, arm.n))


@dataclass(frozen=True)
class Stretch:
    """Some subjects of an arm, one after the other. values, lost: by endpoint; counts: (left, failed,
    unphysical, below, infusate) among them; cautioned: of how many each caution of the model is true."""

    values: dict[str, np.ndarray]
    lost: dict[str, np.ndarray]
    counts: np.ndarray
    cautioned: np.ndarray


def _together(parts: list[Stretch], shape: tuple[int, int]) -> ArmData:
    """All subjects of an arm; shape: (replicates, subjects)."""
    total = shape[0] * shape[1]

    def joined(pieces: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return {name: np.concatenate([piece[name] for piece in pieces]).reshape(shape) for name in pieces[0]}

    values, lost = joined([part.values for part in parts]), joined([part.lost for part in parts])
    counts = np.sum([part.counts for part in parts], axis=0)
    cautioned = np.sum([part.cautioned for part in parts], axis=0)
    outcomes = {name: Outcome(value, lost.get(name)) for name, value in values.items()}
    return ArmData(outcomes, *(counts / total).tolist(), cautioned=tuple(cautioned.tolist()), subjects=total)


def _stretch(trial: Trial, arm: Arm, seed: int, start: int, total: int, threads: int | None) -> Stretch:
    """The subjects from `start` on; seed: of the arm."""
    values = {e.name: np.empty(total) for e in trial.endpoints}
    lost = {e.name: np.empty(total, dtype=bool) for e in trial.endpoints if e.kind == "persistence"}
    counts, cautioned = np.zeros(5, dtype=np.int64), np.zeros(len(trial.model.system.cautions), dtype=np.int64)
    # a model made of flows shares its subjects among the processors by itself
    closed = isinstance(trial.model.system, ClosedForm)

    def block(first: int) -> tuple[np.ndarray, tuple[int, ...]]:
        count = min(BLOCK, total - first)
        here = slice(first, first + count)
        subjects = arm_subjects(trial, arm, seed, start + first, count)
        found = _block(trial, arm, seed, start + first, subjects, values, lost, here, 1 if closed else threads)
        return found, caution_counts(trial.model, subjects)

    workers = (threads or os.cpu_count()) if closed else 1
    done: Any = in_threads(cast(Any, block), range(0, total, BLOCK), workers)
    for found, said in done:
        counts += found
        cautioned += np.array(said, dtype=np.int64)
    return Stretch(values, lost, counts, cautioned)


def _block(trial, arm, seed, first, subjects, values, lost, here, threads) -> np.ndarray:
    """Fill the endpoints of a stretch of subjects; (left, failed, unphysical, below, infusate) among them."""
    visits, count = np.array(trial.visits), subjects.n
    found = course(trial, arm, subjects, visits, _windows(trial), threads)
    leaves = leaving_times(trial.dropout, seed, first, count)
    levels = measured(found.levels, visits, trial.error, seed, first)
    expands = expansion_counts(trial, arm_regimen(trial, arm)) and trial.repeat != "superposition"
    for endpoint in trial.endpoints:
        value = _value(trial, endpoint, found, levels, visits, leaves, seed, first, expands)
        if endpoint.kind == "persistence":
            value, lost[endpoint.name][here] = value
        values[endpoint.name][here] = value
    failed = _failed(found, levels)
    primary = trial.endpoints[0]
    left = (leaves < last_day(trial, primary)) & ~failed
    below = ~(levels >= (trial.limit or 0.0)).any(axis=1) & ~failed if len(visits) else np.zeros(count, bool)
    windows = {trial.window_of(e) for e in trial.endpoints if _on_peak(e)} & found.infusate.keys()
    peaks = [found.infusate[window] for window in windows]
    infusate = np.any(peaks, axis=0) & ~failed if peaks else np.zeros(count, bool)
    lost = failed & ~found.unphysical
    return np.array([left.sum(), lost.sum(), found.unphysical.sum(), below.sum(), infusate.sum()])


def _on_peak(endpoint: Endpoint) -> bool:
    return endpoint.kind == "cmax" or bool(endpoint.ec50 and endpoint.exposure == "cmax")


def _windows(trial: Trial) -> tuple[tuple[float, float], ...]:
    """Windows of the model's own exposures that some endpoint needs."""
    needed = [e for e in trial.endpoints if e.ec50 or (e.kind in LOGARITHMIC and not trial.visits)]
    if trial.visits and expansion_counts(trial, trial.doses or default_regimen(trial.model)):
        needed += [e for e in trial.endpoints if e.kind == "cmax"]  # to say where the infused cells are the peak
    return tuple(dict.fromkeys(trial.window_of(e) for e in needed))


def last_day(trial: Trial, endpoint: Endpoint) -> float:
    """When an endpoint of a subject is known: who leaves before is not evaluable (persistence: from the first
    visit on)."""
    if endpoint.kind == "persistence":
        return trial.visits[0]
    if endpoint.kind == "positive":
        return float(known(endpoint.day, "the day of the visit"))
    end = trial.window_of(endpoint)[1]
    if endpoint.ec50 or not trial.visits:
        return end if endpoint.day is None else endpoint.day
    return next((day for day in trial.visits if day >= end), end)


def _failed(found: Course, levels: np.ndarray) -> np.ndarray:
    parts = [np.isnan(levels).any(axis=1)] if levels.shape[1] else []
    return np.any([*parts, *(np.isnan(a) for a in found.areas.values())], axis=0)


def _value(trial: Trial, endpoint: Endpoint, found: Course, levels, visits, leaves, seed: int, first: int,
           expands: bool):  # fmt: skip
    """The endpoint of each subject, nan for who is not evaluable; (visit, lost) for persistence."""
    if endpoint.kind == "persistence":
        visit, lost = loss(levels, known(endpoint.above, "the level"), attended(visits, leaves))
        return np.where(visit < 0, np.nan, visit), lost
    gone = leaves < last_day(trial, endpoint)
    if endpoint.kind == "positive":
        level = levels[:, trial.visits.index(endpoint.day)]
        return np.where(gone | np.isnan(level), np.nan, level >= endpoint.above)
    window = trial.window_of(endpoint)
    if endpoint.ec50:
        exposure = (found.areas if endpoint.exposure == "auc" else found.peaks)[window]
        return np.where(gone | np.isnan(exposure), np.nan, _happens(endpoint, exposure, seed, first))
    if trial.visits:
        came, limit = attended(visits, leaves), trial.limit or 0.0
        day = in_a_day(trial.model.time_unit)
        since = after_infusate(levels, visits, limit, came, day) if expands and endpoint.kind == "cmax" else None
        area, peak = sampled_exposures(levels, visits, limit, window, came, since)
    else:
        area, peak = found.areas[window], found.peaks[window]
    exposure = area if endpoint.kind == "auc" else peak
    # an exposure of 0 has no logarithm
    return np.where(gone | ~(exposure > 0), np.nan, np.log(np.where(exposure > 0, exposure, 1.0)))


def _happens(endpoint: Endpoint, exposure: np.ndarray, seed: int, first: int) -> np.ndarray:
    """Whether the response, or a grade of at least `at_least`, happens: one uniform number of each subject
    decides."""
    ec50 = endpoint.ec50[endpoint.at_least - 1]
    chance = logistic(np.maximum(exposure, 1e-300), ec50, endpoint.slope, endpoint.link)
    return uniforms(seed, f"outcome {endpoint.name}", first, len(exposure)) < chance
