"""What `livingdrug fit` shows and writes."""

import json
import sys
import time
from dataclasses import replace

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.report.fit_folder import keep_fit
from livingdrug.cli.output import Output
from livingdrug.cli.parameters import number
from livingdrug.cli.tables import show_notes
from livingdrug.core.errors import InputError
from livingdrug.fit import FitResult, evaluate, fit
from livingdrug.fit.design import design_of
from livingdrug.fit.result import Objective
from livingdrug.fit.store import CONVENTIONS, made_folder, objective_as_dict, write_result
from livingdrug.scenario.fit import Fit, planned_fit

VERDICT = {
    "converged": "converged", "not_converged": "NOT CONVERGED", "at_bound_or_singular": "converged AT A BOUND, or the "
    "information is singular", "better_from_another_start": "A BETTER OPTIMUM was found from another start",
}  # fmt: skip


def run_fit(scenario: Fit, output: Output, resume: bool = False) -> None:
    """Fit or evaluate, write, show; the exit code says what came of it."""
    if output.as_scenario:
        output.is_settled(scenario)
        return
    if resume and not output.out:
        raise InputError("--resume goes on from a folder; name it with --out")
    problem, starting = planned_fit(scenario)
    if scenario.evaluate:
        found = evaluate(problem, scenario.evaluate, seed=scenario.seed)
        notes = (*starting, *design_of(problem).notes)
        if output.as_json:
            click.echo(json.dumps({**_objective(found), "notes": list(notes)}))
        else:
            show_notes(Console(), notes)
            show_objective(found)
        return
    if scenario.method == "bayes":
        from livingdrug.cli.bayes import run_bayes

        sys.exit(run_bayes(scenario, problem, output, _Progress()))
    result = fit(problem, scenario.method, scenario.seed, output.out, resume, _Progress(), scenario.starts)
    result = replace(result, notes=(*starting, *result.notes), settings={**result.settings, "start_from": scenario.start})
    if output.out:
        result = _kept(scenario, result, output.out)
        write_result(result, output.out)  # last: it takes the saved state away, which an interrupted check still needs
    if output.as_json:
        rows = [vars(estimate) for estimate in result.estimates]
        click.echo(json.dumps({**objective_as_dict(result), "parameters": rows, "notes": list(result.notes)}))
    else:
        show_fit(result)
        if output.out:
            click.echo(f"wrote the results to {output.out}", err=True)
    sys.exit(result.exit_code)


def _kept(scenario: Fit, result: FitResult, folder: str) -> FitResult:
    """The result with its checks and report in the folder, or with a note on why they are not: a fit that ended is shown."""
    made_folder(folder)
    try:
        keep_fit(scenario, result, folder)
    except InputError as error:
        return replace(result, notes=(*result.notes, f"the predictive checks and the report were not written: {error}"))
    return result


class _Progress:
    """One line on a terminal: how far, the objective, the time left; nothing in a pipe."""

    def __init__(self) -> None:
        self.begun = self.shown = time.monotonic()

    def __call__(self, done: int, every: int, objective: float) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and (now - self.shown > 0.2 or done == every):
            left = (now - self.begun) / done * (every - done)
            end = "\n" if done == every else "\r"
            text = f"{done} of {every}, objective {objective:.2f}, about {left:.0f} s left   "
            click.echo(text + end, nl=False, err=True)
            self.shown = now


def _objective(found: Objective) -> dict:
    """Plain data of an objective."""
    return {
        "method": found.method, "minus2ll": found.minus2ll, "of_logarithms": found.of_logarithms, "nonmem": found.nonmem,
        "monte_carlo_se": found.se, "least_effective_sample_size": None if found.ess is None else float(found.ess.min()),
        "modes_not_found": None if found.converged is None else int((~found.converged).sum()), "conventions": CONVENTIONS,
    }  # fmt: skip


def show_objective(found: Objective) -> None:
    """The objective in its conventions."""
    error = "" if found.se is None else f" (Monte-Carlo SE {found.se:.3g}, least effective sample size {found.ess.min():.0f})"
    click.echo(f"-2 log likelihood by {found.method}: {found.minus2ll:.4f}{error}")
    if found.log_jacobian:
        click.echo(f"  of the logarithms of log-normal values: {found.of_logarithms:.4f}")
    click.echo(f"  as NONMEM prints it, without ln(2 pi) for each of {found.measured} measured values: {found.nonmem:.4f}")
    if found.converged is not None and not found.converged.all():
        missed = int((~found.converged).sum())
        click.echo(f"  the mode of {missed} subject(s) was not found to full precision (a kink, or several modes)")


def show_fit(result: FitResult) -> None:
    """Verdict, notes, estimates, likelihood."""
    console = Console()
    problem = result.problem
    size = f"{len(result.individuals.subjects):,} subject(s), {len(result.predictions.time):,} values"
    console.print(f"[bold]{escape(problem.model.full_name)}[/bold] on {escape(problem.data.name)}: {size}", highlight=False)
    console.print(f"[bold]{VERDICT[result.status]}[/bold] ({result.method})", highlight=False)
    show_notes(console, result.notes)
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "kind", "value", "SE", "RSE %", "shrinkage %"):
        table.add_column(heading, justify="left" if heading in ("parameter", "kind") else "right")
    for row in result.estimates:
        se = "fixed" if row.fixed else (number(row.se) if row.se is not None else "-")
        rse = f"{row.rse:.1f}" if row.rse is not None else ""
        shrinkage = f"{round(row.shrinkage)}" if row.shrinkage is not None and np.isfinite(row.shrinkage) else ""
        table.add_row(escape(row.name), row.kind, number(row.value), se, rse, shrinkage)
    console.print(table)
    show_objective(result.objective)
    click.echo(f"AIC {result.aic:.2f}, BIC {result.bic:.2f} with {result.free} estimated numbers")
    if result.covariance.condition is not None:
        click.echo(f"standard errors: {result.covariance.method}; condition number {result.covariance.condition:.3g}")
