"""Base structure + fragments -> one System of states and flows.

Assembly starts from scratch each time and treats the fragments as a set sorted by name, so the order in which
they were added cannot matter. Passes: names, mirrors, partners, flows with each state, scales, selectors,
order, units.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from livingdrug.core.conventions import NOT_KNOWN
from livingdrug.core.errors import ModelError, UnitError
from livingdrug.core.expressions import expand, names
from livingdrug.models.elements import Definition, Event, Flow, Quantity, State
from livingdrug.models.structure import Structure
from livingdrug.models.system import System
from livingdrug.models.unit_check import check_units

Part = tuple[str, Structure]
KEPT = 64  # systems, of some 0.1 MB each


class MissingPartner(ModelError):
    """A fragment needs a state that no part brings; `role` says which."""

    def __init__(self, message: str, role: str) -> None:
        super().__init__(message)
        self.role = role


def assemble(name: str, base: Structure, fragments: Sequence[Part]) -> System:
    """Join a base structure and fragments, given as (name, structure) pairs.

    Raises ModelError (one sentence) for a missing partner, a clash of names, a rule that meets nothing, other
    units.
    """
    parts = tuple(sorted(fragments, key=lambda part: part[0]))
    try:
        hash((base, parts))
    except TypeError:  # lists where a structure of ours has tuples
        return _assembled.__wrapped__(name, base, parts)
    return _assembled(name, base, parts)


@lru_cache(maxsize=KEPT)  # every model of the same parts has the same equations
def _assembled(name: str, base: Structure, fragments: tuple[Part, ...]) -> System:
    parts: list[Part] = [(name, base), *fragments]
    for fragment, structure in parts[1:]:
        if structure.time_unit and structure.time_unit != base.time_unit:
            raise ModelError(
                f"`{name}` runs on a clock in {base.time_unit} (an assay) and `{fragment}` is written in "
                f"{structure.time_unit}; they cannot be joined"
            )
    quantities = _quantities(parts)
    states = _states(parts)
    _check_partners(parts, states)
    _check_names(parts, quantities, states)
    flows = _scaled(parts, _flows(parts, states), states)
    volumes = {p.name: p.volume for _, structure in parts for p in structure.places}
    for place, volume in volumes.items():
        if volume and volume not in {q.name for q in quantities}:
            raise ModelError(
                f"`{name}`: the volume `{volume}` of the place `{place}` is not among the quantities"
            )
    system = System(
        name=" + ".join(part for part, _ in parts),
        time_unit=base.time_unit,
        states=tuple(states),
        definitions=_all(parts, "definitions"),
        clocks=_all(parts, "clocks"),
        switches=_all(parts, "switches"),
        flows=tuple(flows),
        events=_all(parts, "events"),
        outputs=_all(parts, "outputs"),
        quantities=tuple(quantities),
        cautions=_all(parts, "cautions"),
        dose_into=base.dose_into,
        one_dose_because=_one_dose_because(parts),
        unchecked=base.unchecked,
    )
    system = _expand_selectors(system, volumes)
    system = replace(system, definitions=_in_order(system))
    check_units(system)
    return system


def _all(parts: list[Part], field: str) -> tuple:
    return tuple(item for _, structure in parts for item in getattr(structure, field))


def _quantities(parts: list[Part]) -> list[Quantity]:
    found: dict[str, tuple[str, Quantity]] = {}
    for part, structure in parts:
        for quantity in structure.quantities:
            if quantity.name in found and found[quantity.name][1] != quantity:
                raise ModelError(
                    f"`{part}` and `{found[quantity.name][0]}` both bring a quantity `{quantity.name}`; "
                    "rename one of them"
                )
            found.setdefault(quantity.name, (part, quantity))
    return [quantity for _, quantity in found.values()]


def _states(parts: list[Part]) -> list[State]:
    base = list(parts[0][1].states)
    brought = [state for _, structure in parts[1:] for state in structure.states]
    mirrors = [
        replace(
            state,
            name=f"{state.name}_{mirror.place}",
            meaning=f"{state.meaning}, in {mirror.place}",
            at=mirror.place,
            initial="0",
            symbol=f"{state.symbol}^{{{mirror.place}}}" if state.symbol else "",
        )
        for _, structure in parts[1:]
        for mirror in structure.mirrors
        for state in base
        if mirror.role in state.roles and state.at == mirror.of
    ]
    return base + brought + mirrors


def _at(place: str) -> str:
    return f" at `{place}`" if place else ""


def _check_partners(parts: list[Part], states: list[State]) -> None:
    present = ", ".join(sorted({role + _at(s.at) for s in states for role in s.roles})) or "none"
    for part, structure in parts[1:]:
        for need in structure.needs:
            if not any(need.role in s.roles and need.at in ("", s.at) for s in states):
                raise MissingPartner(
                    f"`{part}` needs a state with role `{need.role}`{_at(need.at)}, and `{parts[0][0]}` has "
                    f"none; roles present: {present}",
                    need.role,
                )
        for role in structure.only:
            others = [
                name for name, other in parts if name != part and any(role in s.roles for s in other.states)
            ]
            if others:
                raise ModelError(
                    f"`{part}` and `{others[0]}` both bring a `{role}` population; keep one of them"
                )


def _check_names(parts: list[Part], quantities: list[Quantity], states: list[State]) -> None:
    owner = {q.name: "a quantity" for q in quantities}
    for state in states:
        if state.name in owner:
            both = (
                "two states; keep one of the parts"
                if owner[state.name] == "a state"
                else ("a quantity and a state")
            )
            raise ModelError(
                f"`{' + '.join(name for name, _ in parts)}`: the name `{state.name}` is used by {both}"
            )
        owner[state.name] = "a state"
    for field in ("definitions", "clocks", "switches"):
        for part, structure in parts:
            for item in getattr(structure, field):
                if item.name in owner:
                    raise ModelError(f"`{part}` brings the name `{item.name}`, which is taken; rename it")
                owner[item.name] = part
    for field in ("flows", "outputs", "events"):
        seen: set[str] = set()
        for part, structure in parts:
            for item in getattr(structure, field):
                if item.name in seen:
                    raise ModelError(f"`{part}` brings a second {field[:-1]} `{item.name}`; rename it")
                seen.add(item.name)


def _flows(parts: list[Part], states: list[State]) -> list[Flow]:
    flows = list(_all(parts, "flows"))
    for part, structure in parts:
        for rule in structure.each_with:
            met = [s for s in states if rule.role in s.roles and rule.at in ("", s.at)]
            if not met:
                raise ModelError(
                    f"`{part}` acts on every `{rule.role}` state{_at(rule.at)}, and there is none"
                )
            for state in met:
                fields = ("name", "rate", "out_of", "into", "gain", "event")
                flows.append(
                    replace(
                        rule.flow, **{f: getattr(rule.flow, f).replace("{state}", state.name) for f in fields}
                    )
                )
    known = {s.name for s in states}
    named = {"", NOT_KNOWN, *(d.name for d in _all(parts, "definitions"))}
    for flow in flows:
        for end in (flow.out_of, flow.into):
            if end and end not in known:
                raise ModelError(
                    f"flow `{flow.name}` names the unknown state `{end}`; states: {', '.join(sorted(known))}"
                )
        if flow.event not in named:
            raise ModelError(
                f"flow `{flow.name}` is part of the unknown event `{flow.event}`; name one of the definitions, or "
                f"`{NOT_KNOWN}` where the events behind its rate are not known"
            )
    return flows


def _scaled(parts: list[Part], flows: list[Flow], states: list[State]) -> list[Flow]:
    by_name = {s.name: s for s in states}
    factors: list[list[str]] = [[] for _ in flows]
    for part, structure in parts:
        for scale in structure.scales:
            met = 0
            for i, flow in enumerate(flows):
                ends = [by_name[end] for end in (flow.out_of, flow.into) if end]
                touches = any(set(scale.roles) & set(s.roles) and scale.at in ("", s.at) for s in ends)
                if flow.kind == scale.kind and touches:
                    factors[i].append(scale.by)
                    met += any("car_t" in s.roles for s in ends)
            if not met:
                roles = ", ".join(f"`{r}`" for r in scale.roles)
                raise ModelError(
                    f"`{part}` scales {scale.kind} of {roles}{_at(scale.at)}, and `{parts[0][0]}` has no "
                    f"CAR-T {scale.kind} there"
                )
    return [
        replace(flow, rate=" * ".join([f"({f})" for f in sorted(by)] + [f"({flow.rate})"])) if by else flow
        for flow, by in zip(flows, factors, strict=True)
    ]


def _one_dose_because(parts: list[Part]) -> str:
    for part, structure in parts:
        for item in (i for i in (*structure.clocks, *structure.switches) if not i.calendar):
            return f"`{part}` runs on a clock since the first infusion (`{item.name}`)"
    return ""


def _expand_selectors(system: System, volumes: dict[str, str]) -> System:
    def resolve(function: str, role: str, place: str | None) -> str:
        text = f"{function}({role}{' @ ' + place if place else ''})"
        met = [s for s in system.states if role in s.roles and place in (None, s.at)]
        if not met:
            raise MissingPartner(f"`{system.name}`: `{text}` meets no state", role)
        return "(" + " + ".join(_in_selector_unit(function, text, s, volumes) for s in met) + ")"

    def expanded(items: tuple, *fields: str) -> tuple:
        return tuple(replace(i, **{f: expand(getattr(i, f), resolve) for f in fields}) for i in items)

    return replace(
        system,
        definitions=expanded(system.definitions, "expression"),
        flows=expanded(system.flows, "rate"),
        events=tuple(_expanded_event(event, resolve) for event in system.events),
        outputs=expanded(system.outputs, "expression"),
    )


def _expanded_event(event: Event, resolve) -> Event:
    texts = {
        f: expand(getattr(event, f), resolve) for f in ("trigger", "delay", "priority") if getattr(event, f)
    }
    return replace(
        event, **texts, assign={state: expand(text, resolve) for state, text in event.assign.items()}
    )


def _in_selector_unit(function: str, text: str, state: State, volumes: dict[str, str]) -> str:
    wanted = {"amount": "cells", "density": "cells/uL"}[function]
    if state.unit == wanted:
        return state.name
    if state.unit not in ("cells", "cells/uL"):
        raise UnitError(
            f"`{text}` needs {wanted}, and `{state.name}` is in {state.unit}; there is no conversion from "
            f"{state.unit} to {wanted} without a white-cell count and a vector copy number"
        )
    volume = volumes.get(state.at, "")
    if not volume:
        raise UnitError(
            f"`{text}` needs {wanted}, and the place `{state.at}` of `{state.name}` names no volume"
        )
    return f"{state.name} * {volume}" if wanted == "cells" else f"{state.name} / {volume}"


def _in_order(system: System) -> tuple[Definition, ...]:
    """Definitions so that each uses only earlier ones."""
    waiting = {d.name: d for d in system.definitions}
    done: list[Definition] = []
    while waiting:
        ready = [d for d in waiting.values() if not (names(d.expression) & waiting.keys())]
        if not ready:
            raise ModelError(
                f"`{system.name}`: the definitions {', '.join(sorted(waiting))} need each other in a circle"
            )
        for d in ready:
            done.append(d)
            del waiting[d.name]
    return tuple(done)
