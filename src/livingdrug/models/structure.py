"""The words in which models are written: the rules of fragments, structures made of elements, and closed
forms.

Everything here is plain, frozen data. A flow takes `rate` out of one state and puts `gain * rate` into
another; expressions reach groups of states by `amount(role @ place)` in cells and `density(role @ place)` in
cells/uL.
"""

from dataclasses import dataclass, field

from livingdrug.core.errors import ModelError
from livingdrug.core.expressions import check_name, parse
from livingdrug.core.units import parse_unit
from livingdrug.models.elements import (
    KINDS,
    Clock,
    Condition,
    Definition,
    Event,
    Flow,
    Output,
    Place,
    Quantity,
    State,
    Switch,
)

# ------------------------------------------------------------------------------------------ rules of fragments


@dataclass(frozen=True)
class Mirror:
    """A copy of every base state with a role, in a new place: named `<state>_<place>`, starting at 0.

    Attributes
    ----------
    role : str
        The role of the states.
    of : str
        Place of the states that are copied.
    place : str
        The new one.
    """

    role: str
    of: str
    place: str


@dataclass(frozen=True)
class EachWith:
    """A flow for every final state with a role.

    Attributes
    ----------
    role : str
        The role of the states.
    flow : Flow
        The flow; `{state}` in its texts is the state's name.
    at : str
        Their place; any where it is empty.
    """

    role: str
    flow: Flow
    at: str = ""


@dataclass(frozen=True)
class Scale:
    """Multiplies the rates (loss and gain together) of flows. It must meet at least one flow.

    Attributes
    ----------
    kind : str
        Of the flows.
    by : str
        An expression, by which rates are multiplied.
    roles : tuple of str
        The flows touch a state with one of these; any where there is none.
    at : str
        The place of these states; any where it is empty.
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
    """The fragment needs a partner state from the base or another fragment.

    Attributes
    ----------
    role : str
        Of the partner.
    at : str
        Its place; any where it is empty.
    """

    role: str
    at: str = ""


@dataclass(frozen=True)
class Structure:
    """Equations without numbers: of a base model, or of a fragment (then with rules).

    Attributes
    ----------
    places : tuple of Place
        Where states are, with the volumes that make densities of amounts.
    states : tuple of State
        What is followed over time, with units, roles and initial values.
    definitions : tuple of Definition
        Expressions with a name, which rates may use.
    clocks : tuple of Clock
        Smooth factors of time alone.
    switches : tuple of Switch
        Factors that are 0 before a time and 1 from it on.
    flows : tuple of Flow
        What goes from state to state, at which rate.
    events : tuple of Event
        What happens to states when a condition comes true.
    outputs : tuple of Output
        What is reported, an expression with its unit each.
    quantities : tuple of Quantity
        Numbers that the expressions need, with units and meanings.
    cautions : tuple of Condition
        Messages to users where an expression of the numbers is above 0.
    dose_into : str
        The state that doses enter; empty where it takes none.
    time_unit : str
        d, h (an assay clock), min or s (fragments leave it empty).
    unchecked : str
        Why units are labels that nothing checks (a model of another tool, whose file states none or others);
        empty for every model that was written here.
    mirrors : tuple of Mirror
        Rules of a fragment.
    each_with : tuple of EachWith
        Rules of a fragment.
    scales : tuple of Scale
        Rules of a fragment.
    needs : tuple of Needs
        Rules of a fragment.
    only : tuple of str
        Roles that no other part may bring.
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
    """A stretch of an output of a closed form.

    Attributes
    ----------
    expression : str
        Of quantities and `time`.
    until : str
        The time until which it is in force; empty: to the end.
    """

    expression: str
    until: str = ""

    def __post_init__(self) -> None:
        parse(self.expression)
        if self.until:
            parse(self.until)


@dataclass(frozen=True)
class ClosedOutput:
    """An output given directly as a function of time, in pieces.

    Attributes
    ----------
    name : str
        Of the output.
    pieces : tuple of Piece
        In order of time.
    unit : str
        Of the expressions.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    measured : bool
        Whether an assay can see it.
    """

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
    """A model whose outputs are formulas of time. It has no states or flows, so it takes no fragment.

    Attributes
    ----------
    outputs : tuple of ClosedOutput
        Formulas of time.
    quantities : tuple of Quantity
        What they hold.
    definitions : tuple of Definition
        Named expressions that they share.
    valid : tuple of Condition
        Conditions that a subject must meet.
    cautions : tuple of Condition
        What a subject is warned of.
    time_unit : str
        d, h, min or s.
    """

    outputs: tuple[ClosedOutput, ...]
    quantities: tuple[Quantity, ...]
    definitions: tuple[Definition, ...] = ()
    valid: tuple[Condition, ...] = ()
    cautions: tuple[Condition, ...] = ()
    time_unit: str = "d"
    dose_into: str = field(default="", init=False)
