"""Cure as a matter of probability: the last cells of a population, one by one.

A population that falls below some cells is followed as a birth and death process from then on; all others
follow the deterministic course. Where births and deaths are proportional to the population, the probability
that it dies out has a closed form (Kendall 1948): with rho the integral of deaths minus births per cell and I
that of deaths x exp(rho), P(extinct by t) = (1 - 1/(1 + I(t)))^n. `simulate_cure` draws the same process
event by event, as a check and for times.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.conventions import NOT_KNOWN
from livingdrug.core.errors import InputError
from livingdrug.core.expressions import MAX_LENGTH, linear_coefficient, names
from livingdrug.core.names import unknown
from livingdrug.core.proportion import clopper_pearson
from livingdrug.core.random import check_seed, uniforms
from livingdrug.models import ClosedForm, Flow, Model, Output, flows_of
from livingdrug.simulation.population import Subjects, typical_subject
from livingdrug.simulation.regimen import Regimen
from livingdrug.simulation.run import simulate

STEP = 0.1  # of the grid on which rates are taken, in the model's time unit
ESCAPED = 1000  # cells from which a growing population no longer dies out: below (deaths/births)^1000
BIRTH, DEATH, COUNT = "births_per_cell", "deaths_per_cell", "cells_followed"


@dataclass(frozen=True)
class Course:
    """Rates of one subject from the moment on at which few cells are left.

    Attributes
    ----------
    start : float
        That time, infinity where the population never falls so low.
    cells : int
        How many are left.
    times : ndarray
        A grid from `start` on.
    births, deaths : ndarray
        Per cell and time, at the middle of each step of the grid, shape (len(times) - 1,).
    """

    start: float
    cells: int
    times: np.ndarray
    births: np.ndarray
    deaths: np.ndarray

    def extinct_by(self, time: float) -> float:
        """Probability that the population has died out by a time (exact)."""
        if not self.start < time:
            return 0.0
        width = np.clip(time - self.times[:-1], 0.0, np.diff(self.times))
        net = np.concatenate([[0.0], np.cumsum((self.deaths - self.births) * width)])
        # the integral of deaths x exp(rho) over a step of constant rates
        slope = (self.deaths - self.births) * width
        inside = np.where(np.abs(slope) > 1e-12, np.expm1(slope) / np.where(slope == 0, 1.0, slope), 1.0)
        total = float(np.sum(self.deaths * width * np.exp(np.minimum(net[:-1], 700.0)) * inside))
        return float((total / (1.0 + total)) ** self.cells)


@dataclass(frozen=True)
class Cures:
    """Runs of one subject, event by event.

    Attributes
    ----------
    course : Course
        The rates it was drawn with.
    cured_at : ndarray
        Time at which the last cell died, infinity where it did not.
    escaped_at : ndarray
        Time at which ESCAPED cells were reached; both of shape (runs,).
    """

    course: Course
    cured_at: np.ndarray
    escaped_at: np.ndarray

    def probability(self, by: float = np.inf) -> tuple[float, float, float]:
        """Part of the runs that are cured by a time, with its exact 95 % interval (Clopper-Pearson)."""
        n, cured = len(self.cured_at), int((self.cured_at <= min(by, 1e300)).sum())
        return cured / n, *clopper_pearson(cured, n, 0.95)


def courses(
    model: Model,
    subjects: Subjects | None = None,
    regimen: Regimen | Sequence | None = None,
    state: str = "tumour",
    below: int = 100,
    until: float = 1000.0,
) -> list[Course]:
    """Rates of every subject from the first time on at which `state` has fewer than `below` cells.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    subjects : Subjects, optional
        Virtual subjects; the typical one by default.
    regimen : Regimen or Sequence, optional
        The doses; those of the model's first experiment by default.
    state : str, optional
        A population in cells.
    below : int, optional
        Number of cells below which they are followed.
    until : float, optional
        Horizon in the model's time unit; a population that has grown beyond all bounds before ends the course
        there.

    Returns
    -------
    sequence of Course

    Raises
    ------
    InputError
        For an unknown state, one not in cells, and one whose gains or losses are not proportional to it.
    """
    watched = _watched(model, state)
    times = np.arange(0.0, until + STEP / 2, STEP)
    middle = times[:-1] + STEP / 2
    at = np.union1d(times, middle)
    subjects = subjects or typical_subject(model)
    run = simulate(watched, subjects, regimen, at, float(at[-1]), [COUNT, BIRTH, DEATH], rtol=1e-8)
    for i in run.uncomputed:
        if "left the finite range" not in run.reason[i]:
            raise InputError(f"`{model.full_name}`, subject {i + 1}: {run.reason[i]}")
    return [_course(at, times, run.values[i], below) for i in range(subjects.n)]


def _course(at: np.ndarray, times: np.ndarray, values: np.ndarray, below: int) -> Course:
    known = np.isfinite(values).all(axis=0)
    at, (count, births, deaths) = at[known], values[:, known]
    # growth below 0, as above a capacity, takes cells
    births, deaths = np.maximum(births, 0) + np.maximum(-deaths, 0), np.maximum(deaths, 0) + np.maximum(-births, 0)
    times = times[times <= at[-1]]
    low = np.flatnonzero(count < below)
    nothing = np.array([])
    if not len(low):
        return Course(np.inf, below, nothing, nothing, nothing)
    i = low[0]
    if i == 0:  # few from the start: as many as there are
        return Course(0.0, int(round(count[0])), times, np.interp(times[:-1] + STEP / 2, at, births),
                      np.interp(times[:-1] + STEP / 2, at, deaths))  # fmt: skip
    # the logarithm of a population falls nearly along a line between two points of the grid
    part = np.log(count[i - 1] / below) / np.log(count[i - 1] / count[i])
    start = float(at[i - 1] + part * (at[i] - at[i - 1]))
    grid = np.concatenate([[start], times[times > start]])
    centre = (grid[:-1] + grid[1:]) / 2
    return Course(start, below, grid, np.interp(centre, at, births), np.interp(centre, at, deaths))


def _watched(model: Model, name: str) -> Model:
    """The model with the rates per cell of a population as its only outputs."""
    if isinstance(model.structure, ClosedForm):
        raise InputError(
            f"`{model.full_name}` is a closed form without populations; take a model made of flows"
        )
    system = flows_of(model)
    states = {s.name: s for s in system.states}
    if name not in states:
        raise InputError(f"`{model.full_name}`: " + unknown("state", name, states))
    if states[name].unit != "cells":
        raise InputError(
            f"`{model.full_name}`: `{name}` is in {states[name].unit}; only whole cells die out one by one"
        )
    gains = [_per_cell(model, flow, name) for flow in system.flows if flow.into == name]
    losses = [_per_cell(model, flow, name) for flow in system.flows if flow.out_of == name]
    rate = f"1/{system.time_unit}"
    outputs = (
        Output(COUNT, name, "cells", "cells of the population"),
        Output(BIRTH, " + ".join(gains) or "0", rate, "births"),
        Output(DEATH, " + ".join(losses) or "0", rate, "deaths"),
    )
    watched = replace(model)
    watched.__dict__["system"] = replace(system, outputs=outputs)
    return watched


def _per_cell(model: Model, flow: Flow, name: str) -> str:
    if flow.event and (flow.event == NOT_KNOWN or linear_coefficient(flow.rate, flow.event) != "1"):
        raise InputError(
            f"`{model.full_name}`: flow `{flow.name}` is no event of one cell at a time (the file has a rate rule, or a "
            "reaction of several), so cells do not die one by one; no probability of cure is computed"
        )
    made = linear_coefficient(_written_out(model, flow.rate, name), name)
    if made is None or flow.gain != "1":
        raise InputError(
            f"`{model.full_name}`: flow `{flow.name}` is not proportional to `{name}`, so its cells do not "
            "die one by one independently; no probability of cure is computed"
        )
    return f"({made})"


def _written_out(model: Model, rate: str, name: str) -> str:
    """A rate in which definitions that hold a population are written out, as an SBML file has the laws of
    its reactions."""
    holding: dict[str, str] = {}
    for definition in model.system.definitions:  # in an order in which each names only earlier ones
        text = _put_in(definition.expression, holding)
        if name in names(text) and len(text) <= MAX_LENGTH:
            holding[definition.name] = text
    return _put_in(rate, holding)


def _put_in(text: str, holding: dict[str, str]) -> str:
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda word: f"({holding[word[0]]})" if word[0] in holding else word[0], text)


def cure_probability(model: Model, by: float = 1000.0, subjects: Subjects | None = None, **how) -> np.ndarray:
    """Probability that the population of every subject has died out by a time, shape (subjects,).

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    by : float, optional
        A time, in the model's time unit.
    subjects : Subjects, optional
        Virtual subjects; the typical one by default.
    how
        As in `courses`.

    Returns
    -------
    ndarray
    """
    return np.array([course.extinct_by(by) for course in courses(model, subjects, until=by, **how)])


def simulate_cure(model: Model, runs: int = 1000, seed: int = 1, **how) -> Cures:
    """The typical subject's last cells drawn event by event (Gillespie's direct method, rates constant over a
    step).

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    runs : int, optional
        How often.
    seed : int, optional
        Of the random streams; the numbers of a run depend on seed and run alone.
    how
        As in `courses`.

    Returns
    -------
    Cures
    """
    check_seed(seed)
    (course,) = courses(model, **how)
    return _drawn(course, runs, seed)


def _drawn(course: Course, runs: int, seed: int) -> Cures:
    cured, escaped = np.full(runs, np.inf), np.full(runs, np.inf)
    if not np.isfinite(course.start):
        return Cures(course, cured, escaped)
    time, cells = np.full(runs, course.start), np.full(runs, course.cells)
    place, going, event = np.zeros(runs, dtype=int), np.arange(runs), 0
    while len(going):
        k, n = place[going], cells[going]
        births, deaths, end = course.births[k], course.deaths[k], course.times[k + 1]
        waiting = -np.log(uniforms(seed, f"wait {event}", 0, runs)[going]) / np.maximum(
            (births + deaths) * n, 1e-300
        )
        born = uniforms(seed, f"kind {event}", 0, runs)[going] * (births + deaths) < births
        event += 1
        # past the end of a step nothing has happened, and the waiting starts anew: it has no memory
        happens = time[going] + waiting < end
        time[going] = np.where(happens, time[going] + waiting, end)
        cells[going] = n + np.where(happens, np.where(born, 1, -1), 0)
        place[going] = k + ~happens
        gone, many = cells[going] == 0, cells[going] >= ESCAPED
        cured[going[gone]], escaped[going[many]] = time[going[gone]], time[going[many]]
        going = going[~(gone | many | (place[going] >= len(course.births)))]
    return Cures(course, cured, escaped)
