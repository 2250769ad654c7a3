"""Stochastic approximation expectation maximisation (SAEM).

Delyon, Lavielle & Moulines 1999 (Ann Stat 27:94-128); Kuhn & Lavielle 2005 (Comput Stat Data Anal
49:1020-1038); values below the limit as in Samson, Lavielle & Mentre 2006 (Comput Stat Data Anal
51:1562-1574), with the expectation of the censored residuals in place of draws of them. Variances fall slowly
at first (simulated annealing), to leave a bad start.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.fit.point import Point, Prepared, centre, everything, point_of, with_etas
from livingdrug.fit.sampling import Chains, first_chains, generator, refreshed, sweep
from livingdrug.fit.unknowns import Unknowns, unknowns_of
from livingdrug.fit.updates import (
    Linear,
    closed_residuals,
    linear_of,
    means,
    new_omega,
    regression,
    residual_squares,
    scored_effects,
    scored_outcomes,
    scored_residuals,
)

ENOUGH, ENOUGH_SOLVED = 60, 100  # subjects with their copies: of formulas, and of equations that are solved
WIDE = 1.0  # an omega on a log or logit scale that the search begins with, at least
EVERY = 2.0  # s between saved states


@dataclass(frozen=True)
class SaemSettings:
    """Settings. exploration: iterations that search; smoothing: iterations whose statistics are averaged;
    chains: copies of each subject (by default as many as make ENOUGH); annealing: part of a variance that
    an iteration keeps at least during the exploration."""

    exploration: int = 250
    smoothing: int = 100
    chains: int | None = None
    annealing: float = 0.95

    def __post_init__(self) -> None:
        if self.exploration < 1 or self.smoothing < 1 or (self.chains is not None and self.chains < 1):
            raise InputError(
                "SAEM needs at least one iteration of exploration, one of smoothing, and one chain"
            )

    @property
    def iterations(self) -> int:
        """All iterations."""
        return self.exploration + self.smoothing

    def copies(self, n: int, closed: bool) -> int:
        """Chains for n subjects of a model given by formulas, or by equations."""
        return self.chains or max(1, -(-(ENOUGH if closed else ENOUGH_SOLVED) // n))

    def gain(self, k: int) -> float:
        """Weight of iteration k (from 0) in the averages."""
        return 1.0 if k < self.exploration else 1.0 / (k - self.exploration + 1)


@dataclass(frozen=True)
class State:
    """Where a run stands after `done` iterations; all that is needed to go on. s1, s2, s3: averaged
    statistics; mean, square: averages of eta and its square over the smoothing; trace: a row for each
    iteration: seconds, -2 log-likelihood of the data given the etas, the estimated numbers."""

    done: int
    point: Point
    chains: Chains
    s1: np.ndarray
    s2: np.ndarray
    s3: np.ndarray
    mean: np.ndarray
    square: np.ndarray
    trace: np.ndarray


def begin(prepared: Prepared, settings: SaemSettings, wide: bool = True) -> State:
    """The state before the first iteration: variabilities wide, or as they are where the search is to look
    around an optimum, which may be one among others only with variabilities about as large as there."""
    point = point_of(prepared.problem)
    random = prepared.problem.random
    if wide:
        by = np.array([1.0 if p.sd_fixed or p.scale == "normal" else max(WIDE / p.sd, 1.0) for p in random])
        point = point._replace(omega=point.omega * by[:, None] * by)
    r, n = len(random), prepared.design.n
    return State(
        0, point, first_chains(prepared, point), np.zeros((n, r)), np.zeros((r, r)), np.zeros(len(point.a)),
        np.zeros((n, r)), np.zeros((n, r)), np.empty((0, 2 + unknowns_of(prepared.problem).size)),
    )  # fmt: skip


def run(
    prepared: Prepared, settings: SaemSettings, seed: int, state: State | None = None,
    progress: Callable[[int, int, float], None] | None = None, save: Callable[[State], None] | None = None,
) -> State:  # fmt: skip
    """Iterate to the end, from `state` if one is given. progress(done, all, objective); save(state) now
    and then, and when the run is interrupted."""
    unknowns = unknowns_of(prepared.problem)
    linear = linear_of(prepared, unknowns)
    state = state or begin(prepared, settings)
    started, saved = time.monotonic(), time.monotonic()
    before = state.trace[-1, 0] if len(state.trace) else 0.0
    rows = [*state.trace]
    try:
        while state.done < settings.iterations:
            state = _iterate(prepared, settings, unknowns, linear, seed, state)
            objective = -2 * state.chains.total.sum() / prepared.copies
            rows.append(
                np.array([before + time.monotonic() - started, objective, *unknowns.vector(state.point)])
            )
            if progress:
                progress(state.done, settings.iterations, objective)
            if save and time.monotonic() - saved > EVERY:
                save(replace(state, trace=np.array(rows)))
                saved = time.monotonic()
    except KeyboardInterrupt:
        if save:
            save(replace(state, trace=np.array(rows[: state.done])))
        raise
    state = replace(state, trace=np.array(rows))
    if save:
        save(state)  # what follows takes longer than a short search, and may be interrupted too
    return state


def _iterate(
    prepared: Prepared, settings: SaemSettings, unknowns: Unknowns, linear: Linear, seed: int, state: State
) -> State:
    """One iteration: draw, average, maximise."""
    k, point = state.done, state.point
    gain = settings.gain(k)
    tuning = 0.15 if k < settings.exploration else 0.15 / (k - settings.exploration + 1) ** 0.6
    random = generator(seed, f"saem {k}")
    chains = sweep(prepared, point, state.chains, random, tuning, 2 if k < 20 else 1)
    middle = means(prepared, point)
    phi = np.tile(middle, (prepared.copies, 1)) + chains.etas
    by_copy = phi.reshape(prepared.copies, prepared.design.n, -1)
    s1 = state.s1 + gain * (by_copy.mean(axis=0) - state.s1)
    s2 = state.s2 + gain * (phi.T @ phi / prepared.copies - state.s2)
    s3 = state.s3 + gain * (residual_squares(prepared, point, chains.f) - state.s3)
    kept = settings.annealing if k < settings.exploration else 0.0
    moved = regression(prepared, linear, point, s1)
    moved = moved._replace(omega=new_omega(prepared, unknowns, moved, s1, s2, kept))
    moved = closed_residuals(prepared, moved, s3, kept)
    moved = scored_residuals(prepared, unknowns, moved, chains.f, gain)
    moved = scored_outcomes(prepared, moved, chains.f, gain)
    before = moved
    moved = scored_effects(prepared, unknowns, linear, moved, chains.etas, chains.f, gain)
    etas = phi - np.tile(means(prepared, moved), (prepared.copies, 1))
    chains = replace(chains, etas=etas)
    f = None
    if moved is not before:
        f = everything(prepared, with_etas(prepared, centre(prepared, moved), etas))
    chains = refreshed(prepared, moved, chains, f)
    mean, square = state.mean, state.square
    if k >= settings.exploration:
        own = etas.reshape(prepared.copies, prepared.design.n, -1)
        weight = 1.0 / (k - settings.exploration + 1)
        mean = mean + weight * (own.mean(axis=0) - mean)
        square = square + weight * ((own**2).mean(axis=0) - square)
    return State(k + 1, moved, chains, s1, s2, s3, mean, square, state.trace)


def drift(state: State, settings: SaemSettings) -> np.ndarray:
    """How far each estimated number moved over the last quarter of the smoothing."""
    last = state.trace[-max(settings.smoothing // 4, 1) :, 2:]
    return np.abs(last[-1] - last[0])


