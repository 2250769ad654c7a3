"""How well the data determine a number: its profile likelihood, and refits of resampled subjects."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.shown import Shown
from livingdrug.fit.climb import climb
from livingdrug.fit.limits import beside_others, cutoff
from livingdrug.fit.modes import find_modes
from livingdrug.fit.point import point_of, prepare
from livingdrug.fit.result import FitResult
from livingdrug.fit.sampling import generator
from livingdrug.fit.unknowns import unknowns_of
from livingdrug.fit.walk import ASTRAY, Higher, Walk, profile_draws

RISE = 3.841459  # of -2LL at the ends of a 95 % interval, of many subjects


@dataclass(frozen=True)
class Profile:
    """-2LL of the best fit with one number held.

    Attributes
    ----------
    name : str
        Of the number.
    values : ndarray, shape (k,)
        As reported, in order.
    rise : ndarray, shape (k,)
        Of -2LL above its least.
    lower, upper : float or None
        Where it crosses the 95 % level, None where it does not within the steps.
    words : str
        What that says.
    fall : float
        That level, the one that the fit's own profiles end at.
    """

    name: str
    values: np.ndarray
    rise: np.ndarray
    lower: float | None
    upper: float | None
    words: str
    fall: float = RISE


def profile(result: FitResult, name: str, seed: int = 1) -> Profile:
    """Profile likelihood of an estimated number around its estimate, by the steps of the fit's own profiles
    (`fit.walk`); all others are fitted anew at every step.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    name : str
        Of the number.
    seed : int, optional
        Of the random streams.

    Returns
    -------
    Profile

    Raises
    ------
    InputError
        For a number that was not estimated, and for a fit far from the top of its likelihood.
    """
    problem = result.problem
    unknowns = unknowns_of(problem)
    if name not in unknowns.names:
        raise InputError("profile: " + unknown("estimated number", name, unknowns.names))
    k = unknowns.names.index(name)
    prepared, base = prepare(problem), point_of(problem)
    top = climb(prepared, base, seed, result.individuals.etas)
    if not top.gain <= ASTRAY:
        raise InputError(
            f"the fit is not at the top of its likelihood, which may rise by {top.gain:.2g} more"
        )
    best = unknowns.vector(top.point)
    fall = cutoff(prepared.design.n) * beside_others(unknowns, name, result.covariance.matrix)
    start = climb(prepared, top.point, seed, before=top, rounds=0, **profile_draws(prepared))
    walk = Walk(prepared, unknowns, k, start, 0.0, fall, seed, top.level, fine=True)
    rows, ends, astray = [(best[k], 0.0)], [], False
    for side in (-1, 1):
        course = walk.along(side)
        if isinstance(course.end, Higher):
            raise InputError(
                "it passes numbers that are more likely than the estimates, so that the search had not ended"
            )
        astray |= course.lost
        rows += [(step.x, step.rise) for step in course.steps[1:]]
        ends.append(course.end)
    place, rise = (np.array(column) for column in zip(*sorted(rows), strict=True))

    def natural(x: float) -> float:
        return float(unknowns.natural(np.where(np.arange(len(best)) == k, x, best))[0][k])

    lower, upper = ends = [None if end is None else natural(end) for end in ends]
    values = np.array([natural(x) for x in place])
    return Profile(name, values, rise, lower, upper, _words(name, values, ends, astray), fall)


def _words(name: str, values: np.ndarray, ends: list[float | None], astray: bool) -> str:
    lower, upper = ends
    if astray and None in ends:
        known = f"{values[0]:.4g} to {values[-1]:.4g}"
        return f"the profile of `{name}` is known from {known} alone: held beyond, the other numbers do not converge"
    if lower is not None and upper is not None:
        return f"the data determine `{name}`: {lower:.4g} to {upper:.4g} (95 %, profile likelihood)"
    if lower is None and upper is None:
        return f"the data do not determine `{name}`: its profile is flat from {values[0]:.4g} to {values[-1]:.4g}"
    if upper is None:
        return f"the data do not bound `{name}` above: its profile is flat up to {values[-1]:.4g}; it is at least {lower:.4g}"
    return f"the data do not bound `{name}` below: its profile is flat down to {values[0]:.4g}; it is at most {upper:.4g}"


@dataclass(frozen=True, repr=False)
class Bootstrap(Shown):
    """Refits of resampled subjects. names; estimates (refits, numbers): as reported, of those that
    converged; tried: how many were made; lower, upper (numbers,): 2.5 and 97.5 %."""

    names: tuple[str, ...]
    estimates: np.ndarray
    tried: int
    lower: np.ndarray
    upper: np.ndarray


def bootstrap(
    result: FitResult, refits: int = 200, seed: int = 1, near: float = 0.05, kept: Kept | None = None
) -> Bootstrap:
    """Fit samples of the subjects, drawn with replacement, each by climbing from the estimate.

    Parameters
    ----------
    result : FitResult
        A fit that has ended, see `fit`.
    refits : int
        How many resampled data sets are fitted.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    near : float
        Rise of the log-likelihood still expected above which a refit has not converged and is not
        counted.
    kept : Kept, optional
        Where finished refits are kept on the way.

    Returns
    -------
    Bootstrap
    """
    problem = result.problem
    unknowns, base = unknowns_of(problem), point_of(problem)
    prepared = prepare(problem)
    modes = find_modes(prepared, base, result.individuals.etas)

    def refit(k: int) -> np.ndarray | None:
        chosen = generator(seed, f"bootstrap {k}").integers(0, prepared.design.n, prepared.design.n)
        drawn = prepare(problem, 1, prepared.design.of(chosen))
        ended = climb(drawn, base, seed, modes.etas[chosen])
        return unknowns.natural(unknowns.vector(ended.point))[0] if ended.gain <= near else None

    def stage() -> Stage:
        of = {**numbers_of(result), "seed": seed, "near": near}
        return Stage("bootstrap", of, words="refits of the bootstrap")

    with closing(each(kept, stage, [str(k + 1) for k in range(refits)], refit)) as made:
        found = [estimate for estimate in made if estimate is not None]
    estimates = np.array(found).reshape(len(found), unknowns.size)
    lower, upper = (
        np.percentile(estimates, [2.5, 97.5], axis=0) if found else np.full((2, unknowns.size), np.nan)
    )
    return Bootstrap(unknowns.names, estimates, refits, lower, upper)


def numbers_of(result: FitResult) -> dict[str, Any]:
    """What intervals around a fit depend on: its problem at the estimates, and where its subjects are.

    Parameters
    ----------
    result : FitResult
        Of a fit.

    Returns
    -------
    dict of str to Any
        Word for a user -> what it is.
    """
    return {"fit or data": result.problem, "individual estimates": result.individuals.etas}
