"""The flows of a model as reactions: one event takes one from `out_of` and adds `gain` to `into`, or is all of the flows
that name it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from livingdrug.core.conventions import NOT_KNOWN
from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.expressions import linear_coefficient, names
from livingdrug.engine import array_function, compile_system, condition_function, refuse_events
from livingdrug.models import ClosedForm, Flow, Model, System
from livingdrug.simulation.population import typical_subject
from livingdrug.simulation.solve import individual_values


@dataclass(frozen=True)
class Reactions:
    """Reactions of one subject.

    rates(time, counts): of every reaction per time, for columns of counts (states, runs) -> (reactions,
    runs), below 0 where
    it goes the other way round (logistic growth above the capacity); SolveError where one is not a number.
    change: of
    every state by one event, shape (reactions, states); start: of every state; switches: times at which
    rates change by
    themselves; values: of every quantity.
    """

    rates: Callable[[np.ndarray, np.ndarray], np.ndarray]
    change: np.ndarray
    start: np.ndarray
    switches: tuple[float, ...]
    values: dict[str, float]


class _Event(NamedTuple):
    """rate: how often it happens, as text; parts: (flow, how much of it flows in one event, as text) pairs."""

    rate: str
    parts: tuple[tuple[Flow, str], ...]


def _events(model: Model, system: System) -> list[_Event]:
    """The events of which flows are parts, each in the place of its first flow."""
    groups: dict[str, list[Flow]] = {}
    for flow in system.flows:
        groups.setdefault(flow.event or f"flow {flow.name}", []).append(flow)
    found = []
    for flows in groups.values():
        name = flows[0].event
        if name == NOT_KNOWN:
            raise InputError(
                f"`{model.full_name}`: the rate of flow `{flows[0].name}` is a sum over events that the file does not tell "
                "apart (a rate rule), so no random events are drawn; write them as reactions"
            )
        parts = tuple((flow, _in_one(model, system, flow)) for flow in flows)
        found.append(_Event(name or flows[0].rate, parts))
    return found


def _in_one(model: Model, system: System, flow: Flow) -> str:
    """How much of a flow flows in one event."""
    if not flow.event:
        return "1"
    made = linear_coefficient(flow.rate, flow.event)
    if made is None or names(made) - {q.name for q in system.quantities}:
        raise InputError(
            f"`{model.full_name}`: flow `{flow.name}` is part of the event `{flow.event}`, but its rate (`{flow.rate}`) is "
            "no fixed multiple of it, so no random events are drawn; a fragment that scales one part of an event cannot join"
        )
    return made


def _changes(system: System, happening: list[_Event], numbers: list[float]) -> np.ndarray:
    """What one event changes, shape (events, states)."""
    states, quantities = [s.name for s in system.states], tuple(q.name for q in system.quantities)
    flows = [(row, flow, much) for row, event in enumerate(happening) for flow, much in event.parts]
    texts = [text for _, flow, much in flows for text in (much, flow.gain)]
    amounts = array_function(quantities, (), tuple(texts))(*numbers)
    change = np.zeros((len(happening), len(states)))
    for (row, flow, _), much, gain in zip(flows, amounts[::2], amounts[1::2], strict=True):
        if flow.out_of:
            change[row, states.index(flow.out_of)] -= much
        if flow.into:
            change[row, states.index(flow.into)] += much * gain
    return change


def reactions_of(model: Model, values: dict[str, float] | None = None) -> Reactions:
    """The reactions of a subject; values: its quantities after covariate effects, the typical ones by
    default.

    Raises InputError for a closed form, for events of the model's own, for `extinct_below` and for rates over events that
    nothing tells apart.
    """
    system = model.system
    if isinstance(system, ClosedForm):
        raise InputError(
            f"`{model.full_name}` is a closed form without populations; take a model made of flows"
        )
    refuse_events(system, "not event by event")
    dying = next((s for s in system.states if s.extinct_below), None)
    if dying is not None:
        raise InputError(
            f"`{model.full_name}`: `{dying.name}` is empty below {dying.extinct_below:g} by a rule; cells that die one by "
            "one need none, so take `extinct_below` out of the model file"
        )
    if values is None:
        values = {name: float(v[0]) for name, v in individual_values(model, typical_subject(model)).items()}
    numbers = [values[q.name] for q in system.quantities]
    happening = _events(model, system)
    change = _changes(system, happening, numbers)
    code, made = compile_system(system), condition_function(system, tuple(event.rate for event in happening))
    switches = tuple(float(at) for at in code.switch_times(*numbers))

    def rates(time: np.ndarray, y: np.ndarray) -> np.ndarray:
        on = [(time >= at - 1e-12 * max(abs(at), 1.0)).astype(float) for at in switches]
        with np.errstate(all="ignore"):
            found = made(time, *y, *numbers, *on)
        speed = np.array([np.broadcast_to(rate, y.shape[1:]) for rate in found], dtype=float)
        if not np.isfinite(speed).all():
            flow = happening[int(np.flatnonzero(~np.isfinite(speed).all(axis=1))[0])].parts[0][0].name
            raise SolveError(
                f"`{model.full_name}`: the rate of flow `{flow}` is not a number, as where no cells are left (0/0); it is "
                "made for populations that never end"
            )
        return speed

    return Reactions(rates, change, np.array(code.initial(*numbers), dtype=float), switches, dict(values))
