"""Exposure-response: the probability of an outcome as a function of exposure."""

from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.curve import Curve, Estimate, curve_at, exposure_at, probability, probability_band

__all__ = [
    "Curve", "Estimate", "calibrate_ec50", "curve_at", "exposure_at", "logistic", "marginal_rate", "probability",
    "probability_band",
]  # fmt: skip
