"""A design checked by simulation: plates with known rates, fitted, and how far the estimates fall from the
truth."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.asked_of_plate import AssayPlan
from livingdrug.assay.design import AssayDesign, CountErrors
from livingdrug.assay.fit import AssayFit, fit_assay
from livingdrug.assay.laws import is_signed, rates_of
from livingdrug.assay.made import Noise, made_plate
from livingdrug.assay.observed import observe
from livingdrug.core.pieces import Keeper, Stage, each
from livingdrug.models import Model


@dataclass(frozen=True)
class DesignCheck:
    """A design tried on simulated plates.

    Attributes
    ----------
    rms : dict[str, float]
        Rate -> root mean square of the errors of its logarithm (of its value over the value, where it may be
        negative).
    plates : int
        That were fitted to an end.
    lost : int
        That were not.
    """

    rms: dict[str, float]
    plates: int
    lost: int


def simulated_errors(
    model: Model,
    values: Mapping[str, float],
    design: AssayDesign,
    errors: CountErrors,
    plates: int = 20,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
    kept: Keeper | None = None,
) -> DesignCheck:
    """Fits of simulated plates of a design, started from the rates that they were made with.

    Parameters
    ----------
    model, values, design, errors : Model or Mapping[str, float] or AssayDesign or CountErrors
        As of `expected_errors`.
    plates, seed : int, optional
        How many plates, and of their random numbers.
    progress : Callable[[int], None] or None
        Called with the number of plates that are done.
    kept : Kept or None
        Where finished plates are kept on the way.
    """
    names = rates_of(model)
    truth = {name: values.get(name, model.typical[name]) for name in names}
    noise = Noise(
        errors.targets, errors.effectors, errors.well, 0.0, errors.seeding, limit=max(errors.limit, 1e-6)
    )
    plan = AssayPlan(model, donors=False, edge=False, seeding=errors.seeding)
    off: dict[str, list[float]] = {name: [] for name in names}

    def tried(k: int) -> list[tuple[str, float]] | None:
        plate = made_plate(model, {"product": truth}, design, noise, seed=seed + k)
        fit = fit_assay(plan, observe(plate), start=dict(truth))
        return _errors(fit, truth) if fit.ended else None

    def stage() -> Stage:
        of = {"model or rates": (model, truth), "design": design, "counting": errors, "seed": seed}
        return Stage("plates", of, words="simulated plates")

    lost = 0
    with closing(each(kept, stage, [str(k + 1) for k in range(plates)], tried)) as made:
        for k, found in enumerate(made):
            for rate, error in found or ():
                off[rate].append(error)
            lost += found is None
            if progress:
                progress(k + 1)
    rms = {name: float(np.sqrt(np.mean(np.square(own)))) if own else np.inf for name, own in off.items()}
    return DesignCheck(rms, plates - lost, lost)


def _errors(fit: AssayFit, truth: Mapping[str, float]) -> list[tuple[str, float]]:
    """Each rate of a fit with the error of its logarithm, or of its value over the value."""
    found = []
    for j in fit.rates():
        rate = fit.layout.columns[j].rate
        ratio = fit.value(j) / truth[rate]
        found.append((rate, ratio - 1 if is_signed(fit.plan.model, rate) else float(np.log(ratio))))
    return found
