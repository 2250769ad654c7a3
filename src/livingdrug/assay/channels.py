"""What each kind of reading says of the cells in a well: whose they are, what one cell gives, what is
background."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.assay.plate import Plate
from livingdrug.core.errors import InputError

MEASURED, BELOW, ABOVE = 0, 1, -1
EARLY = 1.0  # h: readings until then show the cells seeded
CELLS_PER_INDEX = 1e4
SPECIES = {
    "cell_index": "targets",
    "confluence": "targets",
    "targets": "targets",
    "luminescence": "targets",
    "effectors": "effectors",
}
COUNTED = ("targets", "effectors")
REFUSED = {
    "lysis": "lysis compares two wells, so it holds no course of one well; give counts, an index or the "
    "luminescence itself",
    "absorbance": "absorbance of a release assay is an end point of dead cells; `livingdrug assay check` "
    "turns it into lysis",
    "release": "a release assay is an end point of dead cells; `livingdrug assay check` turns it into lysis",
}


@dataclass(frozen=True)
class Channel:
    """One kind of reading. per_cell: reading per cell; background: reading of an empty well; logs: errors are
    of the logarithm (else of the reading, in proportion to its size); known: whether per_cell is known rather
    than assumed; estimated: whether it is looked for, from this value on."""

    quantity: str
    species: str
    unit: str
    per_cell: float
    background: float
    logs: bool
    known: bool
    estimated: bool = False


def channels_of(
    plate: Plate,
    rows: np.ndarray,
    per_cell: dict[str, float],
    unknown_scale: tuple[str, ...],
    notes: list[str],
) -> tuple[Channel, ...]:
    """The kinds of readings that a fit sees. Raises InputError for two units of one quantity, and for a
    reading that is no number of cells and whose factor nobody states."""
    r, found = plate.readings, []
    present = [q for q in SPECIES if (r.quantity[rows] == q).any()]
    for odd in set(per_cell) - set(present):
        raise InputError(f"a reading per cell was given for `{odd}`; the plate has {', '.join(present)}")
    for odd in set(unknown_scale) - {q for q in present if SPECIES[q] == "targets"}:
        raise InputError(
            f"the reading per cell of `{odd}` cannot be estimated: the plate has {', '.join(present)}"
        )
    for quantity in present:
        units = sorted(set(r.unit[rows][r.quantity[rows] == quantity]))
        if len(units) > 1:
            raise InputError(f"`{quantity}` is given in {' and '.join(units)}; give one unit")
        cells = quantity in COUNTED and units[0] == "cells/well"
        factor, known, looked_for = per_cell.get(quantity), True, quantity in unknown_scale
        if looked_for:
            factor, known = factor or 1 / CELLS_PER_INDEX, False
        elif factor is None and quantity == "cell_index":
            factor, known = 1 / CELLS_PER_INDEX, False
            notes.append(
                f"1 cell index is taken as {CELLS_PER_INDEX:g} cells (the scale of the deposit of Brummer "
                "2022); rates per cell "
                "change in proportion where it differs (--per-cell cell_index=...)"
            )
        elif factor is None and not cells:
            raise InputError(
                f"`{quantity}` is in {units[0]}, not in cells; say what one cell gives (--per-cell "
                f"{quantity}=NUMBER), for "
                "example the first reading divided by the cells seeded"
            )
        factor = 1.0 if factor is None else float(factor)
        if not (np.isfinite(factor) and factor > 0):
            raise InputError(f"the reading per cell of `{quantity}` is {factor:g}; it must be above 0")
        background = _background(plate, quantity, notes)
        logs = quantity in (*COUNTED, "luminescence")
        found.append(
            Channel(quantity, SPECIES[quantity], units[0], factor, background, logs, known, looked_for)
        )
    return tuple(found)


def _background(plate: Plate, quantity: str, notes: list[str]) -> float:
    """Median reading of empty wells; 0 where there are none, or the readings are counts."""
    r = plate.readings
    empty = (plate.wells.role[r.well] == "empty") & (r.quantity == quantity) & (r.flag == "")
    if quantity in COUNTED or not empty.any():
        return 0.0
    found = float(np.median(r.value[empty]))
    notes.append(
        f"{quantity}: {found:.3g} {r.unit[empty][0]}, the median of the empty wells, is taken as background"
    )
    return found


def scaled(channels, start, free, well, channel, time, y, kind, notes: list[str]) -> tuple[Channel, ...]:
    """The channels, with the reading per cell that is looked for as the readings of wells with known cells
    have it. Raises InputError where no such well has a reading soon after seeding, and no cells are
    counted: a reading per cell and rates per cell then move together."""
    counted = any(c.species == "targets" and c.known and c.logs for c in channels)
    made = list(channels)
    for k, c in enumerate(channels):
        if not c.estimated:
            continue
        early = (channel == k) & (kind == MEASURED) & (time <= EARLY) & ~free[well] & (start[well, 1] > 1)
        ratios = (y[early] - c.background) / start[well[early], 1]
        if (ratios > 0).any():
            made[k] = replace(c, per_cell=float(np.median(ratios[ratios > 0])))
        if counted:
            notes.append(f"{c.quantity} per cell is estimated from the targets that were counted")
        elif (ratios > 0).any():
            notes.append(
                f"{c.quantity} per cell is estimated from readings within {EARLY:g} h of seeding, as if the "
                "targets seeded were right on average and had attached: an index that still rises as cells "
                "attach makes it too small"
            )
        else:
            raise InputError(
                f"{c.quantity} per cell is confounded with the rates per cell on this plate: no well has "
                f"both targets seeded and a reading within {EARLY:g} h of it, and no targets are counted. "
                f"State it (--per-cell {c.quantity}=NUMBER), or count the targets of some wells"
            )
    return tuple(made)
