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

    response, toxicity: probabilities; value: of the aim, -inf above the ceiling; error: standard error of the
    value from the number of patients; *_ends: intervals over the draws of the curves; best: part of the draws
    in which it is the best; kept: part in which the toxicity is at the ceiling or below; infused: part of the
    patients in whom the infused cells are higher than the expansion; beyond: part whose exposure lies outside
    of those a curve was fitted to; exposure: median, of the response; patients: behind it.
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
