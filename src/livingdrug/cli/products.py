"""What `livingdrug compare` shows and writes."""

import json

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.cli.tables import show_notes
from livingdrug.data.findings import printable
from livingdrug.products import Comparison, Placement
from livingdrug.scenario import tables as scenarios


def run_compare(scenario: scenarios.Compare, output: Output) -> None:
    """Analyse, place, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    comparison = scenarios.run_compare(scenario)
    output.write(comparison.table())
    if output.plots:
        from livingdrug.scenario.report.pictures import write_comparison_picture

        made = write_comparison_picture(comparison, output.plots)
        said = f"wrote pictures to {output.plots}" if made else "no published number can be placed, so there is no picture"
        click.echo(said, err=True)
    if output.as_json:
        click.echo(json.dumps(comparison_as_dict(comparison), ensure_ascii=False))
    else:
        show_comparison(comparison)


def comparison_as_dict(comparison: Comparison) -> dict:
    """Plain data of a comparison; what is not known is null."""
    rows = comparison.table().to_dict("records")
    for row in rows:
        row.update({k: None for k, v in row.items() if isinstance(v, float) and v != v})
    data = comparison.result.data
    return {
        "product": comparison.product,
        "file": data.name,
        "bridge": data.bridge,
        "notes": [*data.notes, *comparison.notes],
        "groups": [_placement_as_dict(p) for p in comparison.placements],
        "subjects": rows,
    }


def _placement_as_dict(placed: Placement) -> dict:
    numbers = {"ratio": placed.ratio, "ratio_low": placed.low, "ratio_high": placed.high}
    return {
        **vars(placed.fact), "yours": len(placed.members), "cautions": list(placed.cautions), "absent": placed.absent,
        **{name: None if np.isnan(value) else value for name, value in numbers.items()},
    }  # fmt: skip


def show_comparison(comparison: Comparison) -> None:
    """A table for each output of the user's; differences and sources below it."""
    console = Console()
    result = comparison.result
    console.print(f"[bold]{escape(result.data.name)}[/bold] beside [bold]{comparison.product}[/bold]", highlight=False)
    show_notes(console, (*result.data.notes, *comparison.notes))
    for title, placements in comparison.parts():
        _show_group(console, placements, escape(printable(title, 200)))
    if result.data.bridge:
        console.print(f"[bold]stamp[/bold]: {escape(result.data.bridge)}", highlight=False)


def _show_group(console: Console, placements: list[Placement], title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]", highlight=False)
    cautions: dict[str, int] = {}
    sources = dict.fromkeys(p.fact.source for p in placements)
    table = None
    previous = None
    for placed in placements:
        fact = placed.fact
        if fact.group != previous:
            _print_part(console, table)
            console.print(escape(printable(fact.group)), highlight=False)
            table, previous = _part(), fact.group
        marks = [cautions.setdefault(text, len(cautions) + 1) for text in (*placed.cautions, placed.absent) if text]
        name = f"{fact.parameter} {fact.unit}"
        table.add_row(name, fact.printed, _ratio(placed), _percentiles(placed), _marks(marks))
    _print_part(console, table)
    for text, mark in cautions.items():
        console.print(f"  {mark}  {escape(text)}", highlight=False, style="dim")
    console.print("ratio: your geometric mean / the published one; percentile: median (range) of your subjects in the "
                  "published spread", highlight=False, style="dim")  # fmt: skip
    console.print("published by: " + escape("; ".join(sources)), highlight=False, style="dim")


def _part() -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    widths = {"": 17, "published": 20, "ratio (95 %)": 19, "percentile": 14, "see": 4}
    for heading, width in widths.items():
        table.add_column(heading, justify="right" if heading else "left", min_width=width, header_style="dim")
    return table


def _print_part(console: Console, table: Table | None) -> None:
    if table is not None:
        console.print(table)


def _marks(marks: list[int]) -> str:
    return " ".join(map(str, sorted(marks)))


def _ratio(placed: Placement) -> str:
    if np.isnan(placed.ratio):
        return "-"
    interval = "" if np.isnan(placed.low) else f" ({placed.low:.2g}-{placed.high:.2g})"
    return f"{placed.ratio:.2g}{interval}"


def _percentiles(placed: Placement) -> str:
    """Median and range over the user's subjects, or how many lie in the published range."""
    known = placed.percentile[np.isfinite(placed.percentile)]
    if not len(known):
        return placed.fact.in_range(placed.values) or "-"
    return f"{np.median(known):.0f}" + ("" if len(known) == 1 else f" ({known.min():.0f} to {known.max():.0f})")
