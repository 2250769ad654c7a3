"""What a large run will take: time and disk, from a few of its subjects, before it is started."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError
from livingdrug.core.tables import table_file
from livingdrug.scale.blocks import Processes
from livingdrug.scale.runs import EXPOSURE_BLOCK, KEPT_CURVES, VALUES, Executor, block_size, for_worker
from livingdrug.simulation import CurvesTask, ExposureTask

LARGE = 32  # blocks from which on a run is looked at before it starts
MOST_SECONDS, MOST_BYTES = 3600.0, 20e9  # beyond them a run is started with --yes alone
PROCESS = 0.3e9  # bytes of a process that computes; measured 200 to 330 MB (docs/scale.md)
SUBJECT = 160  # bytes of a subject's exposures to an output that are kept for percentiles; measured 120
GB = 1e9


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes
    ----------
    seconds : float
        Of the whole run.
    memory : float
        Memory of one process, in bytes.
    disk : float
        Bytes of the table, and of the blocks that are kept until it is whole.
    free : float
        Bytes that the disk has left.
    """

    seconds: float
    memory: float
    disk: float
    free: float

    def words(self) -> str:
        """In one phrase."""
        disk = f" and {_bytes(self.disk)} of disk" if self.disk else ""
        return f"about {_time(self.seconds)}, {_bytes(self.memory)} of memory{disk}"


def is_large(task: CurvesTask | ExposureTask) -> bool:
    """Whether a run is looked at before it starts.

    Parameters
    ----------
    task : CurvesTask or ExposureTask
        What is computed.

    Returns
    -------
    bool
    """
    if isinstance(task, ExposureTask):
        return task.n > LARGE * EXPOSURE_BLOCK
    return task.n * len(task.times) * len(task.outputs) > LARGE * VALUES


def estimate(
    task: CurvesTask | ExposureTask,
    executor: Executor,
    out: str | Path | None,
    rows: Callable[[Any, int], Any],
    part: float = 1.0,
) -> Estimate:
    """What a run will take, from some hundred of its subjects.

    Parameters
    ----------
    task : CurvesTask or ExposureTask
        What is computed.
    executor : Executor
        Who computes it; of a Dask cluster the time is that of one processor.
    out : str or Path or None
        The file of the table; None where there is none.
    rows : callable
        `rows(found, before)`: the table of some of the subjects, `before` others standing before them.
    part : float, optional
        Which part of the subjects is computed.

    Returns
    -------
    Estimate
    """
    few = min(task.n, KEPT_CURVES if isinstance(task, ExposureTask) else block_size(task))
    own, workers = for_worker(task, executor), executor.count if isinstance(executor, Processes) else 1
    _timed(own, out, rows, 1)  # what is compiled and loaded at first is no part of the rest
    computed, written, size = _timed(own, out, rows, few)
    subjects = part * task.n
    per_subject = (computed / workers + written) / few
    memory = PROCESS * (workers + (workers > 1))
    if isinstance(task, CurvesTask):
        memory += SUBJECT * len(task.outputs) * task.n
    free = shutil.disk_usage(Path(out).absolute().parent).free if out is not None else float("inf")
    return Estimate(per_subject * subjects, memory, size / few * subjects, free)


def _timed(
    own, out: str | Path | None, rows: Callable[[Any, int], Any], few: int
) -> tuple[float, float, int]:
    """(seconds of computing, seconds of writing, bytes of the table and the block) of the first subjects."""
    begun = time.perf_counter()
    found = own(0, few)
    computed = time.perf_counter() - begun
    if out is None:
        return computed, 0.0, 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"few{Path(out).suffix}"
        with table_file(path) as file:
            file.add(rows(found, 0))
        return computed, time.perf_counter() - begun, path.stat().st_size + _kept_bytes(found)


def check_estimate(found: Estimate, yes: bool) -> None:
    """Refuse a run that would take too much.

    Parameters
    ----------
    found : Estimate
        What it would take.
    yes : bool
        Whether its user wants it even so.

    Raises
    ------
    InputError
        For a run beyond the limits of time or disk, or one that the disk has no room for.
    """
    beyond = found.seconds > MOST_SECONDS or found.disk > MOST_BYTES
    if yes or not (beyond or found.disk > found.free):
        return
    limits = f"the limits are {_time(MOST_SECONDS)} and {_bytes(MOST_BYTES)} of disk"
    room = f", and the disk has {_bytes(found.free)} left" if found.disk > found.free else ""
    raise InputError(
        f"this run would take {found.words()}; {limits}{room}: ask for fewer subjects, outputs or times, "
        "share it among jobs (--shard), or add --yes to start it even so"
    )


def _kept_bytes(found) -> int:
    """Bytes of the arrays of a block."""
    return sum(value.nbytes for value in vars(found).values() if hasattr(value, "nbytes"))


def _bytes(number: float) -> str:
    return f"{number / GB:,.0f} GB" if number >= 10 * GB else f"{number / GB:.2g} GB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.3g} h"
