"""The compiled loop of closed forms that are sums of exponentials: LANES subjects side by side, see `exponentials`."""

import math

from livingdrug.engine.codegen.calls import call_1
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import (
    LANES,
    any_above,
    choose,
    exponential,
    fill,
    load,
    size,
    store,
    store_turned,
)
from livingdrug.engine.solvers.exponential_limits import time_above


def solve(
    address, w, table, varying, quantities, valid, plan, times, step, start, end, limit_output, limits, curves, flat,
    scratch, grid,
):
    """Curves of all subjects (see `Linked`); flat: their values, as one row; scratch: room for 8 LANES numbers; grid: for
    LANES at each time."""
    out, peak, when, area, broken = curves.values, curves.peak, curves.peak_time, curves.area, curves.broken
    n, results, scratch = len(out), scratch[: 3 * LANES], scratch[3 * LANES :]
    for first in range(0, n, LANES):
        many = min(LANES, n - first)
        _take(w, table, varying, first, many, n)
        call_1(address, w, 0)
        _check(w, quantities, valid, broken, first, many)
        at, place = (quantities + valid) * LANES, 0
        for k in range(out.shape[1]):
            pieces, rows = plan[place], at
            at = _output(w, at, plan, place, times, step, start, end, grid, results, scratch)
            for j in range(len(limits)):
                if limit_output[j] == k:
                    for me in range(many):
                        share = time_above(w, rows, plan, place, start, end, limits[j], me)
                        curves.above[first + me, j], curves.last_above[first + me, j] = share
            place += 1 + pieces
            for me in range(many):
                area[first + me, k] = results[me]
                peak[first + me, k], when[first + me, k] = results[LANES + me], results[2 * LANES + me]
            begin = (first * out.shape[1] + k) * len(times)
            _rows(grid, flat, begin, out.shape[1] * len(times), many, len(times))


@compiled
def _rows(grid, out, at, stride, many, times):
    """Values of an output at all times, which lie side by side in lanes, into rows of the subjects."""
    if many < LANES or times < LANES:
        for me in range(many):
            for j in range(times):
                out[at + me * stride + j] = grid[j * LANES + me]
        return
    for j in range(0, times - LANES + 1, LANES):
        store_turned(out, at + j, stride, grid, j * LANES)
    if times % LANES > 0:
        # some of them a second time
        store_turned(out, at + times - LANES, stride, grid, (times - LANES) * LANES)


@compiled
def _take(w, table, varying, first, many, n):
    """Numbers of the next subjects; lanes without one repeat the last."""
    for v in range(len(varying)):
        if many == LANES:
            store(w, varying[v] * LANES, load(table, v * n + first))
        else:
            for me in range(LANES):
                w[varying[v] * LANES + me] = table[v * n + min(first + me, n - 1)]


@compiled
def _check(w, quantities, valid, broken, first, many):
    """The first broken condition of each subject, or -1."""
    for me in range(many):
        broken[first + me] = -1
    for c in range(valid - 1, -1, -1):
        for me in range(many):
            if not w[(quantities + c) * LANES + me] > 0.0:
                broken[first + me] = c


@compiled
def _output(w, at, plan, place, times, step, start, end, grid, results, scratch):
    """Values, integral and peak of one output in all lanes; returns where the next output's rows begin."""
    pieces = plan[place]
    zero, low, high = fill(0.0), fill(start), fill(end)
    total, best, best_at, begin = zero, fill(-math.inf), fill(start), zero
    row, ends = at + (pieces - 1) * LANES, at
    for piece in range(pieces):
        terms = plan[place + 1 + piece]
        finish = load(w, ends + piece * LANES) if piece < pieces - 1 else high
        a = choose(begin, low, low, begin)
        b = choose(finish, high, finish, high)
        b = choose(a, b, b, a)
        at_start, at_end = zero, zero
        for i in range(terms):
            amplitude, rate = load(w, row + 2 * i * LANES), load(w, row + (2 * i + 1) * LANES)
            left, right = amplitude * _grown(rate, a - begin), amplitude * exponential(rate * (b - begin))
            total = total + _integral(left, right, rate, b - a)
            at_start, at_end = at_start + left, at_end + right
        # a piece of no length is not in force
        one, nothing = fill(1.0), fill(-math.inf)
        lasts = choose(b, a, zero, one)
        for value, time in ((at_start, a), (at_end, b)):
            value = choose(one, lasts, value, nothing)
            best_at = choose(value, best, best_at, time)
            best = choose(value, best, best, value)
        if terms == 2:
            slopes = load(w, row) * load(w, row + LANES) * load(w, row + 2 * LANES) * load(w, row + 3 * LANES)
            if any_above(zero, slopes):
                best, best_at = _turning_point(w, row, begin, a, b, best, best_at, scratch)
        _values(w, row, terms, begin, times, step, grid, piece, scratch)
        begin = finish
        row += 2 * terms * LANES
    store(results, 0, total)
    store(results, LANES, best)
    store(results, 2 * LANES, best_at)
    return row


@compiled
def _grown(rate, elapsed):
    """e^(rate elapsed), for times that are often 0 in all lanes, where it is exactly 1."""
    x = rate * elapsed
    return exponential(x) if any_above(size(elapsed), fill(0.0)) else 1.0 + x


@compiled
def _integral(left, right, rate, width):
    """Integral of an exponential from its values at both ends, its rate and the width."""
    x = rate * width
    # the difference would lose digits where there is little; the series has an error below 1e-16 there
    series = 1.0 + x * (0.5 + x * (1.0 / 6 + x * (1.0 / 24 + x * (1.0 / 120 + x * (1.0 / 720)))))
    small = choose(x * x, fill(1e-6), fill(1.0), fill(0.0))
    quotient = (right - left) / choose(fill(1.0), small, fill(1.0), rate)
    return choose(fill(1.0), small, left * width * series, quotient)


@compiled
def _sum(w, row, terms, elapsed):
    value = fill(0.0)
    for i in range(terms):
        rate = load(w, row + (2 * i + 1) * LANES)
        value = value + load(w, row + 2 * i * LANES) * exponential(rate * elapsed)
    return value


@compiled
def _turning_point(w, row, begin, a, b, best, best_at, lanes):
    """Where A1 b1 exp(b1 t) + A2 b2 exp(b2 t) = 0 within the piece, if that is a peak."""
    for i, v in enumerate((begin, a, b, best, best_at)):
        store(lanes, i * LANES, v)
    for me in range(LANES):
        a1, b1, a2, b2 = w[row + me], w[row + LANES + me], w[row + 2 * LANES + me], w[row + 3 * LANES + me]
        if b1 != b2 and a1 * b1 * a2 * b2 < 0.0:
            time = lanes[me] + math.log(-(a2 * b2) / (a1 * b1)) / (b1 - b2)
            if lanes[LANES + me] < time < lanes[2 * LANES + me]:
                elapsed = time - lanes[me]
                value = a1 * math.exp(b1 * elapsed) + a2 * math.exp(b2 * elapsed)
                if value > lanes[3 * LANES + me]:
                    lanes[3 * LANES + me], lanes[4 * LANES + me] = value, time
    return load(lanes, 3 * LANES), load(lanes, 4 * LANES)


@compiled
def _values(w, row, terms, begin, times, step, grid, piece, lanes):
    """Values at the times from `begin` on, over those of the pieces before."""
    if step == 0.0:
        for j in range(len(times)):
            value = _sum(w, row, terms, fill(times[j]) - begin)
            store(grid, j * LANES, choose(begin, fill(times[j]), value, load(grid, j * LANES)) if piece > 0 else value)
        return
    # an even grid: from the first time within the piece on, one multiplication per term
    store(lanes, 0, begin)
    earliest, latest = len(times), 0
    for me in range(LANES):
        # a start beyond the grid, be it infinite, is its end
        first = min(max(math.ceil((lanes[me] - times[0]) / step), 0.0), float(len(times)))
        earliest, latest = min(earliest, int(first)), max(latest, int(first))
        lanes[LANES + me] = first
        lanes[me] = times[0] + step * first - lanes[me]
    elapsed, entry = load(lanes, 0), load(lanes, LANES)
    second = row + 2 * (terms - 1) * LANES
    value_1, factor_1 = _start(w, row, elapsed, step)
    value_2, factor_2 = _start(w, second, elapsed, step) if terms == 2 else (value_1, factor_1)
    now_1, now_2 = value_1, value_2
    for j in range(earliest, min(latest + 1, len(times))):
        index = fill(float(j))
        now_1 = choose(index, entry, value_1, now_1 * factor_1)
        if terms == 2:
            now_2 = choose(index, entry, value_2, now_2 * factor_2)
            value = now_1 + now_2
        else:
            value = now_1
        store(grid, j * LANES, choose(entry, index, value, load(grid, j * LANES)) if piece > 0 else value)
    # from here on every lane is within the piece
    for j in range(latest + 1, len(times)):
        now_1 = now_1 * factor_1
        if terms == 2:
            now_2 = now_2 * factor_2
            store(grid, j * LANES, now_1 + now_2)
        else:
            store(grid, j * LANES, now_1)


@compiled
def _start(w, row, elapsed, step):
    rate = load(w, row + LANES)
    return load(w, row) * _grown(rate, elapsed), exponential(rate * step)
