"""What attributes are related to: a response, a value such as the logarithm of CMAX, or a time to an
event."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.attributes.penalised import BINARY, CONTINUOUS, SURVIVAL

Kind = Literal["binary", "continuous", "survival"]
FAMILY: dict[Kind, int] = {"binary": BINARY, "continuous": CONTINUOUS, "survival": SURVIVAL}
LEAST = 5  # patients in the smaller class, events or patients, below which nothing is learned
MEASURE = {"binary": "AUC", "continuous": "predicted part of the variance", "survival": "concordance"}
NOTHING = {"binary": 0.5, "continuous": 0.0, "survival": 0.5}  # the measure where nothing is there


@dataclass(frozen=True)
class Outcome:
    """An outcome that attributes are related to.

    Attributes
    ----------
    name : str
        Of the column.
    kind : Kind
        Binary, continuous or survival.
    y : ndarray, shape (n,)
        1 for an event and 0 (binary), a value, or a time.
    event : ndarray, shape (n,)
        1 where a time is an event, 1 everywhere else.
    words : tuple[str, str]
        What 1 and 0 stand for.
    """

    name: str
    kind: Kind
    y: np.ndarray
    event: np.ndarray
    words: tuple[str, str] = ("yes", "no")

    @property
    def family(self) -> int:
        """Number of the family, as compiled code wants it."""
        return FAMILY[self.kind]

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.y)

    @property
    def events(self) -> int:
        """Patients with the outcome, or with an event; all of them for a value."""
        return int(self.y.sum()) if self.kind == "binary" else int(self.event.sum())

    @property
    def smaller(self) -> int:
        """What limits learning: the smaller class, the events, or the patients."""
        return min(self.events, self.n - self.events) if self.kind == "binary" else self.events

    @property
    def strata(self) -> np.ndarray:
        """Whole numbers by which folds are balanced: the class, whether there was an event, or none."""
        if self.kind == "continuous":
            return np.zeros(self.n, dtype=int)
        return (self.y if self.kind == "binary" else self.event).astype(int)

    @property
    def order(self) -> np.ndarray:
        """Positions by descending y, as compiled code wants them."""
        return np.argsort(-self.y, kind="stable")

    def taken(self, places: np.ndarray) -> "Outcome":
        """The outcome of other patients at each position, for permutations and parts."""
        return Outcome(self.name, self.kind, self.y[places], self.event[places], self.words)
