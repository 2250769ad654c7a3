"""What a first dose is told as: exposure by dose and percentile, and what the ceiling and the margin leave."""

from collections.abc import Iterator

from livingdrug.core.known import known
from livingdrug.core.words import number
from livingdrug.models import build_model
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.simulation import infusate_words
from livingdrug.workflows.assay.dose.spec import Dosed, FirstDosing


def answer(scenario: FirstDosing, dosed: Dosed) -> Answer:
    """The table of exposure, and the highest dose that the safety margin allows."""
    found = dosed.found
    rows = tuple(
        (cell(row.dose), *(cell(v, ends=(low, high)) for v, low, high in zip(row.values, row.low, row.high, strict=True)))
        for row in found.rows
    )
    header = (f"dose ({found.dose_unit})", *(f"{p:g} %" for p in found.percentiles))
    tables = [Table(f"{found.metric} ({found.unit}) by dose: percentiles of patients (95 % interval)", header, rows)]
    if dosed.carried:
        carried = tuple((rule, source, cell(dose)) for rule, source, dose in dosed.carried)
        of_mice = number(known(scenario.from_mouse, "the dose of mice"))
        tables.append(Table(f"a dose of mice of {of_mice} cells, carried over by blood volume",
                            ("rule", "volumes", "dose of patients (cells)"), carried))  # fmt: skip
    return Answer(
        title=f"First dose of {scenario.group}, {scenario.model}",
        question=f"What exposure does {scenario.group} reach at which dose, and which dose keeps the safety margin?",
        sentences=tuple(_sentences(scenario, dosed)),
        flags=tuple(_flags(scenario, dosed)),
        checks=tuple(f"Assumed: {note}." for note in found.notes),
        tables=tuple(tables),
        cards=(model_card(build_model(scenario.model)),),
        seed=scenario.seed,
    )


def _sentences(scenario: FirstDosing, dosed: Dosed) -> Iterator[str]:
    found = dosed.found
    lowest, highest = found.rows[0], found.rows[-1]
    k = found.percentiles.index(50.0)
    yield (
        f"Median {found.metric} goes from {number(lowest.values[k])} at {number(lowest.dose)} to "
        f"{number(highest.values[k])} at {number(highest.dose)} {found.dose_unit} ({found.unit})."
    )
    if found.flat:
        yield "In this model exposure hardly depends on the dose: a lower dose is no safety margin."
    if scenario.ceiling is None:
        yield "No ceiling was given, so no dose is said to be safe."
        return
    rule = f"the {scenario.percentile:g}th percentile times {scenario.margin:g} stays below"
    rule = f"{rule} {number(scenario.ceiling)} {found.unit}"
    best = found.highest(scenario.ceiling, scenario.margin, scenario.percentile)
    if best is None:
        yield f"At none of these doses {rule}."
    else:
        more = "; higher ones were not asked for" if best == highest.dose else ""
        yield f"Highest of these doses at which {rule}: {number(best)} {found.dose_unit}{more}."


def _flags(scenario: FirstDosing, dosed: Dosed) -> Iterator[str]:
    found, lost = dosed.found, sum(row.failed for row in dosed.found.rows)
    if dosed.control != scenario.group:
        yield "the slope from assay to patient is not estimated from data: no public data pair them"
    yield "a dose for a trial needs toxicology and clinical judgement; a ceiling on exposure alone is no limit of safety"
    if lost:
        yield f"{lost} virtual patient(s) were not computed, or are unphysical, and are left out"
    most = max(row.infused for row in found.rows)
    if found.metric.endswith("CMAX") and most > 0:
        n, output = scenario.subjects, found.metric.removesuffix(" CMAX")
        yield (
            f"at one dose or more {infusate_words(output, max(round(most * n), 1), n, 'patients')}: it grows with the dose "
            "by itself; --metric 'OUTPUT AUC' looks at the whole course"
        )
    if scenario.ceiling is not None and scenario.margin == 1:
        yield "no safety margin was asked for (--margin)"
    k = found.percentiles.index(scenario.percentile)
    if any(row.high[k] != row.high[k] for row in found.rows):
        yield f"{scenario.subjects} virtual patients do not bound the {scenario.percentile:g}th percentile above; take more"
    if scenario.ceiling is not None:
        limit = scenario.ceiling / scenario.margin
        close = [number(row.dose) for row in found.rows if row.low[k] < limit < row.high[k]]
        if close:
            yield f"at {', '.join(close)} the number of virtual patients does not decide on which side of the margin it lies"
    if dosed.carried:
        yield "rules of blood volume take no account of how cells expand in a species: a check of the order of magnitude"


def table(_: FirstDosing, dosed: Dosed):
    """One row for each dose and percentile."""
    import pandas as pd

    found = dosed.found
    return pd.DataFrame(
        [
            {"dose": row.dose, "metric": found.metric, "unit": found.unit, "percentile": p, "value": v, "low": low,
             "high": high}
            for row in found.rows
            for p, v, low, high in zip(found.percentiles, row.values, row.low, row.high, strict=True)
        ]
    )  # fmt: skip


def figures(scenario: FirstDosing, dosed: Dosed) -> Iterator[tuple[Picture, object]]:
    """Percentiles of exposure over dose."""
    from livingdrug.plots import plot_doses

    limit = scenario.ceiling / scenario.margin if scenario.ceiling is not None else None
    yield Picture("doses", "Percentiles of exposure by dose; dashed: the ceiling over the safety margin."), plot_doses(
        dosed.found, limit
    )
