"""Exposure-response: the probability of an outcome as a function of exposure."""

from livingdrug.response.binary import calibrate_ec50, logistic, marginal_rate

__all__ = ["calibrate_ec50", "logistic", "marginal_rate"]
