"""Peaks, areas and times above a limit, taken while stepping, from the solution's own course within each step.

Between the ends of a step an output follows the quartic through its values at both ends and the middle and its slopes
at both ends: its integral is exact to order 6, its turning points say where to look for a peak. A step that is good for
the states can be too long for this: a logarithm that changes evenly costs no steps, nor does a clock beside states at
rest. So a step is made again, shorter, when it would spoil an area.
"""

import math

from livingdrug.engine.codegen.calls import call_1, call_4
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import LANES, any_above, choose, fill, larger, load, root, size, store
from livingdrug.engine.events import RISEN
from livingdrug.engine.solvers import rodas5p, tsit5

PARTS = 8  # parts of a step in which a limit is crossed at most once
# error of the integral of e^s over a length L: L^4 / 720 for the cubic through the ends, L^6 / 604800 for the quartic
CUBIC, QUARTIC = 720.0, 604800.0
SHORT = 1e-6  # share of the run in which even a curve that starts like a root is not followed any closer


@compiled
def start_measures(lane, at, me):
    """Nothing measured yet."""
    for k in range(at.outputs):
        p = k * LANES + me
        lane[at.area + p], lane[at.peak + p], lane[at.peak_time + p] = 0.0, -math.inf, 0.0
    for j in range(at.limits):
        lane[at.above + j * LANES + me], lane[at.last_above + j * LANES + me] = 0.0, math.nan
    for j in range(at.rises):
        r = j * LANES + me
        lane[at.low + r], lane[at.rise + r], lane[at.rise_time + r] = math.inf, -math.inf, math.nan
    lane[at.held + me] = 0.0


@compiled
def await_minimum(lane, at, table, me):
    """A dose is seen in the outputs whose rise is measured: the level of before says nothing any more, and while it is
    infused a rise is that of the infusate."""
    for j in range(at.rises):
        lane[at.low + j * LANES + me] = math.inf
    lane[at.held + me] = 0.0
    for state in range(at.states):
        i = table[at.place + state]
        if table[at.shown + state] == 1 and i >= 0 and lane[at.inflow + i * LANES + me] > 0.0:
            lane[at.held + me] = 1.0


@compiled
def store_measures(lane, at, found, me, subject):
    """Findings of a lane's subject."""
    for k in range(at.outputs):
        p = k * LANES + me
        found.area[subject, k], found.peak[subject, k] = lane[at.area + p], lane[at.peak + p]
        found.peak_time[subject, k] = lane[at.peak_time + p]
    for j in range(at.limits):
        found.above[subject, j] = lane[at.above + j * LANES + me]
        found.last_above[subject, j] = lane[at.last_above + j * LANES + me]
    for j in range(at.rises):
        found.rise[subject, j] = lane[at.rise + j * LANES + me]
        found.rise_time[subject, j] = lane[at.rise_time + j * LANES + me]


@compiled
def measure_step(call, lane, at, table, set, implicit):
    """Outputs in the middle and at the end of the step; areas, peaks and times above limits of good steps."""
    if implicit:
        rodas5p.middle(lane, at)
    else:
        tsit5.middle(lane, at)
    h = load(lane, at.h)
    _observe(call, lane, at, at.ym, load(lane, at.t) + 0.5 * h, at.f)
    for p in range(0, at.outputs * LANES, LANES):
        store(lane, at.gm + p, load(lane, at.w_g + p))
    _observe(call, lane, at, at.yn, load(lane, at.tn), at.fn)
    for k in range(at.outputs):
        _judge_area(lane, at, set, k)
    one, zero = fill(1.0), fill(0.0)
    weight = choose(load(lane, at.error), one, load(lane, at.weight), zero)
    for k in range(at.outputs):
        p = k * LANES
        g0, gm, g1 = load(lane, at.g + p), load(lane, at.gm + p), load(lane, at.w_g + p)
        d0, d1 = h * load(lane, at.dg + p), h * load(lane, at.w_dg + p)
        part = _area(h, g0, gm, g1, d0, d1)
        # a lane outside the window, or with a bad step, adds nothing, whatever its numbers are
        store(lane, at.area + p, load(lane, at.area + p) + choose(one, weight, part, zero))
        before = load(lane, at.peak + p)
        end = choose(one, weight, g1, before)
        store(lane, at.peak_time + p, choose(end, before, load(lane, at.peak_time + p), load(lane, at.tn)))
        peak = choose(end, before, before, end)
        store(lane, at.peak + p, peak)
        # an inner peak lies below the tangents at both ends; the middle may be higher than either end in any case
        lower_tangent = choose(g0 + d0, g1 - d1, g0 + d0, g1 - d1)
        tangents = choose(zero, d0, choose(d1, zero, lower_tangent, before), before)
        if any_above(choose(one, weight, larger(tangents, gm), before), peak):
            _inner_peaks(call, lane, at, k, implicit)
    for j in range(at.limits):
        _limit(call, lane, at, table, j, implicit)
    for j in range(at.rises):
        _rise(call, lane, at, table, j, implicit)


@compiled
def _area(h, g0, gm, g1, d0, d1):
    """Integral of the quartic over a step."""
    return h * ((7.0 * g0 + 16.0 * gm + 7.0 * g1) * (1.0 / 30) + (d0 - d1) * (1.0 / 60))


@compiled
def _judge_area(lane, at, set, k):
    """Turn a good step into a bad one where the area of output k would be off by more than the tolerance.

    How far the cubic without the middle is off says how far the quartic is, as if the output were an exponential.
    """
    p, one, zero, h = k * LANES, fill(1.0), fill(0.0), load(lane, at.h)
    g0, gm, g1 = load(lane, at.g + p), load(lane, at.gm + p), load(lane, at.w_g + p)
    d0, d1 = h * load(lane, at.dg + p), h * load(lane, at.w_dg + p)
    whole = size(g0) + size(gm) + size(g1)
    off = size(_area(h, g0, gm, g1, d0, d1) - h * (0.5 * (g0 + g1) + (d0 - d1) * (1.0 / 12)))
    cubic = off * CUBIC / (h * whole)
    share = h * whole / (size(load(lane, at.area + p)) + (h + SHORT * set.until) * whole)
    wrong = cubic * root(cubic) * share * (1.0 / (QUARTIC * set.rtol))
    error = load(lane, at.error)
    counted = choose(one, choose(error, one, load(lane, at.weight), zero), wrong, zero)
    # where there is no such number the step is judged by its states alone
    store(lane, at.error, larger(counted, error))


@compiled
def _observe(call, lane, at, states, time, slopes):
    store(lane, 0, time)
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.w_y + p, load(lane, states + p))
        store(lane, at.w_f + p, load(lane, slopes + p))
    call_1(call.observe, lane, 0)


@compiled
def _quartic(s, g0, gm, g1, d0, d1):
    """Value at the fraction s of a step; d0, d1: slopes per step."""
    r = 1.0 - s
    cubic = g0 * (1.0 + 2.0 * s) * r * r + d0 * s * r * r + g1 * s * s * (3.0 - 2.0 * s) - d1 * s * s * r
    return cubic + 16.0 * (gm - 0.5 * (g0 + g1) - 0.125 * (d0 - d1)) * s * s * r * r


@compiled
def _slope(s, g0, gm, g1, d0, d1):
    r = 1.0 - s
    cubic = 6.0 * s * r * (g1 - g0) + d0 * r * (1.0 - 3.0 * s) + d1 * s * (3.0 * s - 2.0)
    return cubic + 32.0 * (gm - 0.5 * (g0 + g1) - 0.125 * (d0 - d1)) * s * r * (r - s)


@compiled
def _counts(lane, at, me):
    """Whether this lane's step is good and within the window."""
    return lane[at.error + me] <= 1.0 and lane[at.weight + me] > 0.0


@compiled
def _curve(lane, at, p, me):
    """Values of an output at both ends and in the middle of the step, and slopes per step at both ends."""
    h = lane[at.h + me]
    return lane[at.g + p], lane[at.gm + p], lane[at.w_g + p], h * lane[at.dg + p], h * lane[at.w_dg + p]


@compiled
def _turning_point(curve):
    """Fraction of the step at which a curve that rises at its start and falls at its end turns; else the middle."""
    g0, gm, g1, d0, d1 = curve
    s, low, high = 0.5, 0.0, 1.0
    if d0 > 0.0 and d1 < 0.0:
        for _ in range(45):
            s = 0.5 * (low + high)
            if _slope(s, g0, gm, g1, d0, d1) > 0.0:
                low = s
            else:
                high = s
    return s


@compiled
def _inner_peaks(call, lane, at, k, implicit):
    """Look for a peak of output k inside the step of every lane that may have one."""
    for me in range(LANES):
        p = k * LANES + me
        if not _counts(lane, at, me):
            continue
        g0, gm, g1, d0, d1 = curve = _curve(lane, at, p, me)
        if not (d0 > 0.0 and d1 < 0.0 or gm > max(g0, g1)):
            continue
        s = _turning_point(curve)
        if _quartic(s, g0, gm, g1, d0, d1) <= lane[at.peak + p]:
            continue
        value = _output_at(call, lane, at, me, k, s, implicit)
        if value > lane[at.peak + p]:
            lane[at.peak + p], lane[at.peak_time + p] = value, lane[at.t + me] + s * lane[at.h + me]


@compiled
def _rise(call, lane, at, table, j, implicit):
    """The largest level in the window after the first minimum since the last dose that is seen in it; the minimum may
    lie before the window."""
    for me in range(LANES):
        p, r = table[at.rise_output + j] * LANES + me, j * LANES + me
        if not lane[at.error + me] <= 1.0 or lane[at.held + me] > 0.0:
            continue
        g0, gm, g1, d0, d1 = curve = _curve(lane, at, p, me)
        low = lane[at.low + r]
        rising = low == -math.inf
        if not rising:
            low = min(low, g0)
            if gm <= low * RISEN:
                low = min(low, gm)
                if g1 <= low * RISEN:
                    lane[at.low + r] = min(low, g1)
                    continue
            lane[at.low + r] = -math.inf
        if not lane[at.weight + me] > 0.0:
            continue
        if rising:
            _higher(lane, at, r, g0, lane[at.t + me])
        _higher(lane, at, r, g1, lane[at.tn + me])
        if d0 > 0.0 and d1 < 0.0 or gm > max(g0, g1):
            s = _turning_point(curve)
            if _quartic(s, g0, gm, g1, d0, d1) > lane[at.rise + r]:
                value = _output_at(call, lane, at, me, table[at.rise_output + j], s, implicit)
                _higher(lane, at, r, value, lane[at.t + me] + s * lane[at.h + me])


@compiled
def _higher(lane, at, r, value, time):
    if value > lane[at.rise + r]:
        lane[at.rise + r], lane[at.rise_time + r] = value, time


@compiled
def _output_at(call, lane, at, me, k, s, implicit):
    if implicit:
        rodas5p.states_at(lane, at, me, s)
    else:
        tsit5.states_at(lane, at, me, s)
    lane[at.one_t] = lane[at.t + me] + s * lane[at.h + me]
    call_4(call.observe_one, lane, at.one_t, lane, at.one_y, lane, at.w_p + me, lane, at.one_g)
    return lane[at.one_g + k]


@compiled
def _limit(call, lane, at, table, j, implicit):
    """Time above limit j within the step, and the last time above it."""
    for me in range(LANES):
        p, y = table[at.limit_output + j] * LANES + me, j * LANES + me
        if not _counts(lane, at, me):
            continue
        c, h, t = lane[at.limit + y], lane[at.h + me], lane[at.t + me]
        g0, gm, g1, _, _ = curve = _curve(lane, at, p, me)
        if g0 > c and gm > c and g1 > c:
            lane[at.above + y] += h
            lane[at.last_above + y] = lane[at.tn + me]
        elif g0 > c or gm > c or g1 > c or (lane[at.peak + p] > c and lane[at.peak_time + p] > t):
            share, last = _share_above(call, lane, at, me, table[at.limit_output + j], c, curve, implicit)
            lane[at.above + y] += share * h
            lane[at.last_above + y] = t + last * h if share > 0.0 else lane[at.last_above + y]


@compiled
def _share_above(call, lane, at, me, k, c, curve, implicit):
    """Share of the step in which output k is above c, and the last fraction at which it is."""
    g0, gm, g1, d0, d1 = curve
    share, last, up, low, turn = 0.0, 0.0, g0 > c, 0.0, _turning_point(curve)
    while low < 1.0:
        high = (math.floor(low * PARTS) + 1.0) / PARTS
        # what is above the limit may be no more than the tip of a peak
        high = turn if low < turn < high else high
        if ((g1 if high == 1.0 else _quartic(high, g0, gm, g1, d0, d1)) > c) == up:
            share += (high - low) if up else 0.0
            last = high if up else last
        else:
            s = _crossing(call, lane, at, me, k, c, curve, low, high, up, implicit)
            share += (s - low) if up else (high - s)
            last = s if up else high
            up = not up
        low = high
    return share, last


@compiled
def _crossing(call, lane, at, me, k, c, curve, low, high, up, implicit):
    """Where between two fractions of the step output k crosses c."""
    g0, gm, g1, d0, d1 = curve
    a, b = low, high
    for _ in range(45):
        s = 0.5 * (a + b)
        if (_quartic(s, g0, gm, g1, d0, d1) > c) == up:
            a = s
        else:
            b = s
    # the output itself is a little off the quartic: one Newton step on it, unless it is too flat for one
    better = a - (_output_at(call, lane, at, me, k, a, implicit) - c) / _slope(a, g0, gm, g1, d0, d1)
    return better if low < better < high else a
