"""The `simulate` kind of scenario."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.units import in_a_day
from livingdrug.models import Model, build_model, lognormal
from livingdrug.scale import CurveFile, Serial, run_curves, run_exposures
from livingdrug.simulation import (
    MAX_SUBJECTS,
    MAX_VALUES,
    Bands,
    CurvesTask,
    Draw,
    ExposureBlock,
    ExposureSummary,
    ExposureTask,
    Regimen,
    Result,
    bands,
    check_horizon,
    check_outputs,
    check_window,
    default_until,
    drawn_models,
    exposure_table,
    exposure_task,
    observed_part,
    read_dose,
)
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About, named_number
from livingdrug.workflows.memory import ROW, SUBJECT
from livingdrug.workflows.shared_fields import CV, SEED, SUBJECTS, VARIABILITY, EvenSo, Fragments, ModelName, Values, built
from livingdrug.workflows.simulate.conducted import check_large, conducted, keep_part
from livingdrug.workflows.simulate.doses import doses_after, doses_of_file

__all__ = ["Simulated", "Simulation", "conducted", "plan", "read_above", "run", "run_simulation"]

DOSE_HELP = (
    "A dose; repeatable. 1e8: at time 0; 5e7@7: at time 7 (the model's unit). Words after it, in any order: "
    "into=STATE; over=TIME or rate=RATE (an infusion); every=TIME repeats=N (N more doses); lag=TIME; "
    "fraction=PART (what arrives); steady=replace or steady=add (start from the steady state of "
    "every=TIME). over, rate, lag and fraction take a number or a parameter. '100@0 into=central over=2 "
    "every=12 repeats=5 lag=0.5 fraction=0.8 steady=replace'; '5000@24 into=tumour every=24 repeats=1' adds "
    "target cells twice; 'reset@24' sets all back to the start."
)
POPULATION, TABLE = "Virtual population", "Table of curves"


def read_above(texts: tuple[str, ...], option: str) -> dict[str, float | tuple[float, ...]]:
    """`OUTPUT=VALUE` texts as a dictionary, several values of an output as a tuple."""
    limits: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, value = named_number(text, option, "OUTPUT=VALUE", "car_t_blood=0.05")
        limits[name] = (*limits.get(name, ()), value)
    return {name: values[0] if len(values) == 1 else values for name, values in limits.items()}


class Simulation(Document):
    """A simulation. Everything but the model has a default that serves.

    With `exposure`, peaks, areas and times above limits within a window are summed up over the subjects,
    without curves; the run then ends with the window.
    """

    OUTPUTS: ClassVar = ("workers", "dask", "resume", "shard", "yes")
    SHORTCUTS: ClassVar = {
        "doses_from": About(
            "The doses of a subject in a file, as `fit` reads its rows.", metavar="FILE=SUBJECT"
        ),
        "regimen": About(
            "With --with preconditioning: drugs of a regimen before the infusion, such as flu_cy_standard, or "
            "flu_cy_standard:1.7 for another body surface (1.85 m2).",
            metavar="NAME[:M2]",
        ),
    }
    EXAMPLES: ClassVar = (
        "livingdrug simulate stein_2019 -n 200 --days 60",
        "livingdrug simulate kirouac_2023 --dose 1e8 --days 30 --out run",
    )

    kind: Literal["simulate"] = "simulate"
    model: ModelName
    fragments: Fragments = ()
    values: Values = Field(default_factory=dict)
    doses: Annotated[
        tuple[str, ...], About(DOSE_HELP, ("--dose",), metavar="'AMOUNT[@TIME] WORD=VALUE ...'")
    ] = ()
    subjects: Annotated[int | None, SUBJECTS.under(POPULATION)] = None
    variability: Annotated[str | None, VARIABILITY.under(POPULATION, ("spread",))] = None
    cv: Annotated[float | None, CV.under(POPULATION)] = None
    days: Annotated[
        float | None, About("Horizon; by default that of the model's first experiment.", unit="d")
    ] = None
    every: Annotated[float, About("Step of the table, in the model's time unit.", group=TABLE)] = 1.0
    outputs: Annotated[
        tuple[str, ...], About("Only this output or state. Repeatable.", ("--output",), TABLE)
    ] = ()
    observe: Annotated[bool, About("Add the published residual error to measured outputs.", group=TABLE)] = (
        False
    )
    limit: Annotated[
        float | None, About("With --observe: limit of quantification (values below it are BLQ).", group=TABLE)
    ] = None
    exposure: Annotated[
        tuple[float, float] | None,
        About(
            "Peaks and areas in this window (the model's time unit); no curves.",
            group=TABLE,
            metavar="START END",
        ),
    ] = None
    above: Annotated[
        dict[str, float | tuple[float, ...]],
        About(
            "With --exposure: time above this value. Repeatable.",
            group=TABLE,
            metavar="OUTPUT=VALUE",
            read=read_above,
        ),
    ] = Field(default_factory=dict)
    seed: Annotated[int, SEED.under(POPULATION)] = 1
    uncertainty: Annotated[
        int,
        About(
            "Draws of the estimates of a fitted model (such as 200): which part of the range lies between "
            "patients, and which is uncertainty of the estimates.",
            group=POPULATION,
            metavar="DRAWS",
        ),
    ] = 0
    even_so: EvenSo = False

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """--doses-from adds the doses of a subject in a file, --regimen drugs before the doses that are given."""
        source = given.pop("doses_from", None)
        if source:
            more, notes = doses_of_file(
                source, given["model"], given.get("fragments", ()), given.get("even_so", False)
            )
            given["doses"] = (*given.get("doses", ()), *more)
            for note in notes:
                say(note)
        regimen = given.pop("regimen", None)
        if regimen:
            given["doses"], note = doses_after(regimen, given.get("doses", ()), given.get("fragments", ()))
            say(note)
        return given

    def memory(self) -> float:
        """Bytes of the table of curves; an exposure goes by in blocks."""
        if self.exposure is not None:
            return 0.0
        model = build_model(self.model, self.fragments, even_so=self.even_so)
        hours = in_a_day(model.time_unit)
        until = default_until(model) if self.days is None else self.days * hours
        if not self.every > 0 or (self.subjects or 1) > MAX_SUBJECTS:
            return 0.0  # refused by the run, in its own words
        check_horizon(model, until)
        outputs = len(self.outputs) or len(model.system.outputs)
        return ROW * max(self.subjects or 1, 1) * (until / self.every + 2) * outputs

    def memory_to_file(self) -> float:
        """Bytes of peaks and areas: the table is written as it comes."""
        if self.exposure is not None or self.uncertainty:
            return self.memory()
        model = build_model(self.model, self.fragments, even_so=self.even_so)
        return min(
            self.memory(), SUBJECT * (self.subjects or 1) * (len(self.outputs) or len(model.system.outputs))
        )


@dataclass(frozen=True)
class Simulated:
    """What was run, and what came out: curves, with what of their range is uncertainty of the estimates, or a
    summary of exposures; written: whether the table is on disk already."""

    task: CurvesTask | ExposureTask
    result: Result | ExposureSummary
    bands: Bands | None = None
    written: bool = False


def run(scenario: Simulation, conduct: Conduct = HERE) -> Simulated:
    """Curves, or exposures where the scenario asks for them; the table is written as it comes."""
    executor = conduct.executor or Serial()
    if executor != Serial() and scenario.subjects is None:
        raise InputError(
            "there is one subject, nothing to distribute; give a number of subjects, such as -n 1000"
        )
    task = plan(scenario)
    rows = partial(_rows, scenario, task)
    check_large(task, executor, conduct, rows)
    if conduct.shard and conduct.kept:
        keep_part(task, executor, conduct)
    if isinstance(task, ExposureTask):
        summary = run_exposures(task, executor, conduct.out, conduct.progress, kept=conduct.kept)
        return Simulated(task, summary, written=conduct.out is not None)
    file = None
    if conduct.out is not None:
        kept = conduct.drawn or bool(scenario.uncertainty)
        file = CurveFile(conduct.out, rows, kept)
    result = run_curves(task, executor, conduct.progress, file=file, kept=conduct.kept)
    made = (
        bands(task, result, scenario.uncertainty, scenario.seed, conduct.progress, conduct.kept)
        if scenario.uncertainty
        else None
    )
    return Simulated(task, result, made, written=file is not None)


def _rows(scenario: Simulation, task: CurvesTask | ExposureTask, found: Result | ExposureBlock, before: int):
    """The table of some of the subjects, `before` others standing before them."""
    if isinstance(task, ExposureTask):
        return exposure_table(task, cast(ExposureBlock, found))
    result = cast(Result, found)
    table = result.coded_table(before)
    if not scenario.observe:
        return table
    return observed_part(task.model, result, scenario.limit, scenario.seed, table, before)


def run_simulation(
    scenario: Simulation, progress: Callable[[int, int], None] | None = None
) -> tuple[Model, Result]:
    """Build the model, draw the subjects, simulate. Raises InputError or ModelError before anything is
    computed."""
    task = plan(scenario)
    if isinstance(task, ExposureTask):
        raise InputError("the scenario asks for an exposure, which has no curves; leave `exposure` out")
    return task.model, task(0, task.n, progress)


def plan(scenario: Simulation) -> CurvesTask | ExposureTask:
    """What the scenario asks for, ready to run on any stretch of its subjects.

    Raises InputError or ModelError for everything that cannot be; nothing is computed.
    """
    model = built(scenario)
    if scenario.limit is not None and not scenario.observe:
        raise InputError(
            "a limit of quantification was given without observing; add `observe` (command line: --observe)"
        )
    if scenario.above and scenario.exposure is None:
        raise InputError(
            "a limit to be above was given without a window; add `exposure` (command line: --exposure 0 28)"
        )
    if scenario.uncertainty and scenario.exposure is not None:
        raise InputError(
            "uncertainty is shown beside curves, which an exposure has not; leave out one of the two"
        )
    if scenario.uncertainty:
        drawn_models(model, scenario.uncertainty, scenario.seed)
    hours = in_a_day(model.time_unit)
    until = check_horizon(model, default_until(model) if scenario.days is None else scenario.days * hours)
    draw = _draw(model, scenario)
    regimen = Regimen.of(read_dose(d) for d in scenario.doses) if scenario.doses else None
    if scenario.exposure is not None:
        _check_exposure(model, scenario, until)
        return exposure_task(
            model, draw, regimen, scenario.exposure, scenario.above, scenario.outputs or None
        )
    outputs = check_outputs(model, scenario.outputs or None)[0]
    return CurvesTask(model, draw, regimen, _times(model, scenario, until), until, outputs)


def _check_exposure(model: Model, scenario: Simulation, until: float) -> None:
    """The window lies within a stated horizon, and nothing about curves was asked."""
    end = check_window(model, known(scenario.exposure, "--exposure"))[1]
    if scenario.days is not None and end > until:
        unit = model.time_unit
        raise InputError(
            f"the window of the exposure ends at {end:g} {unit}, after the horizon of {until:g} {unit}; end "
            "it earlier or leave the horizon out"
        )
    if scenario.observe:
        raise InputError(
            "an exposure is that of the model, without residual error; leave out `observe` or `exposure`"
        )
    if scenario.every != 1.0:
        raise InputError(
            "a step of the table was given, but an exposure has no curves; leave out `every` or `exposure`"
        )


def _times(model: Model, scenario: Simulation, until: float) -> np.ndarray:
    if not (np.isfinite(scenario.every) and scenario.every > 0):
        raise InputError(f"the step of the table is {scenario.every:g} {model.time_unit}; it must be above 0")
    if until / scenario.every > MAX_VALUES:
        unit = model.time_unit
        raise InputError(
            f"a step of {scenario.every:g} up to {until:g} {unit} makes too many rows; take a longer step"
        )
    return np.unique(np.append(np.arange(0.0, until, scenario.every), until))


def _draw(model: Model, scenario: Simulation) -> Draw | None:
    if scenario.cv is not None:
        lognormal(cv=scenario.cv)
    if scenario.subjects is None:
        if scenario.variability is not None or scenario.cv is not None:
            raise InputError(
                "a between-subject variability was given without a number of subjects; add -n 1000"
            )
        return None
    if scenario.variability is not None and len(model.populations) < 2:
        count = len(model.populations)
        raise InputError(
            f"`{model.full_name}` carries {count} reading(s) of its between-subject variability, so none can "
            "be chosen"
        )
    draw = Draw(scenario.subjects, scenario.seed, scenario.variability, scenario.cv)
    draw.population(model)
    return draw
