"""The best of all candidates: what each gives over the virtual patients, and how often it stays the best
when the curves are drawn from their errors."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Kept, Stage, each, steps
from livingdrug.core.random import uniforms
from livingdrug.core.shown import Shown
from livingdrug.models import Model
from livingdrug.optimum.aim import Aim
from livingdrug.optimum.candidates import Candidate, Schedule, candidates
from livingdrug.optimum.exposed import Exposed, Patients, Side
from livingdrug.optimum.point import Point, kept, point_of
from livingdrug.optimum.search import MOST, search
from livingdrug.response import Curve, drawn_coefficients, probabilities
from livingdrug.simulation import Draw, Regimen

LEVEL = 0.95
BLOCK = 4_000_000  # numbers at a time


@dataclass(frozen=True, repr=False)
class Optimum(Shown):
    """What `optimise` gives.

    Attributes
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    output : str
        Whose exposure drives both outcomes.
    response, toxicity : Side
        The two curves.
    aim : Aim
        What the best dose is best at.
    points : tuple of Point
        Of all candidates.
    best : int or None
        Position of the best one, None where the ceiling is met nowhere.
    patients : int
        Number of virtual patients, the same for every candidate.
    left : int
        That could not be computed at every candidate.
    subjects : str
        In words.
    draws : int
        Of the curves, 0 where no error of a curve is known.
    alike : tuple of int
        Positions of the points that together are the best in 95 % of the draws.
    none : float
        Part of the draws in which no point meets the ceiling.
    refined : Point or None
        What a search between the points found, None where none was asked for.
    converged : bool
        Whether it came to an end.
    notices : tuple of str
        What to know of it.
    """

    model: Model
    output: str
    response: Side
    toxicity: Side
    aim: Aim
    points: tuple[Point, ...]
    best: int | None
    patients: int
    left: int
    subjects: str
    draws: int = 0
    alike: tuple[int, ...] = ()
    none: float = 0.0
    refined: Point | None = None
    converged: bool = True
    notices: tuple[str, ...] = field(default=())

    @property
    def top(self) -> Point | None:
        """The best point: that of the search where it is better."""
        return self.refined or (None if self.best is None else self.points[self.best])

    @property
    def silent(self) -> tuple[Curve, ...]:
        """Curves of which no error is known."""
        return tuple(side.curve for side in (self.response, self.toxicity) if side.curve.covariance is None)

    def _facts(self) -> dict[str, str]:
        aim = self.aim.words(self.response.curve.name, self.toxicity.curve.name)
        return {"model": self.model.full_name, "aim": aim, "candidates": f"{len(self.points)}"}


def optimise(
    model: Model,
    response: Side,
    toxicity: Side,
    doses: Sequence[float],
    schedules: Sequence[Schedule],
    aim: Aim,
    output: str,
    draw: Draw,
    beside: Regimen | None = None,
    refine: bool = False,
    draws: int = 400,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    pieces: Kept | None = None,
) -> Optimum:
    """The best dose and schedule.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    response, toxicity : Side
        The two curves, made with `side_of`.
    doses : sequence of float
        Total doses, in the unit that the model takes.
    schedules : sequence of Schedule
        How a dose is divided.
    aim : Aim
        What is to be largest.
    output : str
        Whose exposure the curves are put on.
    draw : Draw
        The virtual patients, the same at every candidate.
    beside : Regimen, optional
        What every candidate has beside the infusions.
    refine : bool
        Search between the points (Nelder-Mead) from the best one.
    draws : int
        Draws of the coefficients of both curves from their normal distributions, independent of each other,
        each with its own weights of the patients; none where no error of a curve is known.
    seed : int
        Of the draws.
    progress : callable, optional
        `progress(done, all)` is called as candidates are done.
    pieces : Kept, optional
        Where what the doses and schedules give is kept on the way.

    Returns
    -------
    Optimum

    Raises
    ------
    InputError
        For a model that has no use for a dose, doses or schedules that it does not take, and patients of whom
        none could be computed.
    """
    beside = beside or Regimen()
    tried = candidates(model, doses, schedules, beside)
    patients, last = Patients(model, draw, output, beside), max(schedule.last for schedule in schedules)
    sides, found, notices = (response, toxicity), [], ()

    def stage() -> Stage:
        patients_of = {"model": model, "patients or seed": draw, "output": output}
        of = patients_of | {"curves": sides, "doses beside": beside, "doses and schedules": tried}
        return Stage("doses", of, (Exposed,), "doses and schedules")

    keys = [str(i + 1) for i in range(len(tried))]
    with closing(each(pieces, stage, keys, lambda i: patients.exposed(tried[i], sides, last))) as made:
        for exposed, notices in made:  # noqa: B007, those of the last one
            found.append(exposed)
            if progress:
                progress(len(found), len(tried))
    done = np.all([np.isfinite(e.response) & np.isfinite(e.toxicity) for e in found], axis=0)
    if not done.any():
        raise InputError(
            f"`{model.full_name}`: none of the {draw.n:,} virtual patients could be computed at every dose"
        )
    points = [point_of(one, kept(e, done), sides, aim) for one, e in zip(tried, found, strict=True)]
    values = np.array([p.value for p in points])
    best = int(np.argmax(values)) if np.isfinite(values).any() else None
    made = Optimum(
        model,
        output,
        response,
        toxicity,
        aim,
        tuple(points),
        best,
        int(done.sum()),
        int((~done).sum()),
        draw.described(model),
        notices=notices,
    )
    if draws > 0 and len(made.silent) < 2:
        made = _over_draws(made, [kept(e, done) for e in found], draws, seed)
    if not refine or best is None:
        return made

    def at(one: Candidate) -> Point:
        exposed, _ = step(lambda: patients.exposed(one, sides, last))
        computed = done & np.isfinite(exposed.response) & np.isfinite(exposed.toxicity)
        return point_of(one, kept(exposed, computed), sides, aim)

    def searched() -> Stage:
        own = stage()
        return replace(own, name="search", of={**own.of, "aim": aim}, words="points of the search")

    with steps(pieces, searched, MOST) as step:
        refined, converged = search(at, made.points[best], [p.candidate for p in points], aim)
    return replace(made, refined=refined, converged=converged)


def _over_draws(made: Optimum, found: list[Exposed], draws: int, seed: int) -> Optimum:
    """The same with intervals, and how often each point is the best."""
    sides = (made.response, made.toxicity)
    coefficients = [drawn_coefficients(side.curve, draws, seed) for side in sides]
    weights = _weights(made.patients, draws, seed)
    pairs = [list(zip(sides, coefficients, (one.response, one.toxicity), strict=True)) for one in found]
    # points, outcomes, draws
    rates = np.array(
        [[_rates(side.curve, c, exposure, weights) for side, c, exposure in own] for own in pairs]
    )
    values = made.aim.value(rates[:, 0], rates[:, 1])
    some = np.isfinite(values).any(axis=0)
    best = np.bincount(np.argmax(values, axis=0)[some], minlength=len(found)) / draws
    ends = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=2)  # ends, points, outcomes
    within = (
        np.full(len(found), np.nan)
        if made.aim.ceiling is None
        else (rates[:, 1] <= made.aim.ceiling).mean(axis=1)
    )
    points = tuple(
        replace(p, best=float(best[i]), kept=float(within[i]), response_ends=_pair(ends[:, i, 0]),
                toxicity_ends=_pair(ends[:, i, 1]))  # fmt: skip
        for i, p in enumerate(made.points)
    )
    order = np.argsort(-best, kind="stable")
    enough = int(np.searchsorted(np.cumsum(best[order]), LEVEL * best.sum() - 1e-12)) + 1
    alike = tuple(sorted(int(i) for i in order[:enough] if best[i] > 0))
    return replace(made, points=points, draws=draws, alike=alike, none=float(1 - some.mean()))


def _pair(ends: np.ndarray) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def _weights(patients: int, draws: int, seed: int) -> np.ndarray:
    """Weights of the patients in each draw, which are as uncertain as their number makes them: the
    Bayesian bootstrap (Rubin 1981, doi:10.1214/aos/1176345338), shape (draws, patients). The same for
    every candidate."""
    u = uniforms(seed, "weights of patients", 0, draws * patients).reshape(draws, patients)
    own = -np.log(u)
    return own / own.sum(axis=1, keepdims=True)


def _rates(curve: Curve, coefficients: np.ndarray, exposure: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean probability over the patients for each draw of the coefficients and of the patients, shape
    (draws,)."""
    step = max(1, BLOCK // len(exposure))
    parts = []
    for i in range(0, len(coefficients), step):
        here = slice(i, i + step)
        parts.append((weights[here] * probabilities(curve, coefficients[here, None], exposure)).sum(axis=1))
    return np.concatenate(parts)
