"""Tasks run in blocks: exposures taken together, curves put together."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.pieces import Kept
from livingdrug.core.tables import table_file
from livingdrug.scale.blocks import Block, Processes, Serial, cut
from livingdrug.scale.cluster import DaskCluster
from livingdrug.scale.kept import kept_results
from livingdrug.simulation import (
    CurvesTask,
    ExposureSummary,
    ExposureTask,
    Result,
    check_size,
    exposure_table,
    joined,
)

Executor = Serial | Processes | DaskCluster
Progress = Callable[[int, int], None]
EXPOSURE_BLOCK = 2048
CURVES_BLOCK = 256
VALUES = 1_000_000  # of the curves that one process computes before it writes them
KEPT_CURVES = 1024  # subjects whose curves are kept in one file, at most
MOST_BLOCKS = 256  # of exposures, beyond which a block is larger
LARGEST = 32  # times EXPOSURE_BLOCK subjects are its largest size


def choose_executor(workers: int | None, dask: str | None) -> Executor:
    """Who computes the subjects: this process by default.

    Parameters
    ----------
    workers : int or None
        Number of processes.
    dask : str or None
        Address of a scheduler, or `local`.

    Returns
    -------
    Executor

    Raises
    ------
    InputError
        For both at once or a number that cannot be.
    """
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
    size: int | None = None,
    kept: Kept | None = None,
) -> ExposureSummary:
    """Exposures of all subjects of a task.

    Raises SolveError, and writes nothing, when not one subject could be computed.

    Parameters
    ----------
    task : ExposureTask
        See `exposure_task`.
    executor : Executor
        Who computes the subjects.
    out : str or Path, optional
        CSV or Parquet file with a row for each subject and output, whole or not at all.
    progress : Progress, optional
        Called with how many are done, and of how many.
    size : int, optional
        Subjects computed at once.
    kept : Kept, optional
        Where blocks are kept on the way.

    Returns
    -------
    ExposureSummary
    """
    task, summary = for_worker(task, executor), ExposureSummary(task)
    with (
        table_file(out) if out is not None else nullcontext() as file,
        closing(_results(executor, task, cut(task.n, size or block_size(task)), kept)) as results,
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


@dataclass(frozen=True)
class CurveFile:
    """A table that is written while the curves are computed.

    Attributes
    ----------
    path : str or Path
        CSV or Parquet by its ending.
    rows : callable
        Takes a result and how many subjects stand before it; gives the table of these subjects.
    kept : bool
        Whether the curves are kept as well, without which memory does not grow with them.
    """

    path: str | Path
    rows: Callable[[Result, int], Any]
    kept: bool = True


def run_curves(
    task: CurvesTask,
    executor: Executor,
    progress: Progress | None = None,
    size: int | None = None,
    file: CurveFile | None = None,
    kept: Kept | None = None,
) -> Result:
    """Curves of all subjects of a task, the Result that one process gives; without values and times where a
    file takes them and they are not kept.

    Raises SolveError, and writes nothing, when not one subject could be computed.

    Parameters
    ----------
    task : CurvesTask
        See `CurvesTask`.
    executor : Executor
        Who computes the subjects.
    progress : Progress, optional
        Called with how many are done, and of how many.
    size : int, optional
        Subjects computed at once.
    file : CurveFile, optional
        Where a table is written meanwhile.
    kept : Kept, optional
        Where blocks are kept on the way.

    Returns
    -------
    Result
    """
    if file is None or file.kept:
        check_size(task.n, len(task.times), len(task.outputs))
    if executor == Serial() and file is None:
        return check_some(task(0, task.n, progress))
    kept = kept if task.n > block_size(task) else None
    if size is None:
        size = (
            block_size(task)
            if kept
            else CURVES_BLOCK
            if executor != Serial()
            else max(1, VALUES // _values(task))
        )
    parts, done = [], 0
    with (
        table_file(file.path) if file else nullcontext() as table,
        closing(_results(executor, for_worker(task, executor), cut(task.n, size), kept)) as results,
    ):
        for result in results:
            if file and table:
                table.add(file.rows(result, done))
            parts.append(result if file is None or file.kept else _without_curves(result))
            done += result.n
            if progress:
                progress(done, task.n)
        return check_some(joined(parts))


def block_size(task: CurvesTask | ExposureTask) -> int:
    """Subjects of a block that is kept: the same for whoever computes it, so that it can be gone on from."""
    if isinstance(task, CurvesTask):
        return max(1, min(KEPT_CURVES, VALUES // _values(task)))
    return EXPOSURE_BLOCK * min(LARGEST, max(1, -(-task.n // (MOST_BLOCKS * EXPOSURE_BLOCK))))


def _values(task: CurvesTask) -> int:
    return max(1, len(task.times) * len(task.outputs))


def _results(
    executor: Executor, task: CurvesTask | ExposureTask, blocks: Sequence[Block], kept: Kept | None
) -> Generator[Any, None, None]:
    """What the task gives for each block; one block alone is not kept."""
    return (
        kept_results(kept, executor, task, blocks) if kept and len(blocks) > 1 else executor.results(task, blocks)
    )


def check_some(result: Result) -> Result:
    """The result; SolveError where not one subject was computed, or of several none can be a patient."""
    if not result.counted:
        first = f"subject {result.failed[0] + 1}: {result.reason[result.failed[0]]}"
        raise SolveError(
            f"no subject of {result.n:,} can be a patient; {first}" if result.unphysical else first
        )
    return result


def _without_curves(result: Result) -> Result:
    return replace(result, times=result.times[:0], values=result.values[:, :, :0])


def for_worker(task: Any, executor: Executor) -> Any:
    """The task as an executor computes it: a worker keeps to one processor, as its neighbours have the others."""
    return task if executor == Serial() else replace(task, threads=1)
