"""Peaks, areas and times above a limit, taken while stepping, from the solution's own course within each step.

Between the ends of a step an output follows the quartic through its values at both ends and the middle and its slopes
at both ends: its integral is exact to order 6, its turning points say where to look for a peak.
"""

import math

from livingdrug.engine import rodas5p, tsit5
from livingdrug.engine.calls import call_1, call_4
from livingdrug.engine.vector_math import compiled
from livingdrug.engine.vectors import LANES, any_above, choose, fill, larger, load, store

PARTS = 8  # parts of a step in which a limit is crossed at most once


@compiled
def start_measures(lane, at, me):
    """Nothing measured yet."""
    for k in range(at.outputs):
        p = k * LANES + me
        lane[at.area + p], lane[at.peak + p], lane[at.peak_time + p] = 0.0, -math.inf, 0.0
    for j in range(at.limits):
        lane[at.above + j * LANES + me], lane[at.last_above + j * LANES + me] = 0.0, math.nan


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


@compiled
def measure_step(call, lane, at, table, implicit):
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
    one, zero = fill(1.0), fill(0.0)
    weight = choose(load(lane, at.error), one, load(lane, at.weight), zero)
    for k in range(at.outputs):
        p = k * LANES
        g0, gm, g1 = load(lane, at.g + p), load(lane, at.gm + p), load(lane, at.w_g + p)
        d0, d1 = h * load(lane, at.dg + p), h * load(lane, at.w_dg + p)
        part = h * ((7.0 * g0 + 16.0 * gm + 7.0 * g1) * (1.0 / 30) + (d0 - d1) * (1.0 / 60))
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
def _inner_peaks(call, lane, at, k, implicit):
    """Look for a peak of output k inside the step of every lane that may have one."""
    for me in range(LANES):
        p = k * LANES + me
        if not _counts(lane, at, me):
            continue
        g0, gm, g1 = lane[at.g + p], lane[at.gm + p], lane[at.w_g + p]
        d0, d1 = lane[at.h + me] * lane[at.dg + p], lane[at.h + me] * lane[at.w_dg + p]
        s = 0.5
        if d0 > 0.0 and d1 < 0.0:
            low, high = 0.0, 1.0
            for _ in range(45):
                s = 0.5 * (low + high)
                if _slope(s, g0, gm, g1, d0, d1) > 0.0:
                    low = s
                else:
                    high = s
        elif not gm > max(g0, g1):
            continue
        if _quartic(s, g0, gm, g1, d0, d1) <= lane[at.peak + p]:
            continue
        value = _output_at(call, lane, at, me, k, s, implicit)
        if value > lane[at.peak + p]:
            lane[at.peak + p], lane[at.peak_time + p] = value, lane[at.t + me] + s * lane[at.h + me]


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
        c, h = lane[at.limit + y], lane[at.h + me]
        g0, gm, g1 = lane[at.g + p], lane[at.gm + p], lane[at.w_g + p]
        if g0 > c and gm > c and g1 > c:
            lane[at.above + y] += h
            lane[at.last_above + y] = lane[at.tn + me]
        elif g0 > c or gm > c or g1 > c:
            curve = (g0, gm, g1, h * lane[at.dg + p], h * lane[at.w_dg + p])
            share, last = _share_above(call, lane, at, me, table[at.limit_output + j], c, curve, implicit)
            lane[at.above + y] += share * h
            lane[at.last_above + y] = lane[at.t + me] + last * h


@compiled
def _share_above(call, lane, at, me, k, c, curve, implicit):
    """Share of the step in which output k is above c, and the last fraction at which it is."""
    g0, gm, g1, d0, d1 = curve
    share, last, up = 0.0, 0.0, g0 > c
    for part in range(PARTS):
        low, high = part / PARTS, (part + 1) / PARTS
        now = (g1 if part == PARTS - 1 else _quartic(high, g0, gm, g1, d0, d1)) > c
        if now == up:
            share += (high - low) if up else 0.0
            last = high if up else last
            continue
        a, b = low, high
        for _ in range(45):
            s = 0.5 * (a + b)
            if (_quartic(s, g0, gm, g1, d0, d1) > c) == up:
                a = s
            else:
                b = s
        # the output itself is a little off the quartic: one Newton step on it
        slope = _slope(a, g0, gm, g1, d0, d1)
        off = _output_at(call, lane, at, me, k, a, implicit) - c
        a = min(max(a - off / slope, low), high) if slope != 0.0 else a
        share += (a - low) if up else (high - a)
        last = a if up else high
        up = now
    return share, last
