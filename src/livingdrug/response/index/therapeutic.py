"""The therapeutic index: how far the exposures of efficacy and of toxicity lie apart, and which exposures
satisfy both."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.draws import principal
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.random import normals
from livingdrug.core.shown import Shown
from livingdrug.response.index.pair import Pair, link_error
from livingdrug.response.models.curve import (
    Curve,
    Estimate,
    axis_at,
    exposure_at,
    on_link,
    probability,
    two_sided,
)
from livingdrug.response.models.links import linked

ALL = (0.0, math.inf)
DRAWS = 20_000


@dataclass(frozen=True, repr=False)
class TherapeuticIndex(Shown):
    """What two curves say about exposure, whoever is treated.

    Attributes
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    floor, ceiling : float
        The response wanted at least, the toxicity accepted at most.
    at : (float, float)
        Probabilities (of efficacy, of toxicity) whose exposures are compared, 0.5 and 0.5 for EC50s.
    level : float
        Of confidence intervals.
    efficacious, toxic : Estimate
        Exposure with the wanted response, and exposure with the accepted toxicity.
    ratio : Estimate
        Toxic over efficacious, above 1 where efficacy comes first.
    window : (float, float) or None
        (lowest, highest) exposure that satisfies floor and ceiling on the curves as they are.
    notes : tuple of str
        What is missing or needs caution, a sentence each. An estimate that does not exist is nan, and its
        method says why.
    """

    pair: Pair
    floor: float
    ceiling: float
    at: tuple[float, float]
    level: float
    efficacious: Estimate
    toxic: Estimate
    ratio: Estimate
    window: tuple[float, float] | None
    notes: tuple[str, ...]


def therapeutic_index(
    pair: Pair,
    floor: float = 0.5,
    ceiling: float = 0.2,
    at: tuple[float, float] = (0.5, 0.5),
    level: float = 0.95,
) -> TherapeuticIndex:
    """Compare the two curves of a pair: which exposure is needed, and which one is too much.

    Parameters
    ----------
    pair : Pair
        Of efficacy and toxicity.
    floor : float
        Probability of response wanted at least.
    ceiling : float
        Probability of toxicity accepted at most.
    at : (float, float)
        Probabilities of efficacy and of toxicity whose exposures are compared.
    level : float
        Of confidence intervals.

    Returns
    -------
    TherapeuticIndex

    Raises
    ------
    InputError
        For probabilities or a level that cannot be.
    """
    check_limits(floor, ceiling)
    two_sided(level)
    efficacious, toxic = (
        _reached(c, p, level) for c, p in zip((pair.efficacy, pair.toxicity), at, strict=True)
    )
    ratio = ratio_of_exposures(pair, at, level)
    return TherapeuticIndex(
        pair,
        floor,
        ceiling,
        at,
        level,
        efficacious,
        toxic,
        ratio,
        window(pair, floor, ceiling),
        _notes(pair, level),
    )


def check_limits(floor: float, ceiling: float) -> None:
    """Refuse a floor or a ceiling that is no probability."""
    for name, value in (("floor of the response", floor), ("ceiling of the toxicity", ceiling)):
        if not 0 <= value <= 1:
            raise InputError(f"the {name} is {value:g}; it must be between 0 and 1 (0.5 for 50 %)")


def _reached(curve: Curve, wanted: float, level: float) -> Estimate:
    """`exposure_at`, or nan with the reason where the curve never gets there. Open where the slope may be 0:
    by Fieller's theorem the exposure, a ratio with the slope below the line, is unbounded just then."""
    try:
        reached = exposure_at(curve, wanted, level)
        return (
            Estimate(reached.value, 0.0, math.inf, level, _open((curve,)))
            if may_be_flat(curve, level)
            else reached
        )
    except InputError as error:
        if not 0 < wanted < 1:
            raise
        return Estimate(math.nan, math.nan, math.nan, level, str(error))


def may_be_flat(curve: Curve, level: float = 0.95) -> bool:
    """Whether the Wald interval of the slope holds 0.

    Parameters
    ----------
    curve : Curve
        Of a fit.
    level : float, optional
        Of the interval.

    Returns
    -------
    bool
    """
    return curve.covariance is not None and abs(curve.slope) <= two_sided(level) * math.sqrt(
        curve.covariance[1, 1]
    )


def _open(curves: Iterable[Curve]) -> str:
    return f"open: the slope of {' and of '.join(f'`{c.name}`' for c in curves)} is not different from 0"


def ratio_of_exposures(
    pair: Pair, at: tuple[float, float] = (0.5, 0.5), level: float = 0.95, seed: int = 1
) -> Estimate:
    """Exposure with toxicity `at[1]` over exposure with efficacy `at[0]`; their EC50s by default.

    The interval: percentiles over 20,000 draws of all coefficients from their joint normal distribution (with
    the covariance between the two fits), as the delta method for a ratio of ratios misses on one side in
    small trials (docs). 0 to infinity where a slope may be 0, as one of the exposures is unbounded then.

    Parameters
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    at : tuple[float, float], optional
        Probabilities of efficacy and of toxicity.
    level : float, optional
        Of the interval.
    seed : int, optional
        Of the draws.

    Returns
    -------
    Estimate
    """
    curves = (pair.efficacy, pair.toxicity)
    for curve, wanted in zip(curves, at, strict=True):
        reached = _reached(curve, wanted, level)
        if math.isnan(reached.value):
            return reached
        if curve.slope < 0:
            why = f"curve `{curve.name}` falls with exposure, so the ratio is no therapeutic index"
            return Estimate(math.nan, math.nan, math.nan, level, why)
    first, second = (exposure_at(c, p).value for c, p in zip(curves, at, strict=True))
    if not (first > 0 and second > 0):
        return Estimate(
            math.nan, math.nan, math.nan, level, "an exposure at the wanted probability is not above 0"
        )
    if pair.covariance is None:
        return Estimate(second / first, math.nan, math.nan, level, pair.unknown)
    flat = [c for c in curves if may_be_flat(c, level)]
    if flat:
        return Estimate(second / first, 0.0, math.inf, level, _open(flat))
    coefficients = drawn(pair, DRAWS, seed)
    k = len(known(pair.efficacy.covariance, "the covariance of the curve"))
    logs = _log_exposures(curves[1], at[1], coefficients[:, k:]) - _log_exposures(
        curves[0], at[0], coefficients[:, :k]
    )
    low, high = np.exp(np.nanpercentile(logs, (50 - 50 * level, 50 + 50 * level)))
    whose = "independent fits" if pair.cross is None else "fits to the same subjects"
    return Estimate(second / first, float(low), float(high), level, f"draws of the coefficients of {whose}")


def drawn(pair: Pair, count: int, seed: int = 1) -> np.ndarray:
    """Coefficients drawn from their joint normal distribution, shape (count, k), efficacy first; the
    covariance must be known. The same seed gives the same draws."""
    means = []
    for curve in (pair.efficacy, pair.toxicity):
        means += [curve.intercept, curve.slope]
        if len(known(curve.covariance, "the covariance of the curve")) == 3:
            means.append(math.log(curve.ceiling / (1 - curve.ceiling)))
    directions, sd = principal(known(pair.covariance, "the covariance of the pair"))
    z = normals(seed, "therapeutic index", 0, count * len(means)).reshape(count, len(means))
    return np.array(means) + (z * sd) @ directions.T


def _log_exposures(curve: Curve, wanted: float, coefficients: np.ndarray) -> np.ndarray:
    """ln of the exposure where P is `wanted`, for each row of coefficients; nan where the curve falls or
    stays below."""
    from scipy.special import expit

    ceiling = (
        expit(coefficients[:, 2]) if coefficients.shape[1] == 3 else np.full(len(coefficients), curve.ceiling)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        x = (linked(curve.link, wanted / ceiling) - coefficients[:, 0]) / coefficients[:, 1]
        logs = x if curve.scale == "log" else np.log(x)
    return np.where((coefficients[:, 1] > 0) & (ceiling > wanted), logs, np.nan)


def window(pair: Pair, floor: float, ceiling: float) -> tuple[float, float] | None:
    """(lowest, highest) exposure with response `floor` at least and toxicity `ceiling` at most; None where
    there is none.

    Parameters
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    floor : float
        Lowest response that is accepted.
    ceiling : float
        Highest toxicity that is accepted.

    Returns
    -------
    tuple[float, float] or None
    """
    enough, bearable = (
        exposures_where(pair.efficacy, floor, True),
        exposures_where(pair.toxicity, ceiling, False),
    )
    if enough is None or bearable is None:
        return None
    low, high = max(enough[0], bearable[0]), min(enough[1], bearable[1])
    return (low, high) if low <= high else None


def exposures_where(curve: Curve, limit: float, above: bool) -> tuple[float, float] | None:
    """(lowest, highest) exposure with P at least `limit` (above) or at most (not above); None where there is
    none."""
    if curve.slope == 0:
        constant = float(probability(curve, 1.0))
        return ALL if (constant >= limit if above else constant <= limit) else None
    if not 0 < limit < curve.ceiling:
        return ALL if (limit <= 0) == above else None
    edge = axis_at(curve, limit)
    edge = math.exp(edge) if curve.scale == "log" else edge
    if (curve.slope > 0) == above:
        return max(edge, 0.0), math.inf
    return (0.0, edge) if edge >= 0 else None


def chance_within(pair: Pair, exposure, floor: float, ceiling: float) -> np.ndarray:
    """Probability, given how uncertain both curves are, that the response at each exposure is `floor` at
    least and the toxicity `ceiling` at most: of a bivariate normal pair on the scales of their links (delta
    method). nan where no error is known.

    Parameters
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    exposure
        Of any shape.
    floor : float
        Lowest response that is accepted.
    ceiling : float
        Highest toxicity that is accepted.

    Returns
    -------
    ndarray
    """
    exposure = np.asarray(exposure, dtype=float)
    check_limits(floor, ceiling)
    if pair.covariance is None:
        return np.full(exposure.shape, np.nan)
    first, second, together = link_error(pair, exposure)
    with np.errstate(divide="ignore", invalid="ignore"):
        h = (on_link(pair.efficacy, exposure) - linked(pair.efficacy.link, floor)) / first
        k = (linked(pair.toxicity.link, ceiling) - on_link(pair.toxicity, exposure)) / second
    # the toxicity counts from above, which turns the sign of the correlation
    return both_below(h, k, -together)


def both_below(h, k, correlation) -> np.ndarray:
    """P(X <= h, Y <= k) of standard normals with a correlation, by Owen's T function (Owen 1956,
    doi:10.1214/aoms/1177728074)."""
    from scipy.special import ndtr, owens_t

    h, k = (np.clip(np.where(np.asarray(v) == 0, 1e-300, v), -40.0, 40.0) for v in (h, k))
    r = np.clip(correlation, -1 + 1e-12, 1 - 1e-12)
    root = np.sqrt(1 - r**2)
    with np.errstate(over="ignore"):
        apart = owens_t(h, (k / h - r) / root) + owens_t(k, (h / k - r) / root)
    return np.clip((ndtr(h) + ndtr(k)) / 2 - apart - np.where(h * k < 0, 0.5, 0.0), 0.0, 1.0)


def _notes(pair: Pair, level: float) -> tuple[str, ...]:
    notes = []
    for curve, what in ((pair.efficacy, "efficacy"), (pair.toxicity, "toxicity")):
        if curve.slope < 0:
            notes.append(f"{what} (`{curve.name}`) falls with exposure: more exposure gives less of it")
        if may_be_flat(curve, level):
            notes.append(
                f"{what} (`{curve.name}`): the slope is not different from 0, so confidence intervals of "
                "exposures are unbounded"
            )
    if pair.unknown:
        notes.append(f"no interval: {pair.unknown}")
    return tuple(notes)
