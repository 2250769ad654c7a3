"""What a prediction for patients is told as: changes with bands, and what was assumed."""

import json
from collections.abc import Iterator
from pathlib import Path

from livingdrug.core.export import write_text
from livingdrug.models import build_model
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.workflows.assay.fitted import PREDICTION
from livingdrug.workflows.assay.predict.spec import AssayPrediction, Predicted


def answer(scenario: AssayPrediction, predicted: Predicted) -> Answer:
    """Ratios to the control construct, by which uncertainty."""
    found, control = predicted.found, predicted.control
    keys = list(dict.fromkeys((c.group, c.metric) for c in found.changes))
    by = {(c.group, c.metric, c.of): c for c in found.changes}
    rows = []
    for group, metric in keys:
        parts = [by[group, metric, of] for of in ("both", "assay", "slope")]
        rows.append((group, metric, *(cell(c.ratio, ends=(c.low, c.high)) for c in parts)))
    factors = tuple((group, name, cell(f[0], ends=f[1:])) for (group, name), f in found.factors.items())
    lost = (
        (f"{found.failed} simulation(s) not computed, or unphysical, and left out",) if found.failed else ()
    )
    return Answer(
        title=f"From the assay to {scenario.model}: constructs over {control}",
        question=f"What would each construct change in a patient, beside {control}?",
        sentences=(
            *(f"Assumed: {note}." for note in found.notes),
            "A band that holds 1 says that the assay does not tell whether the construct does more or less "
            "in a patient.",
        ),
        flags=(
            "the slope from assay to patient is not estimated from data: no public data pair them",
            *found.cautions,
            *lost,
        ),
        tables=(
            Table(
                f"ratio to {control}: median (95 % band) with both uncertainties, of the assay alone, of "
                "the slope alone",
                ("construct", "metric", "both", "assay", "slope"),
                tuple(rows),
            ),
            Table(
                "factor on the quantity of the model",
                ("construct", "quantity", "factor (95 % band)"),
                factors,
            ),
        ),
        cards=(model_card(build_model(scenario.model)),),
        seed=scenario.seed,
    )


def table(_: AssayPrediction, predicted: Predicted):
    """One row for each construct, metric and kind of uncertainty."""
    return predicted.found.table()


def keep(scenario: AssayPrediction, predicted: Predicted, folder: Path) -> Answer:
    """What every kind keeps, and the changes with their control, which a score reads."""
    from livingdrug.workflows.base import workflow

    said = {
        "control": predicted.control,
        "model": scenario.model,
        "changes": [vars(c) for c in predicted.found.changes],
    }
    write_text(json.dumps(said, ensure_ascii=False, indent=1), folder / PREDICTION)
    return workflow(scenario.kind).keep_as_usual(scenario, predicted, folder)


def figures(scenario: AssayPrediction, predicted: Predicted) -> Iterator[tuple[Picture, object]]:
    """Courses in the patient."""
    from livingdrug.plots import plot_patient

    picture = Picture(
        "patient", "Predicted courses with 95 % bands of both uncertainties; the control construct as a line."
    )
    yield picture, plot_patient(predicted.found.curves, predicted.control)
