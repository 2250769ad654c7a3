"""Roots of functions of one number."""

from collections.abc import Callable
from typing import Any, cast


def root(function: Callable[[float], float], low: float, high: float, **more: Any) -> float:
    """Where a function is 0 between two ends at which its signs differ, by Brent's method; more:
    tolerances, as `scipy.optimize.brentq` takes them. Raises ValueError where the signs do not differ."""
    from scipy.optimize import brentq

    return float(cast(float, brentq(function, low, high, **more)))
