"""Subjects through a system with the slopes of its outputs by its quantities."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from livingdrug.engine.kernel import at_and_table, new_lanes
from livingdrug.engine.population import MAX_STEPS, RTOL, EventTable, in_threads, new_task
from livingdrug.engine.solvers.sensitivity import more_and_table, run
from livingdrug.engine.solvers.sensitivity_kernel import SensitivityKernel
from livingdrug.engine.storage import Found, Settings, Task, nothing_found

BLOCK = 64


class Slopes(NamedTuple):
    """values (sample, output); slopes (sample, output, quantity): d value / d quantity; found: status and the rest."""

    values: np.ndarray
    slopes: np.ndarray
    found: Found


def solve_sensitivities(
    kernel: SensitivityKernel,
    quantities: np.ndarray,
    events: EventTable,
    until: float,
    times: np.ndarray | Sequence[np.ndarray],
    wanted: Sequence[int],
    rtol: float = RTOL,
    max_steps: int = MAX_STEPS,
    threads: int | None = None,
) -> Slopes:
    """Outputs of every subject at `times` and their derivatives by the kernel's quantities.

    Arguments as in `population.solve_population`; samples of a subject lie one after the other.
    """
    return solve_task_sensitivities(kernel, new_task(quantities, events, times, wanted), until, rtol, max_steps, threads)


def solve_task_sensitivities(
    kernel: SensitivityKernel,
    task: Task,
    until: float,
    rtol: float = RTOL,
    max_steps: int = MAX_STEPS,
    threads: int | None = None,
) -> Slopes:
    """Outputs and their slopes by quantities, for a task that has been made.

    Parameters
    ----------
    kernel : SensitivityKernel
        See `sensitivity_kernel`.
    task : Task
        See `new_task`.
    until : float
        End of the run, in the system's time unit.
    rtol : float, optional
        Relative tolerance of the solver.
    max_steps : int, optional
        After so many steps a subject is given up.
    threads : int, optional
        Threads to compute with; all processors by default.

    Returns
    -------
    Slopes
    """
    at, table = at_and_table(kernel.kernel)
    more, table, numbers = more_and_table(kernel, at, table)
    settings = Settings(float(until), 0.0, 0.0, float(rtol), int(max_steps), math.inf, False, False)
    n, samples = len(task.quantities), int((task.time_last - task.time_first).sum())
    found = nothing_found(n, samples, len(task.wanted), at.outputs, 0)
    slopes = np.full((samples, len(task.wanted), more.m), np.nan)
    names = [q.name for q in kernel.kernel.system.quantities]
    # a quantity of 0 has no size of its own
    sizes = np.abs(task.quantities[:, [names.index(name) for name in kernel.by]])
    sizes[sizes == 0] = 1.0

    def block(first: int) -> int:
        lane, count = new_lanes(kernel.kernel, at, (), rtol)
        lane = np.concatenate([lane, np.zeros(numbers - len(lane))])
        chosen = np.arange(first, min(first + BLOCK, n))
        run(kernel.kernel.call, kernel.call, lane, count, at, more, table, settings, task, found, slopes, sizes, chosen)
        return len(chosen)

    for _ in in_threads(block, range(0, n, BLOCK), threads):
        pass
    return Slopes(found.values, slopes, found)
