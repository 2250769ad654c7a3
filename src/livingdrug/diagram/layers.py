"""Nodes in layers, after Sugiyama: arrows point from layer to layer, and as few as possible cross.

Each arrow is cut at every row between its ends, so that no line has to pass a box or a label. Even rows hold
nodes, odd ones the labels of arrows.
"""

from dataclasses import dataclass, field

from livingdrug.diagram.graph import Edge, Node

SWEEPS = 24


@dataclass
class Spot:
    """Something that takes room in a row: a node, the label of an edge, or a passing line; (row, place) says
    where.

    before, after: room on both sides of its middle, across the direction of the arrows; along: room along it.
    """

    row: int
    node: Node | None = None
    edge: int = -1
    label: tuple[str, ...] = ()
    before: float = 0.0
    after: float = 0.0
    along: float = 0.0
    centre: float = 0.0


@dataclass
class Layers:
    """Rows of spots in their order, and links between spots of neighbouring rows."""

    rows: list[list[Spot]]
    chains: dict[int, list[Spot]]  # edge -> its spots from the upper row to the lower
    turned: frozenset[int]  # edges that are drawn against their direction
    links: list[tuple[Spot, Spot]] = field(default_factory=list)


def components(nodes: tuple[Node, ...], edges: tuple[Edge, ...]) -> list[tuple[list[Node], list[Edge]]]:
    """Groups of nodes that hang together, with their edges; the largest first, single nodes last."""
    group = {node.name: {node.name} for node in nodes}
    for edge in edges:
        joined = group[edge.start] | group[edge.end]
        for name in joined:
            group[name] = joined
    found, seen = [], set()
    for node in nodes:
        if node.name not in seen:
            seen |= group[node.name]
            inside = [n for n in nodes if n.name in group[node.name]]
            found.append((inside, [e for e in edges if e.start in group[node.name]]))
    return sorted(found, key=lambda part: -len(part[0]))


def layered(nodes: list[Node], edges: list[Edge]) -> Layers:
    """Rows, order within each and the spots of every edge."""
    directed, turned = _without_circles(nodes, edges)
    rank = _ranks([node.name for node in nodes], directed)
    rows: list[list[Spot]] = [[] for _ in range(2 * max(rank.values(), default=0) + 1)]
    at: dict[str, Spot] = {}
    for node in nodes:
        at[node.name] = Spot(2 * rank[node.name], node=node)
        rows[2 * rank[node.name]].append(at[node.name])
    layers = Layers(rows, {}, turned)
    for i, (start, end) in enumerate(directed):
        layers.chains[i] = _chain(at[start], at[end], i, edges[i], rows)
        layers.links += list(zip(layers.chains[i], layers.chains[i][1:], strict=False))
    _order(layers)
    return layers


def _without_circles(nodes: list[Node], edges: list[Edge]) -> tuple[list[tuple[str, str]], frozenset[int]]:
    """Start and end of every edge, turned where it would close a circle; flows go before what drives them."""
    below: dict[str, set[str]] = {node.name: set() for node in nodes}
    directed, turned = [("", "")] * len(edges), set()
    for i in sorted(range(len(edges)), key=lambda i: (edges[i].drives, i)):
        start, end = edges[i].start, edges[i].end
        if _leads(below, end, start):
            start, end = end, start
            turned.add(i)
        below[start].add(end)
        directed[i] = (start, end)
    return directed, frozenset(turned)


def _leads(below: dict[str, set[str]], start: str, end: str) -> bool:
    seen, left = set(), [start]
    while left:
        name = left.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            left += below[name]
    return False


def _ranks(names: list[str], directed: list[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each node; one without arrivals stands just above the first that it leads to."""
    rank = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in directed:
            rank[end] = max(rank[end], rank[start] + 1)
    entered = {end for _, end in directed}
    for name in names:
        ends = [rank[end] for start, end in directed if start == name]
        if name not in entered and ends:
            rank[name] = min(ends) - 1
    return rank


def _chain(start: Spot, end: Spot, i: int, edge: Edge, rows: list[list[Spot]]) -> list[Spot]:
    between = range(start.row + 1, end.row)
    middle = start.row + 2 * ((end.row - start.row) // 4) + 1
    spots = []
    for row in between:
        spot = Spot(row, edge=i, label=_label(edge) if row == middle else ())
        rows[row].append(spot)
        spots.append(spot)
    return [start, *spots, end]


def _label(edge: Edge) -> tuple[str, ...]:
    """Lines of the label: the numbers, four to a line; those of the other direction after a stroke."""
    text = ", ".join(edge.numbers) + (f" / {', '.join(edge.back)}" if edge.back else "")
    return lines_of(text)


def lines_of(numbers: str, most: int = 4) -> tuple[str, ...]:
    """Numbers in lines of four."""
    words = numbers.split()
    return tuple(" ".join(words[i : i + most]) for i in range(0, len(words), most))


def _order(layers: Layers) -> None:
    """Barycentres up and down; the order with the fewest crossings stays."""
    above: dict[int, list[Spot]] = {}
    below: dict[int, list[Spot]] = {}
    for upper, lower in layers.links:
        above.setdefault(id(lower), []).append(upper)
        below.setdefault(id(upper), []).append(lower)
    best, fewest = [list(row) for row in layers.rows], _crossings(layers)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        beside = above if down else below
        for row in layers.rows if down else layers.rows[::-1]:
            place = {id(spot): i for other in layers.rows for i, spot in enumerate(other)}
            centre = {
                id(spot): _mean([place[id(o)] for o in beside.get(id(spot), [])], place[id(spot)])
                for spot in row
            }
            row.sort(key=lambda spot: centre[id(spot)])
        crossed = _crossings(layers)
        if crossed < fewest:
            best, fewest = [list(row) for row in layers.rows], crossed
    layers.rows[:] = best


def _mean(places: list[int], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(layers: Layers) -> int:
    place = {id(spot): i for row in layers.rows for i, spot in enumerate(row)}
    by_row: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in layers.links:
        by_row.setdefault(upper.row, []).append((place[id(upper)], place[id(lower)]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for links in by_row.values()
        for k, a in enumerate(links)
        for b in links[:k]
    )
