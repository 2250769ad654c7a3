"""What happens to the states of one subject at known times: amounts added, inflows changed, values set.

The engine knows no doses. Whatever gives doses, resets or added cells writes them as this flat table, and every solver
stops exactly at each row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, ModelError
from livingdrug.models import System

# what a row does to its state: adds `value` to it; adds `value` to its zero-order inflow rate (an infusion is +r where it
# starts and -r where it ends); sets it to `value`
ADD, RATE, SET = 0, 1, 2
RISEN = 1.0 + 1e-3  # a level that is this much above its minimum rises: less may be the solver's error
KINDS = (ADD, RATE, SET)


@dataclass(frozen=True, eq=False)
class Events:
    """Events of one subject, four arrays of equal length, sorted by time; rows of one time act in their
    order.

    Raises InputError for arrays that are no such table.

    Attributes
    ----------
    time : ndarray
        From 0 on, in the system's time unit.
    kind : ndarray
        ADD, RATE or SET.
    state : ndarray
        Index in `system.states`.
    value : ndarray
        In the unit of the state, for RATE in that unit per time.
    """

    time: np.ndarray
    kind: np.ndarray
    state: np.ndarray
    value: np.ndarray

    def __post_init__(self) -> None:
        for name, dtype in (("time", float), ("kind", int), ("state", int), ("value", float)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        lengths = {a.shape for a in (self.time, self.kind, self.state, self.value)}
        if lengths != {(len(self.time),)}:
            raise InputError(f"the columns of events have the shapes {sorted(lengths)}; they must be equally long")
        if not (np.isfinite(self.time).all() and np.isfinite(self.value).all()):
            raise InputError("times and values of events must be finite numbers")
        if len(self) and (self.time[0] < 0 or (np.diff(self.time) < 0).any()):
            raise InputError("events must be sorted by time and start at time 0 or later; `Events.of` sorts rows")
        if not np.isin(self.kind, KINDS).all() or (self.state < 0).any():
            raise InputError("an event has a kind other than ADD (0), RATE (1) or SET (2), or a negative state index")

    def __len__(self) -> int:
        return len(self.time)

    @staticmethod
    def of(rows: Iterable[tuple[float, int, int, float]]) -> "Events":
        """From (time, kind, state, value) rows in any order; rows of one time keep their order."""
        ordered = sorted(rows, key=lambda row: row[0])
        return Events(*zip(*ordered, strict=True)) if ordered else Events((), (), (), ())


def refuse_events(system: System, what: str) -> None:
    """Refuse a system with events of its own, where something cannot be done with them.

    Parameters
    ----------
    system : System
        The assembled equations.
    what : str
        In words, what cannot be done.

    Raises
    ------
    ModelError
        For a system with events of its own.
    """
    if system.events:
        raise ModelError(
            f"`{system.name}` has events that happen when a condition comes true (such as `{system.events[0].name}`): it can "
            f"be simulated, but {what}"
        )
