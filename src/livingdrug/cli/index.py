"""What `livingdrug index` shows and writes."""

import json
import math

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.cli.tables import show_notes
from livingdrug.core.words import RESEARCH, number
from livingdrug.data import printable
from livingdrug.products import get_curve, list_curves
from livingdrug.response import (
    CONFOUNDED,
    Curve,
    Estimate,
    TherapeuticIndex,
    best_fold,
    changed,
    exposure_at,
    limits,
    share_between,
    verdict,
)
from livingdrug.scenario import index as scenarios
from livingdrug.scenario.report.outcomes import index_curves


def run_index(scenario: scenarios.Index, output: Output) -> None:
    """Compare, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    answer = scenarios.run_index(scenario)
    output.write(index_curves(answer))
    if output.plots:
        from livingdrug.scenario.report.pictures import write_index_pictures

        write_index_pictures(answer, output.plots)
        click.echo(f"wrote pictures to {output.plots}", err=True)
    if output.as_json:
        click.echo(json.dumps(index_as_dict(answer), ensure_ascii=False))
    else:
        _show(answer)


def index_as_dict(answer: scenarios.IndexAnswer) -> dict:
    """Plain data of an answer; what does not exist is null, an open end of an interval too."""
    index, outlook = answer.index, answer.outlook
    pair, spread = index.pair, outlook.spread
    return {
        "exposure": pair.efficacy.exposure, "unit": pair.efficacy.unit, "floor": index.floor, "ceiling": index.ceiling,
        "level": index.level, "efficacy": _curve_as_dict(pair.efficacy), "toxicity": _curve_as_dict(pair.toxicity),
        "efficacy_exposure": {"at": index.at[0], **_estimate(index.efficacious)},
        "toxicity_exposure": {"at": index.at[1], **_estimate(index.toxic)},
        "ratio": _estimate(index.ratio), "correlation": pair.correlation if pair.cross is not None else None,
        "window": None if index.window is None else [_finite(end) for end in index.window],
        "product": {
            "median": spread.median, "log_sd": spread.log_sd, "source": spread.source,
            "at_median": {"response": _estimate(outlook.median_response), "toxicity": _estimate(outlook.median_toxicity)},
            "response": _estimate(outlook.response), "toxicity": _estimate(outlook.toxicity),
            "best_fold": _finite(best_fold(pair, spread, index.floor, index.ceiling)),
            "share_in_window": outlook.share,
            "share_interval": None if outlook.share_interval is None else _estimate(outlook.share_interval),
            "chance_in_window": _finite(outlook.chance),
        },
        "tradeoff": answer.table.to_dict("records"), "notes": list(answer.notes), "caution": CONFOUNDED,
        "sentence": verdict(index, outlook),
    }  # fmt: skip


def _curve_as_dict(curve: Curve) -> dict:
    covariance = None if curve.covariance is None else curve.covariance.tolist()
    return {
        "name": curve.name, "label": curve.label, "intercept": curve.intercept, "slope": curve.slope,
        "ceiling": curve.ceiling, "scale": curve.scale, "covariance": covariance, "source": curve.source,
    }  # fmt: skip


def _estimate(estimate: Estimate) -> dict:
    return {
        "value": _finite(estimate.value), "low": _finite(estimate.low), "high": _finite(estimate.high),
        "method": estimate.method,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _show(answer: scenarios.IndexAnswer) -> None:
    console = Console()
    index, outlook = answer.index, answer.outlook
    pair = index.pair
    title = f"{pair.efficacy.name} against {pair.toxicity.name}"
    console.print(f"[bold]{escape(printable(title, 100))}[/bold] on {escape(_axis(index))}", highlight=False)
    show_notes(console, answer.notes)
    _show_numbers(console, index, outlook)
    if index.window is not None or outlook.spread.log_sd > 0:
        _show_tradeoff(console, answer)
    console.print(f"[bold]{escape(verdict(index, outlook))}[/bold]", highlight=False)
    console.print(f"Note: {CONFOUNDED}; {RESEARCH}.", style="dim", highlight=False)


def _axis(index: TherapeuticIndex) -> str:
    curve = index.pair.efficacy
    return f"{curve.exposure or 'exposure'}" + (f" ({curve.unit})" if curve.unit else "")


def _show_numbers(console: Console, index: TherapeuticIndex, outlook) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    first, second = index.at
    unit = f" {index.pair.efficacy.unit}" if index.pair.efficacy.unit else ""
    table.add_row(f"exposure with {first:.0%} efficacy", _interval(index.efficacious, unit))
    table.add_row(f"exposure with {second:.0%} toxicity", _interval(index.toxic, unit))
    table.add_row("their ratio (therapeutic index)", _interval(index.ratio))
    table.add_row("window", _window(index, unit))
    spread = outlook.spread
    table.add_row("product", f"median {number(spread.median)}{unit}, log-SD {spread.log_sd:.2f}: {escape(spread.source)}")
    for what, name in (("response", "efficacy"), ("toxicity", "toxicity")):
        at, over = getattr(outlook, f"median_{what}"), getattr(outlook, what)
        table.add_row(f"{name}, at the median", _percent(at))
        table.add_row(f"{name}, all patients", _percent(over))
    chance = "" if math.isnan(outlook.chance) else f"; {outlook.chance:.0%} given the error of the curves"
    share = f"{outlook.share:.0%}" if outlook.share_interval is None else _percent(outlook.share_interval)
    table.add_row("patients in the window", f"{share}{chance}")
    best = best_fold(index.pair, spread, index.floor, index.ceiling)
    if not math.isnan(best):
        share = share_between(changed(spread, best), *index.window)
        where = f"{number(best * spread.median)}{unit} (x {best:.2g})"
        table.add_row("most there could be", f"{share:.0%}, at a median of {where}")
    console.print(table, highlight=False)
    if not math.isnan(index.ratio.low):
        console.print(f"in brackets: {index.level:.0%} intervals", style="dim", highlight=False)


def _interval(estimate: Estimate, unit: str = "") -> str:
    if math.isnan(estimate.value):
        return escape(f"none: {estimate.method}")
    if math.isnan(estimate.low):
        return f"{number(estimate.value)}{unit}"
    if estimate.low == 0 and math.isinf(estimate.high):
        return f"{number(estimate.value)}{unit} (no bounds)"
    high = "infinity" if math.isinf(estimate.high) else number(estimate.high)
    return f"{number(estimate.value)}{unit} ({number(estimate.low)} to {high})"


def _percent(estimate: Estimate) -> str:
    interval = "" if math.isnan(estimate.low) else f" ({estimate.low:.0%} to {estimate.high:.0%})"
    return f"{estimate.value:.0%}{interval}"


def _window(index: TherapeuticIndex, unit: str) -> str:
    if index.window is None:
        return f"none with {escape(limits(index))}"
    low, high = index.window
    ends = f"{number(low)} to {'any' if math.isinf(high) else number(high)}{unit}"
    return f"{ends}: {escape(limits(index))}"


def _show_tradeoff(console: Console, answer: scenarios.IndexAnswer) -> None:
    """Response, toxicity and share in the window for each spread (rows) and fold of the median (columns)."""
    rows = answer.table
    folds = sorted(rows["fold"].unique())
    title = "% of patients: response / toxicity / in the window"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("log-SD", no_wrap=True)
    for fold in folds:
        table.add_column(f"median x {fold:g}", justify="right", no_wrap=True)
    for width in sorted(rows["width"].unique(), reverse=True):
        mine = rows[rows["width"] == width].set_index("fold")
        cells = [" / ".join(f"{100 * v:.0f}" for v in mine.loc[fold, ["response", "toxicity", "share"]]) for fold in folds]
        table.add_row(f"{mine['log_sd'].iloc[0]:.2f}", *cells, style="bold" if width == 1 else None)
    console.print(table)


def list_built_in(as_json: bool) -> None:
    """The built-in exposure-responses: numbers, what was made of what, source."""
    entries = [get_curve(name) for name in list_curves()]
    if as_json:
        click.echo(json.dumps([_entry_as_dict(entry) for entry in entries], ensure_ascii=False))
        return
    console = Console()
    for entry in entries:
        curve = entry.curve
        at = exposure_at(curve, 0.5)
        steep = f"slope {curve.slope:.3g} per ln {curve.exposure}"
        if entry.slope_interval:
            steep += f" ({entry.slope_interval[0]:.2g} to {entry.slope_interval[1]:.2g})"
        elif curve.covariance is not None:
            reach = 1.96 * math.sqrt(curve.covariance[1, 1])
            steep += f" ({curve.slope - reach:.2g} to {curve.slope + reach:.2g})"
        head = f"[bold]{entry.key}[/bold]  {escape(curve.name)} in {entry.setting}, {curve.label}"
        console.print(f"{head}\n  {steep}; EC50 {number(at.value)} {curve.unit}", highlight=False)
        console.print(f"  {escape(entry.basis)}", highlight=False)
        console.print(f"  {escape(entry.caution)}; {escape(curve.source)}\n", highlight=False, style="dim")
    console.print(f"Note: {RESEARCH}.", style="dim", highlight=False)


def _entry_as_dict(entry) -> dict:
    return {
        "key": entry.key, "setting": entry.setting, **_curve_as_dict(entry.curve),
        "exposure": entry.curve.exposure, "unit": entry.curve.unit,
        "ec50": exposure_at(entry.curve, 0.5).value, "slope_interval": entry.slope_interval, "basis": entry.basis,
        "caution": entry.caution, "made_with": {"median": entry.spread.median, "log_sd": entry.spread.log_sd,
                                                "source": entry.spread.source},
    }  # fmt: skip
