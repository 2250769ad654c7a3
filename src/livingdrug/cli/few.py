"""What a fit of few subjects shows besides: what was borrowed, and which numbers the data carry."""

from collections.abc import Sequence

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.fit.result import Beside, Estimate, Reduced
from livingdrug.fit.words import interval_words, number


def show_beside(console: Console, rows: Sequence[Beside]) -> None:
    """Prior, data alone and both together, a row for each number."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "prior (median, 95 %)", "data alone", "data and prior"):
        table.add_column(heading)
    for row in rows:
        table.add_row(escape(row.name), _prior(row), _estimate(row.alone), _estimate(row.together))
    click.echo("What each number rests on (value, 95 % interval):")
    console.print(table)


def show_path(console: Console, path: Sequence[Reduced]) -> None:
    """What was left out at each step, with the lowest BIC marked."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("left out or held", "numbers", "-2LL", "BIC", ""):
        table.add_column(heading, justify="right" if heading in ("numbers", "-2LL", "BIC") else "left")
    lowest, kept = min(path, key=lambda step: step.bic), path[0]
    for step in path:
        more = ", ".join(name for name in step.left_out if name not in kept.left_out)
        left = "nothing" if not step.left_out else f"and {more}" if kept.left_out else more
        mark = "lowest" if step == lowest else "stays in" if step.bic > kept.bic else ""
        table.add_row(escape(left), str(step.free), f"{step.minus2ll:.2f}", f"{step.bic:.2f}", mark)
        kept = step if step.bic <= kept.bic else kept
    click.echo("Which numbers the data carry, one left out at a time (--reduce takes the lowest BIC):")
    console.print(table)


def _prior(row: Beside) -> str:
    if row.prior is None:
        return "none"
    return _with(number(row.prior), f"{number(row.prior_lower)} to {number(row.prior_upper)}")


def _estimate(found: Estimate | None) -> str:
    if found is None:
        return "not known"
    if not found.determined:
        return _with("not determined", interval_words(found))
    return _with(number(found.value), interval_words(found))


def _with(value: str, interval: str) -> str:
    return f"{value} ({interval})" if interval else value
