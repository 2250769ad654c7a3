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
    output.write(power_frame(answer))
    if output.as_json:
        click.echo(json.dumps(asdict(answer)))
        return
    click.echo(answer.sentence)
    click.echo(f"exact {answer.n_exact:.4g} in the smaller arm; {answer.n_total} in all; power {answer.power_at_n:.3f}")
