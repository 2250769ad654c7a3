"""States and their sensitivities together, over lanes, by the implicit method, with both in the error control.

A gradient through an adaptive solver that watches the states alone can be wrong without a sign of it. The last
increment of the sensitivities is part of the error here, measured against the state it belongs to.
"""

import math
from typing import NamedTuple

import numpy as np

from livingdrug.engine.codegen.calls import call_1, call_2, call_4
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import LANES, choose, fill, larger, load, root, size, store
from livingdrug.engine.events import SET
from livingdrug.engine.kernel import placed
from livingdrug.engine.solvers import control, lanes, rodas5p
from livingdrug.engine.solvers.samples import sample, samples_of
from livingdrug.engine.solvers.sensitivity_kernel import SensitivityKernel
from livingdrug.engine.storage import EVENT, FRESH, OK, SAMPLE, SUBJECT

STAGES = rodas5p.STAGES


class More(NamedTuple):
    """Where the sensitivities lie, beside `storage.At`. m: how many quantities.

    In the lane array: w_q ... w_hq: derivatives; s, st, sn: sensitivities at the start, in a stage and at the end of a
    step, quantity by quantity; ks: stages; gt: time derivatives; scale: size of each quantity; before: derivatives of
    the states before a switch; shift: derivatives of the times of switches; one_d: one subject's outputs and slopes.
    In `table`: for each group the indices of its entries, and where they end.
    """

    m: int
    w_q: int
    w_jt: int
    w_qt: int
    w_h: int
    w_hq: int
    s: int
    st: int
    sn: int
    ks: int
    gt: int
    scale: int
    before: int
    shift: int
    one_d: int
    j: int
    j_end: int
    q: int
    q_end: int
    h: int
    h_end: int
    hq: int
    hq_end: int


def more_and_table(kernel: SensitivityKernel, at, table: np.ndarray) -> tuple[More, np.ndarray, int]:
    """Where things lie, the table with the entries added, and the size of the lane array."""
    n, m, k, rows = at.n, len(kernel.by), at.outputs, kernel.kernel.layout.rows
    block = n * m * LANES
    sizes = {
        "s": block, "st": block, "sn": block, "ks": STAGES * block, "gt": block, "scale": m * LANES, "before": n * LANES,
        "shift": max(at.switches, 1) * m * LANES, "one_d": max(k * (1 + n + m), at.states * m, at.switches * m),
    }  # fmt: skip
    places, numbers = placed(sizes, at.numbers)
    groups = {"j": kernel.entries["jt"], "q": kernel.entries["q"], "h": kernel.entries["h"], "hq": kernel.entries["hq"]}
    tables, _ = placed({name: entries.size for name, entries in groups.items()}, len(table))
    ends = {f"{name}_end": tables[name] + entries.size for name, entries in groups.items()}
    more = More(m=m, **{f"w_{g}": LANES * rows[g] for g in ("q", "jt", "qt", "h", "hq")}, **places, **tables, **ends)
    return more, np.concatenate([table, *(entries.ravel() for entries in groups.values())]), numbers


@compiled
def _add_product(lane, at, more, table, matrix, slopes, states, into):
    """into += matrix (entries as the Jacobian's) times the sensitivities at `states` + slopes (entries as q's)."""
    n = at.n * LANES
    for e, o in enumerate(range(more.j, more.j_end, 2)):
        value = load(lane, matrix + e * LANES)
        i, j = table[o], table[o + 1]
        for k in range(0, more.m * n, n):
            store(lane, into + k + i, fused(value, load(lane, states + k + j), load(lane, into + k + i)))
    for e, o in enumerate(range(more.q, more.q_end, 2)):
        p = into + table[o + 1] * at.n + table[o]
        store(lane, p, load(lane, p) + load(lane, slopes + e * LANES))


@compiled
def _add_curvature(lane, at, more, table, v, into):
    """into += how the Jacobian of the sensitivities by the states acts on the increment at v."""
    n = at.n * LANES
    for e, o in enumerate(range(more.h, more.h_end, 3)):
        value = load(lane, more.w_h + e * LANES)
        i, j, l = table[o], table[o + 1], table[o + 2]  # noqa: E741 - row, state, other state
        a, b = value * load(lane, v + j), value * load(lane, v + l)
        for k in range(0, more.m * n, n):
            change = a * load(lane, more.s + k + l)
            if j != l:
                change = fused(b, load(lane, more.s + k + j), change)
            store(lane, into + k + i, load(lane, into + k + i) + change)
    for e, o in enumerate(range(more.hq, more.hq_end, 3)):
        p = into + table[o + 2] * at.n + table[o]
        store(lane, p, fused(load(lane, more.w_hq + e * LANES), load(lane, v + table[o + 1]), load(lane, p)))


@compiled
def step(call, also, lane, at, more, table, rtol):
    """One trial step of states and sensitivities; the error is the larger of theirs."""
    m, block, t, h = at.n * LANES, more.m * at.n * LANES, load(lane, at.t), load(lane, at.h)
    store(lane, 0, t)
    for p in range(0, m, LANES):
        store(lane, at.w_y + p, load(lane, at.y + p))
    call_1(also.curvature, lane, 0)
    rodas5p.factorise(call, lane, at)
    for p in range(0, block, LANES):
        store(lane, more.gt + p, fill(0.0))
    _add_product(lane, at, more, table, more.w_jt, more.w_qt, more.s, more.gt)
    per_h = 1.0 / h
    for s in range(STAGES):
        rodas5p.prepare_stage(lane, at.k, m, at.y, at.w_y, s, per_h)
        rodas5p.prepare_stage(lane, more.ks, block, more.s, more.st, s, per_h)
        if s > 0:
            store(lane, 0, t + rodas5p.NODES[s] * h)
            call_1(also.linear, lane, 0)
        drift = h * rodas5p.TIME_WEIGHTS[s]
        for p in range(0, m, LANES):
            f = load(lane, at.f + p) if s == 0 else load(lane, at.w_f + p) + load(lane, at.inflow + p)
            stage = at.k + s * m + p
            store(lane, stage, fused(drift, load(lane, at.w_ft + p), load(lane, stage) + f))
        call_2(call.solve, lane, 0, lane, at.k + s * m)
        into = more.ks + s * block
        for p in range(0, block, LANES):
            store(lane, into + p, fused(drift, load(lane, more.gt + p), load(lane, into + p)))
        _add_product(lane, at, more, table, at.w_j, more.w_q, more.st, into)
        _add_curvature(lane, at, more, table, at.k + s * m, into)
        for k in range(more.m):
            call_2(call.solve, lane, 0, lane, into + k * m)
    rodas5p.finish(call, lane, at)
    _judge(lane, at, more, rtol, block)


@compiled
def _judge(lane, at, more, rtol, block):
    """Sensitivities at the end; their error per quantity against the state's own tolerance and their own size."""
    total, last = fill(0.0), more.ks + (STAGES - 1) * block
    for k in range(more.m):
        unit = load(lane, more.scale + k * LANES)
        for p in range(0, at.n * LANES, LANES):
            q = k * at.n * LANES + p
            increment = load(lane, last + q)
            new = load(lane, more.st + q) + increment
            store(lane, more.sn + q, new)
            state = larger(size(load(lane, at.y + p)), size(load(lane, at.yn + p)))
            scale = load(lane, at.atol + p) + load(lane, at.rtol + p) * state + rtol * unit * size(new)
            part = unit * increment / scale
            total = fused(part, part, total)
    error = root(total * (1.0 / (at.n * more.m)))
    # what is not a number must not pass for a small error, be it of the states (`larger` gives the second then) or of these
    store(lane, at.error, larger(choose(error, fill(1e300), error, fill(math.inf)), load(lane, at.error)))


@compiled
def _slopes(also, lane, at, more, task, slopes, me, row, s):
    """Slopes of the outputs at one sample: at the fraction s of the step, or (s < 0) at its start."""
    n, m, block = at.n, more.m, more.m * at.n * LANES
    call_4(also.observe_slopes, lane, at.one_t, lane, at.one_y, lane, at.w_p + me, lane, more.one_d)
    by_state, by_quantity = more.one_d + at.outputs, more.one_d + at.outputs * (1 + n)
    for k in range(len(task.wanted)):
        o = task.wanted[k]
        for p in range(m):
            slopes[row, k, p] = lane[by_quantity + o * m + p]
    for p in range(m):
        for i in range(n):
            q = (p * n + i) * LANES + me
            value = lane[more.s + q] if s < 0.0 else _at(lane, at, more, q, block, s)
            for k in range(len(task.wanted)):
                slopes[row, k, p] += lane[by_state + task.wanted[k] * n + i] * value


@compiled
def _at(lane, at, more, q, block, x):
    """One sensitivity at the fraction x of the step, with the weights that `rodas5p.states_at` left in `one_w`."""
    value = (1.0 - x) * lane[more.s + q] + x * lane[more.sn + q]
    for s in range(STAGES):
        value = fused(lane[at.one_w + s], lane[more.ks + s * block + q], value)
    return value


@compiled
def _samples(call, also, lane, count, at, more, task, where, slopes, me):
    """Values and slopes at all sample times within the step just made."""
    while lane[at.next + me] <= lane[at.tn + me]:
        s = (lane[at.next + me] - lane[at.t + me]) / lane[at.h + me]
        rodas5p.states_at(lane, at, me, s)
        subject = count[SUBJECT + me]
        row = task.row[subject] + count[SAMPLE + me] - task.time_first[subject]
        sample(call, lane, count, at, where, me)
        _slopes(also, lane, at, more, task, slopes, me, row, s)


@compiled
def _events_act(lane, count, at, more, table, task, me):
    """What events at the present time do to sensitivities: a state that is set depends on nothing any more."""
    e, last = count[EVENT + me], task.event_last[count[SUBJECT + me]]
    while e < last and task.event_time[e] <= lane[at.t + me]:
        if task.event_kind[e] == SET:
            i = table[at.place + task.event_state[e]]
            for k in range(more.m):
                lane[more.s + (k * at.n + i) * LANES + me] = 0.0
        e += 1


@compiled
def _begin(call, also, lane, count, at, more, table, set, task, where, slopes, sizes, me, subject):
    """Put a subject with its sensitivities into a lane."""
    flat, q, n, m = task.quantities.reshape(-1), subject * task.quantities.shape[1], at.n, more.m
    for k in range(m):
        lane[more.scale + k * LANES + me] = sizes[subject, k]
    call_2(also.initial_slopes, flat, q, lane, more.one_d)
    for i in range(n):
        for k in range(m):
            lane[more.s + (k * n + i) * LANES + me] = lane[more.one_d + i * m + k]
    call_2(also.switch_slopes, flat, q, lane, more.one_d)
    for x in range(at.switches * m):
        lane[more.shift + x * LANES + me] = lane[more.one_d + x]
    call_2(call.initial, flat, q, lane, at.one_g)
    for i in range(n):
        lane[more.before + i * LANES + me] = lane[at.one_g + i]
    count[SUBJECT + me], count[EVENT + me], lane[at.t + me] = subject, task.event_first[subject], 0.0
    _events_act(lane, count, at, more, table, task, me)
    lanes.begin(call, lane, count, at, table, set, task, where, me, subject)
    _rescale_logs(lane, at, more, table, me)
    first = task.time_first[subject]
    if first < task.time_last[subject] and task.times[first] == 0.0:
        lane[at.one_t] = 0.0
        for i in range(n):
            lane[at.one_y + i] = lane[at.y + i * LANES + me]
        _slopes(also, lane, at, more, task, slopes, me, task.row[subject], -1.0)


@compiled
def _rescale_logs(lane, at, more, table, me):
    """After amounts were added to a state kept as logarithm: d ln(y + a) = dy / (y + a). `before` holds y."""
    for i in range(at.n):
        if table[at.logs + i] == 1:
            ratio = lane[more.before + i * LANES + me] / math.exp(lane[at.y + i * LANES + me])
            for k in range(more.m):
                lane[more.s + (k * at.n + i) * LANES + me] *= ratio


@compiled
def _pass_stop(call, lane, count, at, more, table, set, task, me):
    """Events and switches at the present time, for states and sensitivities."""
    for i in range(at.n):
        p = i * LANES + me
        lane[more.before + p] = math.exp(lane[at.y + p]) if table[at.logs + i] == 1 else lane[at.y + p]
    _events_act(lane, count, at, more, table, task, me)
    lanes.stop_here(call, lane, count, at, table, set, task, me)
    _rescale_logs(lane, at, more, table, me)
    # the derivatives before the stop: where a switch moves with a quantity they are needed after it
    for p in range(me, at.n * LANES, LANES):
        lane[more.before + p] = lane[at.f + p]


@compiled
def _move_switches(lane, at, more, me):
    """A switch whose time depends on a quantity: S jumps by (f before - f after) dt/dq."""
    for s in range(at.switches):
        if lane[at.switch_at + s * LANES + me] == lane[at.t + me] and lane[at.t + me] > 0.0:
            for k in range(more.m):
                moved = lane[more.shift + (s * more.m + k) * LANES + me]
                for i in range(at.n):
                    p = i * LANES + me
                    lane[more.s + k * at.n * LANES + p] += (lane[more.before + p] - lane[at.f + p]) * moved


@kept
def run(call, also, lane, count, at, more, table, set, task, found, slopes, sizes, subjects):
    """Solve the given subjects with their sensitivities (compare `lanes.run`); sizes (subjects, quantities): of the
    quantities, against which errors are measured."""
    waiting, live, block, where = 0, 0, more.m * at.n * LANES, samples_of(task, found)
    for me in range(LANES):
        count[SUBJECT + me] = -1
        if waiting < len(subjects):
            _begin(call, also, lane, count, at, more, table, set, task, where, slopes, sizes, me, subjects[waiting])
            waiting += 1
            live += 1
    while live > 0:
        _start(call, lane, count, at, more, set)
        control.plan(lane, count, at)
        step(call, also, lane, at, more, table, set.rtol)
        control.judge_kinks(lane, at)
        for me in range(LANES):
            if lane[at.next + me] <= lane[at.tn + me] and lane[at.error + me] <= 1.0 and count[SUBJECT + me] >= 0:
                _samples(call, also, lane, count, at, more, task, where, slopes, me)
        error, one = load(lane, at.error), fill(1.0)
        for p in range(0, block, LANES):
            store(lane, more.s + p, choose(error, one, load(lane, more.sn + p), load(lane, more.s + p)))
        control.commit(lane, at, False)
        for me in range(LANES):
            if count[SUBJECT + me] < 0 or not control.needs_service(lane, count, at, set, me):
                continue
            status = control.verdict(lane, count, at, set, me, True)
            good_end = lane[at.error + me] <= 1.0 and lane[at.t + me] >= lane[at.stop + me]
            if status == OK and good_end and lane[at.t + me] < set.until:
                _pass_stop(call, lane, count, at, more, table, set, task, me)
            elif status != OK or good_end:
                lanes.end(call, lane, count, at, table, found, me, status)
                count[SUBJECT + me], lane[at.next + me] = -1, math.inf
                if waiting < len(subjects):
                    _begin(call, also, lane, count, at, more, table, set, task, where, slopes, sizes, me, subjects[waiting])
                    waiting += 1
                else:
                    live -= 1


@compiled
def _start(call, lane, count, at, more, set):
    """Lanes that begin or were stopped."""
    stopped = np.zeros(LANES, dtype=np.int64)
    for me in range(LANES):
        stopped[me] = count[FRESH + me]
    if stopped.max() > 0:
        lanes.start_fresh(call, lane, count, at, set)
        for me in range(LANES):
            if stopped[me] == 1 and count[SUBJECT + me] >= 0:
                _move_switches(lane, at, more, me)
