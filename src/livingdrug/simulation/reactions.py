"""The flows of a model as reactions: one event takes one from `out_of` and adds `gain` to `into`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.engine import array_function, compile_system, flow_rates, refuse_events
from livingdrug.models import ClosedForm, Model
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


def reactions_of(model: Model, values: dict[str, float] | None = None) -> Reactions:
    """The reactions of a subject; values: its quantities after covariate effects, the typical ones by
    default.

    Raises InputError for a closed form, for events of the model's own and for `extinct_below`.
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
    names, quantities = [s.name for s in system.states], tuple(q.name for q in system.quantities)
    numbers = [values[name] for name in quantities]
    gains = array_function(quantities, (), tuple(f.gain for f in system.flows))(*numbers)
    change = np.zeros((len(system.flows), len(names)))
    for i, (flow, gain) in enumerate(zip(system.flows, gains, strict=True)):
        if flow.out_of:
            change[i, names.index(flow.out_of)] -= 1
        if flow.into:
            change[i, names.index(flow.into)] += gain
    code, made = compile_system(system), flow_rates(system)
    switches = tuple(float(at) for at in code.switch_times(*numbers))

    def rates(time: np.ndarray, y: np.ndarray) -> np.ndarray:
        on = [(time >= at - 1e-12 * max(abs(at), 1.0)).astype(float) for at in switches]
        with np.errstate(all="ignore"):
            found = made(time, *y, *numbers, *on)
        speed = np.array([np.broadcast_to(rate, y.shape[1:]) for rate in found], dtype=float)
        if not np.isfinite(speed).all():
            flow = system.flows[int(np.flatnonzero(~np.isfinite(speed).all(axis=1))[0])].name
            raise SolveError(
                f"`{model.full_name}`: the rate of flow `{flow}` is not a number, as where no cells are left (0/0); it is "
                "made for populations that never end"
            )
        return speed

    return Reactions(rates, change, np.array(code.initial(*numbers), dtype=float), switches, dict(values))
