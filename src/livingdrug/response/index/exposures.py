"""How the exposure to a product spreads over patients, and means over that spread."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError

# Equally spaced nodes for means over a standard normal: on an analytic integrand they converge faster than
# any power, and unlike 80 Gauss-Hermite nodes (off by 1.5 % there) they still hold where a curve is 20 times
# steeper than the spread is wide
_NODES = np.linspace(-9.0, 9.0, 721)
_WEIGHTS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()


@dataclass(frozen=True)
class ExposureSpread:
    """ln E = ln median + log_sd * z, where z is standard normal, or the given draws with median 0 and SD 1.
    It is of an exposure itself, whatever made it: not of a model's parameters.

    Attributes
    ----------
    median : float
        Median exposure, in `unit`.
    log_sd : float
        Of the natural logarithm.
    exposure : str
        Its name, such as AUC28.
    unit : str
        Of the median.
    source : str
        Where the numbers come from.
    draws : ndarray or None
        Z of simulated or observed subjects, None for a log-normal exposure.
    """

    median: float
    log_sd: float
    exposure: str = ""
    unit: str = ""
    source: str = ""
    draws: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not 0 < self.median < np.inf:
            raise InputError(f"the median exposure is {self.median:g}; it must be a number above 0")
        if not 0 <= self.log_sd < np.inf:
            raise InputError(f"the SD of ln exposure is {self.log_sd:g}; it must be a number, 0 or above")


def spread_of(exposures, exposure: str = "", unit: str = "", source: str = "") -> ExposureSpread:
    """The distribution of exposures of subjects, kept draw by draw.

    Parameters
    ----------
    exposures
        Of subjects.
    exposure : str, optional
        Its name.
    unit : str, optional
        Of the exposures.
    source : str, optional
        Where they are from.

    Returns
    -------
    ExposureSpread

    Raises
    ------
    InputError
        For fewer than two exposures, or one that has no logarithm.
    """
    values = np.asarray(exposures, dtype=float)
    if values.size < 2:
        raise InputError(f"{values.size} exposure(s) were given; a variability takes two at least")
    if not (np.isfinite(values) & (values > 0)).all():
        raise InputError(
            "an exposure is 0, negative or not a number, so it has no logarithm; give the value of a curve "
            "at the limit of quantification"
        )
    logs = np.log(values)
    middle, sd = float(np.median(logs)), float(logs.std(ddof=1))
    draws = (logs - middle) / sd if sd > 0 else None
    return ExposureSpread(float(np.exp(middle)), sd, exposure, unit, source, draws)


def changed(spread: ExposureSpread, fold: float = 1.0, width: float = 1.0) -> ExposureSpread:
    """Another median (times `fold`) and another log-SD (times `width`; its square on the variance).

    Parameters
    ----------
    spread : ExposureSpread
        Exposures of patients.
    fold : float, optional
        Factor on the median.
    width : float, optional
        Factor on the log-SD.

    Returns
    -------
    ExposureSpread
    """
    if not 0 < fold < np.inf:
        raise InputError(f"the fold change of the median is {fold:g}; it must be a number above 0")
    if not 0 <= width < np.inf:
        raise InputError(f"the multiplier of the log-SD is {width:g}; it must be a number, 0 or above")
    return replace(spread, median=spread.median * fold, log_sd=spread.log_sd * width)


def nodes(spread: ExposureSpread) -> tuple[np.ndarray, np.ndarray]:
    """(exposures, weights that add up to 1), so that `weights @ f(exposures)` is the mean of a smooth f over
    patients.

    Parameters
    ----------
    spread : ExposureSpread
        Exposures of patients.

    Returns
    -------
    tuple[ndarray, ndarray]
    """
    if spread.draws is None:
        return spread.median * np.exp(spread.log_sd * _NODES), _WEIGHTS
    return spread.median * np.exp(spread.log_sd * spread.draws), np.full(
        len(spread.draws), 1 / len(spread.draws)
    )


def share_between(spread: ExposureSpread, low: float, high: float) -> float:
    """Part of the patients whose exposure is `low` at least and `high` at most: exact for a log-normal
    exposure.

    Parameters
    ----------
    spread : ExposureSpread
        Exposures of patients.
    low, high : float
        Ends, in the unit of the exposure.

    Returns
    -------
    float
    """
    from scipy.special import ndtr

    if high < low:
        return 0.0
    if spread.draws is not None or spread.log_sd == 0:
        exposures, weights = nodes(replace(spread, draws=np.zeros(1)) if spread.draws is None else spread)
        return float(weights @ ((exposures >= low) & (exposures <= high)))
    with np.errstate(divide="ignore"):
        below, upto = (ndtr((np.log(end) - np.log(spread.median)) / spread.log_sd) for end in (low, high))
    return float(upto - below)


def quantiles(spread: ExposureSpread, levels) -> np.ndarray:
    """Exposures below which these parts (0 to 1) of the patients lie.

    Parameters
    ----------
    spread : ExposureSpread
        Exposures of patients.
    levels
        From 0 to 1.

    Returns
    -------
    ndarray
    """
    from scipy.special import ndtri

    z = ndtri(np.asarray(levels, dtype=float)) if spread.draws is None else np.quantile(spread.draws, levels)
    return spread.median * np.exp(spread.log_sd * z)
