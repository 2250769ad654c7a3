"""`livingdrug models`: the catalogue, one model, the checks."""

import click
from rich.console import Console
from rich.table import Table

from livingdrug.models.build import build_model
from livingdrug.models.catalogue import get_fragment, get_model, list_fragments, list_models
from livingdrug.models.conformance import fit, problems
from livingdrug.models.equations import latex_equations, plain_equations
from livingdrug.models.model import Model, plain_symbol


def print_catalogue() -> None:
    """Models, then which fragment fits which model."""
    console = Console()
    table = Table(title="models", title_justify="left")
    for column in ("name", "what it is", "spread", "fragments that fit"):
        table.add_column(column)
    for name in list_models():
        model = get_model(name)
        fits = []
        for fragment in list_fragments():
            verdict = fit(model, fragment)
            if verdict == "fits":
                fits.append(fragment)
            elif verdict.startswith("fits with"):
                fits.append(f"{fragment} ({verdict.removeprefix('fits ')})")
        spread = ", ".join(p.name for p in model.populations) or "none published"
        table.add_row(name, model.title, spread, ", ".join(fits) or "none")
    console.print(table)
    table = Table(title="fragments", title_justify="left")
    for column in ("name", "what it adds"):
        table.add_column(column)
    for name in list_fragments():
        table.add_row(name, get_fragment(name).title)
    console.print(table)


def print_model(name: str, fragments: tuple[str, ...], latex: bool, toml: bool) -> None:
    """Everything about one model."""
    model = build_model(name, fragments)
    if toml:
        from livingdrug.models.text import to_toml

        click.echo(to_toml(model), nl=False)
        return
    if latex:
        click.echo("\n".join(latex_equations(model)))
        return
    console = Console()
    console.print(f"[bold]{model.full_name}[/bold]: {model.title}\n")
    _print_equations(console, model)
    _print_parameters(console, model)
    for population in model.populations:
        spreads = ", ".join(f"{n} {s.given} {s.value:g}" for n, s in population.spreads.items())
        console.print(f"spread [bold]{population.name}[/bold]: {spreads} ({population.meaning or population.source.line()})")
    if model.anchors:
        console.print("\n[bold]Anchors[/bold] (numbers that the model must reproduce)")
        for anchor in model.anchors:
            console.print(f"  {anchor.name}: {anchor.value:g} {anchor.unit}, within {anchor.rtol:g}", highlight=False)
    console.print("\n[bold]Deviations and cautions[/bold]")
    for text in (*model.deviations, *(d for f in model.fragments for d in f.deviations)):
        console.print(f"  - {text}", highlight=False, markup=False)


def _print_equations(console: Console, model: Model) -> None:
    table = Table(title="equations", title_justify="left")
    for column in ("name", "moves", "rate"):
        table.add_column(column, overflow="fold")
    for row in plain_equations(model):
        table.add_row(*row)
    console.print(table)


def _print_parameters(console: Console, model: Model) -> None:
    table = Table(title="parameters", title_justify="left")
    for column in ("name", "symbol", "value", "unit", "meaning", "source"):
        table.add_column(column, overflow="fold")
    for q in model.quantities:
        symbol = plain_symbol(q.symbol)
        table.add_row(q.name, symbol, f"{model.typical[q.name]:.10g}", q.unit, q.meaning, model.source_of(q.name).line())
    console.print(table)


def print_check(name: str | None) -> bool:
    """Static checks and anchors; True when all passed."""
    from livingdrug.simulation.conformance import check_anchors

    good = True
    for model in [build_model(name)] if name else [get_model(n) for n in list_models()]:
        found = problems(model)
        anchors = [] if found else check_anchors(model)
        failed = [a for a in anchors if not a.passed]
        verdict = "FAIL" if found or failed else "pass"
        good &= verdict == "pass"
        click.echo(f"{verdict}  {model.name}: {len(anchors)} anchors")
        for problem in found:
            click.echo(f"      {problem}")
        for result in failed:
            anchor = result.anchor
            expected = f"expected {anchor.value:g} {anchor.unit} within {anchor.rtol:g}"
            click.echo(f"      {anchor.name}: {result.computed:.8g}, {expected}")
    return good
