"""Bayesian fit of a population: stated priors, draws by NUTS, nothing shown that did not mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.errors import ConvergenceError, InputError
from livingdrug.engine.densities import LOG_2PI, LOGNORMAL, SQUARES
from livingdrug.fit.design import MEASURED
from livingdrug.fit.modes import find_modes
from livingdrug.fit.nuts import Draws, Mixing, Sampling, draw, faults, mixing, summary
from livingdrug.fit.objective import check_start, spreads
from livingdrug.fit.point import Point, Prepared, centre, log_likelihood, moments, point_of, prepare
from livingdrug.fit.priors import Prior, log_prior, priors_of
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import CONVERGED, NOT_CONVERGED
from livingdrug.fit.unknowns import Unknowns, unknowns_of

STEP = 1e-5  # of central differences by residual errors and correlations
FAR = 300.0  # numbers on the scale of the sampler beyond which nothing is computed
LARGEST = 300.0  # the same of phi: beyond, exp overflows


@dataclass(frozen=True)
class LogPosterior:
    """Log density of (vector of Unknowns, v of all subjects), with its gradient; x (p + n * random,).

    eta = L z, Omega = L L'. v lies between z (parameters of which subjects' data say little) and phi (much), by `part` (0 to
    1) of each: z = (v - part * L0^-1 (mu - mu0)) / (omega / omega0)^part, 0 for the start of the sampling
    (Papaspiliopoulos, Roberts & Skold 2007, Stat Sci 22:59-73; Gorinova, Moore & Hoffman 2020, ICML, PMLR 119:3648-3657).
    """

    prepared: Prepared
    unknowns: Unknowns
    priors: tuple[Prior, ...]
    base: Point
    part: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Subjects and random parameters."""
        return self.prepared.design.n, len(self.prepared.random)

    @cached_property
    def _base(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centre of phi, inverse factor times `part`, and ln of the spreads, at the start."""
        inverse = np.linalg.inv(np.linalg.cholesky(self.base.omega)) if len(self.part) else np.zeros((0, 0))
        return self._middle(self.base), self.part[:, None] * inverse, 0.5 * np.log(np.diag(self.base.omega))

    def _middle(self, point: Point) -> np.ndarray:
        return centre(self.prepared, point)

    def standard(self, point: Point, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """z (n, random) of v, and dz / dv (random,)."""
        middle, shear, logs = self._base
        shrink = np.exp(-self.part * (0.5 * np.log(np.diag(point.omega)) - logs))
        moved = (self._middle(point) - middle)[:, self.prepared.random]
        return (v - moved @ shear.T) * shrink, shrink

    def unstandard(self, etas: np.ndarray) -> np.ndarray:
        """v of etas at the start."""
        return np.linalg.solve(np.linalg.cholesky(self.base.omega), etas.T).T if len(self.part) else etas

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient; -inf and zeros where a prediction cannot be computed."""
        vector, v = x[: self.unknowns.size], x[self.unknowns.size :].reshape(self.shape)
        lost = -np.inf, np.zeros(len(x))
        if not np.abs(x).max(initial=0.0) < FAR:
            return lost
        prior, slope = log_prior(self.priors, self.unknowns, vector)
        point = self.unknowns.point(vector, self.base)
        factor = _factor(point.omega)
        if factor is None or not np.isfinite(prior):
            return lost
        z, shrink = self.standard(point, v)
        etas = z @ factor.T
        phi = self._middle(point)
        phi[:, self.prepared.random] += etas
        if not np.abs(phi).max(initial=0.0) < LARGEST:
            return lost
        found = moments(self.prepared, point, phi)
        value = float(found.total.sum()) + prior - 0.5 * float((z * z).sum()) + len(z) * float(np.log(shrink).sum())
        if not np.isfinite(value):
            return lost
        by_eta = found.gradient[:, self.prepared.random]
        by_v = (by_eta @ factor - z) * shrink
        slope = slope + self._by_unknowns(point, vector, found, etas, z, by_v)
        return value, np.concatenate([slope, by_v.ravel()])

    def _by_unknowns(self, point: Point, vector, found, etas, z, by_v) -> np.ndarray:
        """Gradient of all but the prior by the estimated numbers, v as it is."""
        u, prepared = self.unknowns, self.prepared
        by_phi = found.gradient.copy()
        by_eta = found.gradient[:, prepared.random]
        # where the centre moves, z gives way
        by_phi[:, prepared.random] -= by_v @ self._base[1]
        x, on = prepared.design.x, prepared.effect_on
        parts = [by_phi[:, u.mu].sum(axis=0), np.array([(by_phi[:, on[e]] * x[:, e]).sum() for e in u.beta])]
        # a row of the factor grows with its own sd, and eta with it; z shrinks
        factor_z = by_eta * etas - self.part * (by_eta @ _factor(point.omega) - z) * z - self.part
        parts.append(factor_z.sum(axis=0)[u.spread])
        first = len(u.mu) + len(u.beta) + len(u.spread)
        parts.append(np.array([self._by_pair(vector, first + k, by_eta, z) for k in range(len(u.pairs))]))
        parts.append(self._by_residual(point, found.f))
        return np.concatenate(parts)

    def _by_pair(self, vector: np.ndarray, place: int, by_eta: np.ndarray, z: np.ndarray) -> float:
        step = np.zeros(len(vector))
        step[place] = STEP
        up, down = (_factor(self.unknowns.point(vector + s * step, self.base).omega) for s in (1, -1))
        if up is None or down is None:
            return 0.0
        return float((by_eta * (z @ ((up - down) / (2 * STEP)).T)).sum())

    def _by_residual(self, point: Point, f: np.ndarray) -> np.ndarray:
        """By ln a and ln b: predictions stay, so that a record changes by d log density / d ln s times d ln s / d ln a."""
        u, prepared = self.unknowns, self.prepared
        if not len(u.a) + len(u.b):
            return np.zeros(0)
        if prepared.m4:
            return self._by_residual_differences(point, f)
        y, kind, output, _, _ = prepared.records
        s = spreads(prepared, point, f)
        by_s = _by_log_spread(y, kind, prepared.kind[output] == LOGNORMAL, f, s)
        part_a, part_b = point.a[output] / s, point.b[output] * np.abs(f) / s
        if SQUARES in prepared.kind:
            squares = prepared.kind[output] == SQUARES
            part_a, part_b = (np.where(squares, part**2, part) for part in (part_a, part_b))
        totals = [np.bincount(output, by_s * part, len(prepared.kind)) for part in (part_a, part_b)]
        return np.concatenate([totals[0][u.a], totals[1][u.b]])

    def _by_residual_differences(self, point: Point, f: np.ndarray) -> np.ndarray:
        slopes = []
        for name, outputs in (("a", self.unknowns.a), ("b", self.unknowns.b)):
            for o in outputs:
                sides = []
                for s in (1, -1):
                    moved = getattr(point, name).copy()
                    moved[o] *= np.exp(s * STEP)
                    sides.append(log_likelihood(self.prepared, point._replace(**{name: moved}), f).sum())
                slopes.append((sides[0] - sides[1]) / (2 * STEP))
        return np.array(slopes)


def _by_log_spread(y: np.ndarray, kind: np.ndarray, logs: np.ndarray, f: np.ndarray, s: np.ndarray) -> np.ndarray:
    """d log density / d ln s of each record: z^2 - 1 of a measured one, -z phi(z) / Phi(z) of one below its limit."""
    from scipy.special import log_ndtr

    off = np.where(logs, np.log(np.where(logs, y / f, 1.0)), y - f)
    z = off / s
    slopes = z * z - 1.0
    censored = np.flatnonzero(kind != MEASURED)
    if len(censored):
        # kind is 1 below a lower limit and -1 above an upper one
        side = kind[censored] * z[censored]
        slopes[censored] = -side * np.exp(-0.5 * side * side - 0.5 * LOG_2PI - log_ndtr(side))
    return slopes


def _factor(omega: np.ndarray) -> np.ndarray | None:
    """Lower Cholesky factor, None where Omega is not positive definite."""
    try:
        return np.linalg.cholesky(omega)
    except np.linalg.LinAlgError:
        return None


@dataclass(frozen=True)
class Posterior:
    """A posterior. names, kinds: of the estimated numbers; x (chains, draws, numbers): as they are reported; etas
    (chains, draws, subjects, random): individual effects; draws: as sampled; priors: stated; notes: for the
    user. `table` refuses what did not mix; `mixing` always answers."""

    problem: FitProblem
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    x: np.ndarray
    etas: np.ndarray
    draws: Draws
    priors: tuple[Prior, ...]
    settings: Sampling
    notes: tuple[str, ...] = ()

    @cached_property
    def mixing(self) -> tuple[Mixing, ...]:
        """R-hat and effective sample sizes of every estimated number."""
        return mixing(self.names, self.x)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the posterior is not shown; empty where it is."""
        return faults(self.mixing, self.draws.divergences)

    @property
    def status(self) -> str:
        """converged or not_converged, as of any fit."""
        return NOT_CONVERGED if self.faults else CONVERGED

    def table(self):
        """Pandas table of the posterior: kind, and the columns of `nuts.summary`. Raises ConvergenceError with every reason
        where R-hat, effective sample size or divergences forbid it."""
        if self.faults:
            raise ConvergenceError(
                f"the posterior is not shown: {'; '.join(self.faults)}. Draw more (--draws), take smaller steps "
                "(--acceptance 0.95), or state narrower priors for what the data do not determine"
            )
        table = summary(self.names, self.x)
        table.insert(1, "kind", list(self.kinds))
        return table

    def points(self, count: int) -> tuple[Point, ...]:
        """Numbers of `count` draws, as many from every stretch of every chain as possible."""
        unknowns, base = unknowns_of(self.problem), point_of(self.problem)
        flat = self.draws.x.reshape(-1, self.draws.x.shape[2])[:, : unknowns.size]
        return tuple(unknowns.point(flat[k * len(flat) // count], base) for k in range(count))

    def sentences(self) -> tuple[str, ...]:
        """Each number with its 90 % interval, in words; refuses as `table` does."""
        units = {q.name: q.unit for q in self.problem.model.quantities}
        told = []
        for row in self.table().itertuples():
            unit = "" if units.get(row.name, "1") == "1" else f" {units[row.name]}"
            told.append(f"{row.name} is {row.q50:.3g}{unit} (90 % {row.q05:.3g} to {row.q95:.3g})")
        return tuple(told)


def log_posterior(
    problem: FitProblem, priors: Sequence[Prior] = (), start: FitProblem | None = None
) -> tuple[LogPosterior, np.ndarray]:
    """The density to sample and where to start: the numbers of `start` (by default the problem's own), with the modes of the
    individual effects there. Raises InputError as `priors_of` and the data do."""
    unknowns, base = unknowns_of(problem), point_of(start or problem)
    if any(parameter.changes for parameter in problem.parameters):
        raise InputError("spread between occasions is not for bayes; fit it by saem or focei")
    if not unknowns.size:
        raise InputError("every number is fixed, so there is nothing to sample")
    prepared = prepare(problem)
    check_start(prepared, base)
    modes = find_modes(prepared, base)
    part = np.zeros(0)
    if len(prepared.random):
        left = np.linalg.inv(modes.gauss_newton(prepared.random)).diagonal(axis1=1, axis2=2).mean(axis=0)
        part = np.clip(1 - left / np.diag(base.omega), 0.0, 1.0)
    density = LogPosterior(prepared, unknowns, priors_of(problem, priors), base, part)
    return density, np.concatenate([unknowns.vector(base), density.unstandard(modes.etas).ravel()])


def sample_posterior(
    problem: FitProblem, priors: Sequence[Prior] = (), settings: Sampling | None = None, start: FitProblem | None = None
) -> Posterior:
    """Draws of the posterior. Priors that are not given are weak ones around the numbers of `problem`, which must not come
    from the same data; `start` may: `fit(problem).problem` is a good one."""
    settings = settings or Sampling()
    density, first = log_posterior(problem, priors, start)
    found = draw(density, first, settings)
    unknowns, p, shape = density.unknowns, density.unknowns.size, found.x.shape[:2]
    flat = found.x.reshape(-1, found.x.shape[2])
    natural = np.array([unknowns.natural(row[:p])[0] for row in flat])
    etas = np.empty((len(flat), *density.shape))
    for k, row in enumerate(flat):
        point = unknowns.point(row[:p], density.base)
        z, _ = density.standard(point, row[p:].reshape(density.shape))
        etas[k] = z @ np.linalg.cholesky(point.omega).T if len(density.part) else z
    return Posterior(
        problem, unknowns.names, unknowns.kinds, natural.reshape(*shape, p), etas.reshape(*shape, *density.shape), found,
        density.priors, settings, density.prepared.design.notes,
    )  # fmt: skip
