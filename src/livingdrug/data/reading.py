"""How a file is to be read: what the user says where the file does not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from livingdrug.core.errors import InputError
from livingdrug.data.units import is_dose, is_time, known_units, read_scaled, read_unit


@dataclass(frozen=True)
class Reading:
    """Answers to what a file leaves open; nothing here has a guessed default.

    Parameters
    ----------
    columns : dict of str to str
        Heading -> meaning, where the guess is wrong.
    unit, time_unit, dose_unit : str, optional
        Of DV, TIME and AMT.
    dose : float, optional
        One dose for every subject.
    assay : str, optional
        Of the whole file.
    limit : float, optional
        Limit of quantification, where rows state none.
    infusion_day : int, optional
        The day number of the infusion, where days are counted from somewhere else (or are called days,
        and may begin with 0 or 1).
    date_order : {'dmy', 'mdy'}, optional
        Of dates that are not ISO.
    duplicates : {'mean', 'keep'}, optional
        Of values of one subject, output and time; `keep`: replicates, which a fit takes.
    pool_assays : bool
        One profile from several assays.
    sheet : str, optional
        Of an Excel file.
    untreated : bool
        Subjects without a dose, where others have one, were not treated.
    logarithms : {'e', '10', 'kept'}, optional
        The values and limits are logarithms, to be turned back (`e`, `10`) or kept.
    output : str, optional
        The only one to use of several.
    units : dict of str to str
        Output -> unit of its values. Units of values and doses may hold a power of ten or a size, as
        headings may (`10^6 cells`, `copies/100 ng`).
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
    duplicates: Literal["mean", "keep"] | None = None
    pool_assays: bool = False
    sheet: str | None = None
    untreated: bool = False
    logarithms: Literal["e", "10", "kept"] | None = None
    output: str | None = None
    units: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", _unit("--unit", self.unit))
        object.__setattr__(self, "units", {name: _unit("--unit", text) for name, text in self.units.items()})
        object.__setattr__(
            self, "time_unit", _unit("--time-unit", self.time_unit, is_time, "d, h, min, s or week")
        )
        doses = "cells, cells/kg, or a mass or an amount of substance such as mg or nmol, also per kg"
        object.__setattr__(self, "dose_unit", _unit("--dose-unit", self.dose_unit, is_dose, doses))
        for name, value in (("limit", self.limit), ("dose", self.dose)):
            lowest = -float("inf") if name == "limit" and self.logarithms else 0
            if value is not None and not lowest < value < float("inf"):
                raise InputError(
                    f"the {name} is {value:g}; it must be finite{'' if lowest else ' and above 0'}"
                )
        for name, value, allowed in (
            ("date order", self.date_order, (None, "dmy", "mdy")),
            ("rule for duplicates", self.duplicates, (None, "mean", "keep")),
            ("kind of logarithms", self.logarithms, (None, "e", "10", "kept")),
        ):
            if value not in allowed:
                raise InputError(
                    f"the {name} is `{value}`; it must be {' or '.join(str(a) for a in allowed[1:])}"
                )


def _unit(
    option: str, text: str | None, fits: Callable[[str], bool] | None = None, known: str = ""
) -> str | None:
    if text is None:
        return None
    scaled = read_scaled(text)
    if scaled is None or (fits and not fits(scaled.unit)):
        raise InputError(f"{option} `{text}` is not a unit that fits here; known: {known or known_units()}")
    return read_unit(text) or text
