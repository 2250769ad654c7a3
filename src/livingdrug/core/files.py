"""Files that are there whole or not at all, whatever ends the process that writes them; names that stay where
they belong."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livingdrug.core.errors import InputError

UNSEEN = ".livingdrug."  # how the names begin that a run's folder has only while it is written
FULL = (errno.ENOSPC, errno.EDQUOT)
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def whole_file(path: str | Path, mode: str = "w") -> Iterator:
    """A file to write into (mode "w": UTF-8 text, "wb": bytes) that takes its place when all went well.

    Until then it lies beside it; it is on disk before it takes its place, so that no crash and no loss of
    power leaves half of it. Raises InputError where it cannot be written (a full disk, say); what was there
    before is then untouched."""
    try:
        file, part = open_part(path, mode)
    except OSError as error:
        raise refusal(path, error) from None
    try:
        yield file
        settle(file, part, path)
    except OSError as error:
        raise refusal(path, error) from None
    finally:
        discard(file, part)


def open_part(path: str | Path, mode: str = "w"):
    """(file, its path beside `path`), new and not through a link, held as long as this process lives."""
    path = Path(path)
    _remove_dead_parts(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o666)
    take(handle)
    if "b" in mode:
        return os.fdopen(handle, mode), part
    return os.fdopen(handle, mode, encoding="utf-8", newline="\n"), part


def settle(file, part: Path, path: str | Path) -> None:
    """Bring a part to the disk and into its place."""
    file.flush()
    os.fsync(file.fileno())
    os.replace(part, path)
    file.close()


def discard(file, part: Path) -> None:
    """Close a part, and remove it where it did not take its place; a full disk has been said already."""
    try:
        file.close()
    except OSError:
        pass
    part.unlink(missing_ok=True)


def _remove_dead_parts(path: Path) -> None:
    """Parts of the same file whose writers were killed: nobody holds them any more."""
    for part in path.parent.glob(f"{_literal(path.name)}.*.part"):
        if (
            not part.name[len(path.name) + 1 : -len(".part")].isdigit()
            or part.is_symlink()
            or not part.is_file()
        ):
            continue
        try:
            handle = os.open(part, os.O_RDWR | _NOFOLLOW)
        except OSError:  # another one was faster, or it is somebody else's
            continue
        try:
            if take(handle, unknown=False):
                part.unlink(missing_ok=True)
        finally:
            os.close(handle)


def _literal(name: str) -> str:
    """A name as the pattern that matches it alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def take(handle: int, unknown: bool = True) -> bool:
    """Whether an open file could be locked; the lock ends with the process, however that ends. unknown: the
    answer of a file system without locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return unknown
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return unknown and error.errno in NO_LOCKS
    return True


def refusal(path: str | Path, error: OSError) -> InputError:
    """What is said of a file or folder that cannot be written; the folder in which a run makes its files is
    not named."""
    path = Path(*(part for part in Path(path).parts if not part.startswith(UNSEEN)))
    if error.errno in FULL:
        return InputError(
            f"`{path}` cannot be written: no space is left on the disk; make room and run again (what an "
            "earlier run left there is untouched)"
        )
    return InputError(f"`{path}` cannot be written: {error.strerror or error}")


def below(folder: Path, name: str) -> Path:
    """The path of a file within a folder. Raises InputError for a name that is not plain (`pictures/a.svg`
    is), or that a symbolic link leads elsewhere: a folder may come from somebody else."""
    parts = name.split("/")
    plain = (
        all(p not in ("", ".", "..") for p in parts)
        and name.isprintable()
        and not set(name) & set('\\:*?"<>|')
    )
    if not plain:
        raise InputError(
            f"`{folder}` names a file `{_shown(name)}`, which is not a plain name below the folder"
        )
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise InputError(
                f"`{path}` is a symbolic link; the files of a run are files, so put the file itself there"
            )
    return path


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:80]


def sync_tree(folder: Path) -> None:
    """Bring every file and folder below a folder to the disk."""
    for here, _, names in os.walk(folder):
        for name in names:
            _sync(os.path.join(here, name))
        sync_folder(here)


def sync_folder(folder: str | Path) -> None:
    """Bring the names in a folder to the disk."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _sync(folder)


def _sync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
