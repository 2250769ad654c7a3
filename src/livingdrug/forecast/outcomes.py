"""Probabilities of outcomes at the exposures that a forecast expects."""

import numpy as np

from livingdrug.response import Curve, drawn_coefficients, exposure_factor, probabilities

OF = {"CMAX": "xcmax", "AUC28": "auc28"}  # exposure of a curve -> draws of a patient, a peak being that of the expansion


def exposure_of(curve: Curve) -> str:
    """Which draws of a patient a curve is on; `factor_to` has refused others.

    Parameters
    ----------
    curve : Curve
        On an exposure.

    Returns
    -------
    str
    """
    return OF[curve.exposure]


def factor_to(curve: Curve, unit: str) -> float:
    """What turns CMAX in `unit`, or AUC28 in days x `unit`, into the unit of a curve.

    Parameters
    ----------
    curve : Curve
        On CMAX or AUC28.
    unit : str
        Of the model's output.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For a curve on another exposure, without a unit, or in one that measures something else.
    """
    return exposure_factor(curve, {"CMAX": unit, "AUC28": f"d*{unit}"}, "a forecast")


def chances(curve: Curve, exposure: np.ndarray, seed: int) -> np.ndarray:
    """Probability of an outcome at each draw of an exposure in the unit of the curve, shape (draws,); each
    draw has coefficients of its own where their covariance is known, the same for every patient."""
    return probabilities(curve, drawn_coefficients(curve, len(exposure), seed), exposure)
