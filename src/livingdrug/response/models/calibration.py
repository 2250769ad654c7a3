"""Hill curves in exposure without a fit: an EC50 that gives an observed rate over a population."""

from functools import lru_cache
from typing import cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.index.exposures import ExposureSpread, nodes
from livingdrug.response.models.links import Link, inverse, linked


def logistic(exposure, ec50: float, slope: float, link: Link = "logit"):
    """P = E^slope / (EC50^slope + E^slope): logit P = slope (ln E - ln EC50); with another link its eta in
    place of the logit, so that P is 1/2 at the EC50 with all of them.

    Parameters
    ----------
    exposure
        Of any shape.
    ec50 : float
        In the same unit.
    slope : float
        Of the link on ln exposure.
    link : Link, optional
        Between eta and P.
    """
    return inverse(link, linked(link, 0.5) + slope * (np.log(exposure) - np.log(ec50)))


def marginal_rate(ec50: float, slope: float, median: float, log_sd: float) -> float:
    """Part of a population with log-normal exposure that has the outcome.

    Parameters
    ----------
    ec50 : float
        In the unit of the exposure.
    slope : float
        Of the logit on ln exposure.
    median : float
        Of the exposure.
    log_sd : float
        SD of its natural logarithm.

    Returns
    -------
    float
    """
    exposure, weights = nodes(ExposureSpread(median, log_sd))
    return float(weights @ logistic(exposure, ec50, slope))


def calibrate_ec50(rate: float, slope: float, median: float, log_sd: float) -> float:
    """The EC50 that gives an observed marginal rate. A calibration: one rate cannot also tell the slope.

    Parameters
    ----------
    rate : float
        Observed part of the population with the outcome.
    slope : float
        Of the logit on ln exposure.
    median : float
        Of the exposure.
    log_sd : float
        SD of its natural logarithm.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For a rate outside (0, 1).
    """
    if not 0 < rate < 1:
        raise InputError(f"the rate is {rate:g}; it must be between 0 and 1")
    return _calibrated(rate, slope, median, log_sd)


@lru_cache(maxsize=64)  # those of the built-in curves are asked for again and again
def _calibrated(rate: float, slope: float, median: float, log_sd: float) -> float:
    from scipy.optimize import brentq

    center = np.log(median)
    at = brentq(lambda x: marginal_rate(np.exp(x), slope, median, log_sd) - rate, center - 40, center + 40)
    return float(np.exp(cast(float, at)))
