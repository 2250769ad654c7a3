"""A regimen and one subject's values -> the flat event table that the engine runs.

Lagged doses, infusions and steady states mean what they mean for a patient who has been treated so for ever:
at a steady state, infusions of the past that still run go on to their ends, and lagged doses that have not
yet arrived still come. So a lag longer than the interval and infusions longer than the interval (which
overlap) need no rule of their own."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.engine import ADD, RATE, SET, Events, steady_state
from livingdrug.models import System
from livingdrug.simulation.regimen import MAX_REPEATS, Dose, Regimen, Reset

Advance = Callable[[np.ndarray, Events, float], np.ndarray]
Row = tuple[float, int, int, float]

# the steady state of a constant infusion is one of any interval; a week is long enough for slow and short
# enough for fast
CONSTANT_INTERVAL = {"d": 7.0, "h": 168.0}
# parts of an interval that only rounding makes differ from 0 or from the whole
ROUNDING = 1e-9


def expand(
    regimen: Regimen, system: System, values: Mapping[str, float], initial: np.ndarray, advance: Advance
) -> Events:
    """Events of one subject.

    values: the subject's quantities by name; initial: its states at time 0; advance(states, events, duration)
    -> states is the solver, asked for steady states only. Doses of a model that takes none are left out.
    Raises InputError for a lag, fraction, duration or rate of the subject that cannot be, SolveError without
    steady state."""
    rows: list[Row] = []
    for record in regimen.records:
        if isinstance(record, Reset):
            rows = _restarted(rows, record.time, initial)
        elif record.into or system.dose_into:
            given = _given(record, system, values)
            if record.steady_state:
                rows = _at_steady_state(rows, given, system, initial, advance)
            if not record.constant:
                starts = (given.start + k * record.every for k in range(record.repeats + 1))
                rows = rows + [row for start in starts for row in given.rows(start)]
    return Events.of(rows)


@dataclass(frozen=True)
class _Given:
    """A dose with one subject's numbers: what arrives (after the fraction), where, how fast, how late."""

    dose: Dose
    state: int
    amount: float
    rate: float
    duration: float
    lag: float

    @property
    def start(self) -> float:
        """When the first dose arrives."""
        return self.dose.time + self.lag

    def rows(self, start: float, since: float = 0.0) -> list[Row]:
        """Events of one dose arriving at `start`; of an infusion, the part after `since`."""
        if not self.rate:
            return [(start, ADD, self.state, self.amount)] if self.amount else []
        end = start + self.duration
        return [(max(start, since), RATE, self.state, self.rate), (end, RATE, self.state, -self.rate)]


def _given(dose: Dose, system: System, values: Mapping[str, float]) -> _Given:
    state = [s.name for s in system.states].index(dose.into or system.dose_into)
    amount = dose.amount * _own(dose, "fraction", values)
    rate, duration = _own(dose, "rate", values), _own(dose, "duration", values)
    if dose.rate != 0:
        if not rate:
            raise InputError(
                f"{dose}: its rate `{dose.rate}` is 0 for this subject; an infusion needs a rate above 0"
            )
        duration = amount / rate
        rate = rate if amount or dose.constant else 0.0
    elif duration:
        rate = amount / duration
    return _Given(dose, state, amount, rate, duration, _own(dose, "lag", values))


def _own(dose: Dose, field: str, values: Mapping[str, float]) -> float:
    """A number of the dose, or the subject's value of the quantity that it names."""
    given = getattr(dose, field)
    if not isinstance(given, str):
        return float(given)
    value = float(values[given])
    if not (math.isfinite(value) and value >= 0):
        raise InputError(
            f"{dose}: its {field} `{given}` is {value:g} for this subject; it must be finite and not negative"
        )
    return value


def _restarted(rows: list[Row], time: float, states: np.ndarray) -> list[Row]:
    """What happens before `time`; there, every state set and every running inflow ended."""
    kept = [row for row in rows if row[0] < time]
    inflows = {
        state: [r[3] for r in kept if r[1] == RATE and r[2] == state] for state in {r[2] for r in kept}
    }
    ended = [(time, RATE, state, -total) for state, parts in inflows.items() if (total := math.fsum(parts))]
    return [*kept, *((time, SET, i, float(value)) for i, value in enumerate(states)), *ended]


def _at_steady_state(
    rows: list[Row], given: _Given, system: System, initial: np.ndarray, advance: Advance
) -> list[Row]:
    """The rows before the dose, then the steady state put in place of all states or on top of them, then its
    past doses."""
    dose = given.dose
    interval = CONSTANT_INTERVAL[system.time_unit] if dose.constant else dose.every
    adds = dose.steady_state == "add"
    events = _one_interval(given)
    try:
        if adds:
            _check_empty(dose, system, interval, advance)
        start = np.zeros(len(initial)) if adds else initial
        states = steady_state(lambda y: advance(y, events, interval), start, system.states)
    except SolveError as error:
        every = "" if dose.constant else f" every {dose.every:g}"
        raise SolveError(f"{dose}{every}: {error}") from None
    if adds:
        rows = rows + [(dose.time, ADD, i, float(value)) for i, value in enumerate(states) if value]
    else:
        rows = _restarted(rows, dose.time, states)
    return rows + _past(given)


def _check_empty(dose: Dose, system: System, interval: float, advance: Advance) -> None:
    left = advance(np.zeros(len(system.states)), Events.of(()), interval)
    if left.any():
        filled = system.states[int(np.flatnonzero(left)[0])].name
        raise InputError(
            f"{dose}: a steady state can only be added to a model that stays empty without doses, and "
            f"`{filled}` does not; use `replace`"
        )


def _one_interval(given: _Given) -> Events:
    """What happens between two records at steady state: what arrives, and the infusions of the past that run
    on."""
    dose, state, rate = given.dose, given.state, given.rate
    if dose.constant:
        return Events.of([(0.0, RATE, state, rate)])
    every, phase = dose.every, _part(given.lag, dose.every)[1]
    if not rate:
        return Events.of([(phase, ADD, state, given.amount)])
    running, rest = _part(given.duration, every)
    rows = [(0.0, RATE, state, running * rate)]
    if rest:
        end = phase + rest
        rows += [(phase, RATE, state, rate), (end if end <= every else end - every, RATE, state, -rate)]
        rows += [(0.0, RATE, state, rate)] if end > every else []
    return Events.of(rows)


def _part(length: float, every: float) -> tuple[int, float]:
    """How many whole intervals, and what is left of a length."""
    whole = math.floor(length / every + ROUNDING)
    rest = length - whole * every
    return whole, rest if rest > ROUNDING * every else 0.0


def _past(given: _Given) -> list[Row]:
    """Doses of the records before the present one that still run, or still have to arrive."""
    dose = given.dose
    if dose.constant:
        # without end until the record, or until its lag after it
        ends = ((dose.time, given.rate), (given.start, -given.rate)) if given.lag else ()
        return [(time, RATE, given.state, rate) for time, rate in ends]
    if (given.lag + given.duration) / dose.every > MAX_REPEATS:
        raise InputError(
            f"{dose}: more than {MAX_REPEATS:,} doses overlap at an interval of {dose.every:g}; make it "
            "longer"
        )
    rows, j = [], 1
    while True:
        start = given.start - j * dose.every
        arrives = start >= dose.time - ROUNDING * dose.every
        if not arrives and not (given.rate and start + given.duration > dose.time):
            return rows
        rows += given.rows(max(start, dose.time) if arrives else start, since=dose.time)
        j += 1
