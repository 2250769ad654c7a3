"""Exposure-response: the probability of an outcome as a function of exposure."""

from livingdrug.response.binary import BinaryFit, exposure_at_profile, fit_binary
from livingdrug.response.calibration import calibrate_ec50, logistic, marginal_rate
from livingdrug.response.curve import Curve, Estimate, curve_at, exposure_at, probability, probability_band
from livingdrug.response.expected import Expected, best_fold, expected, rate_over, tradeoff
from livingdrug.response.exposures import ExposureSpread, changed, share_between, spread_of
from livingdrug.response.index import TherapeuticIndex, chance_within, ratio_of_exposures, therapeutic_index, window
from livingdrug.response.observed import ObservedRate, observed_rates
from livingdrug.response.pair import Pair, paired
from livingdrug.response.run import fit_response
from livingdrug.response.sample import Sample
from livingdrug.response.verdict import verdict

__all__ = [
    "BinaryFit", "Curve", "Estimate", "Expected", "ExposureSpread", "ObservedRate", "Pair", "Sample",
    "TherapeuticIndex", "best_fold", "calibrate_ec50", "chance_within", "changed", "curve_at", "expected",
    "exposure_at", "exposure_at_profile", "fit_binary", "fit_response", "logistic", "marginal_rate", "observed_rates",
    "paired", "probability", "probability_band", "rate_over", "ratio_of_exposures", "share_between", "spread_of",
    "therapeutic_index", "tradeoff", "verdict", "window",
]  # fmt: skip
