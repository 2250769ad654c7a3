"""Fractions of one parent gate: closed to 1, zeros replaced by a stated rule, taken as log-ratios."""

from dataclasses import dataclass

import numpy as np

PART = 0.65  # of the detection limit that stands for a zero (Martin-Fernandez et al. 2003)
OFF = 0.02  # how far the fractions of a closed gate may be off 1 before it is a fault


@dataclass(frozen=True)
class Composition:
    """Fractions of a whole.

    Attributes
    ----------
    parts : tuple of str
        Names of the parts, such as subsets of T cells, in the order of the columns.
    fractions : ndarray, shape (products, parts)
        Each row sums to 1, none is 0.
    replaced : ndarray, shape (products, parts)
        Which stand for a zero.
    """

    parts: tuple[str, ...]
    fractions: np.ndarray
    replaced: np.ndarray


def close(
    values: np.ndarray, parts: tuple[str, ...], limit: float | np.ndarray, part: float = PART
) -> Composition:
    """Fractions that sum to 1, zeros replaced by part x limit and the others lowered in proportion.

    Multiplicative replacement keeps the ratios between the parts that were seen.

    Parameters
    ----------
    values : ndarray, shape (products, parts)
        In any one unit.
    parts : tuple of str
        Names of the parts, in the order of the columns.
    limit : float or ndarray
        Detection limit as a fraction of the whole, a number or one for each part.
    part : float, optional
        Of the detection limit, at which zeros stand.

    Returns
    -------
    Composition
    """
    fractions = values / values.sum(axis=1, keepdims=True)
    zero = fractions == 0
    stand_in = np.where(zero, part * np.broadcast_to(limit, fractions.shape), 0.0)
    kept = fractions * (1 - stand_in.sum(axis=1, keepdims=True))
    return Composition(parts, np.where(zero, stand_in, kept), zero)


def clr(fractions: np.ndarray) -> np.ndarray:
    """Centred log-ratios (products, parts): logarithm of each part over the geometric mean of all.

    The columns add up to 0: never put all of them without a penalty into one model.

    Parameters
    ----------
    fractions : ndarray
        As `close` gives them, shape (products, parts).

    Returns
    -------
    ndarray
    """
    logs = np.log(fractions)
    return logs - logs.mean(axis=1, keepdims=True)


def pivot(fractions: np.ndarray) -> np.ndarray:
    """Pivot coordinates (products, parts - 1): each part against the geometric mean of those after it.

    Parameters
    ----------
    fractions : ndarray
        As `close` gives them, shape (products, parts).

    Returns
    -------
    ndarray
    """
    logs = np.log(fractions)
    n = logs.shape[1]
    after = [logs[:, i + 1 :].mean(axis=1) for i in range(n - 1)]
    scale = [np.sqrt((n - i - 1) / (n - i)) for i in range(n - 1)]
    return np.column_stack([s * (logs[:, i] - a) for i, (s, a) in enumerate(zip(scale, after, strict=True))])


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Aitchison distance between compositions (..., parts)."""
    difference = np.log(a) - np.log(b)
    return np.sqrt(((difference - difference.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1))


def variation(fractions: np.ndarray) -> np.ndarray:
    """Variation matrix (parts, parts): variance over products of the logarithm of each ratio (divisor n -
    1)."""
    logs = np.log(fractions)
    return (logs[:, :, None] - logs[:, None, :]).var(axis=0, ddof=1)
