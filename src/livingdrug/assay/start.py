"""Initial estimates of a fit: growth from wells without effectors, the other rates from a coarse search over
all wells alike."""

from dataclasses import replace
from itertools import product

import numpy as np

from livingdrug.assay.asked_of_plate import AssayPlan, growth_rates
from livingdrug.assay.climb import Point, climb, far_inverse, judge
from livingdrug.assay.errors import WHITE, Errors, errors_of
from livingdrug.assay.evaluate import Evaluator
from livingdrug.assay.laws import is_signed, rates_of
from livingdrug.assay.observed import MEASURED, Observed
from livingdrug.assay.plan import RANDOM, Layout, lay_out

FACTORS = (0.05, 1.0, 20.0)
SIGNED = (0.0, 0.03)
BEST = 5
SHORT = 15  # steps from each of the best
FASTEST = 0.2  # 1/h, of a rate that may be negative: effectors double in 3.5 h at most
LOOSE = 4.0  # times the errors of a fit: far from the best point a narrow error sees only its nearest valley


def pooled_starts(plan: AssayPlan, seen: Observed) -> list[dict[str, float]]:
    """Rates with which all wells alike are described well, by name: the best first, different ones after
    it."""
    alike = replace(plan, by=("all",), donors=False, edge=False, shared=(), dose={})
    if plan.errors == "correlated":
        alike = replace(alike, errors="independent")
    guesses = dict(plan.model.typical) | _grown(alike, seen)
    layout = lay_out(alike, seen)
    evaluator, errors = Evaluator(seen, layout), errors_of(seen, layout)
    numbers = np.log([v.start * (LOOSE if v.what == WHITE else 1.0) for v in errors.variances])
    alone = (seen.column("role") == "target_alone").any()
    choices = []
    for column in layout.columns:
        if column.rate not in layout.main or (column.rate in growth_rates(plan.model) and alone):
            choices.append((_value(layout, column, guesses),))
        elif is_signed(plan.model, column.rate):
            choices.append(SIGNED)
        else:
            few = column.rate in growth_rates(plan.model)
            choices.append(
                tuple(np.log(guesses[column.rate] * f) for f in (FACTORS[1:2] if few else FACTORS))
            )
    held = np.array(
        [c.rate not in layout.main or (alone and c.rate in growth_rates(plan.model)) for c in layout.columns]
    )
    wells, bounds = np.zeros((seen.n, 2)), limits(layout)
    points = [
        _point(evaluator, errors, numbers, np.clip(np.array(at), *bounds), wells) for at in product(*choices)
    ]
    points = sorted((p for p in points if np.isfinite(p.loss)), key=lambda p: p.loss)[:BEST]
    found = [
        climb(evaluator, errors, numbers, p.columns, wells, held=held, steps=SHORT, bounds=bounds)[0]
        for p in points
    ]
    found = _different(sorted(found, key=lambda p: p.loss))
    names = {c.rate: j for j, c in enumerate(layout.columns) if c.rate in layout.main}
    signed = {rate: is_signed(plan.model, rate) for rate in names}
    return [
        {rate: float(p.columns[j] if signed[rate] else np.exp(p.columns[j])) for rate, j in names.items()}
        for p in found
    ]


def _different(points: list[Point]) -> list[Point]:
    """The best point and the next that describes the wells otherwise."""
    kept = points[:1]
    for point in points[1:]:
        if all(np.abs(point.columns - other.columns).max() > 0.5 for other in kept):
            kept.append(point)
    return kept[:2]


def _grown(alike: AssayPlan, seen: Observed) -> dict[str, float]:
    """Growth and crowding of the wells without effectors, fitted; the initial ones where there are no such
    wells."""
    guesses = _growth(alike, seen)
    alone = seen.column("role") == "target_alone"
    if not alone.any():
        return guesses
    own = seen.of_wells(alone)
    names = growth_rates(alike.model)
    fixed = {
        rate: value
        for rate, value in alike.model.typical.items()
        if rate in rates_of(alike.model) and rate not in names
    }
    layout = lay_out(replace(alike, fixed=fixed | dict(alike.fixed)), own)
    if not layout.main:  # growth is taken as known
        return guesses
    errors = errors_of(own, layout)
    start = np.array([_value(layout, c, dict(alike.model.typical) | guesses) for c in layout.columns])
    numbers = np.log([v.start for v in errors.variances])
    bounds = limits(layout)
    point, _ = climb(
        Evaluator(own, layout), errors, numbers, np.clip(start, *bounds), np.zeros((own.n, 2)), bounds=bounds
    )
    return guesses | {
        c.rate: float(np.exp(point.columns[j])) for j, c in enumerate(layout.columns) if c.rate in layout.main
    }


def _point(evaluator: Evaluator, errors: Errors, numbers, columns, wells) -> Point:
    level = evaluator.expect(columns, wells).level
    size = errors.size(level, evaluator.logs)
    inverse = far_inverse(errors, numbers, size, level)
    return judge(evaluator, errors, numbers, columns, wells, size, inverse)


def _value(layout: Layout, column, guesses: dict[str, float]) -> float:
    if column.rate not in layout.main or column.covariate or column.kind == RANDOM:
        return 0.0
    return (
        guesses[column.rate]
        if is_signed(layout.plan.model, column.rate)
        else float(np.log(guesses[column.rate]))
    )


def _growth(plan: AssayPlan, seen: Observed) -> dict[str, float]:
    """Growth and crowding from the wells without effectors: the steepest half of ln targets, the largest
    number seen."""
    alone = seen.column("role")[seen.well] == "target_alone"
    kinds = [c.species == "targets" for c in seen.channels]
    mine = alone & (seen.kind == MEASURED) & np.array(kinds)[seen.channel]
    found: dict[str, float] = {}
    slopes, largest = [], 0.0
    for w in np.unique(seen.well[mine]):
        rows = np.flatnonzero(mine & (seen.well == w))
        channel = seen.channels[seen.channel[rows[0]]]
        cells = np.maximum((seen.y[rows] - channel.background) / channel.per_cell, 1.0)
        largest = max(largest, float(cells.max()))
        early = rows[: max(2, len(rows) // 2)]
        if len(early) > 1 and np.ptp(seen.time[early]) > 0:
            slopes.append(np.polyfit(seen.time[early], np.log(cells[: len(early)]), 1)[0])
    if slopes:
        found["growth"] = float(np.clip(np.median(slopes), 1e-3, 0.5))
    if largest and "crowding" in growth_rates(plan.model):
        found["crowding"] = 0.5 / largest
    return found


def spread_out(layout: Layout, pooled: dict[str, float]) -> np.ndarray:
    """The columns of a layout from rates that all wells share."""
    return np.array([_value(layout, column, layout.plan.model.typical | pooled) for column in layout.columns])


def limits(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of each column: what no assay could tell from nothing, or from at once."""
    units = {q.name: q.unit for q in layout.plan.model.quantities}
    low, high = np.full(len(layout.columns), -6.0), np.full(len(layout.columns), 6.0)
    for j, column in enumerate(layout.columns):
        if column.rate not in layout.main or column.covariate or column.kind == RANDOM:
            continue
        if not column.log:
            low[j], high[j] = -FASTEST, FASTEST
        else:
            a, b = {
                "1/h": (1e-6, 2.0),
                "1/cells/h": (1e-13, 1.0),
                "1/cells": (1e-12, 1.0),
                "cells": (1.0, 1e9),
                "1": (1e-4, 1e4),
            }[units[column.rate]]
            low[j], high[j] = np.log(a), np.log(b)
    return low, high
