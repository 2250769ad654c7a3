"""Figures of a fitted killing assay: courses, rates, residuals on the plate, a ranking."""

import numpy as np

from livingdrug.assay import AssayFit, Band, Estimates, Ranking, WellMap, place_of
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, grid_figure, short, stamp

DETERMINED = "determined"


def plot_rates(estimates: Estimates, control: str | None = None):
    """Rates of each group over those of the control group with 95 % intervals, a panel for each rate; of a
    fit with one group, its rates. Hollow: not determined."""
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
    target. Hollow triangles: below or above a limit."""
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
    edges. Wells that were not fitted are grey."""
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
    """Probability of being the best of each group, and its median rank with the 95 % interval."""
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


def plot_predicted(bands: list[Band], title: str = ""):
    """Predicted courses with 95 % bands, targets and effectors side by side."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, 2, 3.6, 2.8)
        for axes, name in zip(panels, ("targets", "effectors"), strict=True):
            for i, band in enumerate(bands):
                low, middle, high = (np.maximum(part, 1e-3) for part in getattr(band, name))
                colour = COLOURS[i % len(COLOURS)]
                axes.fill_between(band.times, low, high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(band.times, middle, color=colour, label=short(band.group or "all", 20))
            axes.set_yscale("log")
            axes.set_ylim(bottom=max(axes.get_ylim()[0], 1.0))
            axes.set_xlabel("h")
            axes.set_ylabel(f"{name} (cells)")
        panels[0].set_title(short(title, 60))
        panels[1].legend()
        stamp(figure, RESEARCH)
    return figure


def plot_patient(curves: dict, control: str):
    """Courses of each output of a model of patients with 95 % bands, a panel an output; the control construct
    in black."""
    from matplotlib import rc_context

    outputs = list(next(iter(curves.values()))[1])
    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, len(outputs), 3.6, 2.8)
        for axes, output in zip(panels, outputs, strict=True):
            highest = max(float(bands[output].max()) for _, bands in curves.values())
            for i, (group, (times, bands)) in enumerate(
                sorted(curves.items(), key=lambda item: item[0] == control)
            ):
                low, middle, high = (np.maximum(part, 1e-9 * highest) for part in bands[output])
                colour = "black" if group == control else COLOURS[i % len(COLOURS)]
                if group != control:
                    axes.fill_between(times, low, high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(times, middle, color=colour, label=short(group, 20))
            axes.set_yscale("log")
            axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-6 * highest))
            axes.set_xlabel("d")
            axes.set_title(short(output, 30))
        panels[0].legend()
        stamp(figure, RESEARCH)
    return figure


def plot_designs(results, rates: tuple[str, ...], wanted: float):
    """Expected relative standard errors (%) of designs, a colour a rate; a design without a mark does not
    tell the rate."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(7.2, 0.34 * len(results) + 1.2)
        axes = figure.subplots()
        for i, rate in enumerate(rates):
            at = [(100 * float(r.rse[rate]), k) for k, r in enumerate(results) if np.isfinite(r.rse[rate])]
            if at:
                axes.plot(*zip(*at, strict=True), "o", color=COLOURS[i % len(COLOURS)], label=short(rate))
        axes.axvline(wanted, color=MUTED, linestyle="--", linewidth=1)
        axes.set_xscale("log")
        axes.set_yticks(range(len(results)), [short(r.design.name, 60) for r in results])
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.set_xlabel("expected relative standard error (%)")
        axes.legend(loc="best")
        stamp(figure, RESEARCH)
    return figure


def plot_scored(found):
    """Predicted against observed ratios to the control with their 95 % intervals, a panel a metric; found:
    `assay.Score`."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, len(found.metrics), 3.2, 3.0)
        for axes, metric in zip(panels, found.metrics, strict=True):
            rows = [r for r in found.rows if r.metric == metric.metric]
            for i, r in enumerate(rows):
                colour = COLOURS[i % len(COLOURS)]
                axes.plot([r.low, r.high], [r.observed] * 2, color=colour, linewidth=1)
                if np.isfinite(r.observed_low):
                    axes.plot([r.predicted] * 2, [r.observed_low, r.observed_high], color=colour, linewidth=1)
                axes.plot(r.predicted, r.observed, "o", color=colour, label=short(r.group, 20))
            ends = [
                x
                for r in rows
                for x in (r.low, r.high, r.observed, r.observed_low, r.observed_high)
                if np.isfinite(x)
            ]
            line = [min([*ends, 0.9]) / 1.1, max([*ends, 1.1]) * 1.1]
            axes.plot(line, line, color=MUTED, linewidth=1)
            axes.axhline(1, color=MUTED, linestyle=":", linewidth=1)
            axes.axvline(1, color=MUTED, linestyle=":", linewidth=1)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("predicted ratio")
            axes.set_ylabel("observed ratio")
            axes.set_title(short(metric.metric, 30))
            axes.legend()
        stamp(figure, RESEARCH)
    return figure


def plot_calibration(found):
    """Factors that products need in patients over their ratios in the assay, with the slope and its 95 %
    band; found: `assay.Calibration`."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(4.4, 3.6)
        axes = figure.subplots()
        ends = [1.0, *(r.rate for r in found.rows)]
        line = np.geomspace(min(ends) / 1.2, max(ends) * 1.2, 60)
        low, middle, high = (line**slope for slope in (found.low, found.slope, found.high))
        axes.fill_between(
            line, np.minimum(low, high), np.maximum(low, high), color=COLOURS[0], alpha=0.2, linewidth=0
        )
        axes.plot(
            line,
            middle,
            color=COLOURS[0],
            label=f"slope {found.slope:.2g} ({found.low:.2g} to {found.high:.2g})",
        )
        for r in found.rows:
            axes.plot(r.rate, r.factor, "o", color="black")
            axes.annotate(short(r.group, 20), (r.rate, r.factor), xytext=(4, 4), textcoords="offset points")
        axes.plot(1, 1, "s", color=MUTED, label=f"{short(found.control, 20)} (control)")
        axes.set_xscale("log")
        axes.set_yscale("log")
        needed = [v for r in found.rows for v in (r.factor, r.expected)]
        axes.set_ylim(min([*needed, 1.0]) / 1.6, max([*needed, 1.0]) * 1.6)
        axes.set_xlabel(f"{short(found.link.rate, 24)} in the assay, ratio")
        axes.set_ylabel(f"factor on {short(found.link.quantity, 24)} in patients")
        axes.legend()
        stamp(figure, RESEARCH)
    return figure


def plot_doses(found, limit: float | None):
    """Percentiles of exposure over dose with their intervals; limit: what they are to stay below, dashed.
    found: `assay.FirstDose`."""
    from matplotlib import rc_context

    doses = [row.dose for row in found.rows]
    with rc_context(SETTINGS):
        figure = blank(5.2, 3.4)
        axes = figure.subplots()
        for k, p in enumerate(found.percentiles):
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(doses, [row.values[k] for row in found.rows], "o-", color=colour, label=f"{p:g} %")
            for row in found.rows:
                if np.isfinite([row.low[k], row.high[k]]).all():
                    axes.plot([row.dose] * 2, [row.low[k], row.high[k]], color=colour, linewidth=1)
        if limit is not None:
            axes.axhline(limit, color=MUTED, linestyle="--", linewidth=1, label="ceiling / margin")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(f"dose ({found.dose_unit})")
        axes.set_ylabel(f"{short(found.metric, 30)} ({found.unit})")
        figure.legend(
            loc="outside upper center", ncols=len(found.percentiles) + 1, title="percentile of patients"
        )
        stamp(figure, RESEARCH)
    return figure
