"""Which dose and schedule is the best, what it gives, and which others the curves do not distinguish from it."""

import math
from collections.abc import Iterator

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.words import number
from livingdrug.models import flows_of
from livingdrug.optimum import Optimum, Point
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card
from livingdrug.response import CONFOUNDED, may_be_flat
from livingdrug.simulation import infusate_words
from livingdrug.workflows.optimise.spec import Optimise

SHOWN = 12  # candidates in the terminal, the best first
FLAT = 1.25  # exposure that changes by less over all doses hardly depends on the dose
FEW = 0.05  # part of the patients that are worth a word
EDGE = 0.02  # probability below which, or as near to 1, a curve says the same of every dose
CAUSE = "a dose moves the exposure here, and the curve is taken for cause and effect"


def answer(scenario: Optimise, found: Optimum) -> Answer:
    """The best point, how uncertain it is, and every other."""
    names = found.response.curve.name, found.toxicity.curve.name
    curves = {name: None for side in (found.response, found.toxicity) for name in side.notes}
    return Answer(
        title=f"Dose and schedule of {found.model.full_name}: {names[0]} against {names[1]}",
        question=f"Which dose gives the largest {found.aim.words(*names)}?",
        sentences=tuple(_sentences(found)),
        flags=tuple(_flags(found)),
        checks=(
            f"{found.patients:,} of {found.patients + found.left:,} patients counted, the same for every dose: "
            f"{found.subjects}",
            *curves,
            *(f"caution: {notice}" for notice in found.notices),
        ),
        tables=tuple(_tables(found)),
        cards=(model_card(found.model),),
        seed=scenario.seed,
    )


def _unit(found: Optimum) -> str:
    system = flows_of(found.model)
    return next((s.unit for s in system.states if s.name == system.dose_into), "")


def _where(found: Optimum, point: Point) -> str:
    return f"{number(point.candidate.dose)} {_unit(found)}, {point.candidate.schedule.words()}"


def _sentences(found: Optimum) -> Iterator[str]:
    names, top = (found.response.curve.name, found.toxicity.curve.name), found.top
    if top is None:
        least = min(found.points, key=lambda p: p.toxicity)
        yield (
            f"No dose or schedule keeps P({names[1]}) at {found.aim.ceiling:.0%} or below over all patients: the lowest is "
            f"{least.toxicity:.0%}, at {_where(found, least)}."
        )
    else:
        value = "" if found.aim.weight is None else f" is {top.value:.3g}"
        yield (
            f"The largest {found.aim.words(*names)}{value or f' is {top.value:.0%}'}, at {_where(found, top)}: "
            f"response {top.response:.0%}, toxicity {top.toxicity:.0%}."
        )
    yield from _uncertain(found)


def _between(found: Optimum) -> bool:
    """Whether a search found a better point than those of the grid."""
    return found.refined is not None and found.refined not in found.points


def _uncertain(found: Optimum) -> Iterator[str]:
    """How often the best stays the best."""
    if not found.draws:
        silent = " and ".join(f"`{curve.name}` ({curve.label})" for curve in found.silent)
        why = f"no error of {silent} is known" if len(found.silent) == 2 else "no draws of the curves were asked for"
        yield f"How uncertain this is cannot be said: {why}."
        return
    if found.none > 0:
        yield f"In {found.none:.0%} of {found.draws:,} draws of the curves no dose or schedule meets the ceiling."
    if found.best is None or not found.alike:
        return
    best = found.points[found.best]
    of = "of the doses and schedules compared, it" if not _between(found) else f"on the grid, {_where(found, best)}"
    drawn = f"{found.draws:,} draws of the curves from their errors, and of the patients"
    yield f"In {drawn}, {of} is the best in {best.best:.0%}."
    if len(found.alike) > 1:
        yield f"The data do not distinguish {_range(found)}: together they are the best in 95 % of the draws."


def _range(found: Optimum) -> str:
    """The points that stay in question, in words."""
    doses = [found.points[i].candidate.dose for i in found.alike]
    plans = list(dict.fromkeys(found.points[i].candidate.schedule.words() for i in found.alike))
    if min(doses) == max(doses):
        return f"at {number(doses[0])} {_unit(found)} the schedules {'; '.join(plans)}"
    over = f"doses from {number(min(doses))} to {number(max(doses))} {_unit(found)}"
    if len({p.candidate.schedule for p in found.points}) == 1:
        return over
    return f"{over} with the schedule {plans[0]}" if len(plans) == 1 else f"{over} and {len(plans)} schedules"


def _flags(found: Optimum) -> Iterator[str]:
    yield f"{CONFOUNDED}; {CAUSE}"
    yield from _of_curves(found)
    if found.left:
        of = found.patients + found.left
        lost = f"{found.left:,} of {of:,} virtual patients were not computed, or are unphysical, at one dose or more"
        yield f"{lost}: left out of all"
    yield from _of_infusate(found)
    top = found.top
    if top is None:
        return
    yield from _at_edges(found, top)
    yield from _of_exposure(found, top)
    if top.patients < found.patients:
        fewer = f"{found.patients - top.patients:,} of the {found.patients:,} patients of the compared doses"
        yield f"at the best point, between these doses, {fewer} were not computed, or are unphysical; it is of the others"
    if found.refined is not None and not found.converged:
        yield "the search ended before it converged: the best point is that of the doses it had tried"


def _of_curves(found: Optimum) -> Iterator[str]:
    for side in (found.response, found.toxicity):
        curve = side.curve
        if may_be_flat(curve):
            yield f"`{curve.name}`: the slope is not different from 0, so the curve hardly says which dose is better"
        if curve.slope < 0:
            yield f"`{curve.name}` falls with exposure"
    if found.draws and found.silent:
        yield f"no error of `{found.silent[0].name}` is known, so the optimum is more uncertain than the draws say"
    yield from _without_a_slope(found)
    late = max(p.candidate.schedule.last for p in found.points)
    month = [side.curve.name for side in (found.response, found.toxicity) if not side.peak]
    if late > 0 and month:
        names = " and ".join(f"`{name}`" for name in month)
        held = f"of an infusion on day {late:g} it holds {max(28 - late, 0):g} days"
        yield f"AUC28 of {names} counts from the first infusion: {held}"


def _without_a_slope(found: Optimum) -> Iterator[str]:
    """Curves that say the same of every dose, as one in another unit does."""
    for side, name in ((found.response, "response"), (found.toxicity, "toxicity")):
        values = [getattr(p, name) for p in found.points]
        if min(values) > 1 - EDGE or max(values) < EDGE:
            levels = f"{min(values):.1%}" if f"{min(values):.1%}" == f"{max(values):.1%}" else (
                f"{min(values):.1%} to {max(values):.1%}"
            )
            yield (
                f"P({name}) is {levels} at every dose: the exposures lie all on one side of the curve; look whether its "
                f"EC50 is in {side.curve.unit}"
            )


def _of_infusate(found: Optimum) -> Iterator[str]:
    """From which dose on a CMAX is no expansion in some patients."""
    given = [p for p in found.points if p.infused > 0]
    if given:
        first = min(given, key=lambda p: p.candidate.dose)
        words = infusate_words(found.output, round(first.infused * found.patients), found.patients, "patients")
        yield (
            f"from {number(first.candidate.dose)} {_unit(found)} on {words}: curves are on the largest level after the "
            f"distribution minimum (XCMAX), which is 0 where the level never rises"
        )


def _at_edges(found: Optimum, top: Point) -> Iterator[str]:
    doses = [p.candidate.dose for p in found.points]
    for end, name, others in ((min(doses), "lowest", "lower"), (max(doses), "highest", "higher")):
        if min(doses) < max(doses) and math.isclose(top.candidate.dose, end, rel_tol=1e-3):
            yield f"the best dose is the {name} one compared: the range decides it, not the curves; compare {others} ones too"


def _of_exposure(found: Optimum, top: Point) -> Iterator[str]:
    middle = [p.exposure for p in found.points if p.candidate.schedule == top.candidate.schedule]
    if len(middle) > 1 and max(middle) < FLAT * min(middle):
        fold = number(max(middle) / min(middle)) if min(middle) > 0 else "1"
        yield f"median {found.response.curve.exposure} changes {fold}-fold over all doses: it hardly depends on the dose"
    if top.infused > FEW:
        words = infusate_words(found.output, round(top.infused * found.patients), found.patients, "patients")
        yield f"at the best dose {words}: XCMAX is taken"
    if top.beyond > FEW:
        yield f"{top.beyond:.0%} of the patients have exposures outside of those a curve was fitted to: extrapolated"


def _tables(found: Optimum) -> Iterator[Table]:
    order = sorted(range(len(found.points)), key=lambda i: (-found.points[i].value, found.points[i].toxicity))
    header = ["dose", "schedule", "response", "toxicity"]
    header += ["value"] if found.aim.weight is not None else []
    header += ["best in"] if found.draws else []
    header += ["ceiling met in"] if found.draws and found.aim.ceiling is not None else []
    rows = [_row(found, found.points[i]) for i in order]
    if _between(found):
        rows.insert(0, _row(found, known(found.refined, "the refined dose")))
    unit, more = _unit(found), len(rows) > SHOWN
    title = f"doses ({unit}) and schedules, the best first"
    shown = f"{title}; {SHOWN} of {len(rows)}, the others in results.csv" if more else title
    yield Table(shown, tuple(header), tuple(rows[:SHOWN]))
    if more:
        yield Table(f"all {title}", tuple(header), tuple(rows), detail=True)


def _row(found: Optimum, point: Point) -> tuple[Cell | str, ...]:
    cells = [cell(point.candidate.dose), point.candidate.schedule.words()]
    cells += [_percent(getattr(point, what), getattr(point, f"{what}_ends")) for what in ("response", "toxicity")]
    if found.aim.weight is not None:
        cells.append(Cell(f"{point.value:.3f} \u00b1 {point.error:.3f}", point.value))
    if found.draws:
        cells.append(_percent(point.best))
        cells += [_percent(point.kept)] if found.aim.ceiling is not None else []
    return tuple(cells)


def _percent(value: float, ends: tuple[float, float] = (math.nan, math.nan)) -> Cell:
    if math.isnan(value):
        return Cell("-", None)
    interval = "" if math.isnan(ends[0]) else f" ({ends[0]:.0%} to {ends[1]:.0%})"
    return Cell(f"{value:.1%}{interval}", value)


def table(_: Optimise, found: Optimum):
    """A row for each dose and schedule: dose, unit, schedule, day of its last infusion and fraction of its first,
    response and toxicity with intervals, value (empty above the ceiling), its standard error, median exposure, what
    is infused cells or extrapolated, how often it is the best and meets the ceiling, whether it is the best."""
    import pandas as pd

    points = [*found.points, *([found.refined] if _between(found) else [])]
    return pd.DataFrame([_plain(found, point) for point in points])


def _plain(found: Optimum, p: Point) -> dict:
    ends = {f"{what}_{end}": getattr(p, f"{what}_ends")[k]
            for what in ("response", "toxicity") for k, end in enumerate(("low", "high"))}  # fmt: skip
    return {
        "dose": p.candidate.dose, "unit": _unit(found), "schedule": str(p.candidate.schedule),
        "last_day": p.candidate.schedule.last, "first_fraction": p.candidate.schedule.parts[0][1],
        "response": p.response, "toxicity": p.toxicity, **ends, "value": p.value if np.isfinite(p.value) else math.nan,
        "value_error": p.error, "median_exposure": p.exposure, "cmax_of_infused_cells": p.infused, "extrapolated": p.beyond,
        "best_in_draws": p.best, "ceiling_met_in_draws": p.kept, "best": p is found.top,
    }  # fmt: skip


def figures(_: Optimise, found: Optimum) -> Iterator[tuple[Picture, object]]:
    """Response, toxicity and value over the dose; the surface, where more than the dose varies."""
    from livingdrug.plots import plot_best_dose, plot_surface

    caption = "Response, toxicity and what is to be largest over the dose, by schedule, with 95 % bands of the draws."
    yield Picture("doses", caption), plot_best_dose(found)
    surface = plot_surface(found)
    if surface is not None:
        caption = "What is to be largest over dose and schedule; the circle is the best, dots are not distinguished from it."
        yield Picture("surface", caption), surface
