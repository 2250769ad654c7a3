"""What a fit looks like: observed against predicted, individual curves, residuals, traces, effects,
groups."""

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.fit import Curves, FitResult, Groups
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, dense, grid_figure, new_figure, short
from livingdrug.plots.time_axis import long_time_axis

ACROSS, DOWN = 4, 3
DECADES = 1e7


def _is_positive(result: FitResult, output: str) -> bool:
    """Whether an output is shown on log axes: all measured values and predictions above 0."""
    p = result.predictions
    mine = (p.output == output) & (p.kind == "measured")
    return bool((p.value[mine] > 0).all() and (p.pred[mine] > 0).all() and (p.ipred[mine] > 0).all())


def plot_observed(result: FitResult, output: str | None = None):
    """Measured values against the typical and the individual prediction, with the line of identity; open
    symbols are limits of values below them, which lie above the line where the prediction agrees.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    output : str, optional
        Its name; the first one by default.
    """
    from matplotlib import rc_context

    p = result.predictions
    output = output or str(p.output[0])
    mine = p.output == output
    figure, axes = new_figure(2, width=3.9, height=3.7)
    with rc_context(SETTINGS):
        for ax, across, name in (
            (axes[0], p.pred, "typical prediction"),
            (axes[1], p.ipred, "individual prediction"),
        ):
            good = mine & (p.kind == "measured")
            ax.scatter(
                across[good],
                p.value[good],
                s=8,
                color=COLOURS[0],
                alpha=0.6,
                linewidths=0,
                label="measured",
                **dense(good.sum()),
            )
            low = mine & (p.kind == "below")
            if low.any():
                ax.scatter(
                    across[low],
                    p.value[low],
                    s=10,
                    facecolors="none",
                    edgecolors=COLOURS[1],
                    linewidths=0.7,
                    label="below the limit (drawn at it)",
                )
            if _is_positive(result, output):
                ax.set_xscale("log")
                ax.set_yscale("log")
                for axis in (ax.get_xlim, ax.get_ylim):
                    low_end, top = axis()
                    (ax.set_xlim if axis == ax.get_xlim else ax.set_ylim)(max(low_end, top / DECADES), top)
            ends = [max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])]
            ax.plot(ends, ends, color="#000000", linewidth=1.0)
            ax.set_xlabel(name)
            ax.set_ylabel("measured")
        axes[0].set_title(short(output.replace("_", " ")))
        axes[1].legend(loc="upper left")
    return figure


def plot_residuals(result: FitResult, output: str | None = None):
    """Individual weighted residuals over time and the individual prediction, and below them conditional
    weighted residuals over time and the typical prediction; N(0, 1) if the residual error, and the model,
    hold.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    output : str, optional
        Its name; the first one by default.
    """
    from matplotlib import rc_context

    p = result.predictions
    output = output or str(p.output[0])
    rows = [("IWRES", p.iwres, p.ipred, "individual prediction")]
    if p.cwres is not None:
        rows.append(("CWRES", p.cwres, p.pred, "typical prediction"))
    with rc_context(SETTINGS):
        figure, axes = grid_figure(len(rows), 2, 3.6, 2.3)
        for (word, residual, prediction, name), pair in zip(rows, axes.reshape(-1, 2), strict=True):
            mine = (p.output == output) & np.isfinite(residual)
            for ax, across, label in ((pair[0], p.time, "time"), (pair[1], prediction, name)):
                ax.scatter(
                    across[mine],
                    residual[mine],
                    s=8,
                    color=COLOURS[0],
                    alpha=0.6,
                    linewidths=0,
                    **dense(mine.sum()),
                )
                for level in (-Z95, 0.0, Z95):
                    ax.axhline(level, color=MUTED, linewidth=0.8, linestyle="-" if level == 0 else ":")
                ax.set_xlabel(label)
                ax.set_ylabel(word)
            if mine.any() and (prediction[mine] > 0).all():
                pair[1].set_xscale("log")
            if mine.any():
                long_time_axis(pair[0], p.time[mine], 0.08)
            pair[0].set_title(_moments(short(output.replace("_", " ")), residual[mine], word))
    return figure


def _moments(name: str, residual: np.ndarray, word: str) -> str:
    """A heading with what of N(0, 1) can be counted; epsilon shrinkage is of individual residuals."""
    if len(residual) < 2:
        return name
    sd = residual.std(ddof=1)
    more = f", shrinkage {round(100 * (1 - sd))} %" if word == "IWRES" else f", mean {residual.mean():.2f}"
    return f"{name}: sd {sd:.2f}{more}"


def plot_individuals(result: FitResult, curves: Curves, subjects: list[str], output: str | None = None):
    """A page of up to 12 subjects: measured values, those below the limit (open, at the limit), the limit,
    the typical curve with the subject's covariates (dashed) and its own.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    curves : Curves
        Of `curves_of`.
    subjects : sequence of str
        Names of up to 12 subjects, as the data have them.
    output : str, optional
        Its name; the first one by default.
    """
    from matplotlib import rc_context

    p = result.predictions
    output = output or str(p.output[0])
    subjects = subjects[: ACROSS * DOWN]
    across = min(ACROSS, max(len(subjects), 1))
    logs = _is_positive(result, output)
    with rc_context(SETTINGS):
        figure, axes = grid_figure(-(-len(subjects) // across), across, 2.5, 2.1, sharex=True, sharey=True)
        for name, ax in zip(subjects, axes, strict=False):
            _one(ax, result, curves, name, output)
            if logs:
                ax.set_yscale("log")
                ax.minorticks_off()  # a page of log axes with all their ticks takes seconds to draw
                ax.locator_params(axis="y", numticks=5)
        for ax in axes[len(subjects) :]:
            ax.set_visible(False)
        long_time_axis(axes[0], p.time[p.output == output], 0.17)
        if logs:
            low, top = axes[0].get_ylim()
            axes[0].set_ylim(max(low, top / DECADES), top)
        figure.supxlabel(f"time ({result.problem.model.time_unit})", fontsize=9)
        unit = {o.name: o.unit for o in result.problem.model.system.outputs}[output]
        figure.supylabel(f"{output.replace('_', ' ')} ({unit})", fontsize=9)
        handles = {
            label: h
            for ax in axes[: len(subjects)]
            for h, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=5)
    return figure


def _one(axes, result: FitResult, curves: Curves, name: str, output: str) -> None:
    p = result.predictions
    mine = (curves.subject == name) & (curves.output == output)
    axes.plot(
        curves.time[mine], curves.pred[mine], color=MUTED, linewidth=1.0, linestyle="--", label="typical"
    )
    axes.plot(curves.time[mine], curves.ipred[mine], color=COLOURS[1], linewidth=1.4, label="individual")
    rows = (p.subject == name) & (p.output == output)
    good, low = rows & (p.kind == "measured"), rows & (p.kind == "below")
    axes.scatter(p.time[good], p.value[good], s=13, color=COLOURS[0], zorder=3, label="measured")
    axes.scatter(
        p.time[low],
        p.value[low],
        s=15,
        facecolors="white",
        edgecolors=COLOURS[0],
        linewidths=1,
        zorder=3,
        label="below the limit" if low.any() else None,
    )
    limit = curves.limit.get((name, output))
    if limit is not None:
        axes.axhline(limit, color=MUTED, linestyle=":", linewidth=0.9, zorder=1, label="limit")
    axes.set_title(short(name), fontsize=8)


def plot_trace(result: FitResult):
    """Every estimated number over the iterations; the vertical line is where averaging begins.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    """
    from matplotlib import rc_context

    shown = [k for k, name in enumerate(result.trace_names) if name != "seconds"]
    across = min(5, max(len(shown), 1))
    begins = result.settings.get("exploration")
    with rc_context(SETTINGS):
        figure, axes = grid_figure(-(-len(shown) // across), across, 2.0, 1.5, sharex=True)
        for k, ax in zip(shown, axes, strict=False):
            ax.plot(np.arange(1, len(result.trace) + 1), result.trace[:, k], color=COLOURS[0], linewidth=0.9)
            if begins is not None:
                ax.axvline(begins, color=MUTED, linewidth=0.8, linestyle=":")
            ax.locator_params(axis="both", nbins=4)
            ax.set_title(short(result.trace_names[k], 22), fontsize=8)
            ax.tick_params(labelsize=7)
        for ax in axes[len(shown) :]:
            ax.set_visible(False)
        figure.supxlabel("iteration (numbers on the scale of their estimation)", fontsize=9)
    return figure


def plot_etas(result: FitResult):
    """Individual effects over their standard deviation, beside N(0, 1), with the shrinkage of each.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    """
    from matplotlib import rc_context

    found = result.individuals
    sd = {p.name: p.sd for p in result.problem.random}
    omegas = [e for e in result.estimates if e.kind == "variability"]
    shrinkage = {e.name.removeprefix("omega "): e.shrinkage for e in omegas}
    across = min(4, max(len(found.random), 1))
    grid = np.linspace(-3.5, 3.5, 141)
    with rc_context(SETTINGS):
        figure, axes = grid_figure(
            -(-len(found.random) // across), across, 2.4, 1.9, sharex=True, sharey=True
        )
        for k, (name, ax) in enumerate(zip(found.random, axes, strict=False)):
            z = found.etas[:, k] / sd[name]
            ax.hist(
                np.clip(z, -3.49, 3.49),
                np.linspace(-3.5, 3.5, 15),
                density=True,
                color=COLOURS[0],
                alpha=0.45,
            )
            ax.plot(grid, np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi), color="#000000", linewidth=1.1)
            own = shrinkage.get(name)
            told = "" if own is None else f"\nshrinkage {round(own)} %"
            ax.set_title(f"{short(name)}{told}", fontsize=8)
        for ax in axes[len(found.random) :]:
            ax.set_visible(False)
        figure.supxlabel(
            "individual effect / standard deviation of the population (line: N(0, 1))", fontsize=9
        )
    return figure


def plot_groups(groups: Groups):
    """Forest picture: each parameter of the first group over the second with its interval; open where
    individual estimates are shrunk so much that they mislead. Parameters on a normal scale are in the table
    only.

    Parameters
    ----------
    groups : Groups
        Of `compare_groups`.
    """
    from matplotlib import rc_context

    rows = [d for d in groups.differences if not d.measure.startswith("difference")]
    with rc_context(SETTINGS):
        figure = blank(6.4, 1.5 + 0.36 * max(len(rows), 1))
        axes = figure.add_subplot(1, 1, 1)
        for y, d in enumerate(reversed(rows)):
            axes.plot([d.low, d.high], [y, y], color=COLOURS[0], linewidth=2)
            axes.scatter(
                [d.value],
                [y],
                s=38,
                marker="s",
                color="white" if d.caveat else COLOURS[0],
                edgecolors=COLOURS[0],
                zorder=3,
            )
            told = f"{d.value:.2f} ({d.low:.2f} to {d.high:.2f})"
            told += f"  shrinkage {round(d.shrinkage)} %" if d.caveat else ""
            axes.annotate(told, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        axes.axvline(1.0, color="#000000", linewidth=0.9)
        axes.set_xscale("log")
        axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
        axes.set_yticks(
            range(len(rows)),
            [d.parameter + (" (odds)" if "odds" in d.measure else "") for d in reversed(rows)],
        )
        _plain_ticks(axes)
        one, other = (short(name, 20) for name in groups.names)
        axes.set_xlabel(
            f"{one} (n {groups.sizes[0]}) over {other} (n {groups.sizes[1]}), {groups.width:g} % interval"
        )
        axes.set_title(f"Individual parameters by {short(groups.covariate)}")
        if any(d.caveat for d in rows):
            axes.annotate(
                "open: shrunk estimates; fit the group as a covariate",
                (0, -0.02),
                xycoords="figure fraction",
                fontsize=7,
                color=MUTED,
                va="top",
                annotation_clip=False,
            )
    return figure


def _plain_ticks(axes) -> None:
    low, high = axes.get_xlim()
    low, high = min(low, 0.66), max(high, 1.5)
    fine = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if high / low < 100 else (1.0,)
    ticks = [k * 10.0**d for d in range(-12, 13) for k in fine if low <= k * 10.0**d <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
