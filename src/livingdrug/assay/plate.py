"""The canonical table of a killing assay: wells, readings of them over time, and what was done to them in
between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from livingdrug.assay.rows import Events, Readings, Wells
from livingdrug.core.errors import InputError

# quantity -> units that its values may be in; the first is the usual one
QUANTITIES: dict[str, tuple[str, ...]] = {
    "cell_index": ("CI", "normalised CI"),
    "confluence": ("%",),
    "targets": ("cells/well", "cells/uL", "objects/image", "objects/well", "objects/mm2", "events"),
    "effectors": ("cells/well", "cells/uL", "objects/image", "objects/well", "objects/mm2", "events"),
    "luminescence": ("RLU",),
    "lysis": ("%",),
    "absorbance": ("OD",),
    "release": ("cpm",),
    "beads": ("events",),
    "live": ("cells/uL", "cells/well", "events"),
}
ROLES = ("sample", "target_alone", "effector_alone", "empty", "full_lysis", "spontaneous", "")
FLAGS = ("", "below", "above", "missing", "left_out")
EVENTS = ("rechallenge", "replating", "effectors", "sampling", "medium")
TIME_UNIT = "h"
MOST_TIME = 24.0 * 366  # h: no assay runs for longer than a year
# columns of Wells that the table calls otherwise
IN_TABLE = {
    "ratio": "effector_to_target",
    "effectors": "effectors_seeded",
    "targets": "targets_seeded",
    "start": "start_h",
    "count": "wells",
}


@dataclass(frozen=True)
class Plate:
    """One experiment. `Plate.of` makes one from plain columns and checks it; the fields are taken as they
    are.

    Attributes
    ----------
    name : str
        Of the file or files.
    wells : Wells
        The map of the wells.
    readings : Readings
        Of one plate or of several.
    events : Events
        What was done to the wells.
    notes : tuple of str
        How they were read, with every warning.
    """

    name: str
    wells: Wells
    readings: Readings
    events: Events
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        wells: Mapping[str, Sequence],
        readings: Mapping[str, Sequence],
        events: Mapping[str, Sequence] | None = None,
        notes: tuple[str, ...] = (),
    ) -> "Plate":
        """A checked plate from columns by the names of the fields of Wells, Readings and Events.

        Parameters
        ----------
        name : name of the experiment or its file
        wells : columns of Wells; `well` is needed, the others have a value that says nothing (plate "",
            start 0)
        readings : columns of Readings; `well` (positions in wells), `time` (h), `quantity` and `value` are
            needed; the unit is the usual one of the quantity, nan is `missing`, `below` and `above` need a
            flag
        events : columns of Events; `well`, `time` and `kind` are needed
        notes : what was done to the data

        Raises
        ------
        InputError : columns of unequal length, unknown words, times or values that cannot be, a well twice,
            two readings of one well, quantity and time
        """
        made = _wells(wells)
        return cls(name, made, _readings(readings, made), _events(events or {}, made), notes)

    def quantities(self) -> tuple[str, ...]:
        """The quantities that were read, in the order of QUANTITIES."""
        there = set(self.readings.quantity)
        return tuple(q for q in QUANTITIES if q in there)

    def kept(self, which: np.ndarray) -> "Plate":
        """The plate with these readings alone (a mask or positions); wells and events stay."""
        return replace(self, readings=self.readings.rows(which))

    def of_wells(self, which: np.ndarray) -> "Plate":
        """The plate with these wells alone (a mask, shape (wells,)), their readings and events."""
        which = np.asarray(which, dtype=bool)
        place = np.cumsum(which) - 1
        wells = Wells(**{f.name: getattr(self.wells, f.name)[which] for f in fields(Wells)})
        parts = []
        for part in (self.readings, self.events):
            mine = which[part.well]
            columns = {f.name: getattr(part, f.name)[mine] for f in fields(part)}
            parts.append(type(part)(**{**columns, "well": place[part.well[mine]]}))
        return replace(self, wells=wells, readings=parts[0], events=parts[1])

    def table(self):
        """Long pandas table: plate, well, time_h, quantity, value, unit, sd, flag, limit, then columns of
        the map."""
        import pandas as pd

        r, w = self.readings, self.wells
        columns = {
            "plate": w.plate[r.well],
            "well": w.well[r.well],
            "time_h": r.time,
            "quantity": r.quantity,
            "value": r.value,
            "unit": r.unit,
            "sd": r.sd,
            "flag": r.flag,
            "limit": r.limit,
        }
        for f in fields(Wells)[2:]:
            columns[IN_TABLE.get(f.name, f.name)] = getattr(w, f.name)[r.well]
        return pd.DataFrame(columns)

    def event_table(self):
        """Pandas table: plate, well, time_h, event, fraction_kept, targets_added, effectors_added."""
        import pandas as pd

        e, w = self.events, self.wells
        return pd.DataFrame(
            {
                "plate": w.plate[e.well],
                "well": w.well[e.well],
                "time_h": e.time,
                "event": e.kind,
                "fraction_kept": e.kept,
                "targets_added": e.targets,
                "effectors_added": e.effectors,
            }
        )


def _column(columns: Mapping[str, Sequence], name: str, count: int, default, kind: type) -> np.ndarray:
    """One column with its type, filled with the default where it is absent."""
    if name not in columns:
        if default is None:
            raise InputError(
                f"the table of the assay has no column `{name}`; it has {', '.join(columns) or 'none'}"
            )
        return np.full(count, default, dtype=object if kind is str else kind)
    values = np.asarray(columns[name], dtype=object if kind is str else None)
    if values.shape != (count,):
        raise InputError(f"column `{name}` of the assay has shape {values.shape}; the others have ({count},)")
    try:
        return values.astype(object if kind is str else kind)
    except (TypeError, ValueError):
        raise InputError(f"column `{name}` of the assay must hold numbers") from None


def _count(columns: Mapping[str, Sequence], name: str) -> int:
    return len(columns[name]) if name in columns else 0


def _allow(kind: type, columns: Mapping[str, Sequence]) -> None:
    known = [f.name for f in fields(kind)]
    odd = [name for name in columns if name not in known]
    if odd:
        raise InputError(f"{kind.__name__} of an assay have no column `{odd[0]}`; known: {', '.join(known)}")


def _refuse(wrong: np.ndarray, where, what: str) -> None:
    """Raise InputError that names the first rows of a mask. where: a function from positions to texts."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise InputError(f"{where(rows[0])}{more}: {what}")


def _wells(columns: Mapping[str, Sequence]) -> Wells:
    _allow(Wells, columns)
    n = _count(columns, "well")
    well = _column(columns, "well", n, None, str)
    texts = {"plate": "", "role": "", "construct": "", "donor": "", "treatment": ""}
    numbers = {"dose": np.nan, "ratio": np.nan, "effectors": np.nan, "targets": np.nan, "start": 0.0}
    made = {name: _column(columns, name, n, default, str) for name, default in texts.items()}
    made |= {name: _column(columns, name, n, default, float) for name, default in numbers.items()}
    wells = Wells(**made, well=well, count=_column(columns, "count", n, 1, int))

    def where(i: int) -> str:
        return f"well {wells.plate[i]} {wells.well[i]}".replace("  ", " ")

    _refuse(~np.isin(wells.role, ROLES), where, f"its role must be one of {', '.join(ROLES[:-1])}")
    seen: dict[tuple[str, str], int] = {}
    pairs = enumerate(zip(wells.plate, wells.well, strict=True))
    twice = [seen.setdefault(pair, i) != i for i, pair in pairs]
    _refuse(
        np.array(twice, dtype=bool), where, "the well stands twice in the map; a well of a plate has one row"
    )
    for name in ("dose", "ratio", "effectors", "targets"):
        values = getattr(wells, name)
        wrong = (values < 0) | np.isinf(values)
        _refuse(wrong, where, f"`{name}` must be finite and 0 or above, or nan where it is unknown")
    _refuse(~(np.abs(wells.start) <= MOST_TIME), where, "`start` must be a time in h")
    _refuse(wells.count < 1, where, "`count` must be 1 or above")
    return wells


def _positions(columns: Mapping[str, Sequence], wells: Wells, what: str) -> np.ndarray:
    n = _count(columns, "well")
    place = _column(columns, "well", n, None, float)
    wrong = ~((place >= 0) & (place < wells.n) & (place == np.floor(place)))
    _refuse(wrong, lambda i: f"{what} {i + 1}", f"`well` must be a position among the {wells.n} wells")
    return place.astype(int)


def _readings(columns: Mapping[str, Sequence], wells: Wells) -> Readings:
    _allow(Readings, columns)
    well = _positions(columns, wells, "reading")
    n = len(well)
    quantity = _column(columns, "quantity", n, None, str)
    time, value = (_column(columns, name, n, None, float) for name in ("time", "value"))

    def where(i: int) -> str:
        return f"well {wells.names([well[i]])[0]} at {time[i]:g} h, {quantity[i]}"

    _refuse(~np.isin(quantity, list(QUANTITIES)), where, f"a quantity is one of {', '.join(QUANTITIES)}")
    _refuse(~(np.abs(time) <= MOST_TIME), where, f"a time is a number of hours, at most {MOST_TIME:g}")
    usual = np.array([QUANTITIES[q][0] for q in quantity], dtype=object)
    unit = _column(columns, "unit", n, "", str) if "unit" in columns else usual
    wrong = np.array([u not in QUANTITIES[q] for q, u in zip(quantity, unit, strict=True)], dtype=bool)
    known = "; ".join(f"{q}: {', '.join(u)}" for q, u in QUANTITIES.items())
    _refuse(wrong, where, f"its unit is none of the quantity's ({known})")
    flag = _column(columns, "flag", n, "", str)
    _refuse(~np.isin(flag, FLAGS), where, f"a flag is one of {', '.join(repr(f) for f in FLAGS)}")
    flag = np.where((flag == "") & np.isnan(value), "missing", flag).astype(object)
    _refuse(
        np.isinf(value), where, "a value must be finite; say `above` with its limit where it is out of range"
    )
    value = np.where(np.isin(flag, ("below", "above", "missing")), np.nan, value)
    sd, limit = (_column(columns, name, n, np.nan, float) for name in ("sd", "limit"))
    _refuse((sd < 0) | np.isinf(sd), where, "an SD must be finite and 0 or above")
    line = _column(columns, "line", n, 0, int)
    made = Readings(well, time, quantity, value, unit, sd, flag, limit, line)
    made = made.rows(np.lexsort((time, _rank(quantity), well)))
    return _once(made, wells)


def _rank(quantity: np.ndarray) -> np.ndarray:
    order = {q: i for i, q in enumerate(QUANTITIES)}
    return np.array([order[q] for q in quantity], dtype=int)


def _once(readings: Readings, wells: Wells) -> Readings:
    r = readings
    same = (r.well[1:] == r.well[:-1]) & (r.quantity[1:] == r.quantity[:-1]) & (r.time[1:] == r.time[:-1])
    twice = np.concatenate([[False], same]) if r.n else np.zeros(0, dtype=bool)

    def where(i: int) -> str:
        return f"well {wells.names([r.well[i]])[0]} at {r.time[i]:g} h"

    _refuse(twice, where, "two readings of one quantity; a well has one at a time")
    return readings


def _events(columns: Mapping[str, Sequence], wells: Wells) -> Events:
    _allow(Events, columns)
    if not columns:
        columns = {"well": [], "time": [], "kind": []}
    well = _positions(columns, wells, "event")
    n = len(well)
    time, kind = _column(columns, "time", n, None, float), _column(columns, "kind", n, None, str)
    kept = _column(columns, "kept", n, 1.0, float)
    added = {name: _column(columns, name, n, 0.0, float) for name in ("targets", "effectors")}

    def where(i: int) -> str:
        return f"event {kind[i]} of well {wells.names([well[i]])[0]} at {time[i]:g} h"

    _refuse(~np.isin(kind, EVENTS), where, f"an event is one of {', '.join(EVENTS)}")
    _refuse(~(np.abs(time) <= MOST_TIME), where, f"a time is a number of hours, at most {MOST_TIME:g}")
    _refuse(~((kept > 0) & (kept <= 1)), where, "the fraction that is kept must be above 0 and at most 1")
    for name, values in added.items():
        _refuse(
            ~((values >= 0) & np.isfinite(values)), where, f"the {name} that are added must be 0 or above"
        )
    line = _column(columns, "line", n, 0, int)
    made = Events(well=well, time=time, kind=kind, kept=kept, line=line, **added)
    order = np.lexsort((time, well))
    return Events(**{f.name: getattr(made, f.name)[order] for f in fields(Events)})
