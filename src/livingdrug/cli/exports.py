"""`livingdrug models export`: models for other tools."""

import click

from livingdrug.core.export import check_writable, write_text
from livingdrug.export import model_text
from livingdrug.models import build_model


def export_model(name: str, target: str, fragments: tuple[str, ...], variability: str | None, out: str | None) -> None:
    """Print the text of a model, or write it to a file and say so."""
    if out:
        check_writable(out)
    text = model_text(build_model(name, fragments), target, variability)
    if not out:
        click.echo(text, nl=False)
        return
    write_text(text, out)
    click.echo(f"wrote {text.count(chr(10)):,} lines for {target} to {out}", err=True)
