"""Observed rates beside a curve: groups by exposure, each with its exact interval."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.proportion import clopper_pearson
from livingdrug.response.sample.sample import Sample

GROUPS, FEWEST = 4, 5  # quantile groups at most, subjects in each at least
MOST_ROWS = 25  # rows of counts up to this number are their own groups


@dataclass(frozen=True)
class ObservedRate:
    """Events among subjects of one range of exposure.

    Attributes
    ----------
    start, end : float
        Of the range.
    median : float
        Of the exposures.
    events : int
        Number of subjects with the outcome.
    n : int
        Number of subjects.
    rate, low, high : float
        With Clopper-Pearson interval.
    """

    start: float
    end: float
    median: float
    events: int
    n: int
    rate: float
    low: float
    high: float


def observed_rates(sample: Sample, events: np.ndarray, level: float = 0.95) -> tuple[ObservedRate, ...]:
    """Rates by quantile of exposure, equal exposures together; rows of counts (trials above 1) are groups
    already.

    Parameters
    ----------
    sample : Sample
        Exposure, outcome and covariates of the subjects that take part.
    events : ndarray
        Of each row.
    level : float, optional
        Of the interval.

    Returns
    -------
    tuple of ObservedRate
    """

    groups = _groups(sample)
    made = []
    for rows in groups:
        k, n = int(events[rows].sum()), int(sample.trials[rows].sum())
        low, high = clopper_pearson(k, n, level)
        e = sample.exposure[rows]
        made.append(ObservedRate(float(e.min()), float(e.max()), float(np.median(e)), k, n, k / n, low, high))
    return tuple(made)


def _groups(sample: Sample) -> list[np.ndarray]:
    order = np.argsort(sample.exposure, kind="stable")
    if (sample.trials > 1).any():
        if sample.n <= MOST_ROWS:
            return [np.array([i]) for i in order]
        count = GROUPS
    else:
        count = int(np.clip(sample.n // FEWEST, 1, GROUPS))
    cuts = np.quantile(sample.exposure, np.arange(1, count) / count)
    where = np.searchsorted(np.unique(cuts), sample.exposure, side="left")
    return [np.flatnonzero(where == k) for k in np.unique(where)]
