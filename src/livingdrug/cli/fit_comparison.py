"""What `livingdrug fit` shows and writes where methods or models are compared."""

import json

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from livingdrug.cli.output import Output
from livingdrug.cli.tables import show_notes
from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.fit.compare import MethodComparison
from livingdrug.report.answer import Table
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.fit_comparison import Comparison, run_comparison
from livingdrug.scenario.report.fit_comparison import keep_comparison, method_tables, model_tables
from livingdrug.workflows.base import keep_answer


def run_compared(scenario: Fit, output: Output, folder: str | None, resume: bool, progress) -> int:
    """Compare, write, show; gives the exit code."""
    from livingdrug.cli.fit import say_written

    if resume:
        raise InputError("only a single run of SAEM is saved on its way, so no comparison can be resumed; leave --resume out")
    found, notes = run_comparison(scenario, progress)
    if folder:
        keep_answer(scenario, folder, lambda part: keep_comparison(scenario, found, notes, part))
    elif output.out:
        write_csv(found.table(), output.out)
    if output.as_json:
        click.echo(json.dumps(_as_dict(found, notes)))
    else:
        _show(found, notes)
    say_written(output.out)
    return found.exit_code


def _as_dict(found: Comparison, notes: tuple[str, ...]) -> dict:
    rows = [{k: None if v != v else v for k, v in row.items()} for row in found.table().to_dict("records")]
    agree = {"agree": found.agree} if isinstance(found, MethodComparison) else {}
    return {"exit_code": found.exit_code, **agree, "words": list(found.words), "table": rows, "notes": list(notes)}


def _show(found: Comparison, notes: tuple[str, ...]) -> None:
    console = Console()
    methods = isinstance(found, MethodComparison)
    head = found.problem.model.full_name if methods else " and ".join(run.name for run in found.runs)
    data = found.problem.data.name if methods else found.data
    console.print(f"[bold]{escape(head)}[/bold] on {escape(data)}", highlight=False)
    show_notes(console, notes)
    for table in method_tables(found) if methods else _turned(model_tables(found)):
        _print(console, table)
    for sentence in found.words:
        console.print(sentence, highlight=False, markup=False)


def _turned(tables: tuple[Table, ...]) -> list[Table]:
    """Tables with a column for each model, which a terminal holds."""
    return [Table(t.title, ("", *(row[0] for row in t.rows)), tuple(zip(t.header[1:], *(r[1:] for r in t.rows), strict=True)))
            for t in tables if t.rows]  # fmt: skip


def _print(console: Console, table: Table) -> None:
    shown = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in table.header:
        shown.add_column(escape(heading), justify="left")
    for row in table.rows:
        shown.add_row(*(escape(cell) for cell in row))
    console.print(shown)
