"""Systems of linear flows, dy/dt = A y + b, by exponentials of the matrix: states and their slopes by quantities, exactly.

The exponential over a short time h is a Taylor series, those over 2 h, 4 h ... are squares of it (a ladder), and any time
is a sum of such; what is left over is a series again. Their derivatives by the quantities, Frechet derivatives in the
directions dA/dq, go the same way (Al-Mohy & Higham 2009, SIAM J Matrix Anal Appl 30:1639-1657), so that equal or nearly equal
rates need no care. Nothing but sums of positive terms arises where the flows are those of compartments, so that small states
are as exact, relative to themselves, as large ones.

An inflow b makes the matrix one larger, with a state that stays 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.calls import call_2, call_4
from livingdrug.engine.codegen.machine_code import kept, module_of
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.events import ADD, RATE, refuse_events
from livingdrug.engine.kernel import TOO_LARGE
from livingdrug.engine.population import in_threads
from livingdrug.engine.storage import NOT_FINITE, OK, Task
from livingdrug.models import System

MAY_BE_NEGATIVE, TOO_FAST = 5, 6  # statuses beside those of `storage`: left to the general solver
LEVELS = 60  # of the ladder: times up to 2^60 of the shortest one
SMALL = 0.5  # norm of the matrix times the shortest time
SERIES = 40  # terms at most
MOST_HALVINGS = 200
LEAST = 1e-18  # of a term that counts, relative to the size of the state
TICKS = 10_800_000.0  # of a unit of time: seconds of a day, five decimals
BLOCK = 128


@dataclass(frozen=True)
class LinearKernel:
    """Compiled code of a linear system. values, slopes: addresses of (numbers, observe) without and with derivatives;
    input: whether there is a constant inflow; counts: whether states are amounts that cannot be negative."""

    values: tuple[int, int]
    slopes: tuple[int, int]
    states: int
    outputs: int
    by: tuple[str, ...]
    input: bool
    counts: bool
    module: object


@lru_cache(maxsize=32)
def linear_kernel(
    system: System, observed: tuple[str, ...], by: tuple[str, ...], individual: tuple[tuple[str, str], ...] = ()
) -> LinearKernel | None:
    """Compiled code of a system whose flows are linear in the states with constant coefficients, None for another.

    observed: outputs, which may be any function of the states; by: quantities that slopes are taken by; individual:
    (quantity, expression that replaces it for a subject) pairs.
    """
    refuse_events(system, "not fitted")
    name = cache.key("linear", repr(system), repr(observed), repr(by), repr(individual))

    def text() -> str:
        from livingdrug.engine.codegen.linear_code import linear_module

        return linear_module(system, observed, by, dict(individual))

    module = module_of(cache.folder() / f"linear_{name}.py", f"the equations of {system.name}", text)
    if not module.FACTS["linear"]:
        return None
    values, slopes = (
        (getattr(module, f"numbers{which}").address, getattr(module, f"observe{which}").address) for which in ("", "_slopes")
    )
    counts = any(s.roles for s in system.states)
    return LinearKernel(values, slopes, len(system.states), len(observed), by, module.FACTS["input"], counts, module)


class Solution(NamedTuple):
    """values (sample, output); slopes (sample, output, quantity), of no quantity where they were not asked for; status
    (subject,): OK, NOT_FINITE, or one that leaves the subject to the general solver."""

    values: np.ndarray
    slopes: np.ndarray
    status: np.ndarray


def solve_linear(
    kernel: LinearKernel, task: Task, ticks: np.ndarray, slopes: bool = True, threads: int | None = None
) -> Solution:
    """Outputs of every subject of a task (its quantities before `individual` acts) at its times.

    ticks (subjects,): as `ticks_of` gives them. Samples of a subject that fails are NaN from there on.
    """
    n = len(task.quantities)
    m = len(kernel.by) if slopes else 0
    numbers, observe = kernel.slopes if slopes else kernel.values
    samples = int((task.time_last - task.time_first).sum())
    found = Solution(
        np.full((samples, kernel.outputs), np.nan), np.full((samples, kernel.outputs, m), np.nan),
        np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    size = kernel.states + int(kernel.input or bool((task.event_kind == RATE).any()))

    def block(first: int) -> int:
        last = min(first + BLOCK, n)
        room = _room(kernel, size, m)
        _run(numbers, observe, kernel.states, kernel.counts, first, last, ticks, task, found, room)
        return last - first

    for _ in in_threads(block, range(0, n, BLOCK), threads):
        pass
    return found


def ticks_of(times: Sequence[np.ndarray]) -> np.ndarray:
    """Of each subject the longest time of which all of its times (samples and events) are whole multiples; 0 where there is
    none down to a hundred-thousandth of the unit, or to a second of a day."""
    found = np.zeros(len(times))
    for i, own in enumerate(times):
        whole = np.asarray(own, dtype=float) * TICKS
        near = np.rint(whole)
        if len(own) and (np.abs(whole - near) <= 1e-14 * near + 1e-6).all() and near.max() < 2**53:
            found[i] = np.gcd.reduce(near.astype(np.int64)) / TICKS
    return found


class Room(NamedTuple):
    """Of one thread. raw: numbers of the subject, and their slopes; a (d, d), da (d, d, m): scaled; scale (d,): of the
    states; inflow (d,): infusions; e (level, d, d), de (level, d, d, m): the ladder; y (d,), dy (d, m): now; term, dterm,
    next, dnext, new (d,), dnew (d, m): at work; seen: outputs and slopes; state (n,), time (1,): what they are taken at;
    step (4,): shortest time, levels built, norm, tick."""

    raw: np.ndarray
    a: np.ndarray
    da: np.ndarray
    scale: np.ndarray
    inflow: np.ndarray
    e: np.ndarray
    de: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    term: np.ndarray
    dterm: np.ndarray
    next: np.ndarray
    dnext: np.ndarray
    new: np.ndarray
    dnew: np.ndarray
    seen: np.ndarray
    state: np.ndarray
    time: np.ndarray
    step: np.ndarray


def _room(kernel: LinearKernel, d: int, m: int) -> Room:
    n, k = kernel.states, kernel.outputs
    matrix, slopes = (d, d), (d, d, m)
    shapes = {"raw": (1 + m) * n * (n + 2), "a": matrix, "da": slopes, "scale": d, "inflow": d, "e": (LEVELS, *matrix),
              "de": (LEVELS, *slopes), "y": d, "dy": (d, m), "term": matrix, "dterm": slopes, "next": matrix, "dnext": slopes,
              "new": d, "dnew": (d, m), "seen": k * (1 + n + m), "state": n, "time": 1, "step": 4}  # fmt: skip
    return Room(**{name: np.zeros(shape) for name, shape in shapes.items()})


@kept
def _run(numbers, observe, n, counts, first, last, ticks, task, found, room):
    flat, width = task.quantities.reshape(-1), task.quantities.shape[1]
    for subject in range(first, last):
        call_2(numbers, flat, subject * width, room.raw, 0)
        found.status[subject] = _begin(n, counts, task, subject, room)
        if found.status[subject] == OK:
            room.step[3] = ticks[subject]
            found.status[subject] = _course(observe, flat, subject * width, n, counts, task, found, room, subject)


@compiled
def _begin(n, counts, task, subject, room):
    """States at the start; whether the numbers are finite and keep amounts positive."""
    d, m = room.dy.shape
    size = n * (n + 2)
    for i in range(size * (1 + m)):
        if not abs(room.raw[i]) < math.inf:
            return NOT_FINITE
    if counts:
        for i in range(size):
            if room.raw[i] < 0.0 and (i >= n * n or i // n != i % n):
                return MAY_BE_NEGATIVE
        for e in range(task.event_first[subject], task.event_last[subject]):
            if task.event_value[e] < 0.0:
                return MAY_BE_NEGATIVE
    room.scale[:] = 1.0
    for i in range(n):
        room.y[i] = room.raw[n * n + n + i]
        room.inflow[i] = 0.0
        for p in range(m):
            room.dy[i, p] = room.raw[(1 + p) * size + n * n + n + i]
    if d > n:
        room.y[n] = 1.0
        room.dy[n, :] = 0.0
    _set_matrix(n, room)
    return OK


@compiled
def _set_matrix(n, room):
    """The matrix of the present inflow, in scaled states; the ladder is to be built."""
    d, m = room.dy.shape
    size = n * (n + 2)
    # back to the states' own units
    for i in range(d):
        room.y[i] *= room.scale[i]
        for p in range(m):
            room.dy[i, p] *= room.scale[i]
    room.a[:] = 0.0
    room.da[:] = 0.0
    for i in range(n):
        for j in range(n):
            room.a[i, j] = room.raw[i * n + j]
            for p in range(m):
                room.da[i, j, p] = room.raw[(1 + p) * size + i * n + j]
        if d > n:
            room.a[i, n] = room.raw[n * n + i] + room.inflow[i]
            for p in range(m):
                room.da[i, n, p] = room.raw[(1 + p) * size + n * n + i]
    _balance(room)
    for i in range(d):
        room.y[i] /= room.scale[i]
        for p in range(m):
            room.dy[i, p] /= room.scale[i]
    norm = 0.0
    for i in range(d):
        row = 0.0
        for j in range(d):
            row += abs(room.a[i, j])
        norm = max(norm, row)
    room.step[1], room.step[2] = 0.0, norm


@compiled
def _balance(room):
    """Scale states by powers of 2 so that no flow between them is far larger than the rates of loss: units of states differ
    by many decades. What a state gains or loses otherwise stays."""
    d, m = room.dy.shape
    room.scale[:] = 1.0
    loss = 0.0
    for i in range(d):
        loss = max(loss, abs(room.a[i, i]))
    if loss == 0.0:
        loss = 1.0
    for _ in range(4):
        for i in range(d):
            out, into = loss, loss
            for j in range(d):
                if j != i:
                    into += abs(room.a[i, j])
                    out += abs(room.a[j, i])
            power = math.floor(0.5 * math.log2(into / out) + 0.5)
            if power != 0.0:
                factor = 2.0**power
                room.scale[i] *= factor
                for j in range(d):
                    if j != i:
                        room.a[i, j] /= factor
                        room.a[j, i] *= factor
                        for p in range(m):
                            room.da[i, j, p] /= factor
                            room.da[j, i, p] *= factor


@compiled
def _course(observe, flat, q, n, counts, task, found, room, subject):
    """Go from stop to stop, which are events and samples; a sample at the time of an event comes before it, but at time 0
    after it."""
    e, last = task.event_first[subject], task.event_last[subject]
    s, end = task.time_first[subject], task.time_last[subject]
    row = task.row[subject] - s
    t = 0.0
    while e < last and task.event_time[e] <= 0.0:
        _event(n, task, e, room)
        e += 1
    while s < end:
        stop = task.times[s]
        if e < last and task.event_time[e] < stop:
            stop = task.event_time[e]
        if stop > t and not _advance(stop - t, t, room):
            return TOO_FAST
        t = stop
        while s < end and task.times[s] <= t:
            if not _sample(observe, flat, q, n, counts, found, room, t, row + s):
                return NOT_FINITE
            s += 1
        while e < last and task.event_time[e] <= t:
            _event(n, task, e, room)
            e += 1
    return OK


@compiled
def _event(n, task, e, room):
    """Add to a state, set it, or change its inflow, which comes summed up (EventTable)."""
    i, value = task.event_state[e], task.event_value[e]
    if task.event_kind[e] == ADD:
        room.y[i] += value / room.scale[i]
    elif task.event_kind[e] == RATE:
        room.inflow[i] = value
        _set_matrix(n, room)
    else:
        room.y[i] = value / room.scale[i]
        room.dy[i, :] = 0.0


@compiled
def _sample(observe, flat, q, n, counts, found, room, t, row):
    """Outputs and slopes of the present states; whether these are finite."""
    m, k = room.dy.shape[1], found.values.shape[1]
    for i in range(n):
        room.state[i] = room.y[i] * room.scale[i]
        if not abs(room.state[i]) < TOO_LARGE:
            return False
        if counts and room.state[i] < 0.0:
            room.state[i] = 0.0
    room.time[0] = t
    call_4(observe, room.time, 0, room.state, 0, flat, q, room.seen, 0)
    for o in range(k):
        found.values[row, o] = room.seen[o]
        for p in range(m):
            slope = room.seen[k * (1 + n) + o * m + p]
            for i in range(n):
                slope += room.seen[k + o * n + i] * room.dy[i, p] * room.scale[i]
            found.slopes[row, o, p] = slope
    return True


@compiled
def _advance(dt, t, room):
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
