"""What `livingdrug response` shows and writes; each kind of outcome has a module of its own."""

import json
from importlib import import_module

import click
from rich.console import Console
from rich.markup import escape

from livingdrug.cli.output import Output
from livingdrug.cli.tables import show_notes
from livingdrug.core.words import RESEARCH
from livingdrug.data import printable
from livingdrug.response import CONFOUNDED
from livingdrug.scenario import response as scenarios
from livingdrug.scenario.report.outcomes import SHOWN, response_table


def run_response(scenario: scenarios.Response, output: Output) -> None:
    """Fit, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    answers = scenarios.run_response(scenario)
    modules = [import_module(SHOWN[answer.kind]) for answer in answers]
    output.write(response_table(answers))
    if output.plots:
        from livingdrug.report import save

        for i, (module, answer) in enumerate(zip(modules, answers, strict=True), 1):
            save(module.figure(answer), output.plots, f"response-{i}" if len(answers) > 1 else "response")
        click.echo(f"wrote pictures to {output.plots}", err=True)
    made = [_common(answer) | module.as_dict(answer) for module, answer in zip(modules, answers, strict=True)]
    if output.as_json:
        whole = made[0] if len(made) == 1 else {"groups": made}
        click.echo(json.dumps(whole | {"caution": CONFOUNDED}, ensure_ascii=False))
        return
    console = Console()
    for module, answer, plain in zip(modules, answers, made, strict=True):
        _head(console, scenario, answer, plain)
        module.show(console, answer)
        console.print(f"[bold]{escape(plain['sentence'])}[/bold]", highlight=False)
    console.print(f"Note: {CONFOUNDED}; {RESEARCH}.", style="dim", highlight=False)


def _common(answer: scenarios.Answer) -> dict:
    sample = answer.sample
    return {
        "file": sample.name, "group": answer.group, "kind": answer.kind, "model": answer.fit.model, "scale": answer.scale,
        "exposure": sample.exposure_name, "exposure_unit": sample.exposure_unit, "endpoint": sample.endpoint,
        "adjusted_for": list(sample.covariates), "subjects": int(sample.trials.sum()),
        "notes": [*sample.notes, *answer.fit.notes],
    }  # fmt: skip


def _head(console: Console, scenario: scenarios.Response, answer: scenarios.Answer, plain: dict) -> None:
    given = {"kind": scenario.outcome, "model": scenario.model}
    chosen = [f"--{name} {plain[name]}" for name, value in given.items() if value is None]
    group = f", {answer.group}" if answer.group else ""
    title = f"[bold]{escape(printable(plain['file'] + group, 80))}[/bold]: {escape(plain['endpoint'])} on "
    title += escape(f"{plain['exposure']}{_unit(plain['exposure_unit'])}, {plain['model']}, {plain['scale']} exposure, ")
    console.print(f"{title}{plain['subjects']:,} subjects", highlight=False)
    if chosen:
        console.print(f"- chosen by the values of the endpoint: {', '.join(chosen)}", highlight=False)
    show_notes(console, plain["notes"])


def _unit(unit: str) -> str:
    return f" ({unit})" if unit else ""
