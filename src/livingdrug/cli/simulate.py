"""`livingdrug simulate` and `livingdrug run`: run the scenario, write the table, show peaks and integrals."""

import json
import os
import sys
from pathlib import Path

import click

from livingdrug.core.errors import InputError, SolveError
from livingdrug.scenario import Simulation, run_simulation, to_toml
from livingdrug.simulation import Result, observe


def read_values(texts: tuple[str, ...]) -> dict[str, float]:
    """`NAME=VALUE` texts as a dictionary; InputError names the text that cannot be read."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            raise InputError(f"--set `{text}` cannot be read; write NAME=VALUE with a number, such as k12=6") from None
        if not equals:
            raise InputError(f"--set `{text}` has no `=`; write NAME=VALUE, such as k12=6")
    return values


def run(scenario: Simulation, out: str | None, as_json: bool, as_scenario: bool) -> None:
    """Run, write, show. Nothing is written when anything is refused."""
    if as_scenario:
        click.echo(to_toml(scenario), nl=False)
        return
    _check_writable(out)
    with _Progress() as progress:
        model, result = run_simulation(scenario, progress)
    if len(result.failed) == result.n:
        raise SolveError(f"subject {result.failed[0] + 1}: {result.reason[result.failed[0]]}")
    for notice in result.notices:
        click.echo(f"caution: {notice}", err=True)
    for i in result.failed[:10]:
        click.echo(f"subject {i + 1} was not computed: {result.reason[i]}", err=True)
    if len(result.failed) > 10:
        click.echo(f"... and {len(result.failed) - 10} more subjects", err=True)
    table = observe(model, result, scenario.limit, scenario.seed) if scenario.observe else result.table()
    if out:
        _write(table, Path(out))
        click.echo(f"wrote {len(table):,} rows to {out}", err=True)
    if as_json:
        click.echo(json.dumps({"outputs": result.summary()}))
    elif not out:
        _show(result)


def _check_writable(out: str | None) -> None:
    folder = Path(out).absolute().parent if out else None
    if folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"`{out}` cannot be written: the folder `{folder}` is missing or read-only")


def _write(table, path: Path) -> None:
    """The whole file or nothing."""
    part = path.with_name(path.name + f".{os.getpid()}.part")
    table.to_csv(part, index=False)
    part.replace(path)


def _show(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"{result.model}: {result.subjects}, 0 to {result.until:g} {result.time_unit}"
    table = Table(title=title, title_justify="left")
    for column in ("output", "unit", "CMAX", f"TMAX ({result.time_unit})", f"AUC ({result.time_unit}*unit)"):
        table.add_column(column, justify="left" if column in ("output", "unit") else "right")
    for output, row in result.summary().items():
        cells = [_cell(row[metric]) for metric in ("CMAX", "TMAX", "AUC")]
        table.add_row(output, row["unit"], *cells)
    console = Console()
    console.print(table)
    if result.n > 1:
        console.print("median (5th to 95th percentile)", style="dim")


def _cell(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else f"{value['p50']:.4g} ({value['p5']:.4g} to {value['p95']:.4g})"


class _Progress:
    """A bar on standard error, only on a terminal and only for long work."""

    def __enter__(self):
        self.bar = None
        return self

    def __call__(self, done: int, count: int) -> None:
        if count < 20 or not sys.stderr.isatty():
            return
        if self.bar is None:
            self.bar = click.progressbar(length=count, label="subjects", file=sys.stderr)
            self.bar.__enter__()
        self.bar.update(done - self.bar.pos)

    def __exit__(self, *error) -> None:
        if self.bar is not None:
            self.bar.__exit__(*error)
