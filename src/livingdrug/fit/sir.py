"""Sampling importance resampling (SIR): how far estimates may lie, without fitting again and without a normal
shape.

Dosne, Bergstrand, Harling & Karlsson 2016 (J Pharmacokinet Pharmacodyn 43:583-596); in rounds: Dosne,
Bergstrand & Karlsson 2017 (J Pharmacokinet Pharmacodyn 44:509-520). Vectors of all estimated numbers are
drawn around the estimate from its covariance; the importance ratio of each is its likelihood over the density
that it was drawn from; some are drawn by these ratios, none twice, and the next round draws around their mean
with their covariance. Where the papers draw from a normal density, bent by Box-Cox, numbers stand here on the
scales of their estimation (logarithms, logits, atanh) under a t with six degrees of freedom: a likelihood
with longer tails than a normal density loses them round by round otherwise.

The marginal likelihoods of a round share the draws of the subjects' individual parameters, so that
Monte-Carlo errors of their ratios cancel: draws of phi stay where they are, and with them the predictions;
what changes is how likely phi is in the population, and the residual error.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core import draws
from livingdrug.core.errors import InputError
from livingdrug.core.random import check_seed, normals, uniforms
from livingdrug.core.shown import Shown
from livingdrug.fit.by_need import others_at
from livingdrug.fit.climb import climb
from livingdrug.fit.importance import Draws, Hard, Proposal, drawn, weights
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import Point, Prepared, is_defined, point_of, prepare
from livingdrug.fit.result import FitResult
from livingdrug.fit.unknowns import Unknowns, unknowns_of

ROUNDS, FEWEST = 3, 500  # before the last one; vectors drawn in each, at least
LAST = 3  # times as many vectors are drawn in the last round as are kept
KEPT = 0.2  # part of the vectors of a round before it that the next one is made of
FREEDOM = 6  # of the t that vectors are drawn from, an even number
DRAWS = 512  # of each subject's individual parameters
FEW = 0.1  # effective part of the last round's vectors below which its intervals are not to be trusted


@dataclass(frozen=True, repr=False)
class Sir(Shown):
    """What was kept in the last round.

    Attributes
    ----------
    names : tuple of str
        Of the estimated numbers.
    estimates : ndarray, shape (kept, numbers)
        Vectors of numbers that were kept, as tables of estimates report them.
    rise : ndarray, shape (kept,)
        Of -2LL above the estimate.
    effective : tuple of float
        Part of the drawn vectors that their ratios are worth, of each round.
    noise : float
        Monte-Carlo sd of the logarithm of a ratio.
    lower, upper : ndarray, shape (numbers,)
        2.5 and 97.5 %, nan at a bound.
    notes : tuple of str
        For a reader.
    """

    names: tuple[str, ...]
    estimates: np.ndarray
    rise: np.ndarray
    effective: tuple[float, ...]
    noise: float
    lower: np.ndarray
    upper: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Likelihood:
    """Log-likelihood of the data, less what priors take from it, at any vector near the point where draws
    of the subjects' parameters were made."""

    prepared: Prepared
    unknowns: Unknowns
    base: Point
    draws: Draws
    others: Hard | None = None

    def __call__(self, vector: np.ndarray) -> np.ndarray:
        """From each half of the draws, (2,); -inf where the vector is none of a population."""
        point = self.unknowns.point(vector, self.base)
        if not is_defined(point):
            return np.full(2, -np.inf)
        sums = _halves(weights(self.prepared, point, self.draws))
        if self.others is not None:
            own = self.others.draws
            sums[self.others.places] = _halves(weights(own.proposal.prepared, point, own))
        return np.where(np.isfinite(sums), sums, -np.inf).sum(axis=0) - penalty_of(self.unknowns).loss(vector)


def _halves(logs: np.ndarray) -> np.ndarray:
    """Log-likelihood of each subject from each half of its draws (n, 2); logs (n, draws): of weights."""
    parts = logs.reshape(len(logs), 2, -1)
    top = parts.max(axis=2)
    with np.errstate(invalid="ignore"):  # of a subject that the data exclude: -inf minus -inf
        return np.log(np.exp(parts - top[..., None]).mean(axis=2)) + top


def likelihood_of(
    prepared: Prepared,
    unknowns: Unknowns,
    point: Point,
    proposal: Proposal,
    seed: int,
    hard: Hard | None = None,
) -> Likelihood:
    """The likelihood around a point, from DRAWS draws of each subject; hard: those of a climb there, whose
    subjects have draws around particles here, too."""
    others = others_at(prepared, point, proposal, hard.places, seed) if hard is not None else None
    draws = drawn(prepared, point, proposal, DRAWS, seed, "sir")
    return Likelihood(prepared, unknowns, point, draws, others)


def sir(result: FitResult, kept: int = 1000, seed: int = 1, rounds: int = ROUNDS) -> Sir:
    """Intervals of all estimated numbers by sampling importance resampling, from the covariance of the
    estimates.

    Parameters
    ----------
    result : FitResult
        A fit that has ended, see `fit`.
    kept : int
        Vectors of the last round, which draws several times as many.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    rounds : int
        Before it, of as many vectors as are kept.

    Returns
    -------
    Sir

    Raises
    ------
    InputError
        For a fit without covariance, or fewer than 100 vectors to keep.

    Notes
    -----
    Numbers at a bound stay there.
    """
    check_seed(seed)
    problem, matrix = result.problem, result.covariance.matrix
    if kept < 100:
        raise InputError(f"{kept} vectors are too few for an interval of 95 %; keep 100 or more")
    if matrix is None:
        why = result.covariance.reason or "none was computed"
        raise InputError(f"SIR draws from the covariance of the estimates, and there is none: {why}")
    unknowns, prepared = unknowns_of(problem), prepare(problem)
    free = np.flatnonzero(np.isfinite(np.diag(matrix)))
    top = climb(prepared, point_of(problem), seed, result.individuals.etas)
    likelihood = likelihood_of(prepared, unknowns, top.point, top.proposal, seed, top.hard)
    best = unknowns.vector(top.point)
    level = likelihood(best)

    def whole(x: np.ndarray) -> np.ndarray:
        vectors = np.tile(best, (len(x), 1))
        vectors[:, free] = x
        return vectors

    def at(x: np.ndarray) -> np.ndarray:
        return np.array([likelihood(vector) for vector in whole(x)]) - level

    x, halves, effective = resample(at, best[free], matrix[np.ix_(free, free)], kept, seed, rounds)
    estimates = np.array([unknowns.natural(vector)[0] for vector in whole(x)])
    ends = np.percentile(estimates, [2.5, 97.5], axis=0)
    lower, upper = np.where(np.isin(np.arange(unknowns.size), free), ends, np.nan)
    rise, noise = -2 * halves.mean(axis=1), float(np.std(halves[:, 0] - halves[:, 1]) / 2)
    return Sir(
        unknowns.names,
        estimates,
        rise,
        effective,
        noise,
        lower,
        upper,
        _notes(effective[-1], LAST * kept, kept),
    )


def resample(
    log_density: Callable[[np.ndarray], np.ndarray],
    middle: np.ndarray,
    covariance: np.ndarray,
    kept: int,
    seed: int = 1,
    rounds: int = ROUNDS,
) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """(vectors kept, log density of each, effective part of each round's vectors), of a density known up to a
    factor.

    log_density: of vectors (size, free), as (size, any), whose mean over the last axis counts; middle,
    covariance: mean and covariance that the first round draws from.
    """
    effective, best, logs = [], np.empty((0, len(middle))), np.empty((0, 0))
    sizes = [max(FEWEST, kept)] * rounds + [LAST * kept]
    for k, size in enumerate(sizes):
        x, density = _drawn(middle, covariance, size, seed, k)
        found = log_density(x)
        ratio = found.mean(axis=1) - density
        effective.append(float(draws.effective(draws.scaled(ratio))) / size)
        many = kept if k == len(sizes) - 1 else int(KEPT * size)
        chosen = _resampled(ratio, many, seed, k)
        best, logs = x[chosen], found[chosen]
        middle, covariance = best.mean(axis=0), np.cov(best.T).reshape(len(middle), len(middle))
    return best, logs, tuple(effective)


def _drawn(
    middle: np.ndarray, covariance: np.ndarray, size: int, seed: int, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (size, free) of a t, as wide in its middle as a normal density of this covariance and wider
    in its tails, and its logarithm at each, without constants."""
    factor, free = np.linalg.cholesky(covariance), len(middle)
    z = normals(seed, f"sir round {k}", 0, size * free).reshape(size, free)
    # a chi-square with an even number of degrees of freedom is a sum of exponentials
    u = uniforms(seed, f"sir tails {k}", 0, size * FREEDOM // 2).reshape(size, FREEDOM // 2)
    z *= np.sqrt(FREEDOM / (-2 * np.log(u).sum(axis=1)))[:, None]
    return middle + z @ factor.T, -0.5 * (FREEDOM + free) * np.log1p((z * z).sum(axis=1) / FREEDOM)


def _resampled(ratio: np.ndarray, many: int, seed: int, k: int) -> np.ndarray:
    """Positions drawn one after the other by their ratios, none twice: the largest of ln ratio + Gumbel
    noise (Yellott 1977, J Math Psychol 15:109-144)."""
    noise = -np.log(-np.log(uniforms(seed, f"sir choice {k}", 0, len(ratio))))
    order = np.argsort(-(ratio + noise), kind="stable")
    return np.sort(order[: min(many, int(np.isfinite(ratio).sum()))])


def _notes(effective: float, drawn: int, kept: int) -> tuple[str, ...]:
    if effective >= FEW:
        return ()
    return (
        f"SIR: the {drawn} vectors of the last round are worth {effective * drawn:.0f}, so the {kept} kept "
        "ones hardly stand for the likelihood: its shape is far from that of any normal density; look at "
        "the profiles",
    )
