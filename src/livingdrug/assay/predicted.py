"""Courses of a design that was not run, with bands, and numbers of a construct that no design is needed
for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.course import ABSENT, Course, Steps
from livingdrug.assay.laws import EFFECTORS, EXHAUSTED, HALF_LIFE, TARGETS, rates_of
from livingdrug.assay.ranking import draws_of
from livingdrug.assay.rates import AT_MOST, DETERMINED, LEVEL, Estimates
from livingdrug.core.errors import InputError
from livingdrug.models import flows_of

DRAWS = 400
DAY = 24.0


@dataclass(frozen=True)
class Question:
    """A design of an assay.

    Attributes
    ----------
    effectors, targets : float
        Cells at the start.
    rounds : int
        Number of rounds of stimulation.
    hours : float
        h of a round.
    added : float
        Targets added at the end of each round but the last.
    kept : float
        Fraction of the cells that goes on to the next round.
    """

    effectors: float
    targets: float
    rounds: int = 1
    hours: float = 24.0
    added: float = 0.0
    kept: float = 1.0

    def __post_init__(self) -> None:
        for name in ("effectors", "targets", "hours", "added", "kept"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"{name} of a design is {value:g}; it must be finite and not negative")
        if not (1 <= self.rounds <= 50 and self.hours > 0 and 0 < self.kept <= 1):
            raise InputError(
                "a design has 1 to 50 rounds of more than 0 h, and keeps a fraction above 0 and at most 1"
            )

    def steps(self) -> Steps:
        """What is done at the ends of rounds."""
        n = self.rounds - 1
        times = self.hours * np.arange(1, self.rounds)
        return Steps(times, np.full(n, self.kept), np.full(n, self.added), np.zeros(n))


@dataclass(frozen=True)
class Band:
    """A course with its interval.

    Attributes
    ----------
    group : str
        Construct (or other group of wells) whose course it is.
    times : ndarray
        Hours from the start.
    targets, effectors : ndarray, shape (3, times)
        Lower end, median, upper end.
    died : float
        Part of the draws in which a population fell below one cell and, by the equations alone, would have
        come back: there it stays dead.
    """

    group: str
    times: np.ndarray
    targets: np.ndarray
    effectors: np.ndarray
    died: float = 0.0

    def table(self):
        """pandas table in long form."""
        import pandas as pd

        parts = []
        for name in ("targets", "effectors"):
            low, middle, high = getattr(self, name)
            parts.append(
                pd.DataFrame(
                    {
                        "group": self.group,
                        "time_h": self.times,
                        "cells": name,
                        "low": low,
                        "median": middle,
                        "high": high,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)


def usual(estimates: Estimates) -> Question:
    """The design of the plate that was fitted: one effector per target, its rounds.

    Parameters
    ----------
    estimates : Estimates
        Rates of a fit, see `estimates_of`.

    Returns
    -------
    Question
    """
    d = estimates.design
    steps = d["steps"]
    hours = steps[0][0] if steps else min(d["until"], DAY)
    added = steps[0][2] if steps else d["targets"]
    kept = steps[0][1] if steps else 1.0
    return Question(d["targets"], d["targets"], len(steps) + 1, hours, added, kept)


def drawn_rates(
    estimates: Estimates, group: str, draws: np.ndarray, donor: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Values of every rate of a group for draws (count, rates) of `ranking.draws_of`.

    donor (count, rates): logarithms by which a new donor differs. Raises InputError where a rate that is
    needed is not known."""
    found = {}
    for name in rates_of(estimates.model):
        if name in estimates.fixed:
            found[name] = np.full(len(draws), estimates.fixed[name])
            continue
        rate = estimates.of(name, group)
        if rate.status not in (DETERMINED, AT_MOST):
            raise InputError(
                f"`{rate.name}` is not determined by the readings, so nothing can be predicted for `{group}`"
            )
        at = draws[:, estimates.rates.index(rate)]
        if rate.status == AT_MOST:  # as good as 0: anything below the upper end
            at = np.minimum(at, np.log(rate.high) if rate.log else rate.high)
        value = np.exp(np.clip(at, -60, 60)) if rate.log else at
        found[name] = value if donor is None else value * np.exp(donor[:, estimates.rates.index(rate)])
    return found


def new_donors(estimates: Estimates, count: int, seed: int) -> np.ndarray:
    """Logarithms by which donors that were not on the plate differ, (count, rates); the same for all
    groups."""
    from livingdrug.core.random import stream_key

    rng = np.random.default_rng(stream_key(seed, "assay donors"))
    names = dict.fromkeys(r.rate for r in estimates.rates)
    drawn = {name: rng.normal(0, 1, count) * estimates.donors.get(name, 0.0) for name in names}
    return np.stack([drawn[r.rate] for r in estimates.rates], axis=1)


def run(
    estimates: Estimates, values: dict[str, np.ndarray], question: Question, times: np.ndarray
) -> np.ndarray:
    """Cells (draws, times, 2): effectors and targets of a design, exhausted effectors counted with the
    others."""
    n = len(next(iter(values.values())))
    return _solved(estimates, values, question, times, (question.steps(),) * n)


def run_to_death(
    estimates: Estimates, values: dict[str, np.ndarray], question: Question, times: np.ndarray
) -> tuple[np.ndarray, float]:
    """The same where less than one cell is none: a population that the equations let come back from less
    than one cell, with none added, stays dead. And the part of the draws in which that is so. Seen at
    `times`."""
    n = len(next(iter(values.values())))
    steps = [question.steps()] * n
    cells, ever = _solved(estimates, values, question, times, tuple(steps)), np.zeros(n, dtype=bool)
    populations = (1,) if any(s.name == EXHAUSTED for s in flows_of(estimates.model).states) else (1, 0)
    for _ in range(2 * question.rounds):
        again = {}
        for which in populations:
            ends = question.steps().time if which == 1 and question.added else np.array([])
            for w, time in _returns(cells[:, :, which], times, ends):
                again[w] = min(again.get(w, (np.inf, 0)), (time, which))
        if not again:
            break
        for w, (time, which) in again.items():
            steps[w] = steps[w].with_death(time, which)
        own = np.array(sorted(again))
        ever[own] = True
        mine = {name: value[own] for name, value in values.items()}
        cells[own] = _solved(estimates, mine, question, times, tuple(steps[w] for w in own))
    return cells, float(ever.mean())


def _returns(cells: np.ndarray, times: np.ndarray, ends: np.ndarray) -> list[tuple[int, float]]:
    """(draw, time) of the first fall below one cell from which a course comes back before cells are added
    at `ends`."""
    found = []
    for begin, end in zip([-np.inf, *ends], [*ends, np.inf], strict=True):
        mine = (times > begin) & (times <= end)
        own, when = cells[:, mine], times[mine]
        low = own < 1
        later = np.maximum.accumulate(low, axis=1) & ~low
        for w in np.flatnonzero(later.any(axis=1)):
            found.append((int(w), float(when[low[w].argmax()])))
    return found


def _solved(
    estimates: Estimates, values, question: Question, times: np.ndarray, steps: tuple[Steps, ...]
) -> np.ndarray:
    n = len(steps)
    course = Course(estimates.model, steps, (times,) * n)
    start = np.zeros((n, len(course.states)))
    start[:, course.states.index(EFFECTORS)] = max(question.effectors, ABSENT)
    start[:, course.states.index(TARGETS)] = max(question.targets, ABSENT)
    given = dict(values)
    if question.targets <= ABSENT:
        given["growth"] = np.zeros(n)
    if any(q.name == "dex_level" for q in estimates.model.quantities):
        given |= {"dex_level": np.zeros(n), "dex_loss": np.full(n, np.log(2) / HALF_LIFE)}
    cells = course.solve(given, start, rtol=1e-6).cells.reshape(n, len(times), -1)
    effectors = cells[:, :, course.states.index(EFFECTORS)]
    if EXHAUSTED in course.states:
        effectors = effectors + cells[:, :, course.states.index(EXHAUSTED)]
    return np.stack([effectors, cells[:, :, course.states.index(TARGETS)]], axis=2)


def predict_courses(
    estimates: Estimates,
    question: Question,
    groups: Sequence[str] = (),
    every: float = 1.0,
    new_donor: bool = False,
    count: int = DRAWS,
    seed: int = 1,
) -> list[Band]:
    """Courses of a design that was not run, with 95 % bands.

    Parameters
    ----------
    estimates : Estimates
        Of a fit.
    question : Question
        The design.
    groups : sequence of str
        Whose courses; all where it is empty.
    every : float
        h between the times; the value at the end of a round is before cells are added.
    new_donor : bool
        Whether the band is that of a donor who was not on the plate, rather than of the mean of donors.
    count, seed : int
        Number of draws, and the seed of their random numbers.

    Raises
    ------
    InputError : an unknown group, or one with a rate that is not determined
    """
    draws = draws_of(estimates, count, seed, differences=False)
    donor = new_donors(estimates, count, seed) if new_donor else None
    end = question.hours * question.rounds
    times = np.unique(np.append(np.arange(0.0, end, every), end))
    found = []
    for group in groups or estimates.groups or ("",):
        cells, died = run_to_death(estimates, drawn_rates(estimates, group, draws, donor), question, times)
        ends = (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2)
        effectors, targets = (np.nanquantile(cells[:, :, k], ends, axis=0) for k in (0, 1))
        found.append(Band(group, times, targets, effectors, died))
    return found
