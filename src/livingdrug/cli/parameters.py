"""What `livingdrug nca` shows and writes."""

import json

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.cli.tables import show_notes
from livingdrug.data.findings import printable
from livingdrug.nca import PER_DAY, NcaResult, parameter_of
from livingdrug.nca.causes import ABSENT, CENSORING, NOTED, SENTENCES, Cause, flag_of
from livingdrug.nca.summary import KINDS, group_title, groups, persistence, summary
from livingdrug.scenario import tables as scenarios

SIDE_BY_SIDE = 4  # profiles up to this number are shown in full
MARKS = {"ok": "", "caution": " *", "censored": " >", "absent": ""}
SHARE_DAYS = (28.0, 90.0, 180.0, 365.0)


def run_nca(scenario: scenarios.Nca, output: Output) -> None:
    """Analyse, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    result = scenarios.run_nca(scenario)
    rows = summary(result, scenario.by)
    output.write(result.wide() if output.wide else result.table())
    if output.plots:
        from livingdrug.scenario.report.pictures import left_out, write_nca_pictures

        write_nca_pictures(result, scenario.by, output.plots)
        if left_out(result):
            click.echo(left_out(result), err=True)
        click.echo(f"wrote pictures to {output.plots}", err=True)
    if output.as_json:
        click.echo(json.dumps(nca_as_dict(result, scenario.by), ensure_ascii=False))
    else:
        show_nca(result, rows, scenario.by)


def nca_as_dict(result: NcaResult, by: str | None = None) -> dict:
    """Plain data of an analysis; an absent number is null."""
    rows = result.table().to_dict("records")
    for row in rows:
        row["value"] = None if row["value"] != row["value"] else row["value"]
    return {
        "file": result.data.name,
        "rules": rules_text(result),
        "below_limit": result.below_limit(),
        "bridge": result.data.bridge,
        "notes": list(result.data.notes),
        "persistence": [_persistence_as_dict(result, key, members) for key, members in groups(result, by).items()],
        "results": rows,
    }


def _persistence_as_dict(result: NcaResult, key, members) -> dict:
    curve = persistence(result, members)
    names = dict(zip(KINDS, key, strict=True))
    if curve is None:
        return names | {"subjects": 0}
    after, until = (None if not np.isfinite(t) else t for t in curve.median)
    steps = [
        {"after": float(a), "by": float(b) if np.isfinite(b) else None, "share": float(s)}
        for a, b, s in zip(curve.start, curve.end, curve.share, strict=True)
    ]
    return names | {"subjects": curve.n, "lost": curve.lost, "median_after": after, "median_by": until, "steps": steps}


def rules_text(result: NcaResult) -> str:
    """The rules of the analysis in one line."""
    settings = result.settings
    area = {"linear": "linear trapezoids", "linup-logdown": "trapezoids linear up, logarithmic down"}[settings.auc]
    below = ", ".join(f"{name} {v['rule']} ({v['records']})" for name, v in result.below_limit().items())
    ends = " to ".join(f"{t:g}" for t in result.window or ())
    window = f"AUCINT over {ends} {result.data.time_unit}".rstrip() if ends else "no window"
    return f"{area}; values below the limit: {below}; {window}"


def show_nca(result: NcaResult, rows, by: str | None) -> None:
    """Rules, notes, a table for each group, persistence, and why values are absent or to be watched."""
    console = Console()
    data = result.data
    size = f"{len(data.subjects):,} subject(s), {data.profiles.n:,} profile(s), {data.rows:,} samples"
    console.print(f"[bold]{escape(data.name)}[/bold]: {size}", highlight=False)
    console.print(rules_text(result), highlight=False)
    show_notes(console, data.notes)
    for key, members in groups(result, by).items():
        mine = rows[(rows[list(KINDS)] == list(key)).all(axis=1)]
        title = escape(printable(group_title(key, len(members)), 200))
        if len(members) <= SIDE_BY_SIDE:
            _show_profiles(console, result, members, title)
        else:
            _show_summary(console, mine, title)
        _show_persistence(console, result, members)
        _show_reasons(console, result, members)
    if data.bridge:
        console.print(f"[bold]stamp[/bold]: {escape(data.bridge)}", highlight=False)


def _show_profiles(console: Console, result: NcaResult, members, title: str) -> None:
    table = Table(title=title, title_justify="left", caption="* see below   > censored", caption_justify="left")
    table.add_column("parameter")
    table.add_column("unit")
    several = len(set(result.data.profiles.occasion)) > 1
    for i in members:
        name = escape(printable(str(result.ids[i]), 20))
        table.add_column(f"{name} / {result.data.profiles.occasion[i]}" if several else name, justify="right")
    for code in result.codes:
        cells = [_cell(result, code, i) for i in members]
        table.add_row(code, result.unit(code)[members[0]], *cells)
    console.print(table)


def _cell(result: NcaResult, code: str, i: int) -> str:
    value, flag = result.values[code][i], flag_of(int(result.causes[code][i]))
    return "absent" if flag == "absent" else f"{number(value)}{MARKS[flag]}"


def number(value: float) -> str:
    """Four digits (three below 1), thousands with separators, millions as 2.07e6."""
    if not np.isfinite(value):
        return "-"
    if abs(value) >= 1e6:
        return f"{value:.2e}".replace("e+0", "e").replace("e+", "e")
    if abs(value) >= 1e4:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"


def _show_summary(console: Console, rows, title: str) -> None:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 0))
    for heading in ("", "unit", "n", "median", "min", "max", "geomean (CV %)", "watch", "none"):
        table.add_column(heading, justify="left" if heading in ("", "unit") else "right", no_wrap=True)
    for row in rows.itertuples():
        mean = f"{number(row.geomean)} ({row.geocv:.3g})" if np.isfinite(row.geocv) else number(row.geomean)
        mean = mean if parameter_of(row.PARAMCD).geometric else ""
        watch = row.caution + row.censored
        numbers = [number(v) for v in (row.median, row.min, row.max)]
        table.add_row(row.PARAMCD, row.param_unit, str(row.n), *numbers, mean, str(watch or ""), str(row.absent or ""))
    console.print(table)


def _show_persistence(console: Console, result: NcaResult, members) -> None:
    curve = persistence(result, members)
    if curve is None:
        return
    unit = result.data.time_unit
    after, until = curve.median
    words = f" {unit}" if unit else ""
    if np.isfinite(until):
        text = f"half of the subjects are lost between {after:g} and {until:g}{words}"
    else:
        text = f"{'fewer than half of the subjects are' if curve.lost else 'nobody is'} lost up to {after:g}{words}"
    known = curve.start[-1] if np.isinf(curve.end[-1]) else curve.end[-1]
    shares = []
    for day in SHARE_DAYS if unit else ():
        low, high = sorted(curve.share_at(day * PER_DAY[unit]))
        if day * PER_DAY[unit] <= known:
            shares.append(f"{low:.0%} at {day:g} d" if high - low < 0.005 else f"{low:.0%} to {high:.0%} at {day:g} d")
    more = "" if curve.converged else " (approximate: the estimate had not settled)"
    more += f"; still positive: {', '.join(shares)}" if shares else ""
    head = f"persistence (interval-censored Kaplan-Meier, {curve.lost} of {curve.n} lost)"
    console.print(f"{head}: {text}{more}", highlight=False)


def _show_reasons(console: Console, result: NcaResult, members) -> None:
    """Each cause once, with the parameters it touches and how often."""
    for cause, sentence in SENTENCES.items():
        if cause & (NOTED | CENSORING) or cause == Cause.STILL_POSITIVE:
            continue
        counts: dict[int, list[str]] = {}
        for code in result.codes:
            causes = result.causes[code][members]
            # what is absent is not also to be watched
            causes = np.where(causes & ABSENT, causes & ABSENT, causes)
            count = int(((causes & int(cause)) != 0).sum())
            if count:
                counts.setdefault(count, []).append(code)
        for count, codes in counts.items():
            times = f" ({count})" if len(members) > 1 else ""
            console.print(f"  {', '.join(codes)}{times}: {escape(sentence)}", highlight=False, style="dim")
