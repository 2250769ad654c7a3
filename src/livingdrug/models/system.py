"""What a base and its fragments become when they are joined: one System of states and flows."""

from dataclasses import dataclass

from livingdrug.models.structure import (
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

    one_dose_because: why a second infusion is refused (empty when it is not); unchecked: why units are not
    checked.
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
