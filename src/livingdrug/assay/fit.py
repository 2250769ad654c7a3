"""Fit the rates of a killing assay, with errors that are correlated and wells and donors that differ."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from livingdrug.assay.asked_of_plate import AssayPlan, growth_rates
from livingdrug.assay.climb import Point, climb
from livingdrug.assay.errors import Errors, errors_of
from livingdrug.assay.evaluate import Evaluator, Expected
from livingdrug.assay.laws import rates_of
from livingdrug.assay.observed import Observed
from livingdrug.assay.plan import FIXED, Layout, group_names, lay_out
from livingdrug.assay.start import limits, pooled_starts, spread_out
from livingdrug.assay.variances import Uncertainty, best_numbers, restricted, uncertainty
from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Keeper, Stage, steps

ROUNDS = 12
SETTLED = 0.02  # of the logarithm of an SD: the error model has settled
TORN = 0.3  # the same: the error model still jumps in the last round


@dataclass(frozen=True)
class AssayFit:
    """A fitted assay.

    Attributes
    ----------
    seen : Observed
        Readings of the wells with what was done to them, see `observe`.
    layout : Layout
        Where each rate stands among the columns.
    errors : Errors
        The error model.
    numbers : ndarray
        logarithms of the error model's numbers, in the order of `errors.variances`.
    point : Point
        The columns and the wells' own effects.
    uncertainty : Uncertainty
        Of the columns.
    ended : bool
        Whether the search came to its end.
    notes : tuple of str
        For the user.
    torn : bool
        Whether it went to and fro between two descriptions, so that no rate is determined.
    """

    seen: Observed
    layout: Layout
    errors: Errors
    numbers: np.ndarray
    point: Point
    uncertainty: Uncertainty
    ended: bool
    notes: tuple[str, ...]
    torn: bool = False

    @property
    def plan(self) -> AssayPlan:
        """What was asked for."""
        return self.layout.plan

    @cached_property
    def evaluator(self) -> Evaluator:
        """The wells with the columns."""
        return Evaluator(self.seen, self.layout)

    @property
    def groups(self) -> np.ndarray:
        """The group of each well, controls by what they are, (wells,)."""
        role = self.seen.column("role")
        names = np.array(group_names(self.seen, self.plan.by), dtype=object)
        names[role == "target_alone"], names[role == "effector_alone"] = "targets alone", "effectors alone"
        return names

    def residuals(self) -> np.ndarray:
        """(reading - fitted) over the SD of a reading, of logarithms where errors are of logarithms; nan for
        censored readings, (rows,)."""
        seen, logs = self.seen, self.evaluator.logs
        y = np.where(logs, np.log(np.maximum(seen.y, 1e-300)), seen.y)
        size = self.errors.size(self.point.expected.level, logs)
        own = self.errors.residual_sd(self.numbers) * size
        sd = np.sqrt(own**2 + self.errors.counting(self.point.expected.level))
        exact, level = self.errors.exact, np.exp(np.clip(self.point.expected.level, -50, 50))
        pearson = (seen.y / level - 1) / sd
        if exact.any():
            return np.where(
                exact, pearson, np.where(seen.measured, (y - self.point.expected.level) / sd, np.nan)
            )
        return np.where(seen.measured, (y - self.point.expected.level) / sd, np.nan)

    def rates(self) -> list[int]:
        """Positions of the columns that are rates of groups or told beside them: fixed effects, without
        edges and starts of wells."""
        return [
            j
            for j, c in enumerate(self.layout.columns)
            if c.kind == FIXED and (c.shown or (not c.covariate and c.rate in self.layout.main))
        ]

    def value(self, j: int) -> float:
        """A column's value on its own scale."""
        at = self.point.columns[j]
        return float(np.exp(at)) if self.layout.columns[j].log else float(at)

    def minus2ll(self) -> float:
        """-2 restricted log likelihood near the best point, to compare error models and models of one
        plate."""
        return self.uncertainty.near.value_and_slope(self.numbers)[0]


def fit_assay(
    plan: AssayPlan,
    seen: Observed,
    progress: Callable[[str], None] | None = None,
    start: dict[str, float] | None = None,
    kept: Keeper | None = None,
) -> AssayFit:
    """Fit a plan to what is seen of a plate.

    Parameters
    ----------
    plan : AssayPlan
        The model, and which rates differ between which wells.
    seen : Observed
        Readings and wells, of `observe`.
    progress : Callable[[str], None] or None
        Called with a word as the fit goes on.
    start : dict[str, float] or None
        Initial estimates of rates by name, instead of a search.
    kept : Kept or None
        Where the initial estimates and the rounds of the error model are kept on the way.

    Raises
    ------
    InputError : nothing to look for, or readings that cannot be compared with the model
    """
    layout = lay_out(plan, seen)
    if not layout.main:
        raise InputError("every rate is taken as known, so nothing is left to be fitted")
    evaluator, errors = Evaluator(seen, layout), errors_of(seen, layout)
    say = progress or (lambda text: None)
    say("initial estimates")
    bounds, wells = limits(layout), np.zeros((seen.n, 2))
    numbers = np.log([v.start for v in errors.variances])

    def first() -> tuple[Point, bool]:
        tried = []
        for rates in pooled_starts(plan, seen) if start is None else [start]:
            columns = np.clip(spread_out(layout, rates), *bounds)
            tried.append(climb(evaluator, errors, numbers, columns, wells, bounds=bounds))
        return min(tried, key=lambda found: found[0].loss)

    def turn() -> tuple[np.ndarray, Point, bool]:
        better = best_numbers(restricted(evaluator, errors, numbers, point), numbers)
        return better, *climb(evaluator, errors, better, point.columns, point.wells, bounds=bounds)

    def stage() -> Stage:
        of = {"readings": seen, "plan": plan, "initial estimates": start}
        return Stage("rounds", of, (Point, Expected), "steps of the fit")

    with steps(kept, stage, 1 + ROUNDS) as step:
        point, ended = step(first)
        if not np.isfinite(point.loss):
            raise InputError(
                "the model could not be computed at its initial estimates; check times, cells seeded and "
                "units"
            )
        torn, moved = False, 0.0
        for k in range(ROUNDS):
            say(f"error model, round {k + 1}")
            better, point, ended = step(turn)
            moved = np.abs(better - numbers).max(initial=0.0)
            numbers = better
            if moved < SETTLED:
                break
        else:
            ended, torn = False, moved > TORN
    near = restricted(evaluator, errors, numbers, point)
    notes = (*seen.notes, *layout.notes, *_notes(seen, point, evaluator, ended, torn))
    return AssayFit(seen, layout, errors, numbers, point, uncertainty(near, numbers), ended, notes, torn)


def _notes(seen: Observed, point: Point, evaluator: Evaluator, ended: bool, torn: bool) -> list[str]:
    notes = []
    if torn:
        notes.append(
            "the search goes to and fro between two sets of rates, each with an error model that suits the "
            "other: these readings do not determine the rates of this model; simplify it, fix a rate, or "
            "fit more wells together"
        )
    elif not ended:
        notes.append(
            "the search had not come to its end: the numbers may still move; simplify the model or give "
            "initial estimates"
        )
    curves = evaluator.course.solve(
        evaluator.rates(point.columns), evaluator.start(point.columns, point.wells)
    )
    t = evaluator.course.states.index("targets")
    first = np.cumsum([0, *(len(times) for times in seen.times)])
    low = [
        w
        for w in range(seen.n)
        if _regrows(curves.cells[first[w] : first[w + 1], t], seen.steps[w], seen.times[w])
    ]
    if low and (seen.start[low, 1] > 1).any():
        names = [seen.names[w] for w in low if seen.start[w, 1] > 1]
        notes.append(
            f"in {len(names)} well(s) the fitted targets fall below one cell and grow back, which cells "
            f"cannot do: {', '.join(names[:6])}"
        )
    return notes


def _regrows(cells: np.ndarray, steps, times: np.ndarray) -> bool:
    """Whether a course falls below one cell and is above ten again without cells having been added."""
    for begin, end in zip([-1.0, *steps.time], [*steps.time, np.inf], strict=True):
        own = cells[(times > begin) & (times <= end)]
        low = np.flatnonzero(own < 1.0)
        if len(low) and (own[low[0] :] > 10.0).any():
            return True
    return False


def fit_wells(
    plan: AssayPlan,
    seen: Observed,
    progress: Callable[[str], None] | None = None,
    kept: Keeper | None = None,
) -> list[AssayFit]:
    """A fit of each well alone: its rates, growth included, with errors of its own.

    Rates of effectors are not looked for in wells without effectors.

    Parameters
    ----------
    plan : AssayPlan
        How they are fitted.
    seen : Observed
        Readings of the wells with what was done to them, see `observe`.
    progress : callable, optional
        Called with a word as the fits go on.
    kept : Kept, optional
        Where steps of the fits are kept on the way.

    Returns
    -------
    sequence of AssayFit
    """
    own = replace(plan, by=("well",), shared=(), donors=False, edge=False)
    found = []
    for w in range(seen.n):
        alone = seen.of_wells(np.arange(seen.n) == w)
        if progress:
            progress(f"well {alone.names[0]}")
        mine = without_effectors(own) if seen.start[w, 0] < 1 else own
        part = None if kept is None else kept.within(f"well-{w + 1}")
        found.append(fit_assay(mine, alone, kept=part))
    return found


def without_effectors(plan: AssayPlan) -> AssayPlan:
    """The plan for wells in which there are no effectors: their rates are not looked for."""
    names = (name for name in rates_of(plan.model) if name not in growth_rates(plan.model))
    return replace(plan, fixed={**{name: plan.model.typical[name] for name in names}, **plan.fixed})
