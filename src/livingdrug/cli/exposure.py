"""Exposures of a population on the terminal."""

import json

import click

from livingdrug.simulation.distribution import Distribution
from livingdrug.simulation.exposure import limit_text
from livingdrug.simulation.exposure_summary import ExposureSummary

LEVELS = (5, 25, 50, 75, 95)  # what fits a terminal of 80 columns; --json has more


def show_exposures(summary: ExposureSummary, out: str | None, as_json: bool) -> None:
    """Cautions and failures on standard error, then JSON or a table of percentiles."""
    for notice in summary.notices:
        click.echo(f"caution: {notice}", err=True)
    for failure in summary.failures:
        which = f"subject {failure.subject}" if failure.count == 1 else f"the first is subject {failure.subject}"
        click.echo(f"{failure.count:,} of {summary.n:,} not computed ({failure.status}), {which}: {failure.reason}", err=True)
    if out:
        click.echo(f"wrote {summary.n * len(summary.task.outputs):,} rows to {out}", err=True)
    if as_json:
        click.echo(json.dumps(summary.summary()))
    elif not out:
        _show(summary)


def _show(summary: ExposureSummary) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    task = summary.task
    start, end = task.window
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1))
    table.add_column("", no_wrap=True)
    for level in ["value"] if summary.n == 1 else [f"{level:g} %" for level in LEVELS]:
        table.add_column(level, justify="right", no_wrap=True)
    for output, unit in zip(task.outputs, task.units, strict=True):
        table.add_row(f"[bold]{output}[/bold]")
        for label, distribution in _rows(summary, output, unit):
            table.add_row(f"  {label}", *_cells(summary, distribution))
    console = Console()
    console.print(f"{task.model.full_name}: {task.subjects}, {start:g} to {end:g} {task.model.time_unit}")
    console.print(table)
    if summary.n > 1:
        console.print(f"percentiles of the {summary.done:,} computed subjects, each within 0.1 %", style="dim")


def _rows(summary: ExposureSummary, output: str, unit: str):
    """(label with unit, distribution) of an output."""
    time = summary.task.model.time_unit
    units = {"CMAX": unit, "TMAX": time, "AUC": f"{time}*{unit}"}
    for metric, distribution in summary.metrics[output].items():
        yield f"{metric} ({units[metric]})", distribution
    for (name, value), above, last in zip(summary.task.limits, summary.above, summary.last_above, strict=True):
        if name == output:
            yield f"time above {limit_text(value)} ({time})", above
            yield f"last above {limit_text(value)} ({time})", last


def _cells(summary: ExposureSummary, distribution: Distribution) -> list[str]:
    if not distribution.count:
        return ["never"]
    values = [distribution.mean] if summary.n == 1 else distribution.percentiles(LEVELS)
    return [f"{value:.4g}" for value in values]
