"""Which attributes a lasso picks again in halves of the patients (Meinshausen & Buehlmann 2010)."""

from dataclasses import dataclass

import numpy as np

from livingdrug.attributes.outcome import Outcome
from livingdrug.attributes.penalised import fit_elastic_net, largest_lambda
from livingdrug.core.random import uniforms

HALVES = 500
PENALTY = 0.6  # of the one that leaves nothing in
CUT = 0.75


@dataclass(frozen=True)
class Stability:
    """How often attributes are picked in halves of the patients.

    Attributes
    ----------
    frequency : ndarray, shape (p,)
        Part of halves that picked each attribute.
    picked : float
        Mean number of attributes picked in a half.
    bound : float
        Expected number of false ones at a frequency of CUT or more, at the most.
    """

    frequency: np.ndarray
    picked: float
    bound: float


def stability(
    x: np.ndarray, outcome: Outcome, halves: int = HALVES, seed: int = 1, part: float = PENALTY
) -> Stability:
    """Frequency of each attribute over random halves, by class; missing values stand at the mean of the half.
    Survival is refused by the caller; a half without both classes picks nothing.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Attributes, nan where missing.
    outcome : Outcome
        That attributes are related to.
    halves : int, optional
        How many.
    seed : int, optional
        Of the random streams.
    part : float, optional
        Of the patients in each.

    Returns
    -------
    Stability
    """
    n, p = x.shape
    draws = uniforms(seed, "attributes halves", 0, halves * n).reshape(halves, n)
    count = np.zeros(p)
    for draw in draws:
        rows = np.concatenate([own[np.argsort(draw[own])[: len(own) // 2]] for own in _classes(outcome)])
        half = x[rows]
        mean = np.nanmean(half, axis=0)
        half = np.where(np.isnan(half), mean, half) - mean
        sd = half.std(axis=0)
        half = np.ascontiguousarray(half / np.where(sd > 0, sd, 1.0))
        own = outcome.taken(rows)
        if not own.y.std() > 0:
            continue
        beta = np.zeros(p)
        lam = part * largest_lambda(half, own, 1.0)
        fit_elastic_net(half, own.y, own.event, own.order, own.family, 1.0, lam, beta)
        count += beta != 0
    picked = float(count.sum() / halves)
    return Stability(count / halves, picked, picked**2 / ((2 * CUT - 1) * p))


def _classes(outcome: Outcome) -> list[np.ndarray]:
    return [np.flatnonzero(outcome.strata == s) for s in np.unique(outcome.strata)]
