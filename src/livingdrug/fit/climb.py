"""Newton steps up the importance-sampled likelihood: from near the top to it, never up a peak of its noise.

SAEM ends within its own noise of the maximum; a few such steps, with score and information by Louis'
identities, take that noise away, so that runs with different seeds meet. Steps are made on one set of draws,
each subject's parameters staying where they are (Geyer 1994, J R Stat Soc B 56:261-274) or following those
without variability, for as long as these draws are worth about as much as where they were made: the first
step is Newton's, and its scores say how the curvature changes on the way (BFGS). Then the draws are made anew
around the point reached, and the steps count only if the likelihood of the new draws has risen too. Profiles
and bootstraps climb from the estimate the same way.
"""

from typing import NamedTuple

import numpy as np

from livingdrug.core.known import known
from livingdrug.fit import finish
from livingdrug.fit.by_need import Need, Sampled
from livingdrug.fit.conditional import updated
from livingdrug.fit.importance import SOUND, Hard, Proposal, propose
from livingdrug.fit.information import Information
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import Point, Prepared, is_defined
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.unknowns import Unknowns, unknowns_of

ROUNDS = 40  # sets of draws
MOST = 12  # steps on one set
# sets of draws over which the likelihood has risen by so little that it will not rise much more
STALLED, SMALL = 3, 0.02
DRAWS, SOLVED_DRAWS = 1024, 512  # of formulas, and of equations that are solved
MOST_DRAWS = 16384  # where they are worth little
LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.03)
CONFIRMED = (1.0, 0.3, 0.1)  # parts of the way on one set of draws that new draws are asked about
KEPT = 0.25  # of the effective draws of each subject that steps on one set must leave
NOISE = 0.02  # by which the likelihood of new draws may fall short of that of the old ones
LEAST_CURVATURE = 1e-3  # of the scaled information
NOTHING = 1e-100  # information below which a number is as if it were not there
FAR = 0.7  # that a step may move a number, on its scale
FAILING = 5.0  # times the expected rise, and 1 more, that no climb rises by
ENOUGH = 3e-3  # expected gain in log-likelihood below which no step is worth it
# the same on one set of draws, where steps are cheap: this, or that part of the gain at the end
LITTLE, PART = 1e-4, 0.03


class Climbed(NamedTuple):
    """Where it ended: point, rise of the log-likelihood still expected, proposals, draws that every subject
    has at least, information there, the effective draws of each subject (n,), and the mean and standard
    deviation of its effects (n, random); hard: draws around particles, for a climb nearby."""

    point: Point
    gain: float
    proposal: Proposal
    draws: int
    information: Information
    worth: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    hard: Hard | None

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
    before: Climbed | None = None, draws: int | None = None, rounds: int = ROUNDS,
    enough: float = ENOUGH, most: int = MOST_DRAWS, sound: float = SOUND, wanted: float = -np.inf,
) -> Climbed:  # fmt: skip
    """Newton steps up the likelihood from a point. start: of the search for modes, or `before`: the end of
    a climb of the same problem nearby; held: positions of estimated numbers that stay; draws: of each
    subject (None: the usual number), up to `most` where those of a subject are worth fewer than `sound`;
    rounds: sets of draws at most; enough: expected rise of the log-likelihood at which it ends; wanted:
    log-likelihood below which the end is of no use, so that a climb which will not get there is given up."""
    unknowns = unknowns_of(prepared.problem)
    first = draws or usual_draws(prepared.problem)
    need = Need(first, max(first, most), sound)
    ascent = _Ascent(prepared, unknowns, seed, held, need, max(LITTLE, PART * enough))
    proposal = propose(prepared, point, seed, start, before and before.proposal)
    now = ascent.at(point, proposal, kept=before and before.hard)
    now = ascent.guessed(now, before.information.matrix) if before else ascent.known(now)
    levels = [-np.inf] * STALLED
    while True:
        if now.gain <= enough and now.information is None:
            now = ascent.known(now)
        if not (now.gain > enough and len(levels) < STALLED + rounds):
            break
        if (
            now.level <= levels[-STALLED] + max(SMALL, enough / 2)
            or now.level + FAILING * now.gain + 1 < wanted
        ):
            break
        after = ascent.higher(now)
        if after is None and now.information is not None:
            break
        if after is None:  # with the curvature that is there, before it is given up
            now = ascent.known(now)
            continue
        levels.append(now.level)
        now = after
    if now.information is None:
        now = ascent.known(now)
    information = known(now.information, "the curvature at the optimum")
    at = now.at
    mean, sd = at.moments()
    return Climbed(
        now.point,
        now.gain,
        now.proposal,
        need.first,
        information,
        now.worth,
        mean,
        sd,
        at.around_particles,
    )


def usual_draws(problem: FitProblem) -> int:
    """Draws of each subject that a climb takes."""
    return DRAWS if is_closed(problem.model) else SOLVED_DRAWS


class _Set(NamedTuple):
    """A set of draws at a point. level, score, worth: by them, with the priors of the problem; left_out:
    positions of numbers that do not move; inverse (p, p): of the curvature, 0 for these; information: None
    where the curvature is that of a point nearby, brought along."""

    point: Point
    proposal: Proposal
    at: Sampled
    level: float
    score: np.ndarray
    worth: np.ndarray
    left_out: np.ndarray
    inverse: np.ndarray | None
    information: Information | None = None

    @property
    def gain(self) -> float:
        """Rise of the log-likelihood that a Newton step promises."""
        return _newton(self.score, known(self.inverse, "the inverse of the curvature"))[0]


class _Ascent(NamedTuple):
    prepared: Prepared
    unknowns: Unknowns
    seed: int
    held: tuple[int, ...]
    need: Need
    little: float

    def at(
        self,
        point: Point,
        proposal: Proposal,
        before: _Set | None = None,
        inverse: np.ndarray | None = None,
        kept: Hard | None = None,
    ) -> _Set:
        """New draws at a point, more of them where they are worth too few; inverse: of the curvature,
        brought along; kept: of the draws at a point nearby."""
        prepared, unknowns = self.prepared, self.unknowns
        at = self.need.sampled(prepared, unknowns, point, proposal, self.seed, before and before.at, kept)
        left_out = np.array([], dtype=np.int64) if before is None else before.left_out
        return _Set(point, proposal, at, self.level(at), self.score(at), at.worth, left_out, inverse)

    def level(self, at: Sampled) -> float:
        """Log-likelihood, less what priors take from it."""
        return at.level - penalty_of(self.unknowns).loss(self.unknowns.vector(at.point))

    def score(self, at: Sampled) -> np.ndarray:
        """Its slope."""
        return at.score() + penalty_of(self.unknowns).pull(self.unknowns.vector(at.point))

    def known(self, now: _Set) -> _Set:
        """With the curvature there."""
        found, penalty = now.at.information(), penalty_of(self.unknowns)
        matrix = found.matrix + np.diag(penalty.precision)
        score = found.score + penalty.pull(self.unknowns.vector(now.point))
        # the scores of the subjects stay those of the data
        information = Information(score, matrix, found.scores, now.level)
        return self.guessed(now._replace(score=score), matrix)._replace(information=information)

    def guessed(self, now: _Set, matrix: np.ndarray) -> _Set:
        """With a curvature, such as that of a point nearby."""
        flat = finish.flat_variabilities(self.unknowns, now.score, matrix)
        bound = finish.at_bounds(self.prepared, self.unknowns, now.point)[0]
        left_out = np.union1d(bound, [*self.held, *flat]).astype(np.int64)
        return now._replace(left_out=left_out, inverse=inverse_of(matrix, left_out))

    def higher(self, now: _Set) -> _Set | None:
        """A point whose likelihood is higher by draws of its own, or None."""
        (reached, inverse), base = self.reached(now), self.unknowns.vector(now.point)
        for length in CONFIRMED:
            point = self.unknowns.point(base + length * (reached - base), now.point)
            if not is_defined(point) or np.array_equal(self.unknowns.vector(point), base):
                continue
            after = self.at(
                point, propose(self.prepared, point, self.seed, before=now.proposal), now, inverse
            )
            if after.level > now.level - NOISE:
                return after
        return None

    def reached(self, now: _Set) -> tuple[np.ndarray, np.ndarray]:
        """(numbers at the top of the likelihood on the draws of `now`, or how far they carry, inverse of
        the curvature)."""
        inside = np.setdiff1d(np.arange(self.unknowns.size), now.left_out)
        vector, level, score, inverse = (
            self.unknowns.vector(now.point),
            now.level,
            now.score,
            known(now.inverse, "the inverse of the curvature").copy(),
        )
        for _ in range(MOST):
            gain, step = _newton(score, inverse)
            after, length = self.step(now, vector, level, step) if gain > self.little else (None, 0.0)
            if after is None:
                break
            moved, after_score = self.unknowns.vector(after.point), self.score(after)
            s, y = (moved - vector)[inside], (score - after_score)[inside]
            inverse[np.ix_(inside, inside)] = updated(inverse[np.ix_(inside, inside)], s, y)
            vector, level, score = moved, self.level(after), after_score
            if length < 1:  # the draws carry no further
                break
        return vector, inverse

    def step(self, now: _Set, vector: np.ndarray, level: float, step: np.ndarray) -> tuple[Sampled | None, float]:
        """(after it, its length) of the first of shorter and shorter steps that goes up and leaves enough
        of the draws."""
        for length in LENGTHS:
            point = self.unknowns.point(vector + length * step, now.point)
            if is_defined(point):
                after = now.at.at(self.unknowns, point)
                if self.level(after) > level and (after.worth > KEPT * now.worth).all():
                    return after, length
        return None, 0.0


def expected_gain(score: np.ndarray, matrix: np.ndarray, left_out: np.ndarray) -> float:
    """Rise of the log-likelihood that a Newton step promises; score (p,) and information (p, p) of the
    estimated numbers."""
    inside = np.setdiff1d(np.arange(len(score)), left_out)
    if len(inside) and not np.isfinite(matrix[np.ix_(inside, inside)]).all():
        return np.inf
    return _newton(score, inverse_of(matrix, left_out))[0]


def _newton(score: np.ndarray, inverse: np.ndarray) -> tuple[float, np.ndarray]:
    """(expected gain, step) of a Newton step that goes FAR at most."""
    found = inverse @ score
    if not np.isfinite(found).all():
        return np.inf, np.zeros(len(score))
    length = min(1.0, FAR / max(float(np.max(np.abs(found), initial=0.0)), 1e-300))
    return length * (1 - 0.5 * length) * float(score @ found), length * found


def inverse_of(matrix: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """Inverse of an information (p, p), 0 for numbers that stay and those it says nothing of; where the
    likelihood bends the wrong way, or hardly at all, its curvature counts as slightly more than nothing.
    Not a number where the information is none."""
    silent = np.flatnonzero(np.abs(np.diag(matrix)) < NOTHING)
    inside = np.setdiff1d(np.arange(len(matrix)), np.union1d(left_out, silent).astype(np.int64))
    found, part = np.zeros(matrix.shape), matrix[np.ix_(inside, inside)]
    if not np.isfinite(part).all():
        return found * np.nan
    if len(inside):
        scale = np.sqrt(np.abs(np.diag(part)))
        values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
        found[np.ix_(inside, inside)] = (
            (vectors / np.maximum(values, LEAST_CURVATURE)) @ vectors.T / scale[:, None] / scale
        )
    return found
