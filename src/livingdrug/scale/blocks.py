"""One map over blocks of subjects, in block order, and where it runs: here, on local processes, on a Dask
cluster.

A task is called as task(first, count) and must be picklable. What a block gives depends on the block alone,
so where it runs, and beside which others, changes nothing but the time.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from livingdrug.core.errors import InputError, LivingdrugError, SolveError

Task = Callable[[int, int], Any]
Block = tuple[int, int]
MAX_WORKERS = 1024
AHEAD = 2  # blocks submitted for each worker, so that none waits and few results do


def cut(n: int, size: int) -> list[Block]:
    """(first, count) of the blocks of n subjects."""
    return [(first, min(size, n - first)) for first in range(0, n, size)]


@dataclass(frozen=True)
class Serial:
    """This process, with all its processors where the task uses threads."""

    def results(self, task: Task, blocks: Sequence[Block]) -> Generator[Any, None, None]:
        """What the task gives for each block, in their order."""
        return (guarded(task, block) for block in blocks)


@dataclass(frozen=True)
class Processes:
    """`count` processes on this machine, each started afresh.

    A script that uses them must keep its work under `if __name__ == "__main__":`, as each process reads the
    script."""

    count: int

    def __post_init__(self) -> None:
        if (
            isinstance(self.count, bool)
            or not isinstance(self.count, int)
            or not 1 <= self.count <= MAX_WORKERS
        ):
            raise InputError(
                f"{self.count} workers were asked for; the number must be whole, from 1 to {MAX_WORKERS}"
            )

    def results(self, task: Task, blocks: Sequence[Block]) -> Generator[Any, None, None]:
        """What the task gives for each block, in their order."""
        import multiprocessing
        from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

        workers = min(self.count, len(blocks))
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (task,))
        try:
            for block, job in in_order(lambda block: pool.submit(_in_worker, block), blocks, workers):
                try:
                    result = job.result()
                except BrokenProcessPool:
                    raise SolveError(
                        f"a worker process died, {_subjects(block)} not computed; it ran out of memory or "
                        f"was ended "
                        '(take fewer workers), or a script starts workers without `if __name__ == "__main__":`'
                    ) from None
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    submit: Callable[[Block], Any], blocks: Sequence[Block], workers: int
) -> Iterator[tuple[Block, Any]]:
    """(block, its job) in the order of the blocks; few jobs are under way at once, so that memory stays
    flat."""
    waiting, left = deque(), iter(blocks)
    for block in blocks[: AHEAD * workers]:
        waiting.append((block, submit(next(left))))
    while waiting:
        yield waiting.popleft()
        block = next(left, None)
        if block is not None:
            waiting.append((block, submit(block)))


def guarded(task: Task, block: Block) -> Any:
    """What the task gives for a block; an error names the block's subjects."""
    try:
        return task(*block)
    except LivingdrugError as error:
        raise type(error)(f"{_subjects(block)}: {error}") from None
    except Exception as error:
        # not every exception can be sent between processes, a sentence can
        raise SolveError(
            f"{_subjects(block)}: the computation ended with {type(error).__name__}: {error}"
        ) from error


def _subjects(block: Block) -> str:
    first, count = block
    return f"subject {first + 1}" if count == 1 else f"subjects {first + 1} to {first + count}"


_given: list[Task] = []


def _start_worker(task: Task) -> None:
    """Keep the task, leave interrupts to the parent, and do not outlive it."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given[:] = [task]
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _in_worker(block: Block) -> Any:
    return guarded(_given[0], block)
