"""Results in, matplotlib axes out. Nothing is computed here."""

from livingdrug.plots.curves import plot_bands, plot_curve, plot_curves, plot_limit
from livingdrug.plots.exposure import plot_comparison
from livingdrug.plots.profiles import plot_profile, plot_profiles, plot_spaghetti
from livingdrug.plots.response import plot_response
from livingdrug.plots.style import COLOURS, MUTED, new_figure, sequence
from livingdrug.plots.survival import plot_survival

__all__ = [
    "COLOURS", "MUTED", "new_figure", "plot_bands", "plot_comparison", "plot_curve", "plot_curves", "plot_limit",
    "plot_profile", "plot_profiles", "plot_response", "plot_spaghetti", "plot_survival", "sequence",
]  # fmt: skip
