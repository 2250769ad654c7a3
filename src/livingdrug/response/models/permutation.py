"""Tests that hold for few subjects: how often a random pairing of exposures and outcomes goes as far as the
one seen."""

from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np

from livingdrug.core.random import normals

FEW = 30  # subjects up to which p values of large samples are accompanied by one of permutations
ARRANGEMENTS = 20_000  # of outcomes over subjects that are all gone through; beyond, so many are drawn
SLACK = 1e-9  # of the statistic, within which two are equal


@dataclass(frozen=True)
class Permutation:
    """A permutation test.

    Attributes
    ----------
    p_value : float
        Part of all arrangements whose statistic is as large as the one seen, or larger.
    arrangements : int
        How many were compared.
    exact : bool
        Whether these are all there are, else random ones with the one seen among them.
    """

    p_value: float
    arrangements: int
    exact: bool

    @property
    def words(self) -> str:
        """Which kind of test this is."""
        kind = "exact" if self.exact else "random"
        return f"by permutation, {self.arrangements:,} {kind} arrangements"


def permuted(columns: np.ndarray, scores: np.ndarray) -> Permutation | None:
    """Test that scores (n,) have nothing to do with columns (n,) or (n, k), such as indicators of groups.

    Statistic: sum over columns of (x - mean)'s squared, each over its own sum of squares. None for more than
    FEW subjects, where the tests of large samples serve, and where nothing varies. Valid whatever the
    distributions: under the hypothesis every arrangement of the scores is as likely (Fisher 1935; Edgington &
    Onghena, Randomization Tests, 4th ed.)."""
    n = len(scores)
    if n > FEW:
        return None
    x = np.atleast_2d(np.asarray(columns, dtype=float).T).T
    x = x - x.mean(axis=0)
    values, code = np.unique(np.round(np.asarray(scores, dtype=float), 12), return_inverse=True)
    size = (x**2).sum(axis=0)
    if len(values) < 2 or not size.all():
        return None
    counts = np.bincount(code)
    total = factorial(n) // prod(factorial(int(c)) for c in counts)
    exact = total <= ARRANGEMENTS
    codes = _all(counts, n) if exact else _drawn(code)
    seen = _statistic(x, size, values[code][None, :])[0]
    found = _statistic(x, size, values[codes])
    reached = int((found >= seen * (1 - SLACK)).sum())
    return Permutation(reached / len(codes), len(codes), exact)


def _statistic(x: np.ndarray, size: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each row of scores (m, n)."""
    return ((scores @ x) ** 2 / size).sum(axis=1)


def _all(counts: np.ndarray, n: int) -> np.ndarray:
    """Every arrangement of codes 0, 1, ... that occur so often, shape (arrangements, n)."""
    made = [(tuple(range(n)), ())]
    for code, count in enumerate(counts[:-1].tolist()):
        made = [
            (tuple(i for i in free if i not in taken), (*placed, (code, taken)))
            for free, placed in made
            for taken in combinations(free, count)
        ]
    codes = np.full((len(made), n), len(counts) - 1)
    for row, (_, placed) in zip(codes, made, strict=True):
        for code, taken in placed:
            row[list(taken)] = code
    return codes


def _drawn(code: np.ndarray) -> np.ndarray:
    """The arrangement seen and random ones, always the same."""
    z = normals(1, "permutation", 0, (ARRANGEMENTS - 1) * len(code)).reshape(-1, len(code))
    return np.vstack([code, code[np.argsort(z, axis=1)]])


def event_scores(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Log-rank score of each subject (n,): its event less the cumulative hazard of all up to its time (Peto &
    Peto 1972).

    Parameters
    ----------
    time : ndarray, shape (n,)
        Of the event, or last seen without it.
    event : ndarray, shape (n,)
        Whether it was seen.

    Returns
    -------
    ndarray
    """
    at, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, event.astype(float), len(at))
    at_risk = len(time) - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    return event - np.cumsum(events / at_risk)[place]


def grade_scores(rank: np.ndarray) -> np.ndarray:
    """Score of each subject under proportional odds (n,): subjects below its grade less those above, of
    all."""
    counts = np.bincount(rank)
    below = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return (below - (len(rank) - below - counts))[rank] / len(rank)
