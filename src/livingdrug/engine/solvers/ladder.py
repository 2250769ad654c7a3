"""States and slopes of a linear system moved on in time by a ladder of exponentials of its matrix.

Level k of the ladder is the exponential over 2^k times the shortest time; level 0 is a Taylor series, the others are squares.
What works on `room` is the `Room` of `linear`, which says what its arrays hold.
"""

import numpy as np

from livingdrug.engine.codegen.vector_math import compiled

LEVELS = 60  # of the ladder: times up to 2^60 of the shortest one
SMALL = 0.5  # norm of the matrix times the shortest time
SERIES = 40  # terms at most
MOST_HALVINGS = 200
LEAST = 1e-18  # of a term that counts, relative to the size of the state


@compiled
def advance(dt, t, room):
    """Move states and slopes on by dt; whether that can be done."""
    if room.step[1] == 0.0 and not _first_level(room):
        return False
    short, tick = room.step[0], room.step[3]
    # np.floor, as math.floor gives an integer, which may overflow
    whole = np.floor(dt / short)
    left = dt - whole * short
    if tick > 0.0:
        # times are whole multiples of the tick but for rounding, and that of the shortest time
        whole, left = np.floor(dt / tick + 0.5) * np.floor(tick / short + 0.5), 0.0
    if not whole < 2.0 ** (LEVELS - 1):
        return False
    bits, level = int(whole), 0
    while bits > 0:
        if bits & 1:
            while room.step[1] <= level:
                _next_level(room, int(room.step[1]))
            _apply(room, level)
        bits >>= 1
        level += 1
    if left > 0.0:
        _series(left, room)
    return True


@compiled
def _first_level(room):
    """The exponential over the shortest time, a series; the time is the tick, or 1, over a power of 2."""
    d, m = room.dy.shape
    h = room.step[3] if room.step[3] > 0.0 else 1.0
    halvings = 0
    while room.step[2] * h > SMALL:
        h *= 0.5
        halvings += 1
        if halvings > MOST_HALVINGS:
            return False
    room.step[0], room.step[1] = h, 1.0
    for i in range(d):
        for j in range(d):
            room.term[i, j] = room.e[0, i, j] = 1.0 if i == j else 0.0
            for p in range(m):
                room.dterm[i, j, p] = room.de[0, i, j, p] = 0.0
    size = 1.0
    for k in range(1, SERIES):
        _next_term(h / k, room)
        # a state that is reached over d flows begins with the d-th term, and wants as many more
        size *= room.step[2] * h / max(k - d, 1)
        if size < LEAST:
            break
    return True


@compiled
def _next_term(factor, room):
    """The next term of the series, factor A times the one before, and its derivatives, added to the sum."""
    d, m = room.dy.shape
    for i in range(d):
        for j in range(d):
            room.new[j] = 0.0
            for p in range(m):
                room.dnew[j, p] = 0.0
        for l in range(d):  # noqa: E741 - the summed index
            x = factor * room.a[i, l]
            for j in range(d):
                y = factor * room.term[l, j]
                room.new[j] += x * room.term[l, j]
                for p in range(m):
                    room.dnew[j, p] += x * room.dterm[l, j, p] + room.da[i, l, p] * y
        for j in range(d):
            room.next[i, j] = room.new[j]
            room.e[0, i, j] += room.new[j]
            for p in range(m):
                room.dnext[i, j, p] = room.dnew[j, p]
                room.de[0, i, j, p] += room.dnew[j, p]
    for i in range(d):
        for j in range(d):
            room.term[i, j] = room.next[i, j]
            for p in range(m):
                room.dterm[i, j, p] = room.dnext[i, j, p]


@compiled
def _next_level(room, level):
    """The exponential over twice the time of the level before, and its derivatives."""
    d, m = room.dy.shape
    below = level - 1
    for i in range(d):
        for j in range(d):
            room.e[level, i, j] = 0.0
            for p in range(m):
                room.de[level, i, j, p] = 0.0
        for l in range(d):  # noqa: E741 - the summed index
            x = room.e[below, i, l]
            for j in range(d):
                y = room.e[below, l, j]
                room.e[level, i, j] += x * y
                for p in range(m):
                    room.de[level, i, j, p] += x * room.de[below, l, j, p] + room.de[below, i, l, p] * y
    room.step[1] = level + 1.0


@compiled
def _apply(room, level):
    """States and slopes after the time of a level."""
    d, m = room.dy.shape
    for i in range(d):
        room.new[i] = 0.0
        for p in range(m):
            room.dnew[i, p] = 0.0
        for j in range(d):
            x, y = room.e[level, i, j], room.y[j]
            room.new[i] += x * y
            for p in range(m):
                room.dnew[i, p] += x * room.dy[j, p] + room.de[level, i, j, p] * y
    for i in range(d):
        room.y[i] = room.new[i]
        for p in range(m):
            room.dy[i, p] = room.dnew[i, p]


@compiled
def _series(left, room):
    """States and slopes after a time shorter than the shortest of the ladder."""
    d, m = room.dy.shape
    for i in range(d):
        room.term[0, i] = room.y[i]
        for p in range(m):
            room.dterm[0, i, p] = room.dy[i, p]
    size = 1.0
    for k in range(1, SERIES):
        factor = left / k
        for i in range(d):
            room.new[i] = 0.0
            for p in range(m):
                room.dnew[i, p] = 0.0
            for j in range(d):
                x, y = factor * room.a[i, j], factor * room.term[0, j]
                room.new[i] += x * room.term[0, j]
                for p in range(m):
                    room.dnew[i, p] += x * room.dterm[0, j, p] + room.da[i, j, p] * y
        for i in range(d):
            room.term[0, i] = room.new[i]
            room.y[i] += room.new[i]
            for p in range(m):
                room.dterm[0, i, p] = room.dnew[i, p]
                room.dy[i, p] += room.dnew[i, p]
        size *= room.step[2] * left / max(k - d, 1)
        if size < LEAST:
            break
