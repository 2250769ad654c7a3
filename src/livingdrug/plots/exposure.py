"""A user's exposure beside that of a product."""

from textwrap import fill

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.known import known
from livingdrug.plots.style import COLOURS, SETTINGS, blank, short, stamp
from livingdrug.products import Comparison, Placement

SHOWN = ("CMAX", "AUC28")
NAMES = {"CMAX": "CMAX", "AUC28": "AUC over 0 to 28 d"}
HALF, MOST = 0.6744897501960817, Z95


def plot_comparison(comparison: Comparison, part: int = 0):
    """CMAX and AUC of every subject as points over the published groups: geometric mean, central 50 and 95 %.

    Parameters
    ----------
    comparison : Comparison
        As `compare` gives it.
    part : int
        Which of `Comparison.parts`, as values of other assays, units or infusions do not belong into one
        figure. Groups without a published variability, or in another unit, are left out; the table says
        why.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    parts = comparison.parts()
    title, placements = parts[part] if parts else ("", [])
    usable = [p for p in placements if p.fact.parameter in SHOWN and not p.absent and p.fact.log_sd]
    heads = list(dict.fromkeys(p.fact.group for p in usable))
    with rc_context(SETTINGS):
        figure = blank(10.5, 1.6 + 0.34 * max(len(heads), 1))
        axes = figure.subplots(1, len(SHOWN), sharey=True)
        for ax, parameter in zip(axes, SHOWN, strict=True):
            mine = [p for p in usable if p.fact.parameter == parameter]
            for placed in mine:
                _row(ax, placed, len(heads) - 1 - heads.index(placed.fact.group))
            unit = mine[0].fact.unit if mine else ""
            ax.set_xlabel(f"{NAMES[parameter]} ({unit})")
            ax.set_xscale("log")
            ax.grid(axis="x", color="#eeeeee", linewidth=0.8)
            ax.set_axisbelow(True)
        axes[0].set_yticks(range(len(heads)), [fill(head, 56) for head in reversed(heads)], fontsize=7.5)
        axes[0].set_ylim(-0.7, len(heads) - 0.3)
        handles = {label: h for ax in axes for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(
            handles.values(), handles.keys(), loc="outside upper center", ncols=4, title=short(title, 90)
        )
        stamp(figure, comparison.result.data.conversion)
    return figure


def _row(axes, placed: Placement, y: int) -> None:
    fact = placed.fact
    value, log_sd = known(fact.value, "the published value"), known(fact.log_sd, "its log SD")
    center = np.log(value) - (log_sd**2 / 2 if fact.statistic == "mean" else 0.0)
    for reach, width, label in ((MOST, 2.5, "published, central 95 %"), (HALF, 7, "published, central 50 %")):
        ends = np.exp(center + fact.log_sd * np.array([-reach, reach]))
        axes.plot(
            ends, [y, y], color="#c9c9c9", linewidth=width, solid_capstyle="butt", label=label, zorder=1
        )
    axes.scatter(
        [np.exp(center)], [y], marker="|", s=110, color="#333333", zorder=2, label="published geometric mean"
    )
    good = np.isfinite(placed.values) & (placed.values > 0)
    # subjects are spread over the height of the row, always the same way
    offset = 0.3 * (np.arange(good.sum()) % 5 - 2) / 2
    style = {"s": 7, "color": COLOURS[0], "alpha": 0.7, "linewidths": 0, "zorder": 3}
    axes.scatter(placed.values[good], y + offset, label="your subjects", **style)
