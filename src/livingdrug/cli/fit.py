"""What `livingdrug fit` shows and writes."""

import json
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.few import show_few
from livingdrug.cli.output import Output, is_folder
from livingdrug.cli.tables import show_notes
from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable, write_csv
from livingdrug.core.folders import held
from livingdrug.core.words import number
from livingdrug.fit import FitResult
from livingdrug.fit.intervals import Uncertainty
from livingdrug.fit.result import Estimate, Objective
from livingdrug.fit.store import (
    STATE,
    beside_table,
    drop_state,
    evaluation_as_dict,
    objective_as_dict,
    objective_table,
    parameter_table,
)
from livingdrug.fit.words import interval_words
from livingdrug.report.folder import check_new_folder, holds
from livingdrug.report.folder_files import REPORT
from livingdrug.scenario.fit import Fit, evaluate_fit, uncertainty_of
from livingdrug.scenario.fit import run_fit as scenario_fit
from livingdrug.scenario.report.fit_folder import keep_evaluation, keep_fit
from livingdrug.workflows.base import keep_answer
from livingdrug.workflows.document import to_toml
from livingdrug.workflows.memory import check_memory
from livingdrug.workflows.tables import hashes

VERDICT = {
    "converged": "converged", "not_converged": "NOT CONVERGED", "not_determined": "converged; the data do NOT DETERMINE "
    "every number", "better_from_another_start": "A BETTER OPTIMUM was found from another start",
}  # fmt: skip


def run_fit(scenario: Fit, output: Output, resume: bool = False) -> None:
    """Fit or evaluate, write, show; the exit code says what came of it."""
    if output.as_scenario:
        output.is_settled(scenario)
        return
    folder = output.out if output.out and is_folder(output.out) else None
    if resume and not folder:
        raise InputError("--resume goes on from a folder; name it with --out")
    if folder:
        check_new_folder(folder)
    elif output.out:
        check_writable(output.out)
    check_memory(scenario, output.memory)
    # the state of a search lies there too, so the folder is held from its first iteration on
    with held(folder) if folder else nullcontext():
        sys.exit(_code(scenario, output, folder, resume))


def _code(scenario: Fit, output: Output, folder: str | None, resume: bool) -> int:
    """Do what is asked; the exit code."""
    if scenario.compares:
        from livingdrug.cli.fit_comparison import run_compared

        return run_compared(scenario, output, folder, resume, FitProgress())
    if scenario.evaluate:
        _evaluate(scenario, output, folder)
        return 0
    if scenario.method == "bayes":
        from livingdrug.cli.bayes import run_bayes

        return run_bayes(scenario, output, folder, resume, FitProgress())
    if resume and not (Path(folder) / STATE).is_file():
        if holds(folder, to_toml(scenario), hashes(scenario)):
            return _nothing_left(folder, output)
        click.echo(f"note: no state was saved in {folder} yet, so the fit begins anew", err=True)
        resume = False
    if folder and not resume:
        drop_state(folder)  # that of another fit, which ends with this one
    return _fit(scenario, output, folder, resume)


def _nothing_left(folder: str, output: Output) -> int:
    """The exit code of a fit that was whole before it was resumed."""
    told = json.loads((Path(folder) / "objective.json").read_text(encoding="utf-8"))
    if output.as_json:
        click.echo(json.dumps(told))
    click.echo(f"the fit in {folder} is whole, nothing was left to do: open {Path(folder) / REPORT}", err=True)
    return told["exit_code"]


def _evaluate(scenario: Fit, output: Output, folder: str | None) -> None:
    found, notes = evaluate_fit(scenario)
    if folder:
        keep_answer(scenario, folder, lambda part: keep_evaluation(scenario, found, notes, part))
    elif output.out:
        write_csv(objective_table(found), output.out)
    if output.as_json:
        click.echo(json.dumps({**evaluation_as_dict(found), "notes": list(notes)}))
    else:
        show_notes(Console(), notes)
        show_objective(found)
    say_written(output.out)


def _fit(scenario: Fit, output: Output, folder: str | None, resume: bool) -> int:
    try:
        result = scenario_fit(scenario, folder, resume, FitProgress(), lambda text: click.echo(text, err=True))
        more = uncertainty_of(scenario, result)
        notes = (*result.notes, *more.notes)
        if folder:
            notes = keep_answer(scenario, folder, lambda part: keep_fit(scenario, result, part, more)).flags
            drop_state(folder)  # last: an interrupted check still needs it
        elif output.out:
            write_csv(parameter_table(result), output.out)
    except KeyboardInterrupt:
        if folder and (Path(folder) / STATE).is_file():
            how = "`livingdrug fit` with the same options and --resume goes on"
            click.echo(f"the state is saved in {folder}: {how}", err=True)
        raise
    result = replace(result, notes=notes)
    if output.as_json:
        rows = [vars(estimate) for estimate in result.estimates]
        told = {"profiles": [p.words for p in more.profiles]} if more.profiles else {}
        if result.beside:
            told["borrowed"] = _plain(beside_table(result))
        if more.asked:
            told["intervals"] = _plain(more.table(result))
        click.echo(json.dumps({**objective_as_dict(result), "parameters": rows, **told, "notes": list(result.notes)}))
    else:
        show_fit(result, more)
    say_written(output.out)
    return result.exit_code


def _plain(table) -> list[dict]:
    """Rows of a table as plain data, None for what is absent."""
    return [{k: None if v != v else v for k, v in row.items()} for row in table.to_dict("records")]


def say_written(out: str | None) -> None:
    """Where the results went."""
    if out:
        report = f": open {Path(out) / REPORT}" if is_folder(out) else ""
        click.echo(f"wrote {out}{report}", err=True)


class FitProgress:
    """One line on a terminal: how far, the objective, the time left; nothing in a pipe."""

    def __init__(self) -> None:
        self.begun = self.shown = time.monotonic()
        self.done = 0

    def enter(self, stage: str) -> None:
        """Say what is done now."""
        if sys.stderr.isatty():
            click.echo(f"{stage} ... {' ' * 40}\r", nl=False, err=True)
        self.begun = time.monotonic()

    def __call__(self, done: int, every: int, objective: float) -> None:
        now = time.monotonic()
        if done < self.done:
            self.begun = now  # another search
        self.done = done
        if sys.stderr.isatty() and (now - self.shown > 0.2 or done == every):
            left = (now - self.begun) / done * (every - done)
            end = "\n" if done == every else "\r"
            text = f"{done} of {every}, objective {objective:.2f}, about {left:.0f} s left   "
            click.echo(text + end, nl=False, err=True)
            self.shown = now


def show_objective(found: Objective) -> None:
    """The objective in its conventions, in lines that a terminal holds."""
    click.echo(f"-2 log likelihood by {found.means}: {found.minus2ll:.4f}")
    if found.se is not None:
        click.echo(f"  Monte-Carlo SE {found.se:.3g}, least effective sample size {found.ess.min():.0f}")
    if found.log_jacobian:
        click.echo(f"  of the logarithms of log-normal values: {found.of_logarithms:.4f}")
    click.echo(f"  as NONMEM prints it (no ln(2 pi) for {found.measured} measured values): {found.nonmem:.4f}")
    if found.converged is not None and not found.converged.all():
        missed = int((~found.converged).sum())
        click.echo(f"  the mode of {missed} subject(s) was not found to full precision\n  (a kink, or several modes)")


def value_and_interval(row: Estimate, rse: str) -> tuple[str, str, str]:
    """Value, RSE and 95 % interval of an estimate; no number stands for what the data do not determine."""
    value = number(row.value) if row.determined else "not determined"
    return value, rse, "fixed" if row.fixed else interval_words(row)


def show_fit(result: FitResult, more: Uncertainty) -> None:
    """Verdict, notes, estimates, likelihood."""
    console = Console()
    problem = result.problem
    size = f"{len(result.individuals.subjects):,} subject(s), {len(result.predictions.time):,} values"
    console.print(f"[bold]{escape(problem.model.full_name)}[/bold] on {escape(problem.data.name)}: {size}", highlight=False)
    console.print(f"[bold]{VERDICT[result.status]}[/bold] ({result.method})", highlight=False)
    show_notes(console, ((*result.verdict.sentences, *result.notes) if result.verdict else result.notes))
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "kind", "value", "RSE %", "95 % interval", "shrinkage %"):
        table.add_column(heading, justify="right" if heading in ("value", "RSE %", "shrinkage %") else "left")
    for row in result.estimates:
        rse = f"{row.rse:.1f}" if row.rse is not None else ""
        shrinkage = f"{round(row.shrinkage)}" if row.shrinkage is not None and np.isfinite(row.shrinkage) else ""
        table.add_row(escape(row.name), row.kind, *value_and_interval(row, rse), shrinkage)
    console.print(table)
    show_objective(result.objective)
    if np.isfinite(result.aic):
        click.echo(f"AIC {result.aic:.2f}, BIC {result.bic:.2f} with {result.free} estimated numbers")
    if result.covariance.condition is not None:
        click.echo(f"standard errors: {result.covariance.method}")
        click.echo(f"condition number of their correlations: {result.covariance.condition:.3g}")
    if more.asked:
        _show_uncertainty(console, more, result)
    show_few(console, result)


def _show_uncertainty(console: Console, more: Uncertainty, result: FitResult) -> None:
    for sentence in (*more.profile_words(), *more.resampling_words()):
        console.print(sentence, highlight=False, markup=False)
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "95 % by", "lower", "upper"):
        table.add_column(heading, justify="left" if heading in ("parameter", "95 % by") else "right")
    for row in more.table(result).itertuples():
        ends = ("none" if end != end else number(end) for end in (row.lower, row.upper))
        table.add_row(escape(row.parameter), row.method, *ends)
    console.print(table)
