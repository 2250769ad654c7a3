"""Along the profile likelihood of one number, all others fitted anew at every step, to where it has fallen
far enough.

The square root of the fall is straight where the likelihood is a parabola, and nearly straight elsewhere. Its
slope at the optimum follows from the standard error; that at any step is the score of the number that is
held, as the others stand where their own scores are 0. So one step that ends near the level looked for says
where that level is crossed.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.fit.climb import Climbed, climb, usual_draws
from livingdrug.fit.importance import FEW
from livingdrug.fit.point import NORMAL, SCALE_CODE, Point, Prepared, point_of
from livingdrug.fit.settle import Settled
from livingdrug.fit.unknowns import RESIDUAL, TYPICAL, VARIABILITY, Unknowns, unknowns_of

FARTHEST = 4.7  # distance on a log or logit scale, a factor of 110, that a profile walks
FARTHEST_SE = 6.0  # on other scales, in standard errors
GUESS = (0.05, 0.6)  # first step on a log or logit scale, at least and at most
JUMP = 1.0  # the farthest that a first step goes to where the standard error sees the end
FIRST_STEP = 1.3  # standard errors: the second one ends at the cut where the likelihood is a parabola
GROWTH = 2.5  # of a step over the one before
STEPS, ROUNDS = 9, 6  # of a profile on one side, and sets of draws at each
LONGER = 20  # sets of draws where the others are not fitted after these
# usual draws over those of a profile, whose errors a fall of 4 hardly feels; how much that may grow
HALF, MOST = 2, 8
WORTH = 100  # effective draws of every subject that a point of a profile rests on
NEAR = 0.1  # of log-likelihood that a point of a profile may lack; what it lacks is added
# that a first guess of the other numbers may move one, and smallest curvature that it believes
AHEAD, FLOOR = 0.5, 0.05
BETTER = 0.25  # rise of the log-likelihood on a profile that means that the search had not ended
SURE = 2  # draws over the usual ones that say so, too
ASTRAY = 0.5  # rise of the log-likelihood still expected above which the other numbers are not fitted
# the root that a jump is to end at, over the one looked for: what lies between two points is known best
BEYOND = 1.1
# of the root looked for: where one step says what lies beyond, and one of two between
CLOSE, UNDER, OVER = 0.9, 0.7, 1.4
# factor between the slope of the root and its chord up to which a crossing beyond a step is believed
BENT = 1.5
# slope over chord at the end of a cubic that is sure to rise all the way (Fritsch & Carlson 1980)
STEEPEST = 3.0


class Higher(NamedTuple):
    """A point that a profile passed and that is more likely than the optimum it started from."""

    prepared: Prepared
    climbed: Climbed


def profile_draws(prepared: Prepared) -> dict:
    """Draws of each subject that a climb on a profile takes."""
    each = usual_draws(prepared.problem) // HALF
    return {"draws": each, "most": MOST * each, "sound": WORTH}


def fitted_others(
    prepared: Prepared,
    point: Point,
    k: int,
    seed: int,
    start: np.ndarray | None = None,
    before: Climbed | None = None,
) -> Climbed:
    """The best fit of the other numbers with number k held, gone on with once where it is far from one. A fit
    that is still astray (see ASTRAY) says how likely the point is at least, and not how likely at most."""
    draws = profile_draws(prepared)
    found = climb(prepared, point, seed, start, (k,), before, rounds=ROUNDS, enough=NEAR, **draws)
    if not found.gain > ASTRAY:
        return found
    return climb(prepared, found.point, seed, None, (k,), found, rounds=LONGER, enough=NEAR, **draws)


def confirmed_higher(prepared: Prepared, now: Climbed, k: int, seed: int, level: float) -> Higher | None:
    """A point with number k held that seemed more likely than an optimum, where it is so by as many draws
    as an optimum has: those of a profile are few, and where they are worth next to nothing the likelihood
    may seem to be anything."""
    draws = SURE * usual_draws(prepared.problem)
    sure = climb(prepared, now.point, seed, before=now, held=(k,), draws=draws, rounds=0)
    return Higher(prepared, sure) if sure.level > level + BETTER and (sure.worth >= FEW).all() else None


def relative(unknowns: Unknowns, name: str) -> bool:
    """Whether a number stands on a log or logit scale, where a standard error is a relative one."""
    k = unknowns.names.index(name)
    if unknowns.kinds[k] in (VARIABILITY, RESIDUAL):
        return unknowns.kinds[k] == RESIDUAL or scale_of(unknowns, name) != NORMAL
    return unknowns.kinds[k] == TYPICAL and scale_of(unknowns, name) != NORMAL


def scale_of(unknowns: Unknowns, name: str) -> int:
    """Code of the scale of a typical value, or of the parameter that an omega belongs to."""
    parameter = next(p for p in unknowns.problem.parameters if name in (p.name, p.variability_name))
    return SCALE_CODE[parameter.scale]


@dataclass(frozen=True)
class Top:
    """An optimum that profiles begin at."""

    settled: Settled
    seed: int

    @cached_property
    def unknowns(self) -> Unknowns:
        """What is estimated there."""
        return unknowns_of(self.settled.prepared.problem)

    @cached_property
    def start(self) -> Climbed:
        """The optimum by as many draws as the points of its profiles have, whose errors are like theirs;
        by its own where those are worth too few."""
        s = self.settled
        draws = profile_draws(s.prepared)
        found = climb(s.prepared, s.climbed.point, self.seed, before=s.climbed, rounds=0, **draws)
        return found if (found.worth >= FEW).all() else s.climbed

    def walk(self, name: str, behind: float, fall: float) -> "Walk":
        """Along the profile of a number."""
        s, unknowns = self.settled, self.unknowns
        level = s.level + behind / 2
        return Walk(
            s.prepared, unknowns, unknowns.names.index(name), self.start, behind, fall, self.seed, level
        )


class Step(NamedTuple):
    """A point of a profile. x: the number held; rise: of -2 log likelihood above the best optimum; fit: of
    the others."""

    x: float
    rise: float
    fit: Climbed


class Course(NamedTuple):
    """Of a walk to one side. end: where the profile has fallen far enough, None where it does not, or Higher;
    steps: all that count, the optimum first; lost: whether there is no end as the other numbers were not
    fitted farther out."""

    end: float | None | Higher
    steps: list[Step]
    lost: bool = False


class Walk(NamedTuple):
    """Along the profile of number k from an optimum; behind: how much less likely than the best one that
    optimum is; level: log-likelihood of the best one; fine: whether its whole course is wanted, and not
    its ends alone."""

    prepared: Prepared
    unknowns: Unknowns
    k: int
    start: Climbed
    behind: float
    fall: float
    seed: int
    level: float
    fine: bool = False

    def end(self, side: int, first: float = 0.0) -> float | None | Higher:
        """Where the profile has fallen far enough on one side; first: distance that is looked at first, 0
        for a guess."""
        return self.along(side, first).end

    def along(self, side: int, first: float = 0.0) -> Course:
        """The same with every step."""
        known = [self.optimum]
        base = known[0].x
        if self.behind >= self.fall:
            return Course(base, known)
        usual, farthest = self.scale()
        if self.is_relative:  # a search may end far out where the likelihood is flat
            begun = float(self.unknowns.vector(point_of(self.prepared.problem))[self.k])
            farthest = max(farthest, side * (begun - base) + FARTHEST)
        farthest = max(farthest, first)
        gone = first or min(usual if self.fine else self.guess(side, usual), farthest)
        low, high, step, found, astray = known[0], None, gone, None, 0.0
        for _ in range(STEPS):
            now = self.step(base + side * gone, known)
            if now.fit.gain > ASTRAY:  # too far for one step, and nothing that an interval may end at
                astray = max(astray, gone)
                step = 0.5 * (gone - side * (low.x - base))
                gone -= step
                continue
            known.append(now)
            if (higher := self.higher(now.fit)) is not None:
                return Course(higher, known)
            before, (low, high) = low, (low, now) if now.rise >= self.fall else (now, high)
            found = self.crossing(side, before, low, high)
            if found is not None and (first or high is None or self.encloses(low, high)):
                return Course(base + side * found, known)
            if high is None and gone >= farthest:
                break
            if high is None or found is None:
                step = step * self.growth(before, low)
            else:
                step = found - side * (low.x - base)
            gone = min(side * (low.x - base) + step, farthest)
        if high is None or found is None:
            return Course(None, known, astray > side * (low.x - base))
        return Course(base + side * found, known)

    def higher(self, now: Climbed) -> Higher | None:
        """The point, where it is more likely than the best optimum."""
        if self.behind + 2 * (self.start.level - now.level) >= -2 * BETTER:
            return None
        return confirmed_higher(self.prepared, now, self.k, self.seed, self.level)

    @property
    def optimum(self) -> Step:
        """Where it begins."""
        return Step(float(self.unknowns.vector(self.start.point)[self.k]), self.behind, self.start)

    @property
    def is_relative(self) -> bool:
        """Whether the number stands on a log or logit scale."""
        return relative(self.unknowns, self.unknowns.names[self.k])

    @property
    def root_wanted(self) -> float:
        """Root of the fall at the end, from the optimum that the walk begins at."""
        return float(np.sqrt(self.fall - self.behind))

    def root(self, at: Step) -> float:
        """The same of a step."""
        return float(np.sqrt(max(at.rise - self.behind, 0.0)))

    def slope(self, side: int, at: Step) -> float:
        """Slope of the root by the distance gone; not above 0 where it is not known."""
        if at.fit is self.start:
            se = self.error()
            return 1 / se if se else 0.0
        root = self.root(at)
        return -side * float(at.fit.information.score[self.k]) / root if root else 0.0

    def crossing(self, side: int, before: Step, low: Step, high: Step | None) -> float | None:
        """Distance at which the root is the one that is wanted: between two steps, or a little beyond the
        last one; None where that has to be looked at."""
        base, wanted = self.optimum.x, self.root_wanted
        ends = (before, low) if high is None else (low, high)
        (u, v), (a, b) = ([side * (at.x - base) for at in ends], [self.root(at) for at in ends])
        chord = (v - u) / max(b - a, 1e-12)
        by = [1 / s if s > 0 else None for s in (self.slope(side, at) for at in ends)]
        if high is not None:
            slopes = [chord if d is None else min(d, STEEPEST * chord) for d in by]
            return _cubic((wanted - a) / max(b - a, 1e-12), u, v, slopes, b - a)
        if self.fine or b < CLOSE * wanted or by[1] is None or not 1 / BENT <= by[1] / chord <= BENT:
            return None
        return v + (wanted - b) * by[1]

    def encloses(self, low: Step, high: Step) -> bool:
        """Whether one of two steps is near enough to the end between them for that to follow from their
        slopes."""
        return self.root(high) <= OVER * self.root_wanted or self.root(low) >= UNDER * self.root_wanted

    def growth(self, before: Step, low: Step) -> float:
        """Of the next step over the last one, that is to end a little beyond the level."""
        wanted, risen = BEYOND * self.root_wanted - self.root(low), self.root(low) - self.root(before)
        return float(np.clip(wanted / max(risen, 1e-3), 0.3, GROWTH))

    def rise(self, now: Climbed) -> float:
        """Of -2 log likelihood above the best optimum; what the climb may still lack counts as reached."""
        return self.behind + 2 * (self.start.level + min(self.start.gain, ASTRAY) - now.level - now.gain)

    def error(self) -> float | None:
        """Standard error of the number, None where there is none."""
        try:
            variance = np.linalg.inv(self.start.information.matrix)[self.k, self.k]
        except np.linalg.LinAlgError:
            return None
        return float(np.sqrt(variance)) if variance > 0 else None

    def scale(self) -> tuple[float, float]:
        """(usual first step, farthest one)."""
        spare = 1 / np.sqrt(max(self.start.information.matrix[self.k, self.k], 1e-12))
        se = self.error() or spare
        if self.is_relative:
            return float(np.clip(FIRST_STEP * se, *GUESS)), FARTHEST
        return FIRST_STEP * se, FARTHEST_SE * max(se, spare)

    def guess(self, side: int, usual: float) -> float:
        """Distance of the end by the standard error alone, of a variability or residual error that of a
        chi-square with as many degrees of freedom as it is worth; the usual first step where that is too
        far to jump."""
        se = self.error()
        if se is None:
            return usual
        root = BEYOND * self.root_wanted
        reach = root * se
        if self.unknowns.kinds[self.k] in (VARIABILITY, RESIDUAL) and self.is_relative:
            moved = side * np.linspace(0.0, 2 * JUMP, 201)
            fall = (2 * moved + np.expm1(-2 * moved)) / (2 * se**2)
            reach = float(np.interp(root**2, fall, np.abs(moved)))
        return reach if not self.is_relative or reach <= JUMP else usual

    def step(self, x: float, known: list[Step]) -> Step:
        """The next step, with the number held at x."""
        now = fitted_others(
            self.prepared, self.others_at(x, known), self.k, self.seed, before=known[-1].fit
        )
        return Step(x, self.rise(now), now)

    def falls_short(self, x: float) -> bool | Higher:
        """Whether a point is less likely than one that an interval holds, or Higher; a climb that will not get
        as high is given up."""
        wanted, draws = self.level - self.fall / 2, profile_draws(self.prepared)
        point = self.others_at(x, [self.optimum])
        now = climb(
            self.prepared,
            point,
            self.seed,
            held=(self.k,),
            before=self.start,
            rounds=ROUNDS,
            enough=NEAR,
            wanted=wanted,
            **draws,
        )
        higher = self.higher(now)
        return self.rise(now) >= self.fall if higher is None else higher

    def others_at(self, x: float, known: list[Step]) -> Point:
        """Where the other numbers are looked for with the number held at x, from the last steps known."""
        a, _, near = known[-1]
        vector = self.unknowns.vector(near.point)
        if len(known) > 1:  # on along the way that the other numbers took
            b, _, before = known[-2]
            vector = vector + (vector - self.unknowns.vector(before.point)) * np.clip(
                (x - a) / (a - b), -1.0, 1.0
            )
        else:
            vector = vector + self.ahead(x - a)
        vector[self.k] = x
        return self.unknowns.point(vector, near.point)

    def ahead(self, move: float) -> np.ndarray:
        """How the other numbers go along with the one held, as the information at the optimum says."""
        matrix = self.start.information.matrix
        others = np.setdiff1d(np.arange(len(matrix)), [self.k])
        found = np.zeros(len(matrix))
        if len(others):
            part = matrix[np.ix_(others, others)]
            scale = np.sqrt(np.abs(np.diag(part)))
            # a number of which the data tell nothing stays where it is
            scale = np.where(scale > 1e-12 * scale.max(), scale, np.inf)
            values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
            pull = vectors.T @ (-matrix[others, self.k] * move / scale)
            found[others] = vectors @ (pull / np.maximum(values, FLOOR)) / scale
        return np.clip(found, -AHEAD, AHEAD)


def _cubic(t: float, u: float, v: float, by: list[float], width: float) -> float:
    """Value at the part t of the way between u and v of the cubic with these slopes (each by a unit of
    `width`)."""
    a, b = by[0] * width, by[1] * width
    chord = v - u
    return float(u + t * (a + t * (3 * chord - 2 * a - b + t * (a + b - 2 * chord))))
