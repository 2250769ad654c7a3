"""A log of runs to which lines are only added: each holds the hash of the line before it, so that a changed
byte is found.

A line is JSON: `n` (from 1), what was run, `previous` and `hash`. Lines that were cut off at the end leave a
chain that is whole; they are found with the hash of a line that was kept elsewhere.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import refusal, take

VARIABLE = "LIVINGDRUG_LOG"
FIRST = "0" * 64  # stands before the first line
PATIENCE = 10.0  # seconds for which another run may hold the log
_TAIL = 1 << 20  # bytes at the end in which the last line is looked for


@dataclass(frozen=True)
class Chain:
    """What a check finds. lines: how many are in order; last: the hash of the last of them; fault: what is
    wrong with the line behind them, empty where nothing is; expected: whether the hash that was asked for
    is among them."""

    lines: int
    last: str
    fault: str = ""
    expected: bool = True

    @property
    def whole(self) -> bool:
        """Whether every line is the one that was written, and the hash asked for is there."""
        return not self.fault and self.expected


def check_log(path: str | Path, expected: str = "") -> Chain:
    """Read a log from its first line to its last; expected: a hash that was kept elsewhere. Raises
    InputError for a file that cannot be read."""
    lines, last, seen = 0, FIRST, not expected
    try:
        with open(path, "rb") as file:
            for raw in file:
                fault = _fault(raw, lines + 1, last)
                if fault:
                    return Chain(lines, last, f"line {lines + 1}: {fault}", seen)
                lines, last = lines + 1, json.loads(raw)["hash"]
                seen = seen or last == expected
    except OSError as error:
        raise InputError(f"the log `{path}` cannot be read: {error.strerror or error}") from None
    return Chain(lines, last, "", seen)


def log_path() -> Path | None:
    """The log that this machine's user wants, None where there is none. Raises InputError where no line
    can be added to it: that is said before a run and not after it."""
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    path = Path(given).expanduser()
    with _held(path) as handle:
        _last(handle, path)
    return path


def add_line(path: Path, entry: Mapping[str, object]) -> None:
    """Add a line and bring it to the disk. Raises InputError where that cannot be."""
    with _held(path) as handle:
        n, previous = _last(handle, path)
        line = _text({"n": n + 1, **entry, "previous": previous})
        try:
            os.lseek(handle, 0, os.SEEK_END)
            os.write(handle, line)
            os.fsync(handle)
        except OSError as error:
            raise refusal(path, error) from None


def _text(entry: dict) -> bytes:
    """A line with its hash; the hash is that of all before it."""
    bare = json.dumps(entry, ensure_ascii=True)
    return f'{bare[:-1]}, "hash": "{hashlib.sha256(bare.encode()).hexdigest()}"}}\n'.encode()


def _fault(raw: bytes, n: int, previous: str) -> str:
    """What is wrong with a line, empty where it is the one that was written."""
    if not raw.endswith(b"\n"):
        return "it is not complete"
    try:
        entry = json.loads(raw)
        written = _text({name: value for name, value in entry.items() if name != "hash"})
    except (ValueError, AttributeError, RecursionError):
        return "it is no line of a log"
    if written != raw:
        return "it is not what was written (its hash differs)"
    if entry.get("previous") != previous:
        return "it does not follow the line before it"
    return "" if entry.get("n") == n else f"its number is {entry.get('n')!r}"


def _last(handle: int, path: Path) -> tuple[int, str]:
    """Number and hash of the last line."""
    size = os.lseek(handle, 0, os.SEEK_END)
    if not size:
        return 0, FIRST
    os.lseek(handle, max(0, size - _TAIL), os.SEEK_SET)
    raw = os.read(handle, _TAIL).splitlines(keepends=True)[-1]
    try:
        entry = json.loads(raw)
        n, previous = entry["n"], entry["previous"]
        fault = _fault(raw, n, previous)
    except (ValueError, TypeError, KeyError, RecursionError):
        n, entry, fault = 0, {}, "it is no line of a log"
    if fault:
        raise InputError(
            f"the log `{path}` (variable {VARIABLE}) has a last line that is damaged: {fault}; look at it "
            "with `livingdrug log check`, and name another file for new runs"
        )
    return n, entry["hash"]


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The open log, which no other run changes meanwhile."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    except OSError as error:
        raise InputError(
            f"the log `{path}` (variable {VARIABLE}) cannot be written: {error.strerror or error}"
        ) from None
    try:
        end = time.monotonic() + PATIENCE
        while not take(handle):
            if time.monotonic() > end:
                raise InputError(f"the log `{path}` (variable {VARIABLE}) is held by another run; try again")
            time.sleep(0.05)
        yield handle
    finally:
        os.close(handle)
