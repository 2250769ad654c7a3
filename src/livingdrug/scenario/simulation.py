"""The `simulate` kind of scenario."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.models import Model, build_model
from livingdrug.models.parameters import lognormal
from livingdrug.simulation import Draw, Regimen, Result
from livingdrug.simulation.curves import CurvesTask
from livingdrug.simulation.dose_text import read_dose
from livingdrug.simulation.exposure import ExposureTask, check_window, exposure_task
from livingdrug.simulation.population import MAX_SUBJECTS
from livingdrug.simulation.run import MAX_VALUES, check_horizon, check_outputs, default_until
from livingdrug.workflows.document import Document
from livingdrug.workflows.memory import ROW


class Simulation(Document):
    """A simulation. Everything but the model has a default that serves.

    model: name or file; fragments: mechanisms to join; values: parameter (name or paper symbol) -> value;
    doses: texts in the model's time unit, AMOUNT[@TIME] and then words as needed: `1e8`, `5e7@7`, `5000@24 into=tumour`,
    `100@0 over=2 every=12 repeats=5 lag=0.5 fraction=0.8 steady=replace`, or `reset@24` (`simulation.dose_text` has all
    words); subjects: virtual subjects, the typical one when absent;
    spread: published spread; cv: log-normal CV on every rate instead; days: horizon; every: step of the table, in the
    model's time unit; outputs: names, all by default; observe, limit: residual error and limit of quantification.
    exposure: start and end of a window (model's time unit) within which peaks, areas and, for the outputs in `above`, times
    above limits are summed up over the subjects, without curves; the run then ends with the window.
    """

    kind: Literal["simulate"] = "simulate"
    model: str
    fragments: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    doses: tuple[str, ...] = ()
    subjects: int | None = None
    spread: str | None = None
    cv: float | None = None
    days: float | None = None
    every: float = 1.0
    outputs: tuple[str, ...] = ()
    observe: bool = False
    limit: float | None = None
    exposure: tuple[float, float] | None = None
    above: dict[str, float | tuple[float, ...]] = Field(default_factory=dict)
    seed: int = 1

    def memory(self) -> float:
        """Bytes of the table of curves; an exposure goes by in blocks."""
        if self.exposure is not None:
            return 0.0
        model = build_model(self.model, self.fragments)
        hours = 24.0 if model.time_unit == "h" else 1.0
        until = default_until(model) if self.days is None else self.days * hours
        if not self.every > 0 or (self.subjects or 1) > MAX_SUBJECTS:
            return 0.0  # refused by the run, in its own words
        check_horizon(model, until)
        outputs = len(self.outputs) or len(model.system.outputs)
        return ROW * max(self.subjects or 1, 1) * (until / self.every + 2) * outputs


def run_simulation(scenario: Simulation, progress: Callable[[int, int], None] | None = None) -> tuple[Model, Result]:
    """Build the model, draw the subjects, simulate. Raises InputError or ModelError before anything is computed."""
    task = plan(scenario)
    if isinstance(task, ExposureTask):
        raise InputError("the scenario asks for an exposure, which has no curves; leave `exposure` out")
    return task.model, task(0, task.n, progress)


def plan(scenario: Simulation) -> CurvesTask | ExposureTask:
    """What the scenario asks for, ready to run on any stretch of its subjects.

    Raises InputError or ModelError for everything that cannot be; nothing is computed.
    """
    model = build_model(scenario.model, scenario.fragments, scenario.values)
    if scenario.limit is not None and not scenario.observe:
        raise InputError("a limit of quantification was given without observing; add `observe` (command line: --observe)")
    if scenario.above and scenario.exposure is None:
        raise InputError("a limit to be above was given without a window; add `exposure` (command line: --exposure 0 28)")
    hours = 24.0 if model.time_unit == "h" else 1.0
    until = check_horizon(model, default_until(model) if scenario.days is None else scenario.days * hours)
    draw = _draw(model, scenario)
    regimen = Regimen.of(read_dose(d) for d in scenario.doses) if scenario.doses else None
    if scenario.exposure is not None:
        _check_exposure(model, scenario, until)
        return exposure_task(model, draw, regimen, scenario.exposure, scenario.above, scenario.outputs or None)
    outputs = check_outputs(model, scenario.outputs or None)[0]
    return CurvesTask(model, draw, regimen, _times(model, scenario, until), until, outputs)


def _check_exposure(model: Model, scenario: Simulation, until: float) -> None:
    """The window lies within a stated horizon, and nothing about curves was asked."""
    end = check_window(model, scenario.exposure)[1]
    if scenario.days is not None and end > until:
        unit = model.time_unit
        raise InputError(
            f"the window of the exposure ends at {end:g} {unit}, after the horizon of {until:g} {unit}; end it earlier or "
            "leave the horizon out"
        )
    if scenario.observe:
        raise InputError("an exposure is that of the model, without residual error; leave out `observe` or `exposure`")
    if scenario.every != 1.0:
        raise InputError("a step of the table was given, but an exposure has no curves; leave out `every` or `exposure`")


def _times(model: Model, scenario: Simulation, until: float) -> np.ndarray:
    if not (np.isfinite(scenario.every) and scenario.every > 0):
        raise InputError(f"the step of the table is {scenario.every:g} {model.time_unit}; it must be above 0")
    if until / scenario.every > MAX_VALUES:
        unit = model.time_unit
        raise InputError(f"a step of {scenario.every:g} up to {until:g} {unit} makes too many rows; take a longer step")
    return np.unique(np.append(np.arange(0.0, until, scenario.every), until))


def _draw(model: Model, scenario: Simulation) -> Draw | None:
    if scenario.cv is not None:
        lognormal(cv=scenario.cv)
    if scenario.subjects is None:
        if scenario.spread is not None or scenario.cv is not None:
            raise InputError("a spread between subjects was given without a number of subjects; add -n 1000")
        return None
    if scenario.spread is not None and len(model.populations) < 2:
        count = len(model.populations)
        raise InputError(f"`{model.full_name}` carries {count} reading(s) of its spread, so none can be chosen")
    draw = Draw(scenario.subjects, scenario.seed, scenario.spread, scenario.cv)
    draw.population(model)
    return draw
