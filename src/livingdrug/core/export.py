"""Tables out as CSV, and texts: the whole file or nothing, and no cell is a live formula when a spreadsheet
opens it."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from livingdrug.core.errors import InputError
from livingdrug.core.files import discard, open_part, refusal, settle, whole_file

_LIVE = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'[",;\t|\r\n]')
ROWS = 100_000  # turned into text at a time
FEW = 500  # rows that are not worth the laying out


class TableFile:
    """A table written piece by piece, used with `with`; `CsvFile` and `ParquetFile` say how.

    Rows go to a file beside `path`, which takes its place when all went well. Raises InputError for a folder
    that is missing or read-only, or a disk that is full."""

    def __init__(self, path: str | Path) -> None:
        check_writable(path)
        self.path = Path(path)
        self.part = self.file = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def add(self, frame) -> None:
        """Append the rows of a pandas table; every table has the same columns."""
        try:
            if self.file is None:
                self.file, self.part = open_part(self.path, "wb")
                self._begin(frame)
            self._append(frame)
        except OSError as error:
            raise refusal(self.path, error) from None
        self.rows += len(frame)

    def __exit__(self, kind, *error) -> None:
        if self.file is None or self.part is None:
            return
        try:
            if kind is None:
                self._end()
                settle(self.file, self.part, self.path)
        except OSError as error:
            raise refusal(self.path, error) from None
        finally:
            discard(self.file, self.part)

    def write(self, portion: bytes) -> None:
        """Bytes into the file, which is open."""
        assert self.file is not None
        self.file.write(portion)

    def _begin(self, frame) -> None:
        """What stands before the first row; the file is open."""

    def _append(self, frame) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """What stands behind the last row."""


class CsvFile(TableFile):
    """As CSV: numbers in full, missing ones empty, texts by `safe_cell`."""

    def _begin(self, frame) -> None:
        self.write((",".join(safe_cell(str(name)) for name in frame.columns) + "\n").encode())

    def _append(self, frame) -> None:
        for begin in range(0, len(frame), ROWS):
            for portion in _lines(frame.iloc[begin : begin + ROWS]):
                self.write(portion)


def write_csv(frame, path: str | Path) -> None:
    """Write a table at once: the file takes its place when all of it is on disk.

    Parameters
    ----------
    frame : DataFrame
        Numbers are written in full, missing ones empty; a text that a spreadsheet would run gets an
        apostrophe.
    path : str or Path

    Raises
    ------
    InputError
        For a folder that is missing or read-only, or a disk that is full.
    """
    with CsvFile(path) as file:
        file.add(frame)


def write_text(text: str, path: str | Path) -> None:
    """Write a text file at once: it takes its place when all of it is on disk. Raises InputError as `CsvFile`
    does."""
    check_writable(path)
    with whole_file(path) as file:
        file.write(text)


def write_bytes(content: bytes, path: str | Path) -> None:
    """Write a binary file at once: it takes its place when all of it is on disk. Raises InputError as
    `CsvFile` does."""
    check_writable(path)
    with whole_file(path, "wb") as file:
        file.write(content)


def check_writable(path: str | Path) -> None:
    """Refuse a file in a missing or read-only folder, or a folder, before anything is computed."""
    folder = Path(path).absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"`{path}` cannot be written: the folder `{folder}` is missing or read-only")
    if Path(path).is_dir():
        raise InputError(f"`{path}` is a folder; name a file in it")


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it (it starts with = + - @, a tab
    or a line end and is no number), and in quotes where a comma, semicolon, tab or bar could part it."""
    text = _marked(text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def plain_cell(text: str) -> str:
    """The text before `safe_cell` put an apostrophe before it."""
    return text[1:] if text.startswith("'") and _marked(text[1:]) == text else text


def _marked(text: str) -> str:
    # a text that begins with apostrophes already gets one more, so that the mark can be taken away again
    return "'" + text if _LIVE.match(text.lstrip("'")) and not _NUMBER.fullmatch(text) else text


def _lines(frame) -> Iterable[bytes]:
    """The rows of a table as CSV, in portions."""
    if len(frame) > FEW:
        from livingdrug.core.rows import csv_bytes

        return csv_bytes(frame, _texts)
    rows = zip(*(_texts(frame[name]) for name in frame.columns), strict=True)
    return ((",".join(row) + "\n").encode() for row in rows)


def _cell(value) -> str:
    """The text of a value that is no number."""
    return "" if value is None or value != value else safe_cell(str(value))


def _texts(column) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in column.tolist()]
    if column.dtype.kind in "iub":
        return [str(value) for value in column.tolist()]
    values = column.tolist()
    known = {value: _cell(value) for value in {value for value in values if isinstance(value, str)}}
    return [known[value] if isinstance(value, str) else _cell(value) for value in values]
