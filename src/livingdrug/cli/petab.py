"""`livingdrug petab`: a fit that PEtab describes, evaluated or searched."""

import click

from livingdrug.core.words import NOTICE


@click.command()
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
    type=click.Path(dir_okay=False),
    help="Write simulations beside measurements to this table (CSV).",
)
def petab(problem: str, fit: bool, starts: int, seed: int, out: str | None) -> None:
    """Evaluate the PEtab PROBLEM (YAML, version 1). Log-likelihood and chi-squared at the nominal parameters, or --fit."""
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


def _write(objective, found, out: str) -> None:
    import pandas as pd

    from livingdrug.core.export import write_csv

    rows = [(m.observable, m.condition, m.before, m.time, m.value) for m in objective.problem.measurements]
    table = pd.DataFrame(rows, columns=["observable", "condition", "condition_before", "time", "measurement"])
    write_csv(table.assign(simulation=found.simulations, noise=found.noise), out)
