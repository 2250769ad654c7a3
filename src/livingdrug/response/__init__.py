"""Exposure-response: the probability of an outcome, a grade, a value or a time as a function of exposure."""

from livingdrug.response.below import on_axis
from livingdrug.response.binary import BinaryFit, chance_at_profile, exposure_at_profile, fit_binary
from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.columns import Looked, look
from livingdrug.response.continuous import ContinuousFit, exposure_at_share, fit_continuous, predict
from livingdrug.response.cox import CoxFit, concordance, fit_cox, martingale_residuals, proportionality
from livingdrug.response.curve import (
    Curve,
    Estimate,
    Scale,
    curve_at,
    exposure_at,
    grid,
    probability,
    probability_band,
    two_sided,
)
from livingdrug.response.expected import Expected, best_fold, expected, rate_over, tradeoff
from livingdrug.response.exposures import ExposureSpread, changed, nodes, quantiles, share_between, spread_of
from livingdrug.response.failure_time import FailureTimeFit, fit_failure_time
from livingdrug.response.graded import GradedFit, fit_graded, grade_shares, half_exposure
from livingdrug.response.index import (
    TherapeuticIndex,
    chance_within,
    ratio_of_exposures,
    therapeutic_index,
    window,
)
from livingdrug.response.kaplan_meier import (
    ChiSquare,
    SurvivalCurve,
    kaplan_meier,
    logrank,
    median_time,
    numbers_at_risk,
    restricted_mean,
    survival_at,
)
from livingdrug.response.least_squares import LeastSquares, fit_least_squares
from livingdrug.response.observed import ObservedRate, observed_rates
from livingdrug.response.pair import Pair, paired
from livingdrug.response.permutation import Permutation
from livingdrug.response.ratio import ratio_of_fits
from livingdrug.response.run import FITS, fit_response
from livingdrug.response.sample import Kind, Sample
from livingdrug.response.samples import table_of_samples
from livingdrug.response.selection import CONFOUNDED, Question, select
from livingdrug.response.survival import GroupSurvival, TimeFit, fit_times
from livingdrug.response.table import SubjectTable, read_subjects, rows_of, with_endpoints
from livingdrug.response.times import Times, coded_events
from livingdrug.response.verdict import limits, verdict

__all__ = [
    "CONFOUNDED", "FITS", "BinaryFit", "ChiSquare", "ContinuousFit", "CoxFit", "Curve", "Estimate",
    "Expected", "ExposureSpread", "FailureTimeFit", "GradedFit", "GroupSurvival", "Kind", "LeastSquares",
    "Looked", "ObservedRate", "Pair", "Permutation", "Question", "Sample", "Scale", "SubjectTable",
    "SurvivalCurve", "TherapeuticIndex", "TimeFit", "Times", "best_fold", "calibrate_ec50",
    "chance_at_profile", "chance_within", "changed", "coded_events", "concordance", "curve_at", "expected",
    "exposure_at", "exposure_at_profile", "exposure_at_share", "fit_binary", "fit_continuous", "fit_cox",
    "fit_failure_time", "fit_graded", "fit_least_squares", "fit_response", "fit_times", "grade_shares",
    "grid", "half_exposure", "kaplan_meier", "limits", "logistic", "logrank", "look", "marginal_rate",
    "martingale_residuals", "median_time", "nodes", "numbers_at_risk", "observed_rates", "on_axis", "paired",
    "predict", "probability", "probability_band", "proportionality", "quantiles", "rate_over",
    "ratio_of_exposures", "ratio_of_fits", "read_subjects", "restricted_mean", "rows_of", "select",
    "share_between", "spread_of", "survival_at", "table_of_samples", "therapeutic_index", "tradeoff",
    "two_sided", "verdict", "window", "with_endpoints",
]  # fmt: skip
