"""Which wells and readings a fit sees, and what each kind of reading says of the cells in a well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.assay.channels import ABOVE, BELOW, EARLY, MEASURED, REFUSED, SPECIES, Channel, channels_of, scaled
from livingdrug.assay.course import ABSENT, Course, Steps
from livingdrug.assay.plate import Plate
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model

LOGNORMAL, NEGATIVE_BINOMIAL = "lognormal", "negative_binomial"
# an index, a confluence or a light signal errs in proportion to its size, but never by less than this part
# of the largest
FLOOR = 0.05
MOST = 60  # readings of one well and channel: neighbours of a dense series say nearly the same
FITTED_ROLES = ("sample", "target_alone", "effector_alone")


@dataclass(frozen=True)
class Observed:
    """Readings of a fit, rows in order of well, channel and time, shape (rows,) each.

    Attributes
    ----------
    plate : Plate
        They are from.
    wells : ndarray
        Positions in the plate's wells.
    well : ndarray
        Position in `wells`.
    channel : ndarray
        Position in `channels`.
    time : ndarray
        h since the start of the well.
    y : ndarray
        Value or limit.
    kind : ndarray
        MEASURED, BELOW or ABOVE.
    sd : ndarray
        As the file states it.
    place : ndarray
        Position of its time in the course of its well, over all wells.
    channels : tuple of Channel
        Kinds of reading.
    begin : ndarray, shape (wells,)
        h on the clock of the plate.
    start : ndarray, shape (wells, 2)
        Effectors and targets at the start.
    free : ndarray, shape (wells,)
        Whether the targets at the start are looked for rather than known from the seeding.
    steps : tuple of Steps
        What is done to each well.
    times : tuple of ndarray
        Reading times of each well.
    notes : tuple of str
        What was taken for granted.
    counted : float
        Part of a well's cells that a count is made of (0: errors of counting are not told apart).
    exact : bool
        Whether counts are negative binomial rather than lognormal.
    """

    plate: Plate
    wells: np.ndarray
    well: np.ndarray
    channel: np.ndarray
    time: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    sd: np.ndarray
    place: np.ndarray
    channels: tuple[Channel, ...]
    begin: np.ndarray
    start: np.ndarray
    free: np.ndarray
    steps: tuple[Steps, ...]
    times: tuple[np.ndarray, ...]
    notes: tuple[str, ...] = field(default=())
    counted: float = 0.0
    exact: bool = False

    @property
    def n(self) -> int:
        """Number of wells."""
        return len(self.wells)

    def column(self, name: str) -> np.ndarray:
        """A column of the map for the wells of the fit."""
        return getattr(self.plate.wells, name)[self.wells]

    @property
    def measured(self) -> np.ndarray:
        """Which readings hold a value rather than a limit, (rows,)."""
        return self.kind == MEASURED

    @property
    def names(self) -> list[str]:
        """Names of the wells."""
        return self.plate.wells.names(self.wells)

    def of_wells(self, which: np.ndarray) -> "Observed":
        """These wells alone (a mask, shape (wells,))."""
        position = np.cumsum(which) - 1
        rows = which[self.well]
        well = position[self.well[rows]]
        times, place = _grid(well, self.time[rows], int(which.sum()))
        per_row = {name: getattr(self, name)[rows] for name in ("channel", "time", "y", "kind", "sd")}
        per_well = {name: getattr(self, name)[which] for name in ("wells", "begin", "start", "free")}
        steps = tuple(step for step, there in zip(self.steps, which, strict=True) if there)
        return replace(self, **per_row, **per_well, well=well, times=times, place=place, steps=steps)

    def course(self, model: Model) -> Course:
        """The wells as a model runs them."""
        return Course(model, self.steps, self.times)


def observe(
    plate: Plate,
    first: float | None = None,
    last: float | None = None,
    most: int = MOST,
    per_cell: Mapping[str, float] | None = None,
    counted: float = 0.0,
    unknown_scale: Sequence[str] = (),
    counts: str = LOGNORMAL,
) -> Observed:
    """What a fit sees of a plate.

    Parameters
    ----------
    plate : Plate
        Readings, map and events.
    first, last : float or None
        Window in h on the plate's clock; a well starts at its first reading there, or when effectors
        came.
    most : int, optional
        Readings of one well and channel that are used, evenly over time; the others are nearly the same
        again.
    per_cell : Mapping[str, float] or None
        Quantity -> reading per cell, for readings that are not cells.
    counted : float, optional
        Part of a well's cells that a count is made of; 0 where errors of counting are not told apart.
    unknown_scale : sequence of str, optional
        Quantities whose reading per cell is looked for, from `per_cell` on.
    counts : str, optional
        LOGNORMAL or NEGATIVE_BINOMIAL, which needs `counted` and takes counts of zero.

    Raises
    ------
    InputError : no wells with a role, no readings in the window, a quantity that no model of cells can be compared with, a
        reading per cell that stands in for rates
    """
    if not 0 <= counted <= 1:
        raise InputError(f"the part of the cells that was counted is {counted:g}; it must be 0 to 1")
    if counts not in (LOGNORMAL, NEGATIVE_BINOMIAL):
        raise InputError(unknown("distribution of counts", counts, (LOGNORMAL, NEGATIVE_BINOMIAL)))
    if counts == NEGATIVE_BINOMIAL and not counted > 0:
        raise InputError(
            "negative binomial counts need the part of a well's cells that was counted (--counted-part 0.1; 1 where all were)"
        )
    notes: list[str] = []
    wells = _wells(plate, notes)
    rows = _rows(plate, wells, first, last)
    channels = channels_of(plate, rows, dict(per_cell or {}), tuple(unknown_scale), notes)
    begin = _begin(plate, wells, rows, first, notes)
    position = np.full(plate.wells.n, -1)
    position[wells] = np.arange(len(wells))
    r = plate.readings.rows(rows)
    keep = r.time >= begin[position[r.well]] - 1e-9
    r = r.rows(keep)
    r = r.rows(_thinned(r, most, notes))
    silent = np.setdiff1d(np.arange(len(wells)), position[r.well])
    if len(silent):
        notes.append(
            f"{len(silent)} well(s) have no reading in the window and are not fitted: "
            f"{_some(plate.wells.names(wells[silent]))}"
        )
        kept = np.setdiff1d(np.arange(len(wells)), silent)
        wells, begin = wells[kept], begin[kept]
        position = np.full(plate.wells.n, -1)
        position[wells] = np.arange(len(wells))
    well = position[r.well]
    quantities = [c.quantity for c in channels]
    channel = np.array([quantities.index(q) for q in r.quantity], dtype=int)
    kind = np.select([r.flag == "below", r.flag == "above"], [BELOW, ABOVE], MEASURED)
    y = np.where(kind == MEASURED, r.value, r.limit)
    _check_values(plate, r, y, kind, channels, channel, counts == NEGATIVE_BINOMIAL)
    time = r.time - begin[well]
    order = np.lexsort((time, channel, well))
    well, channel, time, y, kind, sd = (a[order] for a in (well, channel, time, y, kind, r.sd))
    times, place = _grid(well, time, len(wells))
    start, free = _start(plate, wells, channels, well, channel, time, y, kind, begin, notes)
    channels = scaled(channels, start, free, well, channel, time, y, kind, notes)
    steps = tuple(_steps(plate, w, begin[i]) for i, w in enumerate(wells))
    return Observed(
        plate=plate,
        wells=wells,
        well=well,
        channel=channel,
        time=time,
        y=y,
        kind=kind,
        sd=sd,
        place=place,
        channels=channels,
        begin=begin,
        start=start,
        free=free,
        steps=steps,
        times=times,
        notes=tuple(notes),
        counted=counted,
        exact=counts == NEGATIVE_BINOMIAL,
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")


def _wells(plate: Plate, notes: list[str]) -> np.ndarray:
    role = plate.wells.role
    wells = np.flatnonzero(np.isin(role, FITTED_ROLES))
    if not len(wells):
        raise InputError(
            "no well has the role of a sample or a control, so nothing says which wells hold effectors; "
            "give the plate map "
            "(--map) with a column `role` or with the cells seeded"
        )
    if (role == "").any():
        notes.append(f"{int((role == '').sum())} well(s) have no role in the map and are not fitted")
    lost = wells[(role[wells] == "sample") & ~np.isfinite(plate.wells.effectors[wells])]
    if len(lost):
        raise InputError(
            f"well(s) {_some(plate.wells.names(lost))}: the map does not say how many effectors were "
            "seeded; add the column "
            "`effectors_seeded`"
        )
    return wells


def _rows(plate: Plate, wells: np.ndarray, first: float | None, last: float | None) -> np.ndarray:
    r = plate.readings
    usable = (
        np.isin(r.flag, ("", "below", "above")) & np.isin(r.well, wells) & np.isin(r.quantity, [*SPECIES])
    )
    inside = (r.time >= (-np.inf if first is None else first - 1e-9)) & (
        r.time <= (np.inf if last is None else last + 1e-9)
    )
    if not usable.any():
        for quantity in plate.quantities():
            if quantity in REFUSED:
                raise InputError(f"`{quantity}` cannot be fitted: {REFUSED[quantity]}")
        raise InputError("no well with a role has a reading that can be fitted; see `livingdrug assay check`")
    if not (usable & inside).any():
        times = r.time[usable]
        raise InputError(
            f"no reading lies in the window; readings run from {times.min():g} to {times.max():g} h"
        )
    return np.flatnonzero(usable & inside)


def _begin(
    plate: Plate, wells: np.ndarray, rows: np.ndarray, first: float | None, notes: list[str]
) -> np.ndarray:
    """Where each well starts: at the first reading of the window, or when the effectors came where that was
    later."""
    r, w, e = plate.readings, plate.wells, plate.events
    whole = first if first is not None else min(0.0, float(r.time[rows].min()))
    index_only = all(q == "cell_index" for q in r.quantity[rows])
    begin = np.full(len(wells), float(r.time[rows].min()) if first is not None or index_only else whole)
    later = (w.start[wells] > begin) & (w.role[wells] == "sample")
    begin[later] = w.start[wells][later]
    if later.any():
        notes.append(f"{int(later.sum())} well(s) are fitted from the addition of the effectors on")
    early = [
        i
        for i in range(e.n)
        if e.well[i] in wells
        and e.time[i] < begin[np.flatnonzero(wells == e.well[i])[0]] - 1e-9
        and (e.targets[i] or e.effectors[i] or e.kept[i] < 1)
    ]
    if early:
        i = early[0]
        raise InputError(
            f"well {w.names([e.well[i]])[0]}: the window starts after the {e.kind[i]} at {e.time[i]:g} h, "
            "so the effectors at "
            "its start are unknown; start it earlier (--from)"
        )
    return begin


def _thinned(r, most: int, notes: list[str]) -> np.ndarray:
    """Positions of at most `most` readings of each series, evenly over time."""
    keys = np.stack([r.well, np.unique(r.quantity, return_inverse=True)[1]])
    change = np.flatnonzero((np.diff(keys, axis=1) != 0).any(axis=0)) + 1
    series = np.split(np.arange(r.n), change)
    kept = [
        s if len(s) <= most else s[np.unique(np.linspace(0, len(s) - 1, most).round().astype(int))]
        for s in series
    ]
    if sum(map(len, kept)) < r.n:
        notes.append(
            f"{sum(map(len, kept)):,} of {r.n:,} readings are fitted, at most {most} of a well, evenly over "
            "time: neighbours in a "
            "dense series err alike, so the others would add little"
        )
    return np.concatenate(kept)


def _check_values(plate, r, y, kind, channels, channel, exact: bool) -> None:
    logs = np.array([c.logs for c in channels])[channel]
    zero = exact & (y == 0) & np.array([c.known for c in channels])[channel]
    wrong = np.flatnonzero(((kind != MEASURED) & ~(y > 0)) | (logs & (kind == MEASURED) & ~(y > 0) & ~zero))
    if len(wrong):
        i = wrong[0]
        what = "is below or above a limit that is not stated" if kind[i] != MEASURED else f"is {y[i]:g}"
        raise InputError(
            f"well {plate.wells.names([r.well[i]])[0]} at {r.time[i]:g} h (line {r.line[i]}): "
            f"{r.quantity[i]} {what}; counts are "
            "fitted as logarithms: write a value below the limit as `<25`, or take counts as negative binomial "
            "(--count-errors negative_binomial)"
        )


def _grid(well: np.ndarray, time: np.ndarray, n: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """The different times of each well, and where each reading's stands among those of all wells."""
    times, place, at = [], np.empty(len(well), dtype=int), 0
    for w in range(n):
        mine = np.flatnonzero(well == w)
        own, inverse = np.unique(time[mine], return_inverse=True)
        place[mine] = at + inverse
        times.append(own)
        at += len(own)
    return tuple(times), place


def _start(plate, wells, channels, well, channel, time, y, kind, begin, notes) -> tuple[np.ndarray, np.ndarray]:
    """Effectors and targets at the start of each well, and whether the targets are taken from the first
    reading."""
    w, start = plate.wells, np.empty((len(wells), 2))
    role = w.role[wells]
    start[:, 0] = np.where(role == "target_alone", 0.0, w.effectors[wells])
    start[:, 1] = np.where(role == "effector_alone", 0.0, w.targets[wells])
    counted = any(c.species == "targets" and c.known and c.logs for c in channels)
    looked_for = any(c.estimated for c in channels)
    free = np.zeros(len(wells), dtype=bool)
    for i in range(len(wells)):
        if role[i] == "effector_alone":
            continue
        if (counted or (looked_for and begin[i] <= EARLY)) and np.isfinite(start[i, 1]):
            continue
        mine = np.flatnonzero(
            (well == i) & (kind == MEASURED) & np.array([c.species == "targets" for c in channels])[channel]
        )
        if not len(mine):
            raise InputError(
                f"well {w.names([wells[i]])[0]}: neither the targets seeded nor a reading of targets is there"
            )
        j = mine[np.argmin(time[mine])]
        c = channels[channel[j]]
        start[i, 1] = max((y[j] - c.background) / c.per_cell, 1.0)
        free[i] = True
    lost = ~np.isfinite(start[:, 0])
    if lost.any():
        raise InputError(
            f"well(s) {_some(w.names(wells[lost]))}: the map does not say how many effectors were seeded"
        )
    if free.any():
        notes.append(
            f"targets at the start are looked for in {int(free.sum())} well(s), from their first reading on"
        )
    return np.maximum(start, ABSENT), free


def _steps(plate: Plate, well: int, begin: float) -> Steps:
    e = plate.events
    mine = np.flatnonzero(
        (e.well == well) & (e.time > begin - 1e-9) & ((e.kept < 1) | (e.targets > 0) | (e.effectors > 0))
    )
    # what happens at one time is done in its order; a course has one step a time
    times = np.unique(e.time[mine])
    kept, targets, effectors = np.ones(len(times)), np.zeros(len(times)), np.zeros(len(times))
    for i in mine:
        k = int(np.searchsorted(times, e.time[i]))
        kept[k] *= e.kept[i]
        targets[k], effectors[k] = (
            targets[k] * e.kept[i] + e.targets[i],
            effectors[k] * e.kept[i] + e.effectors[i],
        )
    return Steps(times - begin, kept, targets, effectors)
