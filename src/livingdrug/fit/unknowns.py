"""The numbers that are estimated, as one vector, and back.

Typical values stand on their scales, variabilities and residual parameters as logarithms, correlations as
atanh, coefficients of covariates as they are. What is fixed is not in the vector.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.point import LOG, LOGIT, SCALE_CODE, Point
from livingdrug.fit.problem import FitProblem

TYPICAL, COVARIATE, VARIABILITY, CORRELATION, RESIDUAL = (
    "typical",
    "covariate",
    "variability",
    "correlation",
    "residual",
)
OUTCOME = "outcome"


@dataclass(frozen=True)
class Unknowns:
    """Where each estimated number stands in a Point.

    Attributes
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    mu, beta : ndarray
        Positions of the estimated typical values and covariate effects among all of them.
    variability : ndarray
        Positions among the random parameters, the first of those that share one.
    alike : ndarray, shape (random,)
        The position whose variability each one has.
    pairs : tuple[tuple[int, int], ...]
        (row, column) of correlations.
    a, b : ndarray
        Positions of outputs.
    names, kinds : tuple of str
        In the order of the vector: mu, beta, variability, pairs, a, b, numbers of outcomes.
    """

    problem: FitProblem
    mu: np.ndarray
    beta: np.ndarray
    variability: np.ndarray
    alike: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    a: np.ndarray
    b: np.ndarray
    names: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def as_logarithm(self) -> np.ndarray:
        """Which numbers of outcomes are estimated as their logarithms."""
        return np.array([n.log for outcome in self.problem.outcomes for n in outcome.numbers], dtype=bool)

    @property
    def size(self) -> int:
        """How many numbers are estimated."""
        return len(self.names)

    def of_kind(self, *kinds: str) -> np.ndarray:
        """Positions in the vector of the numbers of these kinds."""
        return np.array([i for i, kind in enumerate(self.kinds) if kind in kinds], dtype=np.int64)

    def vector(self, point: Point) -> np.ndarray:
        """The estimated numbers of a point."""
        sd = np.sqrt(np.diag(point.omega))
        pairs = [np.arctanh(point.omega[i, j] / (sd[i] * sd[j])) for i, j in self.pairs]
        residual = (np.log(point.a[self.a]), np.log(point.b[self.b]))
        variability = np.log(sd[self.variability])
        return np.concatenate(
            [point.mu[self.mu], point.beta[self.beta], variability, pairs, *residual, point.theta]
        )

    def point(self, vector: np.ndarray, base: Point) -> Point:
        """A point with these numbers; what is fixed comes from `base`."""
        effects = len(self.mu)
        variability = effects + len(self.beta)
        errors = variability + len(self.variability) + len(self.pairs)
        parts = errors + len(self.a)
        rest = parts + len(self.b)
        mu, beta, a, b = base.mu.copy(), base.beta.copy(), base.a.copy(), base.b.copy()
        mu[self.mu], beta[self.beta] = vector[:effects], vector[effects:variability]
        a[self.a], b[self.b] = np.exp(vector[errors:parts]), np.exp(vector[parts:rest])
        return Point(mu, beta, self.omega(vector[variability:errors], base), a, b, vector[rest:].copy())

    def omega(self, vector: np.ndarray, base: Point) -> np.ndarray:
        """Omega from log omegas and atanh of correlations."""
        sd = np.sqrt(np.diag(base.omega))
        count = len(self.variability)
        correlation = np.eye(len(sd))
        for (i, j), value in zip(self.pairs, np.tanh(vector[count:]), strict=True):
            correlation[i, j] = correlation[j, i] = value
        with np.errstate(over="ignore", invalid="ignore"):  # far off in a search: such a point is not defined
            sd[self.variability] = np.exp(vector[:count])
            sd = sd[self.alike]
            return sd[:, None] * correlation * sd

    def natural(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers as they are reported, and their slopes by those of the vector."""
        value, slope = vector.copy(), np.ones(len(vector))
        scale = [SCALE_CODE[self.problem.parameters[i].scale] for i in self.mu]
        for k, code in enumerate(scale):
            if code == LOG:
                value[k] = slope[k] = np.exp(vector[k])
            elif code == LOGIT:
                value[k] = 1 / (1 + np.exp(-vector[k]))
                slope[k] = value[k] * (1 - value[k])
        logs = np.concatenate([self.of_kind(VARIABILITY, RESIDUAL), self.of_kind(OUTCOME)[self.as_logarithm]])
        value[logs] = slope[logs] = np.exp(vector[logs])
        pairs = self.of_kind(CORRELATION)
        value[pairs] = np.tanh(vector[pairs])
        slope[pairs] = 1 - value[pairs] ** 2
        return value, slope


def unknowns_of(problem: FitProblem) -> Unknowns:
    """What is estimated in a problem.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    Unknowns
    """
    random = problem.random
    mu = [i for i, p in enumerate(problem.parameters) if not p.fixed]
    beta = [i for i, e in enumerate(problem.effects) if not e.fixed]
    shared = [p.variability_name for p in random]
    alike = [shared.index(name) for name in shared]
    variability = [i for i, p in enumerate(random) if not p.sd_fixed and alike[i] == i]
    names = [p.name for p in random]
    pairs = tuple((names.index(c.first), names.index(c.second)) for c in problem.correlations)
    a = [i for i, r in enumerate(problem.residuals) if "a" in r.names and not r.fixed]
    b = [i for i, r in enumerate(problem.residuals) if "b" in r.names and not r.fixed]
    labels = [(problem.parameters[i].name, TYPICAL) for i in mu]
    labels += [(problem.effects[i].name, COVARIATE) for i in beta]
    labels += [(random[i].variability_name, VARIABILITY) for i in variability]
    labels += [(f"corr {names[i]} {names[j]}", CORRELATION) for i, j in pairs]
    labels += [(f"a {problem.residuals[i].output}", RESIDUAL) for i in a]
    labels += [(f"b {problem.residuals[i].output}", RESIDUAL) for i in b]
    labels += [(n.name, OUTCOME) for outcome in problem.outcomes for n in outcome.numbers]
    places = {"mu": mu, "beta": beta, "variability": variability, "alike": alike, "a": a, "b": b}
    return Unknowns(
        problem=problem,
        pairs=pairs,
        names=tuple(name for name, _ in labels),
        kinds=tuple(kind for _, kind in labels),
        **{name: np.array(part, dtype=np.int64) for name, part in places.items()},
    )
