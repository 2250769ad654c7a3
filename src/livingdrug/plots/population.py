"""Distributions of candidates, of the population they became, and of published patients."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short, stamp
from livingdrug.population import Matched


def plot_matched(found: Matched):
    """A panel for each target: cumulative distribution before (grey) and after, published values with the
    standard error of their patients.

    Parameters
    ----------
    found : Matched
        Of `population.match`.
    """
    from matplotlib import rc_context

    count = len(found.targets)
    across = min(count, 3)
    with rc_context(SETTINGS):
        figure = blank(3.0 * across + 0.6, 2.9 * -(-count // across) + 0.4)
        panels = np.atleast_1d(figure.subplots(-(-count // across), across)).ravel()
        for axes, target in zip(panels, found.targets, strict=False):
            _panel(axes, found, target)
        for axes in panels[count:]:
            axes.set_visible(False)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def _panel(axes, found: Matched, target) -> None:
    p = target.wanted
    error = np.sqrt(p * (1 - p) / target.n)
    if not target.levels:
        bars = (found.before[target.name][0], found.after[target.name][0])
        axes.bar(["candidates", "population"], bars, color=[MUTED, COLOURS[0]])
        axes.axhline(target.rate, color=COLOURS[1], linestyle="--")
        axes.set_ylabel("rate")
        axes.set_title(short(target.name, 40), fontsize=9)
        return
    use = found.candidates.usable
    values = found.candidates.values[target.name][use]
    order = np.argsort(values)
    even = np.full(len(order), 1.0 / len(order))
    for weights, colour, label in (
        (even, MUTED, "candidates"),
        (found.weights[use], COLOURS[0], "population"),
    ):
        axes.step(values[order], np.cumsum(weights[order]), where="post", color=colour, label=label)
    axes.errorbar(target.values, p, error, fmt="o", color=COLOURS[1], markersize=4, label="published")
    low, high = np.percentile(values, (0.5, 99.5))
    low, high = min(low, *target.values), max(high, *target.values)
    if target.exposure in ("TMAX", "XTMAX"):
        axes.set_xlim(0, high * 1.1)
    elif values.min() > 0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.5, high * 1.5)
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"{target.exposure} ({target.unit})")
    axes.set_ylabel("part of the patients")
    axes.set_title(short(target.name, 40), fontsize=9)
