"""Finished pieces of a long run, kept in a folder beside its result, so that a run that ends early goes on
where it stood.

`x.csv` has its pieces in `x.csv.blocks`, the folder `run` in `run.blocks`: MANIFEST, which says what run they
are of, and a file for each piece, which says so too and has a checksum. When the result is whole, the folder
goes.

A run has one stage or several (the blocks of a simulation; the arms of a trial; the refits of a bootstrap).
What a verb computes piece by piece goes through `each`; where nothing is kept, that computes all.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.export import write_text
from livingdrug.core.folders import held
from livingdrug.core.packed import is_sound, mark_of, marks_of, read_piece, write_piece

MANIFEST = "manifest.json"
PIECE = re.compile(r"[A-Za-z0-9_.~%-]+\.block(\.\d+\.part)?")
SHARD = re.compile(r"\d+-of-\d+")


class NotKept(InputError):
    """Pieces of a run cannot be written, or are not of this run: a fault of the folder, and not of what is
    computed."""


@dataclass(frozen=True)
class Stage:
    """A part of a run that is computed piece by piece.

    Attributes
    ----------
    name : str
        In the names of its files: letters, digits and hyphens; two stages of a run have different ones.
    of : mapping
        What its numbers depend on: what that is called in messages -> the value.
    kinds : tuple of type
        The dataclasses and named tuples that its pieces hold.
    words : str
        What the pieces are called in messages.
    known : mapping
        What a piece may hold that whoever reads it has anyway, such as a model: name -> that very thing.
    most : bool
        Whether there may be fewer pieces than it has keys.
    """

    name: str
    of: Mapping[str, Any]
    kinds: tuple[type, ...] = ()
    words: str = "blocks"
    known: Mapping[str, Any] = field(default_factory=dict)
    most: bool = False


def pieces_folder(out: str | Path) -> Path:
    """Where the pieces of a run are kept whose result is `out`.

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
    """The kept pieces of a run in a folder that is held; resume: whether it goes on from those of before;
    say: takes a sentence for the user."""

    def __init__(self, folder: Path, resume: bool, say: Callable[[str], None]) -> None:
        self.folder, self.resume, self.say = folder, resume, say
        self.stages: dict[str, dict] = {}  # those that have begun -> what the manifest says of them
        self.found: dict[Path, str] = {}  # where pieces lie -> the mark of their run
        self.foreign = False  # whether what lies here was found to be of another run
        self.most = False  # whether a stage may have fewer pieces than it began with

    def each(
        self, stage: Stage, keys: Sequence[str], computed: Callable[[list[int]], Generator[Any, None, None]]
    ) -> Generator[Any, None, None]:
        """The pieces of a stage in their order: read where they are kept, else computed and kept.

        keys: names of the pieces; computed: gives the pieces at some places
        of them, one by one. Raises NotKept where the folder keeps pieces of another run, or one cannot
        be written."""
        with _of_the_folder():
            places, mark = self._begin(stage, keys), self.stages[stage.name]["run"]
        missing = [i for i, place in enumerate(places) if place not in self.found]
        with closing(computed(missing) if missing else _nothing()) as rest:
            for place, key in zip(places, keys, strict=True):
                if place in self.found:
                    with _of_the_folder():
                        found = _read(place, mark, key, stage)
                else:
                    found = next(rest)
                    with _of_the_folder():
                        write_piece(place, mark, key, found, stage.kinds, stage.known)
                    self.found[place] = mark
                yield found

    def within(self, part: str) -> "Within":
        """Where a part of the run keeps its stages: two parts may have the same ones.

        part: its name, of letters, digits and hyphens."""
        return Within(self, part)

    @property
    def complete(self) -> bool:
        """Whether every piece of what has begun is kept."""
        return bool(self.stages) and len(self.found) == self._begun

    @property
    def _begun(self) -> int:
        return sum(told["blocks"] for told in self.stages.values())

    def tell(self) -> None:
        """Say what is kept of a run that has begun and did not end; nothing stays where that is nothing."""
        if self.found:
            many = f"{len(self.found):,}" if self.most else f"{len(self.found):,} of {self._begun:,}"
            self.say(
                f"{many} blocks are kept in {self.folder}: the same command with --resume goes on from them"
            )
        elif self.stages and not self.foreign:
            _clear(self.folder)

    def _begin(self, stage: Stage, keys: Sequence[str]) -> list[Path]:
        """Where the pieces of a stage lie, or will."""
        marks = marks_of(stage.of)
        mark = mark_of(marks)
        if not self.stages:
            self._begin_run()
        folders = (self.folder, *shards_in(self.folder))
        self.foreign = True
        if not self.stages and self.resume:
            _check_first(self.folder, stage.name)
        for folder in folders:
            _check_manifest(folder, stage.name, marks)
        self.foreign, self.most = False, self.most or stage.most
        names = [f"{stage.name}-{quote(key, safe='')}.block" for key in keys]
        there = [[folder / name for folder in folders if (folder / name).is_file()] for name in names]
        sound = [
            next((p for p in own if is_sound(p, mark, key)), None)
            for key, own in zip(keys, there, strict=True)
        ]
        self.found.update((path, mark) for path in sound if path)
        self._say_found(stage, sum(map(bool, sound)), len(keys), sum(map(bool, there)))
        if self.resume:
            self._say_unused(stage, names)
        known = _manifest(self.folder) if self.resume else {}
        self.stages[stage.name] = {"run": mark, "of": marks, "blocks": len(keys)}
        told = {"stages": {**known, **self.stages}}
        write_text(json.dumps(told, indent=1) + "\n", self.folder / MANIFEST)
        return [path or self.folder / name for path, name in zip(sound, names, strict=True)]

    def _begin_run(self) -> None:
        shards = shards_in(self.folder)
        if shards and not self.resume:
            raise InputError(
                f"`{self.folder}` keeps what {len(shards)} shards have computed; add --resume to take it up, or "
                "remove the folder to begin again"
            )
        if not self.resume:
            self._say_lost([path for path in self.folder.iterdir() if PIECE.fullmatch(path.name)])
            _clear(self.folder)

    def _say_lost(self, pieces: Sequence[Path]) -> None:
        if pieces:
            self.say(
                f"note: {len(pieces):,} blocks that an earlier run has kept in {self.folder} are thrown away; "
                "with --resume the run would have gone on from them"
            )

    def _say_unused(self, stage: Stage, names: Sequence[str]) -> None:
        """Of a run that is now shorter, or cut otherwise, what is kept is of no use and goes with its end."""
        unused = {path.name for path in self.folder.glob(f"{stage.name}-*.block")}.difference(names)
        if unused:
            self.say(
                f"note: {len(unused):,} {stage.words} that are kept in {self.folder} are no part of this run, "
                "of other numbers than it was started with; they go when it ends"
            )

    def _say_found(self, stage: Stage, sound: int, count: int, there: int) -> None:
        if not there:
            return
        left, bad = 0 if stage.most else count - sound, there - sound
        more = f"; {left:,} are computed now" if left else ""
        of = "" if stage.most else f" of {count:,}"
        more += f", {bad:,} of them as what is kept is damaged or of another run" if bad else ""
        self.say(f"{sound:,}{of} {stage.words} are kept from before in {self.folder}{more}")


@dataclass(frozen=True)
class Within:
    """What is kept of a part of a run, such as one fit of several. kept: of the run, or of a part that it is
    in; part: its name."""

    kept: "Kept | Within"
    part: str

    def each(
        self, stage: Stage, keys: Sequence[str], computed: Callable[[list[int]], Generator[Any, None, None]]
    ) -> Generator[Any, None, None]:
        """See `Kept.each`."""
        return self.kept.each(replace(stage, name=f"{self.part}-{stage.name}"), keys, computed)

    def within(self, part: str) -> "Within":
        """See `Kept.within`."""
        return Within(self, part)


Keeper = Kept | Within


def each(
    kept: Keeper | None, stage: Callable[[], Stage], keys: Sequence[str], compute: Callable[[int], Any]
) -> Generator[Any, None, None]:
    """The pieces of a stage in their order, kept on the way where there is somewhere to keep them.

    Parameters
    ----------
    kept : Kept or None
        Where pieces are kept; None: nowhere, and all are computed.
    stage : callable
        Gives the stage; it is not asked where nothing is kept.
    keys : sequence of str
        Names of the pieces.
    compute : callable
        Gives the piece at a place of `keys`.
    """

    def computed(places: Sequence[int]) -> Generator[Any, None, None]:
        return (compute(i) for i in places)

    return computed(range(len(keys))) if kept is None else kept.each(stage(), keys, computed)


@contextmanager
def steps(
    kept: Keeper | None, stage: Callable[[], Stage], most: int
) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Around steps of which each follows from what those before gave. Gives a function that takes a step,
    which has no arguments, and gives what it made, or what is kept of it.

    Parameters
    ----------
    kept : Kept or None
        Where they are kept; None: nowhere.
    stage : callable
        Gives the stage of all of them.
    most : int
        So many at most.
    """
    waiting: list[Callable[[], Any]] = []

    def compute(_: int) -> Any:
        return waiting[-1]()

    def most_of() -> Stage:
        return replace(stage(), most=True)

    with closing(each(kept, most_of, [str(k + 1) for k in range(most)], compute)) as made:

        def step(make: Callable[[], Any]) -> Any:
            waiting.append(make)
            return next(made)

        yield step


@contextmanager
def kept_pieces(out: str | Path, resume: bool, say: Callable[[str], None]) -> Iterator[Kept | None]:
    """Around a run and the writing of its result `out`: the pieces that are kept of it, none at first where
    it does not resume. They go when all ended well; where it did not, the user hears that they are there.

    Raises InputError, naming the holder, where another run writes there.

    Parameters
    ----------
    out : str or Path
        The result of the run.
    resume : bool
        Go on from pieces that are there.
    say : callable
        Takes a sentence for the user.

    Returns
    -------
    Iterator[Kept or None]
        None where a folder of results can be written to and what is beside it cannot.
    """
    shown = pieces_folder(out)
    if _cannot_be_beside(shown, Path(out)):
        say(
            f"note: nothing can be kept in {shown}, as its folder cannot be written to; an interrupted run "
            "begins again"
        )
        yield None
        return
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


def _cannot_be_beside(shown: Path, out: Path) -> bool:
    """Whether a folder of results is there and can be written to, and nothing can be made beside it."""
    possible = shown.exists() or os.access(shown.parent, os.W_OK)
    return out.is_dir() and os.access(out, os.W_OK) and not possible


def drop_pieces(out: str | Path) -> None:
    """Take away what is kept of a run whose result is whole: it was killed when that was left to do.

    Parameters
    ----------
    out : str or Path
        The result of the run.

    Raises
    ------
    InputError
        Naming the holder, where another run writes there.
    """
    folder = pieces_folder(out)
    if folder.is_dir():
        with held(folder, make=False):
            _clear(folder)
        _remove_empty(folder)


def shards_in(folder: Path) -> list[Path]:
    """The folders of shards within a folder of blocks."""
    if not folder.is_dir():
        return []
    inside = (p for p in folder.iterdir() if SHARD.fullmatch(p.name))
    return sorted(p for p in inside if p.is_dir() and not p.is_symlink())


@contextmanager
def _of_the_folder() -> Iterator[None]:
    """Around what reads and writes pieces: its faults are told from those of what is computed."""
    try:
        yield
    except InputError as error:
        raise NotKept(str(error)) from error


def _read(place: Path, mark: str, key: str, stage: Stage) -> Any:
    found = read_piece(place, mark, key, stage.kinds, stage.known)
    if not found:
        raise InputError(f"`{place}` was changed while it was used; run again with --resume")
    return found[0]


def _manifest(folder: Path) -> dict[str, dict]:
    """What a manifest says of each stage; nothing where it cannot be read."""
    try:
        stages = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["stages"]
        return {name: told for name, told in stages.items() if isinstance(told["of"], dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _check_first(folder: Path, stage: str) -> None:
    """InputError where a folder keeps pieces of a run that began with another stage than this one."""
    known = _manifest(folder)
    if known and stage not in known:
        raise InputError(
            f"`{folder}` keeps blocks of another run, which began with `{next(iter(known))}` where this "
            f"one begins with `{stage}`; give the options that it was started with, or leave --resume out to "
            "begin again"
        )


def _check_manifest(folder: Path, stage: str, marks: Mapping[str, str]) -> None:
    """InputError where a folder keeps pieces of another run; a manifest that cannot be read says nothing."""
    known = _manifest(folder).get(stage)
    other = [name for name, mark in marks.items() if known["of"].get(name) != mark] if known else []
    if other:
        is_shard = SHARD.fullmatch(folder.name)
        again = f"remove `{folder.parent}`" if is_shard else "leave --resume out"
        raise InputError(
            f"`{folder}` keeps blocks of another run, whose {' and '.join(other)} "
            f"{'differ' if len(other) > 1 or other[0].endswith('s') else 'differs'}; give the options "
            f"that it was started with, or {again} to begin again"
        )


def _clear(folder: Path) -> None:
    """Take away what is kept; what somebody else put there stays."""
    for shard in shards_in(folder):
        shutil.rmtree(shard)
    for path in folder.iterdir():
        if path.name == MANIFEST or PIECE.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _nothing() -> Generator[Any, None, None]:
    yield from ()


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass
