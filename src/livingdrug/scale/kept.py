"""Finished blocks kept in a folder beside the result, so that a run that ends early goes on where it stood.

`x.csv` has its blocks in `x.csv.blocks`, the folder `run` in `run.blocks`: MANIFEST, which says what run they
are of, and a file for each block, which says so too and has a checksum. When the result is whole, the folder
goes.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.export import write_text
from livingdrug.core.folders import held
from livingdrug.scale.blocks import Block, Task
from livingdrug.scale.packed import is_sound, mark_of, marks_of, read_block, write_block

MANIFEST = "manifest.json"
BLOCK = re.compile(r"subjects-\d+-\d+\.block(\.\d+\.part)?")
SHARD = re.compile(r"\d+-of-\d+")
WORDS = {
    "draw": "subjects, variability or seed", "regimen": "doses", "until": "horizon", "rtol": "tolerance",
    "kind": "kind of answer",
}  # fmt: skip


def blocks_folder(out: str | Path) -> Path:
    """Where the blocks of a run are kept whose result is `out`.

    Parameters
    ----------
    out : str or Path
        The result of the run.

    Returns
    -------
    Path
    """
    path = Path(out) if Path(out).name not in ("", "..") else Path(os.path.abspath(out))
    return path.with_name(path.name + ".blocks")


class Kept:
    """The kept blocks of a run in a folder that is held; resume: whether it goes on from those of before;
    say: takes a sentence for the user."""

    def __init__(self, folder: Path, resume: bool, say: Callable[[str], None]) -> None:
        self.folder, self.resume, self.say = folder, resume, say
        self.mark = ""
        self.blocks: tuple[Block, ...] = ()  # once it has begun
        self.found: dict[Block, Path] = {}

    def results(self, executor, task: Task, blocks: Sequence[Block]) -> Generator[Any, None, None]:
        """What the task gives for each block, in their order: read where it is kept, else computed and kept.

        Raises InputError where the folder keeps blocks of another run, or a block cannot be written."""
        self._begin(task, blocks)
        missing = [block for block in blocks if block not in self.found]
        with closing(executor.results(task, missing) if missing else _nothing()) as computed:
            for block in blocks:
                if block in self.found:
                    yield self._read(block)
                    continue
                found = next(computed)
                write_block(self._place(block), self.mark, block[0], found)
                self.found[block] = self._place(block)
                yield found

    @property
    def complete(self) -> bool:
        """Whether every block is kept."""
        return bool(self.blocks) and len(self.found) == len(self.blocks)

    def tell(self) -> None:
        """Say what is kept of a run that has begun and did not end; nothing stays where that is nothing."""
        if self.found:
            self.say(
                f"{len(self.found):,} of {len(self.blocks):,} blocks are kept in {self.folder}: the same "
                "command with --resume goes on from them"
            )
        elif self.blocks:
            _clear(self.folder)

    def _begin(self, task: Task, blocks: Sequence[Block]) -> None:
        marks = marks_of(task)
        self.mark = mark_of(marks)
        shards = shards_in(self.folder)
        if shards and not self.resume:
            raise InputError(
                f"`{self.folder}` keeps what {len(shards)} shards have computed; add --resume to take it up, or "
                "remove the folder to begin again"
            )
        if not self.resume:
            _clear(self.folder)
        folders = (self.folder, *shards_in(self.folder))
        for folder in folders:
            _check_manifest(folder, marks)
        self.blocks = tuple(blocks)
        there = [(b, f / _name(b)) for b in blocks for f in folders if (f / _name(b)).is_file()]
        self.found = {block: path for block, path in there if is_sound(path, self.mark, block[0])}
        if there:
            bad = len({block for block, _ in there} - set(self.found))
            left = len(blocks) - len(self.found)
            more = f"; {left:,} are computed now" if left else ""
            more += f", {bad:,} of them as what is kept is damaged or of another run" if bad else ""
            self.say(
                f"{len(self.found):,} of {len(blocks):,} blocks are kept from before in {self.folder}{more}"
            )
        write_text(json.dumps({"run": self.mark, "of": marks, "blocks": len(blocks)}, indent=1) + "\n",
                   self.folder / MANIFEST)  # fmt: skip

    def _read(self, block: Block) -> Any:
        found = read_block(self.found[block], self.mark, block[0])
        if found is None:
            raise InputError(f"`{self.found[block]}` was changed while it was used; run again with --resume")
        return found

    def _place(self, block: Block) -> Path:
        return self.folder / _name(block)


@contextmanager
def kept_blocks(out: str | Path, resume: bool, say: Callable[[str], None]) -> Iterator[Kept]:
    """Around a run and the writing of its result `out`: the blocks that are kept of it, none at first where
    it does not resume. They go when all ended well; where it did not, the user hears that they are there.

    Raises InputError, naming the holder, where another run writes there.

    Parameters
    ----------
    out : str or Path
        The result of the run.
    resume : bool
        Go on from blocks that are there.
    say : callable
        Takes a sentence for the user.

    Returns
    -------
    Iterator[Kept]
    """
    shown = blocks_folder(out)
    with held(shown), ExitStack() as stack:
        for part in shards_in(shown):
            stack.enter_context(held(part, make=False))
        kept = Kept(shown, resume, say)
        try:
            yield kept
        except SolveError:
            if kept.complete:  # there is no more to be had of them
                kept.found = {}
            kept.tell()
            raise
        except BaseException:
            kept.tell()
            raise
        _clear(shown)
    _remove_empty(shown)


def shards_in(folder: Path) -> list[Path]:
    """The folders of shards within a folder of blocks."""
    if not folder.is_dir():
        return []
    inside = (p for p in folder.iterdir() if SHARD.fullmatch(p.name))
    return sorted(p for p in inside if p.is_dir() and not p.is_symlink())


def _check_manifest(folder: Path, marks: dict[str, str]) -> None:
    """InputError where a folder keeps blocks of another run; a manifest that cannot be read says nothing."""
    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["of"]
        other = [WORDS.get(name, name) for name, mark in marks.items() if known.get(name) != mark]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if other:
        raise InputError(
            f"`{folder}` keeps blocks of another run, whose {' and '.join(other)} differ; give the options "
            "that it was started with, or leave --resume out to begin again"
        )


def _clear(folder: Path) -> None:
    """Take away what is kept; what somebody else put there stays."""
    for shard in shards_in(folder):
        shutil.rmtree(shard)
    for path in folder.iterdir():
        if path.name == MANIFEST or BLOCK.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _name(block: Block) -> str:
    first, count = block
    return f"subjects-{first + 1}-{first + count}.block"


def _nothing() -> Generator[Any, None, None]:
    yield from ()


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass
