"""Indices from runs: Sobol's first-order and total ones, Morris' elementary effects, partial rank
correlations."""

from dataclasses import dataclass

import numpy as np

RESAMPLED = 500
LEVEL = 0.95


@dataclass(frozen=True)
class Indices:
    """Of each group or input, shape (k,), with 95 % intervals.

    Attributes
    ----------
    names : tuple[str, str]
        What the two columns are called.
    first, total : ndarray
        Indices; or mu_star and sigma; or prcc alone, in `first`.
    first_low, first_high, total_low, total_high : ndarray
        Ends of the intervals.
    used : int
        Runs that entered.
    sum_low, sum_high : float
        Ends of the interval of the sum of Sobol's first-order indices, nan for other methods.
    """

    names: tuple[str, str]
    first: np.ndarray
    first_low: np.ndarray
    first_high: np.ndarray
    total: np.ndarray
    total_low: np.ndarray
    total_high: np.ndarray
    used: int
    sum_low: float = np.nan
    sum_high: float = np.nan


def sobol_indices(y: np.ndarray, seed: int = 1) -> Indices:
    """First-order (Saltelli et al. 2010) and total indices (Jansen 1999) with bootstrap intervals over base
    points.

    Parameters
    ----------
    y : array, shape (2 + groups, base)
        Results at the points of `sobol_points`. A base point of which a run failed (nan) is left out as a whole.
    seed : int, optional
        Of the resampling.
    """
    y = y[:, np.isfinite(y).all(axis=0)]
    first, total = _sobol(y)
    random = np.random.default_rng(seed)
    draws = np.array([_sobol(y[:, random.integers(0, y.shape[1], y.shape[1])]) for _ in range(RESAMPLED)])
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.quantile(draws, ends, axis=0)
    sums = map(float, np.quantile(draws[:, 0].sum(axis=1), ends))
    return Indices(("first-order", "total"), first, low[0], high[0], total, low[1], high[1], y.size, *sums)


def _sobol(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, crossed = y[0], y[1], y[2:]
    centre = y[:2].mean()
    variance = y[:2].var()
    if not variance > 0:
        return np.full(len(crossed), np.nan), np.full(len(crossed), np.nan)
    first = ((b - centre) * (crossed - a)).mean(axis=1) / variance
    total = 0.5 * ((a - crossed) ** 2).mean(axis=1) / variance
    return first, total


def morris_indices(y: np.ndarray, moved: np.ndarray, by: np.ndarray, seed: int = 1) -> Indices:
    """Mean of the sizes of elementary effects (mu*, Campolongo et al. 2007) and their SD (sigma: interaction
    or curvature). Trajectories with a failed run are left out. Effects are per unit of the cube.

    Parameters
    ----------
    y : ndarray
        Results, shape (trajectories, inputs + 1).
    moved, by : ndarray
        As `morris_points` gives them, shape (trajectories, inputs).
    seed : int, optional
        Of the resampling.

    Returns
    -------
    Indices
    """
    keep = np.isfinite(y).all(axis=1)
    y, moved, by = y[keep], moved[keep], by[keep]
    effects = np.empty(moved.shape)
    rows = np.arange(len(moved))[:, None]
    effects[rows, moved] = np.diff(y, axis=1) / by
    random = np.random.default_rng(seed)
    picks = [effects[random.integers(0, len(effects), len(effects))] for _ in range(RESAMPLED)]
    stars = np.array([np.abs(e).mean(axis=0) for e in picks])
    sigmas = np.array([e.std(axis=0, ddof=1) for e in picks])
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    (star_low, star_high), (sigma_low, sigma_high) = (
        np.quantile(stars, ends, axis=0),
        np.quantile(sigmas, ends, axis=0),
    )
    return Indices(
        names=("mu*", "sigma"),
        first=np.abs(effects).mean(axis=0),
        first_low=star_low,
        first_high=star_high,
        total=effects.std(axis=0, ddof=1),
        total_low=sigma_low,
        total_high=sigma_high,
        used=y.size,
    )


def prcc_indices(x: np.ndarray, y: np.ndarray) -> Indices:
    """Partial rank correlation of each input (n, inputs) with the result (n,), the others held; Fisher's
    intervals.

    An input says nothing of shapes that are not monotone. Failed runs (nan) are left out.

    Parameters
    ----------
    x : ndarray
        Inputs, shape (n, inputs).
    y : ndarray
        Results, shape (n,); failed runs are nan.

    Returns
    -------
    Indices
    """
    from scipy.stats import norm, rankdata

    keep = np.isfinite(y)
    ranks = rankdata(np.column_stack([x[keep], y[keep]]), axis=0)
    n, k = int(keep.sum()), x.shape[1]
    nothing = np.full(k, np.nan)
    if n < 2 or np.ptp(ranks[:, k]) == 0:  # a result that is always the same correlates with nothing
        return Indices(("PRCC", ""), nothing, nothing, nothing, nothing, nothing, nothing, n)
    inverse = np.linalg.pinv(np.corrcoef(ranks.T))
    size = np.sqrt(np.diag(inverse))
    value = (-inverse / size[:, None] / size[None, :])[:k, k]
    half = norm.ppf((1 + LEVEL) / 2) / np.sqrt(max(n - (k - 1) - 3, 1))
    z = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    return Indices(("PRCC", ""), value, np.tanh(z - half), np.tanh(z + half), nothing, nothing, nothing, n)
