"""A run's folder: one run at a time, and its files change all at once.

A run holds LOCK, makes its files in PART, and when all of them are on disk renames PART to NEW: that moment
decides. From then on the new run counts: its files take their places, the record last, and NEW goes. Whoever
is killed before leaves the earlier run and a PART that the next run throws away; whoever is killed after
leaves a NEW that the next run finishes, as does everything that reads the folder.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import _NOFOLLOW, UNSEEN, below, refusal, sync_folder, sync_tree, take

LOCK, PART, NEW = (UNSEEN + name for name in ("lock", "part", "new"))
OWN = (LOCK, PART, NEW)
STATE = "state.npz"  # of a search on its way
LAST, GONE = (
    "record.json",
    ".gone",
)  # the file that moves last; name -> hash of what the earlier run leaves behind
_mine = threading.local()


@contextmanager
def held(folder: str | Path, make: bool = True) -> Iterator[Path]:
    """Hold the folder of a run, as one that no killed run has left unfinished; one that was made for it goes
    again where nothing came into it. Within itself it may be held again.

    make: whether a folder that is missing is made. Raises InputError, naming the holder, where another run
    holds it."""
    path = Path(os.path.abspath(folder))
    if path in _held():
        yield path
        return
    made = _made(path) if make else []
    if not path.is_dir():
        raise InputError(f"`{folder}` is not a folder")
    handle = _lock(path, folder)
    _held().add(path)
    try:
        try:
            _finish(path)
        except OSError as error:
            raise refusal(path, error) from None
        yield path
    finally:
        _held().discard(path)
        _release(path, handle)
        for own in made:
            _remove_empty(own)


def settled(folder: str | Path) -> Path:
    """The folder, with what a killed run has left to be done done."""
    path = Path(os.path.abspath(folder))
    if (path / NEW).is_dir():
        with held(path, make=False):
            pass
    return path


def new_part(path: Path) -> Path:
    """The empty folder PART of a folder that is held."""
    part = path / PART
    try:
        _remove(part)
        part.mkdir()
    except OSError as error:
        raise refusal(path, error) from None
    return part


def drop_part(path: Path) -> None:
    """Throw away what did not become a run; where that cannot be, the next run does."""
    try:
        _remove(path / PART)
    except OSError:
        pass


def move_in(path: Path, gone: Mapping[str, str]) -> None:
    """Let the files of PART take their places in a folder that is held.

    gone: name -> SHA-256 of files of the earlier run, which go unless they have a successor; one that was
    changed since is somebody's, and stays. Raises InputError, before anything has changed, for a place that
    is taken by a folder or a link."""
    part = path / PART
    _check_places(part, path)
    # what has a successor is replaced, not removed: its successor may well be the same bytes
    left = {name: known for name, known in gone.items() if not (part / name).exists()}
    (part / GONE).write_text(json.dumps(left), encoding="utf-8")
    sync_tree(part)
    _remove(path / NEW)
    os.rename(part, path / NEW)
    sync_folder(path)
    _finish(path)


def _finish(path: Path) -> None:
    """Carry out what NEW says; every step may be done again. What is in PART never became a run."""
    new = path / NEW
    if new.is_symlink() or new.is_file():
        raise InputError(f"`{new}` is not what a run leaves; remove it, or name another folder")
    if new.is_dir():
        _check_places(new, path)
        for name, known in _gone(new).items():
            _remove_old(below(path, name), known, path)
        for name in sorted(_names(new), key=lambda name: (name == LAST, name)):
            place = below(path, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(new / name, place)
            sync_folder(place.parent)
        sync_folder(path)
        _remove(new)
    _remove(path / PART)


def _names(folder: Path) -> list[str]:
    """Names of the files below NEW or PART, but for the list GONE."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()]
    return [name for name in names if name != GONE]


def _check_places(new: Path, path: Path) -> None:
    for name in _names(new):
        below(new, name)
        place = below(path, name)
        if place.is_dir():
            raise InputError(
                f"`{place}` is a folder where a run puts a file; move it away, or name another folder"
            )
        for parent in place.parents:
            if parent == path:
                break
            if parent.exists() and not parent.is_dir():
                raise InputError(
                    f"`{parent}` is a file where a run puts a folder; move it away, or name another folder"
                )


def _gone(new: Path) -> dict[str, str]:
    try:
        found = json.loads((new / GONE).read_text(encoding="utf-8")) if (new / GONE).is_file() else {}
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(known, str) for known in found.values()):
        raise InputError(f"`{new / GONE}` is not what a run leaves; remove `{new}`, or name another folder")
    return found


def _remove_old(place: Path, known: str, path: Path) -> None:
    if not place.is_file() or file_hash(place) != known:
        return
    place.unlink()
    if place.parent != path:
        _remove_empty(place.parent)


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    elif path.exists():
        shutil.rmtree(path)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass


def _held() -> set[Path]:
    """The folders that this thread holds."""
    if not hasattr(_mine, "folders"):
        _mine.folders = set()
    return _mine.folders


def _made(path: Path) -> list[Path]:
    """The folders, deepest first, that had to be made for this one."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(path, error) from None
    return missing


def _lock(path: Path, shown: str | Path) -> int:
    """An open handle that holds the folder. A lock whose process has died, by whatever way, holds nothing."""
    while True:
        try:
            handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o666)
        except OSError as error:
            raise refusal(path, error) from None
        if not take(handle):
            said = _holder(handle)
            os.close(handle)
            raise InputError(
                f"`{shown}` is being written by another run of livingdrug{said}; wait for it to end, or name "
                "another folder"
            )
        if _is_there(handle, path / LOCK):
            break
        os.close(handle)  # its holder has just gone, and the file with it
    import socket

    told = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(told).encode())
    except BaseException as error:
        _release(path, handle)
        if isinstance(error, OSError):
            raise refusal(path, error) from None
        raise
    return handle


def _release(path: Path, handle: int) -> None:
    try:
        (path / LOCK).unlink(missing_ok=True)  # while it is held, so that nobody's newer one goes
    finally:
        os.close(handle)


def _is_there(handle: int, path: Path) -> bool:
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)


def _holder(handle: int) -> str:
    """Who holds a lock, in words; nothing where that has not been written yet."""
    try:
        told = json.loads(os.read(handle, 4096))
        return f" (process {int(told['pid'])} on {str(told['host'])[:64]}, since {str(told['since'])[:32]})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
