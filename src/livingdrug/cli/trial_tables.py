"""What the answers of simulated trials share on the terminal: tables, shares with their error, progress."""

import sys
from collections.abc import Callable

import click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from livingdrug.trial.result import Share

NOTICE = "research use only, not for clinical decisions"


def progress() -> Callable[[int, int], None] | None:
    """Subjects done, on a terminal only, where somebody waits."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        end = "\r" if done < total else "\r\033[K"
        click.echo(f"{done:,} of {total:,} subjects{end}", nl=False, err=True)

    return show


def new_table(title: str, *headings: str) -> Table:
    """A table whose first column is text and whose others are numbers."""
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", overflow="fold")
    return table


def with_error(share: Share) -> str:
    """A share and the standard error of the simulation."""
    return f"{share.value:.3f} \u00b1 {share.error:.3f}"


def share_as_dict(share: Share | None) -> dict | None:
    """Plain data of a share."""
    return share and share.as_dict()


def plain(value):
    """Plain data; nan has no place in JSON and is null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and value != value else value
