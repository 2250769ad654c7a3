"""Figures of what an assay predicts: courses, patients, designs, and how well predictions held."""

import numpy as np

from livingdrug.assay import Band
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, grid_figure, short, stamp


def plot_predicted(bands: list[Band], title: str = ""):
    """Predicted courses with 95 % bands, targets and effectors side by side.

    Parameters
    ----------
    bands : sequence of Band
        Of `predict_assay`.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, 2, 3.6, 2.8)
        for axes, name in zip(panels, ("targets", "effectors"), strict=True):
            for i, band in enumerate(bands):
                low, middle, high = (np.maximum(part, 1e-3) for part in getattr(band, name))
                colour = COLOURS[i % len(COLOURS)]
                axes.fill_between(band.times, low, high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(band.times, middle, color=colour, label=short(band.group or "all", 20))
            axes.set_yscale("log")
            axes.set_ylim(bottom=max(axes.get_ylim()[0], 1.0))
            axes.set_xlabel("h")
            axes.set_ylabel(f"{name} (cells)")
        panels[0].set_title(short(title, 60))
        panels[1].legend()
        stamp(figure, RESEARCH)
    return figure


def plot_patient(curves: dict, control: str):
    """Courses of each output of a model of patients with 95 % bands, a panel an output; the control construct
    in black.

    Parameters
    ----------
    curves : dict
        Construct -> (times in d, output -> band of shape (3, times)).
    control : str
        The construct drawn in black.
    """
    from matplotlib import rc_context

    outputs = list(next(iter(curves.values()))[1])
    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, len(outputs), 3.6, 2.8)
        for axes, output in zip(panels, outputs, strict=True):
            highest = max(float(bands[output].max()) for _, bands in curves.values())
            for i, (group, (times, bands)) in enumerate(
                sorted(curves.items(), key=lambda item: item[0] == control)
            ):
                low, middle, high = (np.maximum(part, 1e-9 * highest) for part in bands[output])
                colour = "black" if group == control else COLOURS[i % len(COLOURS)]
                if group != control:
                    axes.fill_between(times, low, high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(times, middle, color=colour, label=short(group, 20))
            axes.set_yscale("log")
            axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-6 * highest))
            axes.set_xlabel("d")
            axes.set_title(short(output, 30))
        panels[0].legend()
        stamp(figure, RESEARCH)
    return figure


def plot_designs(results, rates: tuple[str, ...], wanted: float):
    """Expected relative standard errors (%) of designs, a colour a rate; a design without a mark does not
    tell the rate.

    Parameters
    ----------
    results
        Of `evaluate_designs`.
    rates : tuple of str
        That are shown.
    wanted : float
        Error that is wanted, in %.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(7.2, 0.34 * len(results) + 1.2)
        axes = figure.subplots()
        for i, rate in enumerate(rates):
            at = [(100 * float(r.rse[rate]), k) for k, r in enumerate(results) if np.isfinite(r.rse[rate])]
            if at:
                axes.plot(*zip(*at, strict=True), "o", color=COLOURS[i % len(COLOURS)], label=short(rate))
        axes.axvline(wanted, color=MUTED, linestyle="--", linewidth=1)
        axes.set_xscale("log")
        axes.set_yticks(range(len(results)), [short(r.design.name, 60) for r in results])
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.set_xlabel("expected relative standard error (%)")
        axes.legend(loc="best")
        stamp(figure, RESEARCH)
    return figure


def plot_scored(found):
    """Predicted against observed ratios to the control with their 95 % intervals, a panel a metric.

    Parameters
    ----------
    found
        Predictions beside observations, see `assay.score_prediction`.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure, panels = grid_figure(1, len(found.metrics), 3.2, 3.0)
        for axes, metric in zip(panels, found.metrics, strict=True):
            rows = [r for r in found.rows if r.metric == metric.metric]
            for i, r in enumerate(rows):
                colour = COLOURS[i % len(COLOURS)]
                axes.plot([r.low, r.high], [r.observed] * 2, color=colour, linewidth=1)
                if np.isfinite(r.observed_low):
                    axes.plot([r.predicted] * 2, [r.observed_low, r.observed_high], color=colour, linewidth=1)
                axes.plot(r.predicted, r.observed, "o", color=colour, label=short(r.group, 20))
            ends = [
                x
                for r in rows
                for x in (r.low, r.high, r.observed, r.observed_low, r.observed_high)
                if np.isfinite(x)
            ]
            line = [min([*ends, 0.9]) / 1.1, max([*ends, 1.1]) * 1.1]
            axes.plot(line, line, color=MUTED, linewidth=1)
            axes.axhline(1, color=MUTED, linestyle=":", linewidth=1)
            axes.axvline(1, color=MUTED, linestyle=":", linewidth=1)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("predicted ratio")
            axes.set_ylabel("observed ratio")
            axes.set_title(short(metric.metric, 30))
            axes.legend()
        stamp(figure, RESEARCH)
    return figure


def plot_calibration(found):
    """Factors that products need in patients over their ratios in the assay, with the slope and its 95 %
    band.

    Parameters
    ----------
    found
        A slope over products, see `assay.calibrate`.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(4.4, 3.6)
        axes = figure.subplots()
        ends = [1.0, *(r.rate for r in found.rows)]
        line = np.geomspace(min(ends) / 1.2, max(ends) * 1.2, 60)
        low, middle, high = (line**slope for slope in (found.low, found.slope, found.high))
        axes.fill_between(
            line, np.minimum(low, high), np.maximum(low, high), color=COLOURS[0], alpha=0.2, linewidth=0
        )
        axes.plot(
            line,
            middle,
            color=COLOURS[0],
            label=f"slope {found.slope:.2g} ({found.low:.2g} to {found.high:.2g})",
        )
        for r in found.rows:
            axes.plot(r.rate, r.factor, "o", color="black")
            axes.annotate(short(r.group, 20), (r.rate, r.factor), xytext=(4, 4), textcoords="offset points")
        axes.plot(1, 1, "s", color=MUTED, label=f"{short(found.control, 20)} (control)")
        axes.set_xscale("log")
        axes.set_yscale("log")
        needed = [v for r in found.rows for v in (r.factor, r.expected)]
        axes.set_ylim(min([*needed, 1.0]) / 1.6, max([*needed, 1.0]) * 1.6)
        axes.set_xlabel(f"{short(found.link.rate, 24)} in the assay, ratio")
        axes.set_ylabel(f"factor on {short(found.link.quantity, 24)} in patients")
        axes.legend()
        stamp(figure, RESEARCH)
    return figure


def plot_doses(found, limit: float | None):
    """Percentiles of exposure over dose with their intervals.

    Parameters
    ----------
    found
        Of `first_dose`.
    limit : float or None
        What they are to stay below, dashed.
    """
    from matplotlib import rc_context

    doses = [row.dose for row in found.rows]
    with rc_context(SETTINGS):
        figure = blank(5.2, 3.4)
        axes = figure.subplots()
        for k, p in enumerate(found.percentiles):
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(doses, [row.values[k] for row in found.rows], "o-", color=colour, label=f"{p:g} %")
            for row in found.rows:
                if np.isfinite([row.low[k], row.high[k]]).all():
                    axes.plot([row.dose] * 2, [row.low[k], row.high[k]], color=colour, linewidth=1)
        if limit is not None:
            axes.axhline(limit, color=MUTED, linestyle="--", linewidth=1, label="ceiling / margin")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(f"dose ({found.dose_unit})")
        axes.set_ylabel(f"{short(found.metric, 30)} ({found.unit})")
        figure.legend(
            loc="outside upper center", ncols=len(found.percentiles) + 1, title="percentile of patients"
        )
        stamp(figure, RESEARCH)
    return figure
