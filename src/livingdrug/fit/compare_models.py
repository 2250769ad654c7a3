"""Several models on the same data: what their criteria tell apart, and what each says of a typical subject.

AIC and BIC are made of -2 log likelihood by importance sampling with exact breakpoints, on the same values
for every model. What a difference of AIC means: Burnham & Anderson 2002, Model Selection and Multimodel
Inference, section 2.6; of BIC: Kass & Raftery 1995, J Am Stat Assoc 90:773-795.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.pieces import Keeper, NotKept
from livingdrug.core.shown import Shown
from livingdrug.fit.compare import Compared, is_ended, is_known, sampled_at
from livingdrug.fit.compare_models_words import words_of
from livingdrug.fit.design import Design, design_of
from livingdrug.fit.estimator import Estimator, all_estimators, methods_that
from livingdrug.fit.importance import few_draws
from livingdrug.fit.kept import part_of
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.result import FitResult, Objective
from livingdrug.fit.run import Progress, fit
from livingdrug.models import Model
from livingdrug.simulation import Regimen

WINDOW, LATE = MONTH, 21.0  # days of a typical subject's curve, and from which on its half-life is taken
HOURS = {"d": 1.0, "h": 24.0}  # units of time in a day
COLUMNS = (
    "model",
    "status",
    "sampled_minus2ll",
    "monte_carlo_se",
    "estimated",
    "aic",
    "bic",
    "delta_aic",
    "delta_bic",
    "output",
    "cmax",
    "xcmax",
    "tmax",
    "auc28",
    "half_life_21_28",
    "unit",
    "time_unit",
)


class Typical(NamedTuple):
    """A typical subject's curve of an output within 28 days: peak, its time, area, and the apparent half-life
    from day 21 to day 28 (None where the curve does not fall then); unit: of the peak; infusate: whether the peak is the
    level of the infused cells; xcmax: the largest level after the distribution minimum, nan where it never rises."""

    output: str
    cmax: float
    tmax: float
    auc28: float
    half_life: float | None
    unit: str
    infusate: bool = False
    xcmax: float = np.nan


@dataclass(frozen=True)
class ModelRun(Compared):
    """A model.

    Attributes
    ----------
    name : str
        Of the model.
    time_unit : str
        Of the model.
    result : FitResult or None
        Its fit, None where it was refused.
    why : str
        The reason then, or what is wrong with its sampled likelihood.
    sampled : Objective or None
        -2LL with exact breakpoints.
    typical : tuple of Typical
        Of each output in the data, none where the search did not end.
    """

    name: str
    time_unit: str
    result: FitResult | None
    why: str = ""
    sampled: Objective | None = None
    typical: tuple[Typical, ...] = ()

    @property
    def aic(self) -> float:
        """-2LL + 2 p, nan where it cannot be compared."""
        return self._level() + 2 * known(self.result, "a fit").free if self.usable else np.nan

    @property
    def bic(self) -> float:
        """-2LL + p ln n with n subjects, nan where it cannot be compared."""
        if not self.usable:
            return np.nan
        result = known(self.result, "a fit")
        return self._level() + float(np.log(len(result.individuals.subjects))) * result.free

    def _level(self) -> float:
        return known(self.sampled, "a sampled likelihood").minus2ll


@dataclass(frozen=True, repr=False)
class ModelComparison(Shown):
    """Models side by side.

    Attributes
    ----------
    data : str
        Name of the file.
    method : str
        Name of the estimation method, the same for all models.
    seed : int
        Of the sampled likelihoods.
    runs : tuple of ModelRun
        One for each model.
    doses : str
        Of the typical subject, in words.
    """

    data: str
    method: str
    seed: int
    runs: tuple[ModelRun, ...]
    doses: str = ""

    def best(self, criterion: str) -> ModelRun | None:
        """The model with the lowest `aic` or `bic`; None where no model has one."""
        usable = [run for run in self.runs if run.usable]
        return min(usable, key=lambda run: getattr(run, criterion), default=None)

    def delta(self, run: ModelRun, criterion: str) -> float:
        """How far a model's criterion lies above the lowest one, nan where it has none."""
        best = self.best(criterion)
        return np.nan if best is None else getattr(run, criterion) - getattr(best, criterion)

    @property
    def exit_code(self) -> int:
        """3 where a model has no criterion, 5 where a better optimum of one was found from another start, 4
        where the data do not determine every number of one, else 0."""
        codes = {known(run.result, "a fit").exit_code if run.usable else 3 for run in self.runs}
        return next((code for code in (3, 5, 4) if code in codes), 0)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What the data can tell of the models, and how much these differ in what they say."""
        return words_of(self)

    def table(self):
        """One row for each output of each model: see COLUMNS."""
        import pandas as pd

        return pd.DataFrame([row for run in self.runs for row in _rows(self, run)], columns=list(COLUMNS))

    def _frame(self):
        return self.table()


def compare_models(
    problems: Sequence[FitProblem], method: str = "saem", seed: int = 1, starts: int | None = None,
    progress: Progress | None = None, kept: Keeper | None = None,
) -> ModelComparison:  # fmt: skip
    """Problems of several models on the same data, each fitted by one method.

    Parameters
    ----------
    problems : sequence of FitProblem
        Of the same data.
    method : str
        Name of the estimation method, such as `saem`, the same for all models.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    starts : int, optional
        Sets of initial estimates of each model.
    progress : callable, optional
        `progress(done, all, objective)`.
    kept : Kept, optional
        Where the finished fit of each model is kept on the way.

    Returns
    -------
    ModelComparison

    Raises
    ------
    InputError
        Before anything is computed, where the models would not be fitted to the same values.
    """
    known = all_estimators()
    if method not in known or not _gives_likelihood(known[method]):
        raise InputError(
            f"models are compared by a likelihood of the population; method {method} gives none: take "
            f"{methods_that(_gives_likelihood)}"
        )
    names = [problem.model.full_name for problem in problems]
    if len(problems) < 2 or len(set(names)) < len(names):
        raise InputError(f"models to compare: {', '.join(names)}; name two or more different ones")
    designs = [design_of(problem) for problem in problems]
    _check_same(problems, designs)
    runs = tuple(
        _run(problem, method, seed, starts, progress, part_of(kept, f"model-{k + 1}"))
        for k, problem in enumerate(problems)
    )
    if all(run.result is None for run in runs):
        raise InputError(f"{runs[0].name}: {runs[0].why}")
    doses = next(
        (_doses(d)[1] for p, d in zip(problems, designs, strict=True) if p.model.system.dose_into), ""
    )
    return ModelComparison(problems[0].data.name, method, seed, runs, doses)


def _gives_likelihood(settings: Estimator) -> bool:
    return settings.population and not settings.samples


def _check_same(problems: Sequence[FitProblem], designs: Sequence[Design]) -> None:
    """Refuse models that would count the values otherwise: their likelihoods are not of the same thing."""
    first, one = problems[0], designs[0]
    for other, design in zip(problems[1:], designs[1:], strict=True):
        pair = f"`{first.model.full_name}` and `{other.model.full_name}`"
        alone = "their likelihoods cannot be compared"
        if other.model.time_unit != first.model.time_unit:
            raise InputError(
                f"{pair} count time in {first.model.time_unit} and {other.model.time_unit}: {alone}"
            )
        units = [dict((given, _unit(p.model, output)) for given, output in p.outputs) for p in (first, other)]
        for given in units[0]:
            if units[0][given] != units[1].get(given, ""):
                both = f"{units[0][given]} and {units[1].get(given)}"
                raise InputError(f"{pair} give {given or 'the values'} in {both}: {alone}")
        parts = [(d.line, d.subject, d.y, d.kind) for d in (one, design)]
        if not all(np.array_equal(a, b) for a, b in zip(*parts, strict=True)):
            raise InputError(f"{pair} do not count the same values of the data, or count them otherwise "
                             f"(values of 0 with another residual error): {alone}; state one with "
                             "--residual")  # fmt: skip


def _unit(model: Model, output: str) -> str:
    return next(o.unit for o in model.system.outputs if o.name == output)


def _run(
    problem: FitProblem, method: str, seed: int, starts: int | None, progress: Progress | None,
    kept: Keeper | None,
) -> ModelRun:  # fmt: skip
    name, unit = problem.model.full_name, problem.model.time_unit
    try:
        result = fit(problem, method, seed, progress=progress, starts=starts, kept=kept)
    except NotKept:  # the run ends here, and goes on from what is kept
        raise
    except InputError as error:
        return ModelRun(name, unit, None, str(error))
    try:
        sampled = sampled_at(result, seed)
    except InputError as error:
        return ModelRun(name, unit, result, f"the likelihood at its numbers is not finite: {error}")
    why = (*few_draws(result.individuals.subjects, sampled), "")[0]
    try:
        typical = typical_of(result.problem) if is_ended(result) else ()
    except InputError as error:
        why, typical = f"the typical subject cannot be simulated: {error}", ()
    return ModelRun(name, unit, result, why, sampled, typical)


def typical_of(problem: FitProblem) -> tuple[Typical, ...]:
    """What a problem's numbers say of a typical subject (covariates at their reference, the most frequent
    doses of the data) from day 0 to 28. Raises InputError where that cannot be simulated."""
    from livingdrug.simulation import simulate

    day = HOURS[problem.model.time_unit]
    known = problem.model.typical | {p.name: p.value for p in problem.parameters}
    model = problem.model.with_values({p.name: known[p.name] for p in problem.parameters})
    doses = None if is_closed(model) or not model.system.dose_into else _doses(design_of(problem))[0]
    names = tuple(dict.fromkeys(output for _, output in problem.outputs))
    late = [LATE * day, 0.5 * (LATE + WINDOW) * day, WINDOW * day]
    found = simulate(model, None, doses, late, WINDOW * day, names)
    if found.failed:
        raise InputError(found.reason[0])

    def metric(name: str, code: str) -> float:
        return float(found.metric(name, code)[0])

    return tuple(
        Typical(
            output=name,
            cmax=metric(name, "CMAX"),
            tmax=metric(name, "TMAX"),
            auc28=metric(name, "AUC"),
            half_life=_half_life(found.curve(name), (WINDOW - LATE) * day),
            unit=found.unit_of(name),
            infusate=bool(found.infusate_peaks(name)[0]),
            xcmax=metric(name, "XCMAX"),
        )
        for name in names
    )


def _half_life(levels: np.ndarray, span: float) -> float | None:
    """Apparent half-life of a curve over a span, from its levels at the begin, the middle and the end; None
    where it does not fall, or has gone to 0."""
    begin, middle, end = levels.tolist()
    return float(np.log(2) * span / np.log(begin / end)) if begin > middle > end > 0 else None


def _doses(design: Design) -> tuple[Regimen, str]:
    """(the doses that most subjects had, the same in words)."""
    counts = {doses: design.doses.count(doses) for doses in dict.fromkeys(design.doses)}
    common = max(counts, key=lambda doses: counts[doses])
    listed = ", ".join(str(dose) for dose in common.doses[:3]) + (", ..." if len(common.doses) > 3 else "")
    return common, f"{listed} (the doses of {counts[common]} of {design.n} subjects)"


def _rows(found: ModelComparison, run: ModelRun) -> list[tuple]:
    sampled = run.sampled
    level = (sampled.minus2ll, sampled.se) if is_known(sampled) else (np.nan, np.nan)
    status = f"refused: {run.why}" if run.result is None else run.status
    head = (run.name, status, *level, run.result.free if run.result else np.nan, run.aic, run.bic,
            found.delta(run, "aic"), found.delta(run, "bic"))  # fmt: skip
    if not run.typical:
        return [(*head, "", *[np.nan] * 5, "", run.time_unit)]
    return [
        (
            *head,
            t.output,
            t.cmax,
            t.xcmax,
            t.tmax,
            t.auc28,
            np.nan if t.half_life is None else t.half_life,
            t.unit,
            run.time_unit,
        )
        for t in run.typical
    ]
