"""Profiles of subjects: one with its limit and terminal fit, pages of them, all in one picture with
medians."""

import numpy as np

from livingdrug.nca import NcaResult
from livingdrug.nca.summary import groups, median_curve
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short, stamp

FIT = COLOURS[1]
ACROSS, DOWN = 4, 3
NAMES = {"d": "days", "h": "hours", "": "unit not stated"}


def plot_profile(axes, result: NcaResult, i: int, fit: bool = True):
    """One profile on a log axis: filled symbols measured, open ones below the limit (drawn at the limit), the
    limit as a dashed line, the terminal fit as a line through the points it used.

    Parameters
    ----------
    axes : Axes
        Matplotlib axes to draw on.
    result : NcaResult
        Profiles with their parameters, see `nca`.
    i : int
        Position of the profile.
    fit : bool
        Whether the terminal fit is drawn.
    """
    data = result.data
    rows = np.flatnonzero(data.profile == i)
    time, value, below, limit = data.time[rows], data.dv[rows], data.cens[rows] == 1, data.limit[rows]
    measured = ~below & (value > 0)
    floor = _floor(value[measured], limit)
    shown = np.where(measured, value, np.where(np.isfinite(limit), limit, floor))
    axes.plot(time, np.where(measured, value, np.nan), color=COLOURS[0], linewidth=1.2, zorder=2)
    axes.scatter(time[measured], shown[measured], s=14, color=COLOURS[0], zorder=3, label="measured")
    axes.scatter(
        time[below],
        shown[below],
        s=16,
        facecolors="white",
        edgecolors=COLOURS[0],
        linewidths=1,
        zorder=3,
        label="below the limit",
    )
    if np.isfinite(limit).any():
        axes.axhline(np.nanmax(limit), color=MUTED, linestyle="--", linewidth=0.9, zorder=1, label="limit")
    if fit and np.isfinite(result.values["LAMZ"][i]):
        _plot_fit(axes, result, i)
    axes.set_yscale("log")
    return axes


def _floor(measured: np.ndarray, limit: np.ndarray) -> float:
    """Where values below an unknown limit are drawn: under everything that was measured."""
    if np.isfinite(limit).any():
        return float(np.nanmax(limit))
    return float(measured.min() / 2) if len(measured) else 1.0


def _plot_fit(axes, result: NcaResult, i: int) -> None:
    data = result.data
    profile, times = result.used["LAMZ"]
    times = np.sort(times[profile == i])
    rows = np.flatnonzero((data.profile == i) & np.isin(data.time, times) & (data.cens != 1))
    axes.scatter(
        data.time[rows],
        data.dv[rows],
        s=34,
        facecolors="none",
        edgecolors=FIT,
        linewidths=1.1,
        zorder=4,
        label="terminal points",
    )
    lamz = result.values["LAMZ"][i]
    # the fitted line passes through the mean of its points
    center, height = data.time[rows].mean(), np.exp(np.log(data.dv[rows]).mean())
    axes.plot(
        times[[0, -1]],
        height * np.exp(-lamz * (times[[0, -1]] - center)),
        color=FIT,
        linewidth=1.2,
        zorder=4,
        label="terminal fit",
    )


def plot_profiles(result: NcaResult, members: np.ndarray, title: str = "", common: bool = True):
    """A page of up to 12 profiles.

    Parameters
    ----------
    result : NcaResult
        Profiles with their parameters, see `nca`.
    members : ndarray
        Positions of the profiles.
    title : str
        What stands above the figure.
    common : bool
        Whether all have the same axes.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    members = np.asarray(members)[: ACROSS * DOWN]
    across = min(ACROSS, max(len(members), 1))
    down = -(-len(members) // across)
    with rc_context(SETTINGS):
        figure = blank(2.5 * across + 0.6, 2.1 * down + 1.0)
        axes = figure.subplots(down, across, squeeze=False, sharex=common, sharey=common)
        for i, ax in zip(members, axes.ravel(), strict=False):
            plot_profile(ax, result, i)
            ax.set_title(short(_title(result, i)), fontsize=8)
        for ax in axes.ravel()[len(members) :]:
            ax.set_visible(False)
        _limit_axis(axes.ravel()[: len(members)])
        first = members[0]
        figure.supxlabel(_time_name(result, members), fontsize=9)
        figure.supylabel(_level_name(result, first), fontsize=9)
        handles: dict[str, object] = {}
        for ax in axes.ravel()[: len(members)]:
            handles |= {label: handle for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(
            handles.values(), handles.keys(), loc="outside upper center", ncols=5, title=title or None
        )
        stamp(figure, result.data.conversion)
    return figure


def _title(result: NcaResult, i: int) -> str:
    occasion = result.data.profiles.occasion[i]
    several = len(set(result.data.profiles.occasion)) > 1
    return f"{result.ids[i]}, infusion {occasion}" if several else str(result.ids[i])


def _time_name(result: NcaResult, members: np.ndarray) -> str:
    """What the time axis counts; which infusion where the data hold several and these profiles one."""
    occasion = result.data.profiles.occasion
    shown = set(occasion[members])
    which = f"infusion {short(shown.pop())}" if len(set(occasion)) > 1 and len(shown) == 1 else "the infusion"
    return f"time since {which} ({NAMES[result.data.time_unit]})"


def _level_name(result: NcaResult, i: int) -> str:
    p = result.data.profiles
    name = short(p.output[i].replace("_", " ") or "level")
    return f"{name} ({p.unit[i] or 'unit not stated'}){f' by {short(p.assay[i])}' if p.assay[i] else ''}"


def _limit_axis(axes) -> None:
    """No more than seven decades."""
    for ax in axes:
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, high / 1e7), high)


def plot_spaghetti(result: NcaResult, by: str | None = None, members: np.ndarray | None = None):
    """All profiles of one output as thin lines and the median of each group as a thick one.

    Parameters
    ----------
    result : NcaResult
        Profiles with their parameters, see `nca`.
    by : str, optional
        A covariate that makes groups.
    members : ndarray, optional
        Profiles of one output; all of the first one by default.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    from livingdrug.plots.style import new_figure

    members = next(iter(groups(result).values())) if members is None else members
    figure, (axes,) = new_figure(width=6.2, height=3.9)
    data = result.data
    split = [(key[-1], np.intersect1d(rows, members)) for key, rows in groups(result, by).items()]
    split = [(name, rows) for name, rows in split if len(rows)]
    with rc_context(SETTINGS):
        for (name, rows), colour in zip(split, _cycle(len(split)), strict=True):
            for i in rows[:500]:
                mine = np.flatnonzero(data.profile == i)
                level = np.where((data.cens[mine] != 1) & (data.dv[mine] > 0), data.dv[mine], np.nan)
                axes.plot(
                    data.time[mine],
                    level,
                    color=colour,
                    linewidth=0.6,
                    alpha=0.35,
                    marker="o",
                    markersize=1.5,
                )
            label = f"median, {name} (n {len(rows)})" if by else f"median (n {len(rows)})"
            axes.plot(*median_curve(result, rows), color=colour, linewidth=2.4, label=short(label))
        limit = np.nanmax(data.limit) if np.isfinite(data.limit).any() else None
        if limit is not None:
            axes.axhline(limit, color=MUTED, linestyle="--", linewidth=1, label="limit of quantification")
        axes.set_yscale("log")
        _limit_axis([axes])
        axes.set_xlabel(_time_name(result, members))
        axes.set_ylabel(_level_name(result, members[0]))
        axes.legend(loc="upper right")
        stamp(figure, data.conversion)
    return figure


def _cycle(count: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(count)]
