"""`livingdrug simulate` and `livingdrug run`: run the scenario, write the table, show peaks and integrals."""

import json

import click

from livingdrug.cli.exposure import show_exposures
from livingdrug.cli.output import Output
from livingdrug.cli.progress import Progress
from livingdrug.core.errors import InputError, SolveError
from livingdrug.models import Model
from livingdrug.scale.blocks import Serial
from livingdrug.scale.runs import choose_executor, run_curves, run_exposures
from livingdrug.scenario import Simulation, plan
from livingdrug.simulation import Result, observe
from livingdrug.simulation.exposure import ExposureTask


def read_values(texts: tuple[str, ...]) -> dict[str, float]:
    """`NAME=VALUE` texts as a dictionary; InputError names the text that cannot be read."""
    return dict(_pair("--set", text, "NAME=VALUE", "k12=6") for text in texts)


def read_above(texts: tuple[str, ...]) -> dict[str, float | tuple[float, ...]]:
    """`OUTPUT=VALUE` texts as a dictionary, several values of an output as a tuple."""
    limits: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, value = _pair("--above", text, "OUTPUT=VALUE", "car_t_blood=0.05")
        limits[name] = (*limits.get(name, ()), value)
    return {name: values if len(values) > 1 else values[0] for name, values in limits.items()}


def doses_of_file(text: str, model: str, fragments: tuple[str, ...]) -> tuple[str, ...]:
    """Doses (as texts) of one subject of a file, as a fit of the model reads its rows; text: `FILE=SUBJECT`."""
    from livingdrug.core.names import unknown
    from livingdrug.data import Reading, read_data
    from livingdrug.fit import regimens_of
    from livingdrug.models import build_model
    from livingdrug.simulation.dose_text import write_dose

    file, equals, subject = text.rpartition("=")
    if not equals:
        raise InputError(f"--doses-from `{text}` names no subject; write FILE=SUBJECT")
    built = build_model(model, fragments)
    data = read_data(file, Reading(untreated=True, duplicates="keep"))
    regimens, notes = regimens_of(built, data)
    if subject not in regimens:
        raise InputError("--doses-from: " + unknown("subject", subject, list(regimens)))
    for note in notes:
        click.echo(note, err=True)
    return tuple(write_dose(record) for record in regimens[subject].records)


def _pair(option: str, text: str, form: str, example: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        raise InputError(f"{option} `{text}` cannot be read; write {form} with a number, such as {example}") from None
    if not equals:
        raise InputError(f"{option} `{text}` has no `=`; write {form}, such as {example}")
    return name.strip(), number


def run(scenario: Simulation, output: Output) -> None:
    """Run, write, show. Nothing is written when anything is refused."""
    executor = choose_executor(output.workers, output.dask)
    if executor != Serial() and scenario.subjects is None and not output.as_scenario:
        raise InputError("there is one subject, nothing to share among workers; give a number of subjects, such as -n 1000")
    if output.is_settled(scenario):
        return
    task = plan(scenario)
    exposure = isinstance(task, ExposureTask)
    with Progress() as progress:
        done = run_exposures(task, executor, output.out, progress) if exposure else run_curves(task, executor, progress)
    if exposure:
        show_exposures(done, output.out, output.as_json)
    else:
        _finish(scenario, task.model, done, output)


def _finish(scenario: Simulation, model: Model, result: Result, output: Output) -> None:
    """Failures and cautions on standard error, the table to its file, peaks and integrals to the terminal."""
    if len(result.failed) == result.n:
        raise SolveError(f"subject {result.failed[0] + 1}: {result.reason[result.failed[0]]}")
    for notice in result.notices:
        click.echo(f"caution: {notice}", err=True)
    for i in result.failed[:10]:
        click.echo(f"subject {i + 1} was not computed: {result.reason[i]}", err=True)
    if len(result.failed) > 10:
        click.echo(f"... and {len(result.failed) - 10} more subjects", err=True)
    table = observe(model, result, scenario.limit, scenario.seed) if scenario.observe else result.table()
    output.write(table)
    if output.as_json:
        click.echo(json.dumps({"outputs": result.summary()}))
    elif not output.out:
        _show(result)


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
