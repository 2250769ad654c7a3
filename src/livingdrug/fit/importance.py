"""-2 log likelihood by importance sampling, with its Monte-Carlo error and effective sample sizes.

Each subject's integral over eta is a mean of joint density over proposal density; the proposal is a multivariate t with
five degrees of freedom, so that its tails hold those of the integrand. It starts around the mode, wide as the curvature
there says, and is moved in a few trial rounds to the mean and covariance that weighted draws have (kinks and censoring
leave the mode a poor guide).
Points are scrambled Sobol numbers in several independent sets, whose spread is the error; each subject turns them by its
own random shift, so that errors of subjects do not add up.
"""

import numpy as np

from livingdrug.core.random import stream_key, uniforms
from livingdrug.fit.modes import find_modes
from livingdrug.fit.objective import made
from livingdrug.fit.point import Point, Prepared, centre, log_likelihood, predictions, prepare, with_etas
from livingdrug.fit.result import Objective

FREEDOM = 5.0
SETS = 16
AT_ONCE = 2_000_000  # records in one call
ROUNDS, TRIALS = 4, 512  # trial rounds and draws in each


def importance(
    prepared: Prepared, point: Point, draws: int = 4096, seed: int = 1, start: np.ndarray | None = None
) -> Objective:
    """-2LL at a point; draws: for each subject, rounded up to SETS powers of two. start: of the search for modes."""
    modes = find_modes(prepared, point, start)
    size = len(prepared.random)
    if not size:
        return made(prepared, "is", 2 * modes.height, etas=modes.etas, converged=modes.converged, se=0.0,
                    ess=np.full(prepared.n, np.inf))  # fmt: skip
    middle, factor = modes.etas, np.linalg.inv(np.linalg.cholesky(modes.gauss_newton(prepared.random))).transpose(0, 2, 1)
    for k in range(ROUNDS):
        middle, factor = _moved(prepared, point, middle, factor, seed, k)
    each = 1 << max(int(np.ceil(np.log2(max(draws, SETS) / SETS))), 0)
    weights = np.concatenate([_weighted(prepared, point, middle, factor, each, seed, s)[1] for s in range(SETS)], axis=1)
    top = weights.max(axis=1, keepdims=True)
    scaled = np.exp(weights - top)
    means = scaled.reshape(prepared.n, SETS, each).mean(axis=2)
    mean = means.mean(axis=1)
    parts = -2 * (np.log(mean) + top[:, 0])
    # the error of the sum of logarithms, subjects together: they share the scrambled points
    off = (means / mean[:, None] - 1).sum(axis=0)
    se = float(2 * np.std(off, ddof=1) / np.sqrt(SETS))
    ess = scaled.sum(axis=1) ** 2 / (scaled**2).sum(axis=1)
    return made(prepared, "is", parts, etas=modes.etas, converged=modes.converged, se=se, ess=ess)


def _moved(prepared, point, middle, factor, seed: int, k: int):
    """Mean and Cholesky factor of the weighted draws of a trial round; little is believed of few effective draws."""
    etas, logs = _weighted(prepared, point, middle, factor, TRIALS, seed, f"trial {k}")
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    size = etas.shape[2]
    ess = 1 / (weight**2).sum(axis=1)
    trust = np.clip((ess - 2 * size) / (10 * size), 0.0, 1.0)
    mean = np.einsum("nc,nci->ni", weight, etas)
    off = etas - mean[:, None]
    spread = np.einsum("nc,nci,ncj->nij", weight, off, off)
    before = factor @ factor.transpose(0, 2, 1)
    mixed = trust[:, None, None] * spread + (1 - trust)[:, None, None] * before
    shift = np.where(trust[:, None] > 0, mean, middle)
    return shift, np.linalg.cholesky(mixed + 1e-9 * before)


def _points(seed: int, which: int | str, count: int, size: int, n: int) -> np.ndarray:
    """Points in the unit cube, (n, count, size): one scrambled set, shifted for each subject."""
    from scipy.stats import qmc

    key = stream_key(seed, f"importance {which}")[0]
    base = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(key)).random(count)
    shift = uniforms(seed, f"importance shift {which}", 0, n * size).reshape(n, 1, size)
    moved = (base[None] + shift) % 1.0
    return np.clip(moved, 2.0**-53, 1 - 2.0**-53)


def _weighted(prepared, point, middle, factor, count: int, seed: int, which: int | str) -> tuple[np.ndarray, np.ndarray]:
    """Draws (n, count, random) and ln (joint density / proposal density) of each, (n, count)."""
    from scipy.special import gammaln, ndtri
    from scipy.stats import chi2

    n, size = middle.shape
    cube = _points(seed, which, count, size + 1, n)
    normal = ndtri(cube[..., :size])
    stretch = np.sqrt(FREEDOM / chi2.ppf(cube[..., size], FREEDOM))
    z = normal * stretch[..., None]
    etas = middle[:, None] + np.einsum("nij,ncj->nci", factor, z)
    half = 0.5 * (FREEDOM + size)
    log_factor = np.linalg.slogdet(factor)[1]
    proposal = (
        gammaln(half) - gammaln(0.5 * FREEDOM) - 0.5 * size * np.log(FREEDOM * np.pi) - log_factor[:, None]
        - half * np.log1p((z**2).sum(axis=2) / FREEDOM)
    )  # fmt: skip
    precision = np.linalg.inv(point.omega)
    prior = -0.5 * np.einsum("nci,ij,ncj->nc", etas, precision, etas)
    prior -= 0.5 * (size * np.log(2 * np.pi) + np.linalg.slogdet(point.omega)[1])
    return etas, _data(prepared, point, etas) + prior - proposal


def _data(prepared: Prepared, point: Point, etas: np.ndarray) -> np.ndarray:
    """Log-likelihood of each subject's records at each of its draws, (n, draws)."""
    n, count, _ = etas.shape
    many = max(1, min(count, AT_ONCE // max(len(prepared.design.y), 1)))
    out = np.empty((n, count))
    for begin in range(0, count, many):
        part = etas[:, begin : begin + many]
        copies = prepare(prepared.problem, part.shape[1], prepared.design)
        flat = part.transpose(1, 0, 2).reshape(-1, part.shape[2])
        phi = with_etas(copies, centre(copies, point), flat)
        total = log_likelihood(copies, point, predictions(copies, phi))
        out[:, begin : begin + many] = total.reshape(part.shape[1], n).T
    return out
