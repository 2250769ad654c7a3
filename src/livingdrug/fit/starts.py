"""Where FOCEI and Laplace start from beside the numbers that were given.

From far off their search can shrink a between-subject variability to 0, where its logarithm has no slope
left: an optimum that the data do not ask for. Subjects with a wide variability find their own parameters
first; the mean and the variance of these, a few times over (iterated two stage: Steimer et al. 1984, Drug
Metab Rev 15:265-292, as an EM algorithm that takes the modes for the means), start near the data wherever the
given numbers are.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.fit.conditional import TRIAL, ConditionalSettings, Found, search
from livingdrug.fit.design import MEASURED
from livingdrug.fit.modes import Modes, find_modes, inverses
from livingdrug.fit.objective import residual_sd
from livingdrug.fit.point import NORMAL, Point, Prepared, is_defined, point_of
from livingdrug.fit.unknowns import CORRELATION, RESIDUAL, VARIABILITY, Unknowns

# a variability on a log or logit scale, at least, of a wide start; twice the given one on the plain scale
WIDE = 1.0
ROUNDS = 8
SHRINKS = 0.3  # of a variance that a round keeps at least
FACTOR = 3.0  # by which a round may change a residual error
CLOSE = 0.95  # a correlation at most
FAR_OFF = 4.0  # residual errors that a value counts as at most
ROUGH = 1e-4  # of a mode: decrease of its height that is still promised
NEAR = 10.0  # how near in -2LL a search must soon come to another that has ended, to go on
FAR = 5.0  # sd on a log or logit scale that no population has
SAME, OTHER = 0.05, 1.0  # -2LL that differ by less agree; by more: another optimum
SHRUNK = 0.02  # sd on a log or logit scale (on the plain one: of its start) below which a larger one is tried
GIVEN, OWN = "the given numbers", "the subjects' own parameters with a wide between-subject variability"
Progress = Callable[[int, int, float], None]


class Tried(NamedTuple):
    """A search. start: in words; found: where it ended, None with the reason why; whole: whether it ran to
    its end."""

    start: str
    found: Found | None
    why: str = ""
    whole: bool = True

    @property
    def value(self) -> float:
        """-2LL where it ended, infinite where it did not."""
        return np.inf if self.found is None else self.found.slope.value

    @property
    def rank(self) -> tuple[bool, float]:
        """The lower, the better; a search that ran off to a variability beyond reason comes after all
        others."""
        far = self.found is None or bool((np.diag(self.found.point.omega) > FAR**2).any())
        return far, self.value


class Searched(NamedTuple):
    """The lowest of several searches; notes: what a reader must know of the others; record: of all, for
    the settings; confirmed: whether every variability that shrank to next to 0 was tried larger, to no
    avail."""

    found: Found
    notes: tuple[str, ...]
    record: list[dict]
    confirmed: bool = True


def from_starts(
    prepared: Prepared, unknowns: Unknowns, settings: ConditionalSettings, progress: Progress | None = None
) -> Searched:
    """Search from the given numbers and from the subjects' own; where the lower of both holds a
    between-subject variability that shrank to next to nothing, from a larger one too.

    Raises InputError where no search can begin.
    """
    given = point_of(prepared.problem)
    if not (settings.several and len(unknowns.variability)):
        found = search(prepared, unknowns, settings, given, progress)
        return Searched(found, (), [_row(Tried(GIVEN, found))])
    own = wide_start(prepared, unknowns, given)
    tried = [] if own is None else [_tried(prepared, unknowns, settings, own, OWN, progress)]
    level = tried[0].value if tried and not tried[0].rank[0] else np.inf
    tried.append(_tried(prepared, unknowns, settings, given, GIVEN, progress, level))
    best = min(tried, key=lambda t: t.rank)
    if best.found is None:
        raise InputError(tried[-1].why)
    notes = [_higher(t, best) for t in tried if t.found is None or (t.whole and t.value > best.value + OTHER)]
    best, more, confirmed = _with_larger(prepared, unknowns, settings, best, tried, progress)
    return Searched(_found(best), (*notes, *more), [_row(t) for t in tried], confirmed)


def _tried(
    prepared,
    unknowns,
    settings: ConditionalSettings,
    point: Point,
    start: str,
    progress,
    level: float = np.inf,
) -> Tried:
    """A search, given up early where another one ended at a -2LL far lower than it comes: level."""
    try:
        found = search(prepared, unknowns, settings, point, progress, level + NEAR)
    except InputError as error:  # far from the data the objective may not be finite
        return Tried(start, None, str(error))
    return Tried(start, found, whole=not found.slope.value > level + NEAR or len(found.trace) <= TRIAL)


def _found(best: Tried) -> Found:
    return known(best.found, "where the best search ended")


def _with_larger(
    prepared, unknowns, settings, best: Tried, tried: list[Tried], progress
) -> tuple[Tried, list[str], bool]:
    """(lowest search, notes, whether what shrank was tried larger): a variability next to nothing stands only
    where a search from a larger one ends no lower."""
    names = ""
    for _ in range(len(unknowns.variability) + 1):
        small = _shrunk(prepared, unknowns, _found(best).point)
        if not len(small):
            return best, [], True
        names = " and ".join(f"`{unknowns.names[k]}`" for k in small)
        point = widened(prepared, unknowns, _found(best).point, small)
        other = _tried(prepared, unknowns, settings, point, f"a larger {names}", progress)
        tried.append(other)
        if other.rank[0]:
            why = other.why or "it ran off to a variability that no population has"
            why = (
                f"{names} shrank to next to 0, and a search from a larger value did not show whether it "
                f"is: {why}"
            )
            return best, [why], False
        if other.value >= best.value - SAME:
            sd = ", ".join(f"{v:.2g}" for v in np.exp(unknowns.vector(point)[small]))
            gap = other.value - best.value
            end = "at the same -2 log likelihood" if gap < SAME else f"{gap:.2f} higher in -2 log likelihood"
            return (
                best,
                [f"{names} shrank to next to 0; a search from a larger value ({sd}) ended {end}"],
                True,
            )
        best = other
    return (
        best,
        [f"{names} shrank to next to 0 again and again; searches from larger values ended lower each time"],
        False,
    )


def _shrunk(prepared: Prepared, unknowns: Unknowns, point: Point) -> np.ndarray:
    """Positions of variabilities that are next to nothing."""
    places, sd = unknowns.of_kind(VARIABILITY), np.sqrt(np.diag(point.omega))
    plain = prepared.scale[prepared.random[unknowns.variability]] == NORMAL
    begun = np.array([prepared.problem.random[r].sd for r in unknowns.variability])
    return places[sd[unknowns.variability] < SHRUNK * np.where(plain, begun, 1.0)]


def _higher(other: Tried, best: Tried) -> str:
    if other.found is None:
        return f"no search could begin at {other.start} ({other.why}); the result is that from {best.start}"
    gap = other.value - best.value
    return (
        f"the search from {other.start} ended {gap:.1f} higher in -2 log likelihood; the result is that "
        f"from {best.start}"
    )


def _row(tried: Tried) -> dict:
    row = {"from": tried.start.replace("`", "")}
    if tried.found is None:
        return row | {"failed": tried.why}
    return row | {
        "minus2ll": tried.value,
        "iterations": len(tried.found.trace) - 1,
        "to_its_end": tried.whole,
    }


def wide_start(prepared: Prepared, unknowns: Unknowns, point: Point) -> Point | None:
    """The mean and variance of the subjects' own parameters, from a wide variability; None where they are not
    defined."""
    now = widened(prepared, unknowns, point, unknowns.of_kind(VARIABILITY))
    etas = None
    for _ in range(ROUNDS):
        modes = find_modes(prepared, now, etas, small=ROUGH)
        after = _from_subjects(prepared, unknowns, now, modes)
        if after is None:
            return None
        now, etas = after
    return now


def widened(prepared: Prepared, unknowns: Unknowns, point: Point, which: np.ndarray) -> Point:
    """The point with some variabilities, positions of the estimated numbers, as wide as WIDE."""
    vector = unknowns.vector(point)
    for place, r in zip(unknowns.of_kind(VARIABILITY), unknowns.variability, strict=True):
        if place in which:
            plain = prepared.scale[prepared.random[r]] == NORMAL
            vector[place] = vector[place] + np.log(2.0) if plain else max(vector[place], np.log(WIDE))
    return unknowns.point(vector, point)


def _from_subjects(
    prepared: Prepared, unknowns: Unknowns, point: Point, modes: Modes
) -> tuple[Point, np.ndarray] | None:
    """The next point and where its modes begin."""
    sound = np.isfinite(modes.height)
    if not sound.any():
        return None
    random, etas = prepared.random, modes.etas[sound]
    bend = modes.gauss_newton(random)[sound]
    own = inverses(bend)
    middle = etas.mean(axis=0)
    # what is not estimated cannot move with the subjects
    moves = np.isin(random, unknowns.mu)
    middle = np.where(moves, middle, 0.0)
    omega = np.einsum("ni,nj->ij", etas - middle, etas - middle) / len(etas) + own.mean(axis=0)
    vector = unknowns.vector(point)
    vector[: len(unknowns.mu)] += [middle[random == i][0] if i in random else 0.0 for i in unknowns.mu]
    _set_omega(unknowns, vector, omega, np.diag(point.omega))
    variance = np.zeros((len(sound), *own.shape[1:]))
    variance[sound] = own
    _set_residuals(prepared, unknowns, point, modes, variance, vector)
    found = unknowns.point(vector, point)
    return (found, modes.etas - middle) if is_defined(found) else None


def _set_omega(unknowns: Unknowns, vector: np.ndarray, omega: np.ndarray, before: np.ndarray) -> None:
    variance = np.maximum(np.diag(omega), SHRINKS * before)
    for place, r in zip(unknowns.of_kind(VARIABILITY), unknowns.variability, strict=True):
        vector[place] = 0.5 * np.log(variance[unknowns.alike == r].mean())
    sd = np.sqrt(variance)
    for place, (i, j) in zip(unknowns.of_kind(CORRELATION), unknowns.pairs, strict=True):
        vector[place] = np.arctanh(np.clip(omega[i, j] / (sd[i] * sd[j]), -CLOSE, CLOSE))


def _set_residuals(
    prepared: Prepared, unknowns, point: Point, modes: Modes, variance, vector: np.ndarray
) -> None:
    """Residual errors times how far the measured values lie from the subjects' own curves, in units of them;
    what is not known of these curves, by the variance of the subjects' parameters, counts too, or few values
    would leave no error."""
    y, kind, output, first, last = prepared.records
    f = prepared.own(modes.moments.f)
    slopes = modes.moments.slopes[: len(f), prepared.random]
    logs = np.array([r.kind == "lognormal" for r in prepared.problem.residuals])[output]
    who = np.repeat(np.arange(len(first)), last - first)
    with np.errstate(all="ignore"):
        size = residual_sd(prepared, point, f) * np.where(logs, f, 1.0)
        off = np.where(logs, np.log(y) - np.log(f), y - f) * np.where(logs, f, 1.0) / size
        unsure = np.einsum("ri,rij,rj->r", slopes, variance[who], slopes) / size**2
    use = (kind == MEASURED) & np.isfinite(off) & np.isfinite(unsure)
    for place, o in zip(unknowns.of_kind(RESIDUAL), [*unknowns.a, *unknowns.b], strict=True):
        mine = use & (output == o)
        if mine.any():
            # a few far values do not make an error
            squares = np.clip(off[mine], -FAR_OFF, FAR_OFF) ** 2 + np.minimum(unsure[mine], 1.0)
            vector[place] += np.log(np.clip(np.sqrt(squares.mean()), 1 / FACTOR, FACTOR))
