"""How many subjects reach the wanted power, read off a simulated curve and its error."""

import math

import numpy as np

from livingdrug.trial.design import Trial
from livingdrug.trial.result import ClosedCurve, SizeNeeded, SizePoint


def needed_size(
    trial: Trial, arm: str, position: int, points: tuple[SizePoint, ...], closed: ClosedCurve
) -> SizeNeeded:
    """The size of the smallest arm at which version `position` has the wanted power.

    Between the simulated sizes the normal quantile of the power is linear in the root of the size, as it is
    for a z-test."""
    shares = [point.power[position] for point in points]
    roots = np.sqrt([point.n for point in points])
    curves = [[share.value for share in shares], *zip(*(share.interval for share in shares), strict=True)]
    n, high, low = (_crossing(roots, np.array(curve), trial.power) for curve in curves)
    exact = _crossing(np.sqrt(closed.n), np.array([power[position] for power in closed.power]), trial.power)
    return SizeNeeded(arm, n, low, high, None if math.isnan(exact) else exact)


def _crossing(roots: np.ndarray, power: np.ndarray, wanted: float) -> float:
    """Where the curve first reaches the wanted power; nan where it does not, or starts above it."""
    from scipy.special import ndtri

    reached = np.flatnonzero(power >= wanted)
    if not len(reached) or reached[0] == 0:
        return math.nan
    j = reached[0]
    (a, b), goal = ndtri(np.clip(power[j - 1 : j + 1], 1e-9, 1 - 1e-9)), ndtri(wanted)
    root = roots[j - 1] + (roots[j] - roots[j - 1]) * (goal - a) / (b - a)
    return float(root * root)
