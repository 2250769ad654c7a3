"""Commands under `livingdrug assay` that are kinds of analysis: fit, models, rank, curves, predict and design."""

import click

from livingdrug.cli.options import command_of

KINDS = {
    "fit": "assay_fit",
    "models": "assay_models",
    "rank": "assay_rank",
    "curves": "assay_curves",
    "predict": "assay_predict",
    "design": "assay_design",
}


def __getattr__(name: str) -> click.Command:
    """The command of this name."""
    if name not in KINDS:
        raise AttributeError(name)
    command = command_of(KINDS[name])
    command.name = name
    return command
