"""How the fit of competing risks is shown."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Cell, Table, cell
from livingdrug.response import CompetingFit, Estimate, two_sided
from livingdrug.response.words import p_text, per_step, short, span
from livingdrug.workflows.response.coefficients import estimate, finite

KINDS = {"fine-gray": "subdistribution hazard", "cause-specific": "cause-specific hazard"}


def as_dict(answer) -> dict:
    """Plain data of the fit; what is not known is null."""
    fit: CompetingFit = answer.fit
    return {
        "time_unit": fit.times.unit,
        "causes": list(fit.times.causes),
        "ratios": {cause: {"per": fit.per, **estimate(ratio)} for cause, ratio in fit.ratios.items()},
        "gray": {
            cause: {"statistic": finite(test.statistic), "df": test.df, "p_value": finite(test.p_value)}
            for cause, test in zip(fit.times.causes, fit.gray, strict=True)
        },
        "groups": [
            {
                "exposure": g.label,
                "subjects": g.n,
                "events": dict(zip(fit.times.causes, g.events, strict=True)),
            }
            for g in fit.groups
        ],
        "until": fit.until,
        "sentence": sentence(fit),
    }


def sentence(fit: CompetingFit) -> str:
    """The answer in plain words."""
    cause = fit.times.causes[0]
    ratio, sample = fit.ratios[cause], fit.sample
    step = per_step(sample.exposure, fit.scale, sample.exposure_name, sample.exposure_unit)[1]
    if fit.scale == "linear" and len(values := np.unique(sample.exposure)) == 2:
        step = f"{sample.exposure_name} {short(values[1])} instead of {short(values[0])}"
    held = dict.fromkeys(term.split(": ")[0] for term in sample.covariates)
    adjusted = f", at equal {' and '.join(held)}" if held else ""
    doubt = ": these data do not tell whether exposure matters" if ratio.low <= 1 <= ratio.high else ""
    what = f"the {KINDS[fit.model]} of {cause} by {short(ratio.value)} ({span(ratio.low, ratio.high, ratio.level)})"
    return f"{step[0].upper()}{step[1:]} multiplies {what}{adjusted}{doubt}."


def lines(answer) -> Iterator[str]:
    """Gray's test of each cause, and the ratios of the other causes."""
    fit: CompetingFit = answer.fit
    for cause, test in zip(fit.times.causes, fit.gray, strict=True):
        known = p_text(test.p_value) if np.isfinite(test.statistic) else "not determined"
        yield f"cumulative incidence of {cause}, {len(fit.groups)} groups by exposure: Gray's test {known}"
    for cause, ratio in list(fit.ratios.items())[1:]:
        by = f"{short(ratio.value)} ({span(ratio.low, ratio.high, ratio.level)})"
        yield f"{cause}: the same step multiplies its {KINDS[fit.model]} by {by}"
    yield (
        "an event of another cause ends the time at risk: cumulative incidence counts that, one less "
        "Kaplan-Meier does not"
    )
    ends = [curve.at(fit.until) for g in fit.groups for curve in g.curves]
    if any(at.value in (0.0, 1.0) for at in ends):
        yield (
            "where no subject of a group, or every one, had the event by then, the incidence has the exact "
            "interval of a proportion (Clopper-Pearson) if nobody of the group was censored before; else it is "
            "not determined"
        )


def tables(answer) -> tuple[Table, ...]:
    """Incidence of each cause by group, then the coefficients."""
    fit: CompetingFit = answer.fit
    unit = f" {fit.times.unit}" if fit.times.unit else ""
    rows = []
    for g in fit.groups:
        for cause, events, curve in zip(fit.times.causes, g.events, g.curves, strict=True):
            rows.append((g.label, cause, cell(g.n), cell(events), _incidence(curve.at(fit.until))))
    header = (
        fit.sample.exposure_name,
        "cause",
        "n",
        "events",
        f"cumulative incidence at {short(fit.until)}{unit}",
    )
    return Table("cumulative incidence by exposure", header, tuple(rows)), _coefficients(fit)


def _incidence(at: Estimate) -> Cell | str:
    """An incidence with its interval, or that it has none."""
    if not np.isfinite(at.value):
        return "-"
    made = cell(at.value, ends=(at.low, at.high))
    return made if np.isfinite(at.high) else Cell(f"{made} (interval not determined)", at.value)


def _coefficients(fit: CompetingFit) -> Table:
    rows, reach = [], two_sided(fit.level)
    for cause, found in zip(fit.times.causes, fit.regressions, strict=True):
        if found is None:
            continue
        for term, b, se in zip(found.terms, found.coefficients, found.errors, strict=True):
            ends = f"{short(b - reach * se)} to {short(b + reach * se)}"
            rows.append((cause, term, Cell(short(b), float(b)), Cell(short(se), float(se)), Cell(ends)))
    header = ("cause", "term", "estimate", "SE", f"{100 * fit.level:g} % interval")
    return Table(f"logarithms of ratios of the {KINDS[fit.model]}", header, tuple(rows))


def table(answer):
    """Cumulative incidence of every group and cause as one table."""
    import pandas as pd

    fit: CompetingFit = answer.fit
    columns = ("time", "at_risk", "events", "competing", "censored", "incidence", "error", "low", "high")
    made = [
        pd.DataFrame(
            {"exposure": g.label, "cause": cause, **{name: getattr(curve, name) for name in columns}}
        )
        for g in fit.groups
        for cause, curve in zip(fit.times.causes, g.curves, strict=True)
    ]
    return pd.concat(made, ignore_index=True)


def figure(answer):
    """The figure of the incidences."""
    from livingdrug.plots import plot_incidence

    return plot_incidence(answer.fit)
