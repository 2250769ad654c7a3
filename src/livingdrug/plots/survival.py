"""Kaplan-Meier curves by exposure group, with their bands, marks of censoring and the numbers at risk."""

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, sequence, short, stamp
from livingdrug.response import GroupSurvival, SurvivalCurve, TimeFit, numbers_at_risk

ROW = 0.17  # inches of a line of the table


def plot_survival(fit: TimeFit):
    """Steps of each exposure group with the interval of `fit.level`; a tick is a censored subject; below, who
    is at risk.

    Parameters
    ----------
    fit : TimeFit

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    groups = fit.groups
    colours = COLOURS[: len(groups)] if len(groups) <= 3 else sequence(len(groups))
    table = ROW * (len(groups) + 1)
    with rc_context(SETTINGS):
        figure = blank(5.6, 3.5 + table)
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.1, table))
        for group, colour in zip(groups, colours, strict=True):
            _draw(axes, group, colour)
        axes.set_ylim(0, 1.03)
        axes.set_xlim(0, max(g.curve.time[-1] for g in groups) * 1.02)
        axes.set_ylabel(short(f"free of the event ({fit.times.endpoint})", 44))
        test = known(fit.comparison, "a test of the groups")
        axes.set_title(short(f"log-rank p = {test.p_value:.2g}", 60))
        axes.tick_params(labelbottom=True)
        unit = f" ({fit.times.unit})" if fit.times.unit else ""
        axes.set_xlabel(f"time{unit}")
        exposure = fit.sample.exposure_name + (
            f" ({fit.sample.exposure_unit})" if fit.sample.exposure_unit else ""
        )
        axes.legend(
            loc="best", title=f"{short(exposure, 34)}: events of subjects", title_fontsize=8, alignment="left"
        )
        _numbers(below, groups, colours, [t for t in axes.get_xticks() if 0 <= t <= axes.get_xlim()[1]])
        stamp(figure, RESEARCH)
    return figure


def _draw(axes, group: GroupSurvival, colour) -> None:
    curve = group.curve
    time = np.concatenate([[0.0], curve.time])
    axes.step(
        time,
        np.concatenate([[1.0], curve.survival]),
        where="post",
        color=colour,
        label=f"{short(group.label, 40)}: {group.events} of {group.n}",
    )
    low, high = (np.concatenate([[1.0], _filled(curve, band)]) for band in (curve.low, curve.high))
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
    seen = curve.censored > 0
    axes.plot(curve.time[seen], curve.survival[seen], "|", markersize=5, markeredgewidth=0.9, color=colour)


def _filled(curve: SurvivalCurve, band: np.ndarray) -> np.ndarray:
    """The band drawn on the curve itself where no interval is known."""
    return np.where(np.isnan(band), curve.survival, band)


def _numbers(axes, groups, colours, ticks) -> None:
    rows = range(len(groups))
    axes.set_ylim(len(groups) - 0.5, -1.4)
    axes.text(0, -0.95, "at risk", fontsize=7.5, color=MUTED, va="center")
    for row, group, colour in zip(rows, groups, colours, strict=True):
        for tick, count in zip(ticks, numbers_at_risk(group.curve, ticks), strict=True):
            axes.text(tick, row, str(count), fontsize=7.5, color=colour, ha="center", va="center")
    axes.set_axis_off()
