"""Check a log of runs.

And the line that a run adds to one.
"""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from livingdrug import __version__
from livingdrug.cli.explained import Explained
from livingdrug.core.folders import file_hash
from livingdrug.core.run_log import add_line, check_log, log_path

RECORD = "record.json"  # of a folder: it holds the hashes of all its files


@click.group()
def log() -> None:
    """Check a log of runs. The variable LIVINGDRUG_LOG names the file to which every run with --out adds a
    line."""


@log.command(cls=Explained, examples=(
    "livingdrug log check runs.log",
    "livingdrug log check runs.log --expect 3f5a9c",
))
@click.argument("file", type=click.Path())
@click.option(
    "--expect",
    metavar="HASH",
    default="",
    help="A hash that was kept elsewhere: lines cut off at the end are found.",
)
def check(file: str, expect: str) -> None:
    """Whether FILE is the log that was written. Ends with exit code 1 where a line was changed, moved or
    taken out."""
    found = check_log(file, expect)
    click.echo(f"{file}: {found.lines:,} lines are in order; the last hash is {found.last}")
    if found.fault:
        click.echo(f"livingdrug: {found.fault}", err=True)
    if not found.expected:
        click.echo(
            f"livingdrug: no line has the hash {expect}: lines are missing, or it is of another log", err=True
        )
    sys.exit(0 if found.whole else 1)


@contextmanager
def logged(out: str | None) -> Iterator[None]:
    """Around a run: a line in the log of this machine, where there is one, of what was written and how it
    ended."""
    path = log_path() if out else None
    if path is None or out is None:
        yield
        return
    before, code = _identity(out), 0
    try:
        yield
    except SystemExit as end:
        code = end.code
        raise
    except BaseException as error:
        code = type(error).__name__
        raise
    finally:
        after = _identity(out)
        written = file_hash(_proof(out)) if after is not None and after != before else None
        add_line(
            path,
            {
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "user": _user(),
                "livingdrug": __version__,
                "command": sys.argv[1:],
                "out": str(Path(out).absolute()),
                "sha256": written,
                "end": code,
            },
        )


def _proof(out: str) -> Path:
    """The file whose hash stands for all that was written."""
    return Path(out) / RECORD if Path(out).is_dir() else Path(out)


def _identity(out: str) -> tuple[int, int] | None:
    """What changes when a file is written anew."""
    try:
        status = _proof(out).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
