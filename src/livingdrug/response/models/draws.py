"""A curve as uncertain as its coefficients are: draws of them, and probabilities for each draw."""

import numpy as np

from livingdrug.core.draws import principal
from livingdrug.core.random import uniforms
from livingdrug.response.models.curve import Curve
from livingdrug.response.models.links import inverse


def drawn_coefficients(curve: Curve, count: int, seed: int = 1) -> np.ndarray:
    """Coefficients of a curve from their normal distribution.

    Parameters
    ----------
    curve : Curve
        A probability over exposure, with the covariance of its coefficients.
    count : int
        Number of draws.
    seed : int
        The draws depend on it and on the name of the curve alone.

    Returns
    -------
    ndarray of shape (count, 3)
        Intercept, slope, logit of the ceiling (infinite for a ceiling of 1). All draws are the same where no
        covariance is known, as is the ceiling where it was not estimated.
    """
    from scipy.special import logit, ndtri

    drawn = np.tile(
        [curve.intercept, curve.slope, logit(curve.ceiling) if curve.ceiling < 1 else np.inf], (count, 1)
    )
    if curve.covariance is not None:
        size = len(curve.covariance)
        z = ndtri(uniforms(seed, f"coefficients of {curve.name}", 0, count * size)).reshape(-1, size)
        directions, sd = principal(curve.covariance)
        drawn[:, :size] += z @ (directions * sd).T
    return drawn


def probabilities(curve: Curve, coefficients: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """P for coefficients of shape (..., 3) at exposures that broadcast with (...); an exposure of 0 is the
    smallest number that has a logarithm.

    Parameters
    ----------
    curve : Curve
        Whose scale and ceiling are taken.
    coefficients : ndarray
        Shape (..., 3).
    exposure : ndarray
        That broadcasts with (...).

    Returns
    -------
    ndarray
    """
    from scipy.special import expit

    a, b, ceiling = np.moveaxis(coefficients, -1, 0)
    x = np.log(np.maximum(exposure, np.finfo(float).tiny)) if curve.scale == "log" else exposure
    return expit(ceiling) * inverse(curve.link, a + b * x)
