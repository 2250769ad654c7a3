"""Probability of cure over time."""

from collections.abc import Sequence

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure
from livingdrug.simulation import Course

MOST = 100  # subjects drawn one by one
POINTS = 150


def plot_cure(courses: Sequence[Course], by: float, days: float):
    """Probability that a population has died out by each day: subjects in grey, their mean in colour.

    Parameters
    ----------
    courses : sequence of Course
    by : float
        Horizon in the unit of the courses.
    days : float
        The same in days.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    times = np.linspace(0.0, by, POINTS)
    curves = np.array([[course.extinct_by(t) for t in times] for course in courses])
    with rc_context(SETTINGS):
        if len(curves) > 1:
            for curve in curves[:MOST]:
                axes.plot(times / by * days, curve, color=MUTED, linewidth=0.5, alpha=0.6)
        label = "mean over subjects" if len(curves) > 1 else "typical subject"
        axes.plot(times / by * days, curves.mean(axis=0), color=COLOURS[0], label=label)
        axes.set_xlabel("time (days)")
        axes.set_ylabel("probability of cure")
        axes.set_ylim(0, 1)
        axes.legend(loc="lower right")
    return figure
