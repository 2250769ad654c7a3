"""`livingdrug vpc`: a visual predictive check of a fit."""

from pathlib import Path

import click

from livingdrug.cli.kinetics import with_options

CHECK = (
    click.option("--replicates", type=int, default=500, show_default=True, help="Simulated trials."),
    click.option("--bins", metavar="0,7,14,...", help="Edges of the bins of time; by default where samples lie together."),
    click.option("--corrected", is_flag=True, help="Prediction-corrected: without what doses, covariates and times do."),
    click.option("--by", metavar="COVARIATE", help="A panel for each group."),
    click.option("--levels", metavar="5,50,95", default="5,50,95", show_default=True, help="Percentiles."),
    click.option("--width", type=float, default=95.0, show_default=True, help="Of the intervals, in %."),
    click.option("--seed", type=int, default=1, show_default=True),
)  # fmt: skip


@click.command()
@click.argument("folder", type=click.Path(file_okay=False))
@with_options(CHECK)
def vpc(folder: str, replicates: int, bins: str | None, levels: str, **rest) -> None:
    """Visual predictive check of the fit in FOLDER (`livingdrug fit --out FOLDER` wrote it): percentiles of the data beside
    those of simulated trials, values below the limit ranked as such, with the part below the limit. Writes vpc.csv and
    pictures into FOLDER. For research, not for clinical decisions."""
    from livingdrug.fit.vpc import vpc as check
    from livingdrug.scenario.fitted import fitted_problem

    edges = _numbers(bins, "--bins") if bins else None
    problem = fitted_problem(folder)
    show_vpc(check(problem, replicates, bins=edges, levels=_numbers(levels, "--levels"), **rest), folder)


def _numbers(text: str, option: str) -> list[float]:
    from livingdrug.fit.text import read_number

    return [read_number(part, option) for part in text.split(",") if part.strip()]


def show_vpc(found, folder: str) -> None:
    """Write numbers and pictures, say what lies outside."""
    from livingdrug.core.export import write_csv
    from livingdrug.plots.predictive import plot_vpc
    from livingdrug.report.pictures import save

    name = "pcvpc" if found.corrected else "vpc"
    write_csv(found.table(), Path(folder) / f"{name}.csv")
    for k in range(len(found.panels)):
        number = f"-{k + 1}" if len(found.panels) > 1 else ""
        save(plot_vpc(found, k), str(Path(folder) / "pictures"), f"{name}{number}")
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(outside_text(found))
    click.echo(f"wrote {name}.csv and {len(found.panels)} picture(s) to {folder}", err=True)


def outside_text(found) -> str:
    """How many percentiles of the data lie outside the model's intervals, beside how many would by chance."""
    out, everything = found.outside()
    expected = (1 - found.width / 100) * everything
    return (
        f"{out} of {everything} percentiles of the data lie outside the model's {found.width:g} % intervals "
        f"(about {expected:.1f} would by chance; {found.replicates:,} replicates)"
    )
