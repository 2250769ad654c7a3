"""Visual predictive check of the fit in FOLDER."""

import click

from livingdrug.cli.explained import Explained
from livingdrug.cli.out_help import MEMORY_HELP

CHECK = (
    click.option("--replicates", type=int, default=500, show_default=True, help="Simulated trials."),
    click.option(
        "--bins",
        metavar="0,7,14,...",
        help="Edges of the bins of time; by default where samples lie together.",
    ),
    click.option(
        "--corrected", is_flag=True, help="Prediction-corrected: without what doses, covariates and times do."
    ),
    click.option("--by", metavar="COVARIATE", help="A panel for each group."),
    click.option("--levels", metavar="5,50,95", default="5,50,95", show_default=True, help="Percentiles."),
    click.option("--width", type=float, default=95.0, show_default=True, help="Width of the intervals, in %."),
    click.option("--seed", type=int, default=1, show_default=True, help="Seed of the simulated trials."),
    click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP),
)


def _with_options(command):
    for option in reversed(CHECK):
        command = option(command)
    return command


@click.command(cls=Explained, examples=(
    "livingdrug vpc run_fit",
    "livingdrug vpc run_fit --by response --corrected",
))
@click.argument("folder", type=click.Path(file_okay=False))
@_with_options
def vpc(folder: str, replicates: int, bins: str | None, levels: str, memory: float | None, **rest) -> None:
    """Visual predictive check of the fit in FOLDER.

    `livingdrug fit --out FOLDER` wrote it. Percentiles of the data stand beside those of simulated trials,
    BLQ values ranked as such, with their proportion. Writes vpc.csv and figures into FOLDER, and its report
    again. Of a posterior, each trial has the numbers of another draw. For research, not for clinical
    decisions.
    """
    from livingdrug.core.folders import held
    from livingdrug.fit import vpc as check
    from livingdrug.report import amend
    from livingdrug.workflows import SIMULATED, check_bytes
    from livingdrug.workflows.fit.checks import keep_vpc
    from livingdrug.workflows.fit.fitted import fitted_points, fitted_problem
    from livingdrug.workflows.fit.words import outside_text

    edges = _numbers(bins, "--bins") if bins else None
    with held(folder, make=False):
        problem = fitted_problem(folder)
        check_bytes(SIMULATED * replicates * len(problem.data.dv), memory)
        points = fitted_points(folder, problem)
        found = check(
            problem, replicates, bins=edges, levels=_numbers(levels, "--levels"), points=points, **rest
        )
        report = amend(folder, lambda part: keep_vpc(found, part))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(outside_text(found))
    name = "pcvpc" if found.corrected else "vpc"
    click.echo(f"wrote {name}.csv and {len(found.panels)} figure(s) to {folder}: open {report}", err=True)


def _numbers(text: str, option: str) -> list[float]:
    from livingdrug.fit.text import read_number

    return [read_number(part, option) for part in text.split(",") if part.strip()]
