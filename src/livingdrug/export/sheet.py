"""A model as a sheet of species, parameters, rules, reactions and events: what SBML and Antimony are written
from.

Formulas stay in the expression language. The doses of the model's first experiment are part of the sheet, as
a model without them has nothing to show: what is given at time 0 is a parameter that is added to the start,
later doses are events, infusions are inflows while they last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from livingdrug.core.errors import InputError, ModelError
from livingdrug.core.expressions import unit_of
from livingdrug.core.names import numbered
from livingdrug.core.units import Dimension, measures, over, parse_unit, unit_text
from livingdrug.engine import ADD, RATE
from livingdrug.export.plan import MARK
from livingdrug.models import Clock, ClosedForm, Definition, Event, Model, State, System
from livingdrug.simulation import default_regimen, individual_values, subject_events, typical_subject

SUBSTANCES = ("cells", "copies", "amount of substance", "mass")


@dataclass(frozen=True)
class Thing:
    """A species or parameter. start: its formula at time 0, where it is no number; rule: its formula at
    any time; rate: the formula of its derivative; value: its number."""

    name: str
    unit: str
    meaning: str
    value: float | None = None
    start: str = ""
    rule: str = ""
    rate: str = ""
    roles: tuple[str, ...] = ()
    at: str = ""


@dataclass(frozen=True)
class Reaction:
    """`rate` leaves `out_of`, `count` times of it enters `into`; one end may be absent. part: whether it is a part of
    something larger, so that it is no random event by itself."""

    name: str
    kind: str
    rate: str
    out_of: str = ""
    into: str = ""
    count: float = 1.0
    part: bool = False


@dataclass(frozen=True)
class Sheet:
    """A model on one sheet. substance: the unit of all species, empty where there are none."""

    name: str
    title: str
    time_unit: str
    substance: str
    species: tuple[Thing, ...]
    parameters: tuple[Thing, ...]
    reactions: tuple[Reaction, ...]
    events: tuple[Event, ...]
    outputs: dict[str, str] = field(hash=False)
    dose_into: str = ""
    places: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def sheet(model: Model) -> Sheet:
    """The typical subject of a model with the doses of its first experiment.

    Raises InputError for what has no counterpart.
    """
    values = {name: float(v[0]) for name, v in individual_values(model, typical_subject(model)).items()}
    quantities = [Thing(q.name, q.unit, q.meaning, value=values[q.name]) for q in model.quantities]
    if isinstance(model.system, ClosedForm):
        return _of_formulas(model, model.system, quantities)
    return _of_flows(model, model.system, quantities, values)


def _of_formulas(model: Model, form: ClosedForm, quantities: list[Thing]) -> Sheet:
    names = _Names({q.name for q in quantities} | {d.name for d in form.definitions})
    units = {q.name: parse_unit(q.unit) for q in form.quantities} | {"time": parse_unit(form.time_unit)}
    rules = _ruled(form.definitions, units)
    outputs = {}
    for output in form.outputs:
        outputs[output.name] = names.fresh(output.name)
        texts = [piece.expression for piece in output.pieces]
        if (
            len(texts) > 1
        ):  # each piece by itself, as a formula of all of them could be longer than one may be
            labels = [names.fresh(f"{output.name}_piece_{i}") for i in range(1, len(texts) + 1)]
            rules += [
                Thing(label, output.unit, f"{output.meaning}, a piece of it", rule=text)
                for label, text in zip(labels, texts, strict=True)
            ]
            texts = labels
        text = texts[-1]
        for piece, label in zip(output.pieces[-2::-1], texts[-2::-1], strict=True):
            text = f"choose(({piece.until}) - time, {label}, {text})"
        rules.append(Thing(outputs[output.name], output.unit, output.meaning, rule=text))
    return Sheet(
        name=model.name,
        title=model.title,
        time_unit=form.time_unit,
        substance="",
        species=(),
        parameters=(*quantities, *rules),
        reactions=(),
        events=(),
        outputs=outputs,
        remarks=_remarks(model, "the dose is not in its formulas"),
    )


def _of_flows(model: Model, system: System, quantities: list[Thing], values: dict[str, float]) -> Sheet:
    for state in system.states:
        if state.extinct_below:
            raise InputError(
                f"`{model.full_name}`: the state `{state.name}` is empty from then on once it falls below "
                f"{state.extinct_below:g}, which other tools do not know; take `extinct_below` out of the "
                "model file"
            )
    items = (*system.states, *system.definitions, *system.clocks, *system.switches)
    names = _Names({q.name for q in quantities} | {item.name for item in items})
    substance = _substance(system)
    species = {s.name for s in system.states if s.unit == substance}
    doses = _Doses(model, system, names, values)
    starts, rates = {s.name: s.initial for s in system.states}, {s.name: [] for s in system.states}
    for state, dose in doses.at_start.items():
        starts[state] = dose.name if starts[state] == "0" else f"{starts[state]} + {dose.name}"
    reactions = []
    for flow in system.flows:
        reactions += _reactions(flow, species, rates, names)
    for state, rate in doses.inflows:
        if state in species:
            reactions.append(Reaction(names.fresh(f"infusion_into_{state}"), "production", rate, into=state))
        else:
            rates[state].append(f"+ {rate}")
    units = {q.name: parse_unit(q.unit) for q in system.quantities} | {"time": parse_unit(system.time_unit)}
    units |= {s.name: parse_unit(s.unit) for s in system.states} | {s.name: () for s in system.switches}
    rules = [
        Thing(s.name, "1", s.meaning or s.name, rule=f"choose(({s.at}) - time, 0, 1)")
        for s in system.switches
    ]
    rules += _ruled((*system.clocks, *system.definitions), units)
    states = [
        Thing(
            s.name, s.unit, s.meaning, start=starts[s.name], rate=_sum(rates[s.name]), roles=s.roles, at=s.at
        )
        for s in system.states
    ]
    outputs = {}
    for output in system.outputs:
        same = output.expression == output.name and output.name in names.given
        outputs[output.name] = output.name if same else names.fresh(output.name)
        if not same:
            rules.append(Thing(outputs[output.name], output.unit, output.meaning, rule=output.expression))
    return Sheet(
        name=model.name,
        title=model.title,
        time_unit=system.time_unit,
        substance=substance,
        species=tuple(s for s in states if s.name in species),
        parameters=(
            *quantities,
            *doses.at_start.values(),
            *doses.numbers,
            *(s for s in states if s.name not in species),
            *rules,
        ),
        reactions=tuple(reactions),
        events=(*system.events, *doses.events),
        outputs=outputs,
        dose_into=system.dose_into,
        places=_places(model),
        remarks=_remarks(model, doses.words),
    )


def _ruled(items: Iterable[Definition | Clock], units: dict[str, Dimension]) -> list[Thing]:
    """Clocks and definitions with the units that come out (none where no text can say them); `units` grows
    by them."""
    found = []
    for item in items:
        try:
            units[item.name] = unit_of(item.expression, units) or ()
            unit = unit_text(units[item.name])
        except ModelError:  # of a file whose units are labels that nothing checked
            units[item.name], unit = (), ""
        unit = "" if "^" in unit else unit
        found.append(Thing(item.name, unit, item.meaning or item.name, rule=item.expression))
    return found


def _places(model: Model) -> tuple[tuple[str, str], ...]:
    """(place, quantity that is its volume) pairs of the base and its fragments."""
    parts = [model.structure, *(fragment.structure for fragment in model.fragments)]
    return tuple(
        (p.name, p.volume) for part in parts if not isinstance(part, ClosedForm) for p in part.places
    )


def _substance(system: System) -> str:
    """The unit of most states that are amounts; what is in another unit follows rate rules."""
    units = [s.unit for s in system.states if _is_substance(s.unit)]
    return max(sorted(set(units)), key=units.count) if units else ""


def _is_substance(unit: str) -> bool:
    found = measures(parse_unit(unit))
    return len(found) == 1 and next(iter(found)) in SUBSTANCES and set(found.values()) == {1}


def _reactions(flow, species: set[str], rates: dict[str, list[str]], names: "_Names") -> list[Reaction]:
    """A flow as one reaction where both ends are species and the gain is a number; else each end by
    itself."""
    gain = _as_number(flow.gain)
    if flow.out_of in species and flow.into in species and gain is not None:
        return [
            Reaction(
                names.fresh(flow.name), flow.kind, flow.rate, flow.out_of, flow.into, gain, bool(flow.event)
            )
        ]
    found = []
    entering = flow.rate if flow.gain == "1" else f"({flow.gain}) * ({flow.rate})"
    for state, rate, end, sign in (
        (flow.out_of, flow.rate, "out_of", "-"),
        (flow.into, entering, "into", "+"),
    ):
        if state in species:
            both = bool(flow.out_of and flow.into)
            label = f"{flow.name}_of_{state}" if both else flow.name
            part = both or bool(flow.event)
            found.append(Reaction(names.fresh(label), flow.kind, rate, part=part, **{end: state}))
        elif state:
            rates[state].append(f"{sign} ({rate})")
    return found


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sum(terms: list[str]) -> str:
    return " ".join(terms).removeprefix("+ ") if terms else ""


class _Names:
    """Names of the one space of names that a sheet has."""

    def __init__(self, given: set[str]) -> None:
        self.given, self.taken = frozenset(given), set(given)

    def fresh(self, wanted: str) -> str:
        name = numbered(wanted, lambda name: name not in self.taken)
        self.taken.add(name)
        return name


class _Doses:
    """Doses of the first experiment: parameters at the start, events, inflows."""

    def __init__(self, model: Model, system: System, names: _Names, values: dict[str, float]) -> None:
        self.at_start: dict[str, Thing] = {}
        self.events: list[Event] = []
        self.numbers: list[Thing] = []
        self.names, self.time_unit = names, system.time_unit
        self.inflows: list[tuple[str, str]] = []
        rows = subject_events(default_regimen(model), system, [values[q.name] for q in system.quantities])
        running: dict[int, list[tuple[float, float]]] = {}
        for time, kind, state, value in zip(
            rows.time.tolist(), rows.kind.tolist(), rows.state.tolist(), rows.value.tolist(), strict=True
        ):
            into = system.states[state]
            if kind == ADD and time == 0:
                before = self.at_start.get(into.name)
                name = before.name if before else names.fresh(f"dose_into_{into.name}")
                amount = value + (before.value or 0.0 if before else 0.0)
                self.at_start[into.name] = Thing(
                    name, into.unit, f"given into {into.name} at time 0", value=amount
                )
            elif kind == RATE:
                self._infusion(into, time, value, running.setdefault(state, []))
            else:
                event = names.fresh(f"dose_{len(self.events) + 1}")
                amount = self._number(f"{event}_amount", into.unit, f"given into {into.name}", value)
                at = self._number(f"{event}_time", system.time_unit, f"when {event} is given", time)
                new = f"{into.name} + {amount}" if kind == ADD else amount
                trigger = f"choose({at} - time, -1, 1)"
                self.events.append(Event(event, trigger, {into.name: new}, initially=False))
        count = len(self.at_start) + len(self.events) + len(self.inflows)
        self.words = "the doses of its first experiment are part of it" if count else "no dose is part of it"

    def _number(self, name: str, unit: str, meaning: str, value: float) -> str:
        name = self.names.fresh(name)
        self.numbers.append(Thing(name, unit, meaning, value=value))
        return name

    def _infusion(self, into: State, time: float, rate: float, running: list[tuple[float, float]]) -> None:
        started = next((r for r in running if r[1] == -rate), None)
        if started is None:
            running.append((time, rate))
            return
        running.remove(started)
        label = f"infusion_{len(self.inflows) + 1}"
        unit = unit_text(over(parse_unit(into.unit), parse_unit(self.time_unit)))
        speed = self._number(f"{label}_rate", unit, f"inflow into {into.name}", started[1])
        start = self._number(f"{label}_start", self.time_unit, f"start of {label}", started[0])
        end = self._number(f"{label}_end", self.time_unit, f"end of {label}", time)
        while_on = f"choose({start} - time, 0, choose({end} - time, 1, 0))"
        self.inflows.append((into.name, f"{speed} * {while_on}"))


def _remarks(model: Model, doses: str) -> tuple[str, ...]:
    sources = dict.fromkeys(
        model.source_of(q.name).line() for q in model.quantities if q.name not in model.changes
    )
    return (
        f"{model.full_name}: {model.title}",
        MARK,
        f"the typical subject; {doses}",
        *(f"source: {line}" for line in sources),
        *(f"CAUTION: {doubt}" for doubt in model.doubts),
        *(
            f"note: {text}"
            for text in (*model.deviations, *(d for f in model.fragments for d in f.deviations))
        ),
    )


def unit_words(sheet: Sheet) -> list[str]:
    """Every unit of the sheet, once."""
    t = parse_unit(sheet.time_unit)
    units = [thing.unit for thing in (*sheet.species, *sheet.parameters) if thing.unit]
    return list(
        dict.fromkeys(unit_text(parse_unit(u)) for u in (*units, unit_text(t), sheet.substance or "1"))
    )
