"""One subject through SciPy's LSODA: the reference path of the engine.

LSODA switches between a non-stiff and a stiff method by itself. The run is cut at every event and switch, so the solver
never steps over a jump. Linear input pools enter as exact forcing terms. Peak and integral of each output are those of
the solver's own dense solution, not of the requested times.
"""

import math
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from livingdrug.core.errors import SolveError
from livingdrug.engine.codegen.compile import Code
from livingdrug.engine.events import ADD, SET, Events, refuse_events
from livingdrug.engine.reference.pools import pool_forcing

RTOL, RTOL_LOG, RTOL_SEARCH = 1e-8, 1e-10, 1e-10
# absolute tolerances by unit of a state: what is far below one cell or one copy
ATOL = {"cells": 1e-6}
ATOL_OTHER = 1e-10
TOO_LARGE = 1e30
MAX_STEPS = 200_000
# stops that only rounding sets apart (0.1 + 0.2 and 0.3) are one: the solver cannot step between them
SAME_TIME = 1e-12

# 4-point Gauss-Legendre on (0, 1): exact for the polynomials of a step up to degree 7
_GAUSS_X, _GAUSS_W = np.polynomial.legendre.leggauss(4)
_NODES = np.concatenate([[0.0], 0.5 * (_GAUSS_X + 1), [1.0]])
_WEIGHTS = np.concatenate([[0.0], 0.5 * _GAUSS_W, [0.0]])


@dataclass(frozen=True)
class Solution:
    """One subject's run.

    values: outputs at the requested times, shape (outputs, times); peak, peak_time, area: shape (outputs,), of the
    continuous solution; status: `ok` or a reason word; reason: a sentence; reached: time reached; rise, rise_time: the
    largest level after the distribution minimum and its time, of the outputs for which they were asked.
    """

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    status: str
    reason: str
    reached: float
    rise: np.ndarray = field(default_factory=lambda: np.empty(0))
    rise_time: np.ndarray = field(default_factory=lambda: np.empty(0))


def solve(
    code: Code,
    p: Sequence[float],
    events: Events,
    times: np.ndarray,
    until: float,
    outputs: Callable,
    rtol: float | None = None,
    atol: float | None = None,
) -> Solution:
    """Run one subject from time 0 to `until`.

    Parameters
    ----------
    code : Code
        See `compile_system`.
    p : sequence of float
        Value of every quantity.
    events : Events
        Doses and the like.
    times : ndarray
        Increasing, within [0, until].
    until : float
        End of the run, in the system's time unit.
    outputs : Callable
        Array function of `compile.output_function`. A value at the time of a later event is the one just
        before it; at time 0 it is the one after the events there.
    rtol, atol : float, optional
        Relative and absolute tolerance of all states, the usual ones by default.

    Returns
    -------
    Solution
    """
    refuse_events(code.system, "this solver knows none")
    run = Run(code, list(p), rtol)
    if atol is not None:
        run.atol[~code.log_states] = atol
    run.through(np.array(code.initial(*p), dtype=float), events, times, until)
    return run.finish(times, until, outputs)


def advance(code: Code, p: Sequence[float], y: np.ndarray, events: Events, duration: float) -> np.ndarray:
    """All states after `duration`, from the states `y` at time 0; more exactly than `solve`, for searches.

    Parameters
    ----------
    code : Code
        See `compile_system`.
    p : sequence of float
        Value of every quantity.
    y : ndarray
        States at time 0.
    events : Events
        Doses and the like.
    duration : float
        In the system's time unit.

    Returns
    -------
    ndarray

    Raises
    ------
    SolveError
        With the reason where the run does not get there.
    """
    refuse_events(code.system, "no steady state of repeated doses can be looked for")
    run = Run(code, list(p), RTOL_SEARCH)
    run.atol *= RTOL_SEARCH / RTOL
    y = run.through(np.array(y, dtype=float), events, np.array([]), duration)
    if run.status != "ok":
        raise SolveError(run.reason)
    return y


def stops_of(times: Sequence[float], until: float) -> list[float]:
    """0, the times in between and `until`, without those that only rounding sets apart from the one before."""
    stops = [0.0]
    for t in sorted(t for t in times if 0 < t < until):
        if t - stops[-1] > SAME_TIME * max(t, 1.0) and until - t > SAME_TIME * max(t, 1.0):
            stops.append(t)
    return [*stops, until]


def _snapped(times: np.ndarray, stops: Sequence[float]) -> np.ndarray:
    """The times, those that only rounding sets apart from a stop put on it: a value there is the one before the event."""
    nearest = np.array(stops)[np.searchsorted(0.5 * (np.array(stops[:-1]) + stops[1:]), times)]
    return np.where(np.abs(times - nearest) <= SAME_TIME * np.maximum(nearest, 1.0), nearest, times)


def apply_event(event: tuple[int, int, float], y: np.ndarray, rates: dict[int, list[float]]) -> None:
    """One event on the states `y` and the inflow rates."""
    kind, state, value = event
    if kind == ADD:
        y[state] += value
    elif kind == SET:
        y[state] = value
    else:
        rates.setdefault(state, []).append(value)


def inflow_of(rates: dict[int, list[float]]) -> dict[int, float]:
    """State -> its inflow now; rates are kept apart and summed exactly, so that nothing is left of what has ended."""
    return {state: total for state, parts in rates.items() if (total := math.fsum(parts))}


def nodes(start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Times within a step at which outputs are looked at, and their weights in an integral."""
    width = end - start
    return start + width * _NODES, width * _WEIGHTS


class Run:
    """Collects the pieces of one subject's run; evaluates the outputs once, at the end."""

    def __init__(self, code: Code, p: list[float], rtol: float | None) -> None:
        self.code, self.p = code, p
        self.rtol = rtol or (RTOL_LOG if code.log_states.any() else RTOL)
        units = [code.system.states[i].unit for i in code.integrated]
        self.atol = np.array([ATOL.get(u, ATOL_OTHER) for u in units])
        self.atol[code.log_states] = self.rtol
        self.sampled = np.array([], dtype=float)
        self.status, self.reason, self.reached = "ok", "", 0.0
        self.last: tuple[float, np.ndarray] = (0.0, np.array([]))  # the last good step
        # blocks of (times, states, switches, weights, index of requested time or -1)
        self.blocks: list[tuple] = []

    def through(self, y: np.ndarray, events: Events, times: np.ndarray, until: float) -> np.ndarray:
        """Run from the states `y` at time 0 to `until`, through all events before it; return the states reached."""
        switches = [float(t) for t in self.code.switch_times(*self.p)]
        columns = (events.time, events.kind, events.state, events.value)
        rows = deque(zip(*(column.tolist() for column in columns), strict=True))
        stops = stops_of([*events.time.tolist(), *switches], until)
        times = _snapped(times, stops)
        rates: dict[int, list[float]] = {}
        for start, end in zip(stops[:-1], stops[1:], strict=True):
            here = start + SAME_TIME * max(start, 1.0)
            while rows and rows[0][0] <= here:
                apply_event(rows.popleft()[1:], y, rates)
            y = self.segment(start, end, y, [1.0 if here >= t else 0.0 for t in switches], inflow_of(rates), times)
            if self.status != "ok":
                break
        return y

    def segment(self, start: float, end: float, y: np.ndarray, switches: list[float], inflow: dict[int, float],
                times: np.ndarray) -> np.ndarray:  # fmt: skip
        """Integrate from start to end under a constant inflow (state -> rate) and return all states at the end."""
        code = self.code
        forcing = pool_forcing(code.pools, self.p, start, y, inflow)
        rhs = self._in_solver_scale(self._with_inflow(code.make_rhs(self.p, switches, forcing), inflow))
        wanted = np.flatnonzero((times >= start) & (times <= end) if start == 0 else (times > start) & (times <= end))
        solver_y = self._to_solver(y[list(code.integrated)])
        pieces = self._steps(rhs, start, end, solver_y, times[wanted], wanted)
        y = y.copy()
        for t, solved, weights, asked in pieces:
            states = np.empty((len(y), len(t)))
            states[list(code.integrated)] = self._from_solver(solved)
            if code.pools.all:
                states[list(code.pools.all)] = np.array([forcing(x) for x in t]).T
            self.blocks.append((t, states, switches, weights, asked))
            y = states[:, -1].copy()
        return y

    def _with_inflow(self, rhs: Callable, inflow: dict[int, float]) -> Callable:
        fed = [(i, inflow[state]) for i, state in enumerate(self.code.integrated) if state in inflow]
        if not fed:
            return rhs

        def filled(t, y):
            out = rhs(t, y)
            for i, rate in fed:
                out[i] += rate
            return out

        return filled

    def _to_solver(self, y: np.ndarray) -> np.ndarray:
        out = y.copy()
        logs = self.code.log_states
        out[logs] = np.log(out[logs])
        return out

    def _from_solver(self, z: np.ndarray) -> np.ndarray:
        logs = self.code.log_states
        if not logs.any():
            return z
        out = z.copy()
        out[logs] = np.exp(out[logs])
        return out

    def _in_solver_scale(self, rhs: Callable) -> Callable:
        logs = np.flatnonzero(self.code.log_states).tolist()
        if not logs:
            return lambda t, z: rhs(t, z.tolist())

        def scaled(t, z):
            y = z.tolist()
            for i in logs:
                y[i] = math.exp(max(y[i], -700.0))
            out = rhs(t, y)
            for i in logs:
                out[i] /= y[i]
            return out

        return scaled

    def _steps(self, rhs, start, end, y, wanted_times, wanted_index):
        """Solver steps as one block of (times, states, weights, index of requested time or -1)."""
        from scipy.integrate import LSODA

        ts, ys, ws, ids = [], [], [], []

        def add(t, states, weights, index):
            ts.append(t), ys.append(states), ws.append(weights), ids.append(index)

        if len(y) == 0:
            raise ValueError("a system needs at least one integrated state")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                solver = LSODA(rhs, start, y, end, rtol=self.rtol, atol=self.atol)
                self.last = (start, y.copy())
                done = 0
                if wanted_times.size and wanted_times[0] == start:
                    add(np.array([start]), y[:, None], np.zeros(1), wanted_index[:1])
                    done = 1
                for _ in range(MAX_STEPS):
                    if solver.status != "running":
                        break
                    solver.step()
                    if solver.status == "failed" or not self._in_range(solver):
                        status = "not_finite" if self.reason else "step_failed"
                        self._fail(status, self.reason or self._stuck(solver, solver.t, solver.y), solver.t)
                        break
                    done = self._sample(solver, wanted_times, wanted_index, done, add)
                else:
                    self._fail("step_limit", f"more than {MAX_STEPS} steps were needed", solver.t)
        except (ArithmeticError, ValueError, TypeError) as error:
            self._fail("not_finite", f"the right-hand side could not be computed ({error})", start)
        if not ts:
            return []
        return [(np.concatenate(ts), np.concatenate(ys, axis=1), np.concatenate(ws), np.concatenate(ids))]

    def _sample(self, solver, wanted_times, wanted_index, done, add) -> int:
        upto = int(np.searchsorted(wanted_times, solver.t, side="right"))
        asked = wanted_times[done:upto]
        looked_at, weights = nodes(solver.t_old, solver.t)
        t = np.concatenate([looked_at, asked])
        states = solver.dense_output()(t)
        # the ends of a step are the solver's own values
        states[:, len(_NODES) - 1] = solver.y
        weights = np.concatenate([weights, np.zeros(len(asked))])
        index = np.concatenate([np.full(len(_NODES), -1), wanted_index[done:upto]])
        order = np.argsort(t, kind="stable")
        add(t[order], states[:, order], weights[order], index[order])
        return upto

    def _in_range(self, solver) -> bool:
        limit = np.where(self.code.log_states, math.log(TOO_LARGE), TOO_LARGE)
        bad = ~(np.isfinite(solver.y) & (np.where(self.code.log_states, solver.y, np.abs(solver.y)) < limit))
        if bad.any():
            state = self.code.system.states[self.code.integrated[int(np.flatnonzero(bad)[0])]]
            unit = self.code.system.time_unit
            if np.isfinite(solver.y).any():
                what = f"left the finite range (above {TOO_LARGE:g} {state.unit})"
                self.reason = f"`{state.name}` {what} at {solver.t:.6g} {unit}"
            else:
                self.reason = self._stuck(solver, *self.last)
        self.last = (solver.t, solver.y.copy())
        return not bad.any()

    def _stuck(self, solver, t: float, y: np.ndarray) -> str:
        """Where the solver gave up, and the state whose own rate is largest there (by a one-sided difference)."""
        base = np.asarray(solver.fun(t, y), dtype=float)
        speed = np.zeros(len(base))
        for i, value in enumerate(y):
            shifted = y.copy()
            shifted[i] += max(abs(value) * 1e-6, 1.0)
            with np.errstate(all="ignore"):
                speed[i] = abs(solver.fun(t, shifted)[i] - base[i]) / (shifted[i] - value)
        speed[~np.isfinite(speed)] = np.inf
        i = int(np.argmax(speed))
        state, unit = self.code.system.states[self.code.integrated[i]].name, self.code.system.time_unit
        return f"no step could be made from {t:.6g} {unit} on: `{state}` changes too fast ({speed[i]:.3g} per {unit})"

    def _fail(self, status: str, reason: str, reached: float) -> None:
        self.status, self.reason, self.reached = status, reason, float(reached)

    def finish(self, times: np.ndarray, until: float, outputs: Callable) -> Solution:
        """Evaluate outputs on everything collected."""
        pieces = [self._evaluate(block, outputs) for block in self.blocks]
        if not pieces:
            n = len(outputs(*[np.zeros(1)] * outputs.__code__.co_argcount))
            empty = np.full(n, np.nan)
            return Solution(np.full((n, len(times)), np.nan), empty, empty, empty, self.status, self.reason, 0.0)
        n = len(pieces[0])
        values = np.full((n, len(times)), np.nan)
        peak, peak_time, area = np.full(n, -np.inf), np.full(n, np.nan), np.zeros(n)
        for (t, _, _, weights, asked), out in zip(self.blocks, pieces, strict=True):
            values[:, asked[asked >= 0]] = out[:, asked >= 0]
            area += out @ weights
            for i in range(n):
                top, at = highest(t, out[i])
                if top > peak[i]:
                    peak[i], peak_time[i] = top, at
        if self.status != "ok":
            peak, peak_time, area = (np.full(n, np.nan) for _ in range(3))
        else:
            self.reached = until
        return Solution(values, peak, peak_time, area, self.status, self.reason, self.reached)

    def _evaluate(self, block: tuple, outputs: Callable) -> np.ndarray:
        t, states, switches, _, _ = block
        # what lies between -atol and 0 is solver noise around an empty state, not a negative count
        floor = np.full(len(states), -1e3 * ATOL["cells"])
        states = np.where((states < 0) & (states > floor[:, None]), 0.0, states)
        with np.errstate(all="ignore"):
            out = outputs(t, *states, *self.p, *switches)
        return np.array([np.broadcast_to(np.asarray(o, dtype=float), t.shape) for o in out]).reshape(len(out), len(t))


def highest(t: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Highest value and its time; a parabola through the three highest neighbours refines an inner peak."""
    i = int(np.argmax(values))
    if 0 < i < len(t) - 1 and t[i - 1] < t[i] < t[i + 1]:
        a, b = t[i - 1] - t[i], t[i + 1] - t[i]
        left, right = (values[i - 1] - values[i]) / a, (values[i + 1] - values[i]) / b
        curvature = (right - left) / (b - a)
        slope = left - curvature * a
        if curvature < 0:
            shift = -slope / (2 * curvature)
            if a < shift < b:
                return float(values[i] + slope * shift / 2), float(t[i] + shift)
    return float(values[i]), float(t[i])
