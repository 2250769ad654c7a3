"""What a fit of a killing assay is told as: rates with intervals, ratios to a control, what is not
determined."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.assay import MIXED, Derived, Estimates, Pressure, Rate, derived, killing_pressure
from livingdrug.core.export import write_csv, write_text
from livingdrug.report import Answer, Part, Picture, Table, cell
from livingdrug.workflows.assay.fit.spec import AssayFitting, Fitted
from livingdrug.workflows.assay.fitted import ESTIMATES
from livingdrug.workflows.assay.inputs import hashes

DETERMINED = "determined"
WIDEST = 20  # wells whose figures a folder holds, where each is fitted alone


def control_of(scenario: AssayFitting, found: Estimates) -> str | None:
    """The group that the others are compared with."""
    if scenario.control is not None:
        found.ratios(scenario.control)  # refuses an unknown one
        return scenario.control
    return found.groups[0] if len(found.groups) > 1 else None


def answer(scenario: AssayFitting, found: Fitted) -> Answer:
    """Rates, ratios, the error model, what was taken for granted."""
    first = found.estimates[0]
    control = None if scenario.each_well else control_of(scenario, first)
    numbers = derived_numbers(found)
    tables = [_rates(found.estimates)]
    if control:
        tables.append(_ratios(first, control))
    if numbers:
        tables.append(_derived(numbers))
    pressures = [] if scenario.each_well else killing_pressure(found.fits[0])
    if pressures:
        tables.append(_pressures(pressures))
    meanings = tuple(dict.fromkeys(f"{d.name}: {d.meaning}" for d in numbers))
    parts = [Part("errors", "How readings and wells err", (), (_errors(found.estimates),))]
    parts += (
        [Part("numbers", "What the numbers that no design is needed for are", meanings)] if meanings else []
    )
    notes = tuple(dict.fromkeys(note for e in found.estimates for note in e.notes))
    return Answer(
        title=f"Killing assay, {scenario.model} model: {found.fits[0].plan.model.title}",
        question="How fast do targets grow, are they killed, and what do effectors do, with which uncertainty?",
        sentences=tuple(_sentences(scenario, found, control)),
        flags=tuple(_flags(found)),
        checks=(*found.plate.notes, *notes),
        tables=tuple(tables),
        parts=tuple(parts),
        data=hashes(scenario),
    )


def derived_numbers(found: Fitted) -> list[Derived]:
    """Numbers that do not depend on the design, of one fit of several wells."""
    return derived(found.estimates[0]) if len(found.estimates) == 1 else []


def _sentences(scenario: AssayFitting, found: Fitted, control: str | None) -> Iterator[str]:
    first = found.estimates[0]
    wells, readings = sum(e.wells for e in found.estimates), sum(e.readings for e in found.estimates)
    lasts = any(name.startswith("lasting error") for e in found.estimates for name, _ in e.errors)
    how = {
        "correlated": "errors that last are part of the model",
        "independent": "readings are taken as independent, which makes intervals too narrow where errors "
        "last",
        "given": "the SDs of the file are taken, readings as independent, which makes intervals too narrow "
        "where errors last",
    }[scenario.errors]
    if scenario.errors == "correlated" and not lasts:
        what = (
            "counts are negative binomial"
            if scenario.counts == "negative_binomial"
            else "wells have too few readings"
        )
        how = f"{what}, so errors that last are not part of the model and readings are taken as independent"
    yield f"{wells} well(s) and {readings:,} readings were fitted; {how}."
    every = [r for e in found.estimates for r in e.rates]
    lost = [r.name for r in every if r.status != DETERMINED]
    if lost:
        more = f" and {len(lost) - 8} more" if len(lost) > 8 else ""
        yield f"The readings do not determine {', '.join(lost[:8])}{more}: no number of these is to be compared or ranked."
        if any(n in {r.rate for r in every if r.status != DETERMINED} for n in ("k_kill", "kill_max")):
            yield (
                "Further rounds, at least three effector-to-target ratios and counts of effectors at the "
                "ends of rounds would tell them apart (`livingdrug assay design`)."
            )
    else:
        yield "The readings determine every rate."
    if control:
        for rate in dict.fromkeys(r.rate for r in first.rates if r.group):
            apart = [r for r in first.ratios(control) if r.rate == rate and r.status == DETERMINED]
            told = [f"{r.group} {r.ratio:.3g} ({r.low:.3g} to {r.high:.3g})" for r in apart]
            if told:
                yield f"{rate} over that of {control}: {', '.join(told)}; in brackets 95 % intervals."


def _flags(found: Fitted) -> Iterator[str]:
    for fit, e in zip(found.fits, found.estimates, strict=True):
        if not fit.ended:
            which = ", ".join(fit.seen.names[:3]) + (" ..." if fit.seen.n > 3 else "")
            yield f"{which}: the search had not come to its end"
        for name, value, se in e.others:
            yield from _deviation(name, value, se)
        yield from (note for note in e.notes if note.startswith(MIXED))


def _deviation(name: str, value: float, se: float) -> Iterator[str]:
    """What is said of outer wells, of effectors seeded and of a scale of counts that stand out."""
    by = f"x {np.exp(value):.2f}"
    if "outer wells" in name and abs(value) > 3 * se:
        yield f"edge effect: {name} {by}; outer wells differ from inner ones, which the fit allows for"
    if name.startswith("effectors_0 (donor") and abs(value) > max(3 * se, 0.25):
        yield f"{name}: {by} of what the other donors got, against the map; check how its effectors were counted"
    if name.startswith("reading_scale") and abs(value) > max(3 * se, 0.03):
        yield f"{name}: all counts are {100 * np.expm1(value):+.0f} % off the cells seeded, which the fit allows for"


def _rates(found: tuple[Estimates, ...]) -> Table:
    rows = tuple((r.rate, r.group, *_value(r), r.unit, r.status) for e in found for r in e.rates)
    return Table(
        "rates with 95 % intervals", ("rate", "group", "value", "low", "high", "unit", "status"), rows
    )


def _value(r: Rate) -> tuple:
    ends = tuple(cell(x if np.isfinite(x) else None) for x in (r.low, r.high))
    return (cell(r.value), *ends) if r.status == DETERMINED else (cell(None), *ends)


def _ratios(found: Estimates, control: str) -> Table:
    rows = []
    for r in found.ratios(control):
        sure = r.status == DETERMINED and np.isfinite(r.low)
        rows.append((r.rate, r.group, cell(r.ratio, ends=(r.low, r.high)) if sure else "not determined"))
    return Table(f"ratios to {control} (95 % interval)", ("rate", "group", "ratio"), tuple(rows))


def _derived(numbers: list[Derived]) -> Table:
    groups = list(dict.fromkeys(d.group for d in numbers))
    by = {(d.name, d.group): d for d in numbers}
    rows = []
    for name, unit in dict.fromkeys((d.name, d.unit) for d in numbers):
        cells = [by.get((name, g)) for g in groups]
        rows.append(
            (name, unit, *(cell(d.value, ends=(d.low, d.high)) if d else "not determined" for d in cells))
        )
    title = "numbers that no design is needed for (95 % interval); what they are stands in the report"
    return Table(title, ("number", "unit", *(g or "all wells" for g in groups)), tuple(rows))


def _pressures(found: list[Pressure]) -> Table:
    rows = tuple(
        (p.group, f"{p.ratio:.4g}:1", cell(p.hours), cell(p.value, ends=(p.low, p.high))) for p in found
    )
    title = (
        "killing pressure, 1/h (95 % interval): what the counts say even where rates stand in for each other"
    )
    return Table(title, ("group", "E:T", "hours", "ln(alone / with effectors) / hours"), rows)


def _errors(found: tuple[Estimates, ...]) -> Table:
    rows = [(name, cell(value)) for name, value in found[0].errors]
    rows += [(f"ln {name}", f"{value:.3g} (SE {se:.2g})") for name, value, se in found[0].others]
    return Table(
        "SDs of logarithms (memory in h; of an index: of its size), and effects of donors, edge and scale",
        ("what", "value"),
        tuple(rows),
        detail=True,
    )


def table(_: AssayFitting, found: Fitted):
    """All rates, one row each."""
    import pandas as pd

    return pd.concat([e.table() for e in found.estimates], ignore_index=True)


def files(scenario: AssayFitting, found: Fitted) -> dict:
    """Ratios, derived numbers, fitted readings."""
    import pandas as pd

    made = {"fitted.csv": pd.concat([_fitted(fit) for fit in found.fits], ignore_index=True)}
    control = None if scenario.each_well else control_of(scenario, found.estimates[0])
    if control:
        made["ratios.csv"] = pd.DataFrame([vars(r) for r in found.estimates[0].ratios(control)])
    numbers = derived_numbers(found)
    if numbers:
        columns = ("name", "group", "unit", "value", "low", "high", "meaning")
        made["derived.csv"] = pd.DataFrame([{c: getattr(d, c) for c in columns} for d in numbers])
    return made


def _fitted(fit):
    import pandas as pd

    seen, level = fit.seen, fit.point.expected.level
    return pd.DataFrame(
        {
            "well": np.array(seen.names, dtype=object)[seen.well],
            "group": fit.groups[seen.well],
            "time_h": seen.time + seen.begin[seen.well],
            "quantity": np.array([c.quantity for c in seen.channels], dtype=object)[seen.channel],
            "reading": seen.y,
            "censored": np.array(["", "below", "above"], dtype=object)[seen.kind],
            "fitted": np.where(fit.evaluator.logs, np.exp(level), level),
            "residual": fit.residuals(),
        }
    )


def figures(scenario: AssayFitting, found: Fitted) -> Iterator[tuple[Picture, object]]:
    """Courses, rates, residuals on the plate."""
    from livingdrug import plots

    if scenario.each_well:
        for fit in found.fits[:WIDEST]:
            name = fit.seen.names[0].replace(",", "-").replace(" ", "-")
            yield (
                Picture(f"course-{name}", f"Readings and fitted course of {fit.seen.names[0]}."),
                plots.plot_courses(fit),
            )
        return
    (fit,), (estimates,) = found.fits, found.estimates
    control = control_of(scenario, estimates)
    if estimates.groups:
        yield (
            Picture("rates", "Rates of each group with 95 % intervals."),
            plots.plot_rates(estimates, control),
        )
    yield (
        Picture("courses", "Readings (points) and fitted courses (lines) by group."),
        plots.plot_courses(fit),
    )
    yield (
        Picture(
            "residuals",
            "Mean residual of each well: rows, columns or edges that stand out are not explained.",
        ),
        plots.plot_residual_plate(fit),
    )


def keep(scenario: AssayFitting, found: Fitted, folder: Path) -> Answer:
    """Tables, pictures, and the estimates that a ranking and a prediction read."""
    from livingdrug.workflows.base import workflow

    told = answer(scenario, found)
    for name, frame in {"results.csv": table(scenario, found), **files(scenario, found)}.items():
        write_csv(frame, folder / name)
    if len(found.estimates) == 1:
        write_text(found.estimates[0].as_json(), folder / ESTIMATES)
    return replace(told, pictures=tuple(workflow("assay-fit").draw(scenario, found, folder / "pictures")))


def plain(scenario: AssayFitting, found: Fitted) -> dict:
    """The answer with all rates as numbers."""
    import pandas as pd

    from livingdrug.workflows.base import plain_answer

    rates = [
        {name: None if value != value else value for name, value in row.items()}
        for row in pd.DataFrame(table(scenario, found)).to_dict("records")
    ]
    return plain_answer(answer(scenario, found)) | {"rates": rates}
