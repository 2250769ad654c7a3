"""Readings and wells far from the others that were treated alike. They are named, never dropped.

Distances are measured against the middle of all distances of the quantity (a robust SD), with the noise of
counting few cells added: at 30 cells a factor of 1.4 is nothing unusual.
"""

import numpy as np

from livingdrug.assay.marks import Checked, PlateFinding, WellMap, listed, spread_to_wells, warn
from livingdrug.assay.plate import Plate
from livingdrug.assay.replicates import COUNTED, Curves, curves, mean_of, residuals

FAR = 6.0  # robust SD of single readings
FAR_WELL = 4.5  # of the mean of a well
LEAST = 0.3  # on the scale of logarithms; 15 percent points of lysis
LEAST_LYSIS = 15.0
LEAST_WELLS = 3  # of a group in which an odd one can be told


def robust_sd(values: np.ndarray) -> float:
    """SD of the middle of the values, nan without any."""
    known = values[np.isfinite(values)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else np.nan


def check_outliers(plate: Plate) -> Checked:
    """Findings on single readings, on wells and on pairs of replicates that disagree, with a map of the
    distances."""
    findings: list[PlateFinding] = []
    maps = []
    for quantity in plate.quantities():
        table = curves(plate, quantity)
        z, distance = scores(table)
        if not np.isfinite(z).any():
            continue
        least = LEAST if table.logarithmic else LEAST_LYSIS
        far = (np.abs(z) > FAR) & (np.abs(distance) > least)
        wells = _whole_wells(table, distance, least)
        marked = np.zeros(plate.wells.n, dtype=bool)
        marked[table.wells[far.any(axis=1) | wells]] = True
        findings += [*_readings(plate, table, far, distance), *_wells(plate, table, wells, distance)]
        worst = np.where(
            np.isfinite(z).any(axis=1), np.nanmax(np.where(np.isfinite(z), np.abs(z), -1), axis=1), np.nan
        )
        title = f"{quantity.replace('_', ' ')}: largest distance from wells treated alike"
        maps.append(
            WellMap(
                f"outliers_{quantity}",
                title,
                "robust SD",
                0.0,
                spread_to_wells(plate, table.wells, worst),
                marked,
            )
        )
    return Checked(tuple(findings), tuple(maps))


def scores(table: Curves) -> tuple[np.ndarray, np.ndarray]:
    """(z, distance), shape (w, t): distance of each reading from the middle of the others of its group; z:
    in robust SD of the quantity, with the noise of counting added.

    The other wells of the group, not all of it: an odd well would hide in its own mean.
    """
    distance = np.full(table.scaled.shape, np.nan)
    widening = np.full(table.scaled.shape, np.nan)
    for rows in table.members():
        for k in rows:
            others = table.scaled[rows[rows != k]]
            count = np.isfinite(others).sum(axis=0)
            middle = _middle(others)
            distance[k] = np.where(count > 0, table.scaled[k] - middle, np.nan)
            widening[k] = np.sqrt(1 + 1 / np.maximum(count, 1))
    noise = _counting(table)
    sd = robust_sd(distance / widening)
    return distance / (widening * np.sqrt(max(sd, 1e-6) ** 2 + noise**2)), distance


def _middle(values: np.ndarray) -> np.ndarray:
    """Median of each column, nan where it is empty."""
    made = np.full(values.shape[1], np.nan)
    there = np.isfinite(values).any(axis=0)
    if there.any():
        made[there] = np.nanmedian(values[:, there], axis=0)
    return made


def _counting(table: Curves) -> np.ndarray:
    """SD of the logarithm of a count that is due to counting, 0 for other quantities."""
    if table.quantity not in COUNTED:
        return np.zeros(table.value.shape)
    return 1 / np.sqrt(np.maximum(np.where(np.isfinite(table.value), table.value, 1.0), 1.0))


def _whole_wells(table: Curves, distance: np.ndarray, least: float) -> np.ndarray:
    """Which rows lie far from the others as a whole: mean over times against that of all wells."""
    mean = mean_of(residuals(table), 1)
    sd = robust_sd(mean)
    if not np.isfinite(sd):
        return np.zeros(len(mean), dtype=bool)
    return (np.abs(mean) > FAR_WELL * max(sd, 0.02)) & (np.abs(mean_of(distance, 1)) > least)


def _size(table: Curves, distance: float | np.ndarray) -> str:
    return f"{np.exp(distance):.2g} times" if table.logarithmic else f"{distance:+.0f} points from"


def _readings(plate: Plate, table: Curves, far: np.ndarray, distance: np.ndarray) -> list[PlateFinding]:
    """One finding for the readings of groups of three or more, one for pairs, in which neither is the odd
    one."""
    sizes = np.bincount(table.group)[table.group]
    found = []
    for pair, what, fix in (
        (
            False,
            "reading(s) lie far from the other wells treated alike",
            "look at them; nothing is dropped: --leave-out WELL takes a well out",
        ),
        (
            True,
            "reading(s) of pairs of replicates disagree, and which of the two is wrong cannot be said",
            "look at both wells; nothing is dropped: --leave-out WELL takes a well out",
        ),
    ):
        rows, columns = np.nonzero(far & ((sizes < LEAST_WELLS) == pair)[:, None])
        if not len(rows):
            continue
        order = np.argsort(-np.abs(distance[rows, columns]))
        names = plate.wells.names(table.wells[rows[order]])
        shown = [
            f"{name} at {table.times[c]:g} h ({_size(table, distance[r, c])} the other{'' if pair else 's'})"
            for name, r, c in zip(names, rows[order], columns[order], strict=True)
        ]
        code = "replicates" if pair else "outlier"
        found.append(
            warn(code, table.quantity, f"{table.quantity}: {len(shown)} {what}: {listed(shown, 8)}", fix)
        )
    return found


def _wells(plate: Plate, table: Curves, wells: np.ndarray, distance: np.ndarray) -> list[PlateFinding]:
    if not wells.any():
        return []
    mean = mean_of(distance, 1)
    pairs = zip(plate.wells.names(table.wells[wells]), mean[wells], strict=True)
    shown = [f"{name} ({_size(table, value)} the others)" for name, value in pairs]
    return [
        warn(
            "odd-well",
            table.quantity,
            f"{table.quantity}: {len(shown)} well(s) lie far from the wells treated alike at all times: "
            f"{listed(shown, 8)}",
            "look at them; nothing is dropped: --leave-out WELL takes a well out",
        )
    ]
