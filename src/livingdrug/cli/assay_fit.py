"""`livingdrug assay fit`, `rank`, `curves`, `predict` and `design`: the commands of their kinds of analysis,
under `assay`."""

import click

from livingdrug.cli.options import command_of

KINDS = {"fit": "assay_fit", "rank": "assay_rank", "curves": "assay_curves", "predict": "assay_predict"}


def __getattr__(name: str) -> click.Command:
    """The command of this name."""
    if name not in KINDS:
        raise AttributeError(name)
    command = command_of(KINDS[name])
    command.name = name
    return command
