"""The words in which models are written: places, states, flows, quantities, and the rules of fragments.

Everything here is plain, frozen data. A flow takes `rate` out of one state and puts `gain * rate` into
another; expressions reach groups of states by `amount(role @ place)` in cells and `density(role @ place)` in
cells/uL.
"""

import math
from dataclasses import dataclass, field

from livingdrug.core.errors import ModelError
from livingdrug.core.expressions import check_name, parse
from livingdrug.core.units import parse_unit

ROLES = ("car_t", "host_t", "target", "antigen", "infused", "drug", "complex", "biomarker")
KINDS = (
    "expansion", "differentiation", "death", "killing", "exchange", "growth", "production", "clearance", "engraftment",
)  # fmt: skip
BOUNDS = ("nonnegative", "positive", "fraction", "any")


@dataclass(frozen=True)
class Place:
    """Where states are; `volume` names the quantity (in uL) that turns cells there into cells/uL."""

    name: str
    volume: str = ""


@dataclass(frozen=True)
class State:
    """What is followed over time.

    unit: `cells`, `cells/uL`, `copies/ug` ...; roles: what it is; at: the place; initial: an expression of quantities;
    log: solve for its logarithm (exact for a state that only multiplies; needed where it spans many decades).
    extinct_below: a population that falls below this size and has no inflow is empty from then on (0: never). Such a
    rule is not part of any published model here; without it a tumour of 1e-9 cells grows back.
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

    kind says what drives it. rate has the unit of `out_of` (else of `into`) per time. gain holds quantities,
    no states.
    """

    name: str
    rate: str
    kind: str
    out_of: str = ""
    into: str = ""
    gain: str = "1"

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
    """A number that a structure needs: its unit, meaning and symbol.

    bound: nonnegative, positive, fraction (0 to 1) or any. fixed: part of the equations rather than of a fit.
    covariate: describes the subject; its value is the reference subject's.
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
    """A named expression used by flows and outputs."""

    name: str
    expression: str
    meaning: str = ""
    symbol: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "definition")
        parse(self.expression)


@dataclass(frozen=True)
class Clock:
    """An autonomous, smooth factor of `time` since the first infusion.

    It forbids a second infusion, unless its time is the subject's own (calendar), not the infusion's.
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
    """0 before the time `at` (an expression of quantities), 1 from it on; the engine stops exactly there.

    It forbids a second infusion, unless its time is one of the subject's own clock (calendar), not of the
    infusion's.
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

    Expressions hold states, quantities, definitions and `time`. trigger: true where it is above 0; the event
    happens each time it turns from not true to true. assign: state -> its new value; delay: from the trigger
    to the assignment (none where empty); priority: of several at one time the highest comes first;
    persistent: happens although the trigger is no longer true after the delay; initially: what the trigger
    counts as before time 0, so that an event with False may happen there; at_trigger: values are those at the
    trigger, not after the delay.
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
    """What is reported: an expression with its unit. measured: an assay can see it, so `observe` applies to
    it."""

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
    """

    expression: str
    message: str

    def __post_init__(self) -> None:
        parse(self.expression)


# ------------------------------------------------------------------------------------------ rules of fragments


@dataclass(frozen=True)
class Mirror:
    """A copy of every base state with `role` at `of`, in the new place: named `<state>_<place>`, starting at
    0."""

    role: str
    of: str
    place: str


@dataclass(frozen=True)
class EachWith:
    """A flow for every final state with `role` (at `at`, if given); `{state}` in its texts is the state's
    name."""

    role: str
    flow: Flow
    at: str = ""


@dataclass(frozen=True)
class Scale:
    """Multiplies the rates (loss and gain together) of all flows of `kind` that touch a state with one of
    `roles` at `at`.

        It must meet at least one flow.
    """

    kind: str
    by: str
    roles: tuple[str, ...]
    at: str = ""

    def __post_init__(self) -> None:
        parse(self.by)
        if self.kind not in KINDS:
            raise ModelError(f"a scale names the unknown kind `{self.kind}`; kinds: {', '.join(KINDS)}")


@dataclass(frozen=True)
class Needs:
    """The fragment needs a partner state with `role` (at `at`, if given) from the base or another
    fragment."""

    role: str
    at: str = ""


@dataclass(frozen=True)
class Structure:
    """Equations without numbers: of a base model, or of a fragment (then with rules).

    only: roles that no other part may bring. time_unit: d, h (an assay clock), min or s (fragments leave it empty).
    unchecked: why units are labels that nothing checks (a model of another tool, whose file states none or others); empty
    for every model that was written here.
    """

    places: tuple[Place, ...] = ()
    states: tuple[State, ...] = ()
    definitions: tuple[Definition, ...] = ()
    clocks: tuple[Clock, ...] = ()
    switches: tuple[Switch, ...] = ()
    flows: tuple[Flow, ...] = ()
    events: tuple[Event, ...] = ()
    outputs: tuple[Output, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    cautions: tuple[Condition, ...] = ()
    dose_into: str = ""
    time_unit: str = ""
    unchecked: str = ""
    mirrors: tuple[Mirror, ...] = ()
    each_with: tuple[EachWith, ...] = ()
    scales: tuple[Scale, ...] = ()
    needs: tuple[Needs, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """An expression of quantities and `time`, in force until the time `until` (empty: to the end)."""

    expression: str
    until: str = ""

    def __post_init__(self) -> None:
        parse(self.expression)
        if self.until:
            parse(self.until)


@dataclass(frozen=True)
class ClosedOutput:
    """An output given directly as a function of time, in pieces."""

    name: str
    pieces: tuple[Piece, ...]
    unit: str
    meaning: str
    measured: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "output")
        parse_unit(self.unit)


@dataclass(frozen=True)
class ClosedForm:
    """A model whose outputs are formulas of time. It has no states or flows, so it takes no fragment."""

    outputs: tuple[ClosedOutput, ...]
    quantities: tuple[Quantity, ...]
    definitions: tuple[Definition, ...] = ()
    valid: tuple[Condition, ...] = ()
    cautions: tuple[Condition, ...] = ()
    time_unit: str = "d"
    dose_into: str = field(default="", init=False)
