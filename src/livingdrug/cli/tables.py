"""What `livingdrug check` shows and writes."""

import json
import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.data import Check, Finding
from livingdrug.data.endpoints import Endpoints
from livingdrug.data.findings import SHOWN, printable
from livingdrug.scenario import tables as scenarios


def run_check(scenario: scenarios.CheckFile, output: Output) -> None:
    """Show columns, notes and findings; exit code 2 where an analysis would be refused."""
    if output.is_settled(scenario):
        return
    if output.layout:
        from livingdrug.cli.exports import check_layout

        check_layout(output)
    checked, endpoints = scenarios.run_check(scenario)
    if output.as_json:
        click.echo(json.dumps(check_as_dict(checked, endpoints), ensure_ascii=False))
    else:
        show_check(checked, endpoints)
    if not checked.ok or (endpoints and not endpoints.ok):
        sys.exit(2)
    if output.layout:
        from livingdrug.cli.exports import export_data

        export_data(checked.data, output)
    else:
        output.write(checked.data.table(), "samples")


def check_as_dict(checked: Check, endpoints: Endpoints | None = None) -> dict:
    """Plain data of a check."""
    data = checked.data
    made = {
        "file": checked.name,
        "ok": checked.ok,
        "columns": [vars(column) for column in checked.columns],
        "findings": [vars(finding) for finding in checked.findings],
        "notes": list(checked.notes),
        "subjects": len(data.subjects) if data else None,
        "samples": data.rows if data else None,
        "profiles": data.profiles.n if data else None,
    }
    if endpoints:
        made["endpoints"] = {
            "file": endpoints.name,
            "ok": endpoints.ok,
            "columns": [vars(column) for column in endpoints.columns],
            "findings": [vars(finding) for finding in endpoints.findings],
            "notes": list(endpoints.notes),
            "subjects": len(endpoints.subjects),
        }
    return made


def show_check(checked: Check, endpoints: Endpoints | None = None) -> None:
    """Tables for a reader."""
    console = Console()
    for part in filter(None, (checked, endpoints)):
        _show_columns(console, part)
        show_notes(console, part.notes)
        if part.findings:
            _show_findings(console, part.findings)
    if endpoints:
        console.print(f"{escape(endpoints.name)}: {len(endpoints.subjects):,} subjects with endpoints", highlight=False)
    if checked.ok:
        data = checked.data
        found = f"{len(data.subjects):,} subjects, {data.profiles.n:,} profiles, {data.rows:,} samples"
        console.print(f"[bold]fit for analysis[/bold]: {found}", highlight=False)
    else:
        console.print("[bold]not fit for analysis[/bold]: mend the errors and check again", highlight=False)


def _show_columns(console: Console, part: Check | Endpoints) -> None:
    table = Table(title=escape(part.name), title_justify="left")
    for heading in ("your column", "our meaning", "unit", "why"):
        table.add_column(heading)
    for column in part.columns:
        table.add_row(escape(printable(column.name)), column.meaning, escape(printable(column.unit)), column.why)
    console.print(table)


def show_notes(console: Console, notes) -> None:
    """What was done to the data, one line each."""
    for note in notes:
        console.print(f"- {escape(printable(note, 500))}", highlight=False)


def _show_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    table = Table(title=f"{len(findings)} finding(s)", title_justify="left")
    for heading in ("line", "column", "what is wrong", "how to mend it"):
        table.add_column(heading, justify="right" if heading == "line" else "left", overflow="fold")
    for f in findings[:SHOWN]:
        more = f" ({f.rows} rows)" if f.rows > 1 else ""
        text = escape(printable(f.problem, 300)) + more + (" (warning)" if f.severity == "warning" else "")
        table.add_row(str(f.line), escape(printable(f.column)), text, escape(f.fix))
    console.print(table)
    if len(findings) > SHOWN:
        console.print(f"... and {len(findings) - SHOWN} more; --json lists all of them", highlight=False)
