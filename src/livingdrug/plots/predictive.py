"""Visual predictive check, normalised prediction distribution errors."""

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.fit import Npde, Panel, Vpc
from livingdrug.plots.curves import plot_limit
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, dense, short
from livingdrug.plots.time_axis import long_time_axis

NAMES = {"d": "days", "h": "hours"}
MIDDLE, OUTER = COLOURS[1], COLOURS[0]
DECADES = 1e7  # what lies this far below the top is not drawn


def plot_vpc(vpc: Vpc, number: int = 0):
    """One panel: percentiles of the data (lines and points) in the intervals of the replicates (bands), the
    limit, and below it the part of values below the limit, where there are any. A percentile of the data
    below the limit is an open triangle on the limit; a band below it goes down to the foot of the picture.

    Parameters
    ----------
    vpc : Vpc
        A visual predictive check.
    number : int, optional
        Position of the panel.
    """
    from matplotlib import rc_context

    panel = vpc.panels[number]
    censored = bool((panel.below[[0, 3]] > 0).any())
    with rc_context(SETTINGS):
        figure = blank(6.4, 5.2 if censored else 3.8)
        rows = figure.subplots(2 if censored else 1, 1, sharex=True, squeeze=False,
                               height_ratios=[3, 1] if censored else [1])[:, 0]  # fmt: skip
        _percentiles(rows[0], vpc, panel)
        if censored:
            _below(rows[1], vpc, panel)
        long_time_axis(rows[-1], panel.time)
        rows[-1].set_xlabel(f"time since the infusion ({NAMES.get(vpc.time_unit, vpc.time_unit)})")
        kind = "prediction-corrected VPC" if vpc.corrected else "VPC"
        head = f"{short(vpc.model, 40)}: {kind}{f', {short(panel.group)}' if panel.group else ''}"
        rows[0].set_title(f"{head} ({vpc.replicates:,} replicates)")
        handles = dict(zip(*reversed(rows[0].get_legend_handles_labels()), strict=True))
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2, markerscale=1.6)
    return figure


def _percentiles(axes, vpc: Vpc, panel: Panel) -> None:
    finite = [part[np.isfinite(part)] for part in (panel.value, panel.observed, panel.low, panel.high)]
    everything = np.concatenate(finite)
    logs = bool(len(everything)) and everything.min() > 0
    top = everything.max(initial=1.0)
    bottom = (
        max(everything.min(initial=top), top / DECADES) / 1.6
        if logs
        else min(everything.min(initial=0.0), 0.0)
    )
    limits = np.unique(panel.limit[np.isfinite(panel.limit)])
    shown = limits if len(limits) <= 3 and not vpc.corrected else limits[:0]
    if len(shown):
        bottom = min(bottom, shown[0] / 2) if logs else bottom
    good = np.isfinite(panel.value)
    axes.scatter(
        panel.time[good],
        panel.value[good],
        s=5,
        color="#bbbbbb",
        linewidths=0,
        zorder=1,
        label="data",
        **dense(good.sum()),
    )
    for k in range(len(vpc.levels)):
        colour = MIDDLE if k == len(vpc.levels) // 2 else OUTER
        _band(axes, panel, k, bottom, colour, f"{vpc.width:g} % interval and median of the model")
        seen = panel.observed[k]
        line = np.where(np.isfinite(seen), seen, np.nan)
        label = (
            f"percentiles of the data ({', '.join(f'{x:g}' for x in vpc.levels)} %)"
            if colour == OUTER
            else None
        )
        axes.plot(
            panel.middle, line, color=colour, linewidth=1.6, marker="o", markersize=3, zorder=4, label=label
        )
        lost = np.isneginf(seen)
        if lost.any():
            foot = _floor(panel, vpc, bottom)[lost]
            axes.scatter(
                panel.middle[lost],
                foot,
                marker="v",
                s=26,
                facecolors="white",
                edgecolors=colour,
                zorder=5,
                clip_on=False,
                label="percentile below the limit" if colour == OUTER else None,
            )
    for i, limit in enumerate(shown):
        plot_limit(axes, limit, "limit of quantification" if i == 0 else "_")
    if logs:
        axes.set_yscale("log")
    axes.set_ylim(bottom=bottom)
    name = panel.output.replace("_", " ")
    axes.set_ylabel(f"{name} ({panel.unit})" + (", corrected" if vpc.corrected else ""))


def _band(axes, panel: Panel, k: int, bottom: float, colour: str, label: str) -> None:
    low = np.where(np.isfinite(panel.low[k]), panel.low[k], bottom)
    high = np.where(np.isneginf(panel.high[k]), bottom, panel.high[k])
    axes.fill_between(
        panel.middle,
        low,
        high,
        color=colour,
        alpha=0.22,
        linewidth=0,
        zorder=2,
        label=label if colour == OUTER else None,
    )
    median = np.where(np.isfinite(panel.median[k]), panel.median[k], np.nan)
    axes.plot(panel.middle, median, color=colour, linewidth=1.0, linestyle="--", zorder=3)


def _floor(panel: Panel, vpc: Vpc, bottom: float) -> np.ndarray:
    """Where a percentile below the limit is drawn: on the limit of its bin, or at the foot of a corrected
    picture."""
    if vpc.corrected:
        return np.full(len(panel.middle), bottom * 1.1)
    place, known = np.searchsorted(panel.start, panel.time, side="right") - 1, np.isfinite(panel.limit)
    return np.array([panel.limit[(place == b) & known].max(initial=bottom) for b in range(len(panel.start))])


def _below(axes, vpc: Vpc, panel: Panel) -> None:
    seen, low, median, high = 100 * panel.below
    axes.fill_between(panel.middle, low, high, color=MUTED, alpha=0.25, linewidth=0)
    axes.plot(panel.middle, median, color=MUTED, linewidth=1.0, linestyle="--")
    axes.plot(panel.middle, seen, color="#000000", linewidth=1.4, marker="o", markersize=3)
    axes.set_ylabel("below limit (%)")
    axes.set_ylim(0, max(5.0, 1.05 * max(seen.max(), high.max())))


def plot_npde(errors: Npde, output: str | None = None):
    """Errors of an output (the first by default): over time, over the prediction, and their distribution
    beside N(0, 1).

    Parameters
    ----------
    errors : Npde
        Of `npde`.
    output : str, optional
        Its name; the first one by default.
    """
    from matplotlib import rc_context

    from livingdrug.plots.style import new_figure

    output = output or str(errors.output[0])
    mine = (errors.output == output) & np.isfinite(errors.npde)
    figure, axes = new_figure(3, width=3.1, height=3.1)
    x, censored = errors.npde[mine], errors.censored[mine]
    with rc_context(SETTINGS):
        for ax, across, name in (
            (axes[0], errors.time[mine], "time"),
            (axes[1], errors.pred[mine], "typical prediction"),
        ):
            _scatter(ax, across, x, censored)
            ax.set_xlabel(name)
            ax.set_ylabel("npde")
        if (errors.pred[mine] > 0).all():
            axes[1].set_xscale("log")
        long_time_axis(axes[0], errors.time[mine], 0.12)
        edges = np.linspace(-4, 4, 25)
        axes[2].hist(np.clip(x, -3.99, 3.99), edges, density=True, color=COLOURS[0], alpha=0.45)
        grid = np.linspace(-4, 4, 161)
        axes[2].plot(
            grid, np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi), color="#000000", linewidth=1.2, label="N(0, 1)"
        )
        axes[2].set_xlabel("npde")
        axes[2].set_ylabel("density")
        axes[2].legend(loc="upper right")
        row = errors.tests().set_index("output").loc[output]
        axes[0].set_title(
            f"{short(output)}: mean {row['mean']:.2f}, sd {row['sd']:.2f}, p {row['p_all']:.2g}", fontsize=9
        )
        if censored.any():
            axes[1].legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2)
    return figure


def _scatter(axes, across, x, censored) -> None:
    axes.scatter(
        across[~censored],
        x[~censored],
        s=7,
        color=COLOURS[0],
        alpha=0.6,
        linewidths=0,
        label="measured",
        **dense(len(x)),
    )
    if censored.any():
        axes.scatter(
            across[censored],
            x[censored],
            s=9,
            facecolors="none",
            edgecolors=COLOURS[1],
            linewidths=0.7,
            label="below the limit (imputed)",
        )
    for level in (-Z95, 0.0, Z95):
        axes.axhline(level, color=MUTED, linewidth=0.8, linestyle="-" if level == 0 else ":")
