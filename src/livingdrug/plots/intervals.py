"""How far estimates may lie: profile likelihoods, and intervals by several ways side by side."""

from collections.abc import Sequence

import numpy as np

from livingdrug.fit import RISE, FitResult, Profile, point_of, unknowns_of
from livingdrug.fit.words import number
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short

ACROSS = 3
MOST_RISE = 3 * RISE  # what is higher is not drawn
FARTHEST = 50.0  # ratio to the estimate at the ends of a picture
STYLES = {"standard error": (COLOURS[0], "o"), "profile": (COLOURS[1], "s"), "bootstrap": (COLOURS[2], "D"),
          "SIR": (COLOURS[3], "^")}  # fmt: skip


def plot_likelihoods(profiles: Sequence[Profile], result: FitResult):
    """Rise of -2LL over each profiled number, with the 95 % level and the parabola that the standard error
    stands for.

    Parameters
    ----------
    profiles : sequence of Profile
        Of single numbers.
    result : FitResult
        Of a fit, see `fit`.
    """
    from matplotlib import rc_context

    across = min(ACROSS, len(profiles))
    down = -(-len(profiles) // across)
    with rc_context(SETTINGS):
        figure = blank(3.1 * across + 0.6, 2.4 * down + 0.7)
        axes = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
        for found, ax in zip(profiles, axes, strict=False):
            _profile(ax, found, result)
        for ax in axes[len(profiles) :]:
            ax.set_visible(False)
        figure.supylabel("rise of -2 log likelihood", fontsize=9)
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(3, across + 1)
        )
    return figure


def _profile(axes, found: Profile, result: FitResult) -> None:
    if (found.values > 0).all() and found.values.max() > 3 * found.values.min():
        axes.set_xscale("log")
        ticks = np.geomspace(found.values.min(), found.values.max(), 4)
        axes.set_xticks(ticks, [number(float(f"{t:.2g}")) for t in ticks])
        axes.set_xticks([], minor=True)
    else:
        axes.locator_params(axis="x", nbins=4)
    axes.plot(found.values, found.rise, color=COLOURS[0], marker="o", markersize=3, linestyle="none")
    # between steps the root of the rise is straight, as where its crossing is found
    root = np.sqrt(np.maximum(found.rise, 0.0)) * np.where(
        np.arange(len(found.rise)) < found.rise.argmin(), -1, 1
    )
    across = np.interp(np.linspace(0, len(root) - 1, 20 * len(root)), np.arange(len(root)), found.values)
    axes.plot(across, np.interp(across, found.values, root) ** 2, color=COLOURS[0], label="profile")
    bend = _parabola(found, result)
    if bend is not None:
        axes.plot(*bend, color=MUTED, linewidth=0.9, linestyle="--", label="by the standard error")
    axes.axhline(found.fall, color=COLOURS[1], linewidth=1.0, linestyle=":", label="95 % level")
    for end in (found.lower, found.upper):
        if end is not None:
            axes.plot([end, end], [0, found.fall], color=COLOURS[1], linewidth=0.9)
    axes.set_ylim(-0.05 * MOST_RISE, MOST_RISE)
    axes.set_title(short(found.name, 30))
    axes.set_xlabel(short(_unit(found.name, result), 30))


def _parabola(found: Profile, result: FitResult):
    """(values, rises) of a quadratic likelihood with the curvature that the covariance states, None without
    one."""
    matrix, unknowns = result.covariance.matrix, unknowns_of(result.problem)
    k = unknowns.names.index(found.name)
    if matrix is None or not matrix[k, k] > 0:
        return None
    best, sd = unknowns.vector(point_of(result.problem)), np.sqrt(matrix[k, k])
    steps = np.linspace(-np.sqrt(MOST_RISE), np.sqrt(MOST_RISE), 81)
    at = np.eye(unknowns.size)[k]
    with np.errstate(over="ignore"):  # far out, where the data hardly tell of a number: outside the figure
        values = np.array([unknowns.natural(best + step * sd * at)[0][k] for step in steps])
    inside = (values >= found.values[0]) & (values <= found.values[-1])
    return values[inside], steps[inside] ** 2


def _unit(name: str, result: FitResult) -> str:
    units = {q.name: q.unit for q in result.problem.model.quantities}
    return f"{name} ({units[name]})" if units.get(name, "1") != "1" else name


def plot_intervals(table):
    """95 % intervals over the estimate, a row for each number and a mark for each way; an arrow where one has
    no bound or leaves the picture. Numbers that are not above 0 are in the table only.

    Parameters
    ----------
    table
        Of `Uncertainty.table`.
    """
    from matplotlib import rc_context

    shown = table[(table["value"] > 0) & ~(table["lower"] <= 0)]
    names, methods = (
        list(dict.fromkeys(shown["parameter"])),
        [m for m in STYLES if (shown["method"] == m).any()],
    )
    with rc_context(SETTINGS):
        figure = blank(6.4, 1.4 + (0.18 + 0.13 * len(methods)) * max(len(names), 1))
        axes = figure.add_subplot(1, 1, 1)
        known = (shown[["lower", "upper"]].to_numpy() / shown[["value"]].to_numpy()).ravel()
        known = known[np.isfinite(known) & (known > 0)]
        low = max(min(known.min(initial=0.8), 0.8) / 1.15, 1 / FARTHEST)
        high = min(max(known.max(initial=1.25), 1.25) * 1.15, FARTHEST)
        for row in shown.itertuples():
            y = -names.index(row.parameter) - 0.6 * (methods.index(row.method) + 0.5) / len(methods) + 0.3
            _interval(axes, y, row.lower / row.value, row.upper / row.value, low, high, row.method)
        axes.axvline(1.0, color=MUTED, linewidth=0.8, zorder=0)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_yticks([-k for k in range(len(names))], [short(name) for name in names])
        axes.set_ylim(-len(names) + 0.4, 0.6)
        ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20, 50) if low <= t <= high]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("95 % interval over the estimate")
        handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    return figure


def _interval(axes, y: float, lower: float, upper: float, low: float, high: float, method: str) -> None:
    colour, mark = STYLES[method]
    ends = [lower if lower > low else low, upper if upper < high else high]
    axes.plot(ends, [y, y], color=colour, linewidth=1.6, marker="|", markersize=4, label=method)
    axes.plot([1.0], [y], color=colour, marker=mark, markersize=3.5, linestyle="none")
    for end, known, arrow in ((ends[0], lower > low, "<"), (ends[1], upper < high, ">")):
        if not known:
            axes.plot([end], [y], color=colour, marker=arrow, markersize=5, clip_on=False)
