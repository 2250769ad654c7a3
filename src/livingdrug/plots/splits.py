"""Splits of a dose side by side."""

from livingdrug.plots.style import COLOURS, SETTINGS, new_figure
from livingdrug.simulation import Fractionation


def plot_splits(result: Fractionation):
    """Part of the subjects that respond against the mean probability of severe CRS, with 95 % intervals.

    Parameters
    ----------
    result : Fractionation
        Splits of a dose side by side, of `compare_splits`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    with rc_context(SETTINGS):
        for i, one in enumerate(result.splits):
            severe, rate = one.mean_severe, one.rate
            axes.errorbar(
                severe[0],
                rate[0],
                xerr=[[severe[0] - severe[1]], [severe[2] - severe[0]]],
                yerr=[[rate[0] - rate[1]], [rate[2] - rate[0]]],
                fmt="o",
                color=COLOURS[i % len(COLOURS)],
                label=one.split.text,
                capsize=3,
            )
        axes.set_xlabel("probability of severe CRS")
        axes.set_ylabel("part of subjects that respond")
        axes.set_ylim(-0.03, 1.03)
        axes.legend(loc="best", fontsize="small")
    return figure
