"""Several models of CAR-T cells in blood in one unit, and what makes their peaks differ.

A level in copies/ug becomes one in cells/uL by a named, cited conversion; published conversions differ 100-fold, so the
ratio of two peaks is given under each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.units import in_a_day
from livingdrug.data import BRIDGES, bridge_factor
from livingdrug.models import ClosedForm, Model
from livingdrug.simulation.dose_text import read_dose
from livingdrug.simulation.population import draw_subjects
from livingdrug.simulation.regimen import Regimen
from livingdrug.simulation.result import Result
from livingdrug.simulation.run import check_horizon, simulate

COPIES, CELLS = "copies/ug", "cells/uL"
POINTS = 200
CONSTANT = ("kirouac_2024", "singh_2021")  # conversions that need nothing beside the level


@dataclass(frozen=True)
class ModelCurve:
    """One model on the common axis.

    Attributes
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    output, unit : str
        What is compared, and its own unit.
    factor : float
        From its own unit to the common one.
    typical : Result
        Of the typical subject, in its own unit.
    many : Result or None
        Of virtual subjects, where the model has a variability.
    variability : str
        Its name; empty where there is none.
    dose : str
        What was given, in words.
    """

    model: Model
    output: str
    unit: str
    factor: float
    typical: Result
    many: Result | None
    variability: str
    dose: str

    @property
    def days(self) -> np.ndarray:
        """Times in days."""
        return self.typical.times / in_a_day(self.model.time_unit)

    def metric(self, name: str) -> float:
        """CMAX, XCMAX or AUC of the typical subject in the common unit (AUC with days), TMAX in days."""
        value = float(self.typical.metric(self.output, name)[0])
        per_day = in_a_day(self.model.time_unit)
        scaled = value * self.factor
        return {"CMAX": scaled, "XCMAX": scaled, "TMAX": value / per_day, "AUC": scaled / per_day}[name]

    def peaks(self, levels: Sequence[float]) -> np.ndarray | None:
        """Percentiles of CMAX over virtual subjects, in the common unit; None without any."""
        if self.many is None:
            return None
        done = [i for i in range(self.many.n) if i not in self.many.failed]
        return np.percentile(self.many.metric(self.output, "CMAX")[done], levels) * self.factor


@dataclass(frozen=True)
class ModelsCompared:
    """Models on one axis.

    Attributes
    ----------
    curves : tuple of ModelCurve
        A curve of each model, in the order given.
    unit : str
        The common unit.
    conversion : str
        The one that was used; empty where none was needed.
    """

    curves: tuple[ModelCurve, ...]
    unit: str
    conversion: str

    def ratio(self, one: int, other: int, conversion: str = "") -> float:
        """CMAX of one model over that of another, under this conversion where it needs one."""
        tops = []
        for curve in (self.curves[one], self.curves[other]):
            factor = (
                bridge_factor(conversion)
                if conversion and curve.unit == COPIES and self.conversion
                else curve.factor
            )
            tops.append(float(curve.typical.metric(curve.output, "CMAX")[0]) * factor)
        return tops[0] / tops[1]


def compare_models(
    models: Sequence[Model],
    doses: Sequence[str] = (),
    days: float = 100.0,
    conversion: str = "kirouac_2024",
    *,
    subjects: int = 0,
    variability: str | None = None,
    seed: int = 1,
) -> ModelsCompared:
    """Simulate several models and put them on one axis.

    Parameters
    ----------
    models : sequence of Model
        Each with CAR-T cells in blood in copies/ug or cells/uL.
    doses : sequence of str
        As `read_dose` takes them, for every model whose equations take a dose; none: that of its first experiment.
    days : float
        Horizon after the infusion, in days.
    conversion : str
        From copies/ug to cells/uL, used where the models differ in unit.
    subjects : int
        Virtual subjects of each model with a variability.
    variability : str, optional
        Which published one, of a model that has several.
    seed : int
        Of the virtual subjects.

    Returns
    -------
    ModelsCompared

    Raises
    ------
    InputError
        For a model without such an output or without numbers, an unknown conversion, a dose that cannot be.
    SolveError
        Where a typical subject cannot be computed.
    """
    outputs = [_output(model) for model in models]
    units = {unit for _, unit in outputs}
    factor = bridge_factor(conversion)  # checked although it may not be needed
    mixed = len(units) > 1
    if variability is not None and not any(variability in _variabilities(model) for model in models):
        known = sorted({name for model in models for name in _variabilities(model)})
        raise InputError(
            f"no model here has a variability `{variability}`; they have: {', '.join(known) or 'none'}"
        )
    regimen = Regimen.of(read_dose(text) for text in doses) if doses else None
    curves = []
    for model, (output, unit) in zip(models, outputs, strict=True):
        until = check_horizon(model, days * in_a_day(model.time_unit))
        times = np.linspace(0.0, until, POINTS + 1)
        takes = not isinstance(model.system, ClosedForm) and bool(model.system.dose_into)
        given = regimen if takes else None
        typical = simulate(model, None, given, times, until, [output])
        if typical.uncomputed:
            raise SolveError(f"`{model.full_name}`: {typical.reason[0]}")
        many, name = _many(model, subjects, variability, seed, (given, times, until, output))
        scale = factor if mixed and unit == COPIES else 1.0
        curves.append(ModelCurve(model, output, unit, scale, typical, many, name, _dose(model, doses, takes)))
    return ModelsCompared(tuple(curves), CELLS if mixed else units.pop(), conversion if mixed else "")


def _variabilities(model: Model) -> list[str]:
    return [population.name for population in model.populations]


def _many(
    model: Model, subjects: int, wanted: str | None, seed: int, run: tuple
) -> tuple[Result | None, str]:
    """Virtual subjects and the name of their variability."""
    names = _variabilities(model)
    if not subjects or not names:
        return None, ""
    name = wanted if wanted in names else names[0]
    given, times, until, output = run
    drawn = draw_subjects(model, subjects, seed=seed, spread=name)
    return simulate(model, drawn, given, times, until, [output]), name


def _output(model: Model) -> tuple[str, str]:
    """The level of CAR-T cells in blood: what an assay sees before anything else."""
    if model.unknown:
        name = next(iter(model.unknown))
        raise InputError(
            f"`{model.full_name}` has no number for `{name}` ({model.unknown[name]}); it cannot be compared"
        )
    found = [o for o in model.system.outputs if o.unit == COPIES]
    found += [o for o in model.system.outputs if o.unit == CELLS and o.name == "car_t_blood"]
    if not found:
        raise InputError(
            f"`{model.full_name}` has no level of CAR-T cells in blood in {COPIES} or {CELLS}, so it cannot stand on the axis"
        )
    best = next((o for o in found if o.measured), found[0])
    return best.name, best.unit


def _dose(model: Model, doses: Sequence[str], takes: bool) -> str:
    if not takes:
        return "none: its equations take no dose"
    if doses:
        return ", ".join(doses)
    return model.experiments[0].name if model.experiments else "none"


def conversions(compared: ModelsCompared) -> tuple[str, ...]:
    """The conversion that was used, and the published ones beside it.

    Parameters
    ----------
    compared : ModelsCompared
        Of `compare_models`.

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys((compared.conversion, *(name for name in CONSTANT if name in BRIDGES))))
