"""Wells that were treated alike, and how far each of them lies from the others."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.plate import Plate

# quantities whose noise is a factor; the others (percent lysis) are compared as they are
LOGARITHMIC = (
    "cell_index",
    "confluence",
    "targets",
    "effectors",
    "luminescence",
    "absorbance",
    "release",
    "live",
)
COUNTED = ("targets", "effectors", "live")
FLOOR = 0.05  # of its highest value: a cell index or a signal below this is background


@dataclass(frozen=True)
class Curves:
    """Readings of one quantity as a table of wells and times.

    wells (w,): positions in Plate.wells, those with a reading; times (t,): h; value (w, t): measured, nan
    where it is not; scaled (w, t): its logarithm where noise is a factor, the value itself for percent lysis;
    group (w,): number of the replicate group.
    """

    quantity: str
    wells: np.ndarray
    times: np.ndarray
    value: np.ndarray
    scaled: np.ndarray
    group: np.ndarray

    @property
    def logarithmic(self) -> bool:
        """Whether differences are ratios."""
        return self.quantity in LOGARITHMIC

    def members(self) -> list[np.ndarray]:
        """Rows of each group of two wells or more."""
        found = [np.flatnonzero(self.group == g) for g in np.unique(self.group)]
        return [rows for rows in found if len(rows) > 1]


def group_keys(plate: Plate) -> np.ndarray:
    """Number of the replicate group of each well, shape (wells,): alike in everything that the map says.

    A well of which the map says nothing is alone in its group.
    """
    w = plate.wells
    numbers = [np.char.mod("%.6g", values) for values in (w.ratio, w.effectors, w.targets, w.dose)]
    unknown = [i if role == "" else -1 for i, role in enumerate(w.role)]
    keys = list(zip(w.plate, w.role, unknown, w.construct, w.donor, w.treatment, *numbers, strict=True))
    order = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([order[key] for key in keys], dtype=int)


def curves(plate: Plate, quantity: str) -> Curves:
    """The table of one quantity. Readings that are censored, missing or left out are nan."""
    r = plate.readings
    mine = np.flatnonzero(r.quantity == quantity)
    wells, row = np.unique(r.well[mine], return_inverse=True)
    times, column = np.unique(r.time[mine], return_inverse=True)
    value = np.full((len(wells), len(times)), np.nan)
    value[row, column] = np.where(r.flag[mine] == "", r.value[mine], np.nan)
    scaled = value
    if quantity in LOGARITHMIC:
        top = np.nanmax(value, initial=0.0)
        least = 0.0 if quantity in COUNTED else FLOOR * top
        scaled = np.log(np.where(value > least, value, np.nan))
    return Curves(quantity, wells, times, value, scaled, group_keys(plate)[wells])


def mean_of(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what is not nan, nan where nothing is."""
    count = np.isfinite(values).sum(axis=axis)
    total = np.nansum(values, axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def residuals(table: Curves) -> np.ndarray:
    """Scaled readings less the mean of their group at that time, shape (w, t); nan where fewer than two
    were read."""
    made = np.full(table.scaled.shape, np.nan)
    for rows in table.members():
        block = table.scaled[rows]
        enough = np.isfinite(block).sum(axis=0) > 1
        made[rows] = np.where(enough, block - mean_of(block, 0), np.nan)
    return made
