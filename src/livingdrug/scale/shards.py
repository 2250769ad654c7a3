"""Shards: parts of the blocks of a run, each computed by a job of its own, on this machine or another one."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.folders import held
from livingdrug.core.pieces import Kept, pieces_folder
from livingdrug.scale.blocks import cut
from livingdrug.scale.kept import kept_results
from livingdrug.scale.runs import Executor, Progress, block_size, for_worker
from livingdrug.simulation import CurvesTask, ExposureTask

MOST = 10_000
TRIES, PAUSE = 20, 0.05  # a shard that starts holds the folder of all for a moment


@dataclass(frozen=True)
class Shard:
    """A part of a run: every count-th block.

    Attributes
    ----------
    index : int
        Of the part, from 1.
    count : int
        Of all parts.
    """

    index: int
    count: int

    @property
    def name(self) -> str:
        """Of its folder, such as 2-of-4."""
        return f"{self.index}-of-{self.count}"


def read_shard(text: str) -> Shard:
    """The shard of a text such as 2/4.

    Parameters
    ----------
    text : str
        Such as 2/4.

    Returns
    -------
    Shard

    Raises
    ------
    InputError
        Where there is no such part.
    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    shard = Shard(*map(int, found.groups())) if found else Shard(0, 0)
    if not 1 <= shard.index <= shard.count <= MOST:
        raise InputError(
            f"--shard `{text}` is no part of a run; write which of how many, such as 2/4 (from 1/4 to 4/4, "
            f"of at most {MOST:,})"
        )
    return shard


@contextmanager
def kept_shard(out: str | Path, shard: Shard, resume: bool, say: Callable[[str], None]) -> Iterator[Kept]:
    """Around a shard of the run whose result is `out`: its blocks are kept in a folder of their own.

    Raises InputError, naming the holder, where the same shard or the whole run is being written.

    Parameters
    ----------
    out : str or Path
        The result of the run.
    shard : Shard
        The part.
    resume : bool
        Go on from blocks that are there.
    say : callable
        Takes a sentence for the user.

    Returns
    -------
    Iterator[Kept]
    """
    top = pieces_folder(out)
    _check_free(top)
    with held(top / shard.name) as folder:
        yield Kept(top / folder.name, resume, say)


def keep_shard(
    task: CurvesTask | ExposureTask,
    executor: Executor,
    kept: Kept,
    shard: Shard,
    progress: Progress | None = None,
) -> Counter[str]:
    """Compute the blocks of a shard and keep them; how many of its subjects have each status.

    Parameters
    ----------
    task : CurvesTask or ExposureTask
        See `CurvesTask` and `exposure_task`.
    executor : Executor
        Who computes the subjects.
    kept : Kept
        Where blocks are kept.
    shard : Shard
        The part.
    progress : Progress, optional
        Called with how many are done, and of how many.

    Returns
    -------
    Counter[str]

    Raises
    ------
    InputError
        Where the run has fewer blocks than shards.
    """
    size = block_size(task)
    blocks = cut(task.n, size)
    if len(blocks) < max(2, shard.count):
        raise InputError(
            f"{task.n:,} subjects are {len(blocks)} block(s) of up to {size:,}, fewer than the {shard.count} "
            "shards; take fewer shards, or run without --shard"
        )
    own, statuses = blocks[shard.index - 1 :: shard.count], Counter()
    total = sum(count for _, count in own)
    try:
        for found in kept_results(kept, executor, for_worker(task, executor), own):
            statuses.update(found.status)
            if progress:
                progress(statuses.total(), total)
    except BaseException:
        kept.tell()
        raise
    return statuses


def _check_free(top: Path) -> None:
    """InputError where a run holds the folder of all the blocks: it reads, or takes away, what shards have
    kept."""
    for left in reversed(range(TRIES)):
        try:
            with held(top):
                return
        except InputError:
            if not left:
                raise
        time.sleep(PAUSE)
