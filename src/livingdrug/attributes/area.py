"""Area under the ROC curve: the estimate, DeLong's variance, and intervals that few products earn."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.roots import root


@dataclass(frozen=True)
class Auc:
    """An area under the ROC curve.

    Attributes
    ----------
    value : float
        Probability that a responder ranks above a non-responder.
    variance : float
        Of the area, by DeLong's method.
    lower, upper : float
        Ends of the interval that `by` names.
    by : str
        Where the interval is from.
    """

    value: float
    variance: float
    lower: float
    upper: float
    by: str


def auc(score: np.ndarray, event: np.ndarray) -> float:
    """Probability that the score of an event is above that of a non-event, ties counted half.

    Parameters
    ----------
    score : ndarray
        Of each product.
    event : ndarray
        Whether each had the event, of bool.

    Returns
    -------
    float
    """
    from scipy.stats import rankdata

    rank = rankdata(score)
    n1 = int(event.sum())
    return (rank[event].sum() - n1 * (n1 + 1) / 2) / (n1 * (len(event) - n1))


def placements(score: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each event the part of non-events below it (events,), for each non-event the part of events above
    it."""
    above = score[event][:, None] - score[~event][None, :]
    part = (above > 0) + 0.5 * (above == 0)
    return part.mean(axis=1), part.mean(axis=0)


def delong_variance(score: np.ndarray, event: np.ndarray) -> float:
    """Variance of the area (DeLong, DeLong & Clarke-Pearson 1988)."""
    of_events, of_others = placements(score, event)
    return of_events.var(ddof=1) / len(of_events) + of_others.var(ddof=1) / len(of_others)


def delong_difference(first: np.ndarray, second: np.ndarray, event: np.ndarray) -> tuple[float, float]:
    """z and two-sided p of the difference of the areas of two scores of the same products.

    Parameters
    ----------
    first, second : ndarray
        Scores of the same products.
    event : ndarray
        Whether each had the event, of bool.

    Returns
    -------
    tuple[float, float]
    """
    from scipy.stats import norm

    (e1, o1), (e2, o2) = placements(first, event), placements(second, event)
    variance = (e1 - e2).var(ddof=1) / len(e1) + (o1 - o2).var(ddof=1) / len(o1)
    z = (e1.mean() - e2.mean()) / np.sqrt(variance) if variance > 0 else np.nan
    return float(z), float(2 * norm.sf(abs(z)))


def interval(value: float, n_events: int, n_others: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of an area from its score equation, with the variance of Hanley and McNeil at the bound
    itself.

    Never of width 0: a perfect separation of few products leaves lower areas open, which DeLong's [1, 1]
    hides.
    """
    from scipy.stats import norm

    z = norm.ppf(0.5 + level / 2)

    def off(bound: float, side: int) -> float:
        return side * (value - bound) - z * np.sqrt(variance_at(bound, n_events, n_others))

    # at an area of 0 or 1 the bound itself is a second root of no use
    lower = 0.0 if value <= 0 else root(lambda b: off(b, 1), 1e-12, min(value, 1 - 1e-9))
    upper = 1.0 if value >= 1 else root(lambda b: off(b, -1), max(value, 1e-9), 1 - 1e-12)
    return lower, upper


def variance_at(area: float, n_events: int, n_others: int) -> float:
    """Variance of an area with so many events and others (Hanley & McNeil 1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    top = area * (1 - area) + (n_events - 1) * (q1 - area**2) + (n_others - 1) * (q2 - area**2)
    return top / (n_events * n_others)


def with_interval(score: np.ndarray, event: np.ndarray, level: float = 0.95) -> Auc:
    """Area of a score with its interval.

    Parameters
    ----------
    score : ndarray, shape (products,)
        Of each product.
    event : ndarray, shape (products,)
        Whether each had the event, of bool.
    level : float, optional
        Of the interval.

    Returns
    -------
    Auc
    """
    value, n1 = float(auc(score, event)), int(event.sum())
    lower, upper = interval(value, n1, len(event) - n1, level)
    return Auc(
        value, float(delong_variance(score, event)), lower, upper, "score interval, Hanley-McNeil variance"
    )
