"""What the outcomes of a problem add to the likelihood of each subject, with its slopes by exposures and
by their numbers."""

from collections.abc import Iterator

import numpy as np

from livingdrug.fit.exposures import Exposures
from livingdrug.fit.outcome_terms import Term, log_density, slope_and_bend, terms_of


def _terms(exposures: Exposures, theta: np.ndarray, found: np.ndarray) -> Iterator[tuple[slice, Term]]:
    """(positions in theta, term) of every term of every outcome; found: all exposures."""
    before = 0
    layout, _ = exposures.layout
    for outcome, seen, own in zip(exposures.outcomes, exposures.seen, layout, strict=True):
        mine = slice(before, before + len(outcome.numbers))
        before = mine.stop
        for term in terms_of(outcome, seen, theta[mine], own, found, exposures.n):
            yield mine, term


def log_likelihood_of(exposures: Exposures, theta: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Log-likelihood of the outcomes of each subject, (n with copies,)."""
    total = np.zeros(exposures.n * exposures.copies)
    with np.errstate(over="ignore", invalid="ignore"):  # of a draw far off, which is excluded then
        for _, term in _terms(exposures, theta, found):
            total += np.bincount(term.who, log_density(term), len(total))
    return np.where(np.isnan(total), -np.inf, total)


def add_moments(
    exposures: Exposures, theta: np.ndarray, found: np.ndarray, slopes, total, gradient, curve
) -> None:
    """Add the outcomes to the log-likelihood (n,), its gradient (n, k) and curvature (n, k, k); slopes
    (exposures, k)."""
    with np.errstate(over="ignore", invalid="ignore"):
        for _, term in _terms(exposures, theta, found):
            slope, bend = slope_and_bend(term)
            by = (term.by_entry[..., None] * slopes[term.at]).sum(axis=1)
            np.add.at(total, term.who, log_density(term))
            np.add.at(gradient, term.who, slope[:, None] * by)
            np.add.at(curve, term.who, bend[:, None, None] * by[:, :, None] * by[:, None])


def score_of(exposures: Exposures, theta: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(slope, curvature) of the log-likelihood of all outcomes by their numbers."""
    score, bend = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
    for mine, term in _terms(exposures, theta, found):
        slope, weight = slope_and_bend(term)
        score[mine] += slope @ term.by_theta
        bend[mine, mine] += (term.by_theta * weight[:, None]).T @ term.by_theta
    return score, bend


def slopes_of(exposures: Exposures, theta: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Slopes of the log-likelihood of each subject's outcomes by their numbers, (n with copies, numbers)."""
    by = np.zeros((exposures.n * exposures.copies, len(theta)))
    with np.errstate(over="ignore", invalid="ignore"):
        for mine, term in _terms(exposures, theta, found):
            slope, _ = slope_and_bend(term)
            for k in range(mine.start, mine.stop):
                by[:, k] += np.bincount(term.who, slope * term.by_theta[:, k - mine.start], len(by))
    return by
