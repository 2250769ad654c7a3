"""Normal priors on numbers of a fit, on the scales on which they are estimated: what a penalised likelihood
adds.

The log-likelihood loses half of ((number - centre) / sd)^2 for each number with a prior: its top is then the
posterior mode (maximum a posteriori, MAP) on those scales.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from livingdrug.fit.unknowns import Unknowns

MOST, EXACT = 100, 1e-12  # steps of a search, and size of the last one


class Penalty(NamedTuple):
    """Of each estimated number, in the order of `Unknowns`: centre of its prior, and 1 / sd^2 (0 where it
    has none)."""

    centre: np.ndarray
    precision: np.ndarray

    def loss(self, vector: np.ndarray) -> float:
        """What the log-likelihood loses at a vector."""
        return 0.5 * float(np.sum(self.precision * (vector - self.centre) ** 2))

    def pull(self, vector: np.ndarray) -> np.ndarray:
        """Slope of the log density of the priors at a vector."""
        return self.precision * (self.centre - vector)


@dataclass(frozen=True)
class Held:
    """Where in a Point the priors act. mu (parameters,), log_sd (random,): (centre, precision), precision
    0 for none."""

    mu: tuple[np.ndarray, np.ndarray]
    log_sd: tuple[np.ndarray, np.ndarray]


def penalty_of(unknowns: Unknowns) -> Penalty:
    """The priors of a problem on its estimated numbers; a prior on a number that is not estimated does
    nothing."""
    known = {prior.name: prior for prior in unknowns.problem.priors}
    centre, precision = np.zeros(unknowns.size), np.zeros(unknowns.size)
    for k, name in enumerate(unknowns.names):
        if name in known:
            centre[k], precision[k] = known[name].centre, known[name].sd ** -2
    return Penalty(centre, precision)


def held_of(unknowns: Unknowns) -> Held:
    """The same by position of typical values and of random effects, for the maximisation step of SAEM."""
    penalty = penalty_of(unknowns)
    mu, sd = (np.zeros((2, len(part))) for part in (unknowns.problem.parameters, unknowns.alike))
    count, first = len(unknowns.mu), len(unknowns.mu) + len(unknowns.beta)
    omegas = slice(first, first + len(unknowns.variability))
    mu[:, unknowns.mu] = penalty.centre[:count], penalty.precision[:count]
    sd[:, unknowns.variability] = penalty.centre[omegas], penalty.precision[omegas]
    sd = sd[:, unknowns.alike] if len(unknowns.alike) else sd
    return Held((mu[0], mu[1]), (sd[0], sd[1]))


def likely_log_sd(
    variance: np.ndarray, seen: np.ndarray, centre: np.ndarray, precision: np.ndarray
) -> np.ndarray:
    """ln sd that maximises -seen (ln sd + variance / (2 sd^2)) - precision (ln sd - centre)^2 / 2, for each
    number.

    Newton's method from below, where the slope is convex: it goes up to the root and never past it.
    """
    x = np.minimum(0.5 * np.log(variance), np.where(precision > 0, centre, np.inf))
    for _ in range(MOST):
        square = seen * variance * np.exp(-2 * x)
        step = (square - seen - precision * (x - centre)) / (2 * square + precision)
        x = x + step
        if np.all(np.abs(step) < EXACT):
            break
    return x
