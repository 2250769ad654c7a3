"""Closed forms that are sums of exponentials, compiled: values, peaks and integrals of many subjects."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.calls import call_1
from livingdrug.engine.codegen.machine_code import kept, module_of
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
from livingdrug.models import ClosedForm

UNEVEN = 1e-9  # steps of a grid that differ by less, relative to the longest, count as equal


@dataclass(frozen=True)
class ExponentialKernel:
    """Compiled terms of a closed form; address: of the function `terms`; shape: terms of each piece of each output.

    plan: the same as one flat array for compiled code: per output (pieces, terms of piece 1, terms of piece 2 ...).
    """

    address: int
    module: object
    quantities: tuple[str, ...]
    valid: tuple[str, ...]
    shape: tuple[tuple[int, ...], ...]
    plan: np.ndarray
    rows: int


@lru_cache(maxsize=32)
def exponential_kernel(form: ClosedForm, individual: tuple[tuple[str, str], ...] = ()) -> ExponentialKernel | None:
    """Compiled code of a closed form, or None when it is no sum of exponentials.

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    individual : tuple[tuple[str, str], ...], optional
        (quantity, expression that replaces it for a subject) pairs.

    Returns
    -------
    ExponentialKernel or None
    """
    name = cache.key("exponentials", repr(form), repr(individual))
    title = ", ".join(o.name for o in form.outputs)

    def text() -> str:
        from livingdrug.engine.codegen.exponential_terms import find_terms, rows_of, shape, terms_module

        found = find_terms(form, dict(individual))
        if found is None:
            facts, body = {"shape": [], "rows": 0}, ""
        else:
            facts = {"shape": shape(found), "rows": rows_of(shape(found), len(form.valid))}
            body = terms_module(found, len(form.quantities), title, livingdrug.__version__)
        return f"{body}\n\nFACTS = {json.dumps(facts)!r}\n"

    module = module_of(cache.folder() / f"terms_{name}.py", f"the formulas of {title}", text)
    facts = json.loads(module.FACTS)
    if not facts["rows"]:
        return None
    plan = [number for pieces in facts["shape"] for number in (len(pieces), *pieces)]
    return ExponentialKernel(
        module.terms.address, module, tuple(q.name for q in form.quantities), tuple(c.message for c in form.valid),
        tuple(tuple(pieces) for pieces in facts["shape"]), np.array(plan, dtype=np.int64), facts["rows"],
    )  # fmt: skip


class Curves(NamedTuple):
    """values (subjects, outputs, times); peak, peak_time, area within the window (subjects, outputs); above, last_above:
    time above each limit there and the last such time (subjects, limits); broken: first broken condition or -1."""

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    broken: np.ndarray


def solve_exponentials(
    kernel: ExponentialKernel,
    values: Mapping[str, np.ndarray],
    times: np.ndarray,
    start: float,
    end: float,
    limits: Sequence[tuple[int, float]] = (),
    room: Curves | None = None,
) -> Curves:
    """Curves of all subjects.

    Parameters
    ----------
    kernel : ExponentialKernel
        See `exponential_kernel`.
    values : Mapping[str, ndarray]
        Quantity -> (subjects,).
    times : ndarray
        In the model's time unit.
    start, end : float
        Window of the measures.
    limits : Sequence[tuple[int, float]], optional
        (output, value) pairs for which the time above is taken.
    room : Curves or None, optional
        Memory for the answer, whose numbers are overwritten: curves of an earlier call for as many subjects,
        outputs, times and limits. None for new memory, which costs as much time as the curves for large blocks.

    Returns
    -------
    Curves
    """
    columns = [np.asarray(values[name], dtype=float) for name in kernel.quantities]
    n, k = len(columns[0]), len(kernel.shape)
    # what is the same for all subjects (one number, broadcast) is written once, not for each
    varying = np.array([i for i, column in enumerate(columns) if column.strides != (0,)], dtype=np.int64)
    w = np.zeros((len(columns) + kernel.rows) * LANES)
    w[: len(columns) * LANES] = np.repeat([column[0] for column in columns], LANES)
    table = np.concatenate([columns[i] for i in varying]) if len(varying) else np.zeros(0)
    curves = room or _new_curves(n, k, len(times), len(limits))
    _solve(
        kernel.address, w, table, varying, len(columns), len(kernel.valid), kernel.plan, np.asarray(times, dtype=float),
        _step(times), float(start), float(end), np.array([output for output, _ in limits], dtype=np.int64),
        np.array([value for _, value in limits], dtype=float), curves,
    )  # fmt: skip
    return curves


def _new_curves(subjects: int, outputs: int, times: int, limits: int = 0) -> Curves:
    """Memory for curves.

    Parameters
    ----------
    subjects, outputs, times, limits : int
        How many of each.

    Returns
    -------
    Curves
    """
    per_output = [np.empty((subjects, outputs)) for _ in range(3)]
    per_limit = [np.empty((subjects, limits)) for _ in range(2)]
    broken = np.empty(subjects, dtype=np.int64)
    return Curves(np.empty((subjects, outputs, times)), *per_output, *per_limit, broken)


def _step(times: np.ndarray) -> float:
    """The step of an even grid, 0 for other times."""
    if len(times) < 3:
        return 0.0
    steps = np.diff(times)
    return float(steps[0]) if np.ptp(steps) <= UNEVEN * steps.max() else 0.0


@kept
def _solve(
    address, w, table, varying, quantities, valid, plan, times, step, start, end, limit_output, limits, curves
):
    out, peak, when, area, broken = curves.values, curves.peak, curves.peak_time, curves.area, curves.broken
    n, results, scratch, flat = len(out), np.empty(3 * LANES), np.empty(5 * LANES), out.reshape(-1)
    grid = np.empty(max(len(times), 1) * LANES)
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
