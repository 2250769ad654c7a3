"""What is said of regimens of preconditioning: fludarabine, host T cells, CAR-T cells, response."""

import math
from collections.abc import Iterator

from livingdrug.core.words import number
from livingdrug.models import fludarabine_windows
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.simulation import Preconditioned, infusate_words
from livingdrug.workflows.preconditioning.spec import Preconditioning, PreconditioningFound

BY_MASS = (
    "the kill of host T cells is that of one regimen (Park 2025, in lupus), scaled to others by the mass of both drugs "
    "together; no data on other regimens stand behind it, so the order of regimens is a scenario"
)
NOT_LINKED = (
    "the exposure of fludarabine changes nothing in this model: windows are about outcomes of patients, host T cells follow "
    "the K-PD signal"
)
STATED = (
    "the link to response is the one that was stated: log odds move by the slope times ln(CMAX / CMAX of the reference), "
    "of the expansion"
)


def answer(scenario: Preconditioning, found: PreconditioningFound) -> Answer:
    """Regimens side by side."""
    return Answer(
        title=f"Preconditioning before {found.model.full_name}",
        question=f"What do {len(found.regimens)} regimens of preconditioning do to host T cells and to CAR-T cells?",
        sentences=tuple(_sentences(scenario, found)),
        flags=(BY_MASS, NOT_LINKED, *((STATED,) if scenario.response is not None else ()), *_of_infusate(found)),
        checks=(
            "typical subject; days count from the infusion; fludarabine AUC = 0.781 x dose / CL, log-normal with the "
            "published variability of CL (Langenhorst 2019)",
        ),
        tables=(_exposures(found), _hosts(found), _cells(scenario, found), _sources(found)),
        cards=(model_card(found.model),),
    )


def _of_infusate(found: PreconditioningFound) -> Iterator[str]:
    names = [one.regimen.name for one in found.regimens if one.infusate]
    if names:
        yield f"{infusate_words('CAR-T cells')} under {', '.join(names)}: XCMAX, the largest level after it, is compared"


def _sentences(scenario: Preconditioning, found: PreconditioningFound) -> Iterator[str]:
    reference = found.regimens[0]
    yield (
        f"{reference.regimen.name}: host T cells fall from {number(reference.start)} to {number(reference.nadir)} "
        f"cells/uL on day {number(reference.nadir_day)} and {_recovery(reference)}."
    )
    for one in found.regimens[1:]:
        fold = fold_of(one, reference)
        nadir = f"nadir {number(one.nadir)} cells/uL"
        times = f"{_peak(found)} of CAR-T cells {number(fold)} times that under {reference.regimen.name}"
        said = f"{one.regimen.name}: {nadir}, {times}"
        if scenario.response is not None:
            said += f", probability of response {number(response(scenario, fold))} against {number(scenario.response)}"
        yield said + "."


def fold_of(one: Preconditioned, reference: Preconditioned) -> float:
    """The peak of the expansion over that under the reference; nan where the reference has none."""
    return one.xcmax / reference.xcmax if reference.xcmax > 0 else math.nan


def _peak(found: PreconditioningFound) -> str:
    """What is compared: CMAX, or XCMAX where CMAX is that of the infused cells under some regimen."""
    return "XCMAX" if any(one.infusate for one in found.regimens) else "CMAX"


def _recovery(one: Preconditioned) -> str:
    if math.isnan(one.half_day):
        return "do not come back to half of that by the end"
    whole = "" if math.isnan(one.recovered_day) else f", to 90 % on day {number(one.recovered_day)}"
    return f"are back to half on day {number(one.half_day)}{whole}"


def response(scenario: Preconditioning, fold: float) -> float:
    """Probability of response where CMAX is so many times that of the reference, by the stated link."""
    p, slope = scenario.response or 0.5, scenario.slope or 0.0
    return 1 / (1 + math.exp(-(math.log(p / (1 - p)) + slope * math.log(max(fold, 1e-300)))))


def _exposures(found: PreconditioningFound) -> Table:
    windows = fludarabine_windows()
    heads = [f"{w.low:g} to {w.high:g}" if w.high else f"{w.low:g} or more" for w in windows]
    rows = tuple(
        (
            one.regimen.name,
            cell(one.exposure.median, ends=(one.exposure.percentile(5), one.exposure.percentile(95))),
            *(cell(100 * one.exposure.in_window(w)) for w in windows),
        )
        if one.exposure.median > 0
        else (one.regimen.name, "none given", *("-" for _ in windows))
        for one in found.regimens
    )
    header = ("regimen", "AUC (mg*h/L), 5th to 95th", *(f"% of patients {head}" for head in heads))
    return Table("fludarabine (F-ara-A) against published windows", header, rows)


def _hosts(found: PreconditioningFound) -> Table:
    rows = tuple(
        (
            one.regimen.name,
            cell(one.start),
            cell(one.at_infusion),
            cell(one.nadir),
            cell(100 * one.nadir / one.start),
            cell(one.nadir_day),
            _day(one.half_day),
            _day(one.recovered_day),
        )
        for one in found.regimens
    )
    header = (
        "regimen",
        "before",
        "at infusion",
        "nadir",
        "nadir (% of before)",
        "day of nadir",
        "50 % on day",
        "90 % on day",
    )
    return Table("host T cells in blood (cells/uL)", header, rows)


def _day(value: float) -> str:
    return "-" if math.isnan(value) else cell(value)


def _cells(scenario: Preconditioning, found: PreconditioningFound) -> Table:
    reference, peak = found.regimens[0], _peak(found)
    rows = []
    for one in found.regimens:
        fold = fold_of(one, reference)
        linked = () if scenario.response is None else (cell(response(scenario, fold)),)
        areas = cell(one.auc28), cell(one.auc28 / reference.auc28)
        peaks = (cell(one.cmax), *((cell(one.xcmax),) if peak == "XCMAX" else ()))
        rows.append((one.regimen.name, *peaks, cell(fold), *areas, *linked))
    more = () if scenario.response is None else ("p response",)
    peaks = ("CMAX (cells/uL)", *(("XCMAX (cells/uL)",) if peak == "XCMAX" else ()), f"fold of {peak}")
    header = ("regimen", *peaks, "AUC28 (d*cells/uL)", "fold of AUC28", *more)
    return Table(f"CAR-T cells in blood, folds over {reference.regimen.name}", header, tuple(rows))


def _sources(found: PreconditioningFound) -> Table:
    rows = [(one.regimen.name, one.regimen.title, one.regimen.source) for one in found.regimens]
    rows += [
        (f"window {w.low:g}" + (f" to {w.high:g}" if w.high else ""), f"{w.setting}: {w.finding}", w.source)
        for w in fludarabine_windows()
    ]
    return Table("what is meant, and where it is from", ("name", "what it is", "source"), tuple(rows))


def table(scenario: Preconditioning, found: PreconditioningFound):
    """A row for each regimen."""
    import pandas as pd

    reference = found.regimens[0]
    rows = []
    for one in found.regimens:
        row = {
            "regimen": one.regimen.name,
            "fludarabine_auc_mg_h_L": one.exposure.median,
            "fludarabine_log_sd": one.exposure.log_sd if one.exposure.median > 0 else math.nan,
            "host_before": one.start,
            "host_at_infusion": one.at_infusion,
            "host_nadir": one.nadir,
            "nadir_day": one.nadir_day,
            "half_day": one.half_day,
            "recovered_day": one.recovered_day,
            "cmax": one.cmax,
            "auc28": one.auc28,
            "xcmax": one.xcmax,
            "cmax_of_infused_cells": one.infusate,
            "cmax_fold": one.cmax / reference.cmax,
            "xcmax_fold": fold_of(one, reference),
        }
        if scenario.response is not None:
            row["p_response"] = response(scenario, row["xcmax_fold"])
        rows.append(row)
    return pd.DataFrame(rows)


def figures(_: Preconditioning, found: PreconditioningFound) -> Iterator[tuple[Picture, object]]:
    """Host T cells and CAR-T cells under every regimen."""
    from livingdrug.plots import plot_regimens

    caption = "Host T cells and CAR-T cells in blood by day from the infusion, under each regimen."
    yield Picture("regimens", caption), plot_regimens(found.regimens)
