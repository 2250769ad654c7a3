"""Probability of cure over time, and levels of populations that are drawn by random events."""

from collections.abc import Mapping

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure

MOST = 100  # subjects drawn one by one
MOST_CELLS = 1e14  # more than a body has are not drawn


def plot_cure(days: np.ndarray, curves: np.ndarray):
    """Probability that a population has died out by each day: subjects in grey, their mean in colour.

    Parameters
    ----------
    days : ndarray of shape (times,)
        Days after the infusion.
    curves : ndarray of shape (subjects, times)
        Probability of each subject that the population has died out by each day.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    with rc_context(SETTINGS):
        if len(curves) > 1:
            for curve in curves[:MOST]:
                axes.plot(days, curve, color=MUTED, linewidth=0.5, alpha=0.6)
        label = "mean over subjects" if len(curves) > 1 else "typical subject"
        axes.plot(days, curves.mean(axis=0), color=COLOURS[0], label=label)
        axes.set_xlabel("time (days)")
        axes.set_ylabel("probability of cure")
        axes.set_ylim(0, 1)
        axes.legend(loc="lower right")
    return figure


def plot_populations(days: np.ndarray, levels: Mapping[str, np.ndarray]):
    """Populations over time on a logarithmic axis, 0 below it: median and central 90 % of the runs.

    Parameters
    ----------
    days : ndarray of shape (times,)
        Days after the infusion.
    levels : mapping of str to ndarray of shape (3, times)
        Name of a population -> 5th, 50th and 95th percentile, in cells.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    with rc_context(SETTINGS):
        for (name, (low, middle, high)), colour in zip(levels.items(), COLOURS * len(levels), strict=False):
            axes.fill_between(days, low, high, color=colour, alpha=0.25, linewidth=0)
            axes.plot(days, middle, color=colour, label=name)
        axes.set_yscale("symlog", linthresh=1.0, linscale=0.4)
        axes.set_ylim(0, min(axes.get_ylim()[1], MOST_CELLS))
        axes.set_xlabel("time (days)")
        axes.set_ylabel("cells (median, central 90 % of runs)")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
