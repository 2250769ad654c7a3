"""A probability as a function of exposure: the noun that fits, published slopes and the therapeutic index
share."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.response.models.links import LINKS, Link, inverse, linked

Scale = Literal["log", "linear"]


@dataclass(frozen=True, repr=False)
class Curve(Shown):
    """P(E) = ceiling F(a + b x), where x = ln E (scale `log`) or E (scale `linear`) and F is the inverse of
    the link.

    With the logit, F(eta) = 1 / (1 + exp(-eta)), this is a Hill curve on log exposure: slope b, EC50 =
    exp(-a/b).

    Attributes
    ----------
    name : str
        Of the endpoint.
    intercept, slope : float
        a and b, on the scale of the link.
    covariance : ndarray or None
        Of (a, b), shape (2, 2), or of (a, b, logit of the ceiling), shape (3, 3), where the ceiling was
        estimated too; None where it is not known, as for a slope published without it.
    scale : {'log', 'linear'}
        Of the exposure.
    source : str
        Where the numbers come from.
    label : str
        What they are, such as `fitted`, `published` or `calibrated`.
    ceiling : float
        Highest probability, above 0 and 1 at most.
    exposure, unit : str
        Name and unit of E.
    link : {'logit', 'probit', 'cloglog', 'loglog'}
        See `response.models.links`; others than the logit go up to 1.
    """

    name: str
    intercept: float
    slope: float
    covariance: np.ndarray | None
    scale: Scale
    source: str
    label: str
    ceiling: float = 1.0
    exposure: str = ""
    unit: str = ""
    link: Link = "logit"

    def __post_init__(self) -> None:
        if self.scale not in ("log", "linear"):
            raise InputError(f"the scale of exposure is `{self.scale}`; it must be log or linear")
        if not (np.isfinite(self.intercept) and np.isfinite(self.slope)):
            raise InputError(f"curve `{self.name}`: intercept and slope must be numbers")
        if self.link not in LINKS:
            raise InputError(
                f"the link of curve `{self.name}` is `{self.link}`; it must be one of {', '.join(LINKS)}"
            )
        if self.ceiling < 1 and self.link != "logit":
            raise InputError(
                f"curve `{self.name}` has a ceiling below 1, which goes with the logit alone, not {self.link}"
            )
        if not 0 < self.ceiling <= 1:
            raise InputError(
                f"curve `{self.name}`: the ceiling is {self.ceiling:g}; it must lie above 0 and be 1 at most"
            )
        if self.covariance is not None:
            covariance = np.asarray(self.covariance, dtype=float)
            if covariance.shape not in ((2, 2), (3, 3)) or not np.isfinite(covariance).all():
                raise InputError(
                    f"curve `{self.name}`: the covariance must be 2 by 2, or 3 by 3 with an estimated ceiling"
                )
            object.__setattr__(self, "covariance", covariance)


@dataclass(frozen=True, repr=False)
class Estimate(Shown):
    """A number with its interval.

    Attributes
    ----------
    value : float
        The estimate itself, nan where it is not determined.
    low, high : float
        Ends; nan where no error is known, infinite where an end is open.
    level : float
        Of the interval.
    method : str
        How the interval was made.
    """

    value: float
    low: float
    high: float
    level: float
    method: str


def curve_at(
    name: str, ec50: float, slope: float, source: str, label: str, exposure: str = "", unit: str = ""
) -> Curve:
    """The curve on log exposure with this EC50 and slope, of which no error is known.

    Parameters
    ----------
    name : str
        Of the curve.
    ec50 : float
        In the unit of the exposure.
    slope : float
        Of the logit on ln exposure.
    source : str
        Where the numbers are from.
    label : str
        Of the outcome.
    exposure : str, optional
        Its name.
    unit : str, optional
        Of the exposure.

    Returns
    -------
    Curve
    """
    if not 0 < ec50 < np.inf:
        raise InputError(f"curve `{name}`: the EC50 is {ec50:g}; it must be a number above 0")
    return Curve(
        name, -slope * float(np.log(ec50)), slope, None, "log", source, label, exposure=exposure, unit=unit
    )


def axis(exposure, scale: Scale) -> np.ndarray:
    """x of each exposure: its natural logarithm, or itself. Raises InputError for exposures that have no
    logarithm."""
    exposure = np.asarray(exposure, dtype=float)
    if scale == "linear":
        return exposure
    if (exposure <= 0).any():
        worst = float(exposure[exposure <= 0].min())
        raise InputError(
            f"an exposure is {worst:g}, which has no logarithm; use the scale `linear`, or a value at the "
            "limit"
        )
    return np.log(exposure)


def grid(exposure: np.ndarray, scale: Scale, points: int) -> np.ndarray:
    """Exposures over the range of those given, even on their scale, to draw a curve at.

    Parameters
    ----------
    exposure : ndarray
        Of subjects.
    scale : Scale
        Of the axis.
    points : int
        How many.

    Returns
    -------
    ndarray
    """
    return (np.geomspace if scale == "log" else np.linspace)(np.min(exposure), np.max(exposure), points)


def probability(curve: Curve, exposure) -> np.ndarray:
    """P at each exposure, of the same shape.

    Parameters
    ----------
    curve : Curve
        Of the probability.
    exposure
        Of any shape.

    Returns
    -------
    ndarray
    """
    return curve.ceiling * inverse(curve.link, curve.intercept + curve.slope * axis(exposure, curve.scale))


def probability_band(curve: Curve, exposure, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of P at each exposure: the delta method on the scale of the link, turned back. nan where no
    covariance is known.

    Parameters
    ----------
    curve : Curve
        Of the probability.
    exposure
        Of any shape.
    level : float, optional
        Of the interval.

    Returns
    -------
    tuple[ndarray, ndarray]
    """
    eta = on_link(curve, exposure)
    if curve.covariance is None:
        return np.full(eta.shape, np.nan), np.full(eta.shape, np.nan)
    gradient = link_gradient(curve, exposure)
    error = np.sqrt(np.einsum("...i,ij,...j->...", gradient, curve.covariance, gradient))
    reach = two_sided(level) * error
    return inverse(curve.link, eta - reach), inverse(curve.link, eta + reach)


def on_link(curve: Curve, exposure) -> np.ndarray:
    """The link of P at each exposure: a + b x, or logit P below a ceiling."""
    if curve.ceiling == 1:
        return curve.intercept + curve.slope * axis(exposure, curve.scale)
    return linked(curve.link, probability(curve, exposure))


def link_gradient(curve: Curve, exposure) -> np.ndarray:
    """Derivatives of `on_link` at each exposure by the estimated coefficients, shape (..., 2), or (..., 3)
    with the ceiling."""
    x, p = axis(exposure, curve.scale), probability(curve, exposure)
    # d logit P: ceiling c and u = P/c give u(1-u)c / (P(1-P)) = (1-u)/(1-P), and the same of ln c for the
    # ceiling
    inner = (1 - p / curve.ceiling) / (1 - p) if curve.ceiling < 1 else np.ones(p.shape)
    slopes = [inner, inner * x]
    if curve.covariance is not None and len(curve.covariance) == 3:
        slopes.append((1 - curve.ceiling) / (1 - p))
    return np.stack(slopes, axis=-1)


def exposure_at(curve: Curve, wanted: float, level: float = 0.95) -> Estimate:
    """The exposure where the probability is `wanted` (0.5: EC50 or ED50, 0.9: ED90), with the delta method's
    interval on the axis of x.

    Parameters
    ----------
    curve : Curve
        Such as that of a fit.
    wanted : float
        Probability (0 to 1) whose exposure is looked for.
    level : float
        Of the confidence interval.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        For a probability that the curve never reaches.
    """
    x = axis_at(curve, wanted)
    value = float(np.exp(x)) if curve.scale == "log" else x
    if curve.covariance is None:
        return Estimate(value, np.nan, np.nan, level, "no error known")
    gradient = axis_gradient(curve, wanted)
    reach = two_sided(level) * float(np.sqrt(gradient @ curve.covariance @ gradient))
    low, high = x - reach, x + reach
    if curve.scale == "log":
        with np.errstate(over="ignore"):  # an end beyond all numbers is infinite
            low, high = np.exp([low, high])
    return Estimate(value, float(low), float(high), level, "delta")


def axis_at(curve: Curve, wanted: float) -> float:
    """x where P is `wanted`. Raises InputError for a probability that the curve never reaches."""
    if not 0 < wanted < 1:
        raise InputError(f"the probability is {wanted:g}; it must be between 0 and 1")
    if wanted >= curve.ceiling:
        raise InputError(f"curve `{curve.name}` never reaches {wanted:g}: its ceiling is {curve.ceiling:.3g}")
    if curve.slope == 0:
        raise InputError(f"curve `{curve.name}` is flat, so no exposure gives a probability of {wanted:g}")
    return float((linked(curve.link, wanted / curve.ceiling) - curve.intercept) / curve.slope)


def axis_gradient(curve: Curve, wanted: float) -> np.ndarray:
    """Derivatives of `axis_at` by the estimated coefficients, shape (2,), or (3,) with the ceiling."""
    gradient = [-1 / curve.slope, -axis_at(curve, wanted) / curve.slope]
    if curve.covariance is not None and len(curve.covariance) == 3:
        # logit(p/c) falls with logit c by (1-c)/(1-p/c)
        gradient.append(-(1 - curve.ceiling) / (1 - wanted / curve.ceiling) / curve.slope)
    return np.array(gradient)


def two_sided(level: float) -> float:
    """Standard normal quantile of a two-sided interval.

    Parameters
    ----------
    level : float
        Of the interval.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For a level outside (0, 1).
    """
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise InputError(f"the level of an interval is {level:g}; it must be between 0 and 1, such as 0.95")
    return float(ndtri((1 + level) / 2))
