"""A group of nodes that hang together, drawn: downwards or to the right, whichever takes less room."""

from dataclasses import dataclass

from livingdrug.diagram.graph import Edge, Node
from livingdrug.diagram.layers import Layers, Spot, layered, lines_of
from livingdrug.diagram.look import FLOW, INK, MARK, MUTED, PLAIN, ROLES, SMALL, TITLE
from livingdrug.diagram.measure import LINE, text_width
from livingdrug.diagram.shapes import Curve, Head, Point, Rect, Shape, Words
from livingdrug.diagram.spacing import spread

PAD, STUB, PORT, BEND, GAP, TIP = 8.0, 18.0, 10.0, 22.0, 16.0, 7.0
HIGHEST = 640.0  # a group is rather high than wide, up to here


@dataclass(frozen=True)
class Block:
    """A drawn group with its own corner at (0, 0)."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Frame:
    """Which way the arrows point: `down` the page, or to the right. Turns (across, along) into (x, y)."""

    down: bool

    def point(self, across: float, along: float) -> Point:
        """The place on the page."""
        return (across, along) if self.down else (along, across)


def block_of(nodes: list[Node], edges: list[Edge], width: float) -> Block:
    """The drawing that needs less of a page of this width."""
    tried = [_drawn(nodes, edges, Frame(down)) for down in (True, False)]
    return min(tried, key=lambda block: max(block.width / width, block.height / HIGHEST))


def _drawn(nodes: list[Node], edges: list[Edge], frame: Frame) -> Block:
    layers = layered(nodes, edges)
    _measure(layers, frame)
    spread(layers, GAP)
    starts = _starts(layers)
    shapes: list[Shape] = []
    ports = _ports(layers)
    for i, edge in enumerate(edges):
        shapes += _edge(layers, i, edge, ports, starts, frame)
    for row, (top, depth) in zip(layers.rows, starts, strict=True):
        for spot in row:
            if spot.node:
                shapes += _node(spot, spot.node, top + depth / 2, frame)
    across = max(spot.centre + spot.after for row in layers.rows for spot in row)
    along = starts[-1][0] + starts[-1][1]
    return Block(*frame.point(across, along), tuple(shapes))


# ---------------------------------------------------------------------------------------------------- how much room


def _measure(layers: Layers, frame: Frame) -> None:
    """Room of every spot, along the arrows and on both sides across them."""
    for row in layers.rows:
        for spot in row:
            if spot.node:
                most = max((sum(c[k] is spot for c in layers.chains.values()) for k in (0, -1)), default=0)
                _measure_node(spot, spot.node, most, frame)
            elif spot.label:
                width, height = _text_size(spot.label)
                across, spot.along = (width, height) if frame.down else (height, width)
                spot.before = spot.after = across / 2


def _measure_node(spot: Spot, node: Node, edges: int, frame: Frame) -> None:
    width, height = box_size(node)
    room = (edges + 1) * PORT  # for the ends of the lines beside one another
    width, height = (max(width, room), height) if frame.down else (width, max(height, room))
    across, spot.along = (width, height) if frame.down else (height, width)
    spot.before = across / 2 + _stub_room(node.arriving, frame)
    spot.after = across / 2 + _stub_room(node.leaving, frame)


def _stub_room(numbers: tuple[str, ...], frame: Frame) -> float:
    if not numbers:
        return 0.0
    width, height = _text_size(_stub_lines(numbers))
    return STUB + (width if frame.down else height)


def _stub_lines(numbers: tuple[str, ...]) -> tuple[str, ...]:
    return lines_of(", ".join(numbers), 3)


def _text_size(lines: tuple[str, ...]) -> tuple[float, float]:
    return max(text_width(line, SMALL) for line in lines) + 6, len(lines) * SMALL * LINE + 2


def box_size(node: Node) -> tuple[float, float]:
    """(width, height) that the words of a node need."""
    second = text_width(node.below, SMALL) + (
        text_width(" ".join(node.marks), SMALL, bold=True) + 10 if node.marks else 0
    )
    lines = (
        max(len(_stub_lines(node.arriving)), len(_stub_lines(node.leaving)), 2) if node.kind != "dose" else 1
    )
    return max(text_width(node.title, TITLE, bold=True), second, 30) + 2 * PAD, max(
        22.0, lines * SMALL * LINE + 13
    )


def _starts(layers: Layers) -> list[tuple[float, float]]:
    """(start, depth) along the arrows of every row; more room where lines run far across."""
    far: dict[int, float] = {}
    for upper, lower in layers.links:
        far[upper.row] = max(far.get(upper.row, 0.0), abs(upper.centre - lower.centre))
    starts, at = [], 0.0
    for i, row in enumerate(layers.rows):
        depth = max((spot.along for spot in row), default=0.0)
        starts.append((at, depth))
        at += depth + BEND + min(60.0, 0.06 * far.get(i, 0.0))
    return starts


# ---------------------------------------------------------------------------------------------------------- drawing


def _ports(layers: Layers) -> dict[tuple[int, int], float]:
    """(edge, end 0 or -1) -> where its line meets the box, across; lines of a side stand in the order of
    where they go."""
    found: dict[tuple[int, int], float] = {}
    for row in layers.rows:
        for spot in row:
            for end, beyond in ((0, 1), (-1, -2)):
                mine = [i for i, chain in layers.chains.items() if chain[end] is spot]
                mine.sort(key=lambda i: layers.chains[i][beyond].centre)
                for k, i in enumerate(mine):
                    found[i, end] = spot.centre + (k - (len(mine) - 1) / 2) * PORT
    return found


def _edge(
    layers: Layers,
    i: int,
    edge: Edge,
    ports: dict[tuple[int, int], float],
    starts: list[tuple[float, float]],
    frame: Frame,
) -> list[Shape]:
    chain, colour = layers.chains[i], MUTED if edge.drives else FLOW
    turned = i in layers.turned
    head_low, head_high = (not turned) or edge.both, turned or edge.both
    first, last = ports[i, 0], ports[i, -1]
    top, depth = starts[chain[0].row]
    low, low_depth = starts[chain[-1].row]
    begin = top + (depth + chain[0].along) / 2
    finish = low + (low_depth - chain[-1].along) / 2
    track = [(first, begin + (TIP - 1 if head_high else 0)), (first, top + depth)]
    label: list[Shape] = []
    for spot in chain[1:-1]:
        start, deep = starts[spot.row]
        track += [(spot.centre, start), (spot.centre, start + deep)]
        if spot.label:
            label = _label(spot, start + deep / 2, colour, frame)
    track += [(last, low), (last, finish - (TIP - 1 if head_low else 0))]
    shapes: list[Shape] = [Curve(_smooth(track, frame), colour, dashed=edge.drives), *label]
    if head_low:
        shapes.append(_head(last, finish, 1, colour, frame))
    if head_high:
        shapes.append(_head(first, begin, -1, colour, frame))
    return shapes


def _smooth(track: list[Point], frame: Frame) -> tuple[Point, ...]:
    """Straight within a row, bent between rows, without corners."""
    points = [frame.point(*track[0])]
    for (a, s), (b, t) in zip(track, track[1:], strict=False):
        half = (s + t) / 2
        points += [frame.point(a, half), frame.point(b, half), frame.point(b, t)]
    return tuple(points)


def _head(across: float, tip: float, way: int, colour: str, frame: Frame) -> Head:
    back = tip - way * TIP
    return Head(
        (frame.point(across, tip), frame.point(across - 4, back), frame.point(across + 4, back)), colour
    )


def _label(spot: Spot, along: float, colour: str, frame: Frame) -> list[Shape]:
    x, y = frame.point(spot.centre, along)
    width, height = _text_size(spot.label)
    box = Rect(x - width / 2, y - height / 2, width, height, round=6, line=colour)
    return [box, *_lines(spot.label, x, y, colour)]


def _lines(lines: tuple[str, ...], x: float, y: float, colour: str, anchor: str = "middle") -> list[Words]:
    first = y - (len(lines) - 1) * SMALL * LINE / 2
    return [
        Words(x, first + k * SMALL * LINE, line, SMALL, anchor=anchor, colour=colour)
        for k, line in enumerate(lines)
    ]


def _node(spot: Spot, node: Node, along: float, frame: Frame) -> list[Shape]:
    x, y = frame.point(spot.centre, along)
    across = spot.before - _stub_room(node.arriving, frame)
    width, height = (2 * across, spot.along) if frame.down else (spot.along, 2 * across)
    fill = ROLES.get(node.role, (PLAIN, ""))[0] if node.kind != "dose" else "#ffffff"
    named = node.name if node.kind != "dose" else ""
    corner = 11.0 if node.kind == "dose" else 4.0
    shapes: list[Shape] = [Rect(x - width / 2, y - height / 2, width, height, fill, INK, corner, named)]
    shapes += _stub(node.arriving, spot, along, across, True, frame) + _stub(
        node.leaving, spot, along, across, False, frame
    )
    return shapes + _words(node, x, y, width)


def _words(node: Node, x: float, y: float, width: float) -> list[Shape]:
    if not node.below and not node.marks:
        return [
            Words(x, y, node.title, TITLE if node.kind != "dose" else SMALL, node.kind != "dose", "middle")
        ]
    words: list[Shape] = [Words(x, y - 7.5, node.title, TITLE, bold=True, anchor="middle")]
    if node.below and not node.marks:
        return [*words, Words(x, y + 7.5, node.below, SMALL, anchor="middle", colour=MUTED)]
    if node.below:
        words.append(Words(x - width / 2 + PAD, y + 7.5, node.below, SMALL, colour=MUTED))
    seen = " ".join(node.marks)
    return [*words, Words(x + width / 2 - PAD, y + 7.5, seen, SMALL, bold=True, anchor="end", colour=MARK)]


def _stub(
    numbers: tuple[str, ...], spot: Spot, along: float, across: float, into: bool, frame: Frame
) -> list[Shape]:
    """The arrow of flows that come from nowhere (on the near side) or go nowhere (on the far side)."""
    if not numbers:
        return []
    side = -1 if into else 1
    box, far = spot.centre + side * across, spot.centre + side * (across + STUB - 4)
    tip, tail = (box, far) if into else (far, box)
    back = tip - (TIP if tip > tail else -TIP)
    ends = frame.point(tail, along), frame.point(back, along)
    line = Curve((ends[0], ends[0], ends[1], ends[1]), FLOW)
    head = Head((frame.point(tip, along), frame.point(back, along - 4), frame.point(back, along + 4)), FLOW)
    lines = _stub_lines(numbers)
    width, height = _text_size(lines)
    x, y = frame.point(spot.centre + side * (across + STUB - 1), along)
    if frame.down:
        return [line, head, *_lines(lines, x, y, FLOW, "end" if into else "start")]
    return [line, head, *_lines(lines, x, y + side * height / 2, FLOW)]
