"""Edge effects: wells at the rim of the plate against wells inside that were treated alike.

Every well has one number, the mean over the times of its distance from the mean of its replicate group (a
logarithm where noise is a factor): readings of one well are not independent, wells are. The rim is then a
term in a least-squares fit with a mean for each group, so that only groups with wells of both kinds say
anything. A second number, the slope of that distance over time, shows what grows (evaporation, slower
growth).
"""

import numpy as np

from livingdrug.assay.marks import Checked, WellMap, percent, spread_to_wells, warn
from livingdrug.assay.plate import Plate
from livingdrug.assay.replicates import Curves, curves, mean_of, residuals
from livingdrug.assay.words import PLATES, split_well, well_name

LEVEL = 0.005  # of a test; a plate has some six
LEAST = 0.05  # differences below this are not worth a warning, on either scale
LEAST_LYSIS = 5.0  # the same in percent lysis
MOST_FREEDOM = 0.2


def positions(plate: Plate) -> np.ndarray:
    """(row, column) of each well from 0, shape (wells, 2); -1 for a sample that is no place on a plate."""
    names = [well_name(name.split(",")[0]) for name in plate.wells.well]
    return np.array([split_well(name) if name else (-1, -1) for name in names], dtype=int).reshape(-1, 2)


def rim(plate: Plate, size: int) -> np.ndarray:
    """Which wells lie in the outermost rows and columns, shape (wells,)."""
    rows, columns = PLATES[size]
    place = positions(plate)
    outer = (place[:, 0] == 0) | (place[:, 0] == rows - 1) | (place[:, 1] == 0) | (place[:, 1] == columns - 1)
    return outer & (place[:, 0] >= 0)


def within_groups(table: Curves, outer: np.ndarray, values: np.ndarray) -> tuple[float, float] | None:
    """(difference between rim and inside, p value of the t test) with a mean for each group; None where it
    cannot be known.

    outer, values (w,): of the rows of the table; values may be nan.
    """
    from scipy.special import stdtr

    top = bottom = square = 0.0
    wells = groups = 0
    parts = []
    for rows in table.members():
        rows = rows[np.isfinite(values[rows])]
        if len(rows) < 2:
            continue
        x, y = outer[rows] - outer[rows].mean(), values[rows] - values[rows].mean()
        parts.append((x, y))
        top, bottom = top + x @ y, bottom + x @ x
        wells, groups = wells + len(rows), groups + 1
    freedom = wells - groups - 1
    if bottom == 0 or freedom < 2:
        return None
    difference = top / bottom
    square = sum(((y - difference * x) ** 2).sum() for x, y in parts) / freedom
    if square <= 0:
        return None
    return float(difference), float(2 * stdtr(freedom, -abs(difference) / np.sqrt(square / bottom)))


def slopes(table: Curves, distance: np.ndarray) -> np.ndarray:
    """Slope of each row's distance over time, per day; nan with fewer than three times."""
    days = np.broadcast_to(table.times / 24, distance.shape)
    there = np.isfinite(distance)
    middle = mean_of(np.where(there, days, np.nan), 1)[:, None]
    x = np.where(there, days - middle, 0.0)
    y = np.where(there, distance, 0.0)
    square = (x * x).sum(axis=1)
    enough = (there.sum(axis=1) > 2) & (square > 0)
    return np.where(enough, (x * y).sum(axis=1) / np.where(enough, square, 1), np.nan)


def check_edge(plate: Plate, size: int) -> Checked:
    """Findings of edge effects and of what grows at the edge, with a map of the distances of the wells."""
    findings, maps = [], []
    outer = rim(plate, size)
    for quantity in plate.quantities():
        table = curves(plate, quantity)
        mine = outer[table.wells].astype(float)
        distance = residuals(table)
        level = mean_of(distance, 1)
        found = within_groups(table, mine, level)
        least = LEAST if table.logarithmic else LEAST_LYSIS
        if found and found[1] < LEVEL and abs(found[0]) > least:
            findings.append(_edge(quantity, table, found))
        drift = within_groups(table, mine, slopes(table, distance))
        if drift and drift[1] < LEVEL and abs(drift[0]) > least:
            findings.append(_drift(quantity, table, drift))
        marked = np.zeros(plate.wells.n, dtype=bool)
        marked[table.wells[mine > 0]] = bool(findings) and findings[-1].value == quantity
        if np.isfinite(level).any():
            shown = 100 * np.expm1(level) if table.logarithmic else level
            title = f"{quantity.replace('_', ' ')}: distance from wells treated alike, mean over time"
            values = spread_to_wells(plate, table.wells, shown)
            maps.append(WellMap(f"edge_{quantity}", title, "%", 0.0, values, marked))
    return Checked((*findings, *_confounded(plate, outer, bool(findings))), tuple(maps))


def _size(table: Curves, difference: float) -> str:
    return percent(difference) if table.logarithmic else f"{difference:+.1f} percent points"


def _edge(quantity: str, table: Curves, found: tuple[float, float]):
    said = f"edge effect: wells at the rim read {_size(table, found[0])} in {quantity} than wells inside"
    return warn(
        "edge",
        quantity,
        f"{said} that were treated alike (p = {found[1]:.1g})",
        "leave the rim out (--leave-out), give the fit an edge term, or fill the rim with medium next time",
    )


def _drift(quantity: str, table: Curves, found: tuple[float, float]):
    said = f"{quantity} at the rim drifts {_size(table, found[0])} per day than inside"
    return warn(
        "edge-drift",
        quantity,
        f"{said}, as evaporation or slower growth at the rim makes it (p = {found[1]:.1g})",
        "leave the rim out (--leave-out) or give the fit an edge term; a lid or a humid chamber helps",
    )


def _confounded(plate: Plate, outer: np.ndarray, effect: bool):
    """What lies at the rim alone cannot be told from the rim."""
    w = plate.wells
    if not effect:
        return ()
    found = []
    for what, labels in (("role", w.role), ("construct", w.construct)):
        for label in dict.fromkeys(labels[labels != ""]):
            share = outer[labels == label].mean()
            others = outer[(labels != label) & (labels != "")]
            if (share > 0.9 or share < 0.1) and len(others) and abs(share - others.mean()) > MOST_FREEDOM:
                where = "at the rim" if share > 0.9 else "inside"
                found.append(
                    warn(
                        "edge-confounded",
                        label,
                        f"{share if share > 0.9 else 1 - share:.0%} of the wells of {what} {label} lie "
                        f"{where}: what the rim does and what they do cannot be separated",
                        "place wells at random, or compare with wells of the same place",
                    )
                )
    return tuple(found)
