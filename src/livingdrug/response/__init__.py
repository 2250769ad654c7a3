"""Exposure-response: the probability of an outcome, a grade or a value as a function of exposure."""

from livingdrug.response.binary import BinaryFit, exposure_at_profile, fit_binary
from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.continuous import ContinuousFit, exposure_at_share, fit_continuous, predict
from livingdrug.response.curve import Curve, Estimate, curve_at, exposure_at, probability, probability_band
from livingdrug.response.graded import GradedFit, fit_graded, grade_shares
from livingdrug.response.least_squares import LeastSquares, fit_least_squares
from livingdrug.response.observed import ObservedRate, observed_rates
from livingdrug.response.run import fit_response
from livingdrug.response.sample import Sample

__all__ = [
    "BinaryFit", "ContinuousFit", "Curve", "Estimate", "GradedFit", "LeastSquares", "ObservedRate", "Sample",
    "calibrate_ec50", "curve_at", "exposure_at", "exposure_at_profile", "exposure_at_share", "fit_binary", "fit_continuous",
    "fit_graded", "fit_least_squares", "fit_response", "grade_shares", "logistic", "marginal_rate", "observed_rates",
    "predict", "probability", "probability_band",
]  # fmt: skip
