"""Evaluate the PEtab PROBLEM (YAML, version 1 or 2)."""

import click

from livingdrug.cli.explained import Explained
from livingdrug.core.errors import InputError
from livingdrug.core.words import NOTICE


@click.command(cls=Explained, examples=(
    "livingdrug petab problem.yaml",
    "livingdrug petab problem.yaml --fit --starts 10",
))
@click.argument("problem", type=click.Path())
@click.option(
    "--fit", is_flag=True, help="Search for the parameters of the highest likelihood, from the nominal ones."
)
@click.option(
    "--starts",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="With --fit: searches, the others from random places within the bounds.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of these places.")
@click.option(
    "--out",
    type=click.Path(),
    help="Write simulations beside measurements to this table (CSV); of a fit scenario, the folder of the problem.",
)
def petab(problem: str, fit: bool, starts: int, seed: int, out: str | None) -> None:
    """Evaluate the PEtab PROBLEM (YAML, version 1 or 2). Log-likelihood and chi-squared at the nominal
    parameters, or --fit.

    A fit scenario (TOML, as `livingdrug fit ... --as-scenario` prints one) is written as a PEtab problem into
    the folder --out instead.
    """
    if problem.endswith(".toml"):
        if fit:
            raise InputError(
                "--fit searches a PEtab problem; a fit scenario is written as one, or run by `livingdrug run`"
            )
        write_problem(problem, out)
        return
    from livingdrug.core.export import check_writable
    from livingdrug.fit import PetabObjective, fit_petab
    from livingdrug.standards import read_petab

    if out:
        check_writable(out)
    objective = PetabObjective.of(read_petab(problem))
    if fit:
        values, found, good = fit_petab(objective, starts, seed)
        click.echo(f"{good} of {starts} searches converged")
        for name, value in values.items():
            click.echo(f"{name:<32} {value:.8g}")
    else:
        found = objective.at()
    click.echo(f"log-likelihood {found.llh:.10g}")
    click.echo(f"chi-squared    {found.chi2:.10g}")
    click.echo(f"measurements   {len(found.simulations)}")
    if out:
        _write(objective, found, out)
    click.echo(NOTICE)


def write_problem(scenario: str, out: str | None) -> None:
    """Write the fit of a scenario as a PEtab problem into a new folder."""
    from pathlib import Path

    from livingdrug.core.export import write_text
    from livingdrug.export import petab_files
    from livingdrug.workflows import read_scenario
    from livingdrug.workflows.fit.plan import planned_fit
    from livingdrug.workflows.fit.spec import Fit

    if not out:
        raise InputError("a fit scenario is written as a PEtab problem into a folder; name it with --out")
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"`{out}` exists already and is not overwritten; name a new folder")
    given = read_scenario(scenario)
    if not isinstance(given, Fit):
        raise InputError(
            f"`{scenario}` is a `{given.kind}` scenario; one of the kind fit is written as a PEtab problem"
        )
    problem, notes = planned_fit(given)
    files = petab_files(problem, by_subject=given.method == "individual")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.texts.items():
        write_text(text, folder / name)
    for note in dict.fromkeys((*notes, *files.notes)):
        click.echo(f"- {note}", err=True)
    click.echo(f"wrote {out}: next: livingdrug petab {out}/problem.yaml", err=True)


def _write(objective, found, out: str) -> None:
    import pandas as pd

    from livingdrug.core.export import write_csv

    rows = [(m.observable, m.condition, m.before, m.time, m.value) for m in objective.problem.measurements]
    table = pd.DataFrame(rows, columns=["observable", "condition", "condition_before", "time", "measurement"])
    write_csv(table.assign(simulation=found.simulations, noise=found.noise), out)
