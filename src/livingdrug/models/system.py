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
        The parts; definitions in the order in which they are computed.
    definitions : tuple of Definition
        The parts; definitions in the order in which they are computed.
    clocks : tuple of Clock
        The parts; definitions in the order in which they are computed.
    switches : tuple of Switch
        The parts; definitions in the order in which they are computed.
    flows : tuple of Flow
        The parts; definitions in the order in which they are computed.
    events : tuple of Event
        The parts; definitions in the order in which they are computed.
    outputs : tuple of Output
        The parts; definitions in the order in which they are computed.
    quantities : tuple of Quantity
        The parts; definitions in the order in which they are computed.
    cautions : tuple of Condition
        The parts; definitions in the order in which they are computed.
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
