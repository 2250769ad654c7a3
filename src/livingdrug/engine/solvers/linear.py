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
from livingdrug.engine.codegen.linked import module_of
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.events import ADD, RATE, refuse_events
from livingdrug.engine.kernel import TOO_LARGE
from livingdrug.engine.population import in_threads
from livingdrug.engine.solvers.ladder import LEVELS, advance
from livingdrug.engine.storage import NOT_FINITE, OK, Task
from livingdrug.models import System

MAY_BE_NEGATIVE, TOO_FAST = 5, 6  # statuses beside those of `storage`: left to the general solver
TICKS = 10_800_000.0  # of a unit of time: seconds of a day, five decimals
BLOCK = 128


@dataclass(frozen=True)
class LinearKernel:
    """Compiled code of a linear system.

    Attributes
    ----------
    values, slopes : tuple[int, int]
        Addresses of (numbers, observe) without and with derivatives.
    states, outputs : int
        Numbers of states and of outputs.
    by : tuple of str
        Quantities of the slopes.
    input : bool
        Whether there is a constant inflow.
    counts : bool
        Whether states are amounts that cannot be negative.
    module : object
        Of the functions, which live as long.
    """

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
    """Compiled code of a system whose flows are linear in the states with constant coefficients, None for
    another.

    Parameters
    ----------
    system : System
        The assembled equations.
    observed : tuple of str
        Outputs, which may be any function of the states.
    by : tuple of str
        Quantities that slopes are taken by.
    individual : tuple[tuple[str, str], ...], optional
        (quantity, expression that replaces it for a subject) pairs.

    Returns
    -------
    LinearKernel or None
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
    """Outputs of a linear system with their slopes.

    Attributes
    ----------
    values : ndarray
        Shape (sample, output).
    slopes : ndarray
        Shape (sample, output, quantity), of no quantity where they were not asked for.
    status : ndarray, shape (subject,)
        OK, NOT_FINITE, or one that leaves the subject to the general solver.
    """

    values: np.ndarray
    slopes: np.ndarray
    status: np.ndarray


def solve_linear(
    kernel: LinearKernel, task: Task, ticks: np.ndarray, slopes: bool = True, threads: int | None = None
) -> Solution:
    """Outputs of every subject of a task (its quantities before `individual` acts) at its times.

    Samples of a subject that fails are NaN from there on.

    Parameters
    ----------
    kernel : LinearKernel
        See `linear_kernel`.
    task : Task
        See `new_task`.
    ticks : ndarray, shape (subjects,)
        As `ticks_of` gives them.
    slopes : bool, optional
        Whether they are wanted.
    threads : int, optional
        Threads to compute with; all processors by default.

    Returns
    -------
    Solution
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
    """Of each subject the longest time of which all of its times (samples and events) are whole multiples; 0
    where there is none down to a hundred-thousandth of the unit, or to a second of a day.

    Parameters
    ----------
    times : sequence of ndarray
        Of each subject.

    Returns
    -------
    ndarray
    """
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
        if stop > t and not advance(stop - t, t, room):
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
