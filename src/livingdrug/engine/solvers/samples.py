"""Outputs at the sample times within a step: where many lanes have one all lanes at once, else lane by lane.

Both ways do the same operations, so that a subject's values do not depend on its neighbours.
"""

import math
from typing import NamedTuple

from livingdrug.engine.codegen.calls import call_2, call_4
from livingdrug.engine.codegen.places import address_of, number_at, put_at, whole_at
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import LANES, any_above, choose, fill, load, store
from livingdrug.engine.solvers import rodas5p, tsit5
from livingdrug.engine.storage import SAMPLE, SUBJECT

FEW = 3  # lanes with a sample time, below which they are computed one by one


class Samples(NamedTuple):
    """Addresses (see `places`) of what is sampled: of the task its times, time_first, time_last, row and wanted;
    values of what is found; width: outputs of a row of these."""

    times: int
    first: int
    last: int
    row: int
    wanted: int
    values: int
    width: int


@compiled
def samples_of(task, found):
    """Addresses of what is sampled, as long as these two live."""
    return Samples(
        address_of(task.times), address_of(task.time_first), address_of(task.time_last), address_of(task.row),
        address_of(task.wanted), address_of(found.values), len(task.wanted),
    )  # fmt: skip


@compiled
def next_sample(lane, count, at, where, me):
    """The next sample time of a lane."""
    j, last = count[SAMPLE + me], whole_at(where.last, count[SUBJECT + me])
    lane[at.next + me] = number_at(where.times, j) if j < last else math.inf


@compiled
def sample(call, lane, count, at, where, me):
    """Outputs of the states in `one_y` at the next sample time of a lane."""
    for i in range(at.n):
        # a count that may be some 1e-12 below 0 is shown as 0; other states are what they are
        if lane[at.one_y + i] < 0.0 and lane[at.lowest + i * LANES] > -1.0:
            lane[at.one_y + i] = 0.0
    lane[at.one_t] = lane[at.next + me]
    call_4(call.observe_one, lane, at.one_t, lane, at.one_y, lane, at.w_p + me, lane, at.one_g)
    _keep(lane, count, at, where, me, at.one_g, 1)


@compiled
def _keep(lane, count, at, where, me, outputs, stride):
    """Outputs that lie at a stride into the row of a lane's next sample."""
    subject = count[SUBJECT + me]
    row = whole_at(where.row, subject) + count[SAMPLE + me] - whole_at(where.first, subject)
    for k in range(where.width):
        put_at(where.values, row * where.width + k, lane[outputs + whole_at(where.wanted, k) * stride])
    count[SAMPLE + me] += 1
    next_sample(lane, count, at, where, me)


@compiled
def sample_step(call, lane, count, at, where, implicit):
    """All sample times within the steps just made that were good."""
    many = _waiting(lane, at)
    while many >= FEW:
        _all_lanes(call, lane, count, at, where, implicit)
        many = _waiting(lane, at)
    if many > 0:
        for me in range(LANES):
            if lane[at.error + me] <= 1.0:
                _one_lane(call, lane, count, at, where, me, implicit)


@compiled
def _waiting(lane, at):
    """How many lanes have a sample time within their step; one without a subject has none."""
    one, zero = fill(1.0), fill(0.0)
    good = choose(load(lane, at.error), one, one, zero)
    pending = choose(load(lane, at.next), load(lane, at.tn), good, zero)
    if not any_above(pending, zero):
        return 0
    store(lane, at.pending, pending)
    many = 0
    for me in range(LANES):
        many += 1 if lane[at.pending + me] > 0.0 else 0
    return many


@compiled
def _one_lane(call, lane, count, at, where, me, implicit):
    """The sample times of one lane."""
    while lane[at.next + me] <= lane[at.tn + me]:
        if lane[at.next + me] == lane[at.tn + me]:
            for i in range(at.n):
                lane[at.one_y + i] = lane[at.yn + i * LANES + me]
        else:
            s = (lane[at.next + me] - lane[at.t + me]) / lane[at.h + me]
            if implicit:
                rodas5p.states_at(lane, at, me, s)
            else:
                tsit5.states_at(lane, at, me, s)
        sample(call, lane, count, at, where, me)


@compiled
def _all_lanes(call, lane, count, at, where, implicit):
    """The next sample time of every lane that has one; what the others compute is left."""
    time, end, zero = load(lane, at.next), load(lane, at.tn), fill(0.0)
    s = (time - load(lane, at.t)) / load(lane, at.h)
    if implicit:
        rodas5p.all_states_at(lane, at, s)
    else:
        tsit5.all_states_at(lane, at, s)
    store(lane, 0, time)
    for p in range(0, at.n * LANES, LANES):
        value = choose(end, time, load(lane, at.yn + p), load(lane, at.w_y + p))
        shown = choose(zero, value, value, choose(load(lane, at.lowest + p), fill(-1.0), value, zero))
        # what is not a number stays what it is
        store(lane, at.w_y + p, choose(value, value, shown, value))
    call_2(call.observe_all, lane, 0, lane, at.shown_g)
    for me in range(LANES):
        if lane[at.pending + me] > 0.0:
            _keep(lane, count, at, where, me, at.shown_g + me, LANES)
