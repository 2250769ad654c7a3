"""What stands around a simulation: the blocks of its subjects are kept until its result is whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable
from livingdrug.report import check_new_folder
from livingdrug.scale import (
    Executor,
    check_estimate,
    estimate,
    is_large,
    keep_shard,
    kept_shard,
)
from livingdrug.simulation import CurvesTask, ExposureTask
from livingdrug.workflows.conduct import Conduct, NothingLeft
from livingdrug.workflows.kept import check_resumed, kept_run

TYPE_CHECKING = False
if TYPE_CHECKING:  # which imports this module
    from livingdrug.workflows.simulate.spec import Simulation


@contextmanager
def conducted(scenario: "Simulation", conduct: Conduct) -> Iterator[Conduct | None]:
    """Around a run and the writing of what comes of it: the blocks of its subjects are kept beside it until it
    is whole.

    Raises NothingLeft where it goes on from a run whose folder is whole already."""
    check_resumed(conduct)
    out = conduct.folder or conduct.out
    if out is None or (scenario.subjects or 1) == 1:
        if conduct.shard:
            raise InputError(
                "there is one subject, of which there are no shards; give a number of subjects, such as -n 1000"
            )
        yield None
        return
    (check_new_folder if conduct.folder else check_writable)(out)
    if conduct.shard:
        with kept_shard(out, conduct.shard, conduct.resume, conduct.say) as kept:
            yield replace(conduct, kept=kept)
        return
    with kept_run(scenario, conduct) as own:
        yield own


def keep_part(task: CurvesTask | ExposureTask, executor: Executor, conduct: Conduct) -> NoReturn:
    """Compute the blocks of the shard that the conduct asks for. Raises NothingLeft, as it has no result of its
    own."""
    assert conduct.kept and conduct.shard
    out = conduct.folder or conduct.out
    found = keep_shard(task, executor, conduct.kept, conduct.shard, conduct.progress)
    words = ", ".join(f"{count:,} {status}" for status, count in sorted(found.items()))
    shard, folder = f"{conduct.shard.index}/{conduct.shard.count}", conduct.kept.folder
    said = (
        f"shard {shard}: {found.total():,} of {task.n:,} subjects ({words}) are kept in {folder}; "
        "when all shards are there, "
        f"the same command with --resume in place of --shard {shard} writes {out}"
    )
    plain = {
        "shard": shard,
        "folder": str(folder),
        "subjects": found.total(),
        "status": dict(sorted(found.items())),
    }
    raise NothingLeft(said, plain, 0)


def check_large(
    task: CurvesTask | ExposureTask, executor: Executor, conduct: Conduct, rows: Callable[[Any, int], Any]
) -> None:
    """Say what a large run will take, before it begins. Raises InputError for one beyond the limits that its
    user has not
    confirmed; one that goes on has been."""
    if conduct.yes is None or conduct.resume or not is_large(task):
        return
    part = 1 / conduct.shard.count if conduct.shard else 1.0
    path = Path(conduct.folder) / "results.csv" if conduct.folder else conduct.out
    found = estimate(task, executor, path, rows, part)
    check_estimate(found, conduct.yes)
    conduct.say(f"this run takes {found.words()}")
