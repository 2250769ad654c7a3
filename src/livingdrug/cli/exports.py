"""`livingdrug models export`: models for other tools."""

import click

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_bytes, write_text
from livingdrug.export import model_text, omex
from livingdrug.models import Model, build_model


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
    if target == "omex":
        _write_archive(model, variability, out)
        return
    text = model_text(model, target, variability)
    for doubt in (*model.doubts, *model.standing):
        click.echo(f"caution: {doubt}", err=True)
    if not out:
        click.echo(text, nl=False)
        return
    write_text(text, out)
    click.echo(f"wrote {text.count(chr(10)):,} lines for {target} to {out}", err=True)


def _write_archive(model: Model, variability: str | None, out: str | None) -> None:
    if not out:
        raise InputError("--to omex writes an archive of several files; add --out FILE.omex")
    if variability:
        raise InputError("omex holds one subject, so no variability can be chosen; leave out --variability")
    write_bytes(omex(model), out)
    for doubt in (*model.doubts, *model.standing):
        click.echo(f"caution: {doubt}", err=True)
    click.echo(f"wrote the model (SBML), its simulation (SED-ML), its curves and a manifest to {out}", err=True)
