"""The pictures of each kind of scenario."""

from pathlib import Path

from livingdrug.report.answer import Picture
from livingdrug.report.pictures import save
from livingdrug.scenario.index import IndexAnswer
from livingdrug.trial import TrialAnswer, size_grid
from livingdrug.trial.design import LOGARITHMIC

INDEX_PICTURES = (
    Picture("index", "Efficacy and toxicity over exposure with their bands; the window is shaded, the product lies below."),
    Picture("tradeoff", "What another median or spread of exposure would give: patients in the window, response, toxicity."),
)


def write_index_pictures(answer: IndexAnswer, folder: str | Path) -> None:
    """Both curves with the window, and what other medians and spreads would give."""
    from livingdrug.plots.index import plot_index, plot_tradeoff

    save(plot_index(answer.index, answer.outlook), folder, "index")
    save(plot_tradeoff(answer.index, answer.outlook), folder, "tradeoff")


def write_trial_pictures(answer: TrialAnswer, folder: str | Path) -> list[Picture]:
    """What becomes of each arm, power over size where it was asked for, and the grid of folds and variances where an
    exposure is compared."""
    from livingdrug.plots.trials import plot_characteristics, plot_power_over_size, plot_size_grid

    save(plot_characteristics(answer), folder, "arms")
    made = [Picture("arms", "What becomes of each arm: how often it is found better, and what it costs.")]
    if answer.sizes:
        save(plot_power_over_size(answer), folder, "power")
        made.append(Picture("power", "Power over the size of the smallest arm, simulated and by formula."))
    if any(endpoint.kind in LOGARITHMIC for endpoint in answer.trial.endpoints):
        save(plot_size_grid(size_grid(answer.trial, answer.seed)), folder, "grid")
        made.append(Picture("grid", "Patients per arm that show a fold change of exposure, at this and other spreads."))
    return made
