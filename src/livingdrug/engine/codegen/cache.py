"""The private folder of compiled code.

What lies there is executed, so the folder must belong to the user and be writable by nobody else. Where no such folder
can be had (a read-only home) a temporary one serves, and `notice` says so.
"""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from livingdrug.core.errors import InputError

VARIABLE = "LIVINGDRUG_CACHE"
_MARK = b"\n# sha256 "


class Object(NamedTuple):
    """Object code of a function, and the symbol under which it stands there."""

    symbol: str
    code: bytes


@lru_cache(maxsize=1)
def _folder() -> tuple[Path, str]:
    wanted = _wanted()
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = _fault(wanted)
    except OSError as error:
        fault = error.strerror or str(error)
    if not fault:
        return wanted, ""
    kept = Path(tempfile.mkdtemp(prefix="livingdrug-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    return kept, f"compiled code cannot be kept in `{wanted}` ({fault}), so it is compiled again in each run; set {VARIABLE}"


def _wanted() -> Path:
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser().absolute()
    base = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "livingdrug"
    except RuntimeError:
        # no home folder at all
        return Path("/nonexistent/livingdrug")


def _fault(folder: Path) -> str:
    """Why code in this folder is not to be trusted or cannot be written, or an empty text."""
    if hasattr(os, "getuid"):
        status = folder.stat()
        if status.st_uid != os.getuid():
            return "it belongs to another user"
        if status.st_mode & 0o022:
            return "others can write to it"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def folder() -> Path:
    """Where compiled code is kept."""
    return _folder()[0]


def notice() -> str:
    """Why compiled code is not kept between runs, or an empty text."""
    return _folder()[1]


@lru_cache(maxsize=1)
def machine() -> str:
    """What compiled code depends on beside its source: versions, and the processor with its features."""
    from importlib.metadata import version

    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    parts = (sys.version.split()[0], version("numba"), version("llvmlite"), llvm.get_host_cpu_name(), features)
    # numba compiles for another processor, or with less, where it is told so
    told = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_"))
    parts += (llvm.get_process_triple(), *told)
    return "|".join((*parts, sources(Path(__file__).parents[1])))


@lru_cache
def sources(package: Path) -> str:
    """Hash of the compiled part of a package: code that was inlined elsewhere is as old as its copy."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        # a face compiles nothing
        if path.name != "__init__.py":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def key(*parts: str) -> str:
    """Name of a piece of compiled code."""
    return hashlib.sha256("\0".join((machine(), *parts)).encode()).hexdigest()[:24]


def put(path: Path, content: bytes) -> None:
    """Write a file of the folder, whole or not at all, with a checksum as its last line.

    Raises InputError where there is no room for it.
    """
    part = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content + _MARK + _digest(content))
        # two processes may do this at once; they write the same
        os.replace(part, path)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise InputError(
            f"compiled code cannot be written to `{path.parent}` ({error.strerror or error}); make room there, or set "
            f"{VARIABLE} to another folder"
        ) from None


def get(path: Path) -> bytes | None:
    """What was put there; None where nothing is or where it is damaged, as after a loss of power."""
    try:
        content, _, digest = path.read_bytes().rpartition(_MARK)
    except OSError:
        return None
    return content if digest == _digest(content) else None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
