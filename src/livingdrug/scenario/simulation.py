"""The `simulate` kind of scenario."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.models.catalogue import get_fragment, get_model
from livingdrug.models.parameters import lognormal
from livingdrug.scenario.faults import refusal
from livingdrug.simulation import Regimen, Result, draw_subjects, simulate
from livingdrug.simulation.regimen import read_dose
from livingdrug.simulation.run import MAX_VALUES, check_horizon, default_until


class Simulation(BaseModel):
    """A simulation. Everything but the model has a default that serves.

    model: name or file; fragments: mechanisms to join; values: parameter (name or paper symbol) -> value;
    doses: texts such as `1e8` or `5e7@7` (model's time unit); subjects: virtual subjects, the typical one when absent;
    spread: published spread; cv: log-normal CV on every rate instead; days: horizon; every: step of the table, in the
    model's time unit; outputs: names, all by default; observe, limit: residual error and limit of quantification.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["simulate"] = "simulate"
    version: Literal[1] = 1
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
    seed: int = 1


def to_toml(scenario: BaseModel) -> str:
    """The scenario as a TOML document; defaults are left out."""
    import tomli_w

    kept = scenario.model_dump(exclude_defaults=True, exclude_none=True, mode="json")
    return tomli_w.dumps({"kind": scenario.kind, "version": scenario.version, **kept})


def checked(data: dict, origin: str) -> Simulation:
    """A Simulation from plain data; InputError names every fault."""
    try:
        return Simulation(**data)
    except ValidationError as error:
        raise refusal(error, Simulation.model_fields, origin) from None


def build_model(name: str, fragments: tuple[str, ...] = (), values: dict[str, float] | None = None) -> Model:
    """A model by name or file, with fragments joined and values set; assembled, so that misfits show here."""
    if name.endswith((".toml", ".yaml", ".yml", ".json", ".txt")) or "/" in name:
        from livingdrug.models.text import read_model

        model = read_model(name)
    else:
        model = get_model(name)
    for fragment in fragments:
        model = model + get_fragment(fragment)
    _ = model.system
    return model.with_values(values or {})


def run_simulation(scenario: Simulation, progress: Callable[[int, int], None] | None = None) -> tuple[Model, Result]:
    """Build the model, draw the subjects, simulate. Raises InputError or ModelError before anything is computed."""
    model = build_model(scenario.model, scenario.fragments, scenario.values)
    if scenario.limit is not None and not scenario.observe:
        raise InputError("a limit of quantification was given without observing; add `observe` (command line: --observe)")
    hours = 24.0 if model.time_unit == "h" else 1.0
    until = check_horizon(model, default_until(model) if scenario.days is None else scenario.days * hours)
    if not (np.isfinite(scenario.every) and scenario.every > 0):
        raise InputError(f"the step of the table is {scenario.every:g} {model.time_unit}; it must be above 0")
    if until / scenario.every > MAX_VALUES:
        unit = model.time_unit
        raise InputError(f"a step of {scenario.every:g} up to {until:g} {unit} makes too many rows; take a longer step")
    times = np.unique(np.append(np.arange(0.0, until, scenario.every), until))
    subjects = _subjects(model, scenario)
    regimen = Regimen.of(read_dose(d) for d in scenario.doses) if scenario.doses else None
    return model, simulate(model, subjects, regimen, times, until, scenario.outputs or None, progress)


def _subjects(model: Model, scenario: Simulation):
    if scenario.cv is not None:
        lognormal(cv=scenario.cv)
    if scenario.subjects is None:
        if scenario.spread is not None or scenario.cv is not None:
            raise InputError("a spread between subjects was given without a number of subjects; add -n 1000")
        return None
    if scenario.spread is not None and len(model.populations) < 2:
        count = len(model.populations)
        raise InputError(f"`{model.full_name}` carries {count} reading(s) of its spread, so none can be chosen")
    return draw_subjects(model, scenario.subjects, scenario.seed, scenario.spread, scenario.cv)
