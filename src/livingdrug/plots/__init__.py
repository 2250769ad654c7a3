"""Results in, matplotlib axes out. Nothing is computed here."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.plots.assay import plot_plate, plot_plates
    from livingdrug.plots.assay_fits import plot_courses, plot_ranking, plot_rates, plot_residual_plate
    from livingdrug.plots.assay_predicted import (
        plot_calibration,
        plot_designs,
        plot_doses,
        plot_patient,
        plot_predicted,
        plot_scored,
    )
    from livingdrug.plots.attributes import plot_forest, plot_growth, plot_null, plot_patients, plot_range, plot_volcano
    from livingdrug.plots.compared import plot_models
    from livingdrug.plots.cure import plot_cure, plot_populations
    from livingdrug.plots.curves import DECADES, drawn_curve, plot_bands, plot_curve, plot_curves, plot_limit
    from livingdrug.plots.diagrams import plot_diagram
    from livingdrug.plots.exposure import plot_comparison
    from livingdrug.plots.fits import (
        plot_etas,
        plot_groups,
        plot_individuals,
        plot_observed,
        plot_residuals,
        plot_trace,
    )
    from livingdrug.plots.forecast import plot_forecast, plot_forecast_check
    from livingdrug.plots.index import axis_label, plot_index, plot_tradeoff, shown_exposures
    from livingdrug.plots.intervals import plot_intervals, plot_likelihoods
    from livingdrug.plots.optimum import plot_best_dose, plot_surface
    from livingdrug.plots.outcomes import plot_outcomes
    from livingdrug.plots.panels import Panel, panels_of, plot_panels
    from livingdrug.plots.population import plot_matched
    from livingdrug.plots.posteriors import pairs_together, plot_chains, plot_densities, plot_pairs, plot_ranks
    from livingdrug.plots.power import plot_one_arm, plot_power, plot_smallest
    from livingdrug.plots.predictive import plot_npde, plot_vpc
    from livingdrug.plots.profiles import plot_profile, plot_profiles, plot_spaghetti
    from livingdrug.plots.regimens import plot_regimens
    from livingdrug.plots.relations import plot_covariates, plot_eta_pairs
    from livingdrug.plots.response import FEW_DECADES, MARKS, plot_continuous, plot_graded, plot_repeated, plot_response
    from livingdrug.plots.sampling import plot_days
    from livingdrug.plots.sensitivity import plot_sensitivity, plot_separation
    from livingdrug.plots.separations import plot_separations
    from livingdrug.plots.splits import plot_splits
    from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure, sequence
    from livingdrug.plots.survival import plot_incidence, plot_survival, plot_visits
    from livingdrug.plots.time_axis import is_long, long_ticks
    from livingdrug.plots.trials import plot_characteristics, plot_levels, plot_power_over_size, plot_size_grid

__all__ = [
    "COLOURS", "DECADES", "FEW_DECADES", "MARKS", "MUTED", "SETTINGS", "Panel", "axis_label", "drawn_curve", "is_long",
    "long_ticks", "new_figure",
    "pairs_together", "panels_of", "plot_bands", "plot_best_dose", "plot_calibration", "plot_chains", "plot_characteristics",
    "plot_comparison",
    "plot_continuous", "plot_courses", "plot_covariates", "plot_curve", "plot_curves", "plot_days",
    "plot_densities", "plot_designs", "plot_diagram", "plot_doses",
    "plot_eta_pairs", "plot_etas", "plot_forecast", "plot_forecast_check", "plot_forest",
    "plot_graded",
    "plot_repeated",
    "plot_cure", "plot_populations", "plot_regimens", "plot_splits",
    "plot_groups", "plot_growth", "plot_incidence",
    "plot_index", "plot_individuals", "plot_intervals", "plot_levels",
    "plot_likelihoods", "plot_limit", "plot_matched", "plot_models", "plot_npde", "plot_null", "plot_observed",
    "plot_outcomes", "plot_pairs",
    "plot_panels",
    "plot_patient", "plot_patients", "plot_plate", "plot_plates", "plot_one_arm", "plot_power",
    "plot_power_over_size", "plot_smallest",
    "plot_predicted", "plot_profile", "plot_profiles", "plot_range", "plot_ranking", "plot_ranks",
    "plot_rates", "plot_residual_plate", "plot_residuals", "plot_response", "plot_scored", "plot_sensitivity",
    "plot_separation", "plot_separations",
    "plot_size_grid", "plot_spaghetti", "plot_surface", "plot_survival", "plot_trace", "plot_tradeoff", "plot_visits",
    "plot_volcano",
    "plot_vpc",
    "sequence", "shown_exposures",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
