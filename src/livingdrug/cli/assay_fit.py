"""`livingdrug assay fit`, `rank`, `design` and `predict`: the commands of their kinds of analysis, under `assay`."""

import click

from livingdrug.cli.options import command_of

KINDS = {"fit": "assay_fit"}


def __getattr__(name: str) -> click.Command:
    """The command of this name."""
    if name not in KINDS:
        raise AttributeError(name)
    command = command_of(KINDS[name])
    command.name = name
    return command
