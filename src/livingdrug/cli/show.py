"""`livingdrug models`: the catalogue, one model, the checks."""

from collections.abc import Mapping

import click
from rich.console import Console
from rich.markup import escape

from livingdrug.cli.render import show_table
from livingdrug.core.errors import InputError
from livingdrug.models import (
    Model,
    build_model,
    find_models,
    get_fragment,
    get_model,
    latex_equations,
    list_fragments,
    list_models,
    plain_equations,
    plain_symbol,
)
from livingdrug.models.conformance import joining, problems
from livingdrug.report import Table, number, spread_words


def print_catalogue(wanted: Mapping[str, str | None]) -> None:
    """Models (those with the wanted words), then the fragments."""
    console, found = Console(), find_models(**{key: word or "" for key, word in wanted.items()})
    if not found:
        asked = ", ".join(f"{key} `{word}`" for key, word in wanted.items() if word)
        raise InputError(f"no model has {asked}; leave one of them out (`livingdrug models` lists all)")
    rows = []
    for name in found:
        model = get_model(name)
        about = model.about
        count = f", {len(model.values)} vectors" if len(model.values) > 1 else ""
        of = f"{', '.join(about.disease)}; {', '.join(about.target)}; {about.kind}{count}" if about else ""
        rows.append((name, model.title, of))
    _show(console, f"{len(found)} model{'s' if len(found) > 1 else ''}", ("name", "what it is", "of"), rows)
    hint = (
        "`livingdrug models show NAME` says what a model is for and which fragments fit it; NAME:VECTOR "
        "takes another"
    )
    console.print(f"{hint} vector.", style="dim")
    if any(wanted.values()):
        return
    _show(
        console, "fragments", ("name", "what it adds"), [(n, get_fragment(n).title) for n in list_fragments()]
    )


def _show(console: Console, title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    show_table(console, Table(title, header, tuple(rows)), most=len(rows))


def print_about(console: Console, model: Model) -> None:
    """Five lines: what for, from what, what it can and cannot do, how to run it."""
    about = model.about
    if about is None:
        return
    fragments = "".join(f" --with {f.name}" for f in model.fragments)
    run = f"livingdrug simulate {model.name}{':' + model.vector if model.vector else ''}{fragments}"
    if model.populations:
        run += " -n 200" + (
            f" --variability {model.populations[-1].name}" if len(model.populations) > 1 else ""
        )
    origin = f"{about.origin} ({about.kind}; {about.licence or 'licence not stated'})"
    words = {"for": about.purpose, "from": origin, "can": about.can, "cannot": about.cannot, "run": run}
    for word, text in words.items():
        console.print(f"[bold]{word:>6}[/bold]  {escape(text)}", highlight=False)
    vectors = [v.name for v in model.values]
    if len(vectors) > 1:
        how = f"{len(vectors)} vectors, {model.name}:{vectors[1]} takes another: {', '.join(vectors)}"
        console.print(f"[bold]{'of':>6}[/bold]  {how}", highlight=False)
    console.print()


def print_fits(console: Console, model: Model) -> None:
    """Which fragments fit the model."""
    there = {f.name for f in model.fragments}
    joins = {name: joining(model, name) for name in list_fragments() if name not in there}
    fits = [
        f"{name} (with {join.partner})" if join.partner else name for name, join in joins.items() if join.fits
    ]
    console.print("\n[bold]Fragments that fit[/bold]  " + (", ".join(fits) or "none"), highlight=False)


def print_model(
    name: str,
    fragments: tuple[str, ...],
    latex: bool,
    toml: bool,
    diagram: str | None = None,
    even_so: bool = False,
) -> None:
    """Everything about one model; with `diagram` only that file is written."""
    model = build_model(name, fragments, even_so=even_so)
    if diagram:
        from livingdrug.cli.diagrams import write_diagram

        write_diagram(model, diagram)
        return
    if toml:
        from livingdrug.models import to_toml

        click.echo(to_toml(model), nl=False)
        return
    if latex:
        click.echo("\n".join(latex_equations(model)))
        return
    console = Console()
    console.print(f"[bold]{model.full_name}[/bold]: {model.title}\n")
    for doubt in model.doubts:
        console.print(f"caution: {doubt}", style="bold red", highlight=False, markup=False)
    print_about(console, model)
    _show(console, "equations", ("name", "moves", "rate"), plain_equations(model))
    _print_parameters(console, model)
    for population in model.populations:
        said = population.meaning or population.source.line()
        words = spread_words(population)
        console.print(f"between-subject variability (IIV) [bold]{population.name}[/bold]: {words} ({said})")
    _print_fit(console, model)
    if model.anchors:
        console.print("\n[bold]Anchors[/bold] (numbers that the model must reproduce)")
        for anchor in model.anchors:
            console.print(
                f"  {anchor.name}: {anchor.value:g} {anchor.unit}, within {anchor.rtol:g}", highlight=False
            )
    console.print("\n[bold]Deviations and cautions[/bold]")
    for text in (*model.deviations, *(d for f in model.fragments for d in f.deviations)):
        console.print(f"  - {text}", highlight=False, markup=False)
    print_fits(console, model)


def _print_parameters(console: Console, model: Model) -> None:
    header = ("name", "symbol", "value", "unit", "meaning", "source")
    rows = [
        (
            q.name,
            plain_symbol(q.symbol),
            model.shown_value(q.name),
            q.unit,
            q.meaning,
            model.source_of(q.name).line(),
        )
        for q in model.quantities
    ]
    _show(console, "parameters", header, rows)


def _print_fit(console: Console, model: Model) -> None:
    """The estimates of a fitted model."""
    if model.fitted is None:
        return
    console.print(
        f"\n[bold]Fit[/bold]  {escape(model.fitted.model)} {escape(model.fitted.line)}", highlight=False
    )
    rows = []
    for e in model.fitted.estimates:
        ends = (
            f"{number(e.lower)} to {number(e.upper)}" if e.lower is not None and e.upper is not None else ""
        )
        mark = "fixed" if e.fixed else "" if e.determined else "not determined"
        rows.append((e.name, e.kind, number(e.value), "" if e.se is None else number(e.se), mark or ends))
    _show(console, "estimates", ("name", "kind", "value", "SE", "95 % interval"), rows)


def print_check(name: str | None, even_so: bool = False) -> bool:
    """Static checks and anchors; True when all passed."""
    from livingdrug.simulation import check_anchors

    good = True
    for model in [build_model(name, even_so=even_so)] if name else [get_model(n) for n in list_models()]:
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
