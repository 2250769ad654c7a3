"""`livingdrug models export` and `check --as`: models and data for other tools."""

import shlex

import click

from livingdrug.cli.output import Output
from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_text
from livingdrug.core.names import unknown
from livingdrug.data import Data
from livingdrug.export import data_file, model_text
from livingdrug.export.data_file import LAYOUTS
from livingdrug.scenario import build_model


def export_model(name: str, target: str, fragments: tuple[str, ...], spread: str | None, out: str | None) -> None:
    """Print the text of a model, or write it to a file and say so."""
    if out:
        check_writable(out)
    text = model_text(build_model(name, fragments), target, spread)
    if not out:
        click.echo(text, nl=False)
        return
    write_text(text, out)
    click.echo(f"wrote {text.count(chr(10)):,} lines for {target} to {out}", err=True)


def check_layout(output: Output) -> None:
    """Refuse a layout that is not known, or one without a file to write."""
    if output.layout not in LAYOUTS:
        raise InputError("--as: " + unknown("layout", output.layout, LAYOUTS))
    if not output.out:
        raise InputError(f"--as {output.layout} was given without a file to write; add --out FILE.csv")


def export_data(data: Data, output: Output) -> None:
    """Write the data as another tool takes them; say what was changed and how the file is read back."""
    made = data_file(data, output.layout)
    output.write(made.table)
    for note in made.notes:
        click.echo(f"- {note}", err=True)
    told = " ".join(f"--column {shlex.quote(f'{yours}={ours}')}" for yours, ours in made.reading.columns.items())
    if told:
        click.echo(f"to read it back: livingdrug check {shlex.quote(str(output.out))} {told}", err=True)
