"""SAEM, FOCEI and Laplace on one problem: the same likelihood at the optimum of each, and why they differ
where they do.

Each method has an objective of its own, so their objectives cannot be compared. What can is -2 log likelihood
L by importance sampling with the exact breakpoints, at the numbers of each method. Between the numbers M of a
method and S of the reference it differs by a sum of three parts, each of them known:

    L(M) - L(S) = [exact less smooth breakpoints] + [sampled less the method's own objective] + [own(M) -
    own(S)]

The last one is above 0 only where the search of the method ended short of what its own objective has
elsewhere.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeGuard

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.pieces import Keeper, NotKept
from livingdrug.core.shown import Shown
from livingdrug.fit.by_need import likelihood_at
from livingdrug.fit.compare_words import CLOSE, WITHIN, estimate_words, words_of
from livingdrug.fit.importance import FEW, few_draws
from livingdrug.fit.kept import part_of
from livingdrug.fit.objective import objective
from livingdrug.fit.point import point_of, prepare
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import INTERRUPTED, NOT_CONVERGED, Estimate, FitResult, Objective
from livingdrug.fit.run import Progress, fit
from livingdrug.fit.words import number

METHODS = ("saem", "focei", "laplace")
COLUMNS = (
    "method",
    "status",
    "parameter",
    "kind",
    "value",
    "se",
    "lower",
    "upper",
    "by",
    "determined",
    "difference_in_se",
    "own_minus2ll",
    "sampled_minus2ll",
    "monte_carlo_se",
)


RESULT = "the fit of a method"


class Gap(NamedTuple):
    """-2LL at the numbers of a method less that at those of the reference: sampled with the exact breakpoints
    and with those of the method (None where these are exact), and by the method's own objective (None where
    it has no value there). se: Monte-Carlo error of the first."""

    exact: float
    smooth: float | None
    own: float | None
    se: float


class Difference(NamedTuple):
    """An estimate beside that of the reference; off: in standard errors of the reference, None where it has
    none."""

    estimate: Estimate
    reference: Estimate
    off: float | None


def _far(one: Difference) -> float:
    """How far an estimate is off in either direction, of one that can be compared."""
    return abs(known(one.off, "the distance of two estimates"))


class Compared:
    """What a fit that stands beside others says of itself: of its result, and the likelihood sampled at its
    numbers."""

    result: FitResult | None
    sampled: Objective | None

    @property
    def status(self) -> str:
        """That of its fit, or `refused`."""
        return self.result.status if self.result else "refused"

    @property
    def usable(self) -> bool:
        """Whether its search ended and the likelihood at its numbers is known."""
        return self.result is not None and is_ended(self.result) and is_known(self.sampled)


@dataclass(frozen=True)
class MethodRun(Compared):
    """A method.

    Attributes
    ----------
    method : str
        Name of the method, such as `saem`.
    result : FitResult or None
        Its fit, None where it was refused.
    why : str
        The reason then, or what is wrong with its sampled likelihood.
    sampled : Objective or None
        -2LL with exact breakpoints at its numbers.
    gap : Gap or None
        From the reference, where both have numbers to compare.
    differences : tuple of Difference
        From the reference, where both have numbers to compare.
    """

    method: str
    result: FitResult | None
    why: str = ""
    sampled: Objective | None = None
    gap: Gap | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def worst(self) -> Difference | None:
        """The estimate that is farthest off."""
        return max((d for d in self.differences if d.off is not None), key=_far, default=None)

    @property
    def agrees(self) -> bool | None:
        """Whether its estimates and likelihood are those of the reference; None where that cannot be said."""
        if self.gap is None or self.worst is None or any(d.off is None for d in self.differences):
            return None
        if _far(self.worst) > CLOSE:
            return False
        if self.gap.se > 0.5 * WITHIN:
            return None
        return abs(self.gap.exact) <= WITHIN


@dataclass(frozen=True, repr=False)
class MethodComparison(Shown):
    """Methods side by side.

    Attributes
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    seed : int
        Of the sampled likelihoods.
    runs : tuple of MethodRun
        One for each method.
    reference : MethodRun or None
        The one that the others are compared with, None where none can be.
    """

    problem: FitProblem
    seed: int
    runs: tuple[MethodRun, ...]
    reference: MethodRun | None

    @property
    def agree(self) -> bool | None:
        """Whether all methods agree; None where that cannot be said of one of them."""
        found = [run.agrees for run in self.runs if run is not self.reference]
        return False if False in found else None if None in found or self.reference is None else True

    @property
    def exit_code(self) -> int:
        """That of the reference's fit; 5 where another method found numbers that are clearly more likely."""
        if self.reference is None:
            return 3
        higher = any(run.gap is not None and run.gap.exact < -(WITHIN + 2 * run.gap.se) for run in self.runs)
        first = self.runs[0].result
        return 5 if higher else known(self.reference.result if first is None else first, RESULT).exit_code

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Whether the methods agree, and which differ by how much and why."""
        return words_of(self)

    def table(self):
        """One row for each number of each method: see COLUMNS; difference_in_se: of the reference's standard
        error."""
        import pandas as pd

        return pd.DataFrame([row for run in self.runs for row in _rows(run)], columns=list(COLUMNS))

    def side_by_side(self) -> tuple[tuple[str, ...], ...]:
        """For each number: its name, then value and 95 % interval by each method, in words."""
        found = [{e.name: e for e in run.result.estimates} if run.result else {} for run in self.runs]
        names = dict.fromkeys(name for estimates in found for name in estimates)
        return tuple((name, *(estimate_words(estimates.get(name)) for estimates in found)) for name in names)

    def _frame(self):
        return self.table()


def compare_methods(
    problem: FitProblem, seed: int = 1, starts: int | None = None, progress: Progress | None = None,
    kept: Keeper | None = None,
) -> MethodComparison:  # fmt: skip
    """The problem fitted by SAEM, FOCEI and Laplace, each with its usual settings.

    Parameters
    ----------
    problem : FitProblem
        Data, model, random effects and residual errors, see `new_problem`.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    starts : int, optional
        Sets of initial estimates of each method.
    progress : callable, optional
        `progress(done, all, objective)`.
    kept : Kept, optional
        Where the finished fit of each method is kept on the way.

    Returns
    -------
    MethodComparison
        The reference is SAEM; where its search did not end or its likelihood is not known, the next
        method whose did.

    Raises
    ------
    InputError
        Where no method takes the problem.
    """
    runs = [_run(problem, method, seed, starts, progress, part_of(kept, method)) for method in METHODS]
    if all(run.result is None for run in runs):
        raise InputError(runs[0].why)
    reference = next((run for run in runs if run.usable), None)
    if reference is not None:
        runs = [
            run if run is reference or not run.usable else _compared(run, reference, seed) for run in runs
        ]
    return MethodComparison(problem, seed, tuple(runs), reference)


def is_ended(result: FitResult) -> bool:
    """Whether the numbers of a fit are an optimum."""
    return result.status not in (NOT_CONVERGED, INTERRUPTED) and (
        result.verdict is None or result.verdict.ended
    )


def is_known(sampled: Objective | None) -> TypeGuard[Objective]:
    """Whether a sampled likelihood rests on enough draws of every subject."""
    return sampled is not None and (sampled.ess is None or bool((sampled.ess >= FEW).all()))


def sampled_at(result: FitResult, seed: int, smooth: float = 0.0) -> Objective:
    """-2LL by importance sampling at the numbers of a fit, breakpoints as wide as `smooth`. Raises InputError
    where it is not finite."""
    problem = replace(result.problem, smooth=smooth)
    return likelihood_at(prepare(problem), point_of(problem), seed=seed, start=result.individuals.etas)


def _run(
    problem: FitProblem, method: str, seed: int, starts: int | None, progress: Progress | None,
    kept: Keeper | None,
) -> MethodRun:  # fmt: skip
    try:
        result = fit(problem, method, seed, progress=progress, starts=starts, kept=kept)
    except NotKept:  # the run ends here, and goes on from what is kept
        raise
    except InputError as error:
        return MethodRun(method, None, str(error))
    try:
        sampled = sampled_at(result, seed)
    except InputError as error:
        return MethodRun(method, result, f"the likelihood at its numbers is not finite: {error}")
    cautions = few_draws(result.individuals.subjects, sampled)
    return MethodRun(method, result, cautions[0] if cautions else "", sampled)


def _compared(run: MethodRun, reference: MethodRun, seed: int) -> MethodRun:
    """The run with what separates it from the reference."""
    theirs = {e.name: e for e in known(run.result, RESULT).estimates}
    rows = known(reference.result, RESULT).estimates
    pairs = [(theirs[e.name], e) for e in rows if e.name in theirs and not e.fixed]
    differences = tuple(
        Difference(mine, own, (mine.value - own.value) / own.se if own.se else None)
        for mine, own in pairs if mine.determined and own.determined
    )  # fmt: skip
    return replace(run, gap=_gap(run, reference, seed), differences=differences)


def _gap(run: MethodRun, reference: MethodRun, seed: int) -> Gap:
    own_level, level = (known(r.sampled, "a sampled likelihood") for r in (run, reference))
    exact = own_level.minus2ll - level.minus2ll
    se = float(np.hypot(own_level.se or 0.0, level.se or 0.0))
    results = known(run.result, RESULT), known(reference.result, RESULT)
    width, smooth = results[0].problem.smooth or 0.0, None
    try:
        if width:
            here, there = (sampled_at(result, seed, width).minus2ll for result in results)
            smooth = here - there
        own = _own(run, reference)
    except InputError:  # the other method's numbers may have no value under this one
        own = None
    return Gap(exact, smooth, own, se)


def _own(run: MethodRun, reference: MethodRun) -> float | None:
    """The method's own objective at its numbers less that at those of the reference."""
    if run.method not in ("focei", "laplace"):
        return None
    own, other = known(run.result, RESULT), known(reference.result, RESULT)
    problem = replace(other.problem, smooth=own.problem.smooth)
    there = objective(prepare(problem), point_of(problem), run.method, other.individuals.etas).minus2ll
    return own.objective.minus2ll - there if np.isfinite(there) else None


def _rows(run: MethodRun) -> list[tuple]:
    if run.result is None:
        return [(run.method, f"refused: {run.why}", *[""] * 2, *[np.nan] * 4, "", False, *[np.nan] * 4)]
    off = {d.estimate.name: d.off for d in run.differences if d.off is not None}
    sampled = run.sampled
    level = (
        run.result.objective.minus2ll,
        sampled.minus2ll if is_known(sampled) else np.nan,
        sampled.se if is_known(sampled) else np.nan,
    )
    return [
        (
            run.method,
            run.status,
            e.name,
            e.kind,
            e.value,
            _or_nan(e.se),
            _or_nan(e.lower),
            _or_nan(e.upper),
            e.by,
            e.determined,
            off.get(e.name, np.nan),
            *level,
        )
        for e in run.result.estimates
    ]


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def level_words(run: MethodRun) -> str:
    """Sampled -2LL with its Monte-Carlo error."""
    sampled = run.sampled
    if not is_known(sampled):
        return "not known"
    return f"{sampled.minus2ll:.2f} (SE {number(sampled.se or 0.0)})"
