"""Tables out as CSV in which no cell is a live formula when a spreadsheet opens it."""

import os
import re
from pathlib import Path

from livingdrug.core.errors import InputError

_LIVE = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'[",;\t|\r\n]')


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it (it starts with = + - @, a tab or a line
    end and is no number), and in quotes where a comma, semicolon, tab or bar could part it."""
    if _LIVE.match(text) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def write_csv(frame, path: str | Path) -> None:
    """Write a pandas table, the whole file or nothing. Numbers in full, missing ones empty.

    Raises InputError where the folder is missing or cannot be written.
    """
    path = Path(path)
    check_writable(path)
    part = path.with_name(path.name + f".{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(safe_cell(str(name)) for name in frame.columns) + "\n")
            for begin in range(0, len(frame), 100_000):
                rows = zip(*(_texts(frame[name].iloc[begin : begin + 100_000]) for name in frame.columns), strict=True)
                file.writelines(",".join(row) + "\n" for row in rows)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"`{path}` cannot be written: {error.strerror or error}") from None


def check_writable(path: str | Path) -> None:
    """Refuse a file in a missing or read-only folder before anything is computed."""
    folder = Path(path).absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"`{path}` cannot be written: the folder `{folder}` is missing or read-only")
    if Path(path).is_dir():
        raise InputError(f"`{path}` is a folder; name a file in it")


def _texts(column) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in column.tolist()]
    if column.dtype.kind in "iub":
        return [str(value) for value in column.tolist()]
    values = column.tolist()
    known = {value: "" if value is None or value != value else safe_cell(str(value)) for value in set(values)}
    return [known[value] for value in values]
