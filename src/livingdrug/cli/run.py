"""Run a scenario of any kind: into a folder, or as a table, figures, JSON and words."""

import json
import sys
from functools import partial
from pathlib import Path

import click

from livingdrug.cli.later.log import logged
from livingdrug.cli.output import Output, is_folder
from livingdrug.cli.progress import Progress
from livingdrug.cli.render import cautions, show
from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable
from livingdrug.core.names import unknown
from livingdrug.core.tables import PARQUET, write_table
from livingdrug.report import REPORT, Answer, check_folder
from livingdrug.workflows import (
    Conduct,
    Document,
    NothingLeft,
    Workflow,
    check_memory,
    keep_answer,
    to_toml,
    workflow,
)


def run_scenario(scenario: Document, output: Output) -> None:
    """Print it, keep it in a folder, or show it; nothing is written when anything is refused. Ends with the
    exit code."""
    if output.as_scenario:
        click.echo(to_toml(scenario), nl=False)
        return
    with logged(output.out):
        _run(scenario, output)


def _run(scenario: Document, output: Output) -> None:
    _check_options(scenario, output)
    check_memory(
        scenario, output.memory, to_file=bool(output.out and not is_folder(output.out) and not output.plots)
    )
    folder = output.out if output.out and is_folder(output.out) else None
    kind, say = workflow(scenario.kind), partial(click.echo, err=True)
    executor = _executor(output)
    try:
        with Progress(kind.counted) as progress:
            where = {"out": None if folder else output.out, "folder": folder, "resume": output.resume}
            how = {"drawn": bool(output.plots), "shard": _shard(output), "yes": output.yes}
            conduct = Conduct(executor, progress, say=say, **how, **where)
            with kind.conducted(scenario, conduct) as own:
                run = partial(_keep, folder) if folder else _show
                code = run(kind, scenario, output, own or conduct)
    except NothingLeft as left:
        if output.as_json:
            click.echo(json.dumps(plain(left.plain), ensure_ascii=False))
        click.echo(str(left), err=True)
        code = left.code
    if code:
        sys.exit(code)


def _check_options(scenario: Document, output: Output) -> None:
    """Refuse what only some kinds heed: `run` takes the options of all."""
    for name in ("resume", "shard"):
        if getattr(output, name) and name not in scenario.OUTPUTS:
            raise InputError(f"a `{scenario.kind}` scenario runs as a whole; leave out --{name}")


def _shard(output: Output):
    """The part that is computed; None for all."""
    if output.shard is None:
        return None
    from livingdrug.scale import read_shard

    return read_shard(output.shard)


def _executor(output: Output):
    """Who computes the subjects; None for this process."""
    if output.workers is None and output.dask is None:
        return None
    from livingdrug.scale import choose_executor

    return choose_executor(output.workers, output.dask)


def _keep(folder: str, kind: Workflow, scenario: Document, output: Output, conduct: Conduct) -> int:
    """Run into the folder and say what came out."""
    if output.plots or output.wide or output.layout:
        more = "leave out --plots, --wide and --as, or name a table that ends in .csv"
        raise InputError(f"the folder `{output.out}` will hold tables and figures; {more}")
    found = []

    def write(at: Path) -> Answer:
        answer, came = kind.keep_run(scenario, at, conduct)
        found.append(came)
        return answer

    answer = keep_answer(scenario, folder, write)
    _tell(kind, scenario, found[0], answer, output)
    click.echo(f"wrote {folder}: open {Path(folder) / REPORT}", err=True)
    return kind.exit_code(scenario, found[0], answer)


def _show(kind: Workflow, scenario: Document, output: Output, conduct: Conduct) -> int:
    """Run, write, show."""
    if output.out:
        check_writable(output.out)
        if output.layout and Path(output.out).suffix.lower() == PARQUET:
            raise InputError(
                f"--as {output.layout} writes a text for another program; end the name `{output.out}` in .csv"
            )
    if output.plots:
        check_folder(output.plots)
    found = kind.run(scenario, conduct)
    answer = kind.answer(scenario, found)
    if answer.ok:
        _write(kind, scenario, found, output)
        _draw(kind, scenario, found, output)
    _tell(kind, scenario, found, answer, output)
    return kind.exit_code(scenario, found, answer)


def _tell(kind: Workflow, scenario: Document, found, answer: Answer, output: Output) -> None:
    """The answer as JSON or in words; what JSON does not hold of cautions goes to standard error."""
    if not output.as_json:
        show(answer)
        return
    told = kind.plain(scenario, found)
    if not (isinstance(told, dict) and told.keys() & {"notes", "notices", "flags"}):
        cautions(answer)
    click.echo(json.dumps(plain(told), ensure_ascii=False))


def _write(kind: Workflow, scenario: Document, found, output: Output) -> None:
    """The table to its CSV file, in the layout that is asked for."""
    layout = output.layout or ("wide" if output.wide else None)
    if layout and not output.out:
        raise InputError(f"--as {layout} was given without a file to write; add --out FILE.csv")
    if not output.out:
        return
    notes, columns = (), {}
    if layout:
        known = kind.layouts(found)
        if layout not in known:
            raise InputError("--as: " + unknown("layout", layout, known))
        table, notes, columns = known[layout]()
    else:
        table = kind.table(scenario, found)
    if table is None:
        if Path(output.out).exists():  # written as it came
            click.echo(f"wrote {output.out}", err=True)
        return
    rows = write_table(table, output.out)
    click.echo(f"wrote {rows:,} rows to {output.out}", err=True)
    for note in notes:
        click.echo(f"- {note}", err=True)
    _say_reading(columns, output.out)


def _say_reading(columns: dict[str, str], out: str) -> None:
    """How a table in another layout is read back."""
    import shlex

    told = " ".join(f"--column {shlex.quote(f'{yours}={ours}')}" for yours, ours in columns.items())
    if told:
        click.echo(f"to read it back: livingdrug check {shlex.quote(str(out))} {told}", err=True)


def _draw(kind: Workflow, scenario: Document, found, output: Output) -> None:
    if output.plots:
        made = kind.draw(scenario, found, output.plots)
        said = (
            f"wrote figures to {output.plots}"
            if made
            else ("there is nothing to draw, so there is no figure")
        )
        click.echo(said, err=True)


def plain(value):
    """Plain data; nan has no place in JSON and is null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and value != value else value
