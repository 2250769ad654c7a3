"""What was learned, and the one word that may be said of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.attributes import MEASURE, NOTHING, Crossed, save, sentences
from livingdrug.core.known import known
from livingdrug.report import Answer, Picture, Table, cell
from livingdrug.workflows.attributes.inputs import column_table, hashes
from livingdrug.workflows.attributes.learn.spec import Learn, Learned
from livingdrug.workflows.attributes.predict.answer import prediction_table
from livingdrug.workflows.base import workflow


def answer(scenario: Learn, found: Learned) -> Answer:
    """The verdict first, its numbers, and what they stand beside."""
    result, outcome = found.result, found.result.outcome
    return Answer(
        title=f"{outcome.name} from {len(result.features.entering)} attributes of {outcome.n} products: {result.verdict}",
        question=f"Do attributes of the product predict {outcome.name} of patients that were not seen?",
        sentences=(f"Verdict: {result.verdict}.", *sentences(result)),
        flags=(*result.cautions, *(leak.problem for leak in found.prepared.leaks)),
        checks=(*_procedure(found), *found.prepared.table.notes),
        tables=tuple(_tables(found)),
        data=hashes(scenario),
        seed=scenario.seed,
    )


def _procedure(found: Learned) -> tuple[str, ...]:
    plan = found.result.plan
    penalty = "chosen by inner folds" if plan.tuned else "fixed beforehand"
    return (
        f"{plan.method}, penalty {penalty}; {plan.folds} folds by class, {plan.repeats} times; moments, "
        "stand-ins of missing values and selection within each training part",
    )


def _tables(found: Learned) -> Iterator[Table]:
    result = found.result
    rows = [("attributes, random folds", *_row(result.main))]
    ends = (result.lower, result.upper) if np.isfinite(result.lower) else None
    if result.by_study:
        rows.insert(0, ("attributes, studies left out", *_row(result.by_study)))
    rows[0] = (rows[0][0], cell(result.headline.value, ends=ends), *rows[0][2:])
    if np.isfinite(result.label_alone):
        rows.append(("study label alone", cell(result.label_alone), "-", "-"))
    if result.clinical:
        rows += [
            ("clinical columns", *_row(result.clinical)),
            ("clinical columns and attributes", *_row(known(result.both, "clinical columns and attributes"))),
        ]
    yield Table(
        "patients not seen",
        ("from", MEASURE[result.outcome.kind], "95 % of random outcomes below", "p"),
        tuple(rows),
    )
    if result.left:
        left = tuple((s.label, cell(s.patients), cell(s.value)) for s in result.left)
        yield Table("studies left out one by one", ("study", "patients", MEASURE[result.outcome.kind]), left)
    if found.predicted:
        yield prediction_table(found.predicted)
    if found.stability:
        yield _stability(found)
    if result.calibration:
        c = result.calibration
        rows = (
            ("slope (1 is right)", cell(c.slope[0], ends=c.slope[1:])),
            ("intercept (0 is right)", cell(c.intercept[0], ends=c.intercept[1:])),
            ("Brier score", cell(c.brier[0], ends=c.brier[1:])),
            ("p of the Brier score, outcomes dealt at random", cell(c.brier_p)),
            ("Brier score of the prevalence", cell(c.prevalence_brier)),
            ("accuracy", cell(c.accuracy)),
            ("accuracy of the larger class", cell(c.majority)),
        )
        title = "calibration of predictions not seen (random folds; 95 % intervals)"
        yield Table(title, ("quantity", "value"), rows, detail=True)
    yield column_table(found.prepared.table)


def _row(run: Crossed) -> tuple:
    null = run.null[np.isfinite(run.null)]
    return cell(run.value), cell(float(np.quantile(null, 0.95))) if len(null) else "-", cell(run.p_value)


def _stability(found: Learned) -> Table:
    names, s = found.result.features.entering, known(found.stability, "how often attributes are picked")
    order = np.argsort(-s.frequency)[:10]
    rows = tuple((names[j], cell(float(s.frequency[j]))) for j in order)
    title = (
        f"picked again in halves of the patients (at 0.75 or more at most {s.bound:.2g} are expected to "
        f"be false)"
    )
    return Table(title, ("attribute", "frequency"), rows, detail=True)


def table(_: Learn, found: Learned):
    """A row for each patient: the mean prediction by models that have not seen it, its range over repeats,
    and the outcome."""
    import pandas as pd

    eta, outcome = found.result.main.eta, found.result.outcome
    frame = pd.DataFrame(
        {
            "patient": found.prepared.table.patients[found.prepared.rows],
            "predictor": np.nanmean(eta, axis=0),
            "lowest": np.nanmin(eta, axis=0),
            "highest": np.nanmax(eta, axis=0),
            "outcome": outcome.y,
        }
    )
    if found.prepared.labels is not None:
        frame.insert(1, "study", found.prepared.labels)
    return frame


def files(_: Learn, found: Learned) -> dict:
    """The permuted outcomes, and how often each attribute was picked again."""
    import pandas as pd

    made = {"permutations.csv": pd.DataFrame({"value": found.result.headline.null})}
    if found.stability:
        names = found.result.features.entering
        made["stability.csv"] = pd.DataFrame({"attribute": names, "frequency": found.stability.frequency})
    return made


def figures(_: Learn, found: Learned) -> Iterator[tuple[Picture, object]]:
    """Chance and the observed value, patients as points, the learning curve."""
    from livingdrug.plots import plot_growth, plot_null, plot_patients

    result, outcome = found.result, found.result.outcome
    measure = MEASURE[outcome.kind]
    how = "studies left out" if result.by_study else "random folds"
    yield (
        Picture(
            "chance",
            f"{measure} for patients not seen ({how}) beside {result.plan.permutations} "
            f"outcomes dealt at random.",
        ),
        plot_null(
            result.headline.null,
            result.headline.value,
            measure,
            NOTHING[outcome.kind],
            title=f"{outcome.name}: {how}",
        ),
    )
    yield (
        Picture(
            "patients",
            "Each patient's predictions by models that have not seen it: mean and range over repeats.",
        ),
        plot_patients(
            result.main.eta,
            outcome,
            found.prepared.labels,
            f"{outcome.name}: predictions for patients not seen",
        ),
    )
    yield (
        Picture(
            "learning_curve",
            f"{measure} for patients not seen, against the number of patients that were learned from.",
        ),
        plot_growth(found.curve, measure, f"{outcome.name}: learning curve"),
    )


def keep(scenario: Learn, found: Learned, folder: Path) -> Answer:
    """Tables and figures as usual, and the model; that of genes is not kept, which is said."""
    made = workflow(scenario.kind).keep_as_usual(scenario, found, folder)
    if scenario.expression:
        why = "no model is kept: one of genes scores no later product; learn from scores (`attributes score`) for that"
        return replace(made, flags=(*made.flags, why))
    save(found.model, folder)
    return made
