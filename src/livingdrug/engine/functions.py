"""The functions of the expression language for single numbers (inside a solver) and for arrays (outputs)."""

import math

import numpy as np

NEVER = -745.0  # exp of anything lower is 0 in double precision


def hill(x: float, n: float, k: float) -> float:
    """x^n / (k^n + x^n) without overflow; 0 for x <= 0 (n may be below 1, and solvers dip below 0)."""
    if x <= 0.0:
        return 0.0
    z = n * (math.log(x) - math.log(k))
    if z < NEVER:
        return 0.0
    return 1.0 / (1.0 + math.exp(-z)) if z > 0 else math.exp(z) / (1.0 + math.exp(z))


def power(x: float, n: float) -> float:
    """x^n with 0 for x <= 0 and positive n, where Python would turn complex."""
    if x > 0.0:
        return x**n
    return 1.0 if n == 0.0 else (0.0 if n > 0.0 else math.inf)


def log(x: float) -> float:
    """Natural logarithm, -inf at 0 and NaN below, as arrays have it."""
    return math.log(x) if x > 0.0 else (-math.inf if x == 0.0 else math.nan)


def exp(x: float) -> float:
    """Exponential that overflows to inf, as arrays have it."""
    return math.exp(x) if x < 709.0 else math.inf


def hill_array(x, n, k):
    """`hill` for arrays of any broadcastable shape."""
    from scipy.special import expit

    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = n * (np.log(np.where(x > 0, x, 1.0)) - np.log(k))
    return np.where(x > 0, expit(z), 0.0)


def power_array(x, n):
    """`power` for arrays."""
    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(x > 0, np.where(x > 0, x, 1.0) ** n, np.where(np.equal(n, 0), 1.0, np.where(n > 0, 0.0, np.inf)))


SCALAR = {
    "_exp": exp, "_expm1": math.expm1, "_log": log, "_log1p": math.log1p, "_sqrt": math.sqrt, "_tanh": math.tanh,
    "_abs": abs, "_min": min, "_max": max, "_hill": hill, "_power": power,
}  # fmt: skip
ARRAY = {
    "_exp": np.exp, "_expm1": np.expm1, "_log": np.log, "_log1p": np.log1p, "_sqrt": np.sqrt, "_tanh": np.tanh,
    "_abs": np.abs, "_min": np.minimum, "_max": np.maximum, "_hill": hill_array, "_power": power_array,
}  # fmt: skip
