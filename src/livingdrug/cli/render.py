"""An answer on the terminal: the same words and tables that a report has."""

from collections.abc import Iterable
from functools import partial

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as RichTable

from livingdrug.core.shown import printable
from livingdrug.core.words import NOTICE
from livingdrug.report import Answer, Cell, Table

FLAGS = 20  # that are shown; a report has all of them
ROWS = 60
WIDEST = 10_000


def show(answer: Answer) -> None:
    """Sentences, tables, what was done to the data; cautions go to standard error."""
    console = Console()
    line = partial(console.print, highlight=False)
    line(f"[bold]{escape(printable(answer.title, 200))}[/bold]")
    for sentence in answer.sentences:
        line(escape(printable(sentence, 2000)))
    for table in (*answer.check_tables, *answer.tables):
        show_table(console, table)
    for part in (p for p in answer.parts if not p.detail):
        line(f"[bold]{escape(part.title)}[/bold]")
        for point in part.points:
            line(escape(printable(point, 2000)))
        for table in part.tables:
            show_table(console, table)
    show_notes(console, answer.checks)
    cautions(answer)
    line(NOTICE, style="dim")


def show_notes(console: Console, notes: Iterable[str]) -> None:
    """What was done to the data, one line each."""
    for note in notes:
        console.print(f"- {escape(printable(note, 500))}", highlight=False)


def cautions(answer: Answer) -> None:
    """What is to be watched."""
    for flag in answer.flags[:FLAGS]:
        click.echo(f"caution: {printable(flag, 500)}", err=True)
    if len(answer.flags) > FLAGS:
        more = len(answer.flags) - FLAGS
        click.echo(f"... and {more} more; a folder (--out FOLDER) and --json have all of them", err=True)


def show_table(console: Console, table: Table, most: int = ROWS) -> None:
    """A table of which nothing is cut: what has no blank (a name, a number) stays whole, other texts go on
    below, and a table that is wider all the same runs over the edge. Tables for the report alone are left
    out."""
    if table.detail or not table.rows:
        return
    wide = console.options.update(max_width=WIDEST)
    shown = _laid_out(table, most, 1)
    if Measurement.get(console, wide, shown).maximum > console.width:
        shown = _laid_out(table, most, 0)
    least = Measurement.get(console, wide, shown).minimum
    if table.title:
        console.print(f"[italic]{escape(table.title)}[/italic]", highlight=False)
    (console if least <= console.width else Console(width=least)).print(shown)
    if len(table.rows) > most:
        console.print(
            f"... and {len(table.rows) - most:,} more rows; a CSV file (--out) has all of them",
            highlight=False,
        )


def _laid_out(table: Table, most: int, gap: int) -> RichTable:
    shown = RichTable(box=SIMPLE_HEAD, show_edge=False, padding=(0, gap, 0, 0), pad_edge=False)
    for i, heading in enumerate(table.header):
        column = [row[i] for row in table.rows[:most]]
        right = i > 0 and all(_is_number(part) for part in column)
        whole = right or not any(" " in part for part in column)
        least = max(map(cell_len, (heading, *column))) if whole else None
        side = "right" if right else "left"
        shown.add_column(escape(heading), justify=side, min_width=least, no_wrap=whole, overflow="fold")
    for row in table.rows[:most]:
        shown.add_row(*(escape(printable(part, WIDEST)) for part in row))
    return shown


def _is_number(part: str) -> bool:
    """Whether a cell stands on the right: a number, or nothing in the place of one."""
    return (
        isinstance(part, Cell)
        or part in ("", "-")
        or part.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()
    )
