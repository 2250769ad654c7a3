"""Several models on one axis."""

import numpy as np

from livingdrug.plots.style import COLOURS, SETTINGS, new_figure
from livingdrug.simulation import ModelsCompared

DECADES = 1e7


def plot_models(compared: ModelsCompared):
    """Typical curves of models in one unit, with the central 90 % of virtual subjects where there are any.

    Parameters
    ----------
    compared : ModelsCompared
        Curves of several models on one axis, of `compare_models`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=6.2)
    with rc_context(SETTINGS):
        for i, curve in enumerate(compared.curves):
            colour = COLOURS[i % len(COLOURS)]
            if curve.many is not None:
                low, high = _shown(curve.many.percentiles(curve.output, (5, 95)) * curve.factor)
                axes.fill_between(curve.days, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(
                curve.days,
                _shown(curve.typical.curve(curve.output) * curve.factor),
                color=colour,
                label=curve.model.full_name,
            )
        axes.set_yscale("log")
        axes.set_xlabel("time (days)")
        axes.set_ylabel(f"CAR-T in blood ({compared.unit})")
        axes.legend(loc="upper right", fontsize="small")
        top = axes.get_ylim()[1]
        axes.set_ylim(bottom=max(axes.get_ylim()[0], top / DECADES))
    return figure


def _shown(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)
