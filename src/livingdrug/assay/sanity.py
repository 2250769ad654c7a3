"""What an experiment lacks, and times that cannot be: no controls, all killed, effectors never counted,
minutes for hours."""

from typing import SupportsIndex

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.marks import Checked, PlateFinding, WellMap, listed, warn
from livingdrug.assay.plate import Plate
from livingdrug.assay.replicates import COUNTED, Curves, curves, group_keys

LONGEST = 35 * 24.0  # h: longer than re-challenge assays run
SLOW = np.log(2) / 240  # per h: nothing that kills or divides is that slow
FAST = np.log(2) / 5  # per h: no tumour line doubles in less than 5 h
LONG_ENOUGH = 100.0  # h, over which slowness says something
CHANGE = 0.3  # of a logarithm: a curve that changes at all
DEAD_OF_SEEDED, DEAD_OF_CONTROL, DEAD_LYSIS = 0.02, 0.05, 98.0
FULL = 95.0  # percent confluence
PAUSE = 2.5  # times the usual step: somebody took the plate out
SIGNALS = ("luminescence", "absorbance", "release")
EARLY = 0.5  # h after the start: the reading that counts what was seeded


def check_sanity(plate: Plate, reading: AssayReading) -> Checked:
    """Findings on what is missing or cannot be, with a map of the wells that are saturated."""
    tables = [curves(plate, quantity) for quantity in plate.quantities()]
    findings = [
        *_times(plate, tables),
        *_start(plate, tables, reading),
        *_controls(plate),
        *_killed(plate),
        *_effectors(plate),
        *_one_time(plate, tables),
        *_units(plate),
    ]
    saturated, maps = _saturated(plate)
    return Checked((*findings, *saturated), maps)


def _rates(plate: Plate, table: Curves) -> np.ndarray:
    """Change of the logarithm per h between neighbouring readings of a well, where nothing was done in
    between."""
    found = []
    for row, well in zip(table.scaled, table.wells, strict=True):
        there = np.flatnonzero(np.isfinite(row))
        times = table.times[there]
        done = plate.events.time[plate.events.well == well]
        quiet = [not ((done >= a) & (done < b)).any() for a, b in zip(times[:-1], times[1:], strict=True)]
        found.append((np.diff(row[there]) / np.diff(times))[np.array(quiet, dtype=bool)])
    return np.concatenate(found) if found else np.empty(0)


def _times(plate: Plate, tables: list[Curves]) -> list[PlateFinding]:
    """Times in a unit that the curves contradict."""
    if not plate.readings.n:
        return []
    first, last = float(plate.readings.time.min()), float(plate.readings.time.max())
    span = last - first
    if span > LONGEST:
        return [
            _unit(
                f"the readings run to {last:,.0f} h, which is {last / 24:.0f} days{_growth(plate, tables)}",
                "min",
            )
        ]
    moving = [t for t in tables if t.logarithmic and _changes(t)]
    rates = np.abs(np.concatenate([_rates(plate, t) for t in moving])) if moving else np.empty(0)
    if span > LONG_ENOUGH and len(rates) and np.quantile(rates, 0.9) < SLOW:
        return [
            _unit(
                f"over {span:.0f} h nothing changes faster than by half in {np.log(2) / rates.max():.0f} h",
                "min",
            )
        ]
    fast = [rate for t in tables if t.quantity in (*COUNTED, "confluence") for rate in _growths(plate, t)]
    if fast and np.median(fast) > FAST:
        return [_unit(f"cells double in {np.log(2) / np.median(fast):.1f} h", "d")]
    return []


def _unit(problem: str, other: str) -> PlateFinding:
    word = {"min": "minutes", "d": "days"}[other]
    return warn(
        "time-unit",
        other,
        f"{problem}: are the times {word} and not hours?",
        f"say --time-unit {other} if they are; no fit should take them before that is settled",
    )


def _changes(table: Curves) -> bool:
    spread = np.nanmax(table.scaled, axis=1, initial=-np.inf) - np.nanmin(
        table.scaled, axis=1, initial=np.inf
    )
    return bool((spread > CHANGE).any())


def _growths(plate: Plate, table: Curves) -> list[float]:
    """Rate per h over the whole of each curve that grows, of wells to which nothing was done."""
    made = []
    for row, well in zip(table.scaled, table.wells, strict=True):
        there = np.flatnonzero(np.isfinite(row))
        if len(there) < 3 or (plate.events.well == well).any():
            continue
        change = row[there[-1]] - row[there[0]]
        if change > CHANGE:
            made.append(change / (table.times[there[-1]] - table.times[there[0]]))
    return made


def _growth(plate: Plate, tables: list[Curves]) -> str:
    rates = [rate for t in tables if t.logarithmic for rate in _growths(plate, t)]
    return f", with a growth of {np.median(rates):.2g} per h" if rates else ""


def _start(plate: Plate, tables: list[Curves], reading: AssayReading) -> list[PlateFinding]:
    """The clock of an impedance reader begins before the effectors come."""
    table = next((t for t in tables if t.quantity == "cell_index"), None)
    w = plate.wells
    with_effectors = (w.role == "sample") | (w.role == "effector_alone") | (w.effectors > 0)
    if table is None or reading.start is not None or (set(w.role) != {""} and not with_effectors.any()):
        return []
    pause = _pause(table.times)
    where = f"; readings pause from {pause[0]:g} to {pause[1]:g} h, perhaps then" if pause else ""
    return [
        warn(
            "start",
            "",
            "the clock of the readings begins when the plate was first read, and no file says when the "
            "effectors were "
            f"added{where}",
            "say --start H, the time on this clock at which they were added; without it co-culture begins "
            "at 0 h",
        )
    ]


def _pause(times: np.ndarray) -> tuple[float, float] | None:
    """The longest gap between readings, where it is far longer than the steps around it."""
    steps = np.diff(times)
    if len(steps) < 8:
        return None
    k = int(np.argmax(steps[1:-1])) + 1
    around = np.median(np.concatenate([steps[max(0, k - 4) : k], steps[k + 1 : k + 5]]))
    return (float(times[k]), float(times[k + 1])) if steps[k] > PAUSE * around else None


def _controls(plate: Plate) -> list[PlateFinding]:
    """Controls without which rates or lysis cannot be told."""
    w, there = plate.wells, set(plate.quantities())
    roles = set(w.role)
    if roles == {""}:
        return [warn("no-map", "", "nothing says what the wells hold", "give the map with --map")]
    found = []
    if "sample" in roles and "target_alone" not in roles and there != {"lysis"}:
        names = listed(sorted(set(w.plate)) if any(w.plate) else w.names(w.role == "sample"))
        found.append(
            warn(
                "no-control",
                "target_alone",
                f"no control wells: no well of {names} holds targets alone, so growth cannot be separated "
                "from killing",
                "add wells with targets alone; without them only differences between constructs can be "
                "compared",
            )
        )
    signals = [q for q in SIGNALS if q in there]
    if signals and not roles & {"empty", "full_lysis"}:
        found.append(
            warn(
                "no-background",
                signals[0],
                f"{signals[0]} has no empty and no fully lysed wells: what is background is not known",
                "add such wells to the map; the signal is no fraction of living targets without them",
            )
        )
    single, groups = _groups_of_one(plate)
    if 2 * len(single) > groups:
        found.append(
            warn(
                "no-replicates",
                "",
                f"{len(single)} of {groups} treatment(s) have one well each: {listed(single)}",
                "the error between wells can be known from replicates only: give each treatment two wells "
                "or more",
            )
        )
    return found


def _groups_of_one(plate: Plate) -> tuple[list[str], int]:
    """(wells that are alone in their replicate group, number of groups) of wells with targets."""
    w = plate.wells
    group = group_keys(plate)
    there = np.isin(w.role, ("sample", "target_alone")) & (w.count == 1)
    return w.names(there & (np.bincount(group)[group] == 1)), len(set(group[there]))


def _killed(plate: Plate) -> list[PlateFinding]:
    """Every co-culture well is empty of targets when it is first read."""
    r, w = plate.readings, plate.wells
    quantity = next(
        (q for q in ("targets", "lysis", "cell_index", "confluence", "luminescence") if q in r.quantity), None
    )
    if quantity is None:
        return []
    mine = (r.quantity == quantity) & (w.role[r.well] == "sample") & np.isin(r.flag, ("", "below", "above"))
    mine &= r.time > w.start[r.well] + EARLY
    if not mine.any():
        return []
    first = np.full(w.n, np.inf)
    np.minimum.at(first, r.well[mine], r.time[mine])
    rows = np.flatnonzero(mine & (r.time == first[r.well]))
    dead = np.array([_is_dead(plate, i, quantity) for i in rows], dtype=bool)
    if len(rows) < 2 or not dead.all():
        return []
    times = sorted(set(r.time[rows]))
    return [
        warn(
            "all-killed",
            quantity,
            f"all {len(rows)} co-culture wells are killed at the first reading ({times[0]:g} h"
            f"{f' to {times[-1]:g} h' if len(times) > 1 else ''}; wells {listed(w.names(r.well[rows]))})",
            "rates of killing can only be bounded from below: read earlier, or seed fewer effectors per "
            "target",
        )
    ]


def _is_dead(plate: Plate, i: SupportsIndex, quantity: str) -> bool:
    r, w = plate.readings, plate.wells
    if quantity == "lysis":
        return r.flag[i] == "above" or r.value[i] >= DEAD_LYSIS
    if r.flag[i] == "below":
        return True
    control = (
        (r.quantity == quantity) & (w.role[r.well] == "target_alone") & (r.time == r.time[i]) & (r.flag == "")
    )
    of_control = r.value[i] <= DEAD_OF_CONTROL * r.value[control].mean() if control.any() else False
    of_seeded = r.unit[i] == "cells/well" and r.value[i] <= DEAD_OF_SEEDED * w.targets[r.well[i]]
    return bool(of_control or of_seeded)


def _effectors(plate: Plate) -> list[PlateFinding]:
    r, w = plate.readings, plate.wells
    samples = w.role[r.well] == "sample"
    if (
        not samples.any()
        or (samples & (r.quantity == "effectors") & (r.flag != "missing")).any()
        or set(r.quantity) == {"lysis"}
    ):
        return []
    return [
        warn(
            "effectors-not-counted",
            "effectors",
            "effectors were never counted in a co-culture well: how many there were is known from seeding "
            "alone",
            "an error of seeding becomes one of killing per effector, and exhaustion shows late; count "
            "them at the end of "
            "rounds",
        )
    ]


def _one_time(plate: Plate, tables: list[Curves]) -> list[PlateFinding]:
    w = plate.wells
    found = [t for t in tables if t.quantity not in ("effectors", "beads", "live")]
    rows = [np.isfinite(t.value[w.role[t.wells] == "sample"]) for t in found]
    most = max((int(there.sum(axis=1).max(initial=0)) for there in rows if there.size), default=0)
    if most != 1:
        return []
    times = sorted(
        {
            float(t.times[k])
            for t, there in zip(found, rows, strict=True)
            for k in np.flatnonzero(there.any(axis=0))
        }
    )
    return [
        warn(
            "one-time",
            "",
            f"each co-culture well has one reading (at {listed([f'{time:g} h' for time in times], 4)})",
            "killing, proliferation and exhaustion are not identifiable from one time: read several times "
            "or rounds",
        )
    ]


def _units(plate: Plate) -> list[PlateFinding]:
    found = sorted(set(plate.readings.unit) & {"objects/image", "objects/well", "objects/mm2"})
    if not found:
        return []
    return [
        warn(
            "objects",
            found[0],
            f"the counts are {found[0]}, not cells of a well",
            "growth and ratios between constructs do not change by it; killing per effector needs the "
            "factor to cells",
        )
    ]


def _saturated(plate: Plate) -> tuple[list[PlateFinding], tuple[WellMap, ...]]:
    r, w = plate.readings, plate.wells
    full = (r.quantity == "confluence") & (r.value >= FULL) & (r.flag == "")
    above = r.flag == "above"
    found = []
    for rows, what, fix in (
        (
            above,
            "above the range of the instrument",
            "they are censored from above: dilute, or lower the gain next time",
        ),
        (
            full,
            f"at {FULL:g} % confluence or above",
            f"growth cannot be seen there: censor them with --saturation confluence={FULL:g}",
        ),
    ):
        if rows.any():
            names = list(dict.fromkeys(w.names(r.well[rows])))
            times = sorted(set(r.time[rows]))
            when = f"{times[0]:g} h" if len(times) == 1 else f"{times[0]:g} to {times[-1]:g} h"
            found.append(
                warn(
                    "saturation",
                    "",
                    f"{rows.sum()} reading(s) are {what} ({when}; wells {listed(names)})",
                    fix,
                )
            )
    if not found:
        return [], ()
    share = np.array(
        [100 * (above | full)[r.well == k].mean() if (r.well == k).any() else np.nan for k in range(w.n)]
    )
    return found, (WellMap("saturation", "readings that are saturated", "%", 0.0, share, share > 0),)
