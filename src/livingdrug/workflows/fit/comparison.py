"""The folder of a comparison of methods or models: its table, and what it says."""

from pathlib import Path

import numpy as np

from livingdrug.core.export import write_csv
from livingdrug.core.known import known
from livingdrug.fit import FitResult, MethodComparison, MethodRun, ModelComparison, ModelRun, method_label
from livingdrug.fit.compare import level_words
from livingdrug.fit.words import number
from livingdrug.report import Answer, Part, Table, model_card
from livingdrug.workflows.fit.compared import Comparison
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.fit.words import data_checks
from livingdrug.workflows.tables import hashes


def keep_comparison(scenario: Fit, found: Comparison, notes: tuple[str, ...], folder: str | Path) -> Answer:
    """Write the table of a comparison into a folder, and say what it holds."""
    write_csv(found.table(), Path(folder) / scenario.table_file)
    return comparison_answer(scenario, found, notes)


def comparison_answer(scenario: Fit, found: Comparison, notes: tuple[str, ...]) -> Answer:
    """What a comparison says."""
    methods = isinstance(found, MethodComparison)
    fits = [run.result for run in found.runs if run.result is not None]
    data = fits[0].problem.data
    models = {result.problem.model.full_name: result.problem.model for result in fits}
    used = (
        f"{len(fits[0].individuals.subjects)} subjects with {len(fits[0].predictions.time)} values are "
        "fitted."
    )
    if methods:
        what = f"{fits[0].problem.model.full_name} by SAEM, FOCEI and Laplace"
        question = f"Do the methods agree on {fits[0].problem.model.full_name} for {data.name}?"
    else:
        what = " and ".join(run.name for run in found.runs)
        question = f"Which of these models describes {data.name}?"
    return Answer(
        title=f"{what}: fitted to {data.name}",
        question=question,
        sentences=found.words,
        flags=tuple(dict.fromkeys((*notes, *(note for result in fits for note in _notes(result, methods))))),
        tables=method_tables(found) if methods else model_tables(found),
        parts=tuple(_fit_part(run) for run in found.runs),
        cards=tuple(model_card(model) for model in models.values()),
        data=hashes(scenario),
        seed=scenario.seed,
        **data_checks(scenario, (used,)),
    )


def _notes(result: FitResult, methods: bool) -> tuple[str, ...]:
    head = method_label(result.method) if methods else result.problem.model.full_name
    return tuple(f"{head}: {note}" for note in result.notes)


def _fit_part(run: MethodRun | ModelRun) -> Part:
    """What a fit says of itself."""
    name = method_label(run.method) if isinstance(run, MethodRun) else run.name
    said = run.result.verdict.sentences if run.result is not None and run.result.verdict else (run.why,)
    key = "fit-" + "".join(c if c.isalnum() else "-" for c in name.lower())
    return Part(key, f"The fit of {name}", (f"{run.status.replace('_', ' ')}.", *said))


def method_tables(found: MethodComparison) -> tuple[Table, ...]:
    """Likelihoods of the methods, and their estimates side by side."""
    header = ("", *(method_label(run.method) for run in found.runs))
    fits = (
        ("status", *(run.status.replace("_", " ") for run in found.runs)),
        (
            "own objective",
            *("" if run.result is None else f"{run.result.objective.minus2ll:.2f}" for run in found.runs),
        ),
        ("-2 log likelihood, sampled (Monte-Carlo SE)", *(level_words(run) for run in found.runs)),
    )
    return (
        Table("fits", header, fits),
        Table("estimates (95 % interval)", ("parameter", *header[1:]), found.side_by_side()),
    )


def model_tables(found: ModelComparison) -> tuple[Table, ...]:
    """Criteria of the models, and what each says of a typical subject."""
    header = (
        "model",
        "status",
        "-2 log likelihood, sampled",
        "Monte-Carlo SE",
        "estimated numbers",
        "AIC",
        "BIC",
        "delta AIC",
        "delta BIC",
    )
    rows = tuple(_criteria(found, run) for run in found.runs)
    days = next(run.time_unit for run in found.runs)
    typical = ("model", "output", "CMAX", f"TMAX ({days})", "AUC28", f"half-life of days 21 to 28 ({days})")
    said = tuple(
        (run.name, f"{t.output} ({t.unit})", number(t.cmax), number(t.tmax), number(t.auc28),
         "none" if t.half_life is None else number(t.half_life))
        for run in found.runs for t in run.typical
    )  # fmt: skip
    of_whom = f"a typical subject within 28 days{f', {found.doses}' if found.doses else ''}"
    return (Table("criteria", header, rows), Table(of_whom, typical, said))


def _criteria(found: ModelComparison, run: ModelRun) -> tuple[str, ...]:
    if not run.usable:
        free = "" if run.result is None else str(run.result.free)
        return (run.name, run.status.replace("_", " "), "not known", "", free, *["not given"] * 4)
    values = (run.aic, run.bic, found.delta(run, "aic"), found.delta(run, "bic"))
    told = tuple(f"{v:.2f}" if np.isfinite(v) else "not given" for v in values)
    sampled = known(run.sampled, "a sampled likelihood")
    return (
        run.name,
        run.status.replace("_", " "),
        f"{sampled.minus2ll:.2f}",
        number(sampled.se or 0.0),
        str(known(run.result, "a fit").free),
        *told,
    )
