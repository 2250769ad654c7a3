"""What a subject is given and when: doses, infusions, repeats, steady states, added cells, resets."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.units import over, parse_unit, unit_text
from livingdrug.models import ClosedForm, Model, State

MAX_REPEATS = 10_000
STEADY = ("", "replace", "add")


@dataclass(frozen=True)
class Dose:
    """An amount given at `time`, at once or as an infusion, once or repeatedly, into the dosed state or
    another one.

    Parameters
    ----------
    amount : float
        In the unit of the state (mostly cells).
    time : float
        Of the record, in the model's time unit; `lag` comes on top.
    into : str
        A state; empty: where the model takes its doses (target cells added to an assay go into their own
        state).
    duration : float or str
        Length of an infusion, whose rate is then fraction * amount / duration; 0 with `rate` 0: a bolus.
    rate : float or str
        Rate of an infusion, whose length is then fraction * amount / rate.
    repeats : int
        Additional doses, one `every` so much time after the other.
    every : float
        Time between them.
    lag : float or str
        Delay of each dose.
    fraction : float or str
        The part of the amount that arrives (bioavailability; above 1 is taken as given).
    steady_state : str
        `replace` puts all states, at `time`, where such doses given `every` so often for ever have led,
        with the infusions of the past that still run (and with lagged doses still to come), and drops
        what was given before; `add` puts that on top of what is there, for a linear model that is empty
        without doses. An amount of 0 with a rate and `every` 0 is a constant infusion for ever that ends
        at `time`. The first dose of the series is at `time` itself.

    Raises
    ------
    InputError
        For numbers or combinations that mean nothing.

    Notes
    -----
    duration, rate, lag and fraction may name a quantity of the model: each subject's own value is used.
    In NONMEM's words: AMT, TIME, CMT, D, R, ADDL with II, ALAG, F, and SS 1 (`replace`) or 2 (`add`).
    """

    amount: float
    time: float = 0.0
    into: str = ""
    duration: float | str = 0.0
    rate: float | str = 0.0
    repeats: int = 0
    every: float = 0.0
    lag: float | str = 0.0
    fraction: float | str = 1.0
    steady_state: str = ""

    def __post_init__(self) -> None:
        for name in ("amount", "time", "duration", "rate", "every", "lag", "fraction"):
            _check_number(self, name, may_be_name=name in NAMED)
        if not isinstance(self.repeats, Integral) or not 0 <= self.repeats <= MAX_REPEATS:
            raise InputError(
                f"{self}: repeats is {self.repeats!r}; it must be whole, from 0 to {MAX_REPEATS:,}"
            )
        if self.steady_state not in STEADY:
            raise InputError(
                f"{self}: steady_state is `{self.steady_state}`; it must be `replace` or `add`, or be left "
                "out"
            )
        _check_combination(self)

    def __str__(self) -> str:
        return f"dose of {self.amount:g} at {self.time:g}"

    @property
    def infused(self) -> bool:
        """True for an infusion, False for a bolus."""
        return self.duration != 0 or self.rate != 0

    @property
    def constant(self) -> bool:
        """True for the steady state of a constant infusion."""
        return bool(self.steady_state) and self.every == 0

    @property
    def names(self) -> dict[str, str]:
        """The fields that name a quantity of the model, and the quantity."""
        return {field: getattr(self, field) for field in NAMED if isinstance(getattr(self, field), str)}


# fields that may name a quantity
NAMED = ("duration", "rate", "lag", "fraction")


def _check_number(dose: Dose, name: str, may_be_name: bool) -> None:
    value = getattr(dose, name)
    if may_be_name and isinstance(value, str):
        return
    try:
        fits = math.isfinite(value) and value >= 0
    except TypeError:
        fits = False
    if not fits:
        expected = "a number, finite and not negative" + (
            ", or the name of a quantity" if may_be_name else ""
        )
        raise InputError(
            f"a dose has {'the ' if name in ('amount', 'time') else ''}{name} {value!r}; it must be "
            f"{expected}"
        )


def _check_combination(dose: Dose) -> None:
    if dose.duration != 0 and dose.rate != 0:
        raise InputError(
            f"{dose}: a duration and a rate were given; give one of them, the amount makes the other"
        )
    if dose.repeats and not dose.every:
        raise InputError(
            f"{dose}: {dose.repeats} repeats were given without the time between doses; add `every`"
        )
    if dose.every and not (dose.repeats or dose.steady_state):
        raise InputError(
            f"{dose}: `every` {dose.every:g} was given, but neither repeats nor a steady state; add one of "
            "them"
        )
    if dose.constant and (dose.amount or not dose.rate):
        raise InputError(
            f"{dose}: a steady state needs `every`, the time between doses (for a constant infusion: the "
            "amount 0 and a rate)"
        )
    if dose.rate != 0 and not dose.amount and not dose.constant:
        raise InputError(
            f"{dose}: a rate without an amount never ends; give an amount, or ask for a steady state"
        )


@dataclass(frozen=True)
class Reset:
    """At `time` every state goes back to its initial value and all that was given before ends (NONMEM's EVID
    3).

    Parameters
    ----------
    time : float
        In the model's time unit, not negative.

    Raises
    ------
    InputError
        For a time that is negative or not finite.

    Notes
    -----
    Infusions stop, lagged and additional doses still to come are dropped. A dose at the same time follows the
    reset (EVID 4).
    """

    time: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time) and self.time >= 0):
            raise InputError(
                f"a reset at time {self.time:g} was given; the time must be finite and not negative"
            )


@dataclass(frozen=True)
class Regimen:
    """All doses and resets of a subject, sorted by time; `Regimen.of` takes plain amounts too.

    Parameters
    ----------
    doses : tuple of Dose
        Those of one time keep their order and follow a reset there.
    resets : tuple of Reset
        Times at which all states return to the start.
    """

    doses: tuple[Dose, ...] = ()
    resets: tuple[Reset, ...] = ()

    def __post_init__(self) -> None:
        for name in ("doses", "resets"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name), key=lambda event: event.time)))

    @staticmethod
    def of(items: Iterable[Dose | Reset | float | tuple[float, float]]) -> "Regimen":
        """From doses, resets, amounts (at time 0) or (time, amount) pairs."""
        doses, resets = [], []
        for item in items:
            if isinstance(item, Reset):
                resets.append(item)
            elif isinstance(item, Dose):
                doses.append(item)
            elif isinstance(item, tuple):
                doses.append(Dose(item[1], item[0]))
            else:
                doses.append(Dose(float(item)))
        return Regimen(tuple(doses), tuple(resets))

    @property
    def records(self) -> tuple[Dose | Reset, ...]:
        """Resets and doses in the order in which they act."""
        return tuple(sorted((*self.resets, *self.doses), key=lambda record: record.time))

    @property
    def personal(self) -> bool:
        """True where the events depend on a subject's own values."""
        return bool(self.resets) or any(dose.names or dose.steady_state for dose in self.doses)


def check_regimen(model: Model, regimen: Regimen) -> str:
    """Refuse what the model cannot take; return a notice (or an empty text) about a dose that has no effect.

    A model on a clock since the first infusion takes no second infusion of cells, no infusion after time 0,
    no reset and no steady state; added cells of another kind, such as target cells, do not touch that clock
    and are taken.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    regimen : Regimen
        The doses.

    Returns
    -------
    str

    Raises
    ------
    InputError
        That names the dose.
    """
    system = model.system
    states = {} if isinstance(system, ClosedForm) else {state.name: state for state in system.states}
    for dose in regimen.doses:
        _check_dose(model, dose, states)
    reason = "its curve starts at the infusion" if isinstance(system, ClosedForm) else system.one_dose_because
    if reason:
        _check_single(model, regimen, states, reason)
    if not system.dose_into and any(not dose.into for dose in regimen.doses):
        return f"the dose is not in the equations of `{model.full_name}`, so it changes nothing"
    return ""


def _check_dose(model: Model, dose: Dose, states: dict[str, State]) -> None:
    """The state and the quantities that a dose names, and their units."""
    where = f"`{model.full_name}`, {dose}: "
    if dose.into and dose.into not in states:
        raise InputError(where + unknown("state", dose.into, states))
    state = states.get(dose.into or model.system.dose_into)
    if state and state.log and dose.infused:
        raise InputError(
            f"{where}`{state.name}` is solved for its logarithm and takes no infusion; give a bolus (no "
            "duration, no rate)"
        )
    if dose.steady_state == "add" and any(s.log for s in states.values()):
        raise InputError(
            f"{where}a steady state can only be added to a linear model, not to one solved for logarithms; "
            "use `replace`"
        )
    time = parse_unit(model.time_unit)
    expected = {"duration": time, "lag": time, "fraction": ()}
    if state:
        expected["rate"] = over(parse_unit(state.unit), time)
    quantities = {q.name: q for q in model.quantities}
    for field, name in dose.names.items():
        if name not in quantities:
            raise InputError(f"{where}{field}: " + unknown("quantity", name, quantities))
        if field in expected and parse_unit(quantities[name].unit) != expected[field]:
            wanted = unit_text(expected[field])
            raise InputError(
                f"{where}{field} `{name}` has the unit {quantities[name].unit}; expected {wanted}"
            )


def _check_single(model: Model, regimen: Regimen, states: dict[str, State], reason: str) -> None:
    """A model whose curve starts at its one infusion, at time 0."""
    name = model.full_name
    infusions = [dose for dose in regimen.doses if _is_infusion(model, dose, states)]
    count = sum(1 + dose.repeats for dose in infusions)
    if count > 1:
        raise InputError(f"`{name}` takes one infusion, {count} were given: {reason}")
    for dose in infusions:
        if dose.time > 0 or dose.lag != 0:
            late = f"{dose.time:g}" if dose.lag == 0 else f"{dose.time:g} with the lag {dose.lag}"
            raise InputError(f"`{name}` takes its infusion at time 0, not {late}: {reason}")
    if regimen.resets:
        raise InputError(f"`{name}` takes no reset, one was given at {regimen.resets[0].time:g}: {reason}")
    for dose in regimen.doses:
        if dose.steady_state:
            raise InputError(f"`{name}` has no steady state to start from, the {dose} asks for one: {reason}")


def _is_infusion(model: Model, dose: Dose, states: dict[str, State]) -> bool:
    """True when the product itself is given, by whatever state it enters."""
    if dose.into in ("", model.system.dose_into):
        return True
    return bool({"car_t", "infused"} & {*states[dose.into].roles})
