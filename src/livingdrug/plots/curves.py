"""Curves over time: one, several, a band of percentiles, a limit of quantification."""

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure
from livingdrug.simulation import Result

BANDS = ((95, 0.18), (80, 0.28), (50, 0.45))
DECADES = 1e7  # what lies this far below the top of a picture is not drawn


def plot_curve(
    axes, result: Result, output: str, *, label: str = "", colour=COLOURS[0], subject: int = 0, **style
):
    """One subject's output on a log axis; values at or below 0 are left out.

    Parameters
    ----------
    axes
        Matplotlib axes to draw on.
    result : Result
        Of a simulation, see `simulate`.
    output : str
        Name of the output.
    label : str, optional
        In the legend.
    colour : optional
        Of the line.
    subject : int, optional
        Its position.
    style
        Of the line, as matplotlib takes it.
    """
    times, values = drawn_curve(result, output, subject)
    axes.plot(times, _positive(values), color=colour, label=label or None, **style)
    axes.set_yscale("log")
    _label(axes, result, output)
    return axes


def drawn_curve(result: Result, output: str, subject: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of the curve of one subject, with its maximum among them: the highest point that is
    drawn is the CMAX that is stated.

    Parameters
    ----------
    result : Result
        Of a simulation, see `simulate`.
    output : str
        Name of the output.
    subject : int, optional
        Its position.

    Returns
    -------
    tuple[ndarray, ndarray]
    """
    top, at = (float(result.metric(output, name)[subject]) for name in ("CMAX", "TMAX"))
    times, values = result.times, result.curve(output, subject)
    if not (np.isfinite(top) and np.isfinite(at) and times[0] < at < times[-1]) or at in times:
        return times, values
    place = int(np.searchsorted(times, at))
    return np.insert(times, place, at), np.insert(values, place, top)


def plot_bands(axes, result: Result, output: str, *, label: str = "median", colour=COLOURS[0]):
    """Central 95, 80 and 50 % of the subjects and their median at each time.

    Parameters
    ----------
    axes
        Matplotlib axes to draw on.
    result : Result
        Of a simulation, see `simulate`.
    output : str
        Name of the output.
    label : str, optional
        In the legend.
    colour : optional
        Of the line.
    """
    for width, alpha in BANDS:
        low, high = _positive(result.percentiles(output, (50 - width / 2, 50 + width / 2)))
        axes.fill_between(result.times, low, high, color=colour, alpha=alpha, linewidth=0, label=f"{width} %")
    axes.plot(result.times, _positive(result.percentiles(output, (50,))[0]), color=colour, label=label)
    axes.set_yscale("log")
    _label(axes, result, output)
    return axes


def plot_limit(axes, limit: float, label: str = "limit of quantification"):
    """A dashed line at a limit.

    Parameters
    ----------
    axes
        Matplotlib axes to draw on.
    limit : float
        In the unit of the axis.
    label : str, optional
        In the legend.
    """
    axes.axhline(limit, color=MUTED, linestyle="--", linewidth=1, label=label)
    return axes


def plot_curves(result: Result, output: str | None = None):
    """A figure of one output: the curve of one subject, the bands of several.

    Parameters
    ----------
    result : Result
        Simulated subjects, see `simulate`.
    output : str, optional
        The first by default.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    output = output or result.outputs[0]
    with rc_context(SETTINGS):
        if result.n == 1:
            plot_curve(axes, result, output, label="typical subject")
        else:
            plot_bands(axes, result, output)
            axes.legend(loc="lower left")
        axes.set_title(result.model.replace(" + ", "\n+ ", 1))
    top = axes.get_ylim()[1]
    axes.set_ylim(bottom=max(axes.get_ylim()[0], top / DECADES))
    return figure


def _positive(values: np.ndarray) -> np.ndarray:
    """What a log axis can show: nothing where a value is 0 or below."""
    return np.where(values > 0, values, np.nan)


def _label(axes, result: Result, output: str) -> None:
    axes.set_xlabel({"d": "time (days)", "h": "time (hours)"}[result.time_unit])
    axes.set_ylabel(f"{output.replace('_', ' ').replace('car t', 'CAR-T')} ({result.unit_of(output)})")
