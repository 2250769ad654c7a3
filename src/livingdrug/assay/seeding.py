"""Seeding: what was counted at the start against what the map says was seeded, by donor and construct."""

import numpy as np

from livingdrug.assay.marks import Checked, PlateFinding, WellMap, listed, spread_to_wells, warn
from livingdrug.assay.plate import Plate
from livingdrug.assay.replicates import Curves, curves, mean_of

AT_START = 0.5  # h: readings up to here count what was seeded
MOST_PLATE = 1.05  # a factor of the whole plate beyond this (or its inverse) is said
MOST_GROUP = 1.2  # of a donor or construct against the other ones
MOST_WELL = 1.6  # of a well against the wells of its quantity
SURE = (
    4.0  # standard errors; SD from the middle half of the wells, so that few odd ones do not hide themselves
)


def check_seeding(plate: Plate) -> Checked:
    """Findings on cells seeded, with a map of counted over seeded for each kind of cell that was counted at
    the start."""
    findings: list[PlateFinding] = []
    maps = []
    for quantity, seeded in (("targets", plate.wells.targets), ("effectors", plate.wells.effectors)):
        table = _cells(plate, quantity)
        if table is None:
            continue
        ratio = log_ratio(plate, table, seeded)
        known = np.isfinite(ratio)
        if known.sum() < 2:
            continue
        marked = np.zeros(plate.wells.n, dtype=bool)
        found = [
            *_groups(plate, table, ratio, quantity, marked),
            *_wells(plate, table, ratio, quantity, marked),
        ]
        findings += [*_whole(plate, ratio, quantity), *found]
        values = spread_to_wells(plate, table.wells, np.exp(ratio))
        title = f"{quantity} counted at the start over {quantity} in the map"
        maps.append(WellMap(f"seeding_{quantity}", title, "ratio", 1.0, values, marked))
    return Checked(tuple(findings), tuple(maps))


def _cells(plate: Plate, quantity: str) -> Curves | None:
    """The counts, where they are cells of a well."""
    mine = plate.readings.quantity == quantity
    if not mine.any() or set(plate.readings.unit[mine]) != {"cells/well"}:
        return None
    return curves(plate, quantity)


def log_ratio(plate: Plate, table: Curves, seeded: np.ndarray) -> np.ndarray:
    """Logarithm of cells counted over cells seeded of each row, from the readings within AT_START h of the
    start.

    Counts after effectors have acted say nothing of seeding, so later readings are not extrapolated.
    """
    start = plate.wells.start[table.wells]
    since = table.times[None, :] - start[:, None]
    early = np.where((since >= 0) & (since <= AT_START), table.scaled, np.nan)
    there = seeded[table.wells]
    return mean_of(early, 1) - np.log(np.where(there > 0, there, np.nan))


def _scatter(values: np.ndarray) -> float:
    """SD of what is not odd: from the interquartile range, at least that of counting a few hundred cells."""
    low, high = np.nanquantile(values, (0.25, 0.75))
    return max(float(high - low) / 1.349, 0.03)


def _whole(plate: Plate, ratio: np.ndarray, quantity: str) -> list[PlateFinding]:
    middle, n = float(np.nanmedian(ratio)), int(np.isfinite(ratio).sum())
    error = 1.2533 * _scatter(ratio) / np.sqrt(n)
    if abs(middle) < np.log(MOST_PLATE) or abs(middle) < SURE * error:
        return []
    factor = f"{np.exp(middle):.2f} ({np.exp(middle - 2 * error):.2f} to {np.exp(middle + 2 * error):.2f})"
    return [
        warn(
            "seeding-plate",
            quantity,
            f"{quantity}: the median count at the start of {n} wells is {factor} of the number in the map",
            "the counts or the numbers seeded are off by a factor: rates per cell carry it",
        )
    ]


def _groups(
    plate: Plate, table: Curves, ratio: np.ndarray, quantity: str, marked: np.ndarray
) -> list[PlateFinding]:
    """Donors and constructs whose wells hold other numbers than those of the other donors and constructs."""
    found = []
    w = plate.wells
    for what, labels in (("donor", w.donor[table.wells]), ("construct", w.construct[table.wells])):
        for label in dict.fromkeys(labels[labels != ""]):
            mine = (labels == label) & np.isfinite(ratio)
            others = (labels != label) & (labels != "") & np.isfinite(ratio)
            if mine.sum() < 2 or others.sum() < 2:
                continue
            difference = float(np.median(ratio[mine]) - np.median(ratio[others]))
            scatter = max(_scatter(ratio[mine]), _scatter(ratio[others]))
            error = 1.2533 * scatter * np.sqrt(1 / mine.sum() + 1 / others.sum())
            # of two donors that differ it is the one further from the map that is off
            nearer = abs(np.median(ratio[mine])) < abs(np.median(ratio[others]))
            if nearer or abs(difference) < max(np.log(MOST_GROUP), SURE * error):
                continue
            names = w.names(table.wells[mine])
            marked[table.wells[mine]] = True
            found.append(
                warn(
                    "seeding",
                    label,
                    f"{what} {label}: its wells hold {np.exp(difference):.2f} of the {quantity} of the "
                    f"other {what}s at "
                    f"the start, by the numbers in the map (wells {listed(names)})",
                    "correct the number seeded in the map, or give the fit a seeding factor: killing per "
                    "effector is off by as much",
                )
            )
    return found


def _wells(
    plate: Plate, table: Curves, ratio: np.ndarray, quantity: str, marked: np.ndarray
) -> list[PlateFinding]:
    """Wells far from the others that no donor or construct explains."""
    rest = np.isfinite(ratio) & ~marked[table.wells]
    if rest.sum() < 4:
        return []
    distance = ratio - np.median(ratio[rest])
    odd = rest & (np.abs(distance) > np.log(MOST_WELL)) & (np.abs(distance) > SURE * _scatter(ratio[rest]))
    if not odd.any():
        return []
    marked[table.wells[odd]] = True
    pairs = zip(plate.wells.names(table.wells[odd]), np.exp(distance[odd]), strict=True)
    shown = [f"{name} {factor:.2f}" for name, factor in pairs]
    return [
        warn(
            "seeding-wells",
            quantity,
            f"{len(shown)} well(s) hold another number of {quantity} at the start than the map says, "
            f"relative to the "
            f"other wells: {listed(shown)}",
            "look at these wells; leave them out with --leave-out where they were pipetted wrongly",
        )
    ]
