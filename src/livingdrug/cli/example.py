"""`livingdrug example`: data to try the commands on."""

import click


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
