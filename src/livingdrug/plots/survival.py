"""Kaplan-Meier curves by exposure group, with their bands, marks of censoring and the numbers at risk."""

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, new_figure, sequence, short, stamp
from livingdrug.response import GroupSurvival, SurvivalCurve, TimeFit, VisitsFit, numbers_at_risk

ROW = 0.17  # inches of a line of the table


def plot_survival(fit: TimeFit):
    """Steps of each exposure group with the interval of `fit.level`; a tick is a censored subject; below, who
    is at risk.

    Parameters
    ----------
    fit : TimeFit
        Times to an event by groups of exposure, of `fit_times`.

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


def plot_incidence(fit):
    """Cumulative incidence of each cause, a panel a cause, by exposure group with the interval of
    `fit.level`.

    Parameters
    ----------
    fit : CompetingFit
        Cumulative incidences by groups of exposure, of `fit_competing`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    causes = fit.times.causes
    colours = COLOURS[: len(fit.groups)] if len(fit.groups) <= 3 else sequence(len(fit.groups))
    with rc_context(SETTINGS):
        figure = blank(3.4 * len(causes), 3.5)
        panels = figure.subplots(1, len(causes), sharey=True, squeeze=False)[0]
        for k, (axes, cause, test) in enumerate(zip(panels, causes, fit.gray, strict=True)):
            for group, colour in zip(fit.groups, colours, strict=True):
                curve = group.curves[k]
                time = np.concatenate([[0.0], curve.time])
                label = f"{short(group.label, 30)}: {group.events[k]} of {group.n}"
                axes.step(
                    time, np.concatenate([[0.0], curve.incidence]), where="post", color=colour, label=label
                )
                low, high = (np.concatenate([[0.0], np.nan_to_num(part)]) for part in (curve.low, curve.high))
                axes.fill_between(time, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
            known = (
                f"Gray's test p = {test.p_value:.2g}"
                if np.isfinite(test.statistic)
                else "Gray's test not determined"
            )
            axes.set_title(f"{short(cause, 20)}: {known}")
            axes.set_xlabel(f"time ({fit.times.unit})" if fit.times.unit else "time")
            axes.legend(loc="best", fontsize=8)
        panels[0].set_ylim(0, 1.03)
        panels[0].set_ylabel("cumulative incidence")
        stamp(figure, RESEARCH)
    return figure


def plot_visits(fit: VisitsFit):
    """Part of the subjects free of an event between visits, by exposure group: known outside of the shaded
    stretches, within which Turnbull's estimate falls.

    Parameters
    ----------
    fit : VisitsFit
        Of a time between visits.
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(1, 5.0, 3.6)
    with rc_context(SETTINGS):
        last = max(float(np.max(fit.times.upper[fit.times.event])), float(fit.times.time.max()))
        for group, colour in zip(fit.groups, sequence(len(fit.groups)), strict=True):
            at, free = [0.0], [1.0]
            for start, end, left in zip(group.curve.start, group.curve.end, group.curve.share, strict=True):
                if not np.isfinite(end):  # when the rest had it is not known
                    continue
                axes.fill_between([start, end], left, free[-1], color=colour, alpha=0.18, linewidth=0)
                at, free = [*at, start, end], [*free, free[-1], left]
            axes.plot(
                [*at, last], [*free, free[-1]], color=colour, label=f"{short(group.label, 40)}, n = {group.n}"
            )
        unit = f" ({fit.times.unit})" if fit.times.unit else ""
        axes.set(
            xlabel=f"time{unit}",
            ylabel=f"free of {short(fit.times.endpoint, 30)}",
            ylim=(0, 1.02),
            xlim=(0, last),
        )
        axes.legend(title=short(fit.sample.exposure_name, 30))
        stamp(figure, RESEARCH)
    return figure
