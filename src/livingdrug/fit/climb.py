"""Newton steps up the importance-sampled likelihood: from near the top to it, never up a peak of its noise.

SAEM ends within its own noise of the maximum; a few such steps, with score and information by Louis' identities, take that
noise away, so that runs with different seeds meet. Steps are made on one set of draws, each subject's parameters staying
where they are (Geyer 1994, J R Stat Soc B 56:261-274), for as long as these draws are worth about as much as where they were
made. Then they are drawn anew around the point reached, and the steps count only if the likelihood of the new draws has
risen too. Profiles and bootstraps climb from the estimate the same way.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from livingdrug.fit import finish
from livingdrug.fit.importance import SOUND, Draws, Proposal, drawn, propose, weights, worth_of
from livingdrug.fit.information import Information, louis
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import Point, Prepared, is_defined
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.unknowns import Unknowns, unknowns_of
from livingdrug.fit.updates import linear_of

ROUNDS = 40  # sets of draws
MOST = 12  # steps on one set
STALLED, SMALL = 3, 0.02  # sets of draws over which the likelihood has risen by so little that it will not rise much more
DRAWS, SOLVED_DRAWS = 1024, 512  # of formulas, and of equations that are solved
MOST_DRAWS = 16384  # where they are worth little
LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.03)
CONFIRMED = (1.0, 0.3, 0.1)  # parts of the way on one set of draws that new draws are asked about
KEPT = 0.4  # of the effective draws of each subject that steps on one set must leave
NOISE = 0.02  # by which the likelihood of new draws may fall short of that of the old ones
LEAST_CURVATURE = 1e-3  # of the scaled information
FAR = 0.7  # that a step may move a number, on its scale
ENOUGH = 3e-3  # expected gain in log-likelihood below which no step is worth it


class Climbed(NamedTuple):
    """Where it ended: point, rise of the log-likelihood still expected, proposals, draws and information there, and the
    effective draws of each subject (n,)."""

    point: Point
    gain: float
    proposal: Proposal
    draws: Draws
    information: Information
    worth: np.ndarray

    @property
    def level(self) -> float:
        """Log-likelihood, less what priors take from it."""
        return self.information.log_likelihood

    @property
    def sound(self) -> bool:
        """Whether the draws of every subject are worth enough for the likelihood to be known."""
        return bool((self.worth >= SOUND).all())


def climb(
    prepared: Prepared, point: Point, seed: int, start: np.ndarray | None = None, held: tuple[int, ...] = (),
    before: Proposal | None = None, draws: int | None = None, rounds: int = ROUNDS,
    enough: float = ENOUGH, most: int = MOST_DRAWS,
) -> Climbed:  # fmt: skip
    """Newton steps up the likelihood from a point. start: of the search for modes, or `before`: proposals of a point
    nearby; held: positions of estimated numbers that stay; draws: of each subject (None: the usual number), up to `most`
    where they are worth little; rounds: sets of draws at most; enough: expected rise of the log-likelihood at which it
    ends."""
    ascent = _Ascent(prepared, unknowns_of(prepared.problem), seed, held, draws or usual_draws(prepared.problem), most)
    now = ascent.at(point, propose(prepared, point, seed, start, before))
    levels = [-np.inf] * STALLED
    while now.gain > enough and len(levels) < STALLED + rounds and now.level > levels[-STALLED] + SMALL:
        levels.append(now.level)
        after = ascent.higher(now)
        if after is None:
            break
        now = after
    return now


def usual_draws(problem: FitProblem) -> int:
    """Draws of each subject that a climb takes."""
    return DRAWS if is_closed(problem.model) else SOLVED_DRAWS


class _Ascent(NamedTuple):
    prepared: Prepared
    unknowns: Unknowns
    seed: int
    held: tuple[int, ...]
    count: int
    most: int

    def at(self, point: Point, proposal: Proposal) -> Climbed:
        """New draws at a point, more of them where they are worth too few."""
        count = self.count
        while True:
            draws = drawn(self.prepared, point, proposal, count, self.seed, "information")
            worth = worth_of(weights(self.prepared, point, draws))
            if count >= self.most or (worth >= SOUND).all():
                break
            count *= 2
        information = self.known(point, draws)
        return Climbed(point, self.newton(point, information)[0], proposal, draws, information, worth)

    def known(self, point: Point, draws: Draws) -> Information:
        """Score, information and level by these draws, with the priors of the problem."""
        found = louis(self.prepared, self.unknowns, point, draws)
        penalty, vector = penalty_of(self.unknowns), self.unknowns.vector(point)
        return replace(
            found, score=found.score + penalty.pull(vector), matrix=found.matrix + np.diag(penalty.precision),
            log_likelihood=found.log_likelihood - penalty.loss(vector),
        )  # fmt: skip  # the scores of the subjects stay those of the data

    def newton(self, point: Point, information: Information) -> tuple[float, np.ndarray]:
        """(expected gain, step) of the numbers that are free to move."""
        flat = finish.flat_spreads(self.unknowns, information.score, information.matrix)
        bound = finish.at_bounds(self.prepared, self.unknowns, point)[0]
        return _newton(information, np.union1d(bound, [*self.held, *flat]).astype(np.int64))

    def higher(self, now: Climbed) -> Climbed | None:
        """A point whose likelihood is higher by draws of its own, or None."""
        base, reached = self.unknowns.vector(now.point), self.unknowns.vector(self.reached(now))
        for length in CONFIRMED:
            point = self.unknowns.point(base + length * (reached - base), now.point)
            if not is_defined(point) or np.array_equal(self.unknowns.vector(point), base):
                continue
            after = self.at(point, propose(self.prepared, point, self.seed, before=now.proposal))
            if after.level > now.level - NOISE:
                return after
        return None

    def reached(self, now: Climbed) -> Point:
        """The top of the likelihood on the draws of `now`, or how far they carry. Where predictions move with the numbers
        draws carry hardly anywhere, and it is one step's end."""
        gain, step = self.newton(now.point, now.information)
        if self.moves_predictions:
            return self.unknowns.point(self.unknowns.vector(now.point) + step, now.point)
        point = now.point
        for _ in range(MOST):
            further = self.step(now, point, step) if gain > ENOUGH else None
            if further is None:
                break
            point = further
            gain, step = self.newton(point, self.known(point, now.draws))
        return point

    def step(self, now: Climbed, point: Point, step: np.ndarray) -> Point | None:
        """The point after the first of shorter and shorter steps that goes up on the same draws and leaves enough of them."""
        penalty = penalty_of(self.unknowns)
        level = _level(weights(self.prepared, point, now.draws)) - penalty.loss(self.unknowns.vector(point))
        for length in LENGTHS:
            vector = self.unknowns.vector(point) + length * step
            moved = self.unknowns.point(vector, point)
            if is_defined(moved):
                logs = weights(self.prepared, moved, now.draws)
                if _level(logs) - penalty.loss(vector) > level and (worth_of(logs) > KEPT * now.worth).all():
                    return moved
        return None

    @property
    def moves_predictions(self) -> bool:
        """Whether an estimated number acts on predictions and is no mean of random parameters."""
        linear = linear_of(self.prepared, self.unknowns)
        still = [*np.setdiff1d(self.unknowns.mu, linear.mu), *np.setdiff1d(self.unknowns.beta, linear.beta)]
        return bool(still)


def _level(logs: np.ndarray) -> float:
    """Log-likelihood of all subjects from the logarithms of weights (n, draws)."""
    top = logs.max(axis=1, keepdims=True)
    return float(np.sum(np.log(np.exp(logs - top).mean(axis=1)) + top[:, 0]))


def expected_gain(score: np.ndarray, matrix: np.ndarray, left_out: np.ndarray) -> float:
    """Rise of the log-likelihood that a Newton step promises; score (p,) and information (p, p) of the estimated numbers."""
    return _newton(Information(score, matrix, score[None], np.nan), left_out)[0]


def _newton(information: Information, left_out: np.ndarray) -> tuple[float, np.ndarray]:
    """(expected gain, step) of a Newton step that leaves some numbers where they are and goes FAR at most; where the
    likelihood bends the wrong way, or hardly at all, its curvature counts as slightly more than nothing."""
    inside = np.setdiff1d(np.arange(len(information.score)), left_out)
    step = np.zeros(len(information.score))
    part, score = information.matrix[np.ix_(inside, inside)], information.score[inside]
    if not len(inside) or not np.isfinite(part).all():
        return (0.0 if not len(inside) else np.inf), step
    scale = np.sqrt(np.abs(np.diag(part))) + 1e-300
    values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
    found = vectors @ ((vectors.T @ (score / scale)) / np.maximum(values, LEAST_CURVATURE)) / scale
    length = min(1.0, FAR / max(float(np.max(np.abs(found))), 1e-300))
    step[inside] = found * length
    return length * (1 - 0.5 * length) * float(score @ found), step
