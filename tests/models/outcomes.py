"""Reference outcomes of the library: conditions and quantities, as the table words them, run on our models.

`reference_outcomes.csv` holds outcomes that were computed independently (SciPy LSODA, rtol 1e-10) from the published
equations and numbers, beside the code that is tested here.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from livingdrug.models import get_model
from livingdrug.simulation import Regimen, read_dose, simulate

TABLE = Path(__file__).with_name("reference_outcomes.csv")
GRID = 4001


@dataclass(frozen=True)
class Run:
    """A condition: a model (with its vector), values, doses as texts, a horizon in the model's time unit.

    after: the first time that peaks may have; zero: what day 0 of the table is on our clock.
    """

    model: str
    changes: dict = field(default_factory=dict)
    doses: tuple[str, ...] = ()
    until: float = 180.0
    after: float = 0.0
    zero: float = 0.0


@dataclass(frozen=True)
class Library:
    """How the rows of one model of the table are computed.

    run: condition -> Run; outputs: output of the table -> (our output, factor to the table's unit).
    """

    run: Callable[[str], Run]
    outputs: dict


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, str], ...]:
    """All rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


class Course:
    """A run and what is read off it; each stretch is computed once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.model = get_model(run.model).with_values(run.changes)
        self.regimen = Regimen.of([read_dose(text) for text in run.doses])
        # outputs alone: a kernel that computes states too would be compiled for nothing else
        self.names = [o.name for o in self.model.system.outputs]
        self._grid = None

    def _solve(self, times, until):
        found = simulate(self.model, None, self.regimen, times, until, self.names, rtol=1e-9)
        assert not found.uncomputed, found.reason  # numbers of a subject that no patient can be are computed too
        return found

    def curve(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Times and values on a fine grid over the horizon."""
        if self._grid is None:
            jumps = [dose.time + 1e-7 for dose in self.regimen.doses if dose.time]
            times = np.union1d(np.linspace(0, self.run.until, GRID), [self.run.after, *jumps])
            self._grid = self._solve(times, self.run.until)
        return self._grid.times, self._grid.curve(name)

    def at(self, name: str, time: float) -> float:
        """A value at a time."""
        return float(self._solve([time + self.run.zero], time + self.run.zero + 1e-6).values[0, self.names.index(name), 0])

    def area(self, name: str, until: float) -> float:
        """The area until a time."""
        return float(self._solve([0.0, until], until).metric(name, "AUC")[0])

    def flat(self, name: str) -> bool:
        """Whether the curve stays where it starts."""
        values = self.curve(name)[1]
        return bool(np.ptp(values) <= 1e-6 * abs(values[0]))

    def extreme(self, name: str, sign: float, after: float) -> tuple[float, float]:
        """(time, value) of the highest (sign 1) or lowest (-1) value, refined by a second grid around it."""
        times, values = self.curve(name)
        later = times >= after
        times, values = times[later], sign * values[later]
        i = int(values.argmax())
        low, high = times[max(i - 1, 0)], times[min(i + 1, len(times) - 1)]
        fine = np.union1d(np.linspace(low, high, 401), times[i])
        found = self._solve(fine, self.run.until).curve(name) * sign
        j = int(found.argmax())
        return float(fine[j]), float(sign * found[j])

    def crossing(self, name: str, level: float) -> float:
        """The first time at which the curve falls below a level."""
        times, values = self.curve(name)
        i = int(np.argmax(values < level))
        fine = np.linspace(times[i - 1], times[i], 401)
        found = self._solve(fine, self.run.until).curve(name)
        return float(fine[int(np.argmax(found < level))])

    def rise(self, name: str, level: float) -> float:
        """The last time at which the curve comes from below to a level."""
        times, values = self.curve(name)
        i = int(len(values) - np.argmax(values[::-1] < level))
        fine = np.linspace(times[i - 1], times[i], 401)
        found = self._solve(fine, self.run.until).curve(name)
        return float(fine[int(np.argmax(found >= level))])


AT = re.compile(r"(?:C|U|B|day |d |t )?(\d+(?:\.\d+)?)(?: h)?(?: after infusion)?$")


def read(course: Course, name: str, quantity: str) -> float:
    """One quantity of the table, in the unit of our output."""
    zero = course.run.zero
    after = course.run.after if "after" in quantity else 0.0
    if quantity.startswith(("Cmax", "max", "peak")):
        return course.extreme(name, 1.0, after)[1]
    if quantity.startswith(("Tmax", "time of max", "time of peak")):
        return course.extreme(name, 1.0, after)[0] - zero
    if quantity.startswith(("nadir", "min")):
        return course.extreme(name, -1.0, after)[1]
    if quantity.startswith(("day of nadir", "time of min")):
        return course.extreme(name, -1.0, after)[0] - zero
    if quantity.startswith("AUC0-"):
        return course.area(name, float(re.match(r"AUC0-(\d+)", quantity).group(1)))
    days = re.match(r"d (\d+)$", quantity)
    if days and course.model.time_unit == "h":
        return course.at(name, 24.0 * float(days.group(1)))
    match = AT.match(quantity)
    assert match, quantity
    return course.at(name, float(match.group(1)))


def within(tolerance: str, expected: float, found: float) -> bool:
    """Whether a number is as near as the table asks."""
    kind, size = tolerance.split()[:2]
    return abs(found - expected) <= float(size) * (abs(expected) if kind == "rel" else 1.0)
