"""Bayesian fit of a population: stated priors, draws by NUTS, nothing shown that did not mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.core.errors import ConvergenceError, InputError
from livingdrug.core.pieces import Keeper
from livingdrug.core.shown import Shown
from livingdrug.fit import joint
from livingdrug.fit.frame import Frame, frame_of, root_of
from livingdrug.fit.nuts import Draws, Mixing, Sampling, draw, faults, mixing, summary
from livingdrug.fit.objective import check_start
from livingdrug.fit.point import Point, Prepared, point_of, prepare, table_of
from livingdrug.fit.priors import Prior, add_priors, columns_of, priors_of
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import CONVERGED, NOT_CONVERGED
from livingdrug.fit.unknowns import Unknowns, unknowns_of

FAR = 300.0  # numbers on the scale of the sampler beyond which nothing is computed
LARGEST = 300.0  # the same of phi: beyond, exp overflows
NO_OUTCOMES = "--method bayes does not take outcomes yet; take saem or laplace"
NO_OCCASIONS = "inter-occasion variability is not for bayes; fit it by saem or focei"
NOTHING_FREE = "every number is fixed, so there is nothing to sample"


class Effects(NamedTuple):
    """root, growth: see `joint.place`; mean, z, etas (n, random): mean of v, and the effects; density: ln
    of the normal density times |dz / dv|."""

    root: np.ndarray
    growth: np.ndarray
    mean: np.ndarray
    z: np.ndarray
    etas: np.ndarray
    density: float


class Likelihood(NamedTuple):
    """Log-likelihood with its slopes by phi (n, parameters), ln a and ln b (outputs,)."""

    total: float
    by_phi: np.ndarray
    by_a: np.ndarray
    by_b: np.ndarray


@dataclass(frozen=True)
class LogPosterior:
    """Log density of the sampler's numbers x (p + n * random,), (u, w) of `frame`, with its gradient.

    What runs over subjects and records is compiled and free of the interpreter's lock, so that chains run
    side by side.
    """

    prepared: Prepared
    unknowns: Unknowns
    priors: tuple[Prior, ...]
    frame: Frame

    @property
    def shape(self) -> tuple[int, int]:
        """Subjects and random parameters."""
        return self.prepared.design.n, len(self.prepared.random)

    @cached_property
    def _priors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return columns_of(self.priors)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient; -inf and zeros where a prediction cannot be computed."""
        lost = -np.inf, np.zeros(len(x))
        if not np.abs(x).max(initial=0.0) < FAR:
            return lost
        vector, slope = self.numbers(x), np.empty(self.unknowns.size)
        point = self.unknowns.point(vector, self.frame.base)
        value = add_priors(*self._priors, vector, slope)
        try:
            at = self.effects(x, point)
        except np.linalg.LinAlgError:  # correlations that no effects can have together
            return lost
        found = self._likelihood(point, at.etas)
        value += at.density
        if found is None or not np.isfinite(value + found.total):
            return lost
        p = self.unknowns.size
        gradient = np.zeros(len(x))
        slope += self._pull(point, at, found, gradient[p:].reshape(self.shape))
        gradient[:p] = slope @ self.frame.axes
        return value + found.total, gradient

    def numbers(self, x: np.ndarray) -> np.ndarray:
        """The vector of `Unknowns`."""
        return self.frame.theta + self.frame.axes @ x[: self.unknowns.size]

    def effects(self, x: np.ndarray, point: Point) -> Effects:
        """Individual effects at x, `point` being that of its numbers. Raises LinAlgError where Omega has no
        factor."""
        frame, w = self.frame, x[self.unknowns.size :].reshape(self.shape)
        root = root_of(point.omega)
        mean, z, etas = np.empty(self.shape), np.empty(self.shape), np.empty(self.shape)
        growth = frame.growth(point.omega)
        move = frame.axes @ x[: self.unknowns.size]
        density = joint.place(move, w, frame.middle, frame.shift, frame.factor, frame.part, growth, root,
                              mean, z, etas)  # fmt: skip
        return Effects(root, growth, mean, z, etas, density)

    def _likelihood(self, point: Point, etas: np.ndarray) -> Likelihood | None:
        """Of the data given the effects; None where parameters are too far off for a prediction."""
        prepared = self.prepared
        phi = np.empty((len(etas), len(point.mu)))
        largest = joint.individuals(
            point.mu, point.beta, prepared.design.x, prepared.effect_on, prepared.random, etas, phi
        )
        if not largest < LARGEST:
            return None
        table, by_value = table_of(prepared, phi)
        f, slopes = prepared.predictor.slopes(table)
        y, kind, output, first, last = prepared.records
        by_phi, by_a, by_b = (
            np.zeros(by_value.shape),
            np.zeros(len(prepared.kind)),
            np.zeros(len(prepared.kind)),
        )
        total = joint.likelihood(
            y,
            prepared.ends,
            kind,
            output,
            prepared.kind,
            point.a,
            point.b,
            f,
            np.ascontiguousarray(slopes),
            prepared.m4,
            by_value,
            first,
            last,
            by_phi,
            by_a,
            by_b,
        )
        return Likelihood(total, by_phi, by_a, by_b)

    def _pull(self, point: Point, at: Effects, found: Likelihood, by_w: np.ndarray) -> np.ndarray:
        """Slopes by the estimated numbers, u and w elsewhere; fills those by w."""
        u, prepared, frame = self.unknowns, self.prepared, self.frame
        by_phi, size = found.by_phi, len(prepared.random)
        by_move, by_log_sd, by_root = np.zeros(u.size), np.zeros(size), np.zeros((size, size))
        joint.pull(
            by_phi,
            prepared.random,
            at.mean,
            at.z,
            at.etas,
            frame.part,
            at.growth,
            at.root,
            frame.factor,
            frame.shift,
            by_w,
            by_move,
            by_log_sd,
            by_root,
        )
        by_beta = [by_phi[:, prepared.effect_on[e]] @ prepared.design.x[:, e] for e in u.beta]
        by_pair = [_by_pair(point.omega, at.root, pair, by_root) for pair in u.pairs]
        residual = (found.by_a[u.a], found.by_b[u.b])
        return by_move + np.concatenate(
            [by_phi.sum(axis=0)[u.mu], by_beta, by_log_sd[u.variability], by_pair, *residual]
        )


def _by_pair(omega: np.ndarray, root: np.ndarray, pair: tuple[int, int], by_root: np.ndarray) -> float:
    """Slope by atanh of a correlation from that by the factor of Omega: dL = L low(L^-1 dOmega L^-T), low
    being the lower triangle with half the diagonal (Murray 2016, arXiv:1602.07527)."""
    i, j = pair
    sd = np.sqrt(omega[i, i] * omega[j, j])
    change = np.zeros(omega.shape)
    change[i, j] = change[j, i] = sd * (1 - (omega[i, j] / sd) ** 2)
    inner = np.linalg.solve(root, np.linalg.solve(root, change).T)
    return float((by_root * (root @ (np.tril(inner) - 0.5 * np.diag(np.diag(inner))))).sum())


@dataclass(frozen=True, repr=False)
class Posterior(Shown):
    """A posterior. `table` refuses what did not mix; `mixing` always answers.

    Attributes
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    names, kinds : tuple of str
        Of the estimated numbers.
    x : ndarray, shape (chains, draws, numbers)
        As they are reported.
    etas : ndarray, shape (chains, draws, subjects, random)
        Random effects of each subject in each draw.
    draws : Draws
        The draws as the sampler made them, on its own scales.
    priors : tuple of Prior
        Priors of all numbers, those stated by the user among them.
    settings : Sampling
        Of the sampler.
    notes : tuple of str
        For the user.
    """

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
        """Pandas table of the posterior: kind, and the columns of `nuts.summary`. Raises ConvergenceError
        with every reason where R-hat, effective sample size or divergences forbid it."""
        if self.faults:
            raise ConvergenceError(
                f"the posterior is not shown: {'; '.join(self.faults)}. Draw more (--draws), take smaller "
                "steps (--acceptance 0.95), or state narrower priors for what the data do not determine"
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
        for row in self.table().to_dict("records"):
            name = str(row["name"])
            unit = "" if units.get(name, "1") == "1" else f" {units[name]}"
            told.append(f"{name} is {row['q50']:.3g}{unit} (90 % {row['q05']:.3g} to {row['q95']:.3g})")
        return tuple(told)

    def _facts(self) -> dict[str, str]:
        chains, draws, _ = self.x.shape
        return {
            "name": self.problem.model.full_name,
            "status": self.status,
            "draws": f"{chains} chains of {draws:,}",
        } | ({"not shown": "; ".join(self.faults)} if self.faults else {})

    def _frame(self):
        return None if self.faults else self.table()


def log_posterior(
    problem: FitProblem, priors: Sequence[Prior] = (), start: FitProblem | None = None, seed: int = 1
) -> tuple[LogPosterior, np.ndarray]:
    """The density to sample and where to start: the numbers of `start` (by default the problem's own), with
    the means of the individual effects there. Raises InputError as `priors_of`, `frame_of` and the data
    do."""
    unknowns, base = unknowns_of(problem), point_of(start or problem)
    if any(parameter.changes for parameter in problem.parameters):
        raise InputError(NO_OCCASIONS)
    if not unknowns.size:
        raise InputError(NOTHING_FREE)
    prepared, priors = prepare(problem), priors_of(problem, priors)
    check_start(prepared, base)
    density = LogPosterior(prepared, unknowns, priors, frame_of(prepared, unknowns, base, priors, seed))
    return density, np.zeros(unknowns.size + density.shape[0] * density.shape[1])


def sample_posterior(
    problem: FitProblem,
    priors: Sequence[Prior] = (),
    settings: Sampling | None = None,
    start: FitProblem | None = None,
    kept: Keeper | None = None,
) -> Posterior:
    """Draws of the posterior by NUTS.

    Parameters
    ----------
    problem : FitProblem
        Its numbers must not come from the same data, as priors that are not given are weak ones around
        them.
    priors : sequence of Prior
        Priors that replace the weakly informative ones of the same numbers.
    settings : Sampling, optional
        Chains, draws, seed.
    start : FitProblem, optional
        Where the chains start; `fit(problem).problem` is a good one.
    kept : Kept, optional
        Where finished chains are kept on the way.

    Returns
    -------
    Posterior
        Its `table` refuses what did not mix.

    Raises
    ------
    InputError
        For priors of numbers that are not estimated, and for what cannot be sampled.
    """
    if problem.outcomes:
        raise InputError(NO_OUTCOMES)
    settings = settings or Sampling()
    density, first = log_posterior(problem, priors, start, settings.seed)
    of = {"fit or data": problem, "priors": density.priors, "frame of the chains": density.frame}
    found = draw(density, first, settings, kept, of)
    unknowns, shape = density.unknowns, found.x.shape[:2]
    natural, etas = np.empty((*shape, unknowns.size)), np.empty((*shape, *density.shape))
    for place in np.ndindex(shape):
        vector = density.numbers(found.x[place])
        natural[place] = unknowns.natural(vector)[0]
        etas[place] = density.effects(found.x[place], unknowns.point(vector, density.frame.base)).etas
    return Posterior(
        problem, unknowns.names, unknowns.kinds, natural, etas, found, density.priors, settings,
        density.prepared.design.notes,
    )  # fmt: skip
