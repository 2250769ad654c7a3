"""Figures of a fitted killing assay: courses, rates, residuals on the plate, a ranking."""

import numpy as np

from livingdrug.assay import AssayFit, Estimates, Ranking, WellMap, place_of
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, grid_figure, short, stamp

DETERMINED = "determined"


def plot_rates(estimates: Estimates, control: str | None = None):
    """Rates of each group over those of the control group with 95 % intervals, a panel for each rate; of a
    fit with one group, its rates. Hollow: not determined.

    Parameters
    ----------
    estimates : Estimates
        Rates of a fit, see `estimates_of`.
    control : str, optional
        The group that others are compared with; the rates themselves where it is None.
    """
    from matplotlib import rc_context

    groups = estimates.groups
    rates = list(dict.fromkeys(r.rate for r in estimates.rates if r.group))
    ratios = {(r.rate, r.group): r for r in estimates.ratios(control)} if control and len(groups) > 1 else {}
    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, max(len(rates), 1), 2.6, 0.34 * max(len(groups), 3) + 0.6)
        for axes, rate in zip(panels, rates, strict=False):
            for i, group in enumerate(groups):
                _interval(
                    axes,
                    i,
                    ratios.get((rate, group)),
                    _own(estimates, rate, group),
                    bool(ratios),
                    group == control,
                )
            axes.set_yticks(range(len(groups)), [short(g, 18) for g in groups] if axes is panels[0] else [])
            axes.set_ylim(len(groups) - 0.5, -0.5)
            axes.set_title(short(rate))
            unit = next(r.unit for r in estimates.rates if r.rate == rate)
            axes.set_xlabel(f"ratio to {short(control or '', 14)}" if ratios else unit)
            if ratios:
                axes.axvline(1.0, color=MUTED, linewidth=0.8, linestyle="--")
        stamp(figure, RESEARCH)
    return figure


def _own(estimates: Estimates, rate: str, group: str):
    return next((r for r in estimates.rates if r.rate == rate and r.group == group), None)


def _interval(axes, i: int, ratio, own, as_ratio: bool, is_control: bool) -> None:
    """One interval, or a hollow mark where it is not determined."""
    if as_ratio and is_control:
        axes.plot([1.0], [i], "s", color=MUTED, markersize=5)
        return
    item = ratio if as_ratio else own
    value = None if item is None else item.ratio if as_ratio else item.value
    if item is None:
        return
    if item.status == DETERMINED and np.isfinite(item.low):
        axes.plot([item.low, item.high], [i, i], color=COLOURS[0])
        axes.plot([value], [i], "o", color=COLOURS[0], markersize=5)
    else:
        axes.text(
            0.5,
            i,
            "not determined",
            transform=axes.get_yaxis_transform(),
            ha="center",
            va="center",
            color=MUTED,
            fontsize=7,
        )


def plot_courses(fit: AssayFit):
    """Readings and fitted courses, a panel for each group and kind of reading; colours: effectors seeded per
    target. Hollow triangles: below or above a limit.

    Parameters
    ----------
    fit : AssayFit
        A fitted assay, see `fit_assay`.
    """
    from matplotlib import rc_context

    seen = fit.seen
    names = fit.groups
    groups = sorted(set(names), key=lambda g: (g in ("targets alone", "effectors alone"), g))[:12]
    ratio = np.round(np.log2(np.maximum(seen.start[:, 0], 1e-3) / np.maximum(seen.start[:, 1], 1e-3)), 1)
    kinds = sorted(set(ratio[(seen.start > 1).all(axis=1)]), reverse=True)
    channels = len(seen.channels)
    with rc_context(SETTINGS):
        figure, panels = grid_figure(channels, len(groups), 1.9, 1.9, sharex=True, sharey="row")
        for p, axes in enumerate(panels):
            k, group = divmod(p, len(groups))
            channel = seen.channels[k]
            _course_panel(axes, fit, k, np.flatnonzero(names == groups[group]), ratio, kinds)
            if k == 0:
                axes.set_title(short(groups[group], 18))
            if group == 0:
                axes.set_ylabel(short(f"{channel.quantity} ({channel.unit})", 30))
            if channel.logs:
                axes.set_yscale("log")
            if k == channels - 1:
                axes.set_xlabel("h")
        for k, channel in enumerate(seen.channels):
            if channel.logs:  # once all panels are drawn: a limit that is set holds for those that follow
                panels[k * len(groups)].set_ylim(bottom=0.4 * lowest_shown(fit, k))
        _legend(panels[0], kinds)
        stamp(figure, RESEARCH)
    return figure


def _legend(axes, kinds: list) -> None:
    """Effectors per target by colour."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=COLOURS[i % len(COLOURS)]) for i in range(len(kinds))]
    names = [f"{2**kind:.3g}:1" if kind >= 0 else f"1:{2**-kind:.3g}" for kind in kinds]
    if marks:
        axes.legend(marks, names, title="E:T", fontsize=6, title_fontsize=6, loc="best", handlelength=1.0)


def lowest_shown(fit: AssayFit, k: int) -> float:
    """The lowest reading above 0 of a channel."""
    own = fit.seen.y[fit.seen.channel == k]
    return float(own[own > 0].min()) if (own > 0).any() else 1.0


def _course_panel(axes, fit: AssayFit, k: int, wells: np.ndarray, ratio: np.ndarray, kinds: list) -> None:
    seen, logs = fit.seen, fit.seen.channels[k].logs
    lowest = 0.4 * lowest_shown(fit, k)
    for w in wells:
        colour = COLOURS[kinds.index(ratio[w]) % len(COLOURS)] if ratio[w] in kinds else MUTED
        mine = np.flatnonzero((seen.well == w) & (seen.channel == k))
        time = seen.time[mine] + seen.begin[w]
        level = fit.point.expected.level[mine]
        fitted = np.maximum(np.exp(level), lowest) if logs else level
        axes.plot(time, fitted, color=colour, linewidth=0.9, alpha=0.8)
        there = seen.measured[mine]
        axes.plot(time[there], seen.y[mine][there], ".", color=colour, markersize=3)
        limit = {"color": colour, "markersize": 3, "markerfacecolor": "none", "markeredgewidth": 0.6}
        axes.plot(time[~there], seen.y[mine][~there], "v", **limit)


def plot_residual_plate(fit: AssayFit):
    """Mean residual of each well over its SD, on its plate: what is left over should show no rows, columns or
    edges. Wells that were not fitted are grey.

    Parameters
    ----------
    fit : AssayFit
        A fitted assay, see `fit_assay`.
    """
    from livingdrug.plots.assay import plot_plate

    seen, plate, residual = fit.seen, fit.seen.plate, fit.residuals()
    values = np.full(plate.wells.n, np.nan)
    for w, well in enumerate(seen.wells):
        mine = (seen.well == w) & seen.measured
        if mine.any():
            values[well] = residual[mine].mean()
    title = "mean residual of each well, in SDs of a reading"
    shown = WellMap("residuals", title, "SD", 0.0, values, np.zeros(plate.wells.n, dtype=bool))
    places = [place_of(part) for name in plate.wells.well for part in name.split(",")]
    large = any(row > 8 or column > 12 for row, column in places)
    return plot_plate(plate, shown, 384 if large else 96)


def plot_ranking(ranking: Ranking):
    """Probability of being the best of each group, and its median rank with the 95 % interval.

    Parameters
    ----------
    ranking : Ranking
        Constructs in order with their intervals, see `assay.rank`.
    """
    from matplotlib import rc_context

    rows = ranking.rows
    with rc_context(SETTINGS):
        figure, (left, right) = grid_figure(1, 2, 3.0, 0.34 * max(len(rows), 3) + 0.4)
        places = range(len(rows))
        left.barh(places, [r.best for r in rows], color=COLOURS[0], height=0.6)
        for i, r in enumerate(rows):
            left.text(
                min(r.best + 0.02, 0.86),
                i,
                f"{r.best:.2f}",
                va="center",
                fontsize=8,
                color="black" if r.best < 0.8 else "white",
            )
            right.plot([r.low, r.high], [i, i], color=COLOURS[0])
            right.plot([r.rank], [i], "o", color=COLOURS[0], markersize=5)
        left.set_yticks(places, [short(r.group, 18) for r in rows])
        left.set_xlim(0, 1)
        left.set_xlabel(
            f"probability of the {'highest' if ranking.high else 'lowest'} {short(ranking.by, 20)}"
        )
        right.set_yticks(places, [])
        right.set_xlabel("rank (1: best)")
        right.set_xticks(range(1, len(rows) + 1))
        for axes in (left, right):
            axes.set_ylim(len(rows) - 0.5, -0.5)
        stamp(figure, RESEARCH)
    return figure
