"""Draws of the individual effects given the data: Metropolis-Hastings over all subjects and chains at once.

Three moves (Kuhn & Lavielle 2005): a draw from the population, a step in one effect after the other, a step
in all at once. Every subject's own step lengths follow its own rate of acceptance.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.random import stream_key
from livingdrug.fit.point import Point, Prepared, centre, everything, log_likelihood, with_etas

AIM_ONE, AIM_ALL = 0.44, 0.25  # rates of acceptance that random walks are tuned to (Roberts & Rosenthal 2001)


@dataclass(frozen=True)
class Chains:
    """etas (chains x subjects, random); f: `everything` there; total: log-likelihood of each; reach:
    step length of each effect; stride (chains x subjects,): of the joint step."""

    etas: np.ndarray
    f: np.ndarray
    total: np.ndarray
    reach: np.ndarray
    stride: np.ndarray


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator for one iteration: what it gives depends on seed and purpose alone."""
    low, high = stream_key(seed, purpose)
    return np.random.Generator(np.random.Philox(key=low + (high << 64)))


def first_chains(prepared: Prepared, point: Point) -> Chains:
    """Chains at eta 0."""
    etas = np.zeros((prepared.n, len(prepared.random)))
    f = everything(prepared, centre(prepared, point))
    sd = np.sqrt(np.diag(point.omega))
    reach, stride = np.tile(0.5 * sd, (prepared.n, 1)), np.full(prepared.n, 0.6)
    return Chains(etas, f, log_likelihood(prepared, point, f), reach, stride)


def refreshed(prepared: Prepared, point: Point, chains: Chains, f: np.ndarray | None = None) -> Chains:
    """The chains after the point moved; f: predictions where they moved too."""
    f = chains.f if f is None else f
    return replace(chains, f=f, total=log_likelihood(prepared, point, f))


def sweep(
    prepared: Prepared,
    point: Point,
    chains: Chains,
    random: np.random.Generator,
    tuning: float,
    from_population: int,
) -> Chains:
    """One round of moves; tuning: how much step lengths follow the acceptance; from_population: such draws
    first."""
    n, size = chains.etas.shape
    middle = centre(prepared, point)
    factor, precision = np.linalg.cholesky(point.omega), np.linalg.inv(point.omega)
    normal = random.standard_normal((from_population + size + 1, n, size))
    bar = np.log(random.random((from_population + size + 1, n)))
    for k in range(from_population):
        chains, _ = _try(prepared, point, middle, chains, normal[k] @ factor.T, bar[k], None)
    reach = chains.reach
    for r in range(size):
        etas = chains.etas.copy()
        etas[:, r] += reach[:, r] * normal[from_population + r, :, r]
        chains, taken = _try(prepared, point, middle, chains, etas, bar[from_population + r], precision)
        if tuning:
            reach = reach.copy()
            reach[:, r] *= np.exp(tuning * (taken - AIM_ONE))
    etas = chains.etas + (chains.stride[:, None] * reach / np.sqrt(size)) * normal[-1]
    chains, taken = _try(prepared, point, middle, chains, etas, bar[-1], precision)
    return replace(chains, reach=reach, stride=chains.stride * np.exp(tuning * (taken - AIM_ALL)))


def _try(prepared, point, middle, chains: Chains, etas, bar, precision) -> tuple[Chains, np.ndarray]:
    """Take what is proposed where it is likely enough; precision: of the population, None where that
    proposed."""
    phi = with_etas(prepared, middle, etas)
    f = everything(prepared, phi)
    total = log_likelihood(prepared, point, f)
    gain = total - chains.total
    if precision is not None:
        gain = gain - 0.5 * (
            ((etas @ precision) * etas).sum(axis=1) - ((chains.etas @ precision) * chains.etas).sum(axis=1)
        )
    taken = np.isfinite(total) & ((bar < gain) | ~np.isfinite(chains.total))
    rows = taken[prepared.owner]
    return (
        replace(
            chains, etas=np.where(taken[:, None], etas, chains.etas), f=np.where(rows, f, chains.f),
            total=np.where(taken, total, chains.total),
        ),
        taken.astype(float),
    )  # fmt: skip
