"""The therapeutic index as pictures: both curves over the product's exposure, and what median and spread
would buy."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, new_figure, sequence, short, stamp
from livingdrug.response import (
    Expected,
    ExposureSpread,
    Pair,
    TherapeuticIndex,
    chance_within,
    exposure_at,
    nodes,
    probability,
    probability_band,
    quantiles,
    tradeoff,
)

WINDOW = "#e3efe3"
MIDDLE = ((0.025, 0.975, 2), (0.25, 0.75, 7))


def plot_index(index: TherapeuticIndex, outlook: Expected | None = None):
    """Efficacy and toxicity with their bands on one log axis, the window shaded, the product's exposure
    below.

    Parameters
    ----------
    index : TherapeuticIndex
        Of two curves.
    outlook : Expected, optional
        Of a product's patients.
    """
    from matplotlib import rc_context

    pair = index.pair
    with rc_context(SETTINGS):
        figure = blank(5.8, 4.3)
        ratios = (6, 1) if outlook is not None else (6, 0.001)
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=ratios)
        exposure = shown_exposures(pair, outlook.spread if outlook else None)
        for curve, colour in zip((pair.efficacy, pair.toxicity), COLOURS, strict=False):
            low, high = probability_band(curve, exposure, index.level)
            top.fill_between(exposure, low, high, color=colour, alpha=0.15, linewidth=0)
            top.plot(
                exposure,
                probability(curve, exposure),
                color=colour,
                label=f"{short(curve.name, 40)}, {curve.label}",
            )
        _shade(top, index, exposure)
        if pair.covariance is not None:
            within = chance_within(pair, exposure, index.floor, index.ceiling)
            top.plot(
                exposure,
                within,
                color=COLOURS[2],
                linestyle="--",
                linewidth=1.2,
                label="probability that both limits hold",
            )
        top.set(xscale="log", ylim=(0, 1), ylabel="probability", xlim=(exposure[0], exposure[-1]))
        top.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        below.set_xlabel(axis_label(pair))
        below.set_yticks([])
        below.spines["left"].set_visible(False)
        if outlook is None:
            below.spines["bottom"].set_visible(False)
            below.tick_params(which="both", length=0)
        else:
            _draw_spread(below, outlook.spread)
        stamp(figure, RESEARCH)
    return figure


def shown_exposures(pair: Pair, spread: ExposureSpread | None) -> np.ndarray:
    """Exposures that a picture shows: the middle of the product's, and of both curves within a thousandfold
    of it.

    Parameters
    ----------
    pair : Pair
        Of two curves.
    spread : ExposureSpread or None
        The product's exposure.

    Returns
    -------
    ndarray
    """
    ends = []
    for curve in (pair.efficacy, pair.toxicity):
        for p in (0.1, 0.5, 0.9):
            if p < curve.ceiling and curve.slope:
                ends.append(exposure_at(curve, p).value)
    ends = np.array([e for e in ends if 0 < e < np.inf] or [1.0])
    if spread is not None:
        mine = quantiles(spread, [0.005, 0.995])
        reach = 30.0
        ends = np.concatenate([mine, np.clip(ends, mine[0] / reach, mine[1] * reach)])
    low, high = ends.min(), ends.max()
    return np.geomspace(low / 1.2, high * 1.2, 300)


def axis_label(pair: Pair) -> str:
    """Name and unit of the exposure.

    Parameters
    ----------
    pair : Pair
        Of two curves.

    Returns
    -------
    str
    """
    unit = f" ({pair.efficacy.unit})" if pair.efficacy.unit else ""
    return f"{short(pair.efficacy.exposure or 'exposure', 40)}{unit}"


def _shade(axes, index: TherapeuticIndex, exposure: np.ndarray) -> None:
    for value, colour, where in ((index.floor, COLOURS[0], "left"), (index.ceiling, COLOURS[1], "right")):
        if 0 < value < 1:
            axes.axhline(value, color=colour, linestyle=":", linewidth=1)
            x = {"left": 0.01, "right": 0.99}[where]
            name = {"left": "floor", "right": "ceiling"}[where]
            axes.text(
                x,
                value + 0.01,
                f"{name} {value:.0%}",
                transform=axes.get_yaxis_transform(),
                fontsize=7,
                color=colour,
                ha=where,
                va="bottom",
            )
    if index.window is None:
        axes.text(
            0.99,
            0.03,
            "no exposure satisfies both",
            transform=axes.transAxes,
            ha="right",
            color=MUTED,
            fontsize=8,
        )
        return
    low, high = np.clip(index.window, exposure[0], exposure[-1])
    if high > low:
        axes.axvspan(low, high, color=WINDOW, zorder=0, label="window")


def _draw_spread(axes, spread: ExposureSpread) -> None:
    """Median, central 50 and 95 % of the patients."""
    for low, high, width in MIDDLE:
        ends = quantiles(spread, [low, high])
        axes.plot(
            ends,
            [0, 0],
            color="#9a9a9a" if width > 5 else "#c9c9c9",
            linewidth=width,
            solid_capstyle="butt",
            zorder=1,
        )
    if spread.draws is not None and len(spread.draws) <= 300:
        rows = 0.5 + 0.25 * (np.arange(len(spread.draws)) % 3 - 1)
        axes.scatter(nodes(spread)[0], rows, s=6, color=MUTED, linewidths=0, alpha=0.7)
    axes.plot([spread.median], [0], "|", color="black", markersize=12, zorder=2)
    axes.set_ylim(-0.6, 1.0)
    axes.set_ylabel("product", rotation=0, ha="right", va="center", fontsize=8)


def plot_tradeoff(index: TherapeuticIndex, outlook: Expected):
    """Share of patients in the window, and response against toxicity, over medians (fold) and spreads
    (lines).

    Parameters
    ----------
    index : TherapeuticIndex
        Of two curves.
    outlook : Expected
        Of a product's patients.
    """
    from matplotlib import rc_context

    folds = np.geomspace(0.25, 4.0, 129)
    table = tradeoff(index.pair, outlook.spread, index.floor, index.ceiling, folds)

    figure, (left, right) = new_figure(2, 4.3, 3.6)
    widths = sorted(table["width"].unique(), reverse=True)
    with rc_context(SETTINGS):
        for width, colour in zip(widths, sequence(len(widths)), strict=True):
            rows = table.query("width == @width").sort_values(by="fold")
            label = f"{rows['log_sd'].iloc[0]:.2f}" + (" (as it is)" if width == 1 else "")
            thick = 2.4 if width == 1 else 1.3
            left.plot(rows["fold"], 100 * rows["share"], color=colour, label=label, linewidth=thick)
            right.plot(100 * rows["toxicity"], 100 * rows["response"], color=colour, linewidth=thick)
            marked = rows.iloc[::32]  # a factor of 2 apart
            right.plot(100 * marked["toxicity"], 100 * marked["response"], "o", color=colour, markersize=3)
        left.set(
            xscale="log",
            xlabel="fold change of the median",
            ylabel="patients in the window (%)",
            ylim=(0, None),
        )
        left.axvline(1, color=MUTED, linestyle=":", linewidth=1)
        left.set_xticks([0.25, 0.5, 1, 2, 4], ["1/4", "1/2", "1", "2", "4"], minor=False)
        left.minorticks_off()
        left.legend(title="log-SD of exposure")
        if index.window is None:
            left.text(
                0.5, 0.5, "no exposure satisfies both", transform=left.transAxes, ha="center", color=MUTED
            )
        right.axvline(100 * index.ceiling, color=COLOURS[1], linestyle=":", linewidth=1)
        right.axhline(100 * index.floor, color=COLOURS[0], linestyle=":", linewidth=1)
        right.set(
            xlabel=f"{short(index.pair.toxicity.name, 30)} (% of all patients)",
            ylabel=f"{short(index.pair.efficacy.name, 30)} (%)",
            xlim=(0, 100),
            ylim=(0, 100),
        )
        right.set_title("dots: median x 1/4, 1/2, 1, 2, 4")
        stamp(figure, RESEARCH)
    return figure
