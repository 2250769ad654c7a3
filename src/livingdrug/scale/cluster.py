"""Blocks on a Dask cluster (`dask.distributed`, the extra `cluster`)."""

import logging
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import livingdrug
from livingdrug.core.errors import InputError, LivingdrugError, SolveError
from livingdrug.scale.blocks import MAX_WORKERS, Block, Task, guarded, in_order

PATIENCE = 5.0  # seconds until a scheduler must have answered, and have a worker
LOCAL = "local"  # in place of an address


@dataclass(frozen=True)
class DaskCluster:
    """The workers of the scheduler at `address`, such as tcp://127.0.0.1:8786; of LOCAL those of a cluster
    on this machine, a worker a processor, that is started for the run and ends with it.

    Each worker needs livingdrug in the version of this process. Results come back over the network to this
    process."""

    address: str

    def results(self, task: Task, blocks: Sequence[Block]) -> Generator[Any, None, None]:
        """What the task gives for each block, in their order; InputError when nobody answers, SolveError on a
        loss."""
        with _client(self.address) as client:
            # not asynchronous
            workers = sum(client.nthreads().values())  # pyright: ignore[reportAttributeAccessIssue]

            def submit(block: Block):
                return client.submit(guarded, task, block, pure=False)

            for _, job in in_order(submit, blocks, workers):
                try:
                    result = _result(client, job)
                except LivingdrugError:
                    raise
                except Exception as error:
                    raise SolveError(
                        f"the Dask cluster at `{self.address}` lost its work ({type(error).__name__}: "
                        f"{_line(error)}); look at the logs of its workers, or run on this machine with "
                        "workers of its own (--workers 2)"
                    ) from None
                job.release()
                yield result


def _result(client, job) -> Any:
    """What a job gives; a cluster that has lost all its workers is not waited for."""
    while True:
        try:
            return job.result(timeout=PATIENCE)
        except TimeoutError:
            if job.done():
                raise
            if not client.nthreads():
                raise ConnectionError("no worker is left") from None


@contextmanager
def _client(address: str):
    """A connection to a scheduler with at least one worker that has this version."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            "running on Dask needs the package `distributed`, which is not installed; install livingdrug "
            "with its extra: "
            'pip install "livingdrug[cluster]"'
        ) from None

    if address == LOCAL:
        count = min(os.cpu_count() or 1, MAX_WORKERS)
        # `silence_logs`: a worker that is lost is not told of in tracebacks; what was lost is computed again
        how = {
            "n_workers": count,
            "threads_per_worker": 1,
            "dashboard_address": None,
            "silence_logs": logging.CRITICAL,
        }
        with LocalCluster(**how) as cluster:
            # not asynchronous
            own = cluster.scheduler_address  # pyright: ignore[reportAttributeAccessIssue]
            with _connected(Client, own) as client:
                yield client
        return
    with _connected(Client, address) as client:
        yield client


@contextmanager
def _connected(kind: type, address: str):
    """The connection itself, made by the client's class of `distributed`."""

    class Connection(kind):
        def __del__(self) -> None:
            """Closed by `with`; the parent would wait ten seconds for a connection that was never made."""

    try:
        client = Connection(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError):
        raise InputError(
            f"no Dask scheduler answers at `{address}` within {PATIENCE:g} s; start one with `dask "
            "scheduler` and `dask worker`, and give its address, such as tcp://127.0.0.1:8786"
        ) from None
    log = logging.getLogger("distributed.client")
    level = log.level
    # a lost scheduler is said in one sentence, not in a traceback on the terminal
    log.setLevel(logging.CRITICAL)
    try:
        with client:
            _check_workers(client, address)
            yield client
    finally:
        log.setLevel(level)


def _check_workers(client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise InputError(
            f"the Dask scheduler at `{address}` has no workers; start one: dask worker {address}"
        ) from None
    try:
        versions = set(client.run(_version).values())
    except Exception as error:
        raise InputError(
            f"the Dask workers at `{address}` cannot use livingdrug ({type(error).__name__}: "
            f"{_line(error)}); install livingdrug {livingdrug.__version__} for them"
        ) from None
    other = versions - {livingdrug.__version__}
    if other:
        raise InputError(
            f"the Dask workers at `{address}` have livingdrug {', '.join(sorted(other))}, this process has "
            f"{livingdrug.__version__}; install the same version for all"
        )


def _version() -> str:
    return livingdrug.__version__


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
