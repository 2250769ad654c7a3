"""`livingdrug power`: one question, one answer."""

import json
from dataclasses import asdict

import click

from livingdrug.cli.output import Output
from livingdrug.products.spreads import CAUTION, OBSERVED
from livingdrug.report.powers import power_frame
from livingdrug.scenario import power as scenarios


def run_power(scenario: scenarios.Power, output: Output) -> None:
    """Answer, write, show."""
    if output.is_settled(scenario):
        return
    answer = scenarios.run_power(scenario)
    if scenario.spread == OBSERVED:
        click.echo(f"note: {CAUTION}", err=True)
    if scenarios.spread_note(scenario):
        click.echo(f"note: {scenarios.spread_note(scenario)}", err=True)
    output.write(power_frame(answer))
    if output.as_json:
        click.echo(json.dumps(asdict(answer)))
        return
    click.echo(answer.sentence)
    ratio = scenario.design().ratio
    arm = "per arm" if ratio == 1 else f"in the smaller arm (the {'first' if ratio > 1 else 'second'})"
    click.echo(f"with {answer.n_per_arm} {arm}, {answer.n_total} in all: power {answer.power_at_n:.3f}; "
               f"for a power of {scenario.power:g}: {answer.n_exact:.4g} {arm}, before rounding up")  # fmt: skip
    click.echo(f"by {scenarios.question(scenario).assumed[0]}")
    if answer.power_enumerated is not None:
        click.echo(f"exact power of this test, over all numbers of events in these arms: {answer.power_enumerated:.3f}")
