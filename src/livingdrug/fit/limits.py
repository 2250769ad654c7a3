"""What the data say of each estimated number: an interval, a bound on one side, or nothing.

Where the likelihood is a parabola for as far as its interval reaches, the interval follows from the standard
error, with what few subjects ask for: a t distribution with n - 1 degrees of freedom for typical values and
covariate effects, a chi-square for variabilities and residual errors (both exact where n individual values
were seen themselves). Elsewhere it is read off the profile likelihood, all other numbers fitted anew at every
step, between the points where it has fallen by as much as the likelihood of a normal mean at the ends of its
t interval, n ln(1 + t^2 / (n - 1)), which is 3.84 for many subjects.

Of a residual error that rests on few values both are wider: maximum likelihood takes part of it for
differences between subjects, so that twice the fall of the log-likelihood at the truth is not 1 on average
but more. The factor on it is of Bartlett's kind (1937, Proc R Soc A 160:268-282), and that it is as large as
the mean was found by simulation.

Under priors (`FitProblem.priors`) both are those of the penalised likelihood. What a number owes to its prior
is no less certain for there being few subjects, so that its n - 1 degrees of freedom count as (n - 1) / (1 -
f)^2, with f the part of its information that is the prior's (Satterthwaite 1946, Biometrics Bull 2:110-114).
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from livingdrug.fit.climb import Climbed, climb
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import LOG, Point, Prepared, point_of
from livingdrug.fit.result import Limit
from livingdrug.fit.settle import WEAK, Settled, carried, rises_with, with_again, without
from livingdrug.fit.starts import FAR
from livingdrug.fit.unknowns import OUTCOME, RESIDUAL, TYPICAL, VARIABILITY, Unknowns, unknowns_of
from livingdrug.fit.walk import (
    ASTRAY,
    BETTER,
    NEAR,
    ROUNDS,
    Higher,
    Top,
    confirmed_higher,
    fitted_others,
    profile_draws,
    relative,
    scale_of,
)

LEVEL = 0.95
SHARP = 0.4  # standard error on its scale up to which a number has the interval of its standard error
# the same of a variability or residual error: 8 individual values seen themselves would tell as much
SHARP_DEVIATION = 0.25
KNOWN, MANY = 0.1, 40  # standard error and subjects from which on such an interval is not looked at again
# standard error of a number of an outcome, on a scale of odds or rates, from which on it is not determined
LOOSE = 5.0
FALLEN = 0.75  # of the fall of a parabola that the likelihood must show at its ends elsewhere
# ratio of upper to lower limit (on a logit scale of odds) up to which a number counts as determined
WIDEST = 50.0
SPARE = 1.5  # times the reach of a standard error that another interval must hold, not to be looked at
# omegas on a log or logit scale among which the largest possible one is looked for
FIRST, LAST, DOUBLINGS = 0.1, 6.4, 7
FEWEST = 4.0  # values that a residual error counts as resting on at least
MOST_SUBJECTS = 1e6  # whose t interval is that of a normal


def cutoff(n: float) -> float:
    """Fall of 2 log likelihood at the ends of a 95 % profile interval with n subjects."""
    from scipy.stats import t

    return float(n * np.log1p(t.ppf(0.5 + LEVEL / 2, n - 1) ** 2 / (n - 1))) if n > 1 else np.inf


def beside_others(unknowns: Unknowns, name: str, covariance: np.ndarray | None) -> float:
    """Factor on the fall of 2 log likelihood at the ends of an interval of a residual error: 1 + k / m, with
    k the other estimated numbers, less what priors say of them, and m the values that the standard error of
    this error is worth, 1 / (2 se^2), its parts moved together; of a regression, without random effects, the
    mean of the fall itself, 1 + k / m + k^2 / (2 m). 1 for any other number. covariance: nan for what is at
    its bound, None where there is none, so that the least m is taken.

    In 36 trials of 12 x 6 the fall at the truth was 2.20 on average, and this 2.11 (`bench.small_trials`).
    """
    if unknowns.kinds[unknowns.names.index(name)] != RESIDUAL:
        return 1.0
    k, m = others_and_worth(unknowns, name, covariance)
    return float(1 + k / m + (0.0 if unknowns.problem.random else k**2 / (2 * m)))


def others_and_worth(unknowns: Unknowns, name: str, covariance: np.ndarray | None) -> tuple[float, float]:
    """k and m of `beside_others`."""
    output = name.partition(" ")[2]
    parts = [k for k in unknowns.of_kind(RESIDUAL) if unknowns.names[k].partition(" ")[2] == output]
    if covariance is None or not np.isfinite(covariance).any():
        return float(unknowns.size - len(parts)), FEWEST
    known = np.isfinite(np.diag(covariance))
    left = 1 - penalty_of(unknowns).precision * np.where(known, np.diag(covariance), 0.0)
    left = np.where(known, left, 0.0)
    left[parts] = 0.0
    own = [k for k in parts if known[k]]
    worth = 0.5 * np.linalg.pinv(covariance[np.ix_(own, own)]).sum() if own else 0.0
    return float(np.clip(left, 0.0, 1.0).sum()), float(max(worth, FEWEST))


def limits(
    optima: tuple[Settled, ...], full: Prepared, covariance: np.ndarray | None, seed: int,
    progress: Callable[[str], None] | None = None, lighter: dict[str, Settled] | None = None,
    freed: Mapping[str, Settled] | None = None,
) -> dict[str, Limit] | Higher:  # fmt: skip
    """The limits of every estimated number of the full problem, by name; or a point that is more likely than
    all optima.

    optima: the best one first, then those that are nearly as likely; covariance: of the estimates of the
    first, in the order of its unknowns, None where there is none; lighter: the optima without one more
    variability than the first, by its name, as far as they are known; those that are looked for here are
    added; freed: points nearly as likely with a variability that the first lacks, by its name.
    """
    best, found, tops = optima[0], {}, [Top(s, seed) for s in optima]
    lighter = {} if lighter is None else lighter
    unknowns = unknowns_of(best.prepared.problem)
    for name in unknowns_of(full.problem).names:
        if name not in unknowns.names and name not in best.dropped:
            continue  # a correlation of a variability that is none
        if progress:
            progress(name)
        if name in best.dropped and _unknown(name, found):
            found[name] = Limit(0.0, None, "profile", False)
            continue
        ends, by, n, fits = None, "standard error", subjects_for(best, name), []
        fall = cutoff(n) * (beside_others(unknowns, name, covariance) if name in unknowns.names else 1.0)
        if name in unknowns.names:
            ends = from_error(unknowns, name, _value(unknowns, best.climbed.point, name), covariance, n)
        if ends is not None and covariance is not None:
            ends, fits = _holding(tops[0], name, ends, covariance)
        if ends is None:
            (ends, fits), by = _profiled(tops[0], full, name, fall, lighter), "profile"
        for other in [*tops[1:], *_opened(best, full, name, fits, freed or {}, seed)]:
            if not isinstance(ends, Higher):
                ends = _wider(ends, other, name, best.level, fall)
        if isinstance(ends, Higher):
            return ends
        found[name] = _limit(unknowns_of(full.problem), name, ends, by)
    return found


def _unknown(name: str, found: dict[str, Limit]) -> bool:
    """Whether the typical value that a variability belongs to is not determined: then nobody can say how
    subjects differ."""
    typical = found.get(name.partition(" ")[2])
    return typical is not None and not typical.determined


def from_error(
    unknowns: Unknowns, name: str, x: float, covariance: np.ndarray | None, n: float, sharp: float = SHARP
) -> tuple[float, float] | None:
    """The ends of an interval from a standard error, None where it is too large for that, or there is
    none; they and x, the number, on its scale."""
    from scipy.stats import chi2, t

    k = unknowns.names.index(name)
    if covariance is None or not covariance[k, k] > 0 or n < 2:
        return None
    se = float(np.sqrt(covariance[k, k]))
    deviation = unknowns.kinds[k] in (VARIABILITY, RESIDUAL)
    if se > (min(sharp, SHARP_DEVIATION) if deviation and sharp < np.inf else sharp) and relative(
        unknowns, name
    ):
        return None
    wider, freedom = np.sqrt(beside_others(unknowns, name, covariance)), 1.0
    if unknowns.kinds[k] == RESIDUAL and not unknowns.problem.random:  # a regression, of which that is exact
        wider, freedom = 1.0, others_and_worth(unknowns, name, covariance)[0]
    if deviation and se <= SHARP_DEVIATION:
        worth = 1 / (2 * se**2)  # individual values seen themselves that would tell as much
        tails = [chi2.ppf(0.5 + side * LEVEL / 2, max(worth - freedom, 1.0)) for side in (1, -1)]
        ends = [x + 0.5 * wider * np.log(worth / tail) for tail in tails]
    else:
        reach = wider * t.ppf(0.5 + LEVEL / 2, n - 1) * np.sqrt(n / (n - 1)) * se
        ends = [x - reach, x + reach]
    return float(ends[0]), float(ends[1])


def subjects_for(s: Settled, name: str) -> float:
    """Subjects whose t interval a number has: those of the data, or more where a prior says part of it."""
    unknowns, n = unknowns_of(s.prepared.problem), s.prepared.design.n
    precision = penalty_of(unknowns).precision
    if name not in unknowns.names or not precision[k := unknowns.names.index(name)] > 0:
        return n
    part = precision[k] * np.linalg.pinv(s.climbed.information.matrix)[k, k]
    return float(min(1 + (n - 1) / max(1 - part, 1e-3) ** 2, MOST_SUBJECTS))


def _holding(
    top: Top, name: str, ends: tuple[float, float], covariance: np.ndarray
) -> tuple[tuple[float, float] | None, list[Climbed]]:
    """(an interval at both ends of which the likelihood has fallen as that of a parabola would, else None;
    the best fits at the ends); of a number that is known well, or from many subjects, that is taken for
    granted."""
    unknowns, s = top.unknowns, top.settled
    k, n = unknowns.names.index(name), s.prepared.design.n
    # how much outcomes tell depends on what was seen: where an exposure tells yes from no, a slope has no
    # upper end
    outcome = unknowns.kinds[k] == OUTCOME
    relative = unknowns.kinds[k] == TYPICAL and scale_of(unknowns, name) == LOG
    if covariance[k, k] < KNOWN**2 or not (outcome or (relative and n < MANY)):
        return ends, []
    walk = top.walk(name, 0.0, cutoff(subjects_for(s, name)))
    fits = []
    for end in ends:
        there = walk.step(end, [walk.optimum])
        if not there.rise >= FALLEN * walk.fall:  # nan, where it cannot be said, is no fall
            return None, []
        fits.append(there.fit)
    return ends, fits


def _opened(
    best: Settled,
    full: Prepared,
    name: str,
    fits: Iterable[Climbed],
    freed: Mapping[str, Settled],
    seed: int,
) -> list[Top]:
    """Points with a variability that the best optimum lacks, where it is that of a number itself, or the
    likelihood rises with it at the ends of the number's interval: what is not needed at the optimum may be
    needed there. fits: the best ones at the ends."""
    at_ends = [best._replace(climbed=fit) for fit in fits]
    names = [
        lacked
        for lacked in freed
        if lacked.partition(" ")[2] == name or any(rises_with(end, full, lacked) for end in at_ends)
    ]
    return [Top(s, seed) for s in {id(freed[name]): freed[name] for name in names}.values()]


def error_limits(unknowns: Unknowns, point: Point, covariance: np.ndarray | None, n: int) -> dict[str, Limit]:
    """The limits that standard errors alone give, of every estimated number: of a method that has no
    profile."""
    found = {}
    for k, name in enumerate(unknowns.names):
        ends = from_error(unknowns, name, _value(unknowns, point, name), covariance, n, sharp=np.inf)
        if ends is None or covariance is None:
            found[name] = Limit(None, None, "", False)
            continue
        limit = _limit(unknowns, name, ends, "standard error")
        weak = unknowns.kinds[k] == VARIABILITY and covariance[k, k] > 1 / WEAK
        weak |= unknowns.kinds[k] == OUTCOME and covariance[k, k] > LOOSE**2
        found[name] = limit._replace(determined=limit.determined and not weak)
    return found


def beyond_errors(unknowns: Unknowns, point: Point, covariance: np.ndarray | None, n: int) -> tuple[str, ...]:
    """Names of the numbers whose standard error is too large for an interval to follow from it, where
    nothing else was looked at."""
    if covariance is None:
        return ()
    return tuple(
        name
        for k, name in enumerate(unknowns.names)
        if covariance[k, k] > 0
        and from_error(unknowns, name, _value(unknowns, point, name), covariance, n) is None
    )


def natural(unknowns: Unknowns, name: str, x: float) -> float:
    """A number as it is reported, from its scale."""
    vector = np.zeros(unknowns.size)
    k = unknowns.names.index(name)
    vector[k] = x
    with np.errstate(over="ignore"):
        return float(unknowns.natural(vector)[0][k])


def _value(unknowns: Unknowns, point: Point, name: str) -> float:
    return float(unknowns.vector(point)[unknowns.names.index(name)])


def _limit(unknowns: Unknowns, name: str, ends: tuple[float | None, float | None], by: str) -> Limit:
    """From the ends of an interval on the scale of a number (-inf for a variability of 0, None for no
    bound)."""
    low, high = ends
    told = False
    if low is not None and high is not None and low > -np.inf:
        told = not relative(unknowns, name) or bool(high - low < np.log(WIDEST))
        # no population differs by as much: nothing sets a bound below it
        deviation = unknowns.kinds[unknowns.names.index(name)] == VARIABILITY
        told &= not (deviation and relative(unknowns, name) and high > np.log(FAR))
    lower, upper = (None if e is None else 0.0 if e == -np.inf else natural(unknowns, name, e) for e in ends)
    return Limit(lower, upper, by, told)


Ends = tuple[float | None, float | None]


def _profiled(
    top: Top, full: Prepared, name: str, fall: float, lighter: dict[str, Settled]
) -> tuple[Ends | Higher, list[Climbed]]:
    """((lower, upper) of a number on its scale from the profile around the best optimum, or Higher; the best
    fits near the ends)."""
    s, fits = top.settled, []
    if name in s.dropped:
        largest = _largest(s, full, name, fall, top.seed)
        return (largest if isinstance(largest, Higher) else (-np.inf, largest)), []
    if name not in top.unknowns.names:
        return (None, None), []
    walk = top.walk(name, 0.0, fall)
    ends: list[float | None] = []
    for side in (-1, 1):
        if (
            side == -1
            and top.unknowns.kinds[walk.k] == VARIABILITY
            and _may_be_none(s, name, fall, top.seed, lighter)
        ):
            ends.append(-np.inf)
            continue
        course = walk.along(side)
        if isinstance(course.end, Higher):
            return course.end, []
        ends.append(course.end)
        fits += [course.steps[-1].fit] if course.end is not None else []
    return (ends[0], ends[1]), fits


def _wider(ends: Ends, other: Top, name: str, best: float, fall: float) -> Ends | Higher:
    """An interval that holds what is as likely around another optimum, too, or Higher."""
    behind, wider = 2 * (best - other.settled.level), list(ends)
    if name not in other.unknowns.names or _inside(other.settled, name, ends, fall - behind):
        return ends
    walk = other.walk(name, behind, fall)
    x = walk.optimum.x
    for i, side in enumerate((-1, 1)):
        own = ends[i]
        if own is None or np.isinf(own):
            continue
        if side * (own - x) > 0:
            short = walk.falls_short(own)
            if isinstance(short, Higher):
                return short
            if short:
                continue
        end = walk.end(side, max(side * (own - x), 0.0))
        if isinstance(end, Higher):
            return end
        wider[i] = None if end is None else side * max(side * end, side * own)
    return wider[0], wider[1]


def _inside(other: Settled, name: str, ends: tuple, left: float) -> bool:
    """Whether another optimum says by its standard error, with half of that to spare, that its interval
    lies in another."""
    unknowns = unknowns_of(other.prepared.problem)
    k, x = unknowns.names.index(name), _value(unknowns, other.climbed.point, name)
    variance = np.linalg.pinv(other.climbed.information.matrix)[k, k]
    if not (0 < variance < SHARP**2 and unknowns.kinds[k] == TYPICAL and relative(unknowns, name)):
        return False
    reach = SPARE * np.sqrt(max(left, 0.0) * variance)
    low, high = (side * np.inf if e is None else e for side, e in zip((-1, 1), ends, strict=True))
    return bool(low < x - reach and x + reach < high)


def _may_be_none(s: Settled, name: str, fall: float, seed: int, lighter: dict[str, Settled]) -> bool:
    """Whether the likelihood without a variability has not fallen by as much as at the end of an interval."""
    if len({p.variability_name for p in s.prepared.problem.random}) == 1 or name in {
        p.name for p in s.prepared.problem.priors
    }:
        return False
    if name not in lighter:
        begun, wanted = carried(s, without(s.prepared.problem, name), seed), s.level - fall / 2
        tried = climb(*begun, rounds=2 * ROUNDS, enough=NEAR, wanted=wanted, **profile_draws(s.prepared))
        lighter[name] = Settled(tried.proposal.prepared, tried, (*s.dropped, name))
    without_it = lighter[name].climbed
    return 2 * (s.level - without_it.level - without_it.gain) < fall


def _largest(s: Settled, full: Prepared, name: str, fall: float, seed: int):
    """The largest value of a variability that was left out, on its scale; None where there is no bound; or
    Higher."""
    now, before, rise_before = s, None, 0.0
    for sd in np.geomspace(FIRST, LAST, DOUBLINGS):
        problem = with_again(now.prepared.problem, full.problem, name, float(sd))
        prepared, point, _, etas = carried(now, problem, seed)
        unknowns = unknowns_of(problem)
        k = unknowns.names.index(name)
        vector = unknowns.vector(point)
        vector[k] = x = float(unknowns.vector(point_of(problem))[k])
        point = unknowns.point(vector, point)
        climbed = fitted_others(prepared, point, k, seed, start=etas)
        rise = 2 * (s.level - climbed.level - climbed.gain)
        if climbed.level > s.level + BETTER and (
            higher := confirmed_higher(prepared, climbed, k, seed, s.level)
        ):
            return higher
        if climbed.gain > ASTRAY:
            return None
        if rise >= fall:
            return x if before is None else _between(before, rise_before, x, rise, fall)
        now, before, rise_before = Settled(prepared, climbed, s.dropped), x, rise
    return None


def _between(a: float, rise_a: float, b: float, rise_b: float, fall: float) -> float:
    """Where the rise passes `fall`, by its square root, which is straight for a parabola."""
    low, high = np.sqrt(max(rise_a, 0.0)), np.sqrt(rise_b)
    return float(a + (b - a) * (np.sqrt(fall) - low) / max(high - low, 1e-12))
