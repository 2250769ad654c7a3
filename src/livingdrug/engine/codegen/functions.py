"""The functions of the expression language for single numbers (inside a solver) and for arrays (outputs)."""

import math

import numpy as np

NEVER = -745.0  # exp of anything lower is 0 in double precision


def hill(x: float, n: float, k: float) -> float:
    """x^n / (k^n + x^n) without overflow; for x <= 0 its limit at 0, which is 0 for n > 0 (solvers dip below 0)."""
    if x <= 0.0:
        return 0.5 if n == 0.0 else (0.0 if n > 0.0 else 1.0)
    z = n * (log(x) - log(k))
    if z < NEVER:
        return 0.0
    return 1.0 / (1.0 + math.exp(-z)) if z > 0 else math.exp(z) / (1.0 + math.exp(z))


def power(x: float, n: float) -> float:
    """x^n with 0 for x <= 0 and positive n, where Python would turn complex."""
    if not x <= 0.0:
        return x**n
    return 1.0 if n == 0.0 else (0.0 if n > 0.0 else math.inf)


def log(x: float) -> float:
    """Natural logarithm, -inf at 0 and NaN below, as arrays have it."""
    return math.log(x) if x > 0.0 else (-math.inf if x == 0.0 else math.nan)


def exp(x: float) -> float:
    """Exponential that overflows to inf, as arrays have it."""
    return math.exp(x) if x < 709.0 else math.inf


def expm1(x: float) -> float:
    """e^x - 1 that overflows to inf, as arrays have it."""
    return math.expm1(x) if x < 709.0 else math.inf


def log1p(x: float) -> float:
    """ln(1 + x), -inf at -1 and NaN below, as arrays have it."""
    return math.log1p(x) if x > -1.0 else (-math.inf if x == -1.0 else math.nan)


def sqrt(x: float) -> float:
    """Square root, NaN below 0, as arrays have it."""
    return math.sqrt(x) if x >= 0.0 else math.nan


def smaller(x: float, y: float) -> float:
    """The smaller of two; not a number where one of them is not."""
    return x if x <= y or x != x else y


def larger(x: float, y: float) -> float:
    """The larger of two; not a number where one of them is not."""
    return x if x >= y or x != x else y


def choose(x: float, yes: float, no: float) -> float:
    """`yes` for x > 0, else `no`; not a number where x is not."""
    return yes if x > 0.0 else (no if x <= 0.0 else math.nan)


def choose_array(x, yes, no):
    """`choose` for arrays."""
    return np.where(np.greater(x, 0), yes, np.where(np.isnan(x), np.nan, no))


def hill_array(x, n, k):
    """`hill` for arrays of any broadcastable shape."""
    from scipy.special import expit

    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = n * (np.log(np.where(x <= 0, 1.0, x)) - np.log(k))
    at_0 = np.where(np.equal(n, 0), 0.5, np.where(n > 0, 0.0, 1.0))
    return np.where(x <= 0, at_0, expit(z))


def power_array(x, n):
    """`power` for arrays."""
    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", over="ignore"):
        at_0 = np.where(np.equal(n, 0), 1.0, np.where(n > 0, 0.0, np.inf))
        return np.where(x <= 0, at_0, np.where(x <= 0, 1.0, x) ** n)


SCALAR = {
    "_exp": exp, "_expm1": expm1, "_log": log, "_log1p": log1p, "_sqrt": sqrt, "_tanh": math.tanh,
    "_abs": abs, "_min": smaller, "_max": larger, "_hill": hill, "_power": power,
    "_choose": choose,
}  # fmt: skip
ARRAY = {
    "_exp": np.exp, "_expm1": np.expm1, "_log": np.log, "_log1p": np.log1p, "_sqrt": np.sqrt, "_tanh": np.tanh,
    "_abs": np.abs, "_min": np.minimum, "_max": np.maximum, "_hill": hill_array, "_power": power_array,
    "_choose": choose_array,
}  # fmt: skip
