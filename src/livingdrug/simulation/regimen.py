"""Doses as events: how much, when."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.models import Model


@dataclass(frozen=True)
class Dose:
    """An infusion at `time` (model's time unit) of `amount` (unit of the dosed state, mostly cells)."""

    amount: float
    time: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount >= 0):
            raise InputError(f"a dose of {self.amount:g} was given; it must be finite and not negative")
        if not (math.isfinite(self.time) and self.time >= 0):
            raise InputError(f"a dose at time {self.time:g} was given; the time must be finite and not negative")


def read_dose(text: str) -> Dose:
    """A dose from text: `1e8`, or `5e7@7` for 5e7 at time 7. Raises InputError naming the text."""
    amount, _, time = text.partition("@")
    try:
        return Dose(float(amount), float(time) if time else 0.0)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"dose `{text}` cannot be read; write an amount, or amount@time, such as 1e8 or 5e7@7") from None


@dataclass(frozen=True)
class Regimen:
    """All doses of a subject, sorted by time."""

    doses: tuple[Dose, ...] = ()

    @staticmethod
    def of(doses: Iterable[Dose | float | tuple[float, float]]) -> "Regimen":
        """From doses, amounts (at time 0) or (time, amount) pairs."""
        made = []
        for dose in doses:
            if isinstance(dose, Dose):
                made.append(dose)
            elif isinstance(dose, tuple):
                made.append(Dose(dose[1], dose[0]))
            else:
                made.append(Dose(float(dose)))
        return Regimen(tuple(sorted(made, key=lambda d: d.time)))


def default_regimen(model: Model) -> Regimen:
    """The doses of the model's first published experiment."""
    return Regimen.of(model.experiments[0].doses if model.experiments else ())


def check_regimen(model: Model, regimen: Regimen) -> str:
    """Refuse what the model cannot take; return a notice (or an empty text) about a dose that has no effect.

    A model on a clock since the first infusion takes no second infusion, and none after time 0.
    """
    system = model.system
    reason = getattr(system, "one_dose_because", "") or ("" if system.dose_into else "its curve starts at the infusion")
    if reason and len(regimen.doses) > 1:
        raise InputError(f"`{model.full_name}` takes one infusion, {len(regimen.doses)} were given: {reason}")
    if reason and any(d.time > 0 for d in regimen.doses):
        raise InputError(f"`{model.full_name}` takes its infusion at time 0, not {regimen.doses[0].time:g}: {reason}")
    if regimen.doses and not system.dose_into:
        return f"the dose is not in the equations of `{model.full_name}`, so it changes nothing"
    return ""
