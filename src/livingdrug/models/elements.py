"""What a structure is made of: places, states, flows, quantities, definitions, clocks, switches, events,
outputs."""

import math
from dataclasses import dataclass, field

from livingdrug.core.errors import ModelError
from livingdrug.core.expressions import check_name, parse
from livingdrug.core.units import parse_unit

ROLES = ("car_t", "host_t", "target", "antigen", "infused", "drug", "complex", "biomarker")
KINDS = (
    "expansion",
    "differentiation",
    "death",
    "killing",
    "exchange",
    "growth",
    "production",
    "clearance",
    "engraftment",
)
BOUNDS = ("nonnegative", "positive", "fraction", "any")


@dataclass(frozen=True)
class Place:
    """Where states are.

    Attributes
    ----------
    name : str
        Such as `blood`.
    volume : str
        The quantity (in uL) that turns cells there into cells/uL; empty where there is none.
    """

    name: str
    volume: str = ""


@dataclass(frozen=True)
class State:
    """What is followed over time.

    Such a rule is not part of any published model here; without it a tumour of 1e-9 cells grows back.

    Attributes
    ----------
    name : str
        Of the state.
    unit : str
        `cells`, `cells/uL`, `copies/ug` ...
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    roles : tuple of str
        What it is.
    at : str
        Name of the place that it is in, such as `blood`; empty where there is none.
    initial : str
        An expression of quantities.
    symbol : str
        How the publication writes it, in LaTeX, without dollar signs.
    log : bool
        Solve for its logarithm (exact for a state that only multiplies; needed where it spans many decades).
    extinct_below : float
        A population that falls below this size and has no inflow is empty from then on (0: never).
    """

    name: str
    unit: str
    meaning: str
    roles: tuple[str, ...] = ()
    at: str = ""
    initial: str = "0"
    symbol: str = ""
    log: bool = False
    extinct_below: float = 0.0

    def __post_init__(self) -> None:
        if self.log and self.extinct_below:
            raise ModelError(
                f"state `{self.name}` is kept as a logarithm, which has no 0 to fall to; drop `extinct_below`"
            )
        if not 0 <= self.extinct_below < math.inf:
            given = f"state `{self.name}`: extinct_below is {self.extinct_below:g}"
            raise ModelError(f"{given}; it must be finite and not negative")
        check_name(self.name, "state")
        parse_unit(self.unit)
        parse(self.initial)
        for role in self.roles:
            if role not in ROLES:
                raise ModelError(
                    f"state `{self.name}` has the unknown role `{role}`; roles: {', '.join(ROLES)}"
                )


@dataclass(frozen=True)
class Flow:
    """`rate` leaves `out_of`, `gain * rate` enters `into`; one end may be absent.

    Attributes
    ----------
    name : str
        Of the flow.
    rate : str
        In the unit of `out_of` (else of `into`) per time.
    kind : str
        What drives it: expansion, differentiation, death, killing, exchange, growth, production, clearance or
        engraftment.
    out_of, into : str
        Names of states; empty where that end is absent.
    gain : str
        An expression of quantities, no states.
    event : str
        For random events alone. The `where` name that says how often the event happens of which this flow is a part: its
        parts happen together (two cells that fuse leave at once). `?` where the rate is a sum over events
        that nothing names. Empty where each unit that flows is an event by itself.
    """

    name: str
    rate: str
    kind: str
    out_of: str = ""
    into: str = ""
    gain: str = "1"
    event: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(
                f"flow `{self.name}` has the unknown kind `{self.kind}`; kinds: {', '.join(KINDS)}"
            )
        if not (self.out_of or self.into):
            raise ModelError(
                f"flow `{self.name}` leaves no state and enters none; name `out_of`, `into` or both"
            )


@dataclass(frozen=True)
class Quantity:
    """A number that a structure needs.

    Attributes
    ----------
    name : str
        Of the quantity.
    unit : str
        Unit of its values, such as `1/d`.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    symbol : str
        In LaTeX, as the paper has it.
    bound : str
        Nonnegative, positive, fraction (0 to 1) or any.
    fixed : bool
        Part of the equations rather than of a fit.
    covariate : bool
        Describes the subject; its value is the reference subject's.
    """

    name: str
    unit: str
    meaning: str
    symbol: str = ""
    bound: str = "nonnegative"
    fixed: bool = False
    covariate: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "quantity")
        parse_unit(self.unit)
        if self.bound not in BOUNDS:
            raise ModelError(
                f"quantity `{self.name}` has the unknown bound `{self.bound}`; bounds: {', '.join(BOUNDS)}"
            )


@dataclass(frozen=True)
class Definition:
    """A named expression used by flows and outputs.

    Attributes
    ----------
    name : str
        Of the definition.
    expression : str
        Of states, quantities and other definitions.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    symbol : str
        How the publication writes it, in LaTeX, without dollar signs.
    """

    name: str
    expression: str
    meaning: str = ""
    symbol: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "definition")
        parse(self.expression)


@dataclass(frozen=True)
class Clock:
    """An autonomous, smooth factor of `time` since the first infusion. It forbids a second infusion, unless
    its time is the subject's own.

    Attributes
    ----------
    name : str
        Of the clock.
    expression : str
        Of quantities and `time`.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    symbol : str
        How the publication writes it, in LaTeX, without dollar signs.
    calendar : bool
        Whether its time is the subject's own, not the infusion's.
    """

    name: str
    expression: str
    meaning: str = ""
    symbol: str = ""
    calendar: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "clock")
        parse(self.expression)


@dataclass(frozen=True)
class Switch:
    """0 before a time, 1 from it on; the engine stops exactly there. It forbids a second infusion, unless its
    time is one of the subject's own clock.

    Attributes
    ----------
    name : str
        Of the switch.
    at : str
        The time, an expression of quantities.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    symbol : str
        How the publication writes it, in LaTeX, without dollar signs.
    calendar : bool
        Whether its time is the subject's own, not the infusion's.
    """

    name: str
    at: str
    meaning: str = ""
    symbol: str = ""
    calendar: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "switch")
        parse(self.at)


@dataclass(frozen=True)
class Event:
    """What happens when a condition comes true: states are set to new values.

    Expressions hold states, quantities, definitions and `time`.

    Attributes
    ----------
    name : str
        Of the event.
    trigger : str
        True where it is above 0; the event happens each time it turns from not true to true.
    assign : dict[str, str]
        State -> its new value.
    delay : str
        From the trigger to the assignment (none where empty).
    priority : str
        Of several at one time the highest comes first.
    persistent : bool
        Happens although the trigger is no longer true after the delay.
    initially : bool
        What the trigger counts as before time 0, so that an event with False may happen there.
    at_trigger : bool
        Values are those at the trigger, not after the delay.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    """

    name: str
    trigger: str
    assign: dict[str, str] = field(hash=False)
    delay: str = ""
    priority: str = ""
    persistent: bool = True
    initially: bool = True
    at_trigger: bool = True
    meaning: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "event")
        for text in (self.trigger, *self.assign.values(), *(t for t in (self.delay, self.priority) if t)):
            parse(text)


@dataclass(frozen=True)
class Output:
    """What is reported: an expression with its unit.

    Attributes
    ----------
    name : str
        Of the output.
    expression : str
        Of states, quantities and definitions.
    unit : str
        Of the expression.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    measured : bool
        Whether an assay can see it, so that `observe` applies to it.
    """

    name: str
    expression: str
    unit: str
    meaning: str
    measured: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "output")
        parse_unit(self.unit)
        parse(self.expression)


@dataclass(frozen=True)
class Condition:
    """A message about an expression of quantities: shown as a caution when the expression is above 0.

    In `valid` of a closed form the expression must be above 0, and a subject for which it is not carries the
    message.

    Attributes
    ----------
    expression : str
        An expression of quantities, which is compared with 0.
    message : str
        What to say to the user, in words.
    """

    expression: str
    message: str

    def __post_init__(self) -> None:
        parse(self.expression)
