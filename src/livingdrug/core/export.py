"""Tables out as CSV, and texts: the whole file or nothing, and no cell is a live formula when a spreadsheet
opens it."""

import os
import re
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import discard, open_part, refusal, settle, whole_file

_LIVE = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'[",;\t|\r\n]')
ROWS = 100_000  # turned into text at a time


class CsvFile:
    """A table written piece by piece, used with `with`.

    Rows go to a file beside `path`, which takes its place when all went well. Numbers are written in full,
    missing ones empty, texts by `safe_cell`. Raises InputError for a folder that is missing or read-only, or
    a disk that is full."""

    def __init__(self, path: str | Path) -> None:
        check_writable(path)
        self.path = Path(path)
        self.part = self.file = None

    def __enter__(self) -> "CsvFile":
        return self

    def add(self, frame) -> None:
        """Append the rows of a pandas table; every table has the same columns."""
        try:
            if self.file is None:
                self.file, self.part = open_part(self.path)
                self.file.write(",".join(safe_cell(str(name)) for name in frame.columns) + "\n")
            for begin in range(0, len(frame), ROWS):
                rows = zip(
                    *(_texts(frame[name].iloc[begin : begin + ROWS]) for name in frame.columns), strict=True
                )
                self.file.writelines(",".join(row) + "\n" for row in rows)
        except OSError as error:
            raise refusal(self.path, error) from None

    def __exit__(self, kind, *error) -> None:
        if self.file is None or self.part is None:
            return
        try:
            if kind is None:
                settle(self.file, self.part, self.path)
        except OSError as error:
            raise refusal(self.path, error) from None
        finally:
            discard(self.file, self.part)


def write_table(frame, path: str | Path) -> None:
    """Write a table as its file is called: .xpt as a transport file, which only tables with labels can be, else as CSV.

    Raises InputError as `write_csv` and `write_xport` do, and for a table without labels.
    """
    from livingdrug.core.xport import write_xport

    if Path(path).suffix.lower() != ".xpt":
        write_csv(frame, path)
    elif "labels" not in frame.attrs:
        raise InputError(f"`{path}`: only the layouts pp and adpp of `livingdrug nca` are written as transport files; "
                         "end the name in .csv, or add --as pp")
    else:
        write_xport(frame, path, frame.attrs["name"], frame.attrs["labels"])


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
    """Write a binary file at once: it takes its place when all of it is on disk. Raises InputError as `CsvFile`
    does."""
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


def _texts(column) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in column.tolist()]
    if column.dtype.kind in "iub":
        return [str(value) for value in column.tolist()]
    values = column.tolist()
    known = {value: "" if value is None or value != value else safe_cell(str(value)) for value in set(values)}
    return [known[value] for value in values]
