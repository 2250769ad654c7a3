"""What a candidate gives over all patients, with the curves as they are."""

import math
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.optimum.aim import Aim
from livingdrug.optimum.candidates import Candidate
from livingdrug.optimum.exposed import Exposed, Side
from livingdrug.response import drawn_coefficients, probabilities

NOWHERE = (math.nan, math.nan)


@dataclass(frozen=True)
class Point:
    """A candidate and what it gives over all patients.

    Attributes
    ----------
    candidate : Candidate
        The dose and its schedule.
    response, toxicity : float
        Probability of response and of toxicity (0 to 1), over all patients.
    value : float
        Of the aim, -inf above the ceiling.
    error : float
        Standard error of the value from the number of patients; *_ends: intervals over the draws of the
        curves.
    exposure : float
        Median, of the response.
    infused : float
        Part of the patients in whom the infused cells are higher than the expansion.
    beyond : float
        Part whose exposure lies outside of those a curve was fitted to.
    response_ends, toxicity_ends : tuple[float, float]
        Intervals over the draws of the curves.
    best : float
        Part of the draws in which it is the best.
    kept : float
        Part in which the toxicity is at the ceiling or below.
    patients : int
        Number of virtual patients whose simulation succeeded.
    """

    candidate: Candidate
    response: float
    toxicity: float
    value: float
    error: float
    exposure: float
    infused: float
    beyond: float
    response_ends: tuple[float, float] = NOWHERE
    toxicity_ends: tuple[float, float] = NOWHERE
    best: float = math.nan
    kept: float = math.nan
    patients: int = 0


def kept(exposed: Exposed, done: np.ndarray) -> Exposed:
    """The patients of a mask."""
    return Exposed(exposed.response[done], exposed.toxicity[done], exposed.infused[done])


def point_of(one: Candidate, exposed: Exposed, sides: tuple[Side, Side], aim: Aim) -> Point:
    """What a candidate gives with the curves as they are."""
    each = [
        probabilities(side.curve, drawn_coefficients(replace(side.curve, covariance=None), 1)[0], e)
        for side, e in zip(sides, (exposed.response, exposed.toxicity), strict=True)
    ]
    rates = [float(p.mean()) for p in each]
    own = each[0] - (aim.weight or 0.0) * each[1]
    error = float(own.std() / math.sqrt(len(own)))
    beyond = max(_beyond(side, e) for side, e in zip(sides, (exposed.response, exposed.toxicity), strict=True))
    value = float(aim.value(np.asarray(rates[0]), np.asarray(rates[1])))
    middle, infused = float(np.median(exposed.response)), float(exposed.infused.mean())
    return Point(one, *rates, value=value, error=error, exposure=middle, infused=infused, beyond=beyond, patients=len(own))


def _beyond(side: Side, exposure: np.ndarray) -> float:
    if side.lowest is None or side.highest is None:
        return 0.0
    return float(((exposure < side.lowest) | (exposure > side.highest)).mean())
