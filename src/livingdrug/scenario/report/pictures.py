"""The pictures of each kind of scenario."""

from pathlib import Path

import numpy as np

from livingdrug.nca import NcaResult
from livingdrug.nca.summary import group_title, groups
from livingdrug.products import Comparison
from livingdrug.report.answer import Picture
from livingdrug.report.pictures import save
from livingdrug.scenario.index import IndexAnswer
from livingdrug.trial import TrialAnswer, size_grid
from livingdrug.trial.design import LOGARITHMIC

PAGES = 20


def write_nca_pictures(result: NcaResult, by: str | None, folder: str | Path) -> list[Picture]:
    """Pages of profiles and a picture of all of them, for each output; the single profiles stop at PAGES pages."""
    from livingdrug.plots.profiles import ACROSS, DOWN, plot_profiles, plot_spaghetti

    page = ACROSS * DOWN
    outputs, made = list(groups(result).items()), []
    for number, (key, members) in enumerate(outputs, 1):
        prefix, title = f"output{number}-" if len(outputs) > 1 else "", group_title(key, len(members))
        save(plot_spaghetti(result, by, members), folder, f"{prefix}all")
        made.append(Picture(f"{prefix}all", f"All profiles as thin lines and the median of each group: {title}."))
        for k in range(min(-(-len(members) // page), PAGES)):
            mine = members[k * page : (k + 1) * page]
            save(plot_profiles(result, mine), folder, f"{prefix}profiles-{k + 1}")
            said = f"{len(mine)} profiles with the limit, the terminal points and the terminal fit: {title}."
            made.append(Picture(f"{prefix}profiles-{k + 1}", said))
    return made


def left_out(result: NcaResult) -> str:
    """What is said where not every single profile has its picture, "" where each has."""
    from livingdrug.plots.profiles import ACROSS, DOWN

    most, largest = PAGES * ACROSS * DOWN, max(len(members) for members in groups(result).values())
    return f"pictures of single profiles stop at {most} of {largest:,}" if largest > most else ""


def write_comparison_picture(comparison: Comparison, folder: str | Path) -> list[Picture]:
    """Exposure beside that of the product, a picture for each assay, unit and infusion that can be placed."""
    from livingdrug.plots.exposure import plot_comparison

    parts = comparison.parts()
    placed = [any(np.isfinite(p.percentile).any() for p in placements) for _, placements in parts]
    made = []
    for part in np.flatnonzero(placed):
        name = f"exposure-{part + 1}" if len(placed) > 1 else "exposure"
        save(plot_comparison(comparison, part), folder, name)
        said = f"Your subjects as points over the published groups of {comparison.product}: {parts[part][0]}."
        made.append(Picture(name, said))
    return made


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
