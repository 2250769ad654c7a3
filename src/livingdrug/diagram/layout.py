"""A graph as a drawing: groups of nodes side by side, the table of flows below."""

from collections.abc import Sequence

from livingdrug.diagram.blocks import Block, block_of
from livingdrug.diagram.graph import Graph, Node, graph_of
from livingdrug.diagram.layers import components
from livingdrug.diagram.look import FLOW, INK, MUTED, ROLES, SIDE, SIZE, SMALL
from livingdrug.diagram.measure import LINE, text_width, wrap
from livingdrug.diagram.shapes import Curve, Diagram, Head, Rect, Shape, Words
from livingdrug.diagram.table import table_of
from livingdrug.models import Model

WIDTH = 1100.0  # of the page with a table; a wide group of nodes may be wider
NARROW = 560.0  # without a table, for the words above
BETWEEN = 36.0


def diagram_of(model: Model, table: bool = True) -> Diagram:
    """The drawing of a model, with its fragments.

    Parameters
    ----------
    model : Model
        Any model; a closed form is drawn as the pieces of its outputs.
    table : bool
        Whether the flows, outputs and definitions stand below the drawing, by the numbers and letters in it.

    Returns
    -------
    Diagram
        Shapes with their places in CSS pixels, for `to_svg`.
    """
    graph = graph_of(model)
    blocks = [
        block_of(nodes, edges, WIDTH - 2 * SIDE) for nodes, edges in components(graph.nodes, graph.edges)
    ]
    packed, right, bottom = _packed(blocks, WIDTH)
    width = max(WIDTH if table else NARROW, right + SIDE)
    head, below_head = _heading(graph, width)
    key, below_key = _key(graph, width, below_head + 8)
    below_blocks = below_key + 20 + bottom
    parts = [*head, *key, *(shape.shifted(0.0, below_key + 20) for shape in packed)]
    height = below_blocks
    if table:
        rows, height = table_of(graph, width, below_blocks + 20)
        parts += rows
    return Diagram(width, height + SIDE, tuple(parts), _said(graph))


def _heading(graph: Graph, width: float) -> tuple[list[Shape], float]:
    y = SIDE + 8
    shapes: list[Shape] = [
        Words(SIDE, y, line, 15, bold=True) for line in wrap(graph.name, 15, width - 2 * SIDE)[:1]
    ]
    below = [line for text in (graph.title, *graph.notes) for line in wrap(text, SIZE, width - 2 * SIDE)]
    for line in below:
        y += SIZE * LINE + 3
        shapes.append(Words(SIDE, y, line, SIZE, colour=MUTED))
    return shapes, y + SIZE


def _key(graph: Graph, width: float, y: float) -> tuple[list[Shape], float]:
    """What colours and lines mean: only those that are drawn."""
    entries = [ROLES[role] for role in _roles(graph.nodes)]
    shapes: list[Shape] = []
    x, y = SIDE, y + 8
    states = any(node.kind == "state" for node in graph.nodes)
    lines = [("flow", False)] if states else [("later in time", False)] if graph.edges else []
    lines += [("drives the flow", True)] if any(e.drives for e in graph.edges) else []
    for colour, text in entries:
        x, y = _next(x, y, 18 + text_width(text, SMALL), width)
        shapes += [Rect(x, y - 6, 12, 12, colour, INK, 2), Words(x + 18, y, text, SMALL)]
        x += 18 + text_width(text, SMALL) + 18
    for text, dashed in lines:
        x, y = _next(x, y, 40 + text_width(text, SMALL), width)
        colour = MUTED if dashed else FLOW
        shapes += [Curve(((x, y), (x + 10, y), (x + 20, y), (x + 27, y)), colour, dashed=dashed),
                   Head(((x + 34, y), (x + 26, y - 4), (x + 26, y + 4)), colour),
                   Words(x + 40, y, text, SMALL)]  # fmt: skip
        x += 40 + text_width(text, SMALL) + 18
    return shapes, y + 8


def _next(x: float, y: float, width: float, page: float) -> tuple[float, float]:
    """The place of the next entry, on a new line where it would leave the page."""
    return (SIDE, y + SMALL * LINE + 8) if x > SIDE and x + width > page - SIDE else (x, y)


def _roles(nodes: Sequence[Node]) -> list[str]:
    return list(dict.fromkeys(node.role for node in nodes if node.kind == "state" and node.role))


def _packed(blocks: list[Block], width: float) -> tuple[list[Shape], float, float]:
    """Groups in lines, from left to right; with the right and the lower end of all."""
    shapes: list[Shape] = []
    x, y, deepest, furthest = SIDE, 0.0, 0.0, 0.0
    for block in blocks:
        if x > SIDE and x + block.width > width - SIDE:
            x, y = SIDE, deepest + BETWEEN
        shapes += [shape.shifted(x, y) for shape in block.shapes]
        deepest, furthest = max(deepest, y + block.height), max(furthest, x + block.width)
        x += block.width + BETWEEN
    return shapes, furthest, deepest


def _said(graph: Graph) -> str:
    states = sum(node.kind == "state" for node in graph.nodes)
    if not states:
        return f"Diagram of {graph.name}: {len(graph.nodes)} pieces of formulas of time."
    return f"Diagram of {graph.name}: {states} states and {len(graph.flows)} flows."
