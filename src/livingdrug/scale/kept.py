"""Blocks of subjects as the pieces of a run that are kept on its way."""

from collections.abc import Generator, Sequence
from dataclasses import fields
from typing import Any

from livingdrug.core.pieces import Kept, Stage
from livingdrug.scale.blocks import Block
from livingdrug.simulation import CurvesTask, ExposureBlock, ExposureTask, Result

SUBJECTS = "subjects"  # the stage
WORDS = {
    "draw": "subjects, variability or seed", "regimen": "doses", "until": "horizon", "rtol": "tolerance",
}  # fmt: skip


def stage_of(task: CurvesTask | ExposureTask) -> Stage:
    """What the blocks of a task depend on; how many threads compute them is left out."""
    own = {WORDS.get(f.name, f.name): getattr(task, f.name) for f in fields(task) if f.name != "threads"}
    return Stage(SUBJECTS, {**own, "kind of answer": type(task).__name__}, (ExposureBlock, Result))


def kept_results(
    kept: Kept, executor, task: CurvesTask | ExposureTask, blocks: Sequence[Block]
) -> Generator[Any, None, None]:
    """What the task gives for each block, in their order: read where it is kept, else computed and kept.

    Raises InputError where the folder keeps blocks of another run, or a block cannot be written."""
    keys = [f"{first + 1}-{first + count}" for first, count in blocks]
    return kept.each(
        stage_of(task), keys, lambda missing: executor.results(task, [blocks[i] for i in missing])
    )
