"""`livingdrug response`: the options; the work is in `cli.response`."""

import click

from livingdrug.cli.kinetics import READING, RULES, read_pairs, read_terminal, split_output, with_options
from livingdrug.cli.out_help import OUT_HELP


@click.command()
@click.argument("file", type=click.Path())
@click.option("--exposure", required=True, help="A column of FILE, or what nca computes of samples: CMAX, AUCINT, ...")
@click.option("--endpoint", help="The outcome: a column, ORR or CRR of response words, or 'CRS>=3' of grades.")
@click.option("--kind", "outcome", type=click.Choice(("binary", "graded", "time", "continuous")), help="What the outcome is; "
              "by its values where it is not said.")
@click.option("--model", help="binary: logistic, firth, emax, hill; graded: ordinal; time: cox, km, weibull, "
              "exponential, loglogistic; continuous: emax, emax-baseline, hill, 4pl. The first is the default.")
@click.option("--time", help="Column with the time to the event or the last observation.")
@click.option("--event", help="Column with 1 for an event and 0 for none so far (CNSR of CDISC: 0 for an event); the "
              "one beside the time by default, such as PFS_event.")
@click.option("--event-value", type=float, help="The code of an event, where the column has others, such as 2 for 1 and 2.")
@click.option("--groups", type=int, help="Exposure groups of equal size for the curves of a time; 2 by default.")
@click.option("--adjust", multiple=True, metavar="COLUMN", help="A covariate to adjust for, such as burden; of "
              "categories COLUMN=LEVEL names the reference. Repeatable.")
@click.option("--landmark", type=float, help="Only subjects event-free and observed after this many days (--time), with "
              "exposure up to it.")
@click.option("--onset", metavar="COLUMN", help="Time of onset: exposure computed from samples ends there.")
@click.option("--trials", metavar="COLUMN", help="Size of each group, where the endpoint counts events.")
@click.option("--scale", type=click.Choice(("log", "linear")), default="log", show_default=True, help="Scale of exposure.")
@click.option("--by", help="A column that parts the subjects into groups, each with a fit of its own.")
@click.option("--endpoints", type=click.Path(), help="A table with one row per subject (response, CRS, PFS), where FILE has "
              "none of it.")
@with_options(READING)
@with_options(RULES)
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--plots", type=click.Path(file_okay=False), help="Write pictures (PNG and SVG) into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
def response(columns: tuple[str, ...], terminal: tuple[str, ...], **rest) -> None:
    """Relate exposure to a response, a grade, a value or a time.

    FILE has a row per subject or group, or samples, with --endpoints.
    """
    from livingdrug.cli.response import run_response
    from livingdrug.scenario.response import Response

    rest["terminal"] = [read_terminal(text) for text in terminal]
    run_response(*split_output(Response, read_pairs(columns), rest))
