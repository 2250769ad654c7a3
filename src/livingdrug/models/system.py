"""What a base and its fragments become when they are joined: one System of states and flows."""

from dataclasses import dataclass

from livingdrug.models.elements import (
    Clock,
    Condition,
    Definition,
    Event,
    Flow,
    Output,
    Quantity,
    State,
    Switch,
)


@dataclass(frozen=True)
class System:
    """Assembled equations: final states and flows, selectors expanded, scales applied, definitions in order.

    Attributes
    ----------
    name : str
        Of base and fragments, joined by ` + `.
    time_unit : str
        d, h, min or s.
    states : tuple of State
        What changes over time.
    definitions : tuple of Definition
        What is computed of them, in this order.
    clocks : tuple of Clock
        Smooth factors of the time since the first infusion.
    switches : tuple of Switch
        0 before a time, 1 from it on.
    flows : tuple of Flow
        What moves, is made or lost, in states per time.
    events : tuple of Event
        What happens when conditions come true.
    outputs : tuple of Output
        What is observed.
    quantities : tuple of Quantity
        Numbers that the expressions name.
    cautions : tuple of Condition
        Messages that are shown where an expression is above 0.
    dose_into : str
        The state that doses enter; empty where it takes none.
    one_dose_because : str
        Why a second infusion is refused (empty when it is not).
    unchecked : str
        Why units are not checked.
    """

    name: str
    time_unit: str
    states: tuple[State, ...]
    definitions: tuple[Definition, ...]
    clocks: tuple[Clock, ...]
    switches: tuple[Switch, ...]
    flows: tuple[Flow, ...]
    events: tuple[Event, ...]
    outputs: tuple[Output, ...]
    quantities: tuple[Quantity, ...]
    cautions: tuple[Condition, ...]
    dose_into: str
    one_dose_because: str
    unchecked: str

    @property
    def symbols(self) -> dict[str, str]:
        """LaTeX symbols of all names that have one."""
        groups = (self.states, self.quantities, self.definitions, self.clocks, self.switches)
        return {item.name: item.symbol for group in groups for item in group if item.symbol}
