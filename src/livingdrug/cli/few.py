"""What a fit of few subjects shows besides: what was borrowed, and which numbers the data carry."""

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.fit.result import FitResult
from livingdrug.fit.words import BESIDE, PATH, beside_rows, path_rows


def show_few(console: Console, result: FitResult) -> None:
    """Prior, data and both side by side; the path to fewer numbers; what may make the fit whole."""
    if result.beside:
        click.echo("What each number rests on (value, 95 % interval):")
        _show(console, BESIDE, beside_rows(result))
    if result.path:
        click.echo("Which numbers the data carry, one left out at a time (--reduce takes the lowest BIC):")
        _show(console, PATH, path_rows(result))
    if result.advice:
        console.print(result.advice, highlight=False, markup=False)


def _show(console: Console, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in header:
        table.add_column(heading, justify="right" if heading in ("numbers", "-2LL", "BIC") else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)
