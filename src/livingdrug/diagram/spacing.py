"""Where the spots of layers stand across the arrows: near their neighbours, never nearer than they have
room."""

from livingdrug.diagram.layers import Layers, Spot

ROUNDS = 40


def spread(layers: Layers, gap: float) -> None:
    """Set `centre` of every spot: each row as near to the mean of its neighbours as order and room allow."""
    for row in layers.rows:
        for i, spot in enumerate(row):
            spot.centre = 0.0 if i == 0 else row[i - 1].centre + _room(row[i - 1], spot, gap)
    beside: dict[int, list[tuple[Spot, float]]] = {}
    for upper, lower in layers.links:
        # a line that bends at a passing spot is harder to follow than one that bends at a box
        weight = 1.0 + 2.0 * (upper.node is None) + 2.0 * (lower.node is None)
        beside.setdefault(id(upper), []).append((lower, weight))
        beside.setdefault(id(lower), []).append((upper, weight))
    for turn in range(ROUNDS):
        for row in layers.rows if turn % 2 == 0 else layers.rows[::-1]:
            _settle(row, beside, gap)
    left = min(spot.centre - spot.before for row in layers.rows for spot in row)
    for row in layers.rows:
        for spot in row:
            spot.centre -= left


def _room(first: Spot, second: Spot, gap: float) -> float:
    return first.after + gap + second.before


def _settle(row: list[Spot], beside: dict[int, list[tuple[Spot, float]]], gap: float) -> None:
    """Least squares with the order kept: pool neighbours that would come too near (pool adjacent
    violators)."""
    offset, offsets = 0.0, []
    for i, spot in enumerate(row):
        offset += _room(row[i - 1], spot, gap) if i else 0.0
        offsets.append(offset)
    blocks: list[list[float]] = []  # (weighted sum of wishes, weight, how many)
    for spot, off in zip(row, offsets, strict=True):
        near = beside.get(id(spot), [])
        weight = sum(w for _, w in near) or 0.01
        wish = sum(other.centre * w for other, w in near) / weight if near else spot.centre
        blocks.append([(wish - off) * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    places = [block[0] / block[1] for block in blocks for _ in range(int(block[2]))]
    for spot, off, place in zip(row, offsets, places, strict=True):
        spot.centre = place + off
