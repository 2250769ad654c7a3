"""What `check` and `nca` show and write."""

import json
import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.data import Check
from livingdrug.data.export import check_writable, write_csv
from livingdrug.data.findings import SHOWN, printable
from livingdrug.nca import NcaResult
from livingdrug.scenario import tables as scenarios
from livingdrug.scenario import to_toml


def run_check(scenario: scenarios.CheckFile, output: dict) -> None:
    """Show columns, notes and findings; exit code 2 where an analysis would be refused."""
    if output["as_scenario"]:
        click.echo(to_toml(scenario), nl=False)
        return
    if output["out"]:
        check_writable(output["out"])
    checked = scenarios.run_check(scenario)
    if output["as_json"]:
        click.echo(json.dumps(check_as_dict(checked), ensure_ascii=False))
    else:
        show_check(checked)
    if not checked.ok:
        sys.exit(2)
    if output["out"]:
        write_csv(checked.data.table(), output["out"])
        click.echo(f"wrote {checked.data.rows:,} samples to {output['out']}", err=True)


def check_as_dict(checked: Check) -> dict:
    """Plain data of a check."""
    data = checked.data
    return {
        "file": checked.name,
        "ok": checked.ok,
        "columns": [vars(column) for column in checked.columns],
        "findings": [vars(finding) for finding in checked.findings],
        "notes": list(checked.notes),
        "subjects": len(data.subjects) if data else None,
        "samples": data.rows if data else None,
        "profiles": data.profiles.n if data else None,
    }


def show_check(checked: Check) -> None:
    """Tables for a reader."""
    console = Console()
    table = Table(title=escape(checked.name), title_justify="left")
    for heading in ("your column", "our meaning", "unit", "why"):
        table.add_column(heading)
    for column in checked.columns:
        table.add_row(escape(printable(column.name)), column.meaning, escape(printable(column.unit)), column.why)
    console.print(table)
    for note in checked.notes:
        console.print(f"- {escape(printable(note, 500))}", highlight=False)
    if checked.findings:
        _show_findings(console, checked)
    if checked.ok:
        data = checked.data
        found = f"{len(data.subjects):,} subjects, {data.profiles.n:,} profiles, {data.rows:,} samples"
        console.print(f"[bold]fit for analysis[/bold]: {found}", highlight=False)
    else:
        console.print("[bold]not fit for analysis[/bold]: mend the errors and check again", highlight=False)


def _show_findings(console: Console, checked: Check) -> None:
    table = Table(title=f"{len(checked.findings)} finding(s)", title_justify="left")
    for heading in ("line", "column", "what is wrong", "how to mend it"):
        table.add_column(heading, justify="right" if heading == "line" else "left", overflow="fold")
    for f in checked.findings[:SHOWN]:
        more = f" ({f.rows} rows)" if f.rows > 1 else ""
        text = escape(printable(f.problem, 300)) + more + (" (warning)" if f.severity == "warning" else "")
        table.add_row(str(f.line), escape(printable(f.column)), text, escape(f.fix))
    console.print(table)
    if len(checked.findings) > SHOWN:
        console.print(f"... and {len(checked.findings) - SHOWN} more; --json lists all of them", highlight=False)


def run_nca(scenario: scenarios.Nca, output: dict) -> None:
    """Analyse, write, show. Nothing is written when anything is refused."""
    if output["as_scenario"]:
        click.echo(to_toml(scenario), nl=False)
        return
    if output["out"]:
        check_writable(output["out"])
    result = scenarios.run_nca(scenario)
    if output["out"]:
        frame = result.wide() if output["wide"] else result.table()
        write_csv(frame, output["out"])
        click.echo(f"wrote {len(frame):,} rows to {output['out']}", err=True)
    if output["as_json"]:
        click.echo(json.dumps(nca_as_dict(result), ensure_ascii=False))


def nca_as_dict(result: NcaResult) -> dict:
    """Plain data of an analysis; an absent number is null."""
    rows = result.table().to_dict("records")
    for row in rows:
        row["value"] = None if row["value"] != row["value"] else row["value"]
    return {
        "file": result.data.name,
        "below_limit": result.below_limit(),
        "bridge": result.data.bridge,
        "notes": list(result.data.notes),
        "results": rows,
    }
