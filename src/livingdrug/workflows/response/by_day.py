"""The probability of an event by a stated day as a function of exposure: of which fits, and how it is
shown."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import TimeUnit
from livingdrug.report import Cell, Table
from livingdrug.response import (
    THE_EVENT,
    CompetingFit,
    Curve,
    TimeFit,
    VisitsFit,
    curves_by,
    doubts_of,
    incidences_by,
    probability,
    probability_band,
    together,
)
from livingdrug.response.words import percent, short

DAYS = TimeUnit("d")
TAKEN = (
    "an incidence by a day takes the ratio of subdistribution hazards as the same at all times up to it, "
    "which is not tested; who has an event of another cause first counts as never having this one"
)


@dataclass(frozen=True)
class ByDay:
    """day: after time 0 of the times; curves: of the event by then, and of none; with competing risks of the
    event of each cause; doubts: why they should not be taken; notes: what was assumed, and what is not
    determined."""

    day: float
    curves: tuple[Curve, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...] = ()


def by_day(fit: object, day: float, landmark: float | None) -> ByDay:
    """The curves of a fit of times. Raises InputError for another outcome and a day that cannot be."""
    if not isinstance(fit, TimeFit | VisitsFit | CompetingFit):
        raise InputError(
            "--by-day gives the probability of an event by a day, of a time to an event (--time)"
        )
    if not 0 < day < np.inf or (landmark is not None and day <= landmark):
        above = f"{landmark:g} (the landmark)" if landmark else "0"
        raise InputError(f"--by-day is {day:g}; it must be a day above {above}")
    unit = TimeUnit(fit.times.unit)
    at = unit.from_other(day - (landmark or 0.0), DAYS)
    since = f", free of it at day {landmark:g}" if landmark else ""
    assumed = f"the unit of the times is not stated: day {day:g} is taken in the same unit"
    notes = () if unit.name else (assumed,)
    if isinstance(fit, CompetingFit):
        curves, missing = incidences_by(fit, at, lambda cause: f"{cause} by day {day:g}{since}")
        return ByDay(day, curves, tuple(filter(None, [together(fit, curves)])), (*notes, *missing, TAKEN))
    name = fit.times.endpoint
    said = "event" if name == THE_EVENT else f"{name} event"
    curves = curves_by(fit, at, f"{said} by day {day:g}{since}", f"no {said} by day {day:g}{since}")
    return ByDay(day, curves, doubts_of(fit), notes)


def lines(found: ByDay) -> Iterator[str]:
    """What the curves are for, and why they should not be taken."""
    names = [f"`{curve.name}`" for curve in found.curves]
    if len(names) == 1:
        yield f"curve.toml (with --out) holds one curve, {names[0]}"
    else:
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        count = "two" if len(names) == 2 else f"{len(names)}"
        yield (
            f"curve.toml (with --out) holds {count} curves, {listed}: name one where a command takes a curve"
        )
    yield from cautions(found)


def cautions(found: ByDay) -> Iterator[str]:
    """Why the curves should not be taken, and what was assumed."""
    yield from (f"caution: {doubt}" for doubt in found.doubts)
    yield from found.notes


def tables(found: ByDay, fit: TimeFit | VisitsFit | CompetingFit) -> list[Table]:
    """The probability of the event, or of that of each cause, at quartiles of exposure."""
    shown = found.curves if isinstance(fit, CompetingFit) else found.curves[:1]
    return [_table(curve, fit) for curve in shown]


def _table(curve: Curve, fit: TimeFit | VisitsFit | CompetingFit) -> Table:
    unit = f" ({fit.sample.exposure_unit})" if fit.sample.exposure_unit else ""
    at = np.quantile(fit.sample.exposure, [0.0, 0.25, 0.5, 0.75, 1.0])
    p, (low, high) = probability(curve, at), probability_band(curve, at, fit.level)
    rows = tuple(
        (short(x), Cell(percent(float(v)), float(v)), Cell(f"{percent(float(a))} to {percent(float(b))}"))
        for x, v, a, b in zip(at, p, low, high, strict=True)
    )
    header = (fit.sample.exposure_name + unit, "probability", f"{100 * fit.level:g} % interval")
    return Table(f"probability of {curve.name}, at quartiles of exposure", header, rows)


def plain(found: ByDay) -> dict:
    """Plain data."""
    return {
        "day": found.day,
        "curves": [
            {"name": c.name, "link": c.link, "intercept": c.intercept, "slope": c.slope, "scale": c.scale,
             "covariance": None if c.covariance is None else c.covariance.tolist()}
            for c in found.curves
        ],
        "doubts": list(found.doubts),
        "notes": list(found.notes),
    }  # fmt: skip
