"""Parameters, each registered where its function is: code, meaning, unit, and what is true of a plain value.

    @parameter("CMAXD", unit=PER_DOSE, meaning="CMAX / dose", plain="CMAX / dose")
    def cmax_per_dose(a: Analysis) -> Value:
        return Value(a["CMAX"].value / a.dose, a["CMAX"].causes | a.no_dose)

makes a column of every table, report and crosswalk, in the order in which the functions stand; `docs/nca.md`
must have a line on it. What a parameter needs it asks for by code, `a["CMAX"]`, in whatever order the
functions stand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livingdrug.nca.analysis import Analysis, Value

LEVEL, TIME, AREA, MOMENT, RATE = "level", "time", "area", "moment", "rate"
PER_DOSE, AREA_PER_DOSE, CLEARANCE, VOLUME = "level/dose", "area/dose", "dose/area", "dose/level"
NOT_STATED = "not stated"


@dataclass(frozen=True)
class NcaParameter:
    """A parameter and the function that gives it for all profiles of a block.

    Parameters
    ----------
    code : str
        Its name in every table: CDISC's where there is one, own ones start with X.
    of : callable
        The function, `Analysis -> Value`.
    unit : str
        One of the kinds above (`LEVEL`, `TIME`, ...), or a unit as it is printed (`1`, `%`).
    meaning : str
        What it is, for the crosswalk and the docs.
    plain : str
        The reason column of a value without any caution.
    geometric : bool
        Whether a geometric mean over subjects makes sense.
    from_infusion : bool
        Whether it needs the curve from the infusion on: it is then absent where the first sample comes too
        late.
    small_molecule : bool
        Given only when asked for: for comparison with programs for small molecules, without meaning for cells
        that multiply.
    points_of : str
        The parameter whose points of a fit it rests on, itself by default.
    pknca, phoenix : str
        Its name in PKNCA and in Phoenix WinNonlin, empty where it has none.
    """

    code: str
    of: "Callable[[Analysis], Value]"
    unit: str
    meaning: str
    plain: str
    geometric: bool = False
    from_infusion: bool = True
    small_molecule: bool = False
    points_of: str = ""
    pknca: str = ""
    phoenix: str = ""


_REGISTERED: dict[str, NcaParameter] = {}


def parameter(
    code: str, **described
) -> "Callable[[Callable[[Analysis], Value]], Callable[[Analysis], Value]]":
    """Register the function below as a parameter.

    Parameters
    ----------
    code : str
        Its CDISC code, or one of ours, which starts with X.
    described
        The other fields of `NcaParameter`.

    Returns
    -------
    callable
        What takes the function and gives it back.

    Raises
    ------
    ValueError
        For a code that is taken.
    """

    def register(of: "Callable[[Analysis], Value]") -> "Callable[[Analysis], Value]":
        if code in _REGISTERED:
            raise ValueError(f"the parameter `{code}` is registered twice")
        _REGISTERED[code] = NcaParameter(code, of, **described)
        return of

    return register


def parameters(small_molecule: bool = False) -> tuple[NcaParameter, ...]:
    """The parameters of an analysis, in the order of its tables; those for small molecules come last, if at
    all.

    Parameters
    ----------
    small_molecule : bool, optional
        Whether those of small molecules are among them.

    Returns
    -------
    tuple of NcaParameter
    """
    own = [p for p in _REGISTERED.values() if not p.small_molecule]
    return tuple(own + [p for p in _REGISTERED.values() if p.small_molecule and small_molecule])


def parameter_of(code: str) -> NcaParameter:
    """The parameter with this code.

    Parameters
    ----------
    code : str
        Such as `CMAX`.

    Returns
    -------
    NcaParameter
    """
    return _REGISTERED[code]


def unit_of(code: str, level: str, time: str, dose: str) -> str:
    """Unit of a parameter for units of level, time and dose; `not stated` where a part of it is not."""
    kind = parameter_of(code).unit
    parts = {
        LEVEL: (level,),
        TIME: (time,),
        AREA: (time, level),
        MOMENT: (time, time, level),
        RATE: (time,),
        PER_DOSE: (level, dose),
        AREA_PER_DOSE: (time, level, dose),
        CLEARANCE: (dose, time, level),
        VOLUME: (dose, level),
    }.get(kind)
    if parts is None:
        return kind
    if not all(parts):
        return NOT_STATED
    shapes = {
        RATE: f"1/{time}", PER_DOSE: f"({level})/({dose})", AREA_PER_DOSE: f"{time}*({level})/({dose})",
        CLEARANCE: f"({dose})/({time}*{level})", VOLUME: f"({dose})/({level})",
    }  # fmt: skip
    return shapes.get(kind, "*".join(parts))
