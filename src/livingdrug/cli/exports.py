"""`livingdrug models export`: models for other tools."""

import click

from livingdrug.core.export import check_writable, write_text
from livingdrug.export import model_text
from livingdrug.models import build_model


def export_model(
    name: str,
    target: str,
    fragments: tuple[str, ...],
    variability: str | None,
    out: str | None,
    even_so: bool = False,
) -> None:
    """Print the text of a model, or write it to a file and say so."""
    if out:
        check_writable(out)
    model = build_model(name, fragments, even_so=even_so)
    text = model_text(model, target, variability)
    for doubt in model.doubts:
        click.echo(f"caution: {doubt}", err=True)
    if not out:
        click.echo(text, nl=False)
        return
    write_text(text, out)
    click.echo(f"wrote {text.count(chr(10)):,} lines for {target} to {out}", err=True)
