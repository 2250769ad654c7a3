"""Doses and schedules that are compared: a total dose, and which part of it is given on which day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.simulation import Dose, Regimen, check_regimen, read_division

ROUNDING = 1e-6  # by which parts of a dose may miss 1, as 0.333,0.333,0.334 do


@dataclass(frozen=True)
class Schedule:
    """How a dose is divided. Raises InputError for days or fractions that cannot be.

    Attributes
    ----------
    parts : tuple[tuple[float, float], ...]
        (day, fraction of the total dose), by day.
    """

    parts: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(sorted(self.parts)))
        days = [day for day, _ in self.parts]
        if not days or any(not (math.isfinite(day) and day >= 0) for day in days) or len({*days}) < len(days):
            raise InputError(f"schedule `{self}`: each part of the dose takes a day of its own, 0 or later")
        if days[0] != 0:
            raise InputError(
                f"schedule `{self}`: the first infusion is on day {days[0]:g}; count days from it, so it is day 0"
            )
        if any(not 0 < part <= 1 for _, part in self.parts) or abs(sum(p for _, p in self.parts) - 1) > ROUNDING:
            raise InputError(f"schedule `{self}`: the parts of the dose must be above 0 and add up to 1")

    def __str__(self) -> str:
        return ",".join(f"{part:.4g}@{day:.4g}" for day, part in self.parts)

    @property
    def last(self) -> float:
        """Day of the last infusion."""
        return self.parts[-1][0]

    def words(self) -> str:
        """`all on day 0`, or the parts."""
        if len(self.parts) == 1:
            return "all on day 0"
        return ", ".join(f"{part:.3g} on day {day:.3g}" for day, part in self.parts)


SINGLE = Schedule(((0.0, 1.0),))


@dataclass(frozen=True)
class Candidate:
    """A dose with its schedule.

    Attributes
    ----------
    dose : float
        In the unit that the model takes, over all infusions.
    schedule : Schedule
        How it is divided.
    """

    dose: float
    schedule: Schedule = SINGLE

    def __post_init__(self) -> None:
        if not (math.isfinite(self.dose) and self.dose > 0):
            raise InputError(f"a dose is {self.dose:g}; it must be a number above 0")

    def times(self, model: Model) -> tuple[float, ...]:
        """Of the infusions, in the unit of the model."""
        return tuple(day * in_a_day(model.time_unit) for day, _ in self.schedule.parts)

    def regimen(self, model: Model, beside: Regimen) -> Regimen:
        """The infusions, and what every regimen has beside them."""
        own = (Dose(self.dose * part, at) for at, (_, part) in zip(self.times(model), self.schedule.parts, strict=True))
        return Regimen((*own, *beside.doses), beside.resets)


def read_schedule(text: str) -> Schedule:
    """A divided dose from text, as `simulation.read_division` reads it.

    Parameters
    ----------
    text : str
        Such as `0.1@0,0.3@1,0.6@2` or `10/30/60@0,1,2`.

    Returns
    -------
    Schedule

    Raises
    ------
    InputError
        For another text.
    """
    return Schedule(read_division(text))


def splits(days: Sequence[float], fractions: Sequence[float]) -> tuple[Schedule, ...]:
    """One infusion, and two: each fraction first, the rest on each day.

    Parameters
    ----------
    days : sequence of float
        Of the second infusion.
    fractions : sequence of float
        Of the first one.

    Returns
    -------
    tuple of Schedule
    """
    for day in days:
        if not (math.isfinite(day) and day > 0):
            raise InputError(f"the day of a second infusion is {day:g}; it must be above 0, the day of the first one")
    for part in fractions:
        if not 0 < part < 1:
            raise InputError(f"the fraction of the dose given first is {part:g}; it must lie between 0 and 1")
    return (SINGLE, *(Schedule(((0.0, part), (day, 1 - part))) for part in fractions for day in days))


def candidates(model: Model, doses: Sequence[float], schedules: Sequence[Schedule], beside: Regimen) -> tuple[Candidate, ...]:
    """Every dose with every schedule, checked.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    doses : sequence of float
        In the unit that the model takes, over all infusions.
    schedules : sequence of Schedule
        How they are divided.
    beside : Regimen
        What is given besides.

    Returns
    -------
    tuple of Candidate

    Raises
    ------
    InputError
        For a dose that the model has no use for.
    """
    if not len(doses) or not len(schedules):
        raise InputError("no dose or no schedule was given to choose from")
    made = tuple(Candidate(float(dose), schedule) for schedule in schedules for dose in doses)
    for schedule in schedules:
        idle = check_regimen(model, Candidate(1.0, schedule).regimen(model, beside))
        if idle:
            raise InputError(f"{idle}; take a model that takes doses")
    return made
