"""Anchors: published numbers that a model must reproduce, run and compared."""

from dataclasses import dataclass

import numpy as np

from livingdrug.engine import array_function
from livingdrug.models import Anchor, Experiment, Model
from livingdrug.simulation.experiment import experiment_regimen
from livingdrug.simulation.population import typical_subject
from livingdrug.simulation.run import default_until, simulate


@dataclass(frozen=True)
class AnchorResult:
    """An anchor, what the model gives for it, and whether that is within the anchor's tolerance."""

    anchor: Anchor
    computed: float

    @property
    def passed(self) -> bool:
        """|computed / value - 1| <= rtol."""
        return bool(abs(self.computed - self.anchor.value) <= self.anchor.rtol * abs(self.anchor.value))


def check_anchors(model: Model) -> list[AnchorResult]:
    """Every anchor of the model, computed.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    sequence of AnchorResult
    """
    return [AnchorResult(anchor, _compute(model, anchor)) for anchor in model.anchors]


def with_experiment(model: Model, experiment: Experiment) -> Model:
    """The model with the vector and the values of a published experiment."""
    chosen = model.with_vector(experiment.vector) if experiment.vector else model
    return chosen.with_values(experiment.changes)


def _compute(model: Model, anchor: Anchor) -> float:
    if anchor.expression:
        typical = model.known
        (value,) = array_function(tuple(typical), (), (anchor.expression,))(*typical.values())
        return float(value)
    experiment = next((e for e in model.experiments if e.name == anchor.experiment), None)
    if experiment is None and model.experiments:
        experiment = model.experiments[0]
    doses = experiment_regimen(experiment) if experiment else None
    changed = with_experiment(model, experiment) if experiment else model
    until = anchor.until or (experiment.until if experiment else default_until(model))
    at = float(anchor.quantity[1:]) if anchor.quantity[1:].replace(".", "").isdigit() else None
    if at is not None:
        # a value at an instant: right after an infusion at 0, just before a later one
        result = simulate(
            changed, typical_subject(changed), doses, [at] if at else [0.0], until, [anchor.output]
        )
        return float(result.values[0, 0, 0])
    if anchor.every:
        times = np.arange(anchor.after, until + anchor.every / 2, anchor.every)
        curve = simulate(changed, None, doses, times, until, [anchor.output]).curve(anchor.output)
        return float({"CMAX": curve.max(), "TMAX": times[curve.argmax()]}[anchor.quantity])
    result = simulate(changed, None, doses, [0.0, until], until, [anchor.output])
    return float(result.metric(anchor.output, anchor.quantity)[0])
