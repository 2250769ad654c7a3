"""The rows of a plate: wells, readings, and what was done to wells."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Wells:
    """One row for each well that the map or a reading names; all arrays have shape (wells,).

    Attributes
    ----------
    plate, well : ndarray
        Texts (`A1`, without leading zeros; `A1,A2` where the file holds the mean of these wells alone).
    role : ndarray
        One of ROLES, "" where no map says it.
    construct, donor, treatment : ndarray
        Texts, "" where there is none.
    dose : ndarray
        Of the treatment, in the unit of the map, nan where unknown.
    ratio : ndarray
        Effectors per target as the map says it.
    effectors, targets : ndarray
        Cells seeded, nan where unknown.
    start : ndarray
        Time in h, on the clock of the readings, at which the effectors were added; 0: with the clock.
    count : ndarray
        Wells whose mean this is.
    """

    plate: np.ndarray
    well: np.ndarray
    role: np.ndarray
    construct: np.ndarray
    donor: np.ndarray
    treatment: np.ndarray
    dose: np.ndarray
    ratio: np.ndarray
    effectors: np.ndarray
    targets: np.ndarray
    start: np.ndarray
    count: np.ndarray

    @property
    def n(self) -> int:
        """Number of wells."""
        return len(self.well)

    def names(self, which: np.ndarray | Sequence[int] | slice = slice(None)) -> list[str]:
        """`A1`, or `P1 A1` where there are several plates, of these wells (a mask, positions, a slice)."""
        several = len(set(self.plate)) > 1
        pairs = zip(self.plate[which], self.well[which], strict=True)
        return [f"{plate} {well}" if several and plate else str(well) for plate, well in pairs]


@dataclass(frozen=True)
class Readings:
    """Readings in order of well, quantity and time; all arrays have shape (readings,). A reading at the time
    of an event was taken before the event.

    Attributes
    ----------
    well : ndarray
        Position in Wells.
    time : ndarray
        Hours on the clock of the readings.
    quantity : ndarray
        A key of QUANTITIES.
    value : ndarray
        Measured, nan where it is not.
    unit : ndarray
        Of the value and the limit.
    sd : ndarray
        Of the value as the file states it (of its replicates or images), nan where it does not.
    flag : ndarray
        "" measured, `below` or `above` a limit (censored), `missing`, or `left_out` (it may have a value, and
        takes no part in any analysis, as the user said).
    limit : ndarray
        Of quantification or saturation, nan where unknown.
    line : ndarray
        In its file.
    """

    well: np.ndarray
    time: np.ndarray
    quantity: np.ndarray
    value: np.ndarray
    unit: np.ndarray
    sd: np.ndarray
    flag: np.ndarray
    limit: np.ndarray
    line: np.ndarray

    @property
    def n(self) -> int:
        """Number of readings."""
        return len(self.well)

    @property
    def measured(self) -> np.ndarray:
        """Which readings hold a value, shape (readings,)."""
        return self.flag == ""

    def rows(self, which: np.ndarray) -> "Readings":
        """These readings alone (a mask or positions)."""
        return Readings(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


@dataclass(frozen=True)
class Events:
    """What was done to wells, in order of well and time; all arrays have shape (events,).

    Attributes
    ----------
    well : ndarray
        Position in Wells.
    time : ndarray
        Hours on the clock of the readings.
    kind : ndarray
        One of EVENTS.
    kept : ndarray
        Fraction of the well's cells that stays (1: all; 1/3 where a third is moved to a new well; a sample
        taken for counting lowers it too).
    targets, effectors : ndarray
        Cells added afterwards.
    line : ndarray
        In its file, 0 where the user said it otherwise.
    """

    well: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    kept: np.ndarray
    targets: np.ndarray
    effectors: np.ndarray
    line: np.ndarray

    @property
    def n(self) -> int:
        """Number of events."""
        return len(self.well)
