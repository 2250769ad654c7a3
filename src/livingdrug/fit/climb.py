"""Newton steps up the importance-sampled likelihood: from near the top to it, on draws that stay the same.

SAEM ends within its own noise of the maximum; a few such steps, with score and information by Louis' identities, take that
noise away, so that runs with different seeds meet. The likelihood is climbed to its top on one set of draws, each subject's
parameters staying where they are (Geyer 1994, J R Stat Soc B 56:261-274); then they are drawn anew around the top, until
that moves it no more. Profiles and bootstraps climb from the estimate the same way.
"""

from typing import NamedTuple

import numpy as np

from livingdrug.fit import finish
from livingdrug.fit.importance import Draws, Proposal, drawn, propose, weights
from livingdrug.fit.information import Information, louis
from livingdrug.fit.point import Point, Prepared, is_defined
from livingdrug.fit.unknowns import Unknowns, unknowns_of

ROUNDS, LAST = 8, 3  # sets of draws; after the last of these a top that still moves does so by their noise
MOST = 12  # steps on one set
DRAWS = 1024
LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.03)
WORTH = 0.1  # of the effective draws of a subject that a step must leave
LEAST_CURVATURE = 1e-3  # of the scaled information
FAR = 0.7  # that a step may move a number, on its scale
ENOUGH = 5e-3  # expected gain in log-likelihood below which no step is worth it
NEAR = 0.05  # the same of a new set of draws below which it found the old top


class Climbed(NamedTuple):
    """Where it ended: point, rise of the log-likelihood still expected, proposals and information there."""

    point: Point
    gain: float
    proposal: Proposal
    information: Information


def climb(
    prepared: Prepared, point: Point, seed: int, start: np.ndarray | None = None, held: tuple[int, ...] = (),
    before: Proposal | None = None,
) -> Climbed:  # fmt: skip
    """Newton steps up the likelihood from a point. start: of the search for modes, or `before`: proposals of a point
    nearby; held: positions of estimated numbers that stay."""
    unknowns = unknowns_of(prepared.problem)
    proposal = propose(prepared, point, seed, start, before)

    def still(point: Point, information: Information) -> np.ndarray:
        flat = finish.flat_spreads(unknowns, information.score, information.matrix)[0]
        return np.union1d(finish.at_bounds(prepared, unknowns, point)[0], [*held, *flat]).astype(np.int64)

    def newton(point: Point, draws: Draws) -> tuple[Information, float, np.ndarray]:
        information = louis(prepared, unknowns, point, draws)
        return information, *_newton(information, still(point, information))

    for k in range(ROUNDS):
        draws = drawn(prepared, point, proposal, DRAWS, seed, "information")
        information, gain, step = newton(point, draws)
        at_first, began = gain, point
        for _ in range(MOST):
            higher = _higher(prepared, unknowns, point, draws, step) if gain > ENOUGH else None
            if higher is None:
                break
            point = higher
            information, gain, step = newton(point, draws)
        if point is not began:
            proposal = propose(prepared, point, seed, before=proposal)
        if at_first <= NEAR or (gain <= ENOUGH and k + 1 >= LAST):
            break
    return Climbed(point, gain, proposal, information)


def _higher(prepared: Prepared, unknowns: Unknowns, point: Point, draws: Draws, step: np.ndarray) -> Point | None:
    """The point after the first of shorter and shorter steps that goes up on the same draws and leaves enough of them."""
    level, worth = _sampled(weights(prepared, point, draws))
    for length in LENGTHS:
        moved = unknowns.point(unknowns.vector(point) + length * step, point)
        if not is_defined(moved):
            continue
        reached, left = _sampled(weights(prepared, moved, draws))
        if reached > level and (left > WORTH * worth).all():
            return moved
    return None


def _sampled(logs: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood of all subjects, and effective draws of each, from the logarithms of weights (n, draws)."""
    top = logs.max(axis=1, keepdims=True)
    weight = np.exp(logs - top)
    total = weight.sum(axis=1)
    return float(np.sum(np.log(total / logs.shape[1]) + top[:, 0])), total**2 / (weight**2).sum(axis=1)


def _newton(information: Information, left_out: np.ndarray) -> tuple[float, np.ndarray]:
    """(expected gain, step) of a Newton step that leaves some numbers where they are; where the likelihood bends the wrong
    way, or hardly at all, its curvature counts as slightly more than nothing."""
    inside = np.setdiff1d(np.arange(len(information.score)), left_out)
    step = np.zeros(len(information.score))
    part, score = information.matrix[np.ix_(inside, inside)], information.score[inside]
    if not len(inside) or not np.isfinite(part).all():
        return (0.0 if not len(inside) else np.inf), step
    scale = np.sqrt(np.abs(np.diag(part))) + 1e-300
    values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
    found = vectors @ ((vectors.T @ (score / scale)) / np.maximum(values, LEAST_CURVATURE)) / scale
    step[inside] = found * min(1.0, FAR / max(float(np.max(np.abs(found))), 1e-300))
    return 0.5 * float(score @ found), step
