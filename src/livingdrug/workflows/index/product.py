"""The exposure of a product that a model describes, beside the curves of an `index`."""

from dataclasses import replace

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError, UnitError
from livingdrug.core.known import known
from livingdrug.core.units import conversion, factor_between, in_a_day
from livingdrug.models import Model, build_model
from livingdrug.products import CAUTION, OBSERVED, observed_spread
from livingdrug.response import Curve, ExposureSpread, exposure_factor, spread_of
from livingdrug.simulation import (
    Draw,
    ExposureBlock,
    ExposureTask,
    default_until,
    expansion_peak,
    expansion_words,
    exposure_task,
    fates,
    infusate_first,
    infusate_words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # which imports this module
    from livingdrug.workflows.index.spec import Index

AREAS = ("AUC28", "AUCINT")  # what a model's area over the window may be called


def modelled(scenario: "Index", curves: tuple[Curve, Curve]) -> tuple[ExposureSpread, tuple[str, ...]]:
    """Exposures of virtual subjects, or the typical subject's with the observed variability.

    Parameters
    ----------
    scenario : Index
        With a `product_model`.
    curves : tuple of Curve
        Efficacy and toxicity, on one exposure in one unit.

    Returns
    -------
    tuple of (ExposureSpread, tuple of str)
        In the unit of the curves, and what is to be said of it.

    Raises
    ------
    InputError
        For a model that does not give the exposure of the curves, an AUCINT without its window, and a level
        that rises in nobody.
    """
    curve, named = curves[0], known(scenario.product_model, "--product-model")
    model = build_model(named, even_so=scenario.even_so)
    observed, peak = scenario.variability == OBSERVED, curve.exposure == "CMAX"
    draw = None if observed else Draw(scenario.subjects, scenario.seed, scenario.variability, scenario.cv)
    # a peak is that of the whole course
    window = (0.0, default_until(model)) if peak else _area_window(scenario, curve, model)
    task = exposure_task(model, draw, window=window)
    area = f"{model.time_unit}*{task.units[0]}"
    given = {"CMAX": task.units[0], **dict.fromkeys(AREAS, area)}
    factor = exposure_factor(curve, given, f"`{model.full_name}` (--product-model)")
    block = task(0, task.n)
    counted = peak and task.outputs[0] in task.infused
    values, notes = _risen(task, block, curves) if counted else ((block.peak if peak else block.area)[block.done, 0], ())
    values = values * factor
    what = "XCMAX" if counted else curve.exposure
    where = f"{what} of {model.full_name}, {window[0]:g} to {window[1]:g} {model.time_unit}"
    if observed:
        published = observed_spread(named, "CMAX" if peak else "AUC28")
        source = f"{where}: typical subject, log-SD of {published.source}"
        spread = replace(
            published, median=float(values[0]), exposure=curve.exposure, unit=curve.unit, source=source
        )
        return spread, (f"variability `{OBSERVED}`: {CAUTION}", *notes)
    notes = (*(f"caution: {notice}" for notice in (*task.notices, *task.cautions(block))), *notes, *_left_out(task, block))
    return spread_of(values, curve.exposure, curve.unit, f"{where}: {task.subjects}"), notes


def _area_window(scenario: "Index", curve: Curve, model: Model) -> tuple[float, float]:
    """Start and end of the area that a curve is on, in the model's unit of time."""
    if curve.exposure != "AUCINT":
        return 0.0, MONTH * in_a_day(model.time_unit)
    unit = _time_of(curve.unit) or model.time_unit
    if scenario.window is None:
        raise InputError(
            f"curve `{curve.name}` is on AUCINT, an area over the window that its samples were analysed with; "
            f"say which for --product-model, such as --window 0 {MONTH * in_a_day(unit):g} ({unit})"
        )
    start, end = scenario.window
    per = float(factor_between(unit, model.time_unit))
    return start * per, end * per


def _time_of(unit: str) -> str:
    """The unit of time in that of an area (`h*ng/mL`), which is that of the times it is of; "" where it is not seen."""
    for part in unit.split("*"):
        try:
            if conversion(part.strip(), "d") is not None:
                return part.strip()
        except UnitError:
            continue
    return ""


def _risen(task: ExposureTask, block: ExposureBlock, curves: tuple[Curve, Curve]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Peaks of the expansion of those subjects who have one, in the model's unit, and what is to be said of them.

    A level that never rises has a peak of 0, whose logarithm no distribution can hold.
    """
    output, highest, rise = task.outputs[0], block.peak[block.done, 0], block.rise[block.done, 0]
    first, peaks = infusate_first(highest, rise), expansion_peak(highest, rise)
    risen = peaks[peaks > 0]
    n, never = len(peaks), len(peaks) - len(risen)
    if never and len(risen) < min(n, 2):
        raise InputError(
            f"the level of {output} of `{task.model.full_name}` never rises after the infused cells in {never:,} of {n:,} "
            "subjects, so there is no peak of the expansion to put into the curves; take curves on AUC28, or give "
            "--median and --log-sd"
        )
    if not first.any():
        return risen, ()
    words = infusate_words(output, int(first.sum()), n)
    notes = (f"caution: {words}", *(expansion_words(curve.name) for curve in curves))
    if never:
        notes += (
            f"caution: in {never:,} of {n:,} subjects the level of {output} never rises; they have no peak of the expansion "
            f"and are left out of the product's exposure, so rates over all patients are those of the other {len(risen):,}",
        )
    return risen, notes


def _left_out(task: ExposureTask, block: ExposureBlock) -> tuple[str, ...]:
    """How many virtual subjects have no exposure, and why."""
    failed, unphysical = fates(block.status)
    notes = ()
    for count, why in ((failed, "could not be computed"), (unphysical, "are unphysical: no patient can be like them;")):
        if count:
            notes += (f"{count:,} of {task.n:,} virtual subjects {why} and are left out".replace("; and", ", and"),)
    return notes
