"""The pictures of each kind of scenario."""

from pathlib import Path

from livingdrug.report import Picture, save
from livingdrug.scenario.index import IndexAnswer

INDEX_PICTURES = (
    Picture("index", "Efficacy and toxicity over exposure with their bands; the window is shaded, the product lies below."),
    Picture("tradeoff", "What another median or spread of exposure would give: patients in the window, response, toxicity."),
)


def write_index_pictures(answer: IndexAnswer, folder: str | Path) -> None:
    """Both curves with the window, and what other medians and spreads would give."""
    from livingdrug.plots import plot_index, plot_tradeoff

    save(plot_index(answer.index, answer.outlook), folder, "index")
    save(plot_tradeoff(answer.index, answer.outlook), folder, "tradeoff")
