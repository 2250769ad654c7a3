"""A model as nodes and edges: what is drawn, before anybody knows where."""

from collections.abc import Iterable
from dataclasses import dataclass

from livingdrug.core.errors import printable
from livingdrug.core.expressions import names
from livingdrug.models import ClosedForm, Flow, Model, State, System

DOSE = "(dose)"  # no state can have this name
MOST_DRIVERS = 24  # dashed arrows that a drawing bears; above, they are in the table only


@dataclass(frozen=True)
class Node:
    """A box: a state, the dose, or a piece of a formula of time.

    Attributes
    ----------
    name : str
        Of the node.
    kind : str
        `state`, `dose` or `piece`.
    title, below : str
        Its two lines of text.
    role : str
        Of a state.
    marks : tuple of str
        Letters of the outputs that see it.
    arriving, leaving : tuple of str
        Numbers of the flows that come from nowhere and go nowhere.
    """

    name: str
    kind: str
    title: str
    below: str = ""
    role: str = ""
    marks: tuple[str, ...] = ()
    arriving: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes with the numbers of its flows.

    Attributes
    ----------
    start, end : str
        Names of the nodes.
    numbers : tuple of str
        Of the flows.
    drives : bool
        Whether it is a dependence, not a flow.
    back : tuple of str
        Numbers of the flows from `end` to `start`.
    """

    start: str
    end: str
    numbers: tuple[str, ...] = ()
    drives: bool = False
    back: tuple[str, ...] = ()

    @property
    def both(self) -> bool:
        """Whether cells flow in both directions."""
        return bool(self.back)


@dataclass(frozen=True)
class Row:
    """A line of the table below the drawing: a flow, a piece, an output, a definition or an event.

    Attributes
    ----------
    mark : str
        Number or letter in the drawing.
    name : str
        Of the thing.
    moves : str
        From where to where.
    kind : str
        Of a flow.
    driven : str
        What its rate depends on.
    rate : str
        As written.
    """

    mark: str
    name: str
    moves: str
    kind: str
    driven: str
    rate: str


@dataclass(frozen=True)
class Graph:
    """Everything that a diagram shows of a model.

    Attributes
    ----------
    name, title : str
        Of the model.
    nodes : tuple of Node
        Boxes of the diagram: states and where they are.
    edges : tuple of Edge
        Arrows of the diagram: flows between boxes, and what drives them.
    flows, outputs, others : tuple of Row
        Lines of the tables.
    notes : tuple of str
        What to know of the drawing.
    """

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: tuple[Row, ...]
    outputs: tuple[Row, ...]
    others: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def graph_of(model: Model) -> Graph:
    """The graph of an assembled model, fragments included.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    Graph

    Raises
    ------
    ModelError
        Where its parts do not fit together.
    """
    system = model.system
    if isinstance(system, ClosedForm):
        return _of_formulas(model, system)
    drivers = {flow.name: _drivers(flow, system) for flow in system.flows}
    numbered = {flow.name: str(i) for i, flow in enumerate(system.flows, start=1)}
    outputs, marks = _outputs(system)
    edges, notes = _edges(system, numbered, drivers)
    nodes = tuple(_state_node(state, system, numbered, marks[state.name]) for state in system.states)
    if system.dose_into:
        nodes = (Node(DOSE, "dose", "dose"), *nodes)
    flows = tuple(_flow_row(flow, numbered[flow.name], system, drivers[flow.name]) for flow in system.flows)
    title = printable(model.title)
    return Graph(model.full_name, title, nodes, edges, flows, outputs, _others(system), notes)


def reached(text: str, system: System) -> frozenset[str]:
    """Every name that an expression uses, also through definitions, clocks and switches."""
    inner = {item.name: item.expression for item in (*system.definitions, *system.clocks)}
    inner |= {switch.name: switch.at for switch in system.switches}
    seen: set[str] = set()
    left = list(names(text))
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += names(inner[name]) if name in inner else ()
    return frozenset(seen)


def _drivers(flow: Flow, system: System) -> tuple[str, ...]:
    """States, clocks and switches that the rate of a flow depends on, beside the state that it acts on."""
    used = reached(flow.rate, system) | reached(flow.gain, system)
    acted = flow.out_of or flow.into
    states = [s.name for s in system.states if s.name in used and s.name != acted]
    clocks = [item.name for item in (*system.clocks, *system.switches) if item.name in used]
    timed = ["time"] if "time" in used and not clocks else []
    return (*states, *clocks, *timed)


def _outputs(system: System) -> tuple[tuple[Row, ...], dict[str, tuple[str, ...]]]:
    """Rows of the outputs, and for each state the letters of those that an assay measures (of all, where
    none is)."""
    measured = [output for output in system.outputs if output.measured] or list(system.outputs)
    letters = {output.name: _letter(i) for i, output in enumerate(measured)}
    marks: dict[str, list[str]] = {state.name: [] for state in system.states}
    rows = []
    for output in system.outputs:
        used = reached(output.expression, system)
        for name in marks:
            if name in used and output.name in letters:
                marks[name].append(letters[output.name])
        kind = "measured" if output.measured else "computed"
        rows.append(
            Row(letters.get(output.name, ""), output.name, output.unit, kind, "", printable(output.meaning))
        )
    return tuple(rows), {name: tuple(found) for name, found in marks.items()}


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else f"{chr(ord('A') + i // 26 - 1)}{chr(ord('A') + i % 26)}"


def _state_node(state: State, system: System, numbered: dict[str, str], marks: tuple[str, ...]) -> Node:
    arriving = tuple(numbered[f.name] for f in system.flows if f.into == state.name and not f.out_of)
    leaving = tuple(numbered[f.name] for f in system.flows if f.out_of == state.name and not f.into)
    role = state.roles[0] if state.roles else ""
    return Node(state.name, "state", state.name, printable(state.at), role, marks, arriving, leaving)


def _edges(
    system: System, numbered: dict[str, str], drivers: dict[str, tuple[str, ...]]
) -> tuple[tuple[Edge, ...], tuple[str, ...]]:
    """Flows between states, the dose, and what drives flows; with what is left out, in words."""
    moves: dict[tuple[str, str], list[str]] = {}
    drives: dict[tuple[str, str], list[str]] = {}
    states = {state.name for state in system.states}
    for flow in system.flows:
        if flow.out_of and flow.into:
            moves.setdefault((flow.out_of, flow.into), []).append(numbered[flow.name])
        for name in drivers[flow.name]:
            if name in states:
                drives.setdefault((name, flow.out_of or flow.into), []).append(numbered[flow.name])
    edges = [Edge(DOSE, system.dose_into)] if system.dose_into else []
    for (start, end), found in moves.items():
        if (end, start) in moves and start > end:
            continue  # drawn once, with two heads
        edges.append(Edge(start, end, tuple(found), back=tuple(moves.get((end, start), ()))))
    if len(drives) > MOST_DRIVERS:
        note = f"What drives each flow is in the table: {len(drives)} dashed arrows would hide the flows."
        return tuple(edges), (note,)
    edges += [Edge(start, end, tuple(found), drives=True) for (start, end), found in drives.items()]
    return tuple(edges), ()


def _flow_row(flow: Flow, number: str, system: System, drivers: tuple[str, ...]) -> Row:
    gain = "" if flow.gain == "1" else f" x {flow.gain}"
    moves = f"{flow.out_of or '(none)'} -> {flow.into or '(none)'}{gain}"
    return Row(number, flow.name, moves, flow.kind, ", ".join(drivers), flow.rate)


def _others(system: System) -> tuple[Row, ...]:
    """Definitions, clocks, switches and events, which rates name."""
    rows = [Row("", d.name, "=", "definition", "", d.expression) for d in system.definitions]
    rows += [Row("", c.name, "=", "clock", "time", c.expression) for c in system.clocks]
    rows += [
        Row("", s.name, "=", "switch", "time", f"0 before {s.at}, 1 from then on") for s in system.switches
    ]
    for event in system.events:
        assigned = ", ".join(f"{state} := {text}" for state, text in event.assign.items())
        rows.append(Row("", event.name, "", "event", "", f"when {event.trigger} > 0: {assigned}"))
    return tuple(rows)


def _of_formulas(model: Model, form: ClosedForm) -> Graph:
    """A closed form has no states: its nodes are the pieces of its outputs, one after another in time."""
    nodes, edges, rows = [], [], []
    for output in form.outputs:
        names_of = [
            f"{output.name} {i}" if len(output.pieces) > 1 else output.name
            for i in range(1, len(output.pieces) + 1)
        ]
        ends = [f"until {p.until}" if p.until else "to the end" for p in output.pieces]
        for name, piece, end in zip(names_of, output.pieces, ends, strict=True):
            mark = str(len(rows) + 1)
            nodes.append(Node(name, "piece", name, end, "biomarker"))
            rows.append(Row(mark, name, end, "formula", "time", piece.expression))
        edges += [Edge(a, b) for a, b in _pairs(names_of)]
    outputs = tuple(
        Row("", o.name, o.unit, "measured" if o.measured else "computed", "", printable(o.meaning))
        for o in form.outputs
    )
    others = tuple(Row("", d.name, "=", "definition", "", d.expression) for d in form.definitions)
    note = "A closed form: outputs are formulas of time in pieces, without states and flows."
    return Graph(
        model.full_name,
        printable(model.title),
        tuple(nodes),
        tuple(edges),
        tuple(rows),
        outputs,
        others,
        (note,),
    )


def _pairs(items: Iterable[str]) -> list[tuple[str, str]]:
    found = list(items)
    return list(zip(found, found[1:], strict=False))
