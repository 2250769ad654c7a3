"""Several searches by SAEM, each climbed to its optimum, until two agree on the best one.

With few subjects a likelihood has several optima about as high as each other, and one search ends in any of
them. Where a look at other variabilities, or a profile, passes a better one, searches begin there, too. The
draws of a search depend on its number, so that the answer depends on the seed alone.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from livingdrug.core.random import stream_key, uniforms
from livingdrug.fit.climb import Climbed
from livingdrug.fit.limits import cutoff
from livingdrug.fit.point import Prepared, problem_at
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.saem import SaemSettings, State, begin
from livingdrug.fit.saem import run as run_saem
from livingdrug.fit.settle import Settled, finished, lessened, rises_with, settle, swapped, with_all
from livingdrug.fit.unknowns import TYPICAL, unknowns_of
from livingdrug.fit.verdict import AGREE

FEW = 40  # subjects below which one search is not enough
LEAST, MOST = 2, 4  # searches with few subjects
MORE = 4  # searches around a better optimum than they reached
ROUNDS = 2  # of looking for optima with other variabilities, the second one around a better one
APART = 1.0  # standard errors of a typical value between optima that count as two
WELL = 0.5  # standard error on its scale below which a typical value tells optima apart
MANY = 3  # optima whose intervals are joined
REACH = 2.0  # factor that further searches start off by at most
Progress = Callable[[int, int, float], None]


class Searched(NamedTuple):
    """optima: the best one first, then others that the data hardly tell from it; levels: log-likelihood
    that each search reached; state: of the first one; lighter: the optima without one more variability
    than the best, by its name, as far as they have been looked for; freed: the best point with a variability
    that the best optimum lacks, by its name, nearly as likely."""

    optima: tuple[Settled, ...]
    levels: tuple[float, ...]
    state: State
    lighter: dict[str, Settled] = {}
    freed: dict[str, Settled] = {}

    @property
    def agreed(self) -> bool:
        """Whether two searches reached the best optimum, or the only one did. One that none of them
        reached, but a profile or a look at other variabilities passed, says that they had not ended."""
        best = max([*self.levels, *(s.level for s in self.optima)])
        return sum(level > best - AGREE for level in self.levels) >= min(2, len(self.levels))


def searched(
    prepared: Prepared, settings: SaemSettings, seed: int, searches: int | None, state: State | None,
    progress: Progress | None, save: Callable[[State], None] | None,
) -> Searched:  # fmt: skip
    """The optima that searches find. searches: how many (None: two to four with few subjects, else one);
    state: where the first one goes on."""
    least, most = (searches, searches) if searches else (LEAST, MOST) if prepared.design.n < FEW else (1, 1)
    chains = prepared.copied(settings.copies(prepared.design.n, is_closed(prepared.problem.model)))
    first = run_saem(chains, settings, seed, state, progress, save)
    enter(progress, "climbing to the optimum of the first search")
    found = [settle(prepared, first.point, seed, first.mean)]
    while len(found) < least or (
        len(found) < most and not Searched((), tuple(s.level for s in found), first).agreed
    ):
        k = len(found)
        own = stream_key(seed, f"search {k}")[0] >> 1
        moved = replace(chains, problem=nearby(prepared.problem, seed, k))
        enter(progress, f"search {k + 1}")
        # by turns, as wide variabilities let one subject far off stand for another optimum than narrow ones
        ended = run_saem(moved, settings, own, begin(moved, settings, wide=k % 2 == 0), progress)
        enter(progress, f"climbing to the optimum of search {k + 1}")
        found.append(settle(prepared, ended.point, seed, ended.mean))
    levels, lighter, best = tuple(s.level for s in found), {}, found[0]
    if prepared.design.n < FEW and is_closed(prepared.problem.model):  # for equations that takes minutes
        enter(progress, "looking for optima with other variabilities")
        others, best, lighter = _other_ways(found, prepared, seed)
        found += [*others, *lighter.values()]
        if max(found, key=lambda s: s.level) is not best:
            lighter = {}
    optima, freed = _apart(found, prepared, seed)
    if lighter and optima[0].dropped != best.dropped:
        lighter = {}
    whole = Searched(optima, levels, first, lighter, freed)
    return confirmed(whole, prepared, settings, seed, progress) if searches is None else whole


def confirmed(
    found: Searched, prepared: Prepared, settings: SaemSettings, seed: int, progress: Progress | None
) -> Searched:  # fmt: skip
    """The searches, and with few subjects up to MORE that begin around the best optimum where two have not
    reached it: one that other variabilities or a profile led to is believed if searches end there, too,
    and none ends higher."""
    chains = prepared.copied(settings.copies(prepared.design.n, is_closed(prepared.problem.model)))
    for _ in range(MORE if len(found.levels) > 1 else 0):
        if found.agreed:
            break
        k, best = len(found.levels), found.optima[0]
        there = with_all(problem_at(best.prepared.problem, best.climbed.point), prepared.problem)
        enter(progress, f"search {k + 1}, around the best optimum")
        moved = replace(chains, problem=nearby(there, seed, k))
        begun = begin(moved, settings, wide=False)
        ended = run_saem(moved, settings, stream_key(seed, f"search {k}")[0] >> 1, begun, progress)
        enter(progress, f"climbing to the optimum of search {k + 1}")
        settled = settle(prepared, ended.point, seed, ended.mean)
        found = _around(found, settled, prepared, seed)._replace(levels=(*found.levels, settled.level))
    return found


def _around(found: Searched, settled: Settled, full: Prepared, seed: int) -> Searched:
    """The search with one more optimum."""
    optima, freed = _apart([settled, *found.optima, *found.freed.values()], full, seed)
    lighter = found.lighter if optima[0] is found.optima[0] else {}
    return found._replace(optima=optima, lighter=lighter, freed=freed)


def _other_ways(
    found: list[Settled], full: Prepared, seed: int
) -> tuple[list[Settled], Settled, dict[str, Settled]]:
    """(optima in which subjects differ in other parameters, as with few subjects one variability may stand
    for another; the best of all; those without one more variability than it, by its name)."""
    more: list[Settled] = []
    best = max(found, key=lambda s: s.level)
    for _ in range(ROUNDS):
        more += [s for name in best.dropped for s in swapped(best, full, name, seed)]
        better = max(more, key=lambda s: s.level, default=best)
        if better.level <= best.level + AGREE:
            break
        best = better
    return more, best, lessened(best, seed)


def enter(progress: Progress | None, stage: str) -> None:
    """Tell who shows progress, and can show this, what is done now."""
    show = getattr(progress, "enter", None)
    if show is not None:
        show(stage)


def nearby(problem: FitProblem, seed: int, k: int, reach: float = REACH) -> FitProblem:
    """The problem with start k: typical values times factors between 1 / reach and reach (on a logit
    scale, odds)."""
    factors = reach ** (2 * uniforms(seed, f"start {k}", 0, len(problem.parameters)) - 1)
    moved = []
    for parameter, factor in zip(problem.parameters, factors.tolist(), strict=True):
        value = parameter.value * factor
        if parameter.scale == "logit":
            odds = factor * parameter.value / (1 - parameter.value)
            value = odds / (1 + odds)
        moved.append(parameter if parameter.fixed else replace(parameter, value=value))
    return replace(problem, parameters=tuple(moved))


def with_optimum(
    found: Searched, full: Prepared, prepared: Prepared, climbed: Climbed, seed: int
) -> Searched:
    """The search with one more optimum: that above a point which a profile passed, of a problem with fewer
    variabilities than the full one or as many."""
    names = {p.variability_name for p in prepared.problem.random}
    dropped = tuple(
        dict.fromkeys(p.variability_name for p in full.problem.random if p.variability_name not in names)
    )
    settled = settle(prepared, climbed.point, seed, climbed.proposal.middle, dropped)
    return _around(found, settled, full, seed)


def _apart(
    found: list[Settled], full: Prepared, seed: int
) -> tuple[tuple[Settled, ...], dict[str, Settled]]:
    """(the best optimum, finished, and those of the others that no interval can leave out: nearly as likely,
    and elsewhere; the best point nearly as likely with each variability that the best optimum lacks).

    A point from which the likelihood rises with a variability that the best optimum has is no optimum: the
    profiles of the best one pass there."""
    best, *others = sorted(found, key=lambda s: -s.level)
    best = finished(best, seed)
    kept, freed = [best], {}
    for s in others:
        if 2 * (best.level - s.level) >= cutoff(best.prepared.design.n):
            continue
        climbing = any(rises_with(s, full, name) for name in s.dropped if name not in best.dropped)
        if not climbing and all(_differs(s, k) for k in kept):
            kept.append(s)
        for name in best.dropped:
            if name not in s.dropped:
                freed.setdefault(name, s)
    return tuple(kept[:MANY]), freed


def _differs(one: Settled, other: Settled) -> bool:
    """Whether a typical value that is well known at one of two optima differs by more than its standard
    error there."""
    a, b = unknowns_of(one.prepared.problem), unknowns_of(other.prepared.problem)
    x, y = a.vector(one.climbed.point), b.vector(other.climbed.point)
    first, second = (_errors(s.climbed.information.matrix) for s in (one, other))
    for k in b.of_kind(TYPICAL):
        i = a.names.index(b.names[k])
        se = min(first[i], second[k])
        if se < WELL and abs(x[i] - y[k]) > APART * se:
            return True
    return False


def _errors(information: np.ndarray) -> np.ndarray:
    """Standard errors (numbers,), infinite where there is none."""
    variance = np.diag(np.linalg.pinv(information))
    return np.sqrt(np.where(variance > 0, variance, np.inf))
