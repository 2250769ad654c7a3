"""Which numbers do the data carry? From the fit of all of them, one after the other is left out while BIC
falls.

Between-subject variabilities go first, the one whose loss leaves the lowest BIC at each step; when none
helps, typical values that the data do not determine are held at the published ones in the same way. One that
the data determine is never held, whatever BIC says: with few subjects BIC would take any published value that
is near enough, and nothing be learnt. BIC is -2 log likelihood + p ln(subjects). Only climbs from the optimum
are made, no new search: a likelihood on the path may be a little too low, which keeps a number rather than
drops it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from livingdrug.fit.climb import climb, usual_draws
from livingdrug.fit.point import Prepared, point_of
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import Reduced
from livingdrug.fit.search import FEW, Searched
from livingdrug.fit.settle import Settled, carried, without
from livingdrug.fit.unknowns import VARIABILITY, unknowns_of

# sets of draws of a climb, and log-likelihood that it may lack: BIC is not wanted to a decimal
SHORT, NEAR = 6, 0.05
NEARLY = 0.1  # the same of an optimum that is known already
# information on the logarithm of a variability (an error of a quarter) above which no BIC falls without it
SURE = 16.0


class Path(NamedTuple):
    """steps: what was estimated at each, from everything on; best: the optimum at the lowest BIC; full:
    everything."""

    steps: tuple[Reduced, ...]
    best: Settled
    full: Settled

    @property
    def lowest(self) -> Reduced:
        """The step of the lowest BIC."""
        return min(self.steps, key=lambda step: step.bic)

    @property
    def words(self) -> str:
        """What was left out of the result, and what that does to its intervals."""
        return (
            "left out or fixed, as BIC is lowest without: " + ", ".join(self.lowest.left_out) + "; "
            "intervals take the reduced model as given, so after such a choice they are too narrow, by how "
            "much is not known"
        )

    @property
    def aside(self) -> str:
        """What a verdict on the reduced model does not speak of."""
        return (
            "That is of the reduced model; left out of it, or fixed, are "
            + ", ".join(self.lowest.left_out)
            + "."
        )

    def as_searched(self, found: Searched) -> Searched:
        """The search as if it had been for the reduced problem: its optimum, and searches as far below it
        as they were."""
        top = max(found.levels)
        return Searched(
            (self.best,), tuple(level - top + self.best.level for level in found.levels), found.state
        )


def path_from(
    full: Prepared,
    best: Settled,
    undetermined: tuple[str, ...],
    seed: int,
    lighter: Mapping[str, Settled] | None = None,
) -> Path:
    """The path from the optimum of all numbers; full: their problem, of which `best` may have left
    variabilities out; undetermined: numbers that the data do not determine; lighter: optima without one
    more variability, by its name, that are known already."""
    count = unknowns_of(full.problem).size
    steps = [_step((), best, count)]
    now, left = best, tuple(f"{name} (0)" for name in best.dropped)
    if left:
        steps.append(_step(left, now, unknowns_of(now.prepared.problem).size))
    for options in (_variabilities, _typical_values):
        while True:
            found, each, lowest = [], 0.5 * float(np.log(full.design.n)), np.inf
            for words, problem in options(now, undetermined):
                free = unknowns_of(problem).size
                s = lighter.get(words) if lighter and now is best else None
                if s is None or s.climbed.gain > NEARLY:  # any above the lowest is not shown
                    s = _without(now, problem, seed, wanted=free * each - 0.5 * lowest)
                found.append((_step((*left, words), s, free), s._replace(dropped=())))
                lowest = min(lowest, found[-1][0].bic)
            if not found:
                break
            step, after = min(found, key=lambda pair: pair[0].bic)
            lowest = min(s.bic for s in steps)
            steps.append(step)  # that which raises BIC is shown too
            if step.bic >= lowest:
                break
            now, left = after, step.left_out
    return Path(tuple(steps), now, best)


def _step(left_out: tuple[str, ...], s: Settled, free: int) -> Reduced:
    minus2ll = -2 * s.level
    return Reduced(left_out, minus2ll, free, minus2ll + free * float(np.log(s.prepared.design.n)))


def _variabilities(now: Settled, undetermined: tuple[str, ...]) -> list[tuple[str, FitProblem]]:
    """The problems with one variability fewer; one always stays, as SAEM needs it."""
    problem = now.prepared.problem
    unknowns, matrix = unknowns_of(problem), now.climbed.information.matrix
    weak = sorted(unknowns.of_kind(VARIABILITY), key=lambda k: matrix[k, k])
    names = [unknowns.names[k] for k in weak if matrix[k, k] < SURE]
    if len({p.variability_name for p in problem.random}) < 2:
        return []
    return [(name, without(problem, name)) for name in names]


def _typical_values(now: Settled, undetermined: tuple[str, ...]) -> list[tuple[str, FitProblem]]:
    """The problems with one typical value more, of those not determined, held at its published number."""
    problem, published = now.prepared.problem, now.prepared.problem.model.typical
    found = []
    for k, p in enumerate(problem.parameters):
        if p.fixed or p.name not in undetermined or p.name not in published:
            continue
        held = replace(p, value=float(published[p.name]), fixed=True)
        parameters = (*problem.parameters[:k], held, *problem.parameters[k + 1 :])
        found.append(
            (f"{p.name} (fixed at {published[p.name]:.3g})", replace(problem, parameters=parameters))
        )
    return found


def _without(now: Settled, problem: FitProblem, seed: int, wanted: float) -> Settled:
    """The optimum of a smaller problem, climbed to from that of the larger one; wanted: see `climb`."""
    prepared, point, _, etas = carried(now, problem, seed)
    held = [k for k, p in enumerate(problem.parameters) if p.fixed]
    mu = point.mu.copy()
    mu[held] = point_of(problem).mu[held]
    point, draws = point._replace(mu=mu), usual_draws(problem) // 2
    climbed = climb(prepared, point, seed, etas, rounds=SHORT, enough=NEAR, draws=draws, wanted=wanted)
    return Settled(prepared, climbed, ())


def carries_little(n: int, undetermined: tuple[str, ...], problem: FitProblem) -> bool:
    """Whether a path is worth walking: few subjects, numbers that they do not determine, and no priors."""
    return bool(n < FEW and undetermined and not problem.priors)
