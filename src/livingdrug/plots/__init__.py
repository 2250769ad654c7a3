"""Results in, matplotlib axes out. Nothing is computed here."""

from livingdrug.plots.curves import plot_bands, plot_curve, plot_curves, plot_limit
from livingdrug.plots.style import COLOURS, MUTED, new_figure, sequence

__all__ = ["COLOURS", "MUTED", "new_figure", "plot_bands", "plot_curve", "plot_curves", "plot_limit", "sequence"]
