"""Time that a sum of exponentials is above a limit."""

import math

from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import LANES


@compiled
def _level(w, row, terms, elapsed, me):
    value = 0.0
    for i in range(terms):
        value += w[row + 2 * i * LANES + me] * math.exp(w[row + (2 * i + 1) * LANES + me] * elapsed)
    return value


@compiled
def time_above(w, at, plan, place, start, end, limit, me):
    """Time that one output of one lane is above a limit within [start, end], and the last such time (NaN if
    none)."""
    pieces, begin, above, last = plan[place], 0.0, 0.0, math.nan
    row = at + (pieces - 1) * LANES
    for piece in range(pieces):
        terms = plan[place + 1 + piece]
        finish = w[at + piece * LANES + me] if piece < pieces - 1 else end
        a, b = max(begin, start), min(finish, end)
        turn = a
        if terms == 2:
            a1, b1 = w[row + me], w[row + LANES + me]
            a2, b2 = w[row + 2 * LANES + me], w[row + 3 * LANES + me]
            if b1 != b2 and a1 * b1 * a2 * b2 < 0.0:
                turn = begin + math.log(-(a2 * b2) / (a1 * b1)) / (b1 - b2)
        turn = min(max(turn, a), b)
        # between a, the turning point and b the level only rises or only falls
        for low, high in ((a, turn), (turn, b)):
            if high > low:
                share, end_of_it = _crossing(w, row, terms, begin, low, high, limit, me)
                above += share
                last = end_of_it if share > 0.0 else last
        begin = finish
        row += 2 * terms * LANES
    return above, last


@compiled
def _crossing(w, row, terms, begin, low, high, limit, me):
    """Time above the limit on a stretch without turning point, and when it ends."""
    first = _level(w, row, terms, low - begin, me) > limit
    if first == (_level(w, row, terms, high - begin, me) > limit):
        return (high - low if first else 0.0), high
    a, b = low, high
    for _ in range(60):
        middle = 0.5 * (a + b)
        if (_level(w, row, terms, middle - begin, me) > limit) == first:
            a = middle
        else:
            b = middle
    return (a - low, a) if first else (high - a, high)
