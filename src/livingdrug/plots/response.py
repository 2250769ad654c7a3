"""Exposure-response: the curve with its band, observed rates with their intervals, and every outcome as a
mark."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure, short
from livingdrug.response import (
    BinaryFit,
    ContinuousFit,
    GradedFit,
    RepeatedFit,
    grade_shares,
    grid,
    observed_rates,
    predict,
    probability,
    probability_band,
)

MARKS = 0.035  # height of the strip in which single outcomes are spread
POINTS = 201
FEW_DECADES = 60  # highest over lowest exposure, below which the axis is labelled between powers of ten
MANY = 2000  # subjects above which their marks are one image inside an SVG
DODGE = 0.018  # part of the axis between the intervals of neighbouring grades
FOOT = f"association, not effect; {RESEARCH}"


def plot_response(fit: BinaryFit):
    """A figure of a fit of a yes-or-no outcome: probability over exposure; covariates, if there are any, at
    their means.

    Parameters
    ----------
    fit : BinaryFit
        A probability over exposure, of `fit_binary`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    sample = fit.sample
    with rc_context(SETTINGS):
        figure, (axes,) = new_figure()
        _curve(axes, fit, fit.level)
        _rates(axes, observed_rates(sample, sample.outcome, fit.level), "#333333", "observed, exact interval")
        if (sample.trials == 1).all():
            spread = MARKS * _spread(sample.n)
            y = np.where(sample.outcome == 1, 1.02 + spread, -0.02 - spread)
            style = {"s": 6, "color": MUTED, "alpha": 0.6, "linewidths": 0, "rasterized": sample.n > MANY}
            axes.scatter(sample.exposure, y, label="subjects", **style)
        axes.set_ylim(-0.07, 1.07)
        axes.set_ylabel(f"probability of {short(sample.endpoint, 40)}")
        _dress(axes, sample, fit.scale)
        axes.legend(loc="best")
        _foot(figure)
    return figure


def _curve(axes, fit: BinaryFit | RepeatedFit, level: float) -> None:
    """The probability over exposure, with its band at a level of normal quantiles."""
    at = grid(fit.sample.exposure, fit.scale, POINTS)
    low, high = probability_band(fit.curve, at, level)
    axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.18, linewidth=0, label=f"{100 * fit.level:g} % band")
    axes.plot(at, probability(fit.curve, at), color=COLOURS[0], label=fit.model)


def plot_repeated(fit: RepeatedFit):
    """A figure of repeated yes-or-no outcomes: probability over exposure with its band, and the rates of all rows.

    Parameters
    ----------
    fit : RepeatedFit
        A regression of rows that repeat within subjects, of `fit_repeated`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    sample = fit.sample
    with rc_context(SETTINGS):
        figure, (axes,) = new_figure()
        _curve(axes, fit, fit.band)
        rates = observed_rates(sample, sample.outcome, fit.level)
        axes.plot([g.median for g in rates], [g.rate for g in rates], "o", color="#333333", label="observed, of all rows")
        axes.set_ylim(-0.07, 1.07)
        axes.set_ylabel(f"probability of {short(sample.endpoint, 40)}")
        _dress(axes, sample, fit.scale)
        axes.legend(loc="best")
        _foot(figure)
    return figure


def plot_graded(fit: GradedFit):
    """Figure of grades: chances of each grade or above with observed rates, and the shares of the grades.

    Parameters
    ----------
    fit : GradedFit
        Grades over exposure, see `fit_graded`.
    """
    from matplotlib import rc_context

    sample = fit.sample
    with rc_context(SETTINGS):
        figure, (axes, shares) = new_figure(2)
        at = grid(sample.exposure, fit.scale, POINTS)
        for k, (curve, grade, colour) in enumerate(zip(fit.curves, fit.grades[1:], COLOURS, strict=False)):
            low, high = probability_band(curve, at, fit.level)
            axes.fill_between(at, low, high, color=colour, alpha=0.1, linewidth=0)
            p = probability(curve, at)
            axes.plot(at, p, color=colour)
            axes.annotate(
                f" $\\geq${grade}" if grade < 5 else " 5",
                (at[-1], p[-1]),
                color=colour,
                va="center",
                fontsize=8,
            )
            rates = observed_rates(sample, (sample.outcome >= grade).astype(float), fit.level)
            _rates(axes, rates, colour, None, (k - (len(fit.curves) - 1) / 2) * DODGE, fit.scale, at)
        axes.set_ylim(-0.03, 1.03)
        axes.margins(x=0.07)
        axes.set_ylabel(f"probability of {short(sample.endpoint, 30)}, {100 * fit.level:g} % band")
        greys = [str(0.93 - 0.75 * k / max(len(fit.grades) - 1, 1)) for k in range(len(fit.grades))]
        shares.stackplot(
            at, grade_shares(fit, at), colors=greys, labels=[f"grade {g}" for g in fit.grades], linewidth=0
        )
        shares.set_ylim(0, 1)
        shares.set_ylabel("proportion of subjects")
        shares.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), reverse=True)
        for part in (axes, shares):
            _dress(part, sample, fit.scale)
        shares.set_title("")
        _foot(figure)
    return figure


def plot_continuous(fit: ContinuousFit):
    """Figure of a response on a scale: every value, the curve and its band; covariates at their means.

    Parameters
    ----------
    fit : ContinuousFit
        Of a response on a scale.
    """
    from matplotlib import rc_context

    sample = fit.sample
    scale = "log" if fit.scale == "log" and sample.exposure.min() > 0 else "linear"
    with rc_context(SETTINGS):
        figure, (axes,) = new_figure()
        at = grid(sample.exposure, scale, POINTS)
        value, low, high = predict(fit, at)
        axes.fill_between(
            at, low, high, color=COLOURS[0], alpha=0.18, linewidth=0, label=f"{100 * fit.level:g} % band"
        )
        axes.plot(at, value, color=COLOURS[0], label=fit.model)
        style = {"s": 12, "color": "#333333", "alpha": 0.75, "linewidths": 0, "zorder": 3}
        axes.scatter(sample.exposure, sample.outcome, label="observed", **style)
        unit = f" ({sample.outcome_unit})" if sample.outcome_unit else ""
        axes.set_ylabel(f"{short(sample.endpoint, 40)}{unit}")
        _dress(axes, sample, scale)
        axes.legend(loc="best")
        _foot(figure)
    return figure


def _rates(
    axes, rates, colour: str, label: str | None, shift: float = 0.0, scale: str = "linear", at=(0.0, 0.0)
) -> None:
    """Observed rates at the median exposure of their groups, moved by a part of the axis so that intervals
    stay apart."""
    x, y = np.array([g.median for g in rates]), np.array([g.rate for g in rates])
    x = x * (at[-1] / at[0]) ** shift if scale == "log" else x + shift * (at[-1] - at[0])
    reach = np.array([[g.rate - g.low for g in rates], [g.high - g.rate for g in rates]])
    axes.errorbar(
        x, y, reach, fmt="o", color=colour, markersize=4, linewidth=1, capsize=2, label=label, zorder=3
    )


def _spread(count: int) -> np.ndarray:
    """Numbers in 0 to 1 that keep neighbours apart, always the same."""
    return (np.arange(count) * 0.6180339887) % 1.0


def _dress(axes, sample, scale: str) -> None:
    """Axis of exposure and title."""
    unit = f" ({sample.exposure_unit})" if sample.exposure_unit else ""
    axes.set_xlabel(f"{short(sample.exposure_name, 40)}{unit}")
    if scale == "log":
        axes.set_xscale("log")
        if sample.exposure.max() < FEW_DECADES * sample.exposure.min():
            _label_between_decades(axes)
    held = f"; {', '.join(sample.covariates)} at the mean" if sample.covariates else ""
    many = f"{sample.subject_count:,} subjects"
    if sample.subject_count < sample.trials.sum():
        many = f"{sample.trials.sum():,.0f} observations of {many}"
    axes.set_title(short(f"{sample.endpoint}: {many}{held}", 60))


def _label_between_decades(axes) -> None:
    """Labels at 1, 2 and 5 of each decade, where a decade or two are all there is."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _foot(figure) -> None:
    """The line that says what the picture is for."""
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    figure.text(0.995, 0.006, FOOT, fontsize=6, color=MUTED, ha="right")
