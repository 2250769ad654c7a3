"""Newton steps up the importance-sampled likelihood: from near the top to it, on draws that stay the same.

SAEM ends within its own noise of the maximum; a few such steps, with score and information by Louis' identities, take that
noise away, so that runs with different seeds meet. Profiles and bootstraps climb from the estimate the same way.
"""

from typing import NamedTuple

import numpy as np

from livingdrug.fit import finish
from livingdrug.fit.importance import Proposal, propose
from livingdrug.fit.information import Information, louis
from livingdrug.fit.point import Point, Prepared, is_defined
from livingdrug.fit.unknowns import Unknowns, unknowns_of

MOST = 12
LENGTHS = (1.0, 0.4, 0.15, 0.05)
LEAST_CURVATURE = 1e-3  # of the scaled information
FAR = 0.7  # that a step may move a number, on its scale
ENOUGH = 5e-3  # expected gain in log-likelihood below which no step is worth it


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
    information = louis(prepared, unknowns, point, proposal, seed)

    def still(point: Point, information: Information) -> np.ndarray:
        flat = finish.flat_spreads(unknowns, information.score, information.matrix)[0]
        return np.union1d(finish.at_bounds(prepared, unknowns, point)[0], [*held, *flat]).astype(np.int64)

    for _ in range(MOST):
        gain, step = _newton(information, still(point, information))
        if not gain > ENOUGH:
            break
        higher = _higher(prepared, unknowns, point, seed, proposal, information.log_likelihood, step)
        if higher is None:
            break
        point, proposal, information = higher
    return Climbed(point, _newton(information, still(point, information))[0], proposal, information)


def _higher(
    prepared: Prepared, unknowns: Unknowns, point: Point, seed: int, proposal, log_likelihood: float, step: np.ndarray
):
    """(point, proposal, information) after the first of shorter and shorter steps that goes up, or None."""
    for length in LENGTHS:
        moved = unknowns.point(unknowns.vector(point) + length * step, point)
        if not is_defined(moved):
            continue
        other = propose(prepared, moved, seed, before=proposal)
        looked = louis(prepared, unknowns, moved, other, seed)
        if looked.log_likelihood > log_likelihood:
            return moved, other, looked
    return None


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
