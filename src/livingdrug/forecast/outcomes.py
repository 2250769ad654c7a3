"""Probabilities of outcomes at the exposures that a forecast expects."""

import numpy as np

from livingdrug.core.draws import principal
from livingdrug.core.errors import InputError
from livingdrug.core.random import uniforms
from livingdrug.core.units import conversion
from livingdrug.response import Curve

OF = {"CMAX": "cmax", "AUC28": "auc28"}  # exposure of a curve -> draws of a patient


def exposure_of(curve: Curve) -> str:
    """Which draws of a patient a curve is on. Raises InputError for an exposure that a forecast has not."""
    if curve.exposure not in OF:
        raise InputError(
            f"exposure-response `{curve.name}` is on `{curve.exposure or 'an exposure without a name'}`; a forecast has "
            f"{' and '.join(OF)}"
        )
    return OF[curve.exposure]


def factor_to(curve: Curve, unit: str) -> float:
    """What turns CMAX in `unit`, or AUC28 in `unit` x days, into the unit of a curve. Raises InputError without such."""
    given = unit if curve.exposure == "CMAX" else f"d*{unit}"
    factor = conversion(given, curve.unit) if curve.unit else 1
    if factor is None:
        raise InputError(
            f"exposure-response `{curve.name}` is on {curve.exposure} in {curve.unit}, and the model gives it in {given}; "
            "take a model or a curve of the same unit"
        )
    return float(factor)


def chances(curve: Curve, exposure: np.ndarray, seed: int) -> np.ndarray:
    """Probability of an outcome at each draw of an exposure in the unit of the curve, shape (draws,); each draw has
    coefficients of its own where their covariance is known, the same for every patient."""
    from scipy.special import expit, logit, ndtri

    coefficients = [curve.intercept, curve.slope, logit(curve.ceiling) if curve.ceiling < 1 else np.inf]
    drawn = np.tile(coefficients, (len(exposure), 1))
    if curve.covariance is not None:
        size = len(curve.covariance)
        z = ndtri(uniforms(seed, f"coefficients of {curve.name}", 0, len(exposure) * size)).reshape(-1, size)
        directions, sd = principal(curve.covariance)
        drawn[:, :size] += z @ (directions * sd).T
    x = np.log(np.maximum(exposure, np.finfo(float).tiny)) if curve.scale == "log" else exposure
    return expit(drawn[:, 2]) * expit(drawn[:, 0] + drawn[:, 1] * x)
