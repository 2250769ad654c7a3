"""Several versions against one control: Dunnett's critical value, Holm's steps."""

import math
from typing import Any, cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.trial.quadrature import gauss_legendre

POINTS = 96
CLOSE_POINTS = 400  # for a control much smaller than the arms, where the integrand is steep
REACH = 8.5  # normal numbers beyond have less than 1e-16 of the mass


def dunnett_critical(versions, control: float, df: float, alpha: float = 0.05, sides: int = 2) -> float:
    """The value that the largest of k statistics (t with common df, or z with df = inf) exceeds with
    probability alpha.

    The statistics share the control, so that corr(i, j) = l_i l_j with l_i = sqrt(n_i / (n_i + n_0)), and
    given the control's mean and the common SD they are independent (Dunnett 1955, J Am Stat Assoc 50:1096;
    1964, Biometrics 20:482).

    Parameters
    ----------
    versions
        Subjects in each of the k arms.
    control : float
        Subjects in the control.
    df : float
        Degrees of freedom of the common SD, inf where it is known.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).
    sides : int, optional
        1 or 2.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For no arm, an arm without subjects, or an alpha or number of sides that cannot be.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm, t

    sizes = np.asarray(versions, dtype=float)
    if not len(sizes) or not (sizes > 0).all() or not control > 0 or not df > 0:
        raise InputError("Dunnett's test needs at least one arm and a control, each with subjects")
    if not 0 < alpha < 1 or sides not in (1, 2):
        raise InputError(
            f"alpha is {alpha:g} with {sides} sides; it must be between 0 and 1, with 1 or 2 sides"
        )
    load = np.sqrt(sizes / (sizes + control))
    scale, weight = _scale(df)
    # between the critical values of one comparison and of as many independent ones (Bonferroni)
    law = norm if math.isinf(df) else t(df)
    low, high = float(law.isf(alpha / sides)), float(law.isf(alpha / sides / len(sizes)))
    if len(sizes) == 1:
        return low
    at = brentq(
        lambda c: _below(c, load, scale, weight, sides) - (1 - alpha), low * 0.99, high * 1.01, xtol=1e-10
    )
    return float(cast(float, at))


def _scale(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights over s, the common SD estimated with df degrees of freedom over the true one."""
    from scipy.stats import chi

    if math.isinf(df):
        return np.ones(1), np.ones(1)
    law: Any = chi(df, scale=1 / math.sqrt(df))
    low, high = law.ppf(1e-14), law.isf(1e-14)
    x, w = gauss_legendre(POINTS)
    s = 0.5 * (high - low) * x + 0.5 * (high + low)
    weight = 0.5 * (high - low) * w * law.pdf(s)
    return s, weight / weight.sum()


def _below(c: float, load: np.ndarray, scale: np.ndarray, weight: np.ndarray, sides: int) -> float:
    """P(all statistics below c): the integral over the control's mean z of the product over the arms, then
    over s."""
    from scipy.special import ndtr

    x, w = gauss_legendre(CLOSE_POINTS)
    z = REACH * x
    density = REACH * w * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    rest = np.sqrt(1 - load * load)
    bound, shift = c * scale[:, None, None] / rest, z[:, None] * load / rest
    inside = ndtr(bound + shift) - (ndtr(shift - bound) if sides == 2 else 0.0)
    return float(weight @ (np.prod(inside, axis=2) @ density))


def holm_rejects(p: np.ndarray, alpha: float) -> np.ndarray:
    """Which hypotheses Holm's step-down procedure rejects (Holm 1979, Scand J Stat 6:65).

    p (replicates, k): nan where a comparison could not be made, which is never rejected and counts among the
    k."""
    k = p.shape[1]
    filled = np.where(np.isnan(p), np.inf, p)
    order = np.argsort(filled, axis=1, kind="stable")
    passed = np.take_along_axis(filled, order, axis=1) <= alpha / (k - np.arange(k))
    rejected = np.empty(p.shape, dtype=bool)
    np.put_along_axis(rejected, order, np.logical_and.accumulate(passed, axis=1), axis=1)
    return rejected
