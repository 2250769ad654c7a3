"""Regimens of preconditioning side by side."""

from collections.abc import Sequence

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure
from livingdrug.simulation import Preconditioned


def plot_regimens(regimens: Sequence[Preconditioned]):
    """Host T cells on the left, CAR-T cells on the right, by day from the infusion.

    Parameters
    ----------
    regimens : sequence of Preconditioned
        What each regimen does to host T cells and CAR-T cells, of `compare_regimens`.

    Returns
    -------
    Figure
    """
    from matplotlib import rc_context

    figure, (host, cells) = new_figure(2, width=4.4)
    with rc_context(SETTINGS):
        for i, one in enumerate(regimens):
            style = {"color": COLOURS[i % len(COLOURS)], "linestyle": "-" if i < len(COLOURS) else "--"}
            host.plot(one.days, _shown(one.host), label=one.regimen.name, **style)
            after = one.days >= 0
            cells.plot(one.days[after], _shown(one.car_t[after]), **style)
        for axes, name in ((host, "host T cells"), (cells, "CAR-T cells")):
            axes.set_yscale("log")
            axes.set_xlabel("days from the infusion")
            axes.set_ylabel(f"{name} in blood (cells/uL)")
            axes.axvline(0, color=MUTED, linewidth=0.8, linestyle=":")
        host.legend(loc="lower right", fontsize="small")
    return figure


def _shown(values: np.ndarray) -> np.ndarray:
    return np.where(values > 1e-6, values, np.nan)
