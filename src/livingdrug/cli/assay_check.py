"""What `livingdrug assay check` shows and writes."""

import json
import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.assay import AssayCheck, AssayReading, Plate, check
from livingdrug.assay.check import SHOWN
from livingdrug.cli.render import show_notes
from livingdrug.core.words import RESEARCH
from livingdrug.data import Finding, printable


def run_check(
    files, plan: str | None, events: str | None, reading: AssayReading, out: str | None, as_json: bool
) -> None:
    """Show what was understood and what is wrong; exit code 2 where a fit would be refused."""
    if out:
        from livingdrug.report import check_folder

        check_folder(out)
    checked = check(files, plan, events, reading)
    click.echo(json.dumps(as_dict(checked), ensure_ascii=False)) if as_json else show(checked)
    if not checked.ok:
        sys.exit(2)
    if out:
        write(checked, out, reading.size)


def as_dict(checked: AssayCheck) -> dict:
    """Plain data of a check."""
    return {
        "ok": checked.ok,
        "files": [
            {
                "file": f.name,
                "layouts": list(f.layouts),
                "columns": [vars(column) for column in f.columns],
                "findings": [vars(finding) for finding in f.findings],
                "notes": list(f.notes),
            }
            for f in checked.files
        ],
        "quality": [vars(finding) for finding in checked.quality.findings],
        "plate": summary(checked.plate) if checked.plate else None,
    }


def summary(plate: Plate) -> dict:
    """Numbers of a plate that a reader looks for first."""
    r, w = plate.readings, plate.wells
    return {
        "plates": sorted(set(w.plate)),
        "wells": w.n,
        "roles": {role or "not mapped": int((w.role == role).sum()) for role in dict.fromkeys(w.role)},
        "constructs": sorted(set(w.construct) - {""}),
        "donors": sorted(set(w.donor) - {""}),
        "quantities": list(plate.quantities()),
        "readings": r.n,
        "flags": {flag: int((r.flag == flag).sum()) for flag in dict.fromkeys(r.flag) if flag},
        "hours": [float(r.time.min()), float(r.time.max())] if r.n else None,
        "events": {kind: int((plate.events.kind == kind).sum()) for kind in dict.fromkeys(plate.events.kind)},
    }


def show(checked: AssayCheck) -> None:
    """Tables for a reader."""
    console = Console()
    for f in checked.files:
        console.print(f"[bold]{escape(f.name)}[/bold]: {', '.join(f.layouts) or 'no table'}", highlight=False)
        if f.columns:
            _columns(console, f.columns)
        show_notes(console, f.notes)
        if f.findings:
            _findings(console, f.findings)
    if checked.quality.findings:
        _findings(console, checked.quality.findings)
    if not checked.ok:
        console.print("[bold]not fit for analysis[/bold]: mend the errors and check again", highlight=False)
        return
    found = summary(checked.plate)
    roles = ", ".join(f"{n} {role.replace('_', ' ')}" for role, n in found["roles"].items())
    low, high = found["hours"]
    console.print(
        f"[bold]fit for analysis[/bold]: {found['wells']} wells ({roles}), {found['readings']:,} readings of "
        f"{', '.join(found['quantities'])} from {low:g} to {high:g} h",
        highlight=False,
    )
    warnings = checked.of("warning")
    if warnings:
        console.print(f"{len(warnings)} warning(s): look at them before a fit", highlight=False)
    console.print(RESEARCH, highlight=False)


def _columns(console: Console, columns) -> None:
    table = Table()
    for heading in ("your column", "our meaning", "unit", "why"):
        table.add_column(heading)
    for column in columns:
        table.add_row(
            escape(printable(column.name)), column.meaning, escape(printable(column.unit)), escape(column.why)
        )
    console.print(table)


def _findings(console: Console, findings: tuple[Finding, ...]) -> None:
    table = Table(title=f"{len(findings)} finding(s)", title_justify="left")
    for heading in ("line", "what is wrong", "how to mend it"):
        table.add_column(heading, justify="right" if heading == "line" else "left", overflow="fold")
    for f in findings[:SHOWN]:
        more = f" ({f.rows} rows)" if f.rows > 1 else ""
        text = escape(printable(f.problem, 400)) + more + (" (warning)" if f.severity == "warning" else "")
        table.add_row(str(f.line or ""), text, escape(printable(f.fix, 300)))
    console.print(table)
    if len(findings) > SHOWN:
        console.print(f"... and {len(findings) - SHOWN} more; --json lists all of them", highlight=False)


def write(checked: AssayCheck, out: str, size: int) -> None:
    """Write the tables of a check, and a heat map of each check of the plate, into a folder."""
    from pathlib import Path

    import pandas as pd

    from livingdrug.core.export import write_csv
    from livingdrug.plots import plot_plates
    from livingdrug.report import save

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    found = checked.of("error") + checked.of("warning")
    rows = [{"file": name, **vars(finding)} for name, finding in found]
    names = ["file", *Finding.__dataclass_fields__]
    tables = {
        "readings.csv": checked.plate.table(),
        "events.csv": checked.plate.event_table(),
        "findings.csv": pd.DataFrame(rows, columns=names),
    }
    for name, table in tables.items():
        write_csv(table, folder / name)
    figures = plot_plates(checked.plate, checked.quality.maps, size)
    for name, figure in figures.items():
        save(figure, folder, f"plate_{name}")
    heat = f" and {len(figures)} heat map(s)" if figures else ""
    click.echo(f"wrote {', '.join(tables)}{heat} to {out}", err=True)
