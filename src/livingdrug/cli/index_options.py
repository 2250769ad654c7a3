"""`livingdrug index`: the options; the work is in `cli.index`."""

import click

from livingdrug.cli.kinetics import READING, RULES, read_pairs, read_terminal, split_output, with_options
from livingdrug.cli.out_help import MEMORY_HELP, OUT_HELP
from livingdrug.core.errors import InputError


@click.command()
@click.argument("file", type=click.Path(), required=False)
@click.option("--list", "listing", is_flag=True, help="List the built-in exposure-responses with their sources.")
@click.option("--exposure", help="A column of FILE, or what nca computes of samples: CMAX, AUCINT, ...")
@click.option("--efficacy", help="Endpoint of FILE: a yes-or-no column, ORR or CRR of response words.")
@click.option("--toxicity", help="Endpoint of FILE: a yes-or-no column, or grades with --grade ('CRS>=3' says the same).")
@click.option("--grade", type=int, help="Toxicity is this grade or above.")
@click.option("--efficacy-curve", metavar="NAME", help="A built-in exposure-response instead of an endpoint.")
@click.option("--toxicity-curve", metavar="NAME", help="The same for toxicity.")
@click.option("--floor", type=float, default=0.5, show_default=True, help="Response wanted at least.")
@click.option("--ceiling", type=float, default=0.2, show_default=True, help="Toxicity accepted at most.")
@click.option("--efficacy-at", type=float, default=0.5, show_default=True, help="Compare the exposure with this efficacy ...")
@click.option("--toxicity-at", type=float, default=0.5, show_default=True, help="... with the exposure with this toxicity.")
@click.option("--model", type=click.Choice(("logistic", "firth")), default="logistic", show_default=True,
              help="How endpoints of FILE are fitted.")
@click.option("--trials", metavar="COLUMN", help="Size of each group, where the endpoints count events.")
@click.option("--median", type=float, help="Median exposure of the product; by default that of the subjects in FILE, or the "
              "published one behind the toxicity curve.")
@click.option("--log-sd", type=float, help="SD of the natural logarithm of the product's exposure.")
@click.option("--product-model", metavar="MODEL", help="The product's exposure from a model, such as stein_2019.")
@click.option("--spread", help="Which spread of that model (stein_2019: sd, variance, observed).")
@click.option("--cv", type=float, help="Log-normal CV on every rate of that model, where no spread is published.")
@click.option("-n", "subjects", type=int, default=10_000, show_default=True, help="Virtual subjects of that model.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--fold", type=float, default=1.0, show_default=True, help="A change of the product's median.")
@click.option("--width", type=float, default=1.0, show_default=True, help="A change of its log-SD (0.5: half).")
@click.option("--endpoints", type=click.Path(), help="A table with one row per subject (response, CRS), where FILE has none.")
@with_options(READING)
@with_options(RULES)
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--plots", type=click.Path(file_okay=False), help="Write pictures (PNG and SVG) into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
@click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)
def index(columns: tuple[str, ...], terminal: tuple[str, ...], listing: bool, grade: int | None, **rest) -> None:
    """Weigh efficacy against toxicity on one exposure. Fitted to FILE, or built in."""
    from livingdrug.cli.index import list_built_in, run_index
    from livingdrug.scenario.index import Index

    if listing:
        list_built_in(rest["as_json"])
        return
    if grade is not None:
        if rest["toxicity"] is None or ">" in rest["toxicity"]:
            raise InputError("--grade says from which grade on a toxicity counts; write --toxicity CRS --grade 3")
        rest["toxicity"] = f"{rest['toxicity']}>={grade}"
    rest["terminal"] = [read_terminal(text) for text in terminal]
    run_index(*split_output(Index, read_pairs(columns), rest))
