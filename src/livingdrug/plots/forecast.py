"""What is forecast of each patient: samples, the median curve, its band, and where the samples were cut."""

from collections.abc import Sequence

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.forecast import Forecast, Patient
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, grid_figure, new_figure, short, stamp
from livingdrug.plots.time_axis import long_time_axis

ACROSS = 4
DECADES = 7


def plot_forecast(found: Forecast, patients: Sequence[Patient] | None = None):
    """A panel for each patient (twelve are readable): samples that were used, later ones, those below the
    limit, the median curve, its band, the wider band of samples, and the day of the cut.

    Parameters
    ----------
    found : Forecast
        Of `forecast`.
    patients : sequence of Patient, optional
        That are shown; all by default.
    """
    from matplotlib import rc_context

    patients = tuple(found.patients[:12] if patients is None else patients)
    across = min(ACROSS, max(len(patients), 1))
    with rc_context(SETTINGS):
        down = -(-len(patients) // across)
        figure, axes = grid_figure(down, across, 2.6, 2.1, sharex=True, sharey=True)
        for patient, ax in zip(patients, axes, strict=False):
            _panel(ax, patient)
        for ax in axes[len(patients) :]:
            ax.set_visible(False)
        _level_axis(axes[0], patients)
        _time_axis(axes[0], found.until)
        figure.supxlabel("time since the infusion (d)", fontsize=9)
        figure.supylabel(f"{found.output.replace('_', ' ')} ({found.unit})", fontsize=9)
        handles = {
            label: handle
            for ax in axes[: len(patients)]
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=4)
        stamp(figure, RESEARCH)
    return figure


def _panel(axes, p: Patient) -> None:
    axes.fill_between(
        p.times,
        p.seen_low,
        p.seen_high,
        color=COLOURS[5],
        alpha=0.18,
        linewidth=0,
        label="90 % band of samples",
    )
    axes.fill_between(
        p.times, p.low, p.high, color=COLOURS[0], alpha=0.3, linewidth=0, label="90 % band of the curve"
    )
    axes.plot(p.times, p.median, color=COLOURS[0], linewidth=1.4, label="median")
    axes.axvline(p.cut, color=MUTED, linewidth=0.9, linestyle="--", label="last day used")
    if np.isfinite(p.limit):
        axes.axhline(p.limit, color=MUTED, linewidth=0.8, linestyle=":", label="limit")
    for used, colour, word in ((True, "#000000", "sample used"), (False, MUTED, "later sample")):
        mine, below = p.used == used, p.kind == "below"
        for rows, face, label in (
            (mine & ~below, colour, word),
            (mine & below, "white", f"{word}, below the limit"),
        ):
            if rows.any():
                axes.scatter(
                    p.time[rows],
                    p.value[rows],
                    s=13,
                    facecolors=face,
                    edgecolors=colour,
                    linewidths=0.9,
                    zorder=3,
                    label=label,
                )
    axes.set_title(short(p.name) + (" (population)" if p.prior else " *" if p.why else ""), fontsize=8)


def _level_axis(axes, patients: Sequence[Patient]) -> None:
    """Logarithmic, from a little below the limits up, where levels are positive."""
    top = max((float(np.nanmax(p.seen_high)) for p in patients), default=1.0)
    seen = [v for p in patients for v in (*p.value[p.value > 0], p.limit) if np.isfinite(v)]
    if not (top > 0 and seen):
        return
    axes.set_yscale("log")
    low = max(min(seen) / 5, top / 10**DECADES)
    axes.set_ylim(low, top * 2)
    axes.minorticks_off()
    axes.locator_params(axis="y", numticks=5)


def _time_axis(axes, until: float) -> None:
    """Days as a square root where the horizon lies far beyond the first month."""
    if until > 60:
        long_time_axis(axes, np.array([0.0, *np.full(9, 14.0), until]), 0.12)
    axes.set_xlim(0, until * 1.02)


def plot_forecast_check(found: Forecast):
    """How much of later samples the intervals held, by day of the cut, and how they lay in what was expected
    of them.

    Parameters
    ----------
    found : Forecast
        Of `forecast`.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, (left, right) = new_figure(2, 3.6, 2.8)
        days = np.arange(len(found.checks))
        for ax in (left, right):
            ax.set_ylim(0, 1)
        for k, cut in enumerate(found.checks):
            part = cut.samples
            if np.isfinite(part.low):
                left.plot([k, k], [part.low, part.high], color=COLOURS[0], linewidth=1.2)
            left.scatter([k], [part.value], color=COLOURS[0], s=18, zorder=3)
        left.axhline(0.9, color=MUTED, linewidth=0.9, linestyle="--", label="90 %")
        left.set_xticks(days, [f"{cut.at:g}" for cut in found.checks])
        left.set_xlim(-0.6, len(days) - 0.4)
        left.set_xlabel("samples to day")
        left.set_ylabel("part of later samples within")
        left.legend(loc="lower right")
        width = 0.8 / len(days)
        for k, cut in enumerate(found.checks):
            x = np.arange(5) + (k - 0.5 * (len(days) - 1)) * width
            colour = COLOURS[k % len(COLOURS)]
            right.bar(
                x, cut.fifths / max(cut.fifths.sum(), 1e-12), width, color=colour, label=f"to day {cut.at:g}"
            )
        right.axhline(0.2, color=MUTED, linewidth=0.9, linestyle="--")
        right.set_ylim(
            0, max(0.5, *(float((c.fifths / max(c.fifths.sum(), 1e-12)).max()) for c in found.checks)) * 1.15
        )
        right.set_xticks(range(5), ["lowest", "2nd", "3rd", "4th", "highest"])
        right.set_xlabel("fifth of what was expected")
        right.set_ylabel("part of later samples")
        right.legend(loc="upper right")
        stamp(figure, RESEARCH)
    return figure
