"""Pictures of a simulated trial into a folder."""

import click

from livingdrug.cli.pictures import save
from livingdrug.plots.trials import plot_characteristics, plot_power_over_size, plot_size_grid
from livingdrug.trial import TrialAnswer, size_grid
from livingdrug.trial.design import LOGARITHMIC


def write_trial_pictures(answer: TrialAnswer, folder: str) -> None:
    """Power over size, what becomes of each arm, and the grid of folds and variances where an exposure is compared."""
    save(plot_characteristics(answer), folder, "arms")
    if answer.sizes:
        save(plot_power_over_size(answer), folder, "power")
    if any(endpoint.kind in LOGARITHMIC for endpoint in answer.trial.endpoints):
        save(plot_size_grid(size_grid(answer.trial, answer.seed)), folder, "grid")
    click.echo(f"wrote pictures to {folder}", err=True)
