"""Many subjects through compiled code: blocks of subjects, threads, and what became of each subject."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.engine.codegen.linked import Linked
from livingdrug.engine.events import RATE, Events
from livingdrug.engine.kernel import Kernel, at_and_table, new_lanes
from livingdrug.engine.storage import (
    NEGATIVE,
    NOT_FINITE,
    OK,
    STEP_FAILED,
    STEP_LIMIT,
    TOO_MANY_FOR_EXPLICIT,
    Found,
    Settings,
    Task,
    nothing_found,
)

RTOL = 1e-6
MAX_STEPS = 200_000
# Steps for which the explicit method is cheaper than the implicit one: a step of it costs half as much, and where
# stability limits it, it needs several times as many.
EXPLICIT_BUDGET = 600
BLOCK, LEAST = 256, 32
SAME_TIME = 1e-12  # times that differ by less, in units of the larger one or of 1, differ by rounding alone
STATUS = {OK: "ok", STEP_LIMIT: "step_limit", NOT_FINITE: "not_finite", STEP_FAILED: "step_failed", NEGATIVE: "negative"}
_RUN = Linked("livingdrug.engine.solvers.lanes", "run")


@dataclass(frozen=True)
class EventTable:
    """Events of all subjects, flat.

    Attributes
    ----------
    first, last : ndarray, shape (subjects,)
        Those of subject i are first[i] to last[i].
    time : ndarray
        In the system's time unit.
    kind : ndarray
        As in `Events`.
    state : ndarray
        Index of the state.
    value : ndarray
        In the unit of the state; of a RATE the whole inflow of its state from then on.
    """

    first: np.ndarray
    last: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    state: np.ndarray
    value: np.ndarray

    @staticmethod
    def shared(subjects: int, events: Events) -> "EventTable":
        """The same events for every subject."""
        first, last = np.zeros(subjects, dtype=np.int64), np.full(subjects, len(events), dtype=np.int64)
        return EventTable(first, last, _merged(events.time), events.kind, events.state, _with_inflows(events))

    @staticmethod
    def of(events: Sequence[Events]) -> "EventTable":
        """Each subject's own events."""
        last = np.cumsum([len(own) for own in events], dtype=np.int64)
        first = np.concatenate([[0], last[:-1]])
        kind, state = (np.concatenate([getattr(own, name) for own in events]) for name in ("kind", "state"))
        time = np.concatenate([_merged(own.time) for own in events])
        value = np.concatenate([_with_inflows(own) for own in events])
        return EventTable(first, last, time, kind, state, value)

    @property
    def has_inflow(self) -> np.ndarray:
        """Whether anything is infused over time, per subject."""
        before = np.concatenate([[0], np.cumsum(self.kind == RATE)])
        return before[self.last] > before[self.first]

    def take(self, subjects: np.ndarray) -> "EventTable":
        """Events of these subjects."""
        return replace(self, first=self.first[subjects], last=self.last[subjects])

    def snapped(self, subject: int, times: np.ndarray) -> np.ndarray:
        """Sample times of a subject; those that only rounding sets apart from an event fall on it, just before it."""
        stops = self.time[self.first[subject] : self.last[subject]]
        if not len(stops) or not len(times):
            return times
        nearest = stops[np.searchsorted(0.5 * (stops[:-1] + stops[1:]), times)]
        return np.where(np.abs(times - nearest) <= SAME_TIME * np.maximum(nearest, 1.0), nearest, times)


def _merged(times: np.ndarray) -> np.ndarray:
    """Event times, those that only rounding sets apart from the one before put on it."""
    merged = np.array(times, dtype=float)
    for i in range(1, len(merged)):
        if merged[i] - merged[i - 1] <= SAME_TIME * max(merged[i], 1.0):
            merged[i] = merged[i - 1]
    return merged


def _with_inflows(events: Events) -> np.ndarray:
    """Values of the events, those of inflows summed up to that of their state, so that nothing is left of ended infusions.

    Adding and taking away in floating point can leave 1e-17 of an infusion, which would keep a population from dying out.
    """
    values, running = events.value.copy(), {}
    for i in np.flatnonzero(events.kind == RATE):
        rates = running.setdefault(events.state[i], [])
        if -values[i] in rates:
            rates.remove(-values[i])
        else:
            rates.append(values[i])
        values[i] = math.fsum(rates)
    return values


@dataclass(frozen=True)
class Measures:
    """What is measured while solving: peaks and areas within a window.

    Attributes
    ----------
    start, end : float
        Ends of the window over which peaks and areas are taken, in the model's time unit.
    limits : tuple[tuple[int, float], ...]
        (output, value) pairs for which the time above is taken there.
    rises : tuple of int
        Outputs whose largest level after the distribution minimum is taken there.
    shown : tuple of int
        States (of the system) whose doses are seen in these.
    """

    start: float = 0.0
    end: float = math.inf
    limits: tuple[tuple[int, float], ...] = ()
    rises: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()


def solve_population(
    kernel: Kernel,
    quantities: np.ndarray,
    events: EventTable,
    until: float,
    times: np.ndarray | Sequence[np.ndarray],
    wanted: Sequence[int],
    measures: Measures | None,
    rtol: float = RTOL,
    max_steps: int = MAX_STEPS,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Solve every subject from 0 to a time.

    A subject goes to the implicit method when the explicit one would need too many steps; which one it is
    depends on the subject alone. A subject that fails has a status and no measures.

    Parameters
    ----------
    kernel : Kernel
        Compiled code, see `system_kernel`.
    quantities : ndarray
        Shape (subjects, quantities of the system).
    events : EventTable
        Of all subjects.
    until : float
        End of the run, in the system's time unit.
    times : ndarray or sequence of ndarray
        Increasing, within [0, until], the same for all subjects or an array for each.
    wanted : sequence of int
        Indices of the outputs whose values at these times are kept.
    measures : Measures or None
        Of the curves; None for none.
    rtol : float, optional
        Relative tolerance of the solver.
    max_steps : int, optional
        After so many steps a subject is given up.
    threads : int, optional
        All processors by default; it changes nothing but the time.
    progress : callable, optional
        Called with how many are done, and of how many.

    Returns
    -------
    Found
    """
    task = new_task(quantities, events, times, wanted)
    return solve_task(kernel, task, until, measures, rtol, max_steps, threads, progress)


def solve_task(
    kernel: Kernel,
    task: Task,
    until: float,
    measures: Measures | None,
    rtol: float = RTOL,
    max_steps: int = MAX_STEPS,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """The same for a task that has been made: a fit solves one again and again with other quantities.

    Parameters
    ----------
    kernel : Kernel
        Compiled code, see `system_kernel`.
    task : Task
        See `new_task`.
    until : float
        End of the run, in the system's time unit.
    measures : Measures or None
        Of the curves; None for none.
    rtol : float, optional
        Relative tolerance of the solver.
    max_steps : int, optional
        After so many steps a subject is given up.
    threads : int, optional
        Threads to compute with; all processors by default.
    progress : callable, optional
        Called with how many are done, and of how many.

    Returns
    -------
    Found
    """
    subjects = len(task.quantities)
    limits = measures.limits if measures else ()
    rises, shown = (measures.rises, measures.shown) if measures else ((), ())
    at, table = at_and_table(kernel, [output for output, _ in limits], rises, shown)
    settings = Settings(
        float(until), measures.start if measures else 0.0, min(measures.end, until) if measures else 0.0, float(rtol),
        int(max_steps), float(EXPLICIT_BUDGET), measures is not None, bool(kernel.extinct.any()),
    )  # fmt: skip
    samples = int((task.time_last - task.time_first).sum())
    found = nothing_found(subjects, samples, len(task.wanted), at.outputs, len(limits), len(rises))

    # fewer subjects than a block are shared among the processors too; how they are cut changes nothing but the time
    size = min(BLOCK, max(LEAST, -(-subjects // (threads or os.cpu_count() or 1))))

    def block(first: int) -> int:
        chosen = np.arange(first, min(first + size, subjects))
        _solve_block(kernel, at, table, settings, task, found, chosen, [value for _, value in limits])
        return len(chosen)

    done = 0
    for count in in_threads(block, range(0, subjects, size), threads):
        done += count
        if progress:
            progress(done, subjects)
    return found


def in_threads(work: Callable[[int], int], starts: Sequence[int], threads: int | None) -> Iterator[int]:
    """What `work` gives for each start, as they are done; an interrupt leaves what has not been begun.

    Parameters
    ----------
    work : callable
        Does a block of subjects; takes its first one.
    starts : sequence of int
        First subjects of the blocks.
    threads : int or None
        Threads to compute with; all processors by default.

    Returns
    -------
    Iterator[int]
    """
    threads = min(threads or os.cpu_count() or 1, len(starts))
    if threads <= 1:
        yield from map(work, starts)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        for job in as_completed([pool.submit(work, start) for start in starts]):
            yield job.result()
    finally:
        pool.shutdown(cancel_futures=True)


def new_task(quantities, events: EventTable, times: np.ndarray | Sequence[np.ndarray], wanted: Sequence[int]) -> Task:
    """Subjects as compiled code takes them; see `solve_population`.

    Parameters
    ----------
    quantities
        Shape (subjects, quantities of the system).
    events : EventTable
        Of all subjects.
    times : ndarray or sequence of ndarray
        Increasing, the same for all subjects or an array for each.
    wanted : sequence of int
        Indices of the outputs whose values are kept.

    Returns
    -------
    Task
    """
    n = len(quantities)
    if isinstance(times, np.ndarray) and times.ndim == 1 and times.dtype != object:
        if (events.first != events.first[0]).any():
            return new_task(quantities, events, [times] * n, wanted)
        times = events.snapped(0, np.asarray(times, dtype=float))
        first, last = np.zeros(n, dtype=np.int64), np.full(n, len(times), dtype=np.int64)
    else:
        last = np.cumsum([len(own) for own in times], dtype=np.int64)
        first = np.concatenate([[0], last[:-1]])
        times = np.concatenate([events.snapped(i, np.asarray(own, dtype=float)) for i, own in enumerate(times)])
    sizes = last - first
    return Task(
        np.ascontiguousarray(quantities, dtype=float), events.first, events.last, events.time, events.kind, events.state,
        events.value, np.asarray(times, dtype=float), first, last, np.cumsum(sizes) - sizes,
        np.asarray(wanted, dtype=np.int64),
    )  # fmt: skip


def copied_task(task: Task, copies: int) -> Task:
    """That many copies of all subjects, one after the other.

    Parameters
    ----------
    task : Task
        See `new_task`.
    copies : int
        How many times all subjects stand in the new task.

    Returns
    -------
    Task
    """
    samples = int((task.time_last - task.time_first).sum())
    rows = (task.row + samples * np.arange(copies)[:, None]).ravel()
    again = ("event_first", "event_last", "time_first", "time_last")
    return task._replace(
        quantities=np.tile(task.quantities, (copies, 1)), row=rows,
        **{name: np.tile(getattr(task, name), copies) for name in again},
    )  # fmt: skip


def _solve_block(kernel: Kernel, at, table, settings, task: Task, found: Found, subjects: np.ndarray, limits) -> None:
    lane, count = new_lanes(kernel, at, np.asarray(limits, dtype=float), settings.rtol)
    _RUN(kernel.call, lane, count, at, table, settings, task, found, subjects, False)
    stiff = subjects[found.status[subjects] == TOO_MANY_FOR_EXPLICIT]
    for i in stiff:
        # nothing of the first try may stand beyond where the second one gets
        found.values[task.row[i] : task.row[i] + task.time_last[i] - task.time_first[i]] = np.nan
    if len(stiff):
        _RUN(kernel.call, lane, count, at, table, settings, task, found, stiff, True)


def reason(kernel: Kernel, found: Found, subject: int, max_steps: int = MAX_STEPS) -> str:
    """Why a subject was not computed to the end, in one sentence; an empty text when it was.

    Parameters
    ----------
    kernel : Kernel
        Compiled code, see `system_kernel`.
    found : Found
        Of `solve_population`.
    subject : int
        Its position.
    max_steps : int, optional
        After so many steps a subject is given up.

    Returns
    -------
    str
    """
    status, system = found.status[subject], kernel.system
    if status == OK:
        return ""
    state = [s for i, s in enumerate(system.states) if i not in kernel.pools.all][found.culprit[subject]]
    when = f"{found.reached[subject]:.6g} {system.time_unit}"
    if status == STEP_LIMIT:
        return f"more than {max_steps} steps were needed; `{state.name}` at {when} was the fastest"
    if status == NOT_FINITE:
        return f"`{state.name}` left the finite range (above 1e+30 {state.unit}) at {when}"
    if status == NEGATIVE and state.log:
        return f"`{state.name}` is 0 at {when} and is kept as a logarithm, which 0 does not have; give it a number above 0"
    if status == NEGATIVE:
        return f"`{state.name}` would become negative at {when}; with these values its equation takes more than is there"
    return f"no step could be made from {when} on: `{state.name}` changes too fast"
