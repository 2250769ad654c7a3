"""Weighted draws of random effects where one bump around the mode is no guide: several modes, kinks, strong
censoring.

Particles of the population are brought to the posterior by likelihoods raised to rising powers, resampled and
moved by a few Metropolis steps at each (Neal 2001, Stat Comput 11:125-139; Del Moral, Doucet & Jasra 2006, J
R Stat Soc B 68:411-436). They need not have got there: they only make a proposal, a mixture of t
distributions around some of them, each as wide as its neighbours lie apart, with a tenth of the population;
draws of it get weights, and what these are worth is counted as always.
"""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from livingdrug.core.draws import combed, effective, log_normal, normalised, scaled
from livingdrug.core.random import stream_key
from livingdrug.fit.at_draws import predicted
from livingdrug.fit.importance import FREEDOM
from livingdrug.fit.point import Point, Prepared

PARTICLES = 2048
KEEP = 0.5  # effective part of the particles that a rise of the power leaves
MOVES = 3  # Metropolis steps at each power
MOST = 60  # rises
KERNELS, NEIGHBOURS = 128, 48
WIDTH = 1.0  # of a kernel, in covariances of its neighbours
OF_POPULATION = 0.1


@dataclass(frozen=True)
class Annealed:
    """Particles (n, m, random) of the subjects, brought to their posteriors, and where the random numbers
    of each stand."""

    subjects: tuple[str, ...]
    particles: np.ndarray
    streams: tuple[np.random.Generator, ...]

    def of(self, subjects: tuple[str, ...]) -> "Annealed":
        """Those of some of the subjects."""
        places = [self.subjects.index(name) for name in subjects]
        return Annealed(subjects, self.particles[places], tuple(self.streams[i] for i in places))


def anneal(prepared: Prepared, point: Point, seed: int) -> Annealed:
    """Particles of each subject from the population to its posterior."""
    streams = [
        np.random.default_rng(stream_key(seed, f"annealed draws of {name}"))
        for name in prepared.design.subjects
    ]
    prior, size = np.linalg.cholesky(point.omega), len(prepared.random)
    particles = np.stack([own.standard_normal((PARTICLES, size)) for own in streams]) @ prior.T
    particles = _raised(particles, lambda etas: _likelihood(prepared, point, etas), point.omega, streams)
    return Annealed(prepared.design.subjects, particles, tuple(streams))


def drawn_around(
    prepared: Prepared, point: Point, state: Annealed, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """(etas (n, count, random), their weights (n, count), which sum to 1) of each subject, nan as in
    `weighted`, see `around`."""
    etas, density = around(point, state, count)
    return etas, normalised(_likelihood(prepared, point, etas) + log_normal(etas, point.omega) - density)


def around(point: Point, state: Annealed, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(etas (n, count, random), the logarithms of their densities (n, count)) of each subject. The same state
    gives the same draws, however often it is asked."""
    n, size = len(state.subjects), state.particles.shape[2]
    etas, density = np.empty((n, count, size)), np.empty((n, count))
    for i, own in enumerate(deepcopy(state.streams)):
        etas[i], density[i] = _mixture(state.particles[i], point.omega, count, own)
    return etas, density


def _likelihood(prepared: Prepared, point: Point, etas: np.ndarray) -> np.ndarray:
    """ln of it at draws, (n, draws); -inf where the model gives none."""
    found = predicted(prepared, point, etas).likelihood(point)
    return np.where(np.isfinite(found), found, -np.inf)


def _raised(particles: np.ndarray, likelihood, omega: np.ndarray, streams: list) -> np.ndarray:
    """Particles (n, m, random) of the population brought to the posterior, as far as MOST rises go."""
    n, many, size = particles.shape
    ll, power = likelihood(particles), np.zeros(n)
    scale = np.full(n, 2.38 / np.sqrt(size))
    for _ in range(MOST):
        if (power >= 1).all():
            break
        step = np.array([_step(ll[i], 1 - power[i]) for i in range(n)])
        for i in np.flatnonzero((power < 1) & np.isfinite(ll).any(axis=1)).tolist():
            chosen = _chosen(step[i] * ll[i], streams[i], many)
            particles[i], ll[i] = particles[i][chosen], ll[i][chosen]
        power = np.minimum(power + step, 1.0)
        factor = np.stack([_factor(own) for own in particles])
        for _ in range(MOVES):
            z = np.stack([own.standard_normal((many, size)) for own in streams])
            tried = particles + scale[:, None, None] * (z @ factor.transpose(0, 2, 1))
            new = likelihood(tried)
            with np.errstate(invalid="ignore"):
                gain = power[:, None] * (new - ll) + log_normal(tried, omega) - log_normal(particles, omega)
            accept = np.stack([np.log(own.random(many)) for own in streams]) < gain
            particles, ll = np.where(accept[:, :, None], tried, particles), np.where(accept, new, ll)
            scale *= np.exp(2 * (accept.mean(axis=1) - 0.25))
    return particles


def _step(ll: np.ndarray, most: float) -> float:
    """The largest rise of the power that leaves KEEP of the particles effective."""
    if most <= 0 or not np.isfinite(ll).any():
        return max(most, 0.0)

    def enough(rise: float) -> bool:
        return effective(scaled(rise * (ll - ll.max()))) >= KEEP * np.isfinite(ll).sum()

    if enough(most):
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return max(low, 1e-6)


def _chosen(logs: np.ndarray, stream: np.random.Generator, many: int) -> np.ndarray:
    """Positions of particles resampled by one shifted comb."""
    return combed(normalised(logs), many, stream.random())


def _factor(points: np.ndarray) -> np.ndarray:
    """Cholesky factor of the covariance of points (m, random), with a little more where they lie in a
    plane."""
    covariance = np.cov(points.T).reshape(points.shape[1], -1)
    ridge = 1e-6 * np.diag(np.maximum(np.diag(covariance), 1e-12))
    return np.linalg.cholesky(covariance + ridge)


def _mixture(
    points: np.ndarray, omega: np.ndarray, count: int, stream: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(draws (count, random), ln density (count,)) of kernels around some of the points, and of the
    population."""
    size = points.shape[1]
    distinct = np.unique(points, axis=0)
    centres = points[stream.choice(len(points), KERNELS, replace=len(points) < KERNELS)]
    white = np.linalg.solve(_factor(points), np.concatenate([centres, distinct]).T).T
    apart = ((white[: len(centres), None] - white[None, len(centres) :]) ** 2).sum(axis=2)
    near = np.argsort(apart, axis=1)[:, : min(NEIGHBOURS, len(distinct))]
    factors = np.sqrt(WIDTH) * np.stack(
        [_factor(distinct[own]) if len(own) > size else _factor(points) for own in near]
    )
    chi = stream.chisquare(FREEDOM, count) / FREEDOM
    which, z = stream.integers(KERNELS, size=count), stream.standard_normal((count, size))
    drawn = centres[which] + np.einsum("cij,cj->ci", factors[which], z) / np.sqrt(chi)[:, None]
    plain = stream.random(count) < OF_POPULATION
    drawn = np.where(plain[:, None], z @ np.linalg.cholesky(omega).T, drawn)
    kernels = np.stack([_log_t(drawn, c, f) for c, f in zip(centres, factors, strict=True)])
    mixed = np.logaddexp.reduce(kernels, axis=0) - np.log(KERNELS)
    return drawn, np.logaddexp(
        np.log1p(-OF_POPULATION) + mixed, np.log(OF_POPULATION) + log_normal(drawn, omega)
    )


def _log_t(x: np.ndarray, centre: np.ndarray, factor: np.ndarray) -> np.ndarray:
    from math import lgamma

    size = len(centre)
    z = (x - centre) @ np.linalg.inv(factor).T
    constant = lgamma(0.5 * (FREEDOM + size)) - lgamma(0.5 * FREEDOM) - 0.5 * size * np.log(FREEDOM * np.pi)
    return (
        constant
        - np.log(np.diag(factor)).sum()
        - 0.5 * (FREEDOM + size) * np.log1p(np.einsum("ci,ci->c", z, z) / FREEDOM)
    )
