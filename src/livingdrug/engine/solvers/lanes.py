"""The compiled loop: LANES subjects side by side, each with its own time, step and events.

A lane that is done takes the next subject; a lane without one goes on with a step of length 0. Nothing that a lane
computes depends on the others, so a subject's numbers are the same in any lane, block, order or thread.
"""

import math

import numpy as np

from livingdrug.engine.codegen.calls import call_1, call_2, call_3
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import LANES, load, store
from livingdrug.engine.events import ADD, RATE
from livingdrug.engine.solvers import rodas5p, tsit5
from livingdrug.engine.solvers.control import (
    commit,
    first_step,
    judge_kinks,
    needs_service,
    negative,
    plan,
    too_stiff_at_start,
    verdict,
)
from livingdrug.engine.solvers.measures import await_minimum, measure_step, start_measures, store_measures
from livingdrug.engine.solvers.samples import next_sample, sample, sample_step, samples_of
from livingdrug.engine.storage import EVENT, FRESH, OK, SAMPLE, STEPS, SUBJECT, TOO_MANY_FOR_EXPLICIT


@compiled
def _set_state(lane, at, table, me, state, kind, value):
    """Apply one event to a state of the system; an inflow comes summed up (EventTable)."""
    i = table[at.place + state]
    if i < 0:
        slot = at.w_p + (at.switches + 1 + (-1 - i)) * LANES + me
        lane[slot] = lane[slot] + value if kind == ADD else value
        return
    p = i * LANES + me
    if kind == RATE:
        lane[at.inflow + p] = value
        return
    logarithm = table[at.logs + i] == 1
    amount = math.exp(lane[at.y + p]) if logarithm else lane[at.y + p]
    amount = amount + value if kind == ADD else value
    lane[at.y + p] = math.log(amount) if logarithm else amount


@compiled
def _rebase_pools(call, lane, at, me):
    """Let the exact course of the pools start now."""
    lane[at.one_t] = lane[at.t + me]
    call_3(call.pools, lane, at.one_t, lane, at.w_p + me, lane, at.one_g)
    first = at.w_p + at.switches * LANES + me
    lane[first] = lane[at.t + me]
    for j in range(at.pools):
        lane[first + (1 + j) * LANES] = lane[at.one_g + j]


@compiled
def stop_here(call, lane, count, at, table, set, task, me):
    """Events and switches at the present time of a lane, and its next stop."""
    t, last = lane[at.t + me], task.event_last[count[SUBJECT + me]]
    if at.pools > 0:
        _rebase_pools(call, lane, at, me)
    e, dosed = count[EVENT + me], False
    while e < last and task.event_time[e] <= t:
        _set_state(lane, at, table, me, task.event_state[e], task.event_kind[e], task.event_value[e])
        dosed = dosed or table[at.shown + task.event_state[e]] == 1
        e += 1
    if dosed:
        await_minimum(lane, at, table, me)
    count[EVENT + me] = e
    stop = min(set.until, task.event_time[e]) if e < last else set.until
    for s in range(at.switches):
        when = lane[at.switch_at + s * LANES + me]
        lane[at.w_p + s * LANES + me] = 1.0 if t >= when else 0.0
        if when > t:
            stop = min(stop, when)
    if set.measure:
        for edge in (set.window_start, set.window_end):
            if edge > t:
                stop = min(stop, edge)
    lane[at.stop + me] = stop
    count[FRESH + me] = 1


@compiled
def begin(call, lane, count, at, table, set, task, where, me, subject):
    """Put a subject into a lane at time 0."""
    flat, q = task.quantities, subject * task.quantities.shape[1]
    first = at.w_p + at.switches * LANES + me
    call_2(call.prepare, flat, q, lane, at.one_g)
    constants = first + ((1 + at.pools) * LANES if at.pools > 0 else 0)
    for i in range(at.constants):
        lane[constants + i * LANES] = lane[at.one_g + i]
    call_2(call.switch_times, flat, q, lane, at.one_g)
    for s in range(at.switches):
        lane[at.switch_at + s * LANES + me] = lane[at.one_g + s]
    call_2(call.initial, flat, q, lane, at.one_g)
    if at.pools > 0:
        lane[first] = 0.0
    for state in range(at.states):
        i, amount = table[at.place + state], lane[at.one_g + state]
        if i < 0:
            lane[first + (1 + (-1 - i)) * LANES] = amount
        else:
            lane[at.y + i * LANES + me] = math.log(amount) if table[at.logs + i] == 1 else amount
            lane[at.inflow + i * LANES + me] = 0.0
    lane[at.t + me], lane[at.tn + me], lane[at.h + me] = 0.0, 0.0, 0.0
    count[SUBJECT + me], count[EVENT + me] = subject, task.event_first[subject]
    count[SAMPLE + me], count[STEPS + me] = task.time_first[subject], 0
    start_measures(lane, at, me)
    stop_here(call, lane, count, at, table, set, task, me)
    next_sample(lane, count, at, where, me)
    if lane[at.next + me] == 0.0:
        for i in range(at.n):
            lane[at.one_y + i] = lane[at.y + i * LANES + me]
        sample(call, lane, count, at, where, me)


@compiled
def start_fresh(call, lane, count, at, set):
    """Derivatives, outputs and first step of lanes that begin or were stopped; the others keep theirs."""
    store(lane, 0, load(lane, at.t))
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.w_y + p, load(lane, at.y + p))
    call_1(call.rhs, lane, 0)
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.w_f + p, load(lane, at.w_f + p) + load(lane, at.inflow + p))
    if set.measure:
        call_1(call.observe, lane, 0)
    for me in range(LANES):
        if count[FRESH + me] == 1:
            count[FRESH + me] = 0
            for i in range(at.n):
                lane[at.f + i * LANES + me] = lane[at.w_f + i * LANES + me]
            for i in range(at.kinks * at.n):
                lane[at.kink + i * LANES + me] = lane[at.w_kink + i * LANES + me]
            lane[at.wish + me] = first_step(lane, at, set.rtol, me)
            lane[at.error_before + me] = math.log(1e-4)
            lane[at.weight + me] = 0.0
            if set.measure:
                _measure_start(lane, at, set, me)


@compiled
def _measure_start(lane, at, set, me):
    """Outputs at a fresh start, which may be a peak: a dose can put cells where they are counted."""
    t = lane[at.t + me]
    lane[at.weight + me] = 1.0 if set.window_start <= t < set.window_end else 0.0
    for k in range(at.outputs):
        p = k * LANES + me
        lane[at.g + p], lane[at.dg + p] = lane[at.w_g + p], lane[at.w_dg + p]
        if lane[at.weight + me] > 0.0 and lane[at.g + p] > lane[at.peak + p]:
            lane[at.peak + p], lane[at.peak_time + p] = lane[at.g + p], t


@compiled
def _extinguish(call, lane, count, at, me):
    """Empty populations that fell below their threshold and have no inflow."""
    for i in range(at.n):
        p = i * LANES + me
        if lane[at.y + p] < lane[at.extinct + p] and lane[at.y + p] != 0.0:
            store(lane, 0, load(lane, at.t))
            for q in range(0, at.n * LANES, LANES):
                store(lane, at.w_y + q, load(lane, at.y + q))
            lane[at.w_y + p] = 0.0
            call_1(call.rhs, lane, 0)
            if lane[at.w_f + p] + lane[at.inflow + p] <= 0.0:
                lane[at.y + p] = 0.0
                count[FRESH + me] = 1


@compiled
def _culprit(call, lane, at, table, me):
    """The state that left the finite range or would be negative, or else the one whose own rate is the largest."""
    i = negative(lane, at, me)
    if i >= 0:
        return i
    store(lane, 0, load(lane, at.t))
    for p in range(0, at.n * LANES, LANES):
        store(lane, at.w_y + p, load(lane, at.y + p))
    call_1(call.jacobian, lane, 0)
    worst, which = -1.0, 0
    for i in range(at.n):
        p = i * LANES + me
        if lane[at.yn + p] * lane[at.cap + p] > 1.0 and lane[at.top + me] > 1.0:
            return i
        speed = abs(lane[at.w_j + table[at.diagonal + i] + me])
        if not speed <= worst:
            worst, which = speed if speed == speed else math.inf, i
    return which


@compiled
def _service(call, lane, count, at, table, set, task, found, me, implicit):
    """What one lane needs after a step. Returns whether its subject is done."""
    status = verdict(lane, count, at, set, me, implicit)
    ended = lane[at.error + me] <= 1.0 and lane[at.t + me] >= lane[at.stop + me]
    if status == OK and not ended:
        return False
    if status == OK and lane[at.t + me] < set.until:
        stop_here(call, lane, count, at, table, set, task, me)
        return False
    end(call, lane, count, at, table, found, me, status)
    return True


@compiled
def end(call, lane, count, at, table, found, me, status):
    """Store the findings of a lane's subject."""
    subject = count[SUBJECT + me]
    found.status[subject], found.reached[subject], found.steps[subject] = status, lane[at.t + me], count[STEPS + me]
    if status == OK:
        store_measures(lane, at, found, me, subject)
    elif status != TOO_MANY_FOR_EXPLICIT:
        found.culprit[subject] = _culprit(call, lane, at, table, me)


@compiled
def any_row(count, row):
    """The largest of a row of counters."""
    largest = count[row]
    for me in range(1, LANES):
        largest = max(largest, count[row + me])
    return largest


@compiled
def _refill(call, lane, count, at, table, set, task, where, me, subjects, waiting):
    """Give the lane the next subject, if there is one; returns how many have been given out."""
    count[SUBJECT + me] = -1
    lane[at.weight + me], lane[at.next + me] = 0.0, math.inf
    if waiting == len(subjects):
        return waiting
    begin(call, lane, count, at, table, set, task, where, me, subjects[waiting])
    return waiting + 1


@compiled
def _hand_over_stiff(call, lane, count, at, table, set, task, found, where, subjects, waiting):
    """Replace subjects at their start for whom stability alone asks for more explicit steps than the budget."""
    call_1(call.jacobian, lane, 0)
    for me in range(LANES):
        if count[SUBJECT + me] >= 0 and count[STEPS + me] == 0:
            if too_stiff_at_start(lane, at, table, set, me):
                end(call, lane, count, at, table, found, me, np.int64(TOO_MANY_FOR_EXPLICIT))
                waiting = _refill(call, lane, count, at, table, set, task, where, me, subjects, waiting)
    return waiting


def run(call, lane, count, at, table, set, task, found, subjects, implicit):
    """Solve the given subjects, one after the other in each lane; findings go to their rows of `found` (see `Linked`)."""
    # a written 0 is a type of its own to numba, for which what it enters would be compiled once more
    waiting, where = np.int64(0), samples_of(task, found)
    for me in range(LANES):
        waiting = _refill(call, lane, count, at, table, set, task, where, me, subjects, waiting)
    while any_row(count, SUBJECT) >= 0:
        while any_row(count, FRESH) > 0:
            start_fresh(call, lane, count, at, set)
            if not implicit:
                waiting = _hand_over_stiff(call, lane, count, at, table, set, task, found, where, subjects, waiting)
        plan(lane, count, at)
        if implicit:
            rodas5p.step(call, lane, at)
        else:
            tsit5.step(call, lane, at)
        judge_kinks(lane, at)
        if set.measure:
            measure_step(call, lane, at, table, set, implicit)
        sample_step(call, lane, count, at, where, implicit)
        commit(lane, at, set.measure)
        for me in range(LANES):
            if count[SUBJECT + me] >= 0:
                if set.extinction and lane[at.error + me] <= 1.0:
                    _extinguish(call, lane, count, at, me)
                if needs_service(lane, count, at, set, me):
                    if _service(call, lane, count, at, table, set, task, found, me, implicit):
                        waiting = _refill(call, lane, count, at, table, set, task, where, me, subjects, waiting)
