"""Values at and beyond limits: censoring that the user asks for, and what an index that was normalised
forbids."""

import numpy as np

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.cells import Cells, Values
from livingdrug.data import Findings

LEAST_WELLS = 2


def within_limits(
    cells: Cells, values: Values, used: np.ndarray, reading: AssayReading, findings: Findings
) -> Values:
    """The values with those beyond the user's limits flagged; a normalised index below zero is a fault by
    well and time."""
    quantity = np.array(cells.quantity, dtype=object)
    flag, limit, value = values.flag.copy(), values.limit.copy(), values.value
    for given, side, beyond in (
        (reading.limits, "below", np.less),
        (reading.saturations, "above", np.greater_equal),
    ):
        bound = np.array([given.get(q, given.get("", np.nan)) for q in quantity], dtype=float)
        now = used & (flag == "") & beyond(value, bound)
        unstated = used & (flag == side) & np.isnan(limit)
        flag[now] = side
        limit = np.where(now | unstated, bound, limit)
        if now.any():
            option = "--limit" if side == "below" else "--saturation"
            findings.note(f"{now.sum()} reading(s) are {side} {option} and censored there")
        rows = np.flatnonzero(unstated & np.isnan(bound))
        if len(rows):
            i = rows[0]
            option = "--limit [QUANTITY=]VALUE" if side == "below" else "--saturation [QUANTITY=]VALUE"
            findings.add(
                "no-limit",
                cells.line[i],
                cells.column[i],
                cells.text[i],
                f"{len(rows)} reading(s) are {side} a limit that nothing states (the first: "
                f"{cells.place(i)})",
                f"say {option}; without it they can only be left out",
                "warning",
            )
    made = Values(np.where(flag == "", value, np.nan), values.sd, limit, flag)
    _normalised(cells, made, used, findings)
    return made


def _normalised(cells: Cells, values: Values, used: np.ndarray, findings: Findings) -> None:
    """An index is normalised where every well of the plate has exactly 1 at one time."""
    quantity, plate = np.array(cells.quantity, dtype=object), np.array(cells.plate, dtype=object)
    unit, time = np.array(cells.unit, dtype=object), np.array(cells.time, dtype=float)
    for name in dict.fromkeys(plate[used & (quantity == "cell_index")]):
        rows = used & (quantity == "cell_index") & (plate == name)
        ones = {
            t for t in set(time[rows & (values.value == 1)]) if (values.value[rows & (time == t)] == 1).all()
        }
        at = min((t for t in ones if (rows & (time == t)).sum() >= LEAST_WELLS), default=None)
        if at is None and not (unit[rows] == "normalised CI").any():
            continue
        for i in np.flatnonzero(rows):
            cells.unit[i] = "normalised CI"
        said = f"every well is exactly 1 at {at:g} h" if at is not None else "the file says so"
        findings.note(f"the cell index is normalised ({said})")
        for i in np.flatnonzero(rows & (values.value < 0)):
            findings.add(
                "negative",
                cells.line[i],
                cells.column[i],
                cells.text[i],
                f"{cells.place(i)}: a normalised cell index of {cells.text[i]} is below zero, where no "
                f"logarithm and "
                "no number of cells exists",
                "give the raw index and subtract the background (the index of empty wells), or censor it "
                "with "
                "--limit cell_index=VALUE",
            )
