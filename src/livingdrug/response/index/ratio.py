"""The therapeutic index of two fits, with an interval by the likelihood of both."""

import math

import numpy as np

from livingdrug.response.index.pair import Pair
from livingdrug.response.index.therapeutic import may_be_flat, ratio_of_exposures
from livingdrug.response.models.binary import BinaryFit, profile_of_exposure
from livingdrug.response.models.curve import Estimate, axis_at, axis_gradient
from livingdrug.response.models.likelihood import Maximum, crossings


def ratio_of_fits(
    efficacy: BinaryFit, toxicity: BinaryFit, pair: Pair, at: tuple[float, float] = (0.5, 0.5)
) -> Estimate:
    """`ratio_of_exposures` of the pair of these fits (on log exposure), with an interval by adjusted profile
    likelihood.

    The two log-likelihoods add up to one that takes the outcomes of a subject as independent. Its fall along
    ln ratio is multiplied by the variance of ln ratio under independence over that with the covariance of the
    pair, which gives it the right curvature (Chandler & Bate 2007, doi:10.1093/biomet/asm015). Where a slope
    may be 0 the interval is open, and where there is no ratio, as `ratio_of_exposures` says.

    Parameters
    ----------
    efficacy, toxicity : BinaryFit
        Fits of the two outcomes.
    pair : Pair
        Of their curves.
    at : tuple[float, float], optional
        Probabilities of efficacy and of toxicity.

    Returns
    -------
    Estimate
    """
    plain = ratio_of_exposures(pair, at, efficacy.level)
    flat = may_be_flat(pair.efficacy, efficacy.level) or may_be_flat(pair.toxicity, efficacy.level)
    if math.isnan(plain.value) or flat or pair.efficacy.scale != "log":
        return plain
    first, second = axis_at(pair.efficacy, at[0]), axis_at(pair.toxicity, at[1])
    gradient = np.concatenate([-axis_gradient(pair.efficacy, at[0]), axis_gradient(pair.toxicity, at[1])])
    apart = gradient @ Pair(pair.efficacy, pair.toxicity).covariance @ gradient
    together = gradient @ pair.covariance @ gradient
    if together <= 1e-9 * apart:  # one outcome twice
        return Estimate(plain.value, plain.value, plain.value, efficacy.level, "the same outcome twice")
    fall = _fall(efficacy, toxicity, at, first, second, math.sqrt(together))

    def largest(distance: float, start) -> Maximum:
        return Maximum(start, float(-fall(distance) * apart / together), np.eye(0))

    low, high = crossings(largest, 0.0, np.empty(0), second - first, math.sqrt(together), efficacy.level)
    method = "profile likelihood" + (
        "" if pair.cross is None else ", adjusted for outcomes of the same subjects"
    )
    with np.errstate(over="ignore"):
        low, high = (float(end) for end in np.exp([low, high]))
    return Estimate(plain.value, low, high, efficacy.level, method)


def _fall(
    efficacy: BinaryFit,
    toxicity: BinaryFit,
    at: tuple[float, float],
    first: float,
    second: float,
    error: float,
):
    """How far the two log-likelihoods together fall where ln E of toxicity is `distance` above that of
    efficacy."""
    from scipy.optimize import minimize_scalar

    (of_first, top_first, _), (of_second, top_second, _) = (
        profile_of_exposure(fit, wanted) for fit, wanted in zip((efficacy, toxicity), at, strict=True)
    )

    def fall(distance: float) -> float:
        def both(x: float) -> float:
            return top_first - of_first(x, None).value + top_second - of_second(x + distance, None).value

        # each part rises away from its own best x, so the least of both lies between these
        ends = sorted((first, second - distance))
        if ends[0] == ends[1]:
            return 0.0
        return minimize_scalar(both, bounds=ends, method="bounded", options={"xatol": 1e-4 * error}).fun

    return fall
