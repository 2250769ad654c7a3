"""What `livingdrug trial` shows and writes of a dose escalation."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape

from livingdrug.cli.output import Output
from livingdrug.cli.trial_tables import NOTICE, new_table, plain, progress, share_as_dict, with_error
from livingdrug.scenario.trials import EscalationScenario, run_escalation
from livingdrug.trial import EscalationAnswer, boin_boundaries, boin_table


def run_levels(scenario: EscalationScenario, output: Output) -> None:
    """Simulate, write, show. Nothing is written when anything is refused."""
    if output.is_settled(scenario):
        return
    answer = run_escalation(scenario, progress())
    output.write(answer.table())
    if output.plots:
        from livingdrug.plots.trials import plot_levels
        from livingdrug.report.pictures import save

        save(plot_levels(answer), output.plots, "levels")
        click.echo(f"wrote pictures to {output.plots}", err=True)
    if output.as_json:
        click.echo(json.dumps(escalation_as_dict(answer), ensure_ascii=False))
    else:
        show_escalation(answer)


def escalation_as_dict(answer: EscalationAnswer) -> dict:
    """Plain data of an answer."""
    plan = answer.escalation
    boundaries = boin_boundaries(plan.target) if plan.rule == "boin" else None
    return plain(
        {
            "notice": NOTICE, "replicates": answer.replicates, "seed": answer.seed, "rule": plan.rule,
            "boundaries": boundaries and list(boundaries), "sentences": [answer.sentence], "notices": list(answer.notices),
            "levels": [asdict(level) | {"selected": share_as_dict(level.selected)} for level in answer.levels],
            "none": share_as_dict(answer.none), "patients": answer.patients, "toxicities": answer.toxicities,
        }
    )  # fmt: skip


def show_escalation(answer: EscalationAnswer) -> None:
    """The sentence, a table of the levels, and under BOIN the decisions that the trial would follow."""
    console, plan = Console(), answer.escalation
    console.print(escape(answer.sentence), highlight=False)
    table = new_table("", "level", "toxicity", "selected", "patients", "toxicities")
    for level in answer.levels:
        numbers = f"{level.patients:.2f}", f"{level.toxicities:.2f}"
        table.add_row(escape(level.level), f"{level.rate:.3f}", with_error(level.selected), *numbers)
    table.add_row("none", "", with_error(answer.none), f"{answer.patients:.2f}", f"{answer.toxicities:.2f}", style="bold")
    table.title = None
    console.print(table)
    if plan.rule == "boin":
        console.print(_decisions(answer))
    for notice in answer.notices:
        console.print(f"  {escape(notice)}", highlight=False, style="dim")
    rule = "3+3" if plan.rule == "3+3" else f"BOIN, target {plan.target:g}, cohorts of {plan.cohort}"
    run = f"{rule}, {answer.replicates:,} simulated trials, seed {answer.seed}"
    console.print(f"{run}; {NOTICE}", highlight=False, style="dim")


def _decisions(answer: EscalationAnswer):
    plan = answer.escalation
    low, high = boin_boundaries(plan.target)
    table = new_table(f"decisions at a level (rates {low:.4f} and {high:.4f}): toxicities among so many treated",
                      "treated", "go up at most", "go down at least", "give up at least")  # fmt: skip
    for treated, up, down, lost in boin_table(plan.target, plan.patients, plan.cohort):
        table.add_row(str(treated), str(up), str(down), "-" if lost is None else str(lost))
    return table
