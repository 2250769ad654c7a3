"""`livingdrug`: errors become one sentence on standard error and exit code 2."""

import os
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from functools import lru_cache

import click

from livingdrug import __version__
from livingdrug.cli.commands import Commands
from livingdrug.cli.out_help import MEMORY_HELP, OUT_HELP
from livingdrug.core import waiting
from livingdrug.core.errors import LivingdrugError, printable

DOSE_HELP = (
    "A dose; repeatable. 1e8: at time 0; 5e7@7: at time 7 (the model's unit). Words after it, in any order: into=STATE; "
    "over=TIME or rate=RATE (an infusion); every=TIME repeats=N (N more doses); lag=TIME; fraction=PART (what arrives); "
    "steady=replace or steady=add (start from the steady state of every=TIME). over, rate, lag and fraction take a number or "
    "a parameter. '100@0 into=central over=2 every=12 repeats=5 lag=0.5 fraction=0.8 steady=replace'; "
    "'5000@24 into=tumour every=24 repeats=1' adds target cells twice; 'reset@24' sets all back to the start."
)


LATER = {
    "check": ("livingdrug.cli.kinetics", "Say how FILE is read, column by column, and what is wrong."),
    "compare": ("livingdrug.cli.kinetics", "Place the subjects in FILE among published exposures."),
    "example": ("livingdrug.cli.kinetics", "Write example data to try the commands on."),
    "fit": ("livingdrug.cli.fitting", "Fit a model to the samples in FILE."),
    "index": ("livingdrug.cli.index_options", "Weigh efficacy against toxicity on one exposure."),
    "nca": ("livingdrug.cli.kinetics", "Cellular-kinetic parameters of every profile in FILE."),
    "response": ("livingdrug.cli.response_options", "Relate exposure to a response, a grade, a value or a time."),
    "sampling": ("livingdrug.cli.sampling", "Which further sampling days would sharpen which parameter."),
    "vpc": ("livingdrug.cli.vpc", "Visual predictive check of the fit in FOLDER."),
}


@click.group(cls=Commands, later=LATER, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def cli() -> None:
    """Quantitative pharmacology of engineered T cells. For research, not for clinical decisions."""


@cli.group(invoke_without_command=True)
@click.option("--disease", help="Only models of this disease, such as lymphoma.")
@click.option("--target", help="Only models of this target, such as CD19.")
@click.option("--mechanism", help="Only models with this mechanism, such as 'antigen loss'.")
@click.option("--data", help="Only models whose numbers are from patients, mice or an assay.")
@click.option("--kind", help="population, typical, individual fits, ensemble or illustration.")
@click.option("--licence", help="Part of the licence of the place where the numbers were read, such as CC0.")
@click.pass_context
def models(context: click.Context, **wanted: str | None) -> None:
    """List the models, or those with the wanted words; `show`, `check`, `export` or write a `new` one."""
    if context.invoked_subcommand is None:
        from livingdrug.cli.show import print_catalogue

        print_catalogue(wanted)


@models.command()
@click.argument("name")
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join.")
@click.option("--latex", is_flag=True, help="Print the equations as LaTeX only.")
@click.option("--toml", is_flag=True, help="Print the model as a file that can be edited and simulated.")
def show(name: str, fragments: str, latex: bool, toml: bool) -> None:
    """Equations, parameters and sources of a model (name or file). Also its anchors and deviations."""
    from livingdrug.cli.show import print_model

    print_model(name, _split(fragments), latex, toml)


@models.command()
@click.argument("name")
@click.option("--to", "target", required=True, help="nonmem, nlmixr2 (rxode2 reads it too) or mrgsolve.")
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join.")
@click.option("--spread", help="Which published spread, where there are several (stein_2019: sd, variance).")
@click.option("--out", type=click.Path(dir_okay=False), help="Write the text to this file instead of printing it.")
def export(name: str, target: str, fragments: str, spread: str | None, out: str | None) -> None:
    """Write a model (name or file) for NONMEM, nlmixr2 or mrgsolve. As a control stream, a function or a model file."""
    from livingdrug.cli.exports import export_model

    export_model(name, target, _split(fragments), spread, out)


@models.command()
@click.argument("name", required=False)
def check(name: str | None) -> None:
    """Run the checks and published anchors of one model or of all."""
    from livingdrug.cli.show import print_check

    sys.exit(0 if print_check(name) else 1)


@models.command()
@click.argument("file", type=click.Path())
@click.option("--closed-form", "shape", flag_value="closed_form", help="Outputs as formulas of time, in pieces.")
@click.option("--flows", "shape", flag_value="flows", help="States, and flows between them, that are solved.")
def new(file: str, shape: str | None) -> None:
    """Write a commented model FILE (.toml) to start from. It runs at once; its numbers are made up."""
    if shape is None:
        raise click.UsageError("say how the model is written: --closed-form (formulas of time) or --flows (states and flows)")
    from livingdrug.cli.new import write_model

    write_model(file, shape)


def _where(command):
    """The options that say where a run takes place, and in how much memory; they are no part of a scenario, as they change no
    number."""
    command = click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)(command)
    command = click.option("--dask", metavar="ADDRESS", help="Share the subjects among a Dask cluster's workers.")(command)
    return click.option("--workers", type=int, help="Share the subjects among this many processes.")(command)


@cli.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join to each named model.")
def warmup(names: tuple[str, ...], fragments: str) -> None:
    """Compile models now, so that their first run starts at once. All built-in ones by default."""
    from livingdrug.cli.warmup import warm_up

    warm_up(names, _split(fragments))


@cli.command()
@click.argument("model")
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join, such as tissue,host_competition.")
@click.option("--dose", "doses", multiple=True, metavar="'AMOUNT[@TIME] WORD=VALUE ...'", help=DOSE_HELP)
@click.option("--doses-from", metavar="FILE=SUBJECT", help="The doses of a subject in a file, as `fit` reads its rows.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter by name or paper symbol. Repeatable.")
@click.option("-n", "subjects", type=int, help="Virtual subjects; without it the typical subject.")
@click.option("--cv", type=float, help="Log-normal CV on every rate, where no spread is published (0.5 = 50 %).")
@click.option("--spread", help="Which published spread, where there are several (stein_2019: sd, variance).")
@click.option("--days", type=float, help="Horizon in days; by default that of the model's first experiment.")
@click.option("--every", type=float, default=1.0, show_default=True, help="Step of the table, in the model's time unit.")
@click.option("--output", "outputs", multiple=True, help="Only this output or state. Repeatable.")
@click.option("--observe", is_flag=True, help="Add the published residual error to measured outputs.")
@click.option("--limit", type=float, help="With --observe: limit of quantification.")
@click.option("--exposure", type=float, nargs=2, metavar="START END", help="Peaks and areas in this window; no curves.")
@click.option("--above", multiple=True, metavar="OUTPUT=VALUE", help="With --exposure: time above this value. Repeatable.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print peaks and integrals as JSON.")
@_where
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
def simulate(fragments, values, above, doses_from, **rest) -> None:
    """Simulate a model: one subject, or a virtual population. MODEL: a name from `livingdrug models`, or a model file."""
    from livingdrug.cli.output import Output
    from livingdrug.cli.simulate import doses_of_file, read_above, read_values, run
    from livingdrug.scenario.purpose import checked
    from livingdrug.scenario.simulation import Simulation

    output = Output.taken_from(rest)
    if doses_from:
        rest["doses"] = (*rest["doses"], *doses_of_file(doses_from, rest["model"], _split(fragments)))
    filled = {**rest, "fragments": _split(fragments), "values": read_values(values), "above": read_above(above)}
    scenario = checked(Simulation, {k: v for k, v in filled.items() if v is not None}, "command line")
    run(scenario, output)


@cli.command()
@click.argument("file", type=click.Path())
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@_where
def run(file: str, **options) -> None:
    """Run the scenario document in a TOML FILE. The option --as-scenario of other commands prints one."""
    from livingdrug.cli.documents import run_document
    from livingdrug.cli.output import Output

    run_document(file, Output.taken_from(options))


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--pdf", is_flag=True, help="Write report.pdf as well (needs the extra `pdf`).")
def report(folder: str, pdf: bool) -> None:
    """Make report.html anew in the FOLDER of a run. First checks the files that `livingdrug run FILE --out FOLDER` wrote."""
    from livingdrug.cli.documents import remake_report

    remake_report(folder, pdf)


@cli.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8050, show_default=True, help="0: any free one.")
def app(port: int) -> None:
    """Open the web app on this machine. Sliders, your own data, trials; nothing leaves the machine."""
    from livingdrug.web.app import serve

    serve(port, lambda address: click.echo(f"livingdrug is open at {address} (end it with Ctrl+C)", err=True))


@cli.command()
@click.option("--fold", type=float, help="A fold change of exposure (ln AUC0-28), with --log-sd or --model.")
@click.option(
    "--log-sd",
    type=float,
    multiple=True,
    help="SD of the logarithm of exposure (natural log). Twice: of "
    "the first and of the second arm, compared by Welch's test.",
)
@click.option("--model", help="A model whose spread gives the SD of ln AUC0-28, such as stein_2019.")
@click.option("--spread", help="Which spread of the model (stein_2019: sd, variance, or observed in a label).")
@click.option("--effect", type=float, help="Difference of means over the common SD, instead of a fold.")
@click.option("--proportions", type=float, nargs=2, help="Two response rates to tell apart, such as 0.3 0.5.")
@click.option("--hazard-ratio", type=float, help="A hazard ratio to be seen by the log-rank test, with --event-rate.")
@click.option("--event-rate", type=float, help="Share of all subjects who have the event in the trial, such as 0.5.")
@click.option("--power", type=float, default=0.8, show_default=True)
@click.option("--alpha", type=float, default=0.05, show_default=True)
@click.option("--sides", type=int, default=2, show_default=True)
@click.option("--arms", default="1:1", show_default=True, help="Allocation, such as 1:2.")
@click.option("-n", "--n", type=int, help="Ask for the power of this many in the smaller arm.")
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--as-scenario", is_flag=True, help="Print the scenario document that this command amounts to; run nothing.")
def power(**options) -> None:
    """How many patients per arm it takes to see a difference. By exact noncentral t, Welch, two proportions or log-rank."""
    from livingdrug.cli.output import Output
    from livingdrug.cli.power import run_power
    from livingdrug.scenario.power import Power
    from livingdrug.scenario.purpose import checked

    output = Output.taken_from(options)
    given = {name: value for name, value in options.items() if value not in (None, ())}
    run_power(checked(Power, given, "command line"), output)


@cli.command()
@click.argument("design", type=click.Path())
@click.option("--replicates", type=int, help="Simulated trials (10000, or what the design says).")
@click.option("--seed", type=int, help="Seed of the simulation (1, or what the design says).")
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--plots", type=click.Path(file_okay=False), help="Write pictures (PNG and SVG) into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)
def trial(design: str, replicates: int | None, seed: int | None, **rest) -> None:
    """Simulate the trial in the TOML file DESIGN many times. `livingdrug example trial FOLDER` writes a commented design."""
    from livingdrug.cli.output import Output
    from livingdrug.cli.trial import run_file

    run_file(design, replicates, seed, Output.taken_from(rest))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@lru_cache  # each once
def _say_what_is_compiled(what: str) -> None:
    """On a terminal, where somebody waits; in a pipe nothing but messages about the run is written."""
    if sys.stderr.isatty():
        click.echo(f"compiling {what}, which takes some seconds, once ...", err=True)


def start() -> None:
    """Entry point of a user: warnings of libraries, which say nothing of their data, stay unseen unless python -W asks."""
    if not sys.warnoptions:
        os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of the processes that share the work
        warnings.simplefilter("ignore")
    main()


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): everything ends as after Ctrl+C."""


def _terminate(*signal) -> None:
    raise Terminated


@contextmanager
def _terminable():
    """SIGTERM as an exception, so that nothing half-written stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(code: int) -> None:
    """End with this code, although what is left to be printed cannot be (a full disk)."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def main() -> None:
    """Entry point: exit code 2 and one sentence for what was refused, 130 when interrupted, 143 when terminated."""
    waiting.listeners.append(_say_what_is_compiled)
    try:
        with _terminable():
            cli.main(standalone_mode=False)
            sys.stdout.flush()
    except LivingdrugError as error:
        # the lines of a list of faults stay; a text quoted from a file or an option may hold terminal codes
        click.echo("livingdrug: " + "\n".join(printable(line) for line in str(error).split("\n")), err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as error:
        terminated = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
        click.echo(f"livingdrug: {'terminated' if terminated else 'interrupted'}", err=True)
        sys.exit(143 if terminated else 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        click.echo(f"livingdrug: {where}{error.strerror or error}; nothing more was written", err=True)
        _leave(2)
    except MemoryError:
        click.echo("livingdrug: the memory of this machine does not suffice; ask for fewer subjects, draws, replicates or "
                   "times", err=True)  # fmt: skip
        sys.exit(2)
