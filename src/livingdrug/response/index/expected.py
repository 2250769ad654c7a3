"""What a product's exposure would give: rates over its patients, the share in the window, what another spread
would buy."""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.proportion import clopper_pearson
from livingdrug.response.index.exposures import ExposureSpread, changed, nodes, share_between
from livingdrug.response.index.pair import Pair
from livingdrug.response.index.therapeutic import TherapeuticIndex, chance_within, window
from livingdrug.response.models.curve import (
    Curve,
    Estimate,
    link_gradient,
    on_link,
    probability,
    probability_band,
    two_sided,
)
from livingdrug.response.models.links import rise

FOLDS = (0.25, 0.5, 1.0, 2.0, 4.0)
FEW = 1000  # subjects whose exposures are looked at as a sample of all patients
WIDTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)


@dataclass(frozen=True)
class Expected:
    """What becomes of a product's patients; intervals are those of the curves, the exposures are taken as
    given.

    Attributes
    ----------
    spread : ExposureSpread
        Distribution of the exposures of the product's patients.
    median_response, median_toxicity : Estimate
        Of a patient with the median exposure.
    response, toxicity : Estimate
        Of all patients.
    share : float
        Part of the patients whose exposure lies in the window.
    chance : float
        Mean over patients of the probability that their exposure satisfies floor and ceiling, given how
        uncertain the curves are, nan where no error is known.
    share_interval : Estimate or None
        Of `share`, where few subjects' exposures stand for all patients.
    """

    spread: ExposureSpread
    median_response: Estimate
    median_toxicity: Estimate
    response: Estimate
    toxicity: Estimate
    share: float
    chance: float
    share_interval: Estimate | None = None


def expected(index: TherapeuticIndex, spread: ExposureSpread) -> Expected:
    """What becomes of patients with this spread of exposure.

    Parameters
    ----------
    index : TherapeuticIndex
        Of two curves.
    spread : ExposureSpread
        Exposures of the patients.

    Returns
    -------
    Expected

    Raises
    ------
    InputError
        For another exposure or unit.
    """
    pair = index.pair
    check_axis(pair, spread)
    exposures, weights = nodes(spread)
    chance = weights @ chance_within(pair, exposures, index.floor, index.ceiling)
    curves = (pair.efficacy, pair.toxicity)
    response, toxicity = (_at(curve, spread.median, index.level) for curve in curves)
    response_rate, toxicity_rate = (rate_over(curve, spread, index.level) for curve in curves)
    return Expected(
        spread,
        response,
        toxicity,
        response_rate,
        toxicity_rate,
        0.0 if index.window is None else share_between(spread, *index.window),
        float(chance),
        None if index.window is None else _share_interval(spread, index.window, index.level),
    )


def _share_interval(spread: ExposureSpread, between: tuple[float, float], level: float) -> Estimate | None:
    """Exact interval of the share in the window where the exposures are those of FEW subjects or fewer; else
    None."""
    if spread.draws is None or len(spread.draws) > FEW:
        return None
    exposures, n = nodes(spread)[0], len(spread.draws)
    inside = int(((exposures >= between[0]) & (exposures <= between[1])).sum())
    return Estimate(inside / n, *clopper_pearson(inside, n, level), level, f"exact, {inside} of {n} subjects")


def check_axis(pair: Pair, spread: ExposureSpread) -> None:
    """Refuse a spread of another exposure, or in another unit, than that of the curves. What a spread does
    not state fits."""
    for ours, theirs, what in (
        (pair.efficacy.exposure, spread.exposure, "exposure"), (pair.efficacy.unit, spread.unit, "unit"),
    ):  # fmt: skip
        if theirs and ours != theirs:
            mine = f"`{ours}`" if ours else "not stated"
            raise InputError(
                f"the curves' {what} is {mine}, that of the product is `{theirs}`; state the same for both"
            )


def _at(curve: Curve, exposure: float, level: float) -> Estimate:
    low, high = (float(v) for v in probability_band(curve, exposure, level))
    method = f"no error known ({curve.label})" if curve.covariance is None else f"delta on the {curve.link}"
    return Estimate(float(probability(curve, exposure)), low, high, level, method)


def rate_over(curve: Curve, spread: ExposureSpread, level: float = 0.95) -> Estimate:
    """Part of a product's patients with the outcome: the mean of P over their exposures; delta method on its
    logit.

    Parameters
    ----------
    curve : Curve
        Of the probability.
    spread : ExposureSpread
        Exposures of the patients.
    level : float, optional
        Of the interval.

    Returns
    -------
    Estimate
    """
    from scipy.special import expit, logit

    exposures, weights = nodes(spread)
    p = probability(curve, exposures)
    rate = float(weights @ p)
    if curve.covariance is None:
        return Estimate(rate, math.nan, math.nan, level, f"no error known ({curve.label})")
    steep = rise(curve.link, on_link(curve, exposures))
    gradient = (weights * steep) @ link_gradient(curve, exposures) / (rate * (1 - rate))
    reach = two_sided(level) * math.sqrt(gradient @ curve.covariance @ gradient)
    low, high = (float(expit(logit(rate) + sign * reach)) for sign in (-1, 1))
    return Estimate(rate, low, high, level, "delta on the logit")


def tradeoff(pair: Pair, spread: ExposureSpread, floor: float, ceiling: float, folds=FOLDS, widths=WIDTHS):
    """What another median (times each fold) and another log-SD (times each width) would give, as a table.
    Columns: fold, width, median, log_sd, response, toxicity (rates over all patients), share (of patients in
    the window).

    Parameters
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    spread : ExposureSpread
        Exposures of the patients.
    floor : float
        Lowest response that is accepted.
    ceiling : float
        Highest toxicity that is accepted.
    folds, widths : optional
        Factors of the median exposure (folds) and of its log SD (widths) that are looked at.
    """
    import pandas as pd

    check_axis(pair, spread)
    between = window(pair, floor, ceiling)
    rows = []
    for width in widths:
        for fold in folds:
            product = changed(spread, fold, width)
            exposures, weights = nodes(product)
            rates = (
                float(weights @ probability(curve, exposures)) for curve in (pair.efficacy, pair.toxicity)
            )
            share = 0.0 if between is None else share_between(product, *between)
            rows.append((fold, width, product.median, product.log_sd, *rates, share))
    return pd.DataFrame(rows, columns=["fold", "width", "median", "log_sd", "response", "toxicity", "share"])


def best_fold(pair: Pair, spread: ExposureSpread, floor: float, ceiling: float) -> float:
    """The fold of the median that puts most patients into the window, nan where the window is empty or open.

    Of a log-normal exposure it is the one that puts the median half-way, on a log axis, whatever the spread;
    of draws, the stretch of exposures as long as the window that holds most of them is moved into it.

    Parameters
    ----------
    pair : Pair
        Efficacy and toxicity over the same exposure, see `paired`.
    spread : ExposureSpread
        Exposures of the patients.
    floor : float
        Lowest response that is accepted.
    ceiling : float
        Highest toxicity that is accepted.

    Returns
    -------
    float
    """
    between = window(pair, floor, ceiling)
    if between is None or not (0 < between[0] and between[1] < np.inf):
        return math.nan
    middle = math.sqrt(between[0] * between[1])
    if spread.draws is None or spread.log_sd == 0:
        return middle / spread.median
    logs = np.sort(np.log(nodes(spread)[0]))
    length = math.log(between[1] / between[0])
    ends = np.searchsorted(logs, logs + length, side="right")
    start = int(np.argmax(ends - np.arange(len(logs))))
    return middle / math.exp((logs[start] + logs[ends[start] - 1]) / 2)
