"""A piece of a long computation as a file that says what it belongs to and whether it is whole."""

import hashlib
import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np

from livingdrug.core.files import whole_file
from livingdrug.core.versions import sources, versions

VERSION = 2
LONGEST = 4096  # bytes of the first line
TREE = "tree"  # what is no array, as JSON
# whose `repr` says all of them
PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic, Path, Enum)


def marks_of(of: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each thing that numbers depend on, and of the versions that compute them: the same for
    the same things in any process, another one for anything else."""
    computed_by = {**versions(), "sources": sources()}
    parts = {**of, "versions": computed_by, "format": VERSION}
    return {name: _digest(_words(part).encode()) for name, part in parts.items()}


def mark_of(marks: Mapping[str, str]) -> str:
    """All of them in one."""
    return _digest(json.dumps(marks, sort_keys=True).encode())


def kinds_in(*roots: type, but: Sequence[type] = ()) -> tuple[type, ...]:
    """The dataclasses and named tuples that stand in the fields of some, and in the fields of those, all of
    them together.

    roots: where it begins; but: what is left out, with all within it. Raises TypeError where two have one
    name, as what is kept tells them apart by it."""
    found: dict[str, type] = {}
    waiting: list[Any] = list(roots)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if not isinstance(kind, type) or kind in but or kind in found.values():
            continue
        if is_dataclass(kind) or hasattr(kind, "_fields"):
            if kind.__name__ in found:
                raise TypeError(f"two kinds of what is kept are called {kind.__name__}")
            found[kind.__name__] = kind
            waiting += get_type_hints(kind).values()
    return tuple(found.values())


def write_piece(
    path: Path, mark: str, key: str, found: Any, kinds: Sequence[type] = (),
    known: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write a piece: a line of what it is, then its numbers. The file takes its place when it is on disk.

    found: numbers, texts, arrays, tuples, lists and dictionaries of them, and dataclasses or named tuples
    of `kinds`; known: name -> what a reader has anyway, for which its name is written. Raises InputError
    where it cannot be written, and TypeError for what could not be read back."""
    body = _packed(found, Shape(tuple(kinds), known or {}))
    head = {"mark": mark, "piece": key, "sha256": _digest(body)}
    with whole_file(path, "wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        file.write(body)


def read_piece(
    path: Path, mark: str, key: str, kinds: Sequence[type] = (), known: Mapping[str, Any] | None = None
) -> tuple:
    """What was written, alone in a tuple; an empty one where there is no such file, it is damaged, or is of
    another run or another piece."""
    body = _sound(path, mark, key)
    try:
        return () if body is None else (_unpacked(body, Shape(tuple(kinds), known or {})),)
    # whole, but not of these kinds: whatever its innards meet
    except Exception:
        return ()


def is_sound(path: Path, mark: str, key: str) -> bool:
    """Whether it can be read, without its numbers being looked at."""
    return _sound(path, mark, key) is not None


def _sound(path: Path, mark: str, key: str) -> memoryview | None:
    """The content of a piece that is whole and the one that is asked for."""
    try:
        if path.is_symlink():
            return None
        content = path.read_bytes()
        line, _, _ = content[:LONGEST].partition(b"\n")
        head, body = json.loads(line), memoryview(content)[len(line) + 1 :]
        return body if (head["mark"], head["piece"], head["sha256"]) == (mark, key, _digest(body)) else None
    # a damaged file is met with whatever the innards of its readers come to: no list of exceptions is ever
    # whole
    except Exception:
        return None


class Shape(NamedTuple):
    """What pieces hold beside plain data. kinds: dataclasses and named tuples; known: name -> what a reader
    has anyway."""

    kinds: tuple[type, ...]
    known: Mapping[str, Any]


def _packed(found: Any, shape: Shape) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_plain(found, shape, arrays)).encode()
    buffer = io.BytesIO()
    # an uncompressed archive: bytes of the same numbers are the same
    np.savez(buffer, **{TREE: np.frombuffer(tree, np.uint8), **arrays})  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def _unpacked(body: memoryview, shape: Shape) -> Any:
    with np.load(io.BytesIO(body), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    tree = json.loads(arrays.pop(TREE).tobytes())
    return _restored(tree, {kind.__name__: kind for kind in shape.kinds}, shape.known, arrays)


def _plain(value: Any, shape: Shape, arrays: dict[str, np.ndarray]) -> Any:
    """A value as JSON has it; its arrays are put into `arrays`."""
    for name, thing in shape.known.items():
        if value is thing:
            return {"known": name}
    if isinstance(value, np.ndarray | np.generic):
        return _plain_array(value, arrays)
    if isinstance(value, shape.kinds):
        names = [f.name for f in fields(value)] if is_dataclass(value) else type(value)._fields  # pyright: ignore[reportAttributeAccessIssue]
        own = {name: _plain(getattr(value, name), shape, arrays) for name in names}
        return {"kind": type(value).__name__, "fields": own}
    if type(value) is dict:
        pairs = [[_plain(key, shape, arrays), _plain(item, shape, arrays)] for key, item in value.items()]
        return {"pairs": pairs}
    if type(value) in (tuple, list):
        own = [_plain(item, shape, arrays) for item in value]
        return own if type(value) is list else {"tuple": own}
    if type(value) in (str, bool, int, float, type(None)):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def _plain_array(value: np.ndarray | np.generic, arrays: dict[str, np.ndarray]) -> dict:
    """An array of objects is one of texts."""
    name = f"a{len(arrays)}"
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        texts = value.ravel().tolist()
        if not all(type(text) is str for text in texts):
            raise TypeError("an array of objects cannot be kept")
        return {"texts": texts, "shape": list(value.shape)}
    arrays[name] = np.asarray(value)
    return {"array": name} if isinstance(value, np.ndarray) else {"scalar": name}


def _restored(
    tree: Any, kinds: Mapping[str, type], known: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Any:
    def back(item: Any) -> Any:
        return _restored(item, kinds, known, arrays)

    if isinstance(tree, list):
        return [back(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "known" in tree:
        return known[tree["known"]]
    if "texts" in tree:
        return np.array(tree["texts"], dtype=object).reshape(tree["shape"])
    if "array" in tree or "scalar" in tree:
        return arrays[tree["array"]] if "array" in tree else arrays[tree["scalar"]][()]
    if "pairs" in tree:
        return {back(k): back(v) for k, v in tree["pairs"]}
    if "tuple" in tree:
        return tuple(back(item) for item in tree["tuple"])
    return kinds[tree["kind"]](**{name: back(item) for name, item in tree["fields"].items()})


def _words(value: Any) -> str:
    """A text that is the same for the same value in any process, and another one for another value."""
    if is_dataclass(value) and not isinstance(value, type):
        own = ",".join(f"{f.name}={_words(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({own})"
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return f"array({value.dtype},{value.shape},{_digest(np.ascontiguousarray(value).tobytes())})"
    if isinstance(value, np.ndarray):
        return f"objects({value.shape},{_words(value.tolist())})"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{_words(key)}:{_words(item)}" for key, item in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(_words, value))) + "}"
    if isinstance(value, tuple | list):
        return "(" + ",".join(map(_words, value)) + ")"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    # of anything else it is not known when two are the same: what was computed of one is of no use to another
    return repr(value) if isinstance(value, PLAIN) else secrets.token_hex()


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()
