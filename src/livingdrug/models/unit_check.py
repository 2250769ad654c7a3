"""The units of all expressions of a model, checked when it is assembled."""

from livingdrug.core.errors import ModelError, UnitError
from livingdrug.core.expressions import unit_of
from livingdrug.core.names import unknown
from livingdrug.core.units import Dimension, over, parse_unit, times, unit_text, unlike
from livingdrug.models.elements import Event
from livingdrug.models.structure import ClosedForm
from livingdrug.models.system import System


def check_units(system: System) -> None:
    """Raise UnitError or ModelError unless every expression has the unit of what it defines."""

    def dimension(text: str) -> Dimension:
        return () if system.unchecked else parse_unit(text)

    t = dimension(system.time_unit)
    numbers = {q.name: dimension(q.unit) for q in system.quantities}
    known: dict[str, Dimension] = dict(numbers)
    states = {s.name: dimension(s.unit) for s in system.states}
    for state in system.states:
        _agree(f"initial value of `{state.name}`", state.initial, numbers, states[state.name])
    for switch in system.switches:
        _agree(f"time of switch `{switch.name}`", switch.at, numbers, t)
        known[switch.name] = ()
    for clock in system.clocks:
        known[clock.name] = unit_of(clock.expression, {**numbers, "time": t}) or ()
    known |= states
    for definition in system.definitions:
        known[definition.name] = unit_of(definition.expression, known) or ()
    for flow in system.flows:
        rate = states[flow.out_of or flow.into]
        _agree(f"rate of flow `{flow.name}`", flow.rate, known, over(rate, t))
        if flow.out_of and flow.into:
            _agree(f"gain of flow `{flow.name}`", flow.gain, numbers, over(states[flow.into], rate))
        else:
            _agree(f"gain of flow `{flow.name}`", flow.gain, numbers, ())
    for event in system.events:
        _check_event(event, {**known, "time": t}, states, t)
    for output in system.outputs:
        _agree(f"output `{output.name}`", output.expression, known, dimension(output.unit))
    for caution in system.cautions:
        unit_of(caution.expression, numbers)
    if system.dose_into and system.dose_into not in states:
        raise ModelError(f"`{system.name}`: doses go into `{system.dose_into}`, which is not a state")


def _check_event(
    event: Event, known: dict[str, Dimension], states: dict[str, Dimension], time: Dimension
) -> None:
    what = f"event `{event.name}`"
    for state, text in event.assign.items():
        if state not in states:
            raise ModelError(f"{what}: " + unknown("state", state, states))
        _agree(f"{what}, new value of `{state}`", text, known, states[state])
    if event.delay:
        _agree(f"{what}, delay", event.delay, known, time)
    for text in (event.trigger, *([event.priority] if event.priority else [])):
        try:
            unit_of(text, known)
        except ModelError as error:
            raise type(error)(f"{what}: {error}") from None


def _agree(what: str, expression: str, known: dict[str, Dimension], expected: Dimension) -> None:
    try:
        found = unit_of(expression, known)
    except ModelError as error:
        raise type(error)(f"{what}: {error}") from None
    if found is not None and times(found, ()) != expected:
        wrong = f"{what}: `{expression}` has unit {unit_text(found)}; expected {unit_text(expected)}"
        raise UnitError(wrong + unlike(times(found, ()), expected))


def check_closed_units(name: str, form: ClosedForm) -> None:
    """The unit check of a closed form: pieces against their output, ends of pieces against time."""
    t = parse_unit(form.time_unit)
    known = {q.name: parse_unit(q.unit) for q in form.quantities}
    for definition in form.definitions:
        known[definition.name] = unit_of(definition.expression, known) or ()
    for condition in (*form.valid, *form.cautions):
        unit_of(condition.expression, known)
    for output in form.outputs:
        for piece in output.pieces:
            where = f"`{name}` output `{output.name}`"
            _agree(where, piece.expression, {**known, "time": t}, parse_unit(output.unit))
            if piece.until:
                _agree(f"{where}, end of a piece", piece.until, known, t)
        if output.pieces[-1].until or not all(p.until for p in output.pieces[:-1]):
            raise ModelError(f"`{name}` output `{output.name}`: every piece but the last needs `until`")
