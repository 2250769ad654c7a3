"""Weights of candidates: as even as can be while the targets are met within their own sampling error.

Entropy balancing (Hainmueller 2012, Political Analysis 20:25) with a quadratic penalty: weights w_i
proportional to exp(sum_k lambda_k (h_ik - p_k)), h_ik whether candidate i is at or below the value of target
k, p_k the published part. lambda minimises ln mean_i exp(...) + lambda' C lambda / 2, where C is the
covariance of published parts of n patients, (min(p_k, p_l) - p_k p_l) / n within a target. Without C the
targets would be met to the last digit, or not at all.
"""

from collections.abc import Sequence

import numpy as np

from livingdrug.population.targets import Target

STEPS, ENOUGH = 200, 1e-10


def balanced(held: np.ndarray, wanted: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Weights of the candidates, summing to 1.

    Parameters
    ----------
    held : ndarray of shape (n, k)
        Whether each candidate is at or below each value.
    wanted : ndarray of shape (k,)
        Published part of the patients who are at or below each value.
    error : ndarray of shape (k, k)
        Their covariance, positive definite.

    Returns
    -------
    ndarray of shape (n,)
    """
    g = held - wanted
    point = np.zeros(len(wanted))
    value, weights = _objective(point, g, error)
    for _ in range(STEPS):
        mean = weights @ g
        slope = mean + error @ point
        if np.abs(slope).max() < ENOUGH:
            break
        curvature = (g * weights[:, None]).T @ g - np.outer(mean, mean) + error
        step = np.linalg.solve(curvature, slope)
        size = 1.0
        while True:  # convex: a step of Newton's, shortened until it descends
            trial = point - size * step
            lower, there = _objective(trial, g, error)
            if lower <= value - 1e-4 * size * float(slope @ step) or size < 1e-8:
                break
            size *= 0.5
        point, value, weights = trial, lower, there
    return weights


def _objective(point: np.ndarray, g: np.ndarray, error: np.ndarray) -> tuple[float, np.ndarray]:
    powers = g @ point
    top = powers.max()
    raw = np.exp(powers - top)
    return float(top + np.log(raw.mean()) + 0.5 * point @ error @ point), raw / raw.sum()


def errors_of(targets: Sequence[Target]) -> np.ndarray:
    """Covariance of the published parts of all targets, shape (k, k); targets are independent."""
    sizes = [len(target.wanted) for target in targets]
    made, at = np.zeros((sum(sizes), sum(sizes))), 0
    for target, size in zip(targets, sizes, strict=True):
        p = target.wanted
        here = slice(at, at + size)
        made[here, here] = (np.minimum(p[:, None], p) - np.outer(p, p)) / target.n
        at += size
    return made + 1e-12 * np.eye(len(made))


def quantiles(values: np.ndarray, weights: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Weighted percentiles: the smallest value with at least this part of the weight at or below it.

    Parameters
    ----------
    values : ndarray
        Of subjects, shape (n,).
    weights : ndarray
        Of the same, shape (n,).
    levels : sequence of float
        From 0 to 1.

    Returns
    -------
    ndarray
    """
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    at = np.searchsorted(below, np.asarray(levels) / 100.0 * below[-1] * (1 - 1e-12))
    return values[order][np.minimum(at, len(order) - 1)]
