"""`livingdrug fit`: the options; the work is in `cli.fit`."""

import click

from livingdrug.cli.kinetics import READING, read_pairs, with_options
from livingdrug.cli.out_help import MEMORY_HELP, OUT_HELP

PROBLEM = (
    click.option("--model", "models", required=True, multiple=True, help="A model (name or file); given several "
                 "times, models are compared on the same data."),
    click.option("--with", "fragments", default="", metavar="F1,F2", help="Fragments to join."),
    click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter's start, or its fixed value."),
    click.option("--random", multiple=True, metavar="NAME[=SD],...", help="Parameters that differ between subjects, with the "
                 "start of their spread; those with a published spread by default."),
    click.option("--estimate", multiple=True, metavar="NAME,...", help="Parameters that are fitted and the same for all."),
    click.option("--fix", multiple=True, metavar="NAME[=VALUE]", help="A parameter that stays at its value."),
    click.option("--covariate", multiple=True, metavar="'WT on c_max'", help="A covariate on a parameter: numbers as a power "
                 "around their median, words as categories; more words: exponential, around 70, from 0.5, fixed 0.75."),
    click.option("--outcome", multiple=True, metavar="NAME=KIND:DRIVER", help="An outcome in the same fit: a column "
                 "of --endpoints or rows of the file; binary, ordered, count, event or weibull, driven by an exposure: "
                 "CRS=ordered:log(CMAX), PFS=event:log(AUC28), or the current level, PFS=event:log(transgene)."),
    click.option("--correlated", multiple=True, metavar="NAME,NAME", help="Parameters whose spreads are correlated."),
    click.option("--occasions", multiple=True, metavar="NAME[=SD],...", help="Parameters that also differ between the "
                 "occasions of a subject (column OCC), with the start of that spread (0.3)."),
    click.option("--residual", multiple=True, metavar="[OUTPUT=]KIND:A,B", help="Residual error: additive:a, proportional:b, "
                 "combined:a,b (a + b f), combined_squares:a,b (sqrt(a2 + b2 f2)), lognormal:a."),
    click.option("--below", default="m3", show_default=True, help="Values below the limit: m3, or m1, m4, m5, m6, m7 to see "
                 "what that choice does."),
    click.option("--smooth", type=float, metavar="TIME", help="Let the pieces of a closed form pass into each other over "
                 "this time (0: at once). focei and laplace, which follow slopes, take a twentieth and a tenth of the "
                 "time of the first kink unless told otherwise. The difference from the exact kinks is said."),
    click.option("--output-is", "outputs", multiple=True, metavar="THEIRS=OURS", help="Which output of the model one in the "
                 "data is."),
    click.option("--compartment", "compartments", multiple=True, metavar="THEIRS=STATE", help="Which state of the model a "
                 "compartment of the rows of doses (column CMT or ADM) is, such as 2=central."),
    click.option("--missing", help="Subjects without a covariate that is used: median, leave-out, or estimate (a random "
                 "effect with the mean and SD of the others); refused by default."),
    click.option("--ignore-before-dose", is_flag=True, default=None, help="Leave out samples up to the first dose whose "
                 "prediction is 0, which a log-normal or proportional error does not allow."),
    click.option("--bridge", help="Turn units by a named bridge, as in `nca`."),
)  # fmt: skip


def split(text: str) -> tuple[str, ...]:
    """Parts between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@click.command()
@click.argument("file", type=click.Path())
@with_options(READING)
@with_options(PROBLEM)
@click.option("--endpoints", type=click.Path(), help="A table with one row per subject: covariates, and the response, whose "
              "groups are compared.")  # fmt: skip
@click.option("--method", default="saem", show_default=True, help="How to fit: saem, focei, laplace, individual or bayes.")
@click.option("--compare", is_flag=True, help="Fit by saem, focei and laplace, and say whether they agree.")
@click.option("--start", help="Where typical values start: published (the default), or data: lag, growth, peak and slopes of "
              "the curves. --set and --fix come first.")
@click.option("--evaluate", help="Only the objective at the start: fo, foce, focei, laplace or is; nothing is fitted.")
@click.option("--starts", type=int, help="Search from so many starts; the best optimum is the answer. By default as many "
              "as the method needs (SAEM: two to four with fewer than 40 subjects, until two agree).")
@click.option("--profile", multiple=True, metavar="NAME,...", help="Profile likelihood of these numbers (beta, "
              "'omega beta'): what the data say of each, in words and as a picture.")
@click.option("--bootstrap", type=int, metavar="N", help="Intervals from N fits of resampled subjects.")
@click.option("--sir", type=int, metavar="N", help="Intervals from N (1000) vectors of sampling importance resampling.")
@click.option("--individuals", help="Whose curves are drawn in a folder: first (the default, a page of 12 subjects) or all.")
@click.option("--prior", multiple=True, metavar="NAME=normal:MEAN,SD", help="With --method bayes: of a typical value on its "
              "scale (of ln c_max), or 'omega NAME=half_normal:SCALE' (half_cauchy) of a spread; weak ones by default.")
@click.option("--borrow", metavar="MODEL[:STRENGTH]", help="Few subjects: the published typical values and variabilities of "
              "a model (stein_2019) as priors, each worth STRENGTH subjects (5), with saem or bayes; the fit of the data "
              "alone stands beside it.")
@click.option("--reduce", is_flag=True, default=None, help="Few subjects: where the data do not determine every number, the "
              "result is the model of the lowest BIC with fewer numbers.")
@click.option("--chains", type=int, help="With --method bayes: chains (4).")
@click.option("--tune", type=int, help="With --method bayes: tuning steps of each chain (500).")
@click.option("--draws", type=int, help="With --method bayes: draws of each chain (1000).")
@click.option("--acceptance", type=float, help="With --method bayes: rate aimed at (0.8); higher takes smaller steps.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--resume", is_flag=True, help="Go on from the state that an interrupted run left in the folder --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
@click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)
def fit(
    models, columns, fragments, values, outputs, compartments, profile, out, resume, as_json, as_scenario, memory, **rest
) -> None:  # fmt: skip
    """Fit a model to the samples in FILE. Typical values, spreads, residual error, with values below the limit.

    Exit codes: 0 converged, 2 refused, 3 not converged, 4 at a bound or singular information, 5 a better optimum found from
    another start, 130 interrupted, 143 terminated. For research, not for clinical decisions.
    """
    from livingdrug.cli.fit import run_fit
    from livingdrug.cli.output import Output
    from livingdrug.scenario.fit import Fit
    from livingdrug.workflows.document import checked
    from livingdrug.workflows.fields import named_numbers

    given = {name: value for name, value in rest.items() if value is not None and value != ()}
    given |= {"model": models[0], "also": models[1:]}
    given |= {"fragments": split(fragments), "profile": tuple(name for text in profile for name in split(text))}
    pairs = dict(text.partition("=")[::2] for text in outputs)
    given |= {"values": named_numbers(values, "--set"), "columns": read_pairs(columns), "outputs": pairs}
    given |= {"compartments": dict(text.partition("=")[::2] for text in compartments)}
    scenario = checked(Fit, {name: value for name, value in given.items() if value not in ((), {})}, "command line")
    run_fit(scenario, Output(out=out, as_json=as_json, as_scenario=as_scenario, memory=memory), resume)
