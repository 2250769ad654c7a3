"""Probabilities of outcomes at the exposures that a forecast expects."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.units import conversion
from livingdrug.response import Curve, drawn_coefficients, probabilities

OF = {"CMAX": "xcmax", "AUC28": "auc28"}  # exposure of a curve -> draws of a patient, a peak being that of the expansion


def exposure_of(curve: Curve) -> str:
    """Which draws of a patient a curve is on. Raises InputError for an exposure that a forecast has not."""
    if curve.exposure not in OF:
        raise InputError(
            f"exposure-response `{curve.name}` is on `{curve.exposure or 'an exposure without a name'}`; a "
            f"forecast has {' and '.join(OF)}"
        )
    return OF[curve.exposure]


def factor_to(curve: Curve, unit: str) -> float:
    """What turns CMAX in `unit`, or AUC28 in `unit` x days, into the unit of a curve. Raises InputError
    without such."""
    given = unit if curve.exposure == "CMAX" else f"d*{unit}"
    factor = conversion(given, curve.unit) if curve.unit else 1
    if factor is None:
        raise InputError(
            f"exposure-response `{curve.name}` is on {curve.exposure} in {curve.unit}, and the model gives "
            f"it in {given}; take a model or a curve of the same unit"
        )
    return float(factor)


def chances(curve: Curve, exposure: np.ndarray, seed: int) -> np.ndarray:
    """Probability of an outcome at each draw of an exposure in the unit of the curve, shape (draws,); each
    draw has coefficients of its own where their covariance is known, the same for every patient."""
    return probabilities(curve, drawn_coefficients(curve, len(exposure), seed), exposure)
