"""A table written piece by piece to a CSV file: the whole file or nothing."""

import os
from pathlib import Path

from livingdrug.core.errors import InputError

# what a spreadsheet takes for the start of a formula
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")


class CsvStream:
    """Rows go to a file beside `path`, which takes its place when all went well; used with `with`.

    Numbers are written in full, missing ones empty; a text that a spreadsheet would run gets an apostrophe before it.
    Raises InputError for a folder that is missing or read-only, or a disk that is full.
    """

    def __init__(self, path: str | Path) -> None:
        check_writable(path)
        self.path = Path(path)
        self.part, self.rows = self.path.with_name(f"{self.path.name}.{os.getpid()}.part"), 0

    def __enter__(self) -> "CsvStream":
        return self

    def add(self, table) -> None:
        """Append the rows of a pandas table; every table has the same columns."""
        texts = {name: table[name].map(_safe) for name in table.columns if table[name].dtype.kind not in "iuf"}
        try:
            table.assign(**texts).to_csv(
                self.part, mode="a" if self.rows else "w", header=not self.rows, index=False, lineterminator="\n"
            )
        except OSError as error:
            raise InputError(f"`{self.path}` cannot be written: {error.strerror or error}") from None
        self.rows += len(table)

    def __exit__(self, kind, *error) -> None:
        if kind is None and self.rows:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_LIVE) else text


def check_writable(path: str | Path) -> None:
    """Refuse a file in a missing or read-only folder, or a folder, before anything is computed."""
    folder = Path(path).absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"`{path}` cannot be written: the folder `{folder}` is missing or read-only")
    if Path(path).is_dir():
        raise InputError(f"`{path}` is a folder; name a file in it")
