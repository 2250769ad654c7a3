"""A search between the candidates of a grid: Nelder-Mead over ln dose, the day of a second infusion and
the fraction given first."""

import math
from collections.abc import Callable

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.optimum.aim import Aim
from livingdrug.optimum.candidates import Candidate, Schedule
from livingdrug.optimum.point import Point

MOST = 120  # candidates that are computed
PRECISION = 1e-3  # of each variable, as part of its range


def search(
    at: Callable[[Candidate], Point], start: Point, tried: list[Candidate], aim: Aim
) -> tuple[Point, bool]:
    """(best point, whether the search came to an end). at: what a candidate gives; start: the best of
    those tried, whose schedule stays in kind. Raises InputError where nothing can vary."""
    from scipy.optimize import minimize

    low, high, free = _ranges(start.candidate, tried)
    if not free.any():
        raise InputError(
            "one dose and one schedule leave nothing to search; give two doses at least, or use the grid "
            "alone"
        )
    first = _place(start.candidate)
    best = [start]

    def loss(x: np.ndarray) -> float:
        full = first.copy()
        full[free] = low[free] + x * (high - low)[free]
        point = at(_candidate(full, len(start.candidate.schedule.parts), start.candidate))
        if aim.rank(point.response, point.toxicity) > aim.rank(best[0].response, best[0].toxicity):
            best[0] = point
        return -aim.rank(point.response, point.toxicity)

    x = (first[free] - low[free]) / (high - low)[free]
    step = 1 / max(2, len({c.dose for c in tried}))
    simplex = np.vstack([x, *(x + step * np.where(x > 0.5, -1.0, 1.0) * row for row in np.eye(len(x)))])
    options = {"initial_simplex": simplex, "xatol": PRECISION, "fatol": 1e-7, "maxfev": MOST}
    found = minimize(loss, x, method="Nelder-Mead", bounds=[(0.0, 1.0)] * len(x), options=options)
    return best[0], bool(found.success)


def _ranges(start: Candidate, tried: list[Candidate]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lowest, highest, whether it varies) of ln dose, and of day and fraction where the start has two
    infusions."""
    places = np.array([_place(c) for c in tried if len(c.schedule.parts) == len(start.schedule.parts)])
    low, high = places.min(axis=0), places.max(axis=0)
    return low, high, high > low


def _place(one: Candidate) -> np.ndarray:
    if len(one.schedule.parts) != 2:
        return np.array([math.log(one.dose)])
    return np.array([math.log(one.dose), one.schedule.last, one.schedule.parts[0][1]])


def _candidate(place: np.ndarray, parts: int, start: Candidate) -> Candidate:
    dose = float(math.exp(place[0]))
    if parts != 2:
        return Candidate(dose, start.schedule)
    return Candidate(dose, Schedule(((0.0, float(place[2])), (float(place[1]), 1 - float(place[2])))))
