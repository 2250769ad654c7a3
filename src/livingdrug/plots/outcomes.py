"""Outcomes of a joint fit: observed beside expected by tercile of exposure."""

import numpy as np

from livingdrug.fit import OutcomeCheck
from livingdrug.fit.words import number
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short

ACROSS = 3


def plot_outcomes(found: OutcomeCheck):
    """A panel for each outcome (and grade): what was seen in each tercile, and the 90 % interval of the fit.

    Parameters
    ----------
    found : OutcomeCheck
        Of `outcome_check`.
    """
    from matplotlib import rc_context

    panels = list(dict.fromkeys((t.outcome, t.what) for t in found.terciles))
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    with rc_context(SETTINGS):
        figure = blank(3.0 * across + 0.5, 2.6 * down + 0.6)
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for (outcome, what), ax in zip(panels, axes, strict=False):
            _panel(ax, [t for t in found.terciles if (t.outcome, t.what) == (outcome, what)])
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _panel(axes, own) -> None:
    at = np.arange(len(own))
    low, high = np.array([t.lower for t in own]), np.array([t.upper for t in own])
    axes.bar(at, high - low, 0.5, low, color=COLOURS[0], alpha=0.25, label="90 % interval of the fit")
    axes.plot(
        at,
        [t.expected for t in own],
        color=COLOURS[0],
        marker="_",
        markersize=18,
        linestyle="none",
        label="expected",
    )
    axes.plot(at, [t.observed for t in own], color=COLOURS[1], marker="o", linestyle="none", label="observed")
    axes.set_xticks(at, [f"{number(t.start)}\nto {number(t.end)}\nn = {t.n}" for t in own], fontsize=7)
    axes.set_xlim(-0.6, len(own) - 0.4)
    axes.set_ylim(bottom=0.0)
    axes.set_title(short(f"{own[0].outcome}: {own[0].what}", 34))
    axes.set_xlabel(short(own[0].driver, 30))
    axes.grid(axis="y", color=MUTED, alpha=0.3)
