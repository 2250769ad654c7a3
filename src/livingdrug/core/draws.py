"""Draws: their weights made from logarithms, normalised, counted, resampled; and what correlated normal
draws are made of."""

import numpy as np


def scaled(logs: np.ndarray) -> np.ndarray:
    """Weights (..., draws) from their logarithms, the largest of a row being 1; nan in a row without a
    finite one, as of a subject that the data exclude."""
    with np.errstate(invalid="ignore"):  # -inf minus -inf
        return np.exp(logs - logs.max(axis=-1, keepdims=True))


def normalised(logs: np.ndarray) -> np.ndarray:
    """The same, each row with sum 1."""
    weight = scaled(logs)
    return weight / weight.sum(axis=-1, keepdims=True)


def effective(weight: np.ndarray) -> np.ndarray:
    """How many independent draws those of each row are worth (Kish 1965), from weights (..., draws) of any
    scale."""
    return weight.sum(axis=-1) ** 2 / (weight * weight).sum(axis=-1)


def effective_of(weight: np.ndarray) -> np.ndarray:
    """The same of weights whose sum is 1."""
    return 1 / (weight**2).sum(axis=-1)


def combed(weight: np.ndarray, count: int, shift: float) -> np.ndarray:
    """Positions of equally probable draws from weights (draws,) whose sum is 1, by one comb; shift: of it,
    from 0 to 1."""
    return np.searchsorted(np.cumsum(weight)[:-1], (np.arange(count) + shift) / count)


def principal(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(directions (k, k), one in each column; standard deviations along them (k,)) of a covariance that
    may be singular: z standard normal, directions @ (sd * z) has it."""
    variances, directions = np.linalg.eigh(covariance)
    return directions, np.sqrt(np.maximum(variances, 0.0))


def log_normal(etas: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """ln density of N(0, omega) at random effects (..., random)."""
    half = 0.5 * ((etas @ np.linalg.inv(omega)) * etas).sum(axis=-1)
    return -half - 0.5 * (len(omega) * np.log(2 * np.pi) + np.linalg.slogdet(omega)[1])
