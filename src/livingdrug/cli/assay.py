"""`livingdrug assay`: the options; the work is in `cli.assay_check`."""

import click

from livingdrug.cli.commands import Commands
from livingdrug.core.errors import InputError

LATER = {
    "fit": ("livingdrug.cli.assay_fit", "Rates of FILES with intervals: growth, killing, what effectors do."),
    "rank": ("livingdrug.cli.assay_fit", "Which construct is best, and how sure is it."),
    "curves": ("livingdrug.cli.assay_fit", "Courses of a design that was not run, with bands."),
    "design": ("livingdrug.cli.assay_fit", "Which design of an assay tells rates apart, and its cost."),
    "models": ("livingdrug.cli.assay_fit", "Which laws of growth, killing and effectors describe a plate best."),
    "predict": ("livingdrug.cli.assay_fit", "What a construct would change in a patient."),
}
READING = (
    click.option(
        "--map",
        "plan",
        type=click.Path(),
        metavar="MAP",
        help="What each well holds: CSV, Excel or XML, with the columns "
        "well, role, construct, donor, effectors_seeded, targets_seeded, treatment (and plate), or grids "
        "of labels.",
    ),
    click.option(
        "--events",
        type=click.Path(),
        help="What was done to the wells: a table with time_h, event, targets_added, "
        "fraction_kept (and plate, wells).",
    ),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="YOURS=OURS",
        help="What a column, channel or metric means, such as "
        "'Green Object Count'=effectors or CMT=channel. Repeatable.",
    ),
    click.option(
        "--quantity",
        help="What the values measure, where no heading says it: cell_index, confluence, targets, effectors, "
        "luminescence, lysis, ...",
    ),
    click.option("--time", type=float, metavar="H", help="Time of readings whose file states none, in h."),
    click.option(
        "--time-unit", help="Unit of the times, where the file states none or a wrong one: h, d, min or s."
    ),
    click.option("--plate", help="Name of the plate, where the files hold none."),
    click.option(
        "--start",
        type=float,
        metavar="H",
        help="When the effectors were added, in h on the clock of the readings.",
    ),
    click.option("--wells", "size", type=int, default=96, show_default=True, help="Wells of a plate."),
    click.option(
        "--beads", type=float, metavar="N", help="Beads added to each sample: events become cells per well."
    ),
    click.option(
        "--volume", type=float, metavar="UL", help="Volume of a well: counts per uL become cells per well."
    ),
    click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="[QUANTITY=]VALUE",
        help="Values below it are censored. Repeatable.",
    ),
    click.option(
        "--saturation",
        "saturations",
        multiple=True,
        metavar="[QUANTITY=]VALUE",
        help="Values at or above it are censored.",
    ),
    click.option(
        "--rechallenge",
        "rechallenges",
        multiple=True,
        metavar="CELLS@H",
        help="Targets added to every well (5000@24).",
    ),
    click.option(
        "--replate",
        "replatings",
        multiple=True,
        metavar="FRACTION@H",
        help="Fraction of each well moved to a new one (0.333@24), before targets are added at that time.",
    ),
    click.option(
        "--leave-out",
        multiple=True,
        metavar="WELL",
        help="A well that takes no part, such as A1 or 'P1 A1'. Repeatable.",
    ),
    click.option("--same-map", is_flag=True, help="A map without plates is that of every plate."),
)


def with_reading(command):
    """Add the options that say how the files of an assay are read."""
    for option in reversed(READING):
        command = option(command)
    return command


@click.group(cls=Commands, later=LATER)
def assay() -> None:
    """Killing assays: read, check and fit plates. From impedance, imaging, luminescence, counts and lysis."""


@assay.command("check")
@click.argument("files", type=click.Path(), nargs=-1, required=True)
@with_reading
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the readings, wells, events and findings as CSV, and a heat map of the plate for each check.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check_files(
    files: tuple[str, ...], plan: str | None, events: str | None, out: str | None, as_json: bool, **rest
) -> None:
    """Say how FILES are read and what is wrong, by line and well. Exit code 2 where there are faults."""
    from livingdrug.cli.assay_check import run_check

    run_check(files, plan, events, reading_of(rest), out, as_json)


def reading_of(options: dict):
    """The options of `with_reading`, but for map and events, as an AssayReading."""
    from livingdrug.assay import AssayReading
    from livingdrug.workflows import read_pairs

    given = {name: value for name, value in options.items() if value not in (None, ())}
    given["columns"] = read_pairs(options["columns"], "--column")
    for name in ("limits", "saturations"):
        given[name] = dict(_limit(text, name) for text in options[name])
    for name, flag in (("rechallenges", "--rechallenge"), ("replatings", "--replate")):
        given[name] = tuple(_at(text, flag) for text in options[name])
    return AssayReading(**given)


def _limit(text: str, name: str) -> tuple[str, float]:
    quantity, _, value = text.rpartition("=")
    try:
        return quantity.strip(), float(value)
    except ValueError:
        option = {"limits": "--limit", "saturations": "--saturation"}[name]
        raise InputError(
            f"{option} `{text}` cannot be read; write VALUE or QUANTITY=VALUE, such as targets=25"
        ) from None


def _at(text: str, flag: str) -> tuple[float, float]:
    value, _, time = text.partition("@")
    try:
        return float(value), float(time)
    except ValueError:
        example = "5000@24" if flag == "--rechallenge" else "0.333@24"
        raise InputError(f"{flag} `{text}` cannot be read; write it as {example} (the time in h)") from None
