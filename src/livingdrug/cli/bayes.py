"""What `livingdrug fit --method bayes` shows and writes; a posterior that did not mix is neither shown nor written."""

import json
from dataclasses import asdict

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.core.words import number
from livingdrug.fit.bayes import Posterior
from livingdrug.fit.priors import sentences
from livingdrug.fit.result import EXIT_CODE
from livingdrug.fit.unknowns import unknowns_of
from livingdrug.scenario.fit import Fit, run_posterior
from livingdrug.scenario.report.posteriors import ADVICE, keep_posterior
from livingdrug.workflows.base import keep_answer


def run_bayes(scenario: Fit, output: Output, folder: str | None, resume: bool, progress) -> int:
    """SAEM for a start, then draws; gives the exit code."""
    if resume:
        raise InputError("only a run of SAEM is saved on its way, so only such a run can be resumed; leave --resume out")
    found = run_posterior(scenario, progress)
    if folder:
        keep_answer(scenario, folder, lambda part: keep_posterior(scenario, found, part))
    elif output.out and not found.faults:
        write_csv(found.table(), output.out)
    if output.as_json:
        click.echo(json.dumps(_as_dict(found)))
    else:
        _show(found)
    if output.out and (folder or not found.faults):
        click.echo(f"wrote {output.out}", err=True)
    return EXIT_CODE[found.status]


def _as_dict(found: Posterior) -> dict:
    told = {"status": found.status, "faults": list(found.faults), "divergences": found.draws.divergences,
            "priors": list(sentences(found.priors, unknowns_of(found.problem))),
            "mixing": [asdict(m) for m in found.mixing]}  # fmt: skip
    return told if found.faults else {**told, "posterior": found.table().to_dict("records")}


def _show(found: Posterior) -> None:
    console = Console()
    console.print(f"[bold]{escape(found.problem.model.full_name)}[/bold] on {escape(found.problem.data.name)}: posterior",
                  highlight=False)  # fmt: skip
    for note in found.notes:
        console.print(f"note: {note}", style="dim", highlight=False, markup=False)
    console.print("priors:", highlight=False)
    for line in sentences(found.priors, unknowns_of(found.problem)):
        console.print(f"  {line}", highlight=False, markup=False)
    if found.faults:
        console.print("[bold]NOT SHOWN[/bold]: the draws do not stand for the posterior", highlight=False)
        for fault in found.faults:
            console.print(f"  {fault}", highlight=False, markup=False)
        console.print(ADVICE, highlight=False)
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "mean", "sd", "5 %", "50 %", "95 %", "R-hat", "ESS"):
        table.add_column(heading, justify="left" if heading == "parameter" else "right")
    for row in found.table().itertuples():
        values = (number(v) for v in (row.mean, row.sd, row.q05, row.q50, row.q95))
        table.add_row(escape(row.name), *values, f"{row.r_hat:.3f}", f"{min(row.ess_bulk, row.ess_tail):.0f}")
    console.print(table)
    console.print(f"{found.settings.chains} chains of {found.settings.draws} draws, no divergence", highlight=False)
