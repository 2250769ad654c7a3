"""Exposure-response: the probability of an outcome as a function of exposure."""

from livingdrug.response.binary import BinaryFit, exposure_at_profile, fit_binary
from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.curve import Curve, Estimate, curve_at, exposure_at, probability, probability_band
from livingdrug.response.observed import ObservedRate, observed_rates
from livingdrug.response.run import fit_response
from livingdrug.response.sample import Sample

__all__ = [
    "BinaryFit", "Curve", "Estimate", "ObservedRate", "Sample", "calibrate_ec50", "curve_at", "exposure_at",
    "exposure_at_profile", "fit_binary", "fit_response", "logistic", "marginal_rate", "observed_rates", "probability",
    "probability_band",
]  # fmt: skip
