"""What `livingdrug trial` shows and writes."""

import json
import math
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.escalation import run_levels
from livingdrug.cli.output import Output
from livingdrug.cli.trial_tables import NOTICE, new_table, plain, progress, share_as_dict, with_error
from livingdrug.core.errors import InputError
from livingdrug.core.words import number
from livingdrug.scenario.report.trials import with_sizes
from livingdrug.scenario.trials import EscalationScenario, TrialScenario, run_trial
from livingdrug.trial import TrialAnswer
from livingdrug.trial.design import BINARY, LOGARITHMIC
from livingdrug.trial.result import EndpointAnswer
from livingdrug.workflows.base import read_scenario


def run_file(file: str, replicates: int | None, seed: int | None, output: Output) -> None:
    """Run the design in a file, with the numbers of the command line in place of its own."""
    scenario = read_scenario(file)
    if not isinstance(scenario, TrialScenario | EscalationScenario):
        raise InputError(f"`{file}` is a `{scenario.kind}` scenario, not a trial; `livingdrug run` runs it")
    given = {name: value for name, value in (("replicates", replicates), ("seed", seed)) if value is not None}
    run = run_levels if isinstance(scenario, EscalationScenario) else run_design
    run(scenario.model_copy(update=given), output)


def run_design(scenario: TrialScenario, output: Output) -> None:
    """Simulate, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    if output.plots:
        scenario = with_sizes(scenario)
    answer = run_trial(scenario, progress())
    output.write(answer.table())
    if output.plots:
        from livingdrug.scenario.report.pictures import write_trial_pictures

        write_trial_pictures(answer, output.plots)
        click.echo(f"wrote pictures to {output.plots}", err=True)
    if output.as_json:
        click.echo(json.dumps(trial_as_dict(answer), ensure_ascii=False))
    else:
        show_trial(answer)


def trial_as_dict(answer: TrialAnswer) -> dict:
    """Plain data of an answer; a number that there is none of is null."""
    return plain(
        {
            "notice": NOTICE,
            "replicates": answer.replicates,
            "seed": answer.seed,
            "multiplicity": answer.trial.multiplicity,
            "sentences": list(answer.sentences),
            "notices": list(answer.notices),
            "endpoints": [_endpoint_as_dict(e) for e in answer.endpoints],
            "conduct": [asdict(arm) | {"stopped": share_as_dict(arm.stopped)} for arm in answer.conduct],
            "patients": answer.patients,
            "cost": answer.cost,
            "sizes": [
                {"n": point.n, "power": [share_as_dict(s) for s in point.power], "closed_form": answer.curve.at(point.n)}
                for point in answer.sizes
            ],
            "needed": [asdict(need) for need in answer.needed],
        }
    )


def _endpoint_as_dict(answer: EndpointAnswer) -> dict:
    arms = [asdict(arm) | {"power": share_as_dict(arm.power), "false": share_as_dict(arm.false)} for arm in answer.arms]
    return {
        "endpoint": answer.endpoint.name, "kind": answer.endpoint.kind, "unit": answer.unit, "test": answer.test,
        "critical": answer.critical, "arms": arms, "any_power": share_as_dict(answer.any_power),
        "any_false": share_as_dict(answer.any_false),
    }  # fmt: skip


def show_trial(answer: TrialAnswer) -> None:
    """Sentences first, then a table for each endpoint, what becomes of the arms, sizes, and what to know."""
    console, trial = Console(), answer.trial
    for sentence in answer.sentences:
        console.print(escape(sentence), highlight=False)
    for endpoint in answer.endpoints:
        console.print(_endpoint_table(answer, endpoint))
    console.print(_conduct_table(answer))
    if answer.sizes:
        console.print(_size_table(answer))
    for notice in answer.notices:
        console.print(f"  {escape(notice)}", highlight=False, style="dim")
    family = {"none": "no multiplicity: every version at the full alpha"}.get(trial.multiplicity, trial.multiplicity)
    run = f"{answer.replicates:,} simulated trials, seed {answer.seed}, alpha {trial.alpha:g}, {trial.sides}-sided"
    console.print(f"{escape(trial.model.full_name)}, {run}, {family}; {NOTICE}", highlight=False, style="dim")


def _endpoint_table(answer: TrialAnswer, found: EndpointAnswer) -> Table:
    endpoint, trial = found.endpoint, answer.trial
    effect = "ratio" if endpoint.kind in LOGARITHMIC else "difference" if endpoint.kind in BINARY else "hazard ratio"
    unit = f" ({found.unit})" if found.unit != "1" else ""
    critical = "" if found.critical is None else f", critical value {found.critical:.4f}"
    title = f"{endpoint.name}{unit}: {found.test}{critical}"
    table = new_table(title, "arm", "level", effect, "power", "closed form", "no difference")
    table.add_row(escape(trial.control), number(found.arms[0].control_level), "", "", "", "")
    for arm in found.arms:
        closed = "-" if arm.closed_form is None else f"{arm.closed_form:.3f}"
        power, chance = with_error(arm.power), with_error(arm.false)
        table.add_row(escape(arm.arm), number(arm.level), f"{arm.effect:.3g}", power, closed, chance)
    if len(found.arms) > 1:
        both = with_error(found.any_power), "", with_error(found.any_false)
        table.add_row("at least one", "", "", *both, style="bold")
    why = [f"no closed form: {reason}" for reason in dict.fromkeys(arm.why for arm in found.arms if arm.why)]
    if trial.futility and any(arm.closed_form is not None for arm in found.arms):
        why.append("closed form: without the futility rule")
    table.caption, table.caption_justify = "; ".join(why) or None, "left"
    return table


def _conduct_table(answer: TrialAnswer) -> Table:
    costs = any(arm.cost for arm in answer.trial.arms)
    stops = answer.trial.futility is not None
    table = new_table("arms", "arm", "product", *(["stops early"] if stops else []), "patients", *(["cost"] if costs else []))
    table.columns[1].justify = "left"
    for arm in answer.conduct:
        stopped = [f"{arm.stopped.value:.3f}" if arm.stopped else "-"] if stops else []
        cost = [number(arm.cost)] if costs else []
        table.add_row(escape(arm.arm), escape(arm.what), *stopped, f"{arm.patients:.4g}", *cost)
    total = [number(answer.cost)] if costs else []
    table.add_row("all", "", *([""] if stops else []), f"{answer.patients:.4g}", *total, style="bold")
    return table


def _size_table(answer: TrialAnswer) -> Table:
    names = [arm.name for arm in answer.trial.versions]
    title = f"power on {answer.endpoints[0].endpoint.name} over the size of the smallest arm (closed form)"
    table = new_table(title, "n", *(escape(name) for name in names))
    for point in answer.sizes:
        cells = [
            with_error(share) + ("" if math.isnan(closed) else f" ({closed:.3f})")
            for share, closed in zip(point.power, answer.curve.at(point.n), strict=True)
        ]
        table.add_row(str(point.n), *cells)
    return table
