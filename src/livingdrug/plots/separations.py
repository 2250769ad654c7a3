"""Two explanations over the days: how many SD of one patient they are apart, for each output."""

import numpy as np

from livingdrug.core.units import in_a_day
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import MUTED, SETTINGS, new_figure, sequence, short, stamp
from livingdrug.simulation import Distinguished

LINES = 8  # outputs that are drawn, those that tell most


def plot_separations(found: Distinguished):
    """Difference over noise of each output over the days; dotted: what 10 patients show.

    Parameters
    ----------
    found : Distinguished
        Of `distinguish`.
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(1, 5.6, 3.8)
    names = list(dict.fromkeys(row.output for row in found.rows))[:LINES]
    per_day = in_a_day(found.models[0].time_unit)
    with rc_context(SETTINGS):
        for name, colour in zip(names, sequence(len(names)), strict=True):
            mine = sorted((row for row in found.rows if row.output == name), key=lambda row: row.time)
            shown = [row.difference if np.isfinite(row.difference) else np.nan for row in mine]
            axes.plot(
                [row.time / per_day for row in mine], shown, marker=".", color=colour, label=short(name, 30)
            )
        ten = (7.849 / 10) ** 0.5
        axes.axhline(ten, color=MUTED, linestyle=":", linewidth=1)
        axes.text(
            0.99,
            ten,
            "10 patients show it",
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=7,
        )
        axes.set(xlabel="day of the sample", ylabel="difference / SD in one patient", ylim=(0, None))
        axes.legend()
        stamp(figure, RESEARCH)
    return figure
