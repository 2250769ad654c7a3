"""Exposure-response: the probability of an outcome, a grade, a value or a time as a function of exposure."""

from livingdrug.response.binary import BinaryFit, exposure_at_profile, fit_binary
from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.continuous import ContinuousFit, exposure_at_share, fit_continuous, predict
from livingdrug.response.cox import CoxFit, concordance, fit_cox, martingale_residuals, proportionality
from livingdrug.response.curve import Curve, Estimate, curve_at, exposure_at, probability, probability_band
from livingdrug.response.expected import Expected, best_fold, expected, rate_over, tradeoff
from livingdrug.response.exposures import ExposureSpread, changed, share_between, spread_of
from livingdrug.response.failure_time import FailureTimeFit, fit_failure_time
from livingdrug.response.graded import GradedFit, fit_graded, grade_shares
from livingdrug.response.index import TherapeuticIndex, chance_within, ratio_of_exposures, therapeutic_index, window
from livingdrug.response.kaplan_meier import kaplan_meier, logrank, median_time, restricted_mean, survival_at
from livingdrug.response.least_squares import LeastSquares, fit_least_squares
from livingdrug.response.observed import ObservedRate, observed_rates
from livingdrug.response.pair import Pair, paired
from livingdrug.response.ratio import ratio_of_fits
from livingdrug.response.run import fit_response
from livingdrug.response.sample import Sample
from livingdrug.response.survival import TimeFit, fit_times
from livingdrug.response.times import Times, coded_events
from livingdrug.response.verdict import verdict

__all__ = [
    "BinaryFit", "ContinuousFit", "CoxFit", "Curve", "Estimate", "Expected", "ExposureSpread", "FailureTimeFit",
    "GradedFit", "LeastSquares", "ObservedRate", "Pair", "Sample", "TherapeuticIndex", "TimeFit", "Times",
    "best_fold", "calibrate_ec50", "chance_within", "changed", "coded_events", "concordance", "curve_at", "expected",
    "exposure_at", "exposure_at_profile", "exposure_at_share", "fit_binary", "fit_continuous", "fit_cox",
    "fit_failure_time", "fit_graded", "fit_least_squares", "fit_response", "fit_times", "grade_shares",
    "kaplan_meier", "logistic", "logrank", "marginal_rate", "martingale_residuals", "median_time", "observed_rates",
    "paired", "predict", "probability", "probability_band", "proportionality", "rate_over", "ratio_of_exposures",
    "ratio_of_fits", "restricted_mean", "share_between", "spread_of", "survival_at", "therapeutic_index", "tradeoff",
    "verdict", "window",
]  # fmt: skip
