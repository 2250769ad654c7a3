"""Stochastic simulation in leaps, with deterministic large populations: for models too busy for one event at a time.

A flow between states that all hold many cells follows its rate; every other one fires a Poisson number of times in a leap so
short that no rate changes much (Cao, Gillespie & Petzold 2006, doi:10.1063/1.2159468), with rates at the middle of the leap
(Gillespie 2001). Where leaps would hold few events, they are drawn one by one as in `gillespie`.
"""

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.random import check_seed, uniforms
from livingdrug.models import Model
from livingdrug.simulation.gillespie import reactions_of

MAX_STEPS = 200_000
FEW = 10.0  # events in a leap below which they are drawn one by one


def tau_leap(
    model: Model, times, runs: int = 1000, seed: int = 1, large: float = 10_000, epsilon: float = 0.02
) -> np.ndarray:
    """Counts of every state at `times`, from the model's initial values, without doses.

    Parameters
    ----------
    model : Model
        Made of flows whose gains and starts are whole numbers.
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

    Returns
    -------
    ndarray of shape (runs, states, times)
        Whole numbers where a population is below `large`.

    Raises
    ------
    InputError
        As `gillespie`, and for an epsilon outside 0.0001 to 0.2 or times that do not increase.
    SolveError
        For more than 200,000 steps.
    """
    check_seed(seed)
    if not 1e-4 <= epsilon <= 0.2:
        raise InputError(f"epsilon is {epsilon:g}; it must be from 0.0001 to 0.2")
    if not large >= 100:
        raise InputError(f"a population counts as large from {large:g} cells; it must be 100 or more")
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or not len(times) or times[0] < 0 or (np.diff(times) <= 0).any():
        raise InputError("times must be given, from 0 on, and increase")
    rates, change, start = reactions_of(model)
    y = np.repeat(np.array(start, dtype=float)[:, None], runs, axis=1)
    found = np.empty((runs, len(start), len(times)))
    now, asked, step = np.zeros(runs), np.zeros(runs, dtype=int), 0
    if times[0] == 0:
        found[:, :, 0], asked = y.T, asked + 1
    going = np.flatnonzero(asked < len(times))
    while len(going):  # every run takes a step in each turn, so that its numbers depend on no other run
        if step >= MAX_STEPS:
            raise SolveError(f"`{model.full_name}`: more than {MAX_STEPS:,} steps; ask for an earlier time")
        until = times[asked[going]]
        left = until - now[going]
        y[:, going], dt = _stepped(
            rates, change, y[:, going], left, _Draws(seed, step, runs, going), large, epsilon
        )
        arrived = left - dt <= 1e-12 * until
        now[going] = np.where(arrived, until, now[going] + dt)
        there = going[arrived]
        found[there, :, asked[there]] = y[:, there].T
        asked[there] += 1
        going = going[asked[going] < len(times)]
        step += 1
    return found


class _Draws:
    """Uniform numbers of one step, by purpose and run."""

    def __init__(self, seed: int, step: int, runs: int, going: np.ndarray) -> None:
        self.seed, self.step, self.runs, self.going = seed, step, runs, going

    def of(self, purpose: str) -> np.ndarray:
        return uniforms(self.seed, f"{purpose} {self.step}", 0, self.runs)[self.going]


def _stepped(rates, change, y, left, draws: _Draws, large: float, epsilon: float):
    """(counts, time) after one step of every run: a leap, or one event."""
    speed = np.maximum(rates(y), 0.0)
    touched = change != 0
    steady = np.array([(y[t] >= large).all(axis=0) if t.any() else np.ones(y.shape[1], bool) for t in touched])
    chance = np.where(steady, 0.0, speed)
    total = chance.sum(axis=0)
    leap = np.minimum(_longest(speed, change, y, epsilon), left)
    single = leap * total < FEW
    dt = np.where(single, np.minimum(_longest(speed - chance, change, y, epsilon), left), leap)
    with np.errstate(divide="ignore"):
        wait = -np.log(draws.of("wait")) / total
    fires = single & (wait < dt)
    dt = np.where(fires, wait, dt)
    middle = np.maximum(rates(np.maximum(y + 0.5 * dt * (change.T @ speed), 0.0)), 0.0)
    counts = np.where(steady, middle * dt, 0.0)
    if not single.all():
        counts += _poisson(np.where(steady | single, 0.0, middle * dt), draws)
    pick = draws.of("kind") * total
    chosen = (np.cumsum(chance, axis=0) <= pick).sum(axis=0).clip(max=len(change) - 1)
    counts[chosen[fires], np.flatnonzero(fires)] += 1
    after = np.maximum(y + change.T @ counts, 0.0)  # a leap that would take more cells than there are takes all
    return np.where(after < large, np.round(after), after), dt


def _longest(speed, change, y, epsilon: float) -> np.ndarray:
    """The time in which no population is expected to change by more than epsilon of itself, or one cell."""
    drift, spread = np.abs(change.T @ speed), (change.T**2) @ speed
    may = np.maximum(epsilon * y, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.minimum(may / drift, may**2 / spread)
    return np.where(np.isfinite(bound), bound, np.inf).min(axis=0)


def _poisson(mean: np.ndarray, draws: _Draws) -> np.ndarray:
    """Poisson numbers with these means, by inversion: one uniform number each."""
    from scipy.stats import poisson

    found = np.zeros_like(mean)
    for i, row in enumerate(mean):
        some = row > 0
        if some.any():
            found[i, some] = poisson.ppf(draws.of(f"flow {i}")[some], row[some])
    return found
