"""Names of wells and plates of a file's cells: each on the plate, each reading once, each with a time."""

from collections import defaultdict

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells, Values
from livingdrug.assay.plate import MOST_TIME
from livingdrug.assay.words import PLATES, describe, is_on, well_group
from livingdrug.data import Findings, printable

Place = tuple[str, str]


def resolve(cells: Cells, values: Values, reading: AssayReading, findings: Findings) -> np.ndarray:
    """Which cells are readings (n,), with `cells.well` turned into names such as `A1`; faults by line and
    well.

    A well whose cells are all blank is not in use; a blank cell of another well, or of a sample by name, is
    a missing one.
    """
    used = _used(cells)
    _rename(cells, used, reading, findings)
    _check_times(cells, used, findings)
    _check_once(cells, values, used, findings)
    plates = list(dict.fromkeys(p for p, u in zip(cells.plate, used, strict=True) if u))
    if len(plates) > 1:
        findings.note(
            f"the file holds {len(plates)} plates, which are kept apart: {', '.join(map(printable, plates))}"
        )
    return used


def _used(cells: Cells) -> np.ndarray:
    filled = {
        (p, w, q) for p, w, q, t in zip(cells.plate, cells.well, cells.quantity, cells.text, strict=True) if t
    }
    keys = zip(cells.plate, cells.well, cells.quantity, strict=True)
    return np.array([key in filled or key[1] in cells.samples for key in keys], dtype=bool)


def _rename(cells: Cells, used: np.ndarray, reading: AssayReading, findings: Findings) -> None:
    known: dict[str, str] = {}
    for i in range(cells.n):
        text = cells.well[i]
        if text in cells.samples:
            continue
        if text not in known:
            known[text] = on_plate(text, reading.size)
        if not known[text]:
            if used[i]:
                findings.add(
                    "well",
                    cells.line[i],
                    cells.column[i],
                    text,
                    _no_well(text, reading.size),
                    _well_fix(text, reading.size),
                )
            used[i] = False
            continue
        cells.well[i] = known[text]
    cells.facts = {(p, known.get(w, w) or w): facts for (p, w), facts in cells.facts.items()}
    cells.events = [(n, p, known.get(w, w) or w, a, b, c) for n, p, w, a, b, c in cells.events]


def on_plate(text: str, size: int) -> str:
    """The name of a well, or of wells whose mean is given, that a plate of this size has; "" where it has
    not."""
    wells = well_group(text)
    return ",".join(wells) if wells and all(is_on(well, size) for well in wells) else ""


def _no_well(text: str, size: int) -> str:
    shown = printable(text, 40)
    return f"well {shown} does not exist on {describe(size)}" if text else "the row names no well"


def _well_fix(text: str, size: int) -> str:
    wells = well_group(text)
    fits = [n for n in PLATES if size < n <= 384 and wells and all(is_on(well, n) for well in wells)]
    return (
        f"correct the name, or say --wells {fits[0]} for a larger plate"
        if fits
        else "correct the name of the well"
    )


def _check_times(cells: Cells, used: np.ndarray, findings: Findings) -> None:
    time = np.array(cells.time, dtype=float)
    lost = np.flatnonzero(used & np.isnan(time))
    if len(lost) and not any(f.code in ("time", "time-unit") for f in findings.found):
        i = lost[0]
        findings.add(
            "no-time",
            cells.line[i],
            cells.column[i],
            "",
            f"{len(lost)} reading(s) have no time (the first: {cells.place(i)})",
            "say --time H, in hours after the effectors were added",
            rows=len(set(np.array(cells.line)[lost])),
        )
    for i in np.flatnonzero(used & (np.abs(time) > MOST_TIME)):
        findings.add(
            "time",
            cells.line[i],
            cells.column[i],
            f"{time[i]:g}",
            f"{cells.place(i)}: no assay lasts that long",
            "correct the time or its unit",
        )


def _check_once(cells: Cells, values: Values, used: np.ndarray, findings: Findings) -> None:
    """Two readings of one well, quantity and time are a fault, never averaged; the same cell twice is one."""
    groups: dict[tuple, list[int]] = defaultdict(list)
    for i in map(int, np.flatnonzero(used)):
        groups[cells.plate[i], cells.well[i], cells.quantity[i], cells.time[i]].append(i)
    for rows in groups.values():
        for i in rows[1:]:
            first = rows[0]
            used[i] = False
            same = cells.text[i] == cells.text[first]
            if same and cells.line[i] == cells.line[first]:
                continue
            what = (
                "the same value twice"
                if same
                else f"two different values, {cells.text[first]} and {cells.text[i]}"
            )
            findings.add(
                "duplicate",
                cells.line[i],
                cells.column[i],
                cells.text[i],
                f"{cells.place(i)}: {what} (the other stands in line {cells.line[first]}; A1 and A01 are "
                f"one well)",
                "keep one of them; name the plates if the file holds two (column plate, or one file each)",
            )
