"""An answer on the terminal: the same words and tables that a report has."""

from functools import partial

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as RichTable

from livingdrug.core.words import NOTICE
from livingdrug.data.findings import printable
from livingdrug.report.answer import Answer, Cell, Table

FLAGS = 20  # that are shown; a report has all of them
ROWS = 60


def show(answer: Answer) -> None:
    """Sentences, tables, what was done to the data; cautions go to standard error."""
    console = Console()
    line = partial(console.print, highlight=False, soft_wrap=not console.is_terminal)  # in a pipe a sentence is one line
    line(f"[bold]{escape(printable(answer.title, 200))}[/bold]")
    for sentence in answer.sentences:
        line(escape(printable(sentence, 2000)))
    for table in (*answer.check_tables, *answer.tables):
        show_table(console, table)
    for part in answer.parts:
        if any(not t.detail for t in part.tables):
            line(f"[bold]{escape(part.title)}[/bold]")
        for table in part.tables:
            show_table(console, table)
    for note in answer.checks:
        line(f"- {escape(printable(note, 500))}")
    cautions(answer)
    line(NOTICE, style="dim")


def cautions(answer: Answer) -> None:
    """What is to be watched."""
    for flag in answer.flags[:FLAGS]:
        click.echo(f"caution: {printable(flag, 500)}", err=True)
    if len(answer.flags) > FLAGS:
        more = len(answer.flags) - FLAGS
        click.echo(f"... and {more} more; a folder (--out FOLDER) and --json have all of them", err=True)


def show_table(console: Console, table: Table, most: int = ROWS) -> None:
    """A table with its first column, which names things, whole; tables for the report alone are left out."""
    if table.detail or not table.rows:
        return
    shown = RichTable(title=escape(table.title), title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(table.header):
        right = all(isinstance(row[i], Cell) or row[i] in ("", "-") for row in table.rows)
        side = "right" if right and i else "left"
        whole = i == 0 or right  # numbers and names are never cut or broken
        least = max(cell_len(printable(row[i], 300)) for row in table.rows[:most]) if whole else None
        shown.add_column(escape(heading), justify=side, no_wrap=whole, overflow="fold", min_width=least)
    for row in table.rows[:most]:
        shown.add_row(*(escape(printable(part, 300)) for part in row))
    # where they need more than the terminal has, lines run over its edge
    need = Measurement.get(console, console.options, shown).minimum
    console.print(shown, width=max(need, console.width), crop=False)
    if len(table.rows) > most:
        console.print(f"... and {len(table.rows) - most:,} more rows; a CSV file (--out) has all of them", highlight=False)
