"""What goes with what: random effects of subjects with each other, individual parameters with covariates."""

from collections.abc import Sequence

import numpy as np

from livingdrug.fit import EtaCorrelation, Relation, Sampled
from livingdrug.plots.log_ticks import log_ticks
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, dense, grid_figure, short

MOST = 8  # effects in the figure; the table has all
WIDE = 3.2  # standard deviations from the middle of a cell to its border
SIDE = 1.0  # inches of a cell
JITTER = 0.07  # between points of a level


def plot_eta_pairs(found: Sequence[EtaCorrelation], sampled: Sampled):
    """One draw of the random effects of each subject against each other (below the diagonal, in standard
    deviations of the draws), and their correlation over all draws with its 95 % interval (above it; in colour
    where it is more than chance would give for so many pairs). Effects beyond the MOST first are in the table
    only.

    Parameters
    ----------
    found : sequence of EtaCorrelation
        Of `eta_correlations`.
    sampled : Sampled
        Of `sampled_parameters`.
    """
    from matplotlib import rc_context

    names = list(dict.fromkeys(name for c in found for name in (c.first, c.second)))[:MOST]
    size = len(names)
    place = [sampled.random.index(name) for name in names]
    etas = sampled.etas[:, :, place]
    z = (etas[:, 0] - etas.mean(axis=(0, 1))) / np.maximum(etas.std(axis=(0, 1)), 1e-300)
    z = np.clip(z, -WIDE, WIDE) / (2 * WIDE)  # the first draw, within a cell that is one wide
    with rc_context(SETTINGS):
        figure, (axes,) = grid_figure(1, 1, SIDE * size, SIDE * size)
        axes.set(xlim=(0, size), ylim=(size, 0), xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set_visible(False)
        pairs = [(row, column) for row in range(size) for column in range(row)]
        across = np.concatenate([z[:, column] + column + 0.5 for _, column in pairs])
        down = np.concatenate([row + 0.5 - z[:, row] for row, _ in pairs])
        axes.scatter(across, down, s=7, color=COLOURS[0], alpha=0.6, linewidths=0, **dense(len(across)))
        for row, column in pairs:
            axes.add_patch(_box(column, row))
        for k, name in enumerate(names):
            axes.add_patch(_box(k, k, facecolor="#f2f2f2"))
            axes.text(k + 0.5, k + 0.5, short(name, 12), ha="center", va="center", fontsize=9)
        for c in found:
            if c.first in names and c.second in names:
                row, column = names.index(c.first), names.index(c.second)
                axes.text(
                    column + 0.5,
                    row + 0.5,
                    _said(c),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=COLOURS[1] if c.found else MUTED,
                    weight="bold" if c.found else "normal",
                )
        axes.set_title(f"EtaCorrelation of random effects, {len(sampled.subjects)} subjects")
    return figure


def _box(column: int, row: int, facecolor: str = "none"):
    from matplotlib.patches import Rectangle

    return Rectangle((column, row), 1, 1, facecolor=facecolor, edgecolor="#cccccc", linewidth=0.7, zorder=0)


def _said(c: EtaCorrelation) -> str:
    if not np.isfinite(c.value):
        return "not\ndetermined"
    return f"{c.value:.2f}\n({c.low:.2f} to {c.high:.2f})"


def plot_covariates(relations: Sequence[Relation], covariates: Sequence[str], logs: Sequence[str]):
    """Individual parameters (rows) over covariates (columns). Filled: individual estimates; open: one draw of
    the conditional distribution of each subject, where shrinkage is large. In colour, with a line or the
    medians, where the relation is more than chance would give for so many.

    Parameters
    ----------
    relations : sequence of Relation
        Of `covariate_relations`.
    covariates : sequence of str
        Names of the covariates, a column of panels each.
    logs : sequence of str
        Parameters whose axis is logarithmic.
    """
    from matplotlib import rc_context

    names = list(dict.fromkeys(r.parameter for r in relations))[:MOST]
    with rc_context(SETTINGS):
        figure, axes = grid_figure(len(names), len(covariates), 2.2, 1.35, sharex="col", sharey="row")
        grid = axes.reshape(len(names), len(covariates))
        for r in relations:
            if r.parameter in names and r.covariate in covariates:
                _relation(
                    grid[names.index(r.parameter), list(covariates).index(r.covariate)],
                    r,
                    r.parameter in logs,
                )
        for row, name in enumerate(names):
            grid[row, 0].set_ylabel(short(name, 14))
            if name in logs:
                log_ticks(grid[row, 0], np.concatenate([r.y for r in relations if r.parameter == name]))
        for column, name in enumerate(covariates):
            grid[-1, column].set_xlabel(short(name, 24))
    return figure


def _relation(axes, r: Relation, log: bool) -> None:
    if r.x.dtype == object:
        levels = sorted(set(r.x))
        at = np.array([levels.index(text) for text in r.x], dtype=float)
        for k in range(len(levels)):
            own = np.flatnonzero(at == k)
            at[own] += JITTER * (np.arange(len(own)) % 5 - 2)
            if r.found:
                axes.plot([k - 0.3, k + 0.3], [np.median(r.y[own])] * 2, color=COLOURS[1])
        axes.set_xticks(range(len(levels)), [short(level, 10) for level in levels])
        axes.set_xlim(-0.5, len(levels) - 0.5)
    else:
        at = r.x
        if r.found:
            line = np.polyfit(at, np.log(r.y) if log else r.y, 1)
            across = np.linspace(at.min(), at.max(), 50)
            axes.plot(
                across,
                np.exp(np.polyval(line, across)) if log else np.polyval(line, across),
                color=COLOURS[1],
            )
    face = (
        {"facecolors": "none", "edgecolors": COLOURS[0], "linewidths": 0.8}
        if r.drawn
        else {"color": COLOURS[0], "alpha": 0.6, "linewidths": 0}
    )
    axes.scatter(at, r.y, s=10, **face, **dense(len(at)))
    told = "not determined" if not np.isfinite(r.p) else f"{r.statistic} {r.value:.2f}, p {r.corrected:.2g}"
    axes.set_title(
        told + (", in the model" if r.in_model else ""),
        fontsize=7,
        color=COLOURS[1] if r.found else MUTED,
        loc="left",
    )
