"""One subject of a system with events of its own: conditions that set states when they come true.

LSODA steps until a condition changes; the time of the change is found on the solver's dense solution to the last digit,
the run is cut there, and what is due happens in the order of its priority. A value at the very time of such an event is
the one after it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.engine.codegen.compile import Code, condition_function, state_function
from livingdrug.engine.events import Events
from livingdrug.engine.reference.lsoda import (
    MAX_STEPS,
    SAME_TIME,
    Run,
    Solution,
    apply_event,
    inflow_of,
    nodes,
    stops_of,
)
from livingdrug.engine.reference.pools import pool_forcing
from livingdrug.engine.reference.rises import doses_seen, largest_rise
from livingdrug.models import Event

ATOL = 1e-12
MOST_AT_ONCE = 10_000  # events at one time; more of them never end
LOOKED_AT = 17  # places within a step at which conditions are looked at


def solve_triggered(
    code: Code,
    p: Sequence[float],
    events: Events,
    times: np.ndarray,
    until: float,
    outputs: Callable,
    rtol: float | None = None,
    rises: Sequence[int] = (),
    shown: Sequence[int] = (),
) -> Solution:
    """Run one subject from 0 to `until`, with the events of the system and those of the table.

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
        Array function of `compile.output_function`.
    rtol : float, optional
        Relative tolerance of all states.
    rises : sequence of int
        Outputs whose largest level after the distribution minimum is taken.
    shown : sequence of int
        States whose doses are seen in these.

    Returns
    -------
    Solution
    """
    run = _TriggeredRun(code, list(p), rtol)
    run.atol[~code.log_states] = ATOL
    run.through(np.array(code.initial(*p), dtype=float), events, np.asarray(times, dtype=float), until)
    found = run.finish(times, until, outputs)
    if not rises or found.status != "ok":
        return replace(found, **dict.fromkeys(("rise", "rise_time"), np.full(len(rises), np.nan)))
    doses = doses_seen(events, shown)
    tops = [largest_rise(run.courses(outputs, row), doses) for row in rises]
    return replace(found, rise=np.array([top for top, _ in tops]), rise_time=np.array([at for _, at in tops]))


@dataclass
class _Due:
    """An event that was triggered: when it happens, and its new values where they are those at the trigger."""

    event: int
    at: float
    values: list[float] | None


class _TriggeredRun(Run):
    """A run that is cut wherever a condition changes."""

    def __init__(self, code: Code, p: list[float], rtol: float | None) -> None:
        super().__init__(code, p, rtol)
        self.events: tuple[Event, ...] = code.system.events
        self.index = {s.name: i for i, s in enumerate(code.system.states)}
        self.conditions = state_function(code.system, tuple(e.trigger for e in self.events))
        self.looked_at = condition_function(code.system, tuple(e.trigger for e in self.events))
        self.assigned = [state_function(code.system, tuple(e.assign.values())) for e in self.events]
        self.delays = state_function(code.system, tuple(e.delay or "0" for e in self.events))
        self.priorities = state_function(code.system, tuple(e.priority or "0" for e in self.events))
        self.truth = [e.initially for e in self.events]
        self.due: list[_Due] = []
        self.done = 0  # requested times that have their value

    def through(self, y: np.ndarray, events: Events, times: np.ndarray, until: float) -> np.ndarray:
        """Run from the states `y` at time 0 to `until`, through all events; return the states reached."""
        switches = [float(t) for t in self.code.switch_times(*self.p)]
        columns = (events.time, events.kind, events.state, events.value)
        rows = deque(zip(*(column.tolist() for column in columns), strict=True))
        stops = stops_of([*events.time.tolist(), *switches], until)
        rates: dict[int, list[float]] = {}
        t = 0.0
        while self.status == "ok":
            here = t + SAME_TIME * max(t, 1.0)
            while rows and rows[0][0] <= here:
                apply_event(rows.popleft()[1:], y, rates)
            on = [1.0 if here >= at else 0.0 for at in switches]
            y = self._happen(t, y, on)
            if t >= until or self.status != "ok":
                break
            end = min(
                [stop for stop in stops if stop > here] + [due.at for due in self.due if due.at > t] + [until]
            )
            t, y = self._stretch(t, end, y, on, inflow_of(rates), times)
        if self.status == "ok":
            self._samples(until, y, on, times, until, inclusive=True)
        return y

    def courses(self, outputs: Callable, row: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(times, levels) of an output, step by step."""
        return [(block[0], self._evaluate(block, outputs)[row]) for block in self.blocks if len(block[0]) > 1]

    # ------------------------------------------------------------------------------- what happens at one time

    def _happen(self, t: float, y: np.ndarray, on: list[float]) -> np.ndarray:
        """Everything that is due at t, and what that triggers."""
        self._trigger(t, y, on)
        for _ in range(MOST_AT_ONCE):
            ready = [due for due in self.due if due.at <= t + SAME_TIME * max(t, 1.0)]
            if not ready:
                return y
            priorities = self.priorities(t, y, self.p, on)
            ranks = [priorities[due.event] if self.events[due.event].priority else -np.inf for due in ready]
            due = ready[int(np.argmax(ranks))]
            self.due.remove(due)
            values = due.values if due.values is not None else self.assigned[due.event](t, y, self.p, on)
            y = y.copy()
            for state, value in zip(self.events[due.event].assign, values, strict=True):
                y[self.index[state]] = value
            if not np.isfinite(y).all():
                self._fail(
                    "not_finite", f"event `{self.events[due.event].name}` set a state to no finite number", t
                )
                return y
            self._trigger(t, y, on)
        unit = self.code.system.time_unit
        self._fail(
            "step_failed",
            f"more than {MOST_AT_ONCE} events at {t:.6g} {unit}: they trigger each other for ever",
            t,
        )
        return y

    def _trigger(self, t: float, y: np.ndarray, on: list[float]) -> None:
        """Take note of conditions that came true or ceased to be, as they are now."""
        now = [value > 0 for value in self.conditions(t, y, self.p, on)]
        delays = self.delays(t, y, self.p, on)
        for i, (event, before, after) in enumerate(zip(self.events, self.truth, now, strict=True)):
            if after and not before:
                values = self.assigned[i](t, y, self.p, on) if event.at_trigger else None
                self.due.append(_Due(i, t + max(delays[i], 0.0), values))
            elif before and not after and not event.persistent:
                self.due = [due for due in self.due if due.event != i]
        self.truth = now

    # --------------------------------------------------------------------------------------- between two times

    def _stretch(
        self,
        start: float,
        end: float,
        y: np.ndarray,
        on: list[float],
        inflow: dict[int, float],
        times: np.ndarray,
    ) -> tuple[float, np.ndarray]:
        """Integrate from start until a condition changes, at most to `end`: the time reached and the states there."""
        from scipy.integrate import LSODA

        code = self.code
        forcing = pool_forcing(code.pools, self.p, start, y, inflow)
        rhs = self._in_solver_scale(self._with_inflow(code.make_rhs(self.p, on, forcing), inflow))

        def states(solved: np.ndarray, t: np.ndarray) -> np.ndarray:
            whole = np.empty((len(y), len(t)))
            whole[list(code.integrated)] = self._from_solver(solved)
            if code.pools.all:
                whole[list(code.pools.all)] = np.array([forcing(x) for x in t]).T
            return whole

        solver = LSODA(
            rhs, start, self._to_solver(y[list(code.integrated)]), end, rtol=self.rtol, atol=self.atol
        )
        self._samples(start, y, on, times, start, inclusive=False)
        for _ in range(MAX_STEPS):
            solver.step()
            if solver.status == "failed" or not self._in_range(solver):
                self._fail(
                    "not_finite" if self.reason else "step_failed",
                    self.reason or self._stuck(solver, solver.t, solver.y),
                    solver.t,
                )
                return solver.t, y
            dense = solver.dense_output()
            course = lambda t, dense=dense: states(dense(np.atleast_1d(t)), np.atleast_1d(t))  # noqa: E731 - of this step
            t = self._change(course, solver.t_old, solver.t, on)
            reached = solver.t if t is None else t
            self._collect(course, solver.t_old, reached, on, times, last=t is None)
            if t is not None or solver.status == "finished":
                return reached, course(reached)[:, 0]
        self._fail("step_limit", f"more than {MAX_STEPS} steps were needed", solver.t)
        return solver.t, y

    def _change(self, course: Callable, t: float, end: float, on: list[float]) -> float | None:
        """The first time in (t, end] at which a condition is not what it was, or None."""

        def truth(x: np.ndarray) -> np.ndarray:
            numbers = [
                np.broadcast_to(value, x.shape) for value in self.looked_at(x, *course(x), *self.p, *on)
            ]
            return np.array(numbers) > 0

        was = np.array(self.truth)[:, None]
        places = np.linspace(t, end, LOOKED_AT)[1:]
        changed = np.flatnonzero((truth(places) != was).any(axis=0))
        if not len(changed):
            return None
        high = float(places[changed[0]])
        low = float(places[changed[0] - 1]) if changed[0] else t
        while low < (middle := 0.5 * (low + high)) < high:
            same = (truth(np.array([middle])) == was).all()
            low, high = (middle, high) if same else (low, middle)
        return high

    def _collect(
        self, course: Callable, start: float, end: float, on: list[float], times: np.ndarray, last: bool
    ) -> None:
        """Nodes for areas and peaks, and the requested times before `end` (with it, where nothing happens there)."""
        upto = int(np.searchsorted(times, end, side="left"))
        asked = times[self.done : upto]
        looked_at, weights = nodes(start, end)
        t = np.concatenate([looked_at, asked])
        index = np.concatenate([np.full(len(looked_at), -1), np.arange(self.done, upto)])
        order = np.argsort(t, kind="stable")
        weights = np.concatenate([weights, np.zeros(len(asked))])
        self.blocks.append((t[order], course(t[order]), on, weights[order], index[order]))
        self.done = max(self.done, upto)

    def _samples(
        self, t: float, y: np.ndarray, on: list[float], times: np.ndarray, upto: float, inclusive: bool
    ) -> None:
        """Requested times that are this very time take the states that are there now."""
        until = int(np.searchsorted(times, upto, side="right"))
        asked = np.arange(self.done, until)
        if len(asked):
            states = np.repeat(y[:, None], len(asked), axis=1)
            self.blocks.append((times[asked], states, on, np.zeros(len(asked)), asked))
            self.done = until
