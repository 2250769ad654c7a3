"""Stochastic simulation in leaps, with deterministic large populations: for models too busy for one event at
a time.

A flow that touches only large populations, or only what is no number of cells (a concentration, a volume, a
level per uL),
follows its rate; every other one fires a Poisson number of times in a leap so short that no rate changes
much (Cao,
Gillespie & Petzold 2006, doi:10.1063/1.2159468), with rates at the middle of the leap (Gillespie 2001).
Where leaps would
hold few events, they are drawn one by one as in `gillespie`.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.random import check_seed, uniforms
from livingdrug.engine import ADD, RATE, Events
from livingdrug.models import Model, flows_of
from livingdrug.simulation.reactions import Reactions, reactions_of
from livingdrug.simulation.regimen import Regimen, check_regimen
from livingdrug.simulation.solve import subject_events

MAX_STEPS = 50_000
PACE = 1000  # steps after which the pace is looked at
HOPELESS = 1_000_000  # steps that a run would take at its pace, beyond which it is given up at once
SETTLED = 5_000  # steps before which a slow pace may be that of populations that fill up from nothing
FEW = 10.0  # events in a leap below which they are drawn one by one
STABLE = 0.25  # part of a population that may leave it in a leap, so that a fast balance does not overshoot
SHORTEST = 2e-5  # part of the horizon: shorter leaps are not taken for a level that is no count, such as one from nothing
CELLS = "cells"  # the unit of what is counted


@dataclass(frozen=True)
class Leaps:
    """Runs of one subject.

    counts: of every state at the times asked for, shape (runs, states, times); lowest: the smallest count of
    each state
    on the way, shape (runs, states).
    """

    counts: np.ndarray
    lowest: np.ndarray


def tau_leap(
    model: Model,
    times,
    runs: int = 1000,
    seed: int = 1,
    large: float = 10_000,
    epsilon: float = 0.02,
    regimen: Regimen | None = None,
) -> np.ndarray:
    """Every state of the typical subject at `times`, run by run, from the model's initial values.

    Parameters
    ----------
    model : Model
        Made of flows, with populations in cells. A fraction of a cell (of a start, a gain, an infusion) is a
        cell with that
        probability.
    times : array_like
        Increasing, from 0 on, in the model's time unit.
    runs : int
        How often.
    seed : int
        Of the random streams; the numbers of a run depend on seed and run alone.
    large : float
        Cells from which a population follows its rates; infinity: never.
    epsilon : float
        Largest relative change of a population in a leap.
    regimen : Regimen, optional
        Doses; none by default.

    Returns
    -------
    ndarray of shape (runs, states, times)
        Whole numbers where a population in cells is below `large`.

    Raises
    ------
    InputError
        For a closed form, a model without populations in cells, with events of its own or `extinct_below`;
        an epsilon
        outside 0.0001 to 0.2, a `large` below 100, times that do not increase.
    SolveError
        For more than 50,000 steps, or a pace at which it takes a million.
    """
    return leaps(model, times, runs, seed, large, epsilon, regimen).counts


def leaps(
    model: Model,
    times,
    runs: int,
    seed: int,
    large: float = 10_000,
    epsilon: float = 0.02,
    regimen: Regimen | None = None,
    values: dict[str, float] | None = None,
    subject: int = 0,
) -> Leaps:
    """As `tau_leap`, of any subject, with the lowest counts.

    values: its quantities after covariate effects, the typical ones by default; subject: its number, which
    names its
    random streams.
    """
    check_seed(seed)
    if not 1e-4 <= epsilon <= 0.2:
        raise InputError(f"epsilon is {epsilon:g}; it must be from 0.0001 to 0.2")
    if not large >= 100:
        raise InputError(f"a population counts as large from {large:g} cells; it must be 100 or more")
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or not len(times) or times[0] < 0 or (np.diff(times) <= 0).any():
        raise InputError("times must be given, from 0 on, and increase")
    reactions = reactions_of(model, values)
    system = flows_of(model)
    units = [s.unit for s in system.states]
    counted = np.array([unit == CELLS for unit in units])
    if not counted.any():
        raise InputError(
            f"`{model.full_name}`: no state is counted in cells (they are in {', '.join(sorted(set(units)))}), and only "
            "whole cells are born and die one by one"
        )
    events = Events.of(())
    if regimen is not None:
        check_regimen(model, regimen)
        events = subject_events(regimen, system, [reactions.values[q.name] for q in system.quantities])
    run = _Run(
        reactions,
        counted,
        events,
        times,
        runs,
        (seed, f"subject {subject} " if subject else ""),
        large,
        epsilon,
    )
    return run.through(model.full_name)


class _Draws:
    """Uniform numbers of one step, by purpose and run."""

    def __init__(self, stream: tuple[int, str], step: int, runs: int, going: np.ndarray) -> None:
        (self.seed, self.subject), self.step, self.runs, self.going = stream, step, runs, going

    def of(self, purpose: str) -> np.ndarray:
        return uniforms(self.seed, f"{self.subject}{purpose} {self.step}", 0, self.runs)[self.going]


class _Run:
    """All runs of a subject side by side: each takes a step in each turn, so that its numbers depend on no
    other run."""

    def __init__(
        self,
        reactions: Reactions,
        counted,
        events: Events,
        times,
        runs: int,
        stream,
        large: float,
        epsilon: float,
    ) -> None:
        self.reactions, self.counted, self.events, self.times = reactions, counted, events, times
        self.runs, self.stream, self.large, self.epsilon = runs, stream, large, epsilon
        self.before = 0.0
        switches = [at for at in reactions.switches if 0 < at <= times[-1]]
        self.stops = np.unique([0.0, *times, *switches, *events.time[events.time <= times[-1]]])
        touched = (reactions.change != 0) & counted
        self.touched = [np.flatnonzero(row) for row in touched]
        self.added, self.taken = np.maximum(reactions.change.T, 0.0), np.maximum(-reactions.change.T, 0.0)
        # what is no count may start from nothing: shorter leaps than this one are not needed for it
        self.shortest = np.where(counted, 0.0, SHORTEST * times[-1])[:, None]

    def through(self, name: str) -> Leaps:
        """Every run from 0 to the last time."""
        states, everyone = len(self.reactions.start), np.arange(self.runs)
        y = np.repeat(np.array(self.reactions.start, dtype=float)[:, None], self.runs, axis=1)
        y = self._whole(y, _Draws(self.stream, 0, self.runs, everyone), "start")
        counts, lowest = np.empty((self.runs, states, len(self.times))), y.copy()
        now, asked, inflow = np.zeros(self.runs), np.zeros(self.runs, dtype=int), np.zeros_like(y)
        here, step = everyone, 0
        while True:
            self._arrive(y, inflow, counts, here, asked[here], step)
            asked[here] += 1
            going = np.flatnonzero(asked < len(self.stops))
            if not len(going):
                return Leaps(counts, lowest.T)
            if step % PACE == 0:
                self._check_pace(name, step, float(now[going].min()))
            until = self.stops[asked[going]]
            left = until - now[going]
            draws = _Draws(self.stream, step, self.runs, going)
            y[:, going], dt = self._stepped(now[going], y[:, going], inflow[:, going], left, draws)
            lowest[:, going] = np.minimum(lowest[:, going], y[:, going])
            arrived = left - dt <= 1e-12 * until
            now[going] = np.where(arrived, until, now[going] + dt)
            here = going[arrived]
            step += 1

    def _check_pace(self, name: str, step: int, now: float) -> None:
        """Refuse a run that is too long, or plainly will be."""
        last, left = now - self.before, self.times[-1] - now
        if step >= MAX_STEPS or (step >= SETTLED and left > HOPELESS / PACE * last):
            raise SolveError(
                f"`{name}`: at time {now:g} some cells are so few and are replaced so fast that going on to "
                f"{self.times[-1]:g} takes too many steps; ask for an earlier time, or let fewer cells count as large"
            )
        self.before = now

    def _arrive(self, y, inflow, counts, here: np.ndarray, stop: np.ndarray, step: int) -> None:
        """Runs that have come to a stop: counts are read before a dose of that time, at time 0 after it."""
        for k in np.unique(stop):
            some = here[stop == k]
            read = np.flatnonzero(self.times == self.stops[k])
            if self.stops[k] > 0:
                counts[some[:, None], :, read] = y[:, some].T[:, None]
            self._give(y, inflow, float(self.stops[k]), some, step)
            if self.stops[k] == 0:
                counts[some[:, None], :, read] = y[:, some].T[:, None]

    def _give(self, y, inflow, time: float, some: np.ndarray, step: int) -> None:
        """Doses of a time."""
        given = np.flatnonzero(self.events.time == time)
        for i in given:
            state, value = self.events.state[i], self.events.value[i]
            if self.events.kind[i] == RATE:
                inflow[state, some] += value
            else:
                y[state, some] = value + (y[state, some] if self.events.kind[i] == ADD else 0.0)
        if len(given):
            y[:, some] = self._whole(y[:, some], _Draws(self.stream, step, self.runs, some), "given")

    def _stepped(self, now, y, inflow, left, draws: _Draws):
        """(states, time) after one step of every run: a leap, or one event."""
        change, rates = self.reactions.change, self.reactions.rates
        speed = rates(now, y)
        steady = np.array([(y[t] >= self.large).all(axis=0) for t in self.touched]).reshape(speed.shape)
        random = np.where(steady, 0.0, speed)
        total = np.abs(random).sum(axis=0)
        leap = np.minimum(self._longest(speed, inflow, y), left)
        single = leap * total < FEW
        dt = np.where(single, np.minimum(self._longest(speed - random, inflow, y), left), leap)
        fires = np.zeros(len(now), dtype=bool)
        if single.any():
            with np.errstate(divide="ignore"):
                wait = -np.log(draws.of("wait")) / total
            fires = single & (wait < dt)
            dt = np.where(fires, wait, dt)
        drift = change.T @ np.where(single, speed - random, speed) + inflow
        middle = rates(now + 0.5 * dt, np.maximum(y + 0.5 * dt * drift, 0.0))
        times = np.where(steady, middle * dt, 0.0)
        if not single.all():
            times += _poisson(np.where(steady | single, 0.0, middle * dt), draws)
        if fires.any():
            pick = draws.of("kind") * total
            chosen = (np.cumsum(np.abs(random), axis=0) <= pick).sum(axis=0).clip(max=len(change) - 1)
            one = (chosen[fires], np.flatnonzero(fires))
            times[one] += np.sign(random[one])
        # a leap that would take more cells than there are takes all
        after = np.maximum(y + change.T @ times + inflow * dt, 0.0)
        return self._whole(after, draws, "part"), dt

    def _longest(self, speed, inflow, y) -> np.ndarray:
        """The time in which no population is expected to change by more than epsilon of itself, or one
        cell."""
        change, counted = self.reactions.change, self.counted[:, None]
        drift, scatter = (
            np.abs(change.T @ speed + inflow),
            np.where(counted, (change.T**2) @ np.abs(speed), 0.0),
        )
        leaving = self.taken @ np.maximum(speed, 0.0) + self.added @ np.maximum(-speed, 0.0)
        may = np.maximum(self.epsilon * y, counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            bounds = [
                np.where(drift > 0, np.maximum(may / drift, self.shortest), np.inf),
                np.where(scatter > 0, may**2 / scatter, np.inf),
                np.where(
                    leaving > 0, np.maximum(STABLE * np.maximum(y, may) / leaving, self.shortest), np.inf
                ),
            ]
        return np.min(bounds, axis=(0, 1))

    def _whole(self, y: np.ndarray, draws: _Draws, purpose: str) -> np.ndarray:
        """Whole numbers of cells where few are left: a fraction of a cell is one with that probability."""
        few = self.counted[:, None] & (y < self.large)
        found = np.where(few, np.round(y), y)
        broken = few & (np.abs(y - found) > 1e-9)
        for i in np.flatnonzero(broken.any(axis=1)):
            part = draws.of(f"{purpose} {i}")
            found[i] = np.where(broken[i], np.floor(y[i] + part), found[i])
        return found


def _poisson(mean: np.ndarray, draws: _Draws) -> np.ndarray:
    """Poisson numbers with these means, by inversion: one uniform number each; of events the other way round
    below 0."""
    found, some = np.zeros_like(mean), mean != 0
    rows = np.flatnonzero(some.any(axis=1))
    if len(rows):
        u = np.array([draws.of(f"flow {i}") for i in rows])[some[rows]]
        found[some] = np.sign(mean[some]) * _inverse(u, np.abs(mean[some]))
    return found


def _inverse(u: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The smallest numbers whose Poisson probability of at most so many is u or more: from a guess, one by
    one."""
    from scipy.special import ndtri, pdtr

    z = ndtri(u)
    n = np.maximum(np.floor(mean + np.sqrt(mean) * z + (z * z - 1) / 6), 0.0)
    while True:
        up, down = pdtr(n, mean) < u, (n > 0) & (pdtr(np.maximum(n - 1, 0), mean) >= u)
        if not (up | down).any():
            return n
        n += np.where(up, 1.0, np.where(down, -1.0, 0.0))
