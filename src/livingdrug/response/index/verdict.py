"""The answer of a therapeutic index in plain sentences."""

import math

from livingdrug.response.index.expected import Expected
from livingdrug.response.index.exposures import changed, share_between
from livingdrug.response.index.therapeutic import TherapeuticIndex, exposures_where
from livingdrug.response.models.curve import Estimate, probability


def verdict(index: TherapeuticIndex, outlook: Expected | None = None) -> str:
    """What the curves allow and, with a product's exposure, what its patients would get and what would have
    to change.

    Parameters
    ----------
    index : TherapeuticIndex
        Of two curves.
    outlook : Expected, optional
        Of a product's patients.

    Returns
    -------
    str
    """
    if outlook is None:
        return f"{_apart(index)} {_window(index)}"
    return " ".join(
        part
        for part in (_at_median(index, outlook), _over_all(index, outlook), _change(index, outlook))
        if part
    )


def _amount(value: float) -> str:
    """Three digits, with separators of thousands."""
    return f"{float(f'{value:.3g}'):,.10g}"


def limits(index: TherapeuticIndex) -> str:
    """Floor and ceiling in words.

    Parameters
    ----------
    index : TherapeuticIndex
        Of two curves.

    Returns
    -------
    str
    """
    parts = []
    if index.floor > 0:
        parts.append(f"at least {index.floor:.0%} response")
    if index.ceiling < 1:
        parts.append(f"at most {index.ceiling:.0%} {index.pair.toxicity.name}")
    return " and ".join(parts) or "any response and any toxicity"


def _apart(index: TherapeuticIndex) -> str:
    ratio = index.ratio
    if math.isnan(ratio.value):
        return f"The two curves cannot be compared by their exposures: {ratio.method}."
    first, second = index.at
    toxicity, efficacy = index.pair.toxicity.name, index.pair.efficacy.name
    return (
        f"The exposure at which {second:.0%} have {toxicity} is {ratio.value:.3g} times that with "
        f"{first:.0%} {efficacy}."
    )


def _window(index: TherapeuticIndex) -> str:
    unit = f" {index.pair.efficacy.unit}".rstrip()
    if index.window is None:
        return _no_window(index)
    low, high = index.window
    if low <= 0 and math.isinf(high):
        return f"Every exposure gives {limits(index)}."
    if low <= 0:
        return f"Exposures up to {_amount(high)}{unit} give {limits(index)}."
    if math.isinf(high):
        return f"Exposures from {_amount(low)}{unit} give {limits(index)}."
    return f"Exposures from {_amount(low)} to {_amount(high)}{unit} give {limits(index)}."


def _no_window(index: TherapeuticIndex) -> str:
    text = f"No exposure gives {limits(index)}"
    enough = exposures_where(index.pair.efficacy, index.floor, True)
    if enough is None:
        return f"{text}: the response never reaches {index.floor:.0%}."
    if exposures_where(index.pair.toxicity, index.ceiling, False) is None:
        return f"{text}: the toxicity never falls to {index.ceiling:.0%}."
    least = enough[0] if index.pair.efficacy.slope > 0 else enough[1]
    toxicity = float(probability(index.pair.toxicity, least))
    return f"{text}: where {index.floor:.0%} respond, {toxicity:.0%} have {index.pair.toxicity.name}."


def _at_median(index: TherapeuticIndex, outlook: Expected) -> str:
    unit = f" {index.pair.efficacy.unit}".rstrip()
    median = f"{_amount(outlook.spread.median)}{unit}"
    return (
        f"At the median exposure of this product ({median}) {_rate(outlook.median_response)} respond "
        f"and {_rate(outlook.median_toxicity)} have {index.pair.toxicity.name}; over all its patients "
        f"{_rate(outlook.response)} and {_rate(outlook.toxicity)}."
    )


def _rate(rate: Estimate) -> str:
    """A percentage with its interval, where one is known."""
    interval = (
        "" if math.isnan(rate.low) else f" ({rate.level:.0%} interval {rate.low:.0%} to {rate.high:.0%})"
    )
    return f"{rate.value:.0%}{interval}"


def _over_all(index: TherapeuticIndex, outlook: Expected) -> str:
    if index.window is None:
        return _no_window(index)
    share = f"{outlook.share:.0%}" if outlook.share_interval is None else _rate(outlook.share_interval)
    text = f"{share} of the patients have an exposure that gives {limits(index)}"
    if outlook.spread.log_sd == 0:
        return f"{text}."
    narrower = share_between(changed(outlook.spread, width=0.5), *index.window)
    return f"{text}; with half the log-SD {narrower:.0%} would."


def _change(index: TherapeuticIndex, outlook: Expected) -> str:
    """How far the median is from the nearest exposure that meets floor and ceiling; "" where it does, or none
    does."""
    if index.window is None:
        return ""
    low, high = index.window
    median = outlook.spread.median
    if low <= median <= high:
        return "The median lies in the window."
    if median < low:
        return f"The median would have to rise {low / median:.2g}-fold to enter the window."
    return f"The median would have to fall to {high / median:.2g} of what it is to enter the window."
