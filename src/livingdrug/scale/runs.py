"""Tasks run in blocks: exposures taken together, curves put together."""

from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.export import CsvFile
from livingdrug.scale.blocks import Processes, Serial, cut
from livingdrug.scale.cluster import DaskCluster
from livingdrug.simulation import CurvesTask, ExposureSummary, ExposureTask, Result, exposure_table, joined

Executor = Serial | Processes | DaskCluster
Progress = Callable[[int, int], None]
EXPOSURE_BLOCK = 2048
CURVES_BLOCK = 256


def choose_executor(workers: int | None, dask: str | None) -> Executor:
    """Serial by default; InputError for both at once or a number that cannot be."""
    if workers is not None and dask is not None:
        raise InputError("both a number of workers and a Dask cluster were given; give one of them")
    if dask is not None:
        return DaskCluster(dask)
    return Serial() if workers is None else Processes(workers)


def run_exposures(
    task: ExposureTask,
    executor: Executor,
    out: str | Path | None = None,
    progress: Progress | None = None,
    size: int = EXPOSURE_BLOCK,
) -> ExposureSummary:
    """Exposures of all subjects of a task; out: CSV file with a row for each subject and output, whole or not
    at all.

    Raises SolveError, and writes nothing, when not one subject could be computed.
    """
    task, summary = _for(task, executor), ExposureSummary(task)
    with (
        CsvFile(out) if out is not None else nullcontext() as file,
        closing(executor.results(task, cut(task.n, size))) as results,
    ):
        for block in results:
            summary.add(block)
            if file is not None:
                file.add(exposure_table(task, block))
            if progress:
                progress(summary.n, task.n)
        if not summary.done and not (summary.n == 1 and summary.unphysical):
            first = summary.failures[0]
            what = "can be a patient" if summary.unphysical else "was computed"
            raise SolveError(f"no subject {what}; subject {first.subject}: {first.reason}")
    return summary


def run_curves(
    task: CurvesTask, executor: Executor, progress: Progress | None = None, size: int = CURVES_BLOCK
) -> Result:
    """Curves of all subjects of a task, the Result that one process gives."""
    if executor == Serial():
        return task(0, task.n, progress)
    kept, done = [], 0
    with closing(executor.results(_for(task, executor), cut(task.n, size))) as results:
        for result in results:
            kept.append(result)
            done += result.n
            if progress:
                progress(done, task.n)
    return joined(kept)


def _for(task, executor: Executor):
    """A worker keeps to one processor, as its neighbours have the others."""
    return task if executor == Serial() else replace(task, threads=1)
