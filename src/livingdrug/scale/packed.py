"""A block of subjects as a file that says what it belongs to and whether it is whole."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.core.files import whole_file
from livingdrug.core.versions import versions
from livingdrug.simulation import ExposureBlock, Result

VERSION = 1
KINDS = {kind.__name__: kind for kind in (ExposureBlock, Result)}
LONGEST = 4096  # bytes of the first line
FIELDS = "fields"  # what is no array, as JSON


def marks_of(task) -> dict[str, str]:
    """What the numbers of a task's blocks depend on: name of a field -> its SHA-256. Those of two tasks
    are the same where their blocks are, in any process; how many threads compute them is left out."""
    parts = {f.name: getattr(task, f.name) for f in fields(task) if f.name != "threads"}
    parts |= {"kind": type(task).__name__, "versions": versions(), "format": VERSION}
    return {name: _digest(_words(part).encode()) for name, part in parts.items()}


def mark_of(marks: dict[str, str]) -> str:
    """All of them in one."""
    return _digest(json.dumps(marks, sort_keys=True).encode())


def write_block(path: Path, mark: str, first: int, found) -> None:
    """Write what a task gave for the subjects from `first` on: a line of what it is, then its numbers. The
    file takes its place when it is on disk. Raises InputError where it cannot be written."""
    body = _packed(found)
    head = {"mark": mark, "first": first, "kind": type(found).__name__, "sha256": _digest(body)}
    with whole_file(path, "wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        file.write(body)


def read_block(path: Path, mark: str, first: int) -> Any:
    """What was written; None where there is no such file, it is damaged, or of another run or other
    subjects."""
    found = _read(path, mark, first, _unpacked)
    return None if found is None or not found else found[0]


def is_sound(path: Path, mark: str, first: int) -> bool:
    """Whether it can be read, without its numbers being looked at."""
    return _read(path, mark, first, lambda body, kind: (True,)) is not None


def _read(path: Path, mark: str, first: int, use: Callable[[memoryview, type], tuple]) -> tuple | None:
    try:
        if path.is_symlink():
            return None
        content = path.read_bytes()
        line, _, _ = content[:LONGEST].partition(b"\n")
        head, body = json.loads(line), memoryview(content)[len(line) + 1 :]
        if (head["mark"], head["first"], head["sha256"]) != (mark, first, _digest(body)):
            return None
        return use(body, KINDS[head["kind"]])
    # a damaged file is met with whatever the innards of its readers come to: no list of exceptions is ever
    # whole
    except Exception:
        return None


def _packed(found) -> bytes:
    values = {f.name: getattr(found, f.name) for f in fields(found)}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    rest = {name: _plain(value) for name, value in values.items() if name not in arrays}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, **{FIELDS: np.frombuffer(json.dumps(rest).encode(), np.uint8)})
    return buffer.getvalue()


def _unpacked(body: memoryview, kind: type) -> tuple:
    with np.load(io.BytesIO(body), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    rest = json.loads(arrays.pop(FIELDS).tobytes())
    return (kind(**arrays, **{name: _restored(value) for name, value in rest.items()}),)


def _plain(value):
    """A value as JSON has it; a dictionary, whose keys may be numbers, as pairs."""
    if isinstance(value, dict):
        return {"pairs": [[key, _plain(item)] for key, item in value.items()]}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _restored(value):
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value["pairs"]}
    return tuple(_restored(item) for item in value) if isinstance(value, list) else value


def _words(value) -> str:
    """A text that is the same for the same value in any process."""
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({','.join(f'{f.name}={_words(getattr(value, f.name))}' for f in fields(value))})"
    if isinstance(value, np.ndarray):
        return f"array({value.dtype},{value.shape},{_digest(np.ascontiguousarray(value).tobytes())})"
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{_words(key)}:{_words(item)}" for key, item in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(_words, value))) + "}"
    if isinstance(value, tuple | list):
        return "(" + ",".join(map(_words, value)) + ")"
    return repr(value)


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()
