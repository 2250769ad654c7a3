"""What a posterior looks like: densities with their priors, chains and their ranks, numbers that go
together."""

import numpy as np

from livingdrug.fit import LOG, SCALE_CODE, Posterior, Prior, Unknowns, prior_density, unknowns_of
from livingdrug.fit.words import number
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short

ACROSS = 4
BINS = 20  # of ranks
TOGETHER, MOST_PAIRS = 0.4, 6  # correlation from which a pair is worth seeing, and how many are shown
SHOWN = 1000  # draws of a pair


def _page(count: int, across: int, width: float, height: float, **shared):

    across = min(across, max(count, 1))
    down = -(-count // across)
    figure = blank(width * across + 0.5, height * down + 0.8)
    axes = figure.subplots(down, across, squeeze=False, **shared).ravel()
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, axes


def _is_log(unknowns: Unknowns, name: str) -> bool:
    p = {p.name: p for p in unknowns.problem.parameters}.get(name)
    return p is not None and SCALE_CODE[p.scale] == LOG


def plot_densities(found: Posterior):
    """Density of the draws of each number (of its logarithm where it is estimated as one), and its prior as a
    line.

    Parameters
    ----------
    found : Posterior
        Of a Bayesian fit.
    """
    from matplotlib import rc_context

    unknowns = unknowns_of(found.problem)
    with rc_context(SETTINGS):
        figure, axes = _page(len(found.names), ACROSS, 2.2, 1.8)
        for k, (prior, ax) in enumerate(zip(found.priors, axes, strict=False)):
            _density(ax, found.x[:, :, k].ravel(), prior, unknowns)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _density(axes, x: np.ndarray, prior: Prior, unknowns: Unknowns) -> None:
    logs = _is_log(unknowns, prior.name)
    low, high = x.min(), x.max()
    edges = np.geomspace(low, high, 31) if logs else np.linspace(low, high, 31)
    across = np.log(edges) if logs else edges
    height = np.histogram(x, edges)[0] / len(x) / np.diff(across)
    axes.stairs(height, edges, fill=True, color=COLOURS[0], alpha=0.5, label="posterior")
    if logs:
        axes.set_xscale("log")
    grid = np.geomspace(low, high, 101) if logs else np.linspace(low, high, 101)
    line = prior_density(prior, unknowns, grid)
    if line is not None:
        axes.plot(grid, line, color=COLOURS[1], linewidth=1.3, label="prior")
    _quantile_ticks(axes.set_xticks, x)
    axes.set_yticks([])
    axes.set_ylim(bottom=0)
    axes.set_title(short(prior.name, 24), fontsize=8)


def _quantile_ticks(set_ticks, x: np.ndarray) -> None:
    """Ticks at 5, 50 and 95 %, on any scale."""
    ticks = np.quantile(x, (0.05, 0.5, 0.95))
    set_ticks(ticks, [number(t) for t in ticks], fontsize=7)
    set_ticks([], minor=True)


def plot_chains(found: Posterior):
    """Draws of each number in order, a line for each chain: they should look alike and have no trend.

    Parameters
    ----------
    found : Posterior
        Of a Bayesian fit.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, axes = _page(len(found.names), ACROSS, 2.2, 1.5, sharex=True)
        for k, (name, ax) in enumerate(zip(found.names, axes, strict=False)):
            for chain in range(len(found.x)):
                ax.plot(found.x[chain, :, k], color=COLOURS[chain % len(COLOURS)], linewidth=0.4, alpha=0.8)
            ax.set_title(short(name, 24), fontsize=8)
            ax.tick_params(labelsize=7)
        figure.supxlabel("draw", fontsize=9)
    return figure


def plot_ranks(found: Posterior):
    """Ranks of each chain's draws among all draws: level where chains agree (Vehtari et al. 2021). Shows no
    value.

    Parameters
    ----------
    found : Posterior
        Of a Bayesian fit.
    """
    from matplotlib import rc_context

    chains, draws, _ = found.x.shape
    edges = np.linspace(0, chains * draws, BINS + 1)
    with rc_context(SETTINGS):
        figure, axes = _page(len(found.names), ACROSS, 2.2, 1.5, sharex=True, sharey=True)
        for k, (m, ax) in enumerate(zip(found.mixing, axes, strict=False)):
            ranks = np.argsort(np.argsort(found.x[:, :, k].ravel(), kind="stable"), kind="stable").reshape(
                chains, draws
            )
            for chain in range(chains):
                counts = np.histogram(ranks[chain], edges)[0] / (draws / BINS)
                colour = COLOURS[chain % len(COLOURS)]
                ax.stairs(
                    counts, edges, baseline=None, color=colour, linewidth=1.0, label=f"chain {chain + 1}"
                )
            ax.axhline(1.0, color=MUTED, linewidth=0.8, linestyle=":")
            ax.set_title(f"{short(m.name, 20)}: R-hat {m.r_hat:.3f}", fontsize=8)
            ax.set_xticks([])
            ax.tick_params(labelsize=7)
        axes[0].set_ylim(bottom=0)
        figure.supxlabel("rank among all draws", fontsize=9)
        figure.supylabel("draws over those expected", fontsize=9)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=min(chains, 6))
    return figure


def pairs_together(found: Posterior) -> list[tuple[int, int, float]]:
    """(position, position, correlation) of the numbers that go together most, on the scales of their
    estimation.

    Parameters
    ----------
    found : Posterior
        Of a Bayesian fit.

    Returns
    -------
    list[tuple[int, int, float]]
    """
    p = len(found.names)
    if p < 2:
        return []
    r = np.corrcoef(found.draws.x[:, :, :p].reshape(-1, p).T)
    pairs = [(i, j, float(r[i, j])) for i in range(p) for j in range(i) if abs(r[i, j]) > TOGETHER]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))[:MOST_PAIRS]


def plot_pairs(found: Posterior):
    """Draws of the pairs of numbers that the data tell apart least; None where there are none.

    Parameters
    ----------
    found : Posterior
        Of a Bayesian fit.
    """
    from matplotlib import rc_context

    pairs, unknowns = pairs_together(found), unknowns_of(found.problem)
    if not pairs:
        return None
    flat = found.x.reshape(-1, found.x.shape[2])
    flat = flat[:: max(1, len(flat) // SHOWN)]
    with rc_context(SETTINGS):
        figure, axes = _page(len(pairs), 3, 2.7, 2.4)
        for (i, j, r), ax in zip(pairs, axes, strict=False):
            ax.scatter(flat[:, j], flat[:, i], s=4, color=COLOURS[0], alpha=0.35, linewidths=0)
            sides = (
                (j, ax.set_xscale, ax.set_xticks, ax.set_xlabel),
                (i, ax.set_yscale, ax.set_yticks, ax.set_ylabel),
            )
            for k, scale, ticks, label in sides:
                if _is_log(unknowns, found.names[k]):
                    scale("log")
                _quantile_ticks(ticks, flat[:, k])
                label(short(found.names[k], 24), fontsize=8)
            ax.set_title(f"correlation {r:.2f}", fontsize=8)
    return figure
