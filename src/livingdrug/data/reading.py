"""How a file is to be read: what the user says where the file does not."""

from dataclasses import dataclass, field
from typing import Literal

from livingdrug.core.errors import InputError
from livingdrug.data.units import known_units, read_unit


@dataclass(frozen=True)
class Reading:
    """Answers to what a file leaves open; nothing here has a guessed default.

    columns: heading -> meaning, where the guess is wrong; unit, time_unit, dose_unit: of DV, TIME and AMT; dose: one dose
    for every subject; assay: of the whole file; limit: of quantification, where rows state none; infusion_day: the day
    number of the infusion, where days are counted from somewhere else (or are called days, and may begin with 0 or 1);
    date_order: `dmy` or `mdy` of dates that are not ISO; duplicates: `mean` of values of one subject, output and time;
    pool_assays: one profile from several assays; sheet: of an Excel file; output: the only one to use of several; units:
    output -> unit of its values.
    """

    columns: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    time_unit: str | None = None
    dose: float | None = None
    dose_unit: str | None = None
    assay: str | None = None
    limit: float | None = None
    infusion_day: int | None = None
    date_order: Literal["dmy", "mdy"] | None = None
    duplicates: Literal["mean"] | None = None
    pool_assays: bool = False
    sheet: str | None = None
    output: str | None = None
    units: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", _unit("--unit", self.unit))
        object.__setattr__(self, "units", {name: _unit("--unit", text) for name, text in self.units.items()})
        object.__setattr__(self, "time_unit", _unit("--time-unit", self.time_unit, ("d", "h")))
        object.__setattr__(self, "dose_unit", _unit("--dose-unit", self.dose_unit, ("cells", "cells/kg")))
        for name, value in (("limit", self.limit), ("dose", self.dose)):
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"the {name} is {value:g}; it must be finite and above 0")
        for name, value, allowed in (
            ("date order", self.date_order, (None, "dmy", "mdy")),
            ("rule for duplicates", self.duplicates, (None, "mean")),
        ):
            if value not in allowed:
                raise InputError(f"the {name} is `{value}`; it must be {' or '.join(str(a) for a in allowed[1:])}")


def _unit(option: str, text: str | None, allowed: tuple[str, ...] = ()) -> str | None:
    if text is None:
        return None
    unit = read_unit(text)
    if unit is None or (allowed and unit not in allowed):
        known = " or ".join(allowed) or known_units()
        raise InputError(f"{option} `{text}` is not a unit that fits here; known: {known}")
    return unit
