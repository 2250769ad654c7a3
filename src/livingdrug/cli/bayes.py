"""What `livingdrug fit --method bayes` shows and writes; a posterior that did not mix is neither shown nor written."""

import json
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from livingdrug.cli.output import Output
from livingdrug.cli.parameters import number
from livingdrug.core.export import write_csv
from livingdrug.fit import fit
from livingdrug.fit.bayes import Posterior, sample_posterior
from livingdrug.fit.nuts import Sampling
from livingdrug.fit.priors import priors_of, read_priors, sentences
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import EXIT_CODE
from livingdrug.fit.store import data_hash, versions
from livingdrug.fit.unknowns import unknowns_of
from livingdrug.scenario.fit import Fit
from livingdrug.scenario.fitted import keep_scenario


def run_bayes(scenario: Fit, problem: FitProblem, output: Output, progress) -> int:
    """SAEM for a start, then draws; gives the exit code."""
    settings = Sampling(scenario.chains, scenario.tune, scenario.draws, scenario.seed, scenario.acceptance)
    priors = priors_of(problem, read_priors(scenario.prior))
    start = fit(problem, "saem", scenario.seed, progress=progress).problem if problem.random else problem
    found = sample_posterior(problem, priors, settings, start)
    if output.out:
        _write(scenario, found, Path(output.out))
    if output.as_json:
        click.echo(json.dumps(_as_dict(found)))
    else:
        _show(found, output.out)
    return EXIT_CODE[found.status]


def _as_dict(found: Posterior) -> dict:
    told = {"status": found.status, "faults": list(found.faults), "divergences": found.draws.divergences,
            "priors": list(sentences(found.priors, unknowns_of(found.problem))),
            "mixing": [asdict(m) for m in found.mixing]}  # fmt: skip
    return told if found.faults else {**told, "posterior": found.table().to_dict("records")}


def _write(scenario: Fit, found: Posterior, folder: Path) -> None:
    """scenario.toml, mixing.csv and settings.json; posterior.csv and draws.csv where the draws mixed."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    keep_scenario(scenario, folder)
    write_csv(pd.DataFrame([asdict(m) for m in found.mixing]), folder / "mixing.csv")
    settings = {"method": "bayes", **asdict(found.settings), "priors": [asdict(p) for p in found.priors],
                "divergences": found.draws.divergences, "faults": list(found.faults), "notes": list(found.notes),
                "data_sha256": data_hash(found.problem), "versions": versions()}  # fmt: skip
    part = folder / "settings.json.part"
    part.write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / "settings.json")
    for name in ("posterior.csv", "draws.csv"):
        (folder / name).unlink(missing_ok=True)
    if found.faults:
        return
    write_csv(found.table(), folder / "posterior.csv")
    chains, draws, size = found.x.shape
    table = pd.DataFrame(found.x.reshape(-1, size), columns=list(found.names))
    table.insert(0, "draw", np.tile(np.arange(1, draws + 1), chains))
    table.insert(0, "chain", np.repeat(np.arange(1, chains + 1), draws))
    write_csv(table, folder / "draws.csv")


def _show(found: Posterior, out: str | None) -> None:
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
        console.print("Draw more (--draws), take smaller steps (--acceptance 0.95), or state narrower priors.")
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("parameter", "kind", "mean", "sd", "5 %", "50 %", "95 %", "R-hat", "ESS"):
        table.add_column(heading, justify="left" if heading in ("parameter", "kind") else "right")
    for row in found.table().itertuples():
        values = (number(v) for v in (row.mean, row.sd, row.q05, row.q50, row.q95))
        table.add_row(escape(row.name), row.kind, *values, f"{row.r_hat:.3f}", f"{min(row.ess_bulk, row.ess_tail):.0f}")
    console.print(table)
    console.print(f"{found.settings.chains} chains of {found.settings.draws} draws, no divergence", highlight=False)
    if out:
        click.echo(f"wrote the results to {out}", err=True)
