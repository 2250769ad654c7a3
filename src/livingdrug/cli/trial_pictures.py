"""Pictures of a simulated trial into a folder."""

import click

from livingdrug.cli.pictures import save
from livingdrug.plots.trials import plot_characteristics, plot_power_over_size
from livingdrug.trial import TrialAnswer


def write_trial_pictures(answer: TrialAnswer, folder: str) -> None:
    """Power over size, and what becomes of each arm."""
    save(plot_characteristics(answer), folder, "arms")
    if answer.sizes:
        save(plot_power_over_size(answer), folder, "power")
    click.echo(f"wrote pictures to {folder}", err=True)
