"""What a simulation says: peaks and areas of its curves, or percentiles of exposures."""

from collections.abc import Iterator, Sequence

import numpy as np

from livingdrug.core.known import known
from livingdrug.models import Model, is_model_file
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card
from livingdrug.simulation import (
    METRICS,
    RISES,
    UNPHYSICAL,
    Bands,
    Distribution,
    ExposureSummary,
    Failure,
    Regimen,
    Result,
    default_regimen,
    infusate_words,
    limit_text,
    observe,
    read_dose,
)
from livingdrug.workflows.script import call
from livingdrug.workflows.simulate.spec import Simulated, Simulation

LEVELS = (5, 25, 50, 75, 95)  # percentiles
MOST_SUBJECTS = 10  # failed subjects named one by one


def answer(scenario: Simulation, found: Simulated) -> Answer:
    """Peaks and areas of the curves, or percentiles of exposures."""
    if isinstance(found.result, ExposureSummary):
        return _exposures(scenario, found.result)
    model, result = found.task.model, found.result
    return Answer(
        title=f"Simulation of {model.full_name}",
        question=f"What does {model.full_name} give for {result.subjects} over {result.until:g} {result.time_unit}?",
        sentences=(*sentences(model, result), *(_of_uncertainty(result, found.bands) if found.bands else ())),
        flags=(*result.notices, *_failures(result), *(found.bands.notes if found.bands else ())),
        tables=(exposure_rows(result), *((_uncertain(result, found.bands),) if found.bands else ())),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def table(scenario: Simulation, found: Simulated):
    """The long table of curves, observed where the scenario says so; None where it was written as it came, and of
    exposures."""
    if found.written or isinstance(found.result, ExposureSummary):
        return None
    result = found.result
    return (
        observe(found.task.model, result, scenario.limit, scenario.seed)
        if scenario.observe
        else result.table()
    )


def plain(_: Simulation, found: Simulated) -> dict:
    """Peaks and integrals of every output."""
    summary = found.result.summary()
    if isinstance(found.result, ExposureSummary):
        return summary
    return {"outputs": summary} | ({"uncertainty": _plain_bands(found.bands)} if found.bands else {})


def _plain_bands(made: Bands) -> list[dict]:
    """A row for each output, exposure and percentile between patients."""
    return [
        {"output": output, "exposure": metric, "percentile": level, "estimate": row[0], "p5": row[1], "p95": row[2],
         "variance_between_patients": made.parts[output, metric][0], "variance_of_estimates": made.parts[output, metric][1]}
        for (output, metric), rows in made.exposures.items()
        for level, row in zip(made.levels, rows.tolist(), strict=True)
    ]  # fmt: skip


def files(_: Simulation, found: Simulated) -> dict:
    """Percentiles between patients with the uncertainty of each, where it was asked for."""
    import pandas as pd

    if isinstance(found.result, ExposureSummary) or found.bands is None:
        return {}
    result, made = found.result, found.bands
    shape = made.middle.shape
    table = pd.DataFrame({
        "time": np.tile(result.times, shape[0] * shape[1]),
        "output": np.repeat(np.array(result.outputs, dtype=object), shape[1] * shape[2]),
        "percentile": np.tile(np.repeat(made.levels, shape[2]), shape[0]),
        "estimate": made.middle.ravel(), "p5": made.low.ravel(), "p95": made.high.ravel(),
        "unit": np.repeat(np.array(result.units, dtype=object), shape[1] * shape[2]),
    })  # fmt: skip
    return {"uncertainty.csv": table}


def _of_uncertainty(result: Result, made: Bands) -> tuple[str, ...]:
    """Which part of the variance of each exposure is which."""
    said = []
    for (output, metric), (between, unknown) in made.parts.items():
        if result.n == 1:
            said.append(f"{metric} of {output} in the typical subject is known to a factor of "
                        f"{np.exp(2 * unknown**0.5):.3g} either way (two SDs of its logarithm), by the "
                        "uncertainty of the estimates.")  # fmt: skip
        elif between + unknown > 0:
            part = between / (between + unknown)
            said.append(f"Of the variance of ln {metric} of {output}, {part:.0%} lies between patients and "
                        f"{1 - part:.0%} is uncertainty of the estimates.")  # fmt: skip
    return tuple(said)


def _uncertain(result: Result, made: Bands) -> Table:
    """Percentiles between patients, each with the range that the estimates leave open."""
    names = {
        level: "median patient" if level == 50 else f"{level:g}th percentile of patients"
        for level in made.levels
    }
    rows = []
    for (output, metric), own in made.exposures.items():
        unit = result.unit_of(output, metric)
        for level, (middle, low, high) in zip(made.levels, own.tolist(), strict=True):
            if result.n > 1 or level == 50:
                rows.append((output, f"{metric} ({unit})", names[level] if result.n > 1 else "typical "
                                                                                             "subject",
                             cell(middle, unit, (low, high))))  # fmt: skip
    title = f"uncertainty of the estimates: in brackets 5 to 95 % over {made.draws:,} draws of them"
    return Table(title, ("output", "exposure", "of", "value"), tuple(rows))


def expansion_ratio(scenario: Simulation, model: Model, result: Result) -> tuple[float, str]:
    """(peak of the CAR-T cells in blood over the cells infused, why there is none): CMAX in cells/uL times
    the blood volume, by the dose (Kirouac 2024, Table 1); the median of several subjects."""
    names = [
        o.name
        for o in model.system.outputs
        if o.unit == "cells/uL" and o.measured and o.name in result.outputs
    ]
    if not names or "blood_volume" not in model.typical:
        return float("nan"), "it needs a level of CAR-T cells in cells/uL and a blood volume"
    regimen = (
        Regimen.of(read_dose(text) for text in scenario.doses) if scenario.doses else default_regimen(model)
    )
    dose = sum(
        d.amount * (1 + d.repeats) for d in regimen.doses if not d.into or d.into == model.system.dose_into
    )
    if not dose > 0:
        return float("nan"), "no cells are infused"
    return float(np.median(result.metric(names[0], "CMAX"))) * model.typical["blood_volume"] / dose, ""


def meaning_of(model: Model, output: str) -> str:
    """What an output or state is, in words."""
    system = model.system
    return next(
        (o.meaning for o in (*system.outputs, *getattr(system, "states", ())) if o.name == output), output
    )


def sentences(model: Model, result: Result) -> tuple[str, ...]:
    """Peak and area of every output in words."""
    said = []
    for output, row in result.summary().items():
        time, unit = result.time_unit, row["unit"]
        peak, when, area = (_cell(row[metric]) for metric in METRICS)
        what = meaning_of(model, output)
        said.append(f"{what} ({output}): peak {peak} {unit} at {when} {time}, area {area} {time}*{unit}.")
        if "XCMAX" in row:
            said.append(_of_expansion(result, output, row))
    return tuple(said)


def _of_expansion(result: Result, output: str, row: dict) -> str:
    """What the level does after the infused cells have distributed, where they are the peak."""
    there = result.infusate_peaks(output)[result.counted]
    rises = ~np.isnan(result.metric(output, "XCMAX")[result.counted])
    first = infusate_words(output, int(there.sum()), 1 if result.n == 1 else len(there))
    if not rises.any():
        return f"{first}: the level never rises after the infusion."
    peak, when = (_cell(row[metric]) for metric in RISES)
    never = int((~rises).sum())
    return (
        f"{first}: the largest level after the distribution minimum is {peak} {row['unit']} at {when} "
        f"{result.time_unit} (XCMAX, XTMAX)" + (f"; in {never:,} subjects the level never rises." if never else ".")
    )


def exposure_rows(result: Result) -> Table:
    """CMAX, TMAX and AUC of every output: numbers of one subject, median (5th to 95th percentile) of
    several."""
    title = f"{result.model}: {result.subjects}, 0 to {result.until:g} {result.time_unit}"
    title += "" if result.n == 1 else "; median (5th to 95th percentile)"
    time, summary = result.time_unit, result.summary()
    shown = (*METRICS, *(RISES if any("XCMAX" in row for row in summary.values()) else ()))
    rows = []
    for output, row in summary.items():
        cells = (_cell(row[m], result.unit_of(output, m)) if m in row else Cell("") for m in shown)
        rows.append((output, row["unit"], *cells))
    heads = {"TMAX": f"TMAX ({time})", "AUC": f"AUC ({time}*unit)", "XTMAX": f"XTMAX ({time})"}
    return Table(title, ("output", "unit", *(heads.get(m, m) for m in shown)), tuple(rows))


def _cell(row: float | dict[str, float], unit: str = "") -> Cell:
    """A number of one subject, or the median of several with the 5th and 95th percentile."""
    return cell(row["p50"], unit, (row["p5"], row["p95"])) if isinstance(row, dict) else cell(row, unit)


def _failures(result: Result) -> list[str]:
    lost = result.uncomputed
    said = [f"subject {i + 1} was not computed: {result.reason[i]}" for i in lost[:MOST_SUBJECTS]]
    more = len(lost) - MOST_SUBJECTS
    return [*said, *([f"... and {more} more subjects were not computed"] if more > 0 else []), *of_unphysical(result)]


def of_unphysical(result: Result) -> list[str]:
    """How many subjects no patient can be, and what the percentiles would be with them."""
    beyond = result.unphysical
    if not beyond:
        return []
    if result.n == 1:
        return [f"{result.subjects}: no patient can be like this (unphysical): {result.reason[0]}"]
    output = result.reason[beyond[0]].partition(" ")[0]
    said = unphysical_words(len(beyond), result.n, beyond[0] + 1, result.reason[beyond[0]])
    if output not in result.outputs or not result.counted:
        return [said]
    peaks = result.metric(output, "CMAX")
    everybody = sorted({*result.counted, *beyond})
    without, included = (np.percentile(peaks[rows], (50, 95)).tolist() for rows in (result.counted, everybody))
    return [said + " " + with_them(output, without, included, result.unit_of(output))]


def unphysical_words(count: int, n: int, first: int, reason: str) -> str:
    """That these subjects take no part in what is summed up."""
    return (
        f"{count:,} of {n:,} subjects are unphysical, no patient can be like them: they keep their numbers and this "
        f"status in the table and are left out of all percentiles; the first is subject {first}: {reason}."
    )


def with_them(output: str, without: Sequence[float], included: Sequence[float], unit: str) -> str:
    """Median and 95th percentile of CMAX without and with the unphysical."""
    (a, b), (c, d) = without, included
    return f"CMAX of {output} without them: median {a:.3g}, 95th percentile {b:.3g} {unit}; with them {c:.3g}, {d:.3g}."


def figures(_: Simulation, found: Simulated) -> Iterator[tuple[Picture, object]]:
    """The curves of every output."""
    from livingdrug.plots import plot_curves

    if isinstance(found.result, ExposureSummary):
        return
    what = (
        "the typical subject"
        if found.result.n == 1
        else ("the median and the central 50, 80 and 95 % of the subjects")
    )
    for output in found.result.outputs:
        yield Picture(output, f"{output} over time: {what}."), plot_curves(found.result, output)


def _exposures(scenario: Simulation, summary: ExposureSummary) -> Answer:
    task = summary.task
    start, end = task.window
    window = f"{start:g} to {end:g} {task.model.time_unit}"
    computed = summary.done + summary.unphysical
    said = [f"{computed:,} of {summary.n:,} subjects were computed over {window}."]
    if summary.n > 1 and summary.unphysical:
        said.append(
            f"Percentiles are of the {summary.done:,} computed subjects that can be patients, each within 0.1 %."
        )
    elif summary.n > 1:
        said.append(f"Percentiles are of the {summary.done:,} computed subjects, each within 0.1 %.")
    said += [_infusate(summary, output, count) for output, count in summary.infusate_peaks.items() if count]
    levels = ("value",) if summary.n == 1 else tuple(f"{level:g} %" for level in LEVELS)
    tables = tuple(
        Table(
            f"{output}, {task.subjects}, {window}", ("exposure", *levels), tuple(_rows(summary, output, unit))
        )
        for output, unit in zip(task.outputs, task.units, strict=True)
    )
    return Answer(
        title=f"Exposures of {task.model.full_name}",
        question=f"What are the exposures of {task.model.full_name} for {task.subjects} over {window}?",
        sentences=tuple(said),
        flags=(*summary.notices, *_not_computed(summary)),
        tables=tables,
        cards=(model_card(task.model),),
        seed=scenario.seed,
    )


def _infusate(summary: ExposureSummary, output: str, count: int) -> str:
    first = infusate_words(output, count, 1 if summary.n == 1 else summary.done)
    return f"{first}: read XCMAX, the largest level after the distribution minimum."


def _not_computed(summary: ExposureSummary) -> Iterator[str]:
    for f in summary.failures:
        if f.status == UNPHYSICAL:
            yield _of_unphysical(summary, f)
            continue
        which = f"subject {f.subject}" if f.count == 1 else f"the first is subject {f.subject}"
        yield f"{f.count:,} of {summary.n:,} not computed ({f.status}), {which}: {f.reason}"


def _of_unphysical(summary: ExposureSummary, found: Failure) -> str:
    if summary.n == 1:
        return f"{summary.task.subjects}: no patient can be like this (unphysical): {found.reason}"
    said = unphysical_words(found.count, summary.n, found.subject, found.reason)
    output = found.reason.partition(" ")[0]
    if output not in summary.metrics:
        return said
    without, included = (
        part[output]["CMAX"].percentiles((50, 95)) for part in (summary.metrics, summary.with_unphysical)
    )
    unit = dict(zip(summary.task.outputs, summary.task.units, strict=True))[output]
    return said + " " + with_them(output, without, included, unit)


def _rows(summary: ExposureSummary, output: str, unit: str) -> Iterator[tuple]:
    """(exposure with its unit, percentiles or the one value) of an output."""
    time = summary.task.model.time_unit
    units = {"CMAX": unit, "TMAX": time, "AUC": f"{time}*{unit}", "XCMAX": unit, "XTMAX": time}
    for metric in summary.metrics_of(output):
        distribution = summary.metrics[output][metric]
        yield f"{metric} ({units[metric]})", *_levels(summary, distribution, units[metric])
    for (name, value), above, last in zip(
        summary.task.limits, summary.above, summary.last_above, strict=True
    ):
        if name == output:
            yield f"time above {limit_text(value)} ({time})", *_levels(summary, above, time)
            yield f"last above {limit_text(value)} ({time})", *_levels(summary, last, time)


def _levels(summary: ExposureSummary, distribution: Distribution, unit: str) -> list[Cell]:
    several = 1 if summary.n == 1 else len(LEVELS)
    if not distribution.count:
        return [Cell("never"), *[Cell("")] * (several - 1)]
    values = [distribution.mean] if summary.n == 1 else distribution.percentiles(LEVELS)
    return [cell(float(value), unit) for value in values]


def script(scenario: Simulation, out: str) -> str:
    """The script that simulates and writes, by the verbs of the library."""
    lines = ["import numpy as np", "", "import livingdrug as ld", ""]
    if is_model_file(scenario.model):
        lines.append(
            f"model = ld.read_model({scenario.model!r}{', even_so=True' if scenario.even_so else ''})"
        )
    else:
        lines.append(f"model = ld.get_model({scenario.model!r})")
    lines += [f"model = model + ld.get_fragment({name!r})" for name in scenario.fragments]
    if scenario.values:
        lines.append(f"model = model.with_values({scenario.values!r})")
    doses = f"[ld.read_dose(text) for text in {list(scenario.doses)!r}]" if scenario.doses else "None"
    lines.append(f"doses = {doses}")
    if scenario.exposure is not None:
        return "\n".join([*lines, *_exposure_lines(scenario, out)]) + "\n"
    if scenario.subjects is not None:
        drawn = call(
            "ld.draw_subjects",
            n=scenario.subjects,
            seed=scenario.seed,
            spread=scenario.variability,
            cv=scenario.cv,
        )
        lines.append(f"subjects = {drawn.replace('(', '(model, ', 1)}")
    else:
        lines.append("subjects = None  # the typical subject")
    days = "ld.default_until(model)" if scenario.days is None else _hours(scenario)
    lines += [
        f"until = {days}",
        f"times = np.unique(np.append(np.arange(0.0, until, {scenario.every!r}), until))",
        f"outputs = {list(scenario.outputs)!r}" if scenario.outputs else "outputs = None  # all",
        "result = ld.simulate(model, subjects, doses, times, until, outputs)",
    ]
    observed = (
        f"ld.observe(model, result, {scenario.limit!r}, {scenario.seed!r})"
        if scenario.observe
        else "result.table()"
    )
    return "\n".join([*lines, f"ld.write_csv({observed}, {out!r})"]) + "\n"


def _hours(scenario: Simulation) -> str:
    days = float(known(scenario.days, "--days"))
    return f"{days!r} * {{'d': 1.0, 'h': 24.0, 'min': 1440.0, 's': 86400.0}}[model.time_unit]"


def _exposure_lines(scenario: Simulation, out: str) -> list[str]:
    made = call("ld.exposures", n=scenario.subjects, seed=scenario.seed, spread=scenario.variability, cv=scenario.cv,
                 window=scenario.exposure, limits=scenario.above, outputs=scenario.outputs, out=out)  # fmt: skip
    return [made.replace("(", "(model, regimen=doses, ", 1)]
