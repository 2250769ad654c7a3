"""Indices of sensitivity as bars with intervals, the strongest first; what separates groups of vectors."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, SETTINGS, blank, short, stamp
from livingdrug.sensitivity import Sensitivity, Separation

ROWS = 30


def plot_sensitivity(found: Sensitivity, title: str = ""):
    """First-order and total indices (or mu* and sigma, or PRCC) of each input or group with 95 % intervals.

    Parameters
    ----------
    found : Sensitivity
        Of `sensitivity`.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    i = found.indices
    strength = i.total if found.method == "sobol" else np.abs(i.first)
    order = np.argsort(-np.nan_to_num(strength))[:ROWS][::-1]
    pairs = [(i.names[0], i.first, i.first_low, i.first_high, COLOURS[5])]
    if i.names[1]:
        pairs.append((i.names[1], i.total, i.total_low, i.total_high, COLOURS[0]))
    thick = 0.8 / len(pairs)
    with rc_context(SETTINGS):
        figure = blank(6.0, 1.5 + 0.26 * max(len(order), 4))
        axes = figure.subplots()
        for k, (name, value, low, high, colour) in enumerate(pairs):
            place = np.arange(len(order)) + (k - (len(pairs) - 1) / 2) * thick
            own = value[order]
            error = np.abs(np.stack([own - low[order], high[order] - own]))
            axes.barh(
                place,
                own,
                thick,
                color=colour,
                xerr=error,
                error_kw={"elinewidth": 0.8, "capsize": 2},
                label=name,
            )
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(order)), [short(found.groups[k], 30) for k in order])
        axes.set_xlabel(
            {"sobol": "part of the variance", "morris": "effect over the unit of the design", "prcc": "PRCC"}[
                found.method
            ]
        )
        what = f"{'log ' if found.log else ''}{found.metric} of {found.output}"
        axes.set_title(short(f"{title or found.model}: {what}", 80))
        if len(pairs) > 1:
            figure.legend(loc="outside lower center", ncols=2, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_separation(found: Separation, title: str = ""):
    """ROC areas of the quantities, the best first, and the vectors on their first two principal components.

    Parameters
    ----------
    found : Separation
        Of `separate`.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    rows = np.arange(min(len(found.quantities), ROWS))
    with rc_context(SETTINGS):
        figure = blank(9.0, 1.5 + 0.2 * max(len(rows), 12))
        left, right = figure.subplots(1, 2)
        colours = [COLOURS[0] if found.higher[k] else COLOURS[1] for k in rows]
        left.barh(rows, found.area[rows] - 0.5, 0.7, left=0.5, color=colours)
        left.set_yticks(rows, [short(found.quantities[k], 30) for k in rows], fontsize=7)
        left.invert_yaxis()
        left.set(xlim=(0.5, 1.0), xlabel="area under the ROC curve")
        for k, word in enumerate(("higher", "lower")):
            left.barh([0], [0], color=COLOURS[k], label=f"{word} in {found.group}")
        left.legend(loc="lower right", fontsize=7)
        for inside, colour, word in ((True, COLOURS[3], found.group), (False, COLOURS[2], "others")):
            own = found.inside == inside
            right.plot(*found.scores[own].T, "o", color=colour, markersize=4, label=word)
        parts = found.explained
        right.set(
            xlabel=f"component 1 ({parts[0]:.0%} of the variance)", ylabel=f"component 2 ({parts[1]:.0%})"
        )
        right.legend(fontsize=8)
        left.set_title(short(title or found.model, 60))
        stamp(figure, RESEARCH)
    return figure
