"""What a virtual subject of a model can have at most, and where its infused cells are seen.

Both follow from the roles, places and units of states and outputs, never from names.
"""

from collections.abc import Iterable

from livingdrug.core.expressions import names
from livingdrug.models.elements import State
from livingdrug.models.model import Model
from livingdrug.models.parameters import Bound
from livingdrug.models.structure import ClosedForm
from livingdrug.models.system import System

BLOOD = "blood"
LEVELS = ("copies/ug", "copies/uL", "copies/mL", "cells/uL", "cells/mL")  # of cells, or of their DNA
CEILING_FRAGMENT, CEILING = "lymphocyte_capacity", "car_t_ceiling"
# where the fragment holds expansion back, rounding can leave a level this far above its ceiling
HELD = 1.0 + 1e-4


def bounds_of(model: Model) -> tuple[Bound, ...]:
    """The highest levels that a subject of the model can have.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    tuple of Bound
        Those that the model states, and for every other output that is a number of CAR-T cells in blood in
        cells/uL the ceiling of `lymphocyte_capacity`: the highest level of a patient in public data. Where
        that fragment has joined, the ceiling is the one it works with. None for models of mice, for outputs
        in other units, and for closed forms, whose formulas have no roles.
    """
    stated = {bound.output for bound in model.bounds}
    system = model.system
    if isinstance(system, ClosedForm) or (model.about and "mice" in model.about.data):
        return model.bounds
    found = [output.name for output in system.outputs if output.name not in stated and _cells_in_blood(system, output)]
    if not found:
        return model.bounds
    most, source, meaning = _ceiling(model)
    return (*model.bounds, *(Bound(name, most, source, meaning) for name in found))


def _ceiling(model: Model):
    from livingdrug.models.catalogue import get_fragment

    values = get_fragment(CEILING_FRAGMENT).values
    source, meaning = values.source_of(CEILING), values.notes[CEILING]
    if any(fragment.name == CEILING_FRAGMENT for fragment in model.fragments):
        return model.typical[CEILING] * HELD, source, f"`{CEILING}` of the fragment `{CEILING_FRAGMENT}`"
    return values.values[CEILING], source, meaning


def _cells_in_blood(system: System, output) -> bool:
    states = states_in(system, output.expression)
    return output.unit == "cells/uL" and bool(states) and all("car_t" in s.roles and s.at == BLOOD for s in states)


def states_in(system: System, expression: str) -> tuple[State, ...]:
    """The states that an expression is made of, through definitions."""
    definitions = {d.name: d.expression for d in system.definitions}
    waiting, seen = list(names(expression)), set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += names(definitions[name]) if name in definitions else []
    return tuple(state for state in system.states if state.name in seen)


def infused_outputs(model: Model, into: Iterable[str] = ()) -> tuple[str, ...]:
    """Outputs and states of CAR-T cells in which the infused cells are counted from the infusion on.

    There the largest level can be that of the infusate rather than that of the expansion, so that XCMAX is
    another number than CMAX.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    into : iterable of str
        States that receive doses, beside the one that the model doses.

    Returns
    -------
    tuple of str
        Names: their states are CAR-T cells alone, and one of them is dosed, or filled at time 0. Of a closed form,
        which has no states, all levels of cells or of their DNA.
    """
    system = model.system
    if isinstance(system, ClosedForm):
        return tuple(output.name for output in system.outputs if output.unit in LEVELS)
    dosed = {system.dose_into, *into}
    shown = [(o.name, states_in(system, o.expression)) for o in system.outputs]
    shown += [(s.name, (s,)) for s in system.states]
    return tuple(
        dict.fromkeys(
            name
            for name, states in shown
            if states
            and all("car_t" in s.roles for s in states)
            and any(s.name in dosed or s.initial != "0" for s in states)
        )
    )
