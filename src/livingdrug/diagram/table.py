"""The table below a diagram: every flow by its number, outputs by their letters, and what rates name."""

from livingdrug.diagram.graph import Graph, Row
from livingdrug.diagram.look import INK, MUTED, SIDE, SIZE, SMALL
from livingdrug.diagram.measure import LINE, text_width, wrap
from livingdrug.diagram.shapes import Rect, Shape, Words

GAP = 14.0
# widths; the rate takes what is left
MOST = {"mark": 40.0, "name": 190.0, "moves": 240.0, "kind": 110.0, "driven": 190.0}


def table_of(graph: Graph, width: float, top: float) -> tuple[list[Shape], float]:
    """Shapes of the tables and the y below them."""
    shapes: list[Shape] = []
    states = any(node.kind == "state" for node in graph.nodes)
    first = "flows" if states else "formulas"
    parts = (
        (first, ("", "name", "moves", "kind", "driven by", "rate" if states else "formula"), graph.flows),
        ("outputs", ("", "name", "unit", "", "", "what it is"), graph.outputs),
        ("definitions", ("", "name", "", "kind", "", "expression"), graph.others),
    )
    for title, header, rows in parts:
        if rows:
            made, top = _one(title, header, rows, width, top)
            shapes += made
            top += 14
    return shapes, top - 14


def _one(
    title: str, header: tuple[str, ...], rows: tuple[Row, ...], width: float, top: float
) -> tuple[list[Shape], float]:
    cells = [(r.mark, r.name, r.moves, r.kind, r.driven, r.rate) for r in rows]
    widths = _widths([header, *cells], width - 2 * SIDE)
    shapes: list[Shape] = [Words(SIDE, top + SIZE, title, SIZE, bold=True)]
    y = top + SIZE * 2 + 8
    shapes += _line(header, widths, y, colour=MUTED)
    y += SMALL * LINE
    for i, row in enumerate(cells):
        lines = [wrap(text, SMALL, w) if text else [] for text, w in zip(row, widths, strict=True)]
        high = max(map(len, lines)) * SMALL * LINE + 4
        if i % 2 == 0:
            shapes.append(Rect(SIDE - 4, y - 2, width - 2 * SIDE + 8, high, "#f7f7f7", round=0))
        for k in range(max(map(len, lines))):
            texts = tuple(column[k] if k < len(column) else "" for column in lines)
            shapes += _line(texts, widths, y + SMALL * (0.6 + k * LINE))
        y += high
    return shapes, y


def _line(texts: tuple[str, ...], widths: list[float], y: float, colour: str = INK) -> list[Shape]:
    shapes: list[Shape] = []
    x = SIDE
    for text, width in zip(texts, widths, strict=True):
        if text:
            shapes.append(Words(x, y, text, SMALL, colour=colour))
        x += width + GAP if width else 0
    return shapes


def _widths(rows: list[tuple[str, ...]], width: float) -> list[float]:
    """Each column as wide as its widest text, at most MOST; the last takes the rest."""
    most = list(MOST.values())
    first = [min(max(text_width(row[i], SMALL) for row in rows) + 0.5, most[i]) for i in range(len(most))]
    first = [0.0 if w <= 0.5 else w for w in first]
    return [*first, width - sum(first) - GAP * sum(w > 0 for w in first)]
