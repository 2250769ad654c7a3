"""What a `simulate` scenario gives, kept in a folder."""

from pathlib import Path

import numpy as np

from livingdrug.core.errors import SolveError
from livingdrug.core.export import write_csv
from livingdrug.models import Model
from livingdrug.report.answer import Answer, Picture, Table, number
from livingdrug.report.card import model_card
from livingdrug.report.pictures import save
from livingdrug.scale.runs import Executor, Progress, run_curves, run_exposures
from livingdrug.scenario import Simulation, plan
from livingdrug.simulation import Regimen, Result, default_regimen, observe
from livingdrug.simulation.dose_text import read_dose
from livingdrug.simulation.exposure import ExposureTask, limit_text
from livingdrug.simulation.exposure_summary import ExposureSummary
from livingdrug.simulation.result import METRICS

MOST_SUBJECTS = 10  # failed subjects named one by one


def answer_simulation(scenario: Simulation, folder: Path, executor: Executor, progress: Progress | None = None) -> Answer:
    """Curves, or exposures where the scenario asks for them."""
    task = plan(scenario)
    if isinstance(task, ExposureTask):
        summary = run_exposures(task, executor, folder / "results.csv", progress)
        return _exposures(scenario, task, summary)
    result = run_curves(task, executor, progress)
    if len(result.failed) == result.n:
        raise SolveError(f"subject {result.failed[0] + 1}: {result.reason[result.failed[0]]}")
    model = task.model
    write_csv(result_table(scenario, model, result), folder / "results.csv")
    return Answer(
        title=f"Simulation of {model.full_name}",
        question=f"What does {model.full_name} give for {result.subjects} over {result.until:g} {result.time_unit}?",
        sentences=sentences(model, result),
        flags=(*result.notices, *_failures(result)),
        tables=(exposure_rows(result),),
        pictures=tuple(_pictures(result, folder)),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def result_table(scenario: Simulation, model: Model, result: Result):
    """The long table of a simulation, observed where the scenario says so."""
    return observe(model, result, scenario.limit, scenario.seed) if scenario.observe else result.table()


def expansion_ratio(scenario: Simulation, model: Model, result: Result) -> tuple[float, str]:
    """(peak of the CAR-T cells in blood over the cells infused, why there is none): CMAX in cells/uL times the blood
    volume, by the dose (Kirouac 2024, Table 1); the median of several subjects."""
    names = [o.name for o in model.system.outputs if o.unit == "cells/uL" and o.measured and o.name in result.outputs]
    if not names or "blood_volume" not in model.typical:
        return float("nan"), "it needs a level of CAR-T cells in cells/uL and a blood volume"
    regimen = Regimen.of(read_dose(text) for text in scenario.doses) if scenario.doses else default_regimen(model)
    dose = sum(d.amount * (1 + d.repeats) for d in regimen.doses if not d.into or d.into == model.system.dose_into)
    if not dose > 0:
        return float("nan"), "no cells are infused"
    return float(np.median(result.metric(names[0], "CMAX"))) * model.typical["blood_volume"] / dose, ""


def meaning_of(model: Model, output: str) -> str:
    """What an output or state is, in words."""
    system = model.system
    return next((o.meaning for o in (*system.outputs, *getattr(system, "states", ())) if o.name == output), output)


def sentences(model: Model, result: Result) -> tuple[str, ...]:
    """Peak and area of every output in words."""
    said = []
    for output in result.outputs:
        row, time = result.summary()[output], result.time_unit
        unit = row["unit"]
        if result.n == 1:
            peak, when, area = (number(row[m]) for m in METRICS)
        else:
            peak, when, area = (_spread(row[m]) for m in METRICS)
        what = meaning_of(model, output)
        said.append(f"{what} ({output}): peak {peak} {unit} at {when} {time}, area {area} {time}*{unit}.")
    return tuple(said)


def exposure_rows(result: Result) -> Table:
    """CMAX, TMAX and AUC of every output: numbers of one subject, median (5th to 95th percentile) of several."""
    title = "exposures" if result.n == 1 else "exposures: median (5th to 95th percentile)"
    cell = number if result.n == 1 else _spread
    rows = tuple(
        (output, row["unit"], *(cell(row[metric]) for metric in METRICS)) for output, row in result.summary().items()
    )
    return Table(title, ("output", "unit", "CMAX", f"TMAX ({result.time_unit})", f"AUC ({result.time_unit}*unit)"), rows)


def _spread(row: dict[str, float]) -> str:
    return f"{number(row['p50'])} ({number(row['p5'])} to {number(row['p95'])})"


def _failures(result: Result) -> list[str]:
    told = [f"subject {i + 1} was not computed: {result.reason[i]}" for i in result.failed[:MOST_SUBJECTS]]
    more = len(result.failed) - MOST_SUBJECTS
    return told + ([f"... and {more} more subjects were not computed"] if more > 0 else [])


def _pictures(result: Result, folder: Path):
    from livingdrug.plots import plot_curves

    what = "the typical subject" if result.n == 1 else "the median and the central 50, 80 and 95 % of the subjects"
    for output in result.outputs:
        save(plot_curves(result, output), folder / "pictures", output)
        yield Picture(output, f"{output} over time: {what}.")


def _exposures(scenario: Simulation, task: ExposureTask, summary: ExposureSummary) -> Answer:
    start, end = task.window
    window = f"{start:g} to {end:g} {task.model.time_unit}"
    failed = [
        f"{f.count:,} not computed ({f.status}), the first is subject {f.subject}: {f.reason}" for f in summary.failures
    ]
    rows = []
    for (output, metrics), unit in zip(summary.metrics.items(), task.units, strict=True):
        rows += [(output, f"{metric}", unit, *_levels(d)) for metric, d in metrics.items()]
    for (output, limit), above in zip(task.limits, summary.above, strict=True):
        rows.append((output, f"time above {limit_text(limit)}", task.model.time_unit, *_levels(above)))
    header = ("output", "exposure", "unit of the output", "p5", "p50", "p95")
    return Answer(
        title=f"Exposures of {task.model.full_name}",
        question=f"What are the exposures of {task.model.full_name} for {task.subjects} over {window}?",
        sentences=(f"{summary.done:,} of {summary.n:,} subjects were computed over {window}.",),
        flags=(*summary.notices, *failed),
        tables=(Table("exposures", header, tuple(rows)),),
        cards=(model_card(task.model),),
        seed=scenario.seed,
    )


def _levels(distribution) -> tuple[str, ...]:
    if not distribution.count:
        return ("never",) * 3
    return tuple(number(value) for value in distribution.percentiles((5, 50, 95)))
