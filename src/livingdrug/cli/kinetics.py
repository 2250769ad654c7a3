"""`livingdrug check`, `nca`, `compare`, `example`: the options; the work is in `cli.tables` and `cli.parameters`."""

import click

from livingdrug.core.errors import InputError


def read_units(context: click.Context, _, texts: tuple[str, ...]) -> str | None:
    """The one unit of all values; units of single outputs (`OUTPUT=UNIT`) go beside it as `units`."""
    pairs = {name.strip(): unit.strip() for name, equals, unit in (text.rpartition("=") for text in texts) if equals}
    plain = [text for text in texts if "=" not in text]
    if len(plain) > 1 or (plain and pairs):
        raise InputError(f"--unit says {' and '.join(texts)}; give one unit, or OUTPUT=UNIT for each output")
    context.params["units"] = pairs or None
    return plain[0] if plain else None


READING = (
    click.option("--column", "columns", multiple=True, metavar="YOURS=OURS", help="What a column means, such as result=DV."),
    click.option("--unit", multiple=True, metavar="[OUTPUT=]UNIT", callback=read_units, help="Unit of the values, where the "
                 "file states none (copies/ug, cells/uL, ng/mL, nM, ...); OUTPUT=UNIT, repeated, where it has several."),
    click.option("--output", help="The only output to use, where the file has several (by analyte, matrix or DVID)."),
    click.option("--time-unit", help="Unit of the times, where the file states none: d, h, min, s or week."),
    click.option("--dose", type=float, help="One dose for every subject, where the file holds none."),
    click.option("--dose-unit", help="Unit of the dose: cells, cells/kg, mg, mg/kg, nmol, ..."),
    click.option("--assay", help="The assay of the whole file, such as qPCR, ddPCR or flow."),
    click.option("--limit", type=float, help="Limit of quantification, where rows state none."),
    click.option("--infusion-day", type=int, help="Day number of the infusion, the same for all: 0 or 1 where "
                 "days are counted, or the number of a study day or of a spreadsheet's date."),
    click.option("--date-order", help="Order of dates that are not ISO: dmy or mdy."),
    click.option("--duplicates", help="Values of one subject, output and time: `mean` takes their mean, `keep` (a fit does) "
                 "takes them for replicates."),
    click.option("--pool-assays", is_flag=True, help="Join values of different assays into one profile."),
    click.option("--sheet", help="Sheet of an Excel file; the first by default."),
    click.option("--untreated", is_flag=True, default=None, help="Subjects without a row of a dose, where others have one, "
                 "were not treated (a fit takes them so, and says it)."),
    click.option("--logarithms", help="The values and limits of the file are logarithms: `e` or `10` turns them back, `kept` "
                 "keeps them, for a model whose output is a logarithm."),
)  # fmt: skip
RULES = (
    click.option("--auc", default="linup-logdown", show_default=True, help="Trapezoids: linear or linup-logdown."),
    click.option("--blq-first", default="zero", show_default=True, help="Values below the limit before the first "
                 "quantifiable one: drop, zero, lloq or half."),
    click.option("--blq-middle", default="drop", show_default=True, help="The same between quantifiable values."),
    click.option("--blq-last", default="zero", show_default=True, help="The same after the last one."),
    click.option("--window", type=float, nargs=2, help="Window of AUCINT in the unit of the times; 0 to 28 d by default."),
    click.option("--above", type=float, help="Level of XTLIM; the limit of quantification by default."),
    click.option("--blood-volume", type=float, help="Blood volume in uL for XEXPR (an adult: 5e6); by weight where none is "
                 "given and weights are known."),
    click.option("--bridge", help="Turn units by a named bridge: kirouac_2024, singh_2021, white_cells:wbc=5000,vcn=1, "
                 "percent_of_cd3:cd3=COLUMN."),
    click.option("--terminal", multiple=True, metavar="ID:FROM:TO:WHY", help="Terminal points of a subject by hand."),
    click.option("--small-molecule", is_flag=True, help="Also CL, VZ, MRT and AUMC, which mean nothing for growing cells."),
)  # fmt: skip


def with_options(options):
    """Add a family of options to a command."""

    def add(command):
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group()
def example() -> None:
    """Write example data to try the commands on."""


@example.command("nca")
@click.argument("folder", type=click.Path(file_okay=False))
def example_nca(folder: str) -> None:
    """A small simulated data set for check, nca and compare. Written into FOLDER."""
    from livingdrug.cli.examples import write_nca_example

    write_nca_example(folder)


@example.command("response")
@click.argument("folder", type=click.Path(file_okay=False))
def example_response(folder: str) -> None:
    """Simulated samples and endpoints for response and index. Written into FOLDER; the endpoints depend on exposure."""
    from livingdrug.cli.response_examples import write_response_example

    write_response_example(folder)


@example.command("crb401")
@click.argument("folder", type=click.Path(file_okay=False))
def example_crb401(folder: str) -> None:
    """Published responders by dose in CRB-401 (ide-cel). Written into FOLDER, with their source."""
    from livingdrug.cli.response_examples import write_crb401_example

    write_crb401_example(folder)


@example.command("trial")
@click.argument("folder", type=click.Path(file_okay=False))
def example_trial(folder: str) -> None:
    """A commented design of an umbrella trial. Written into FOLDER, for `livingdrug trial`."""
    from livingdrug.cli.trial_example import write_trial_example

    write_trial_example(folder)


@example.command("attributes")
@click.argument("folder", type=click.Path(file_okay=False))
def example_attributes(folder: str) -> None:
    """Simulated products, expression and signatures for attributes. Written into FOLDER."""
    from livingdrug.cli.attribute_examples import write_attributes_example

    write_attributes_example(folder)


@example.command("assay")
@click.argument("folder", type=click.Path(file_okay=False))
def example_assay(folder: str) -> None:
    """A simulated plate of a killing assay with its map and events. Written into FOLDER."""
    from livingdrug.cli.assay_example import write_assay_example

    write_assay_example(folder)


def split_output(kind, columns: dict[str, str], rest: dict):
    """(scenario, what to do with its answer)."""
    from livingdrug.cli.output import Output
    from livingdrug.workflows import checked

    output = Output.taken_from(rest)
    given = {name: value for name, value in rest.items() if value is not None and value != ()}
    if columns:
        given["columns"] = columns
    return checked(kind, given, "command line"), output


def read_pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """`YOURS=OURS` texts; the last `=` parts them, as headings may hold one."""
    pairs = {}
    for text in texts:
        yours, equals, ours = text.rpartition("=")
        if not equals or not yours or not ours:
            raise InputError(f"--column `{text}` cannot be read; write YOURS=OURS, such as result=DV")
        pairs[yours] = ours
    return pairs


def read_terminal(text: str) -> dict:
    """`ID:FROM:TO:WHY` as a dictionary; ids may hold colons, so it is read from both ends."""
    try:
        head, reason = text.rsplit(":", 1)
        subject, start, end = head.rsplit(":", 2)
        return {"subject": subject, "start": float(start), "end": float(end), "reason": reason}
    except ValueError:
        example = "P01:14:60:late samples only"
        raise InputError(f"--terminal `{text}` cannot be read; write ID:FROM:TO:WHY, such as {example}") from None
