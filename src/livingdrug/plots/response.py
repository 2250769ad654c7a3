"""Exposure-response: the curve with its band, observed rates with their intervals, and every outcome as a mark."""

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure, short
from livingdrug.response.binary import BinaryFit
from livingdrug.response.curve import grid, probability, probability_band
from livingdrug.response.observed import observed_rates

MARKS = 0.035  # height of the band in which single outcomes are jittered


def plot_response(fit: BinaryFit):
    """Figure of a binary fit: chance over exposure; covariates, if there are any, at their means."""
    from matplotlib import rc_context

    sample = fit.sample
    with rc_context(SETTINGS):
        figure, (axes,) = new_figure()
        at = grid(sample.exposure, fit.scale, 201)
        low, high = probability_band(fit.curve, at, fit.level)
        axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.18, linewidth=0, label=f"{100 * fit.level:g} % band")
        axes.plot(at, probability(fit.curve, at), color=COLOURS[0], label=fit.model)
        for k, g in enumerate(observed_rates(sample, sample.outcome, fit.level)):
            label = "observed, exact interval" if k == 0 else None
            axes.errorbar(g.median, g.rate, [[g.rate - g.low], [g.high - g.rate]], fmt="o", color="#333333", markersize=4,
                          linewidth=1, capsize=2, label=label, zorder=3)  # fmt: skip
        if (sample.trials == 1).all():
            marks(axes, sample)
        axes.set_ylim(-0.07, 1.07)
        axes.set_ylabel(f"chance of {short(sample.endpoint, 40)}")
        dress(axes, fit, sample)
    return figure


def marks(axes, sample) -> None:
    """Each subject as a point near 0 or 1, spread always the same way."""
    spread = MARKS * ((np.arange(sample.n) * 0.618034) % 1.0)
    y = np.where(sample.outcome == 1, 1.02 + spread, -0.02 - spread)
    axes.scatter(sample.exposure, y, s=6, color=MUTED, alpha=0.6, linewidths=0, label="subjects")


def dress(axes, fit, sample) -> None:
    """Axis of exposure, legend, and the line that says what the picture is for."""
    unit = f" ({sample.exposure_unit})" if sample.exposure_unit else ""
    axes.set_xlabel(f"{short(sample.exposure_name, 40)}{unit}")
    if fit.scale == "log":
        axes.set_xscale("log")
    held = f"; {', '.join(sample.covariates)} at the mean" if sample.covariates else ""
    axes.set_title(short(f"{sample.endpoint}: {sample.trials.sum():,.0f} subjects{held}", 60))
    axes.legend(loc="best")
    axes.figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    axes.figure.text(0.995, 0.006, "association, not effect; not for clinical decisions", fontsize=6, color=MUTED, ha="right")
