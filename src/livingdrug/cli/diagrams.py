"""`livingdrug models show NAME --diagram FILE`."""

from pathlib import Path

import click

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_bytes, write_text
from livingdrug.diagram import diagram_of, graph_of, to_dot, to_mermaid, to_svg
from livingdrug.models import Model

ENDINGS = (".svg", ".png", ".mmd", ".dot")


def write_diagram(model: Model, file: str) -> None:
    """Write the diagram of a model; the ending of the file says in which form."""
    ending = Path(file).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            f"--diagram {file}: the name ends in {ending or 'nothing'}; use {', '.join(ENDINGS[:2])} "
            f"(drawings), {ENDINGS[2]} (Mermaid) or {ENDINGS[3]} (Graphviz)"
        )
    check_writable(file)
    for doubt in model.doubts:
        click.echo(f"caution: {doubt}", err=True)
    if ending == ".png":
        write_bytes(_png(model), file)
    else:
        write_text(_text(model, ending), file)
    click.echo(f"wrote the diagram of {model.full_name} to {file}", err=True)


def _text(model: Model, ending: str) -> str:
    if ending == ".svg":
        return to_svg(diagram_of(model))
    return to_mermaid(graph_of(model)) if ending == ".mmd" else to_dot(graph_of(model))


def _png(model: Model) -> bytes:
    from io import BytesIO

    from livingdrug.plots import plot_diagram

    file = BytesIO()
    plot_diagram(diagram_of(model)).savefig(file, format="png", dpi=192, metadata={"Software": "livingdrug"})
    return file.getvalue()
