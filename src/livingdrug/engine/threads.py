"""Work on items side by side, in threads that are kept for the process."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache


def side_by_side(work: Callable, items: Sequence) -> list:
    """What `work` gives for each item, on all processors.

    The calling thread works too, and waits for nothing that has not begun: `work` may call this function itself. An
    error or an interrupt leaves what has not been begun.

    Parameters
    ----------
    work : callable
        Takes an item.
    items : sequence
        Any number.

    Returns
    -------
    list
        In the order of the items.
    """
    found: list = [None] * len(items)
    left, stopped = iter(range(len(items))), []

    def take() -> None:
        for k in left:  # each is given to one thread
            if stopped:
                return
            try:
                found[k] = work(items[k])
            except BaseException:
                stopped.append(True)
                raise

    helpers = min(os.cpu_count() or 1, len(items)) - 1
    jobs = [_threads(os.getpid(), os.cpu_count() or 1).submit(take) for _ in range(helpers)]
    try:
        take()
    finally:
        stopped.append(True)
        begun = [job for job in jobs if not job.cancel()]
        wait(begun)
    for job in begun:
        job.result()
    return found


@lru_cache(maxsize=1)
def _threads(process: int, processors: int) -> ThreadPoolExecutor:
    """Threads beside the calling one; a process has none of those of its parent."""
    return ThreadPoolExecutor(max(processors - 1, 1), thread_name_prefix="livingdrug")
