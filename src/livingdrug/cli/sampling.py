"""`livingdrug sampling`: the options, and what is shown and written."""

import json

import click

from livingdrug.cli.out_help import OUT_HELP
from livingdrug.core.errors import InputError

RESEARCH = "research use only, not for clinical decisions"
WIDE = 7  # characters of a column of numbers
NONE = "-"  # in place of an error that the days do not determine


@click.command()
@click.argument("model")
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter by name or paper symbol. Repeatable.")
@click.option("--days", metavar="0,7,14,28", help="When samples are taken, in the model's time unit; an example by default.")
@click.option("--candidates", metavar="3,60,90", help="Further times, of which one would be added; examples by default.")
@click.option("--subjects", type=int, default=60, show_default=True, help="Subjects, all sampled alike.")
@click.option("--spread", help="Which published spread, where there are several (stein_2019: sd, variance).")
@click.option("--limit", type=float, help="Limit of quantification, in the unit of the measured output.")
@click.option("--residual", type=float, help="SD of the logarithm of a measured value; the published one by default.")
@click.option("--fix", metavar="NAME,...", help="Parameters whose typical value is taken as known.")
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--plots", type=click.Path(file_okay=False), help="Write a picture (PNG and SVG) into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
def sampling(fragments: str, values: tuple[str, ...], days: str | None, candidates: str | None, fix: str | None,
             **rest) -> None:  # fmt: skip
    """Which further sampling days would sharpen which parameter.

    Expected errors of each parameter of MODEL before and after a candidate day.
    """
    from livingdrug.cli.output import Output
    from livingdrug.scenario.sampling import Sampling
    from livingdrug.workflows.document import checked
    from livingdrug.workflows.fields import named_numbers

    output = Output.taken_from(rest)
    given = {name: value for name, value in rest.items() if value is not None}
    given |= {"fragments": _words(fragments), "fix": _words(fix or ""), "values": named_numbers(values, "--set")}
    given |= {"days": read_days("--days", days), "candidates": read_days("--candidates", candidates)}
    filled = {name: value for name, value in given.items() if value not in ((), {})}
    run_sampling(checked(Sampling, filled, "command line"), output)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_days(option: str, text: str | None) -> tuple[float, ...]:
    """Numbers between commas. Raises InputError that names the one that is none."""
    found = []
    for part in (text or "").split(",") if text is not None else ():
        try:
            found.append(float(part))
        except ValueError:
            text = f"{option}: `{part.strip()}` is not a number"
            raise InputError(f"{text}; write numbers between commas, such as 0,7,14") from None
    return tuple(found)


def run_sampling(scenario, output) -> None:
    """Compute, write, show."""
    from livingdrug.scenario import sampling as scenarios

    if output.is_settled(scenario):
        return
    answer = scenarios.run_sampling(scenario)
    output.write(answer.found.table())
    if output.plots:
        from livingdrug.plots.sampling import plot_days
        from livingdrug.report.pictures import save

        save(plot_days(answer.found, answer.model.full_name, answer.model.time_unit), output.plots, "sampling")
        click.echo(f"wrote pictures to {output.plots}", err=True)
    if output.as_json:
        click.echo(json.dumps(sampling_as_dict(answer), ensure_ascii=False))
    else:
        show_sampling(answer)


def sampling_as_dict(answer) -> dict:
    """Plain data of an answer; an error that is infinite is null."""
    found = answer.found
    parameters = [
        {
            "parameter": name, "se": _finite(found.se[j]), "se_with": [_finite(se) for se in found.se_with[:, j]],
            "best": found.best(name),
        }
        for j, name in enumerate(found.names)
    ]  # fmt: skip
    return {
        "notice": RESEARCH, "model": answer.model.full_name, "time_unit": answer.model.time_unit, "subjects": found.subjects,
        "days": found.days.tolist(), "candidates": found.candidates.tolist(), "parameters": parameters,
        "sentences": list(answer.sentences), "notes": list(answer.notes),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if value < float("inf") else None


def show_sampling(answer) -> None:
    """Sentences, then a row for each parameter: the best candidate, the error now, and with each candidate."""
    from rich.console import Console
    from rich.markup import escape

    console, found = Console(), answer.found
    for sentence in answer.sentences:
        console.print(escape(sentence), highlight=False)
    days = ", ".join(f"{day:g}" for day in found.days)
    title = f"expected relative standard error (%) with samples at {days} {answer.model.time_unit}, and one more"
    console.print(title, highlight=False)
    fit = max(1, (console.width - max(map(len, found.names)) - 3 * WIDE) // WIDE)
    for first in range(0, len(found.candidates), fit):
        console.print(_table(found, range(first, min(first + fit, len(found.candidates)))))
    for note in answer.notes:
        console.print(f"  {escape(note)}", highlight=False, style="dim")
    foot = f"  {answer.model.full_name}; {NONE}: not determined; {RESEARCH}"
    console.print(escape(foot), highlight=False, style="dim")


def _table(found, chosen: range):
    """Some of the candidates, as many as a terminal is wide."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "best", "now", *(f"+ {found.candidates[i]:g}" for i in chosen)):
        table.add_column(heading, justify="left" if heading == "parameter" else "right", no_wrap=True)
    for j, name in enumerate(found.names):
        best = found.best(name)
        cells = [_marked(found.se_with[i, j], found.candidates[i] == best) for i in chosen]
        now = "not determined" if found.se[j] == float("inf") else _cell(found.se[j])
        table.add_row(escape(name), "none" if best is None else f"{best:g}", now, *cells)
    return table


def _cell(se: float) -> str:
    return f"{100 * se:.3g}" if se <= 10 else NONE if se == float("inf") else "> 1000"


def _marked(se: float, best: bool) -> str:
    return f"[bold]{_cell(se)}[/bold]" if best else _cell(se)
