"""What a check of a plate says: findings without a line of a file, and a number for each well to be drawn."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.plate import Plate
from livingdrug.data import Finding


@dataclass(frozen=True)
class PlateFinding(Finding):
    """A finding about wells of a plate as they were read; it stands in no line of a file."""

    def sentence(self) -> str:
        """Which wells, what, what to do."""
        return f"{self.problem}; {self.fix}"


def warn(code: str, value: str, problem: str, fix: str) -> PlateFinding:
    """A warning about a plate."""
    return PlateFinding(code, "warning", 0, "", value, problem, fix)


@dataclass(frozen=True)
class WellMap:
    """A number for each well, drawn as a heat map of the plate.

    Attributes
    ----------
    code : str
        Of the check.
    title : str
        In words.
    unit : str
        Of the number.
    middle : float
        The number that is nothing unusual.
    values : ndarray, shape (wells,)
        nan where a well has none.
    marked : ndarray, shape (wells,)
        The wells that the check names.
    """

    code: str
    title: str
    unit: str
    middle: float
    values: np.ndarray
    marked: np.ndarray


@dataclass(frozen=True)
class Checked:
    """What one check found.

    Attributes
    ----------
    findings : tuple of PlateFinding
        In words.
    maps : tuple of WellMap
        Of its numbers, where there are any.
    """

    findings: tuple[PlateFinding, ...] = ()
    maps: tuple[WellMap, ...] = ()


def spread_to_wells(plate: Plate, wells: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of some wells (positions) as one for each well of the plate, nan for the others."""
    made = np.full(plate.wells.n, np.nan)
    made[wells] = values
    return made


def listed(names: list[str], most: int = 12) -> str:
    """`A1, A2, ... (14 wells)`."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])}, ... ({len(names)} wells)"


def percent(log_ratio: float) -> str:
    """`15 % lower` for the logarithm of a ratio."""
    change = float(np.expm1(log_ratio))
    return f"{abs(change) * 100:.0f} % {'lower' if change < 0 else 'higher'}"
