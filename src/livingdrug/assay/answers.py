"""How the files of an assay are to be read: what the user says where they do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.words import HOURS, PLATES
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown

TIME_UNITS = {"d": "d", "h": "h", "min": "m", "s": "s"}


@dataclass(frozen=True)
class AssayReading:
    """Answers to what files leave open; nothing here has a guessed default.

    Attributes
    ----------
    columns : Mapping[str, str]
        Heading, channel or metric -> what it means (a quantity, or a column of the table or of the map),
        where the guess is wrong.
    quantity : str or None
        Of values that no heading names.
    time : float or None
        h, of files that state none.
    time_unit : str or None
        Of times, where the file states none or a wrong one (h, d, min, s).
    plate : str or None
        Name, where files hold none.
    start : float or None
        h on the clock of the readings at which the effectors were added.
    size : int
        Wells of a plate.
    beads : float or None
        Added to a well before it was counted.
    volume : float or None
        UL of a well.
    limits : Mapping[str, float]
        Quantity ("" for every one) -> values below it are censored.
    saturations : Mapping[str, float]
        The same -> values at or above it are.
    leave_out : tuple of str
        Wells (`A1` or `P1 A1`) that take no part.
    same_map : bool
        A map without plates is that of every plate.
    rechallenges : tuple[tuple[float, float], ...]
        (targets added, h) of every well.
    replatings : tuple[tuple[float, float], ...]
        (fraction kept, h) of every well.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    quantity: str | None = None
    time: float | None = None
    time_unit: str | None = None
    plate: str | None = None
    start: float | None = None
    size: int = 96
    beads: float | None = None
    volume: float | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    saturations: Mapping[str, float] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    same_map: bool = False
    rechallenges: tuple[tuple[float, float], ...] = ()
    replatings: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.quantity is not None and self.quantity not in QUANTITIES:
            raise InputError(unknown("quantity", self.quantity, QUANTITIES))
        if self.time_unit is not None and self.time_unit not in TIME_UNITS:
            raise InputError(f"--time-unit `{self.time_unit}` is not one of {', '.join(TIME_UNITS)}")
        if self.size not in PLATES:
            raise InputError(f"--wells {self.size} is no plate; known: {', '.join(map(str, PLATES))}")
        for name, value in (("beads", self.beads), ("volume", self.volume)):
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"--{name} is {value:g}; it must be finite and above 0")
        for name, value in (("time", self.time), ("start", self.start)):
            if value is not None and not abs(value) < float("inf"):
                raise InputError(f"--{name} is {value:g}; it must be finite")
        for option, values in (("--limit", self.limits), ("--saturation", self.saturations)):
            for quantity, value in values.items():
                if quantity and quantity not in QUANTITIES:
                    raise InputError(f"{option}: {unknown('quantity', quantity, QUANTITIES)}")
                if not abs(value) < float("inf"):
                    raise InputError(f"{option} is {value:g}; it must be finite")
        for added, time in self.rechallenges:
            if not (0 <= added < float("inf") and abs(time) < float("inf")):
                raise InputError(f"--rechallenge {added:g}@{time:g}: write CELLS@HOURS, such as 5000@24")
        for kept, time in self.replatings:
            if not (0 < kept <= 1 and abs(time) < float("inf")):
                raise InputError(f"--replate {kept:g}@{time:g}: write FRACTION@HOURS, such as 0.333@24")

    @property
    def hours(self) -> float | None:
        """Hours in one unit of the times that the user states, None where nobody does."""
        return HOURS[TIME_UNITS[self.time_unit]] if self.time_unit else None
