"""How well the data determine a number: its profile likelihood, and refits of resampled subjects."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.fit.climb import climb
from livingdrug.fit.limits import cutoff
from livingdrug.fit.modes import find_modes
from livingdrug.fit.point import Prepared, point_of, prepare
from livingdrug.fit.result import FitResult
from livingdrug.fit.sampling import generator
from livingdrug.fit.unknowns import unknowns_of

RISE = 3.841459  # of -2LL at the ends of a 95 % interval, of many subjects
STEPS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)  # standard errors from the estimate
ASTRAY = 0.5  # rise of the log-likelihood still expected above which the other numbers are not fitted
UNKNOWN_SE = 0.5  # of a number whose standard error is not known, on its scale


@dataclass(frozen=True)
class Profile:
    """-2LL of the best fit with one number held. values (k,): as reported, in order; rise (k,): of -2LL above its least;
    lower, upper: where it crosses the 95 % level, None where it does not within the steps; words: what that says; fall: that
    level, the one that the fit's own profiles end at."""

    name: str
    values: np.ndarray
    rise: np.ndarray
    lower: float | None
    upper: float | None
    words: str
    fall: float = RISE


def profile(result: FitResult, name: str, seed: int = 1) -> Profile:
    """Profile likelihood of an estimated number around its estimate; all others are fitted anew at every step.

    Raises InputError for a number that was not estimated, and for a fit far from the top of its likelihood.
    """
    problem = result.problem
    unknowns = unknowns_of(problem)
    if name not in unknowns.names:
        raise InputError("profile: " + unknown("estimated number", name, unknowns.names))
    k = unknowns.names.index(name)
    prepared, base = prepare(problem), point_of(problem)
    best = unknowns.vector(base)
    matrix = result.covariance.matrix
    se = np.sqrt(matrix[k, k]) if matrix is not None and matrix[k, k] > 0 else UNKNOWN_SE
    top = climb(prepared, base, seed, result.individuals.etas)
    if not top.gain <= ASTRAY:
        raise InputError(f"the fit is not at the top of its likelihood, which may rise by {top.gain:.2g} more")
    level, fall = top.information.log_likelihood, cutoff(prepared.design.n)
    rows, astray = [(best[k], 0.0)], False
    for side in (-1.0, 1.0):
        now = top
        for step in STEPS:
            vector = unknowns.vector(now.point)
            vector[k] = best[k] + side * step * se
            now = climb(prepared, unknowns.point(vector, base), seed, before=now, held=(k,))
            if not now.gain <= ASTRAY:
                astray = True
                break
            rows.append((vector[k], 2 * (level - now.information.log_likelihood)))
            if rows[-1][1] > 1.5 * fall:
                break
    rows.sort()
    place, rise = (np.array(column) for column in zip(*rows, strict=True))
    values = np.array([unknowns.natural(np.where(np.arange(len(best)) == k, p, best))[0][k] for p in place])
    lower, upper = (_crossing(place, rise, best[k], side, fall) for side in (-1, 1))
    ends = [None if e is None else float(np.interp(e, place, values)) for e in (lower, upper)]
    return Profile(name, values, rise, *ends, _words(name, values, ends, astray), fall)


def _crossing(place: np.ndarray, rise: np.ndarray, middle: float, side: int, fall: float) -> float | None:
    """Where the rise first crosses the level on one side, by interpolation of its square root (a parabola's is straight)."""
    order = np.argsort(side * (place - middle))
    own = [i for i in order if side * (place[i] - middle) >= 0]
    for a, b in zip(own[:-1], own[1:], strict=True):
        if rise[b] >= fall:
            low, high = np.sqrt(max(rise[a], 0.0)), np.sqrt(rise[b])
            return float(place[a] + (place[b] - place[a]) * (np.sqrt(fall) - low) / max(high - low, 1e-12))
    return None


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
    """Refits of resampled subjects. names; estimates (refits, numbers): as reported, of those that converged; tried: how
    many were made; lower, upper (numbers,): 2.5 and 97.5 %."""

    names: tuple[str, ...]
    estimates: np.ndarray
    tried: int
    lower: np.ndarray
    upper: np.ndarray


def bootstrap(result: FitResult, refits: int = 200, seed: int = 1, near: float = 0.05) -> Bootstrap:
    """Fit samples of the subjects, drawn with replacement, each by climbing from the estimate.

    Parameters
    ----------
    result : FitResult
    refits : int
        How many.
    seed : int
    near : float
        Rise of the log-likelihood still expected above which a refit has not converged and is not
        counted.

    Returns
    -------
    Bootstrap
    """
    problem = result.problem
    unknowns, base = unknowns_of(problem), point_of(problem)
    prepared = prepare(problem)
    modes = find_modes(prepared, base, result.individuals.etas)
    found = []
    for k in range(refits):
        chosen = generator(seed, f"bootstrap {k}").integers(0, prepared.design.n, prepared.design.n)
        drawn = _drawn(prepared, chosen)
        ended = climb(drawn, base, seed, modes.etas[chosen])
        if ended.gain <= near:
            found.append(unknowns.natural(unknowns.vector(ended.point))[0])
    estimates = np.array(found).reshape(len(found), unknowns.size)
    lower, upper = np.percentile(estimates, [2.5, 97.5], axis=0) if found else np.full((2, unknowns.size), np.nan)
    return Bootstrap(unknowns.names, estimates, refits, lower, upper)


def _drawn(prepared: Prepared, chosen: np.ndarray) -> Prepared:
    """The records of the chosen subjects, as if each were another one."""
    d = prepared.design
    rows = np.concatenate([np.arange(d.first[i], d.last[i]) for i in chosen])
    sizes = (d.last - d.first)[chosen]
    last = np.cumsum(sizes)
    design = replace(
        d, subjects=tuple(d.subjects[i] for i in chosen), subject=np.repeat(np.arange(len(chosen)), sizes),
        time=d.time[rows], output=d.output[rows], y=d.y[rows], kind=d.kind[rows], line=d.line[rows], first=last - sizes,
        occasion=d.occasion[rows],
        last=last, table=d.table[chosen], x=d.x[chosen], doses=tuple(d.doses[i] for i in chosen),
        resets=tuple(d.resets[i] for i in chosen), end=d.end[rows], outcomes=tuple(seen.of(chosen) for seen in d.outcomes),
    )  # fmt: skip
    return prepare(prepared.problem, 1, design)
