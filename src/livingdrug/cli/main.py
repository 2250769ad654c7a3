"""`livingdrug`: errors become one sentence on standard error and exit code 2."""

import gc
import os
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from functools import lru_cache

import click

from livingdrug import __version__
from livingdrug.cli.commands import Commands, Group
from livingdrug.cli.explained import Explained
from livingdrug.cli.out_help import DASK_HELP, MEMORY_HELP, OUT_HELP, RESUME_HELP, SHARD_HELP, UNCERTAINTY_HELP, YES_HELP
from livingdrug.core import waiting
from livingdrug.core.errors import LivingdrugError, printable
from livingdrug.core.words import parts
from livingdrug.workflows.shared_fields import EVEN_SO, FRAGMENTS, VARIABILITY

COLLECT = 50_000  # new objects after which garbage is looked for
SHOWN = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=Commands, context_settings=SHOWN)
@click.version_option(__version__)
def cli() -> None:
    """Quantitative pharmacology of engineered T cells. For research, not for clinical decisions."""


@cli.group(cls=Group, invoke_without_command=True)
@click.option("--disease", help="Only models of this disease, such as lymphoma.")
@click.option("--target", help="Only models of this target, such as CD19.")
@click.option("--mechanism", help="Only models with this mechanism, such as 'antigen loss'.")
@click.option("--data", help="Only models whose numbers are from patients, mice or an assay.")
@click.option("--kind", help="Only models of this kind: population, typical, individual fits, ensemble or illustration.")
@click.option("--licence", help="Part of the licence of the place where the numbers were read, such as CC0.")
@click.pass_context
def models(context: click.Context, **wanted: str | None) -> None:
    """List or find models. `show`, `check`, `export`, `compare` or write a `new` one."""
    if context.invoked_subcommand is None:
        from livingdrug.cli.show import print_catalogue

        print_catalogue(wanted)


@models.command(cls=Explained, examples=(
    "livingdrug models show kirouac_2023",
    "livingdrug models show stein_2019 --diagram stein_2019.svg",
))
@click.argument("name")
@click.option("--with", "fragments", metavar="F1,F2", default="", help=FRAGMENTS.text)
@click.option("--latex", is_flag=True, help="Print the equations as LaTeX only.")
@click.option("--toml", is_flag=True, help="Print the model as a file that can be edited and simulated.")
@click.option("--diagram", type=click.Path(dir_okay=False), metavar="FILE", help="Write a diagram of states and flows to "
              "FILE: .svg, .png, .mmd (Mermaid) or .dot (Graphviz).")
@click.option("--even-so", is_flag=True, help=EVEN_SO.text)
def show(name: str, fragments: str, latex: bool, toml: bool, diagram: str | None, even_so: bool) -> None:
    """Equations, parameters and sources of a model (name, file, fit).

    Also its anchors and deviations. A fit is named by its folder.
    """
    from livingdrug.cli.show import print_model

    print_model(name, parts(fragments), latex, toml, diagram, even_so)


@models.command(cls=Explained, examples=(
    "livingdrug models export stein_2019 --to nonmem --out stein.ctl",
    "livingdrug models export kirouac_2023 --with tissue --to nlmixr2",
))
@click.argument("name")
@click.option("--to", "target", required=True, help="Tool or format: nonmem, nlmixr2 (rxode2 reads it too), "
              "mrgsolve, monolix, pumas, sbml, antimony or omex (an archive).")
@click.option("--with", "fragments", metavar="F1,F2", default="", help=FRAGMENTS.text)
@click.option("--variability", "--spread", "variability", help=VARIABILITY.text)
@click.option("--out", type=click.Path(dir_okay=False), help="Write the text to this file instead of printing it.")
@click.option("--even-so", is_flag=True, help=EVEN_SO.text)
def export(name: str, target: str, fragments: str, variability: str | None, out: str | None, even_so: bool) -> None:
    """Write a model for another tool, such as NONMEM, or as SBML."""
    from livingdrug.cli.exports import export_model

    export_model(name, target, parts(fragments), variability, out, even_so)


@models.command(cls=Explained, examples=(
    "livingdrug models check kirouac_2023",
    "livingdrug models check stein_2019",
))
@click.argument("name", required=False)
@click.option("--even-so", is_flag=True, help=EVEN_SO.text)
def check(name: str | None, even_so: bool) -> None:
    """Run the checks and published anchors of one model or of all."""
    from livingdrug.cli.show import print_check

    sys.exit(0 if print_check(name, even_so) else 1)


@models.command(cls=Explained, examples=(
    "livingdrug models new mine.toml --flows",
    "livingdrug models new curve.toml --closed-form",
))
@click.argument("file", type=click.Path())
@click.option("--closed-form", "shape", flag_value="closed_form", help="Outputs as formulas of time, in pieces.")
@click.option("--flows", "shape", flag_value="flows", help="States, and flows between them, that are solved.")
@click.option("--roles-of", metavar="SBML", help="A map that gives roles to the states of this SBML file, to be filled in.")
def new(file: str, shape: str | None, roles_of: str | None) -> None:
    """Write a commented model FILE (.toml) to start from. It runs at once; its numbers are made up.

    With --roles-of: a map beside an SBML file, with which fragments can join its model.
    """
    from livingdrug.cli.new import write_map, write_model

    if roles_of and shape is None:
        write_map(file, roles_of)
        return
    if shape is None or roles_of:
        raise click.UsageError(
            "say one thing: --closed-form (formulas of time), --flows (states and flows), or --roles-of SBML"
        )
    write_model(file, shape)


@cli.command(cls=Explained, examples=(
    "livingdrug warmup stein_2019",
    "livingdrug warmup kirouac_2023 --with tissue",
))
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--with", "fragments", metavar="F1,F2", default="", help="Fragments to join to each named model.")
def warmup(names: tuple[str, ...], fragments: str) -> None:
    """Compile models now, so that their first run starts at once. All built-in ones by default."""
    from livingdrug.cli.warmup import warm_up

    warm_up(names, parts(fragments))


@cli.command(cls=Explained, examples=(
    "livingdrug run scenario.toml",
    "livingdrug run scenario.toml --out run_again",
))
@click.argument("file", type=click.Path())
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--workers", type=int, help="Distribute the subjects over this many processes.")
@click.option("--dask", metavar="ADDRESS", help=DASK_HELP)
@click.option("--resume", is_flag=True, help=RESUME_HELP)
@click.option("--shard", metavar="I/N", help=SHARD_HELP)
@click.option("--yes", is_flag=True, help=YES_HELP)
@click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)
def run(file: str, **options) -> None:
    """Run the scenario document in a TOML FILE. The option --as-scenario of other commands prints one."""
    from livingdrug.cli.documents import run_document
    from livingdrug.cli.output import Output

    run_document(file, Output.taken_from(options))


@cli.command(cls=Explained, examples=(
    "livingdrug report run_1",
    "livingdrug report run_1 run_2 --out both --title 'Two runs'",
))
@click.argument("folders", metavar="FOLDER...", type=click.Path(file_okay=False), nargs=-1, required=True)
@click.option("--out", metavar="FOLDER", type=click.Path(file_okay=False), help="One document of all the runs, into this "
              "new folder.")  # fmt: skip
@click.option("--title", metavar="TEXT", default="", help="Title of the one document.")
@click.option("--pdf", is_flag=True, help="Write report.pdf as well (needs the extra `pdf`).")
@click.option("--docx", is_flag=True, help="Write report.docx as well, for Word (needs the extra `word`).")
def report(folders: tuple[str, ...], out: str | None, title: str, pdf: bool, docx: bool) -> None:
    """Regenerate report.html in the FOLDER of a run, or bind several. With --out the runs of several folders become one
    document. First checks the files that `livingdrug run FILE --out FOLDER` wrote."""
    from livingdrug.cli.documents import bind_reports, remake_report
    from livingdrug.core.errors import InputError

    if out is not None:
        bind_reports(folders, out, title, pdf, docx)
    elif title or len(folders) > 1:
        raise InputError("--out is missing: the new folder for one document of these runs")
    else:
        remake_report(next(iter(folders)), pdf, docx)


@cli.command(cls=Explained, examples=(
    "livingdrug app",
    "livingdrug app --port 0",
))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8050, show_default=True, help="Port of the page; 0 takes any free one."
)
def app(port: int) -> None:
    """Open the web app on this machine. Sliders, your own data, trials; nothing leaves the machine."""
    from livingdrug.web.app import serve

    serve(port, lambda address: click.echo(f"livingdrug is open at {address} (end it with Ctrl+C)", err=True))


@cli.command(cls=Explained, examples=(
    "livingdrug trial umbrella.toml --replicates 500",
    "livingdrug trial escalation.toml --replicates 200 --out run_escalation",
))
@click.argument("design", type=click.Path())
@click.option("--replicates", type=int, help="Simulated trials (10000, or what the design says).")
@click.option("--seed", type=int, help="Seed of the simulation (1, or what the design says).")
@click.option("--uncertainty", type=int, metavar="DRAWS", help=UNCERTAINTY_HELP)
@click.option("--even-so", is_flag=True, help=EVEN_SO.text)
@click.option("--out", type=click.Path(), help=OUT_HELP)
@click.option("--plots", type=click.Path(file_okay=False), help="Write figures (PNG and SVG) into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--memory", type=float, metavar="GB", help=MEMORY_HELP)
@click.option("--resume", is_flag=True, help=RESUME_HELP)
def trial(design: str, **rest) -> None:
    """Simulate the trial in the TOML file DESIGN many times. `livingdrug example trial FOLDER` writes a commented design."""
    from livingdrug.cli.documents import run_design
    from livingdrug.cli.output import Output

    given = {name: rest.pop(name) for name in ("replicates", "seed", "uncertainty", "even_so")}
    run_design(design, given, Output.taken_from(rest))



@lru_cache  # each once
def _say_what_is_compiled(what: str) -> None:
    """On a terminal, where somebody waits; in a pipe nothing but messages about the run is written."""
    if sys.stderr.isatty():
        click.echo(f"compiling {what}, which takes some seconds, once ...", err=True)


def start() -> None:
    """Entry point of a user: warnings of libraries, which say nothing of their data, stay unseen unless python -W asks.

    Three things of libraries cost a tenth of the start each and serve nobody here: the search for garbage after every 700
    new objects, while a thousand classes are made, pydantic's search of all installed packages for plugins, and threads of
    NumPy's linear algebra that look for work without a pause for a while after each piece of it, and before the first.
    """
    gc.set_threshold(COLLECT)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # as a power of 2 of the clock: they sleep at once
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
