"""Two arms compared in every replicate at once: t-test, two proportions, log-rank."""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.trial.outcomes import Outcome


@dataclass(frozen=True)
class Compared:
    """statistic: t or z, above 0 where the arm has more than the control; df: of t, inf for z; difference: of
    means of logarithms, of rates, or (persistence) U / V, about minus the logarithm of the hazard ratio. All
    (replicates,), nan where an arm has fewer than two evaluable subjects, or nothing varies."""

    statistic: np.ndarray
    df: np.ndarray
    difference: np.ndarray

    def p_value(self, sides: int, sign: int) -> np.ndarray:
        """Two-sided, or towards the better side (sign 1: more is better)."""
        from scipy.special import ndtr, stdtr

        bound = -np.abs(self.statistic) if sides == 2 else -sign * self.statistic
        # where df is infinite, t is normal
        tail = np.where(
            np.isinf(self.df), ndtr(bound), stdtr(np.where(np.isinf(self.df), 1.0, self.df), bound)
        )
        return np.where(np.isnan(self.statistic), np.nan, sides * tail)


@dataclass(frozen=True)
class Moments:
    """Evaluable subjects, mean and sum of squared deviations of each replicate, shape (replicates,)."""

    n: np.ndarray
    mean: np.ndarray
    squares: np.ndarray


def moments(outcome: Outcome) -> Moments:
    """Moments of the evaluable subjects; nan where there is none."""
    there = ~np.isnan(outcome.value)
    n = there.sum(axis=1)
    filled = np.where(there, outcome.value, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / n
    squares = (np.where(there, outcome.value - mean[:, None], 0.0) ** 2).sum(axis=1)
    return Moments(n, mean, squares)


def pooled_t(arm: Moments, control: Moments, others: tuple[Moments, ...] = ()) -> Compared:
    """Student's t with the variance pooled over both arms, and over `others` (Dunnett's test pools over
    all)."""
    groups = (arm, control, *others)
    df = np.sum([np.maximum(g.n - 1, 0) for g in groups], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = sum(g.squares for g in groups) / df
        difference = arm.mean - control.mean
        t = difference / np.sqrt(variance * (1 / arm.n + 1 / control.n))
    return _known(t, df.astype(float), difference, arm.n, control.n)


def welch_t(arm: Moments, control: Moments) -> Compared:
    """Welch's t (1947, Biometrika 34:28) with Satterthwaite's degrees of freedom."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (g.squares / (g.n - 1) / g.n for g in (arm, control))
        df = (a + b) ** 2 / (a * a / (arm.n - 1) + b * b / (control.n - 1))
        difference = arm.mean - control.mean
        return _known(difference / np.sqrt(a + b), df, difference, arm.n, control.n)


def proportions(arm: Moments, control: Moments) -> Compared:
    """Two rates with the pooled variance, without continuity correction (the square root of Pearson's
    chi-square)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = (arm.n * arm.mean + control.n * control.mean) / (arm.n + control.n)
        difference = arm.mean - control.mean
        error = np.sqrt(rate * (1 - rate) * (1 / arm.n + 1 / control.n))
        # all alike in both arms: no difference is seen
        z = np.where(error > 0, difference / np.where(error > 0, error, 1.0), 0.0)
    return _known(z, np.full(len(z), np.inf), difference, arm.n, control.n)


def log_rank(arm: Outcome, control: Outcome, visits: int) -> Compared:
    """Log-rank test over the visits (Mantel 1966, Cancer Chemother Rep 50:163), ties by the hypergeometric
    variance."""
    events, at_risk = zip(*(_table(outcome, visits) for outcome in (arm, control)), strict=True)
    n, d = at_risk[0] + at_risk[1], events[0] + events[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(n > 0, at_risk[0] / n, 0.0)
        variance = np.where(n > 1, share * (1 - share) * d * (n - d) / (n - 1), 0.0).sum(axis=1)
        fewer = (d * share - events[0]).sum(axis=1)
        # nobody was lost: no difference is seen
        z = np.where(variance > 0, fewer / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
        difference = np.where(variance > 0, fewer / np.where(variance > 0, variance, 1.0), 0.0)
    return _known(z, np.full(len(z), np.inf), difference, at_risk[0][:, 0], at_risk[1][:, 0])


def hazard_ratio(arm: Outcome, control: Outcome, visits: int) -> float:
    """Ratio of the hazards between visits, -ln(1 - lost / at risk), over all replicates together.

    Visits are weighted as by Mantel and Haenszel (1959, J Natl Cancer Inst 22:719); where hazards are
    proportional it is their ratio, however far apart the visits are. nan where no control is lost."""
    (lost, there), (lost_control, there_control) = (
        [counts.sum(axis=0) for counts in _table(outcome, visits)] for outcome in (arm, control)
    )
    weight = there * there_control / np.maximum(there + there_control, 1)
    hazard, against = (
        # where everybody is lost the hazard has no bound: half of a subject is left
        -np.log1p(-np.minimum(gone, seen - 0.5) / np.maximum(seen, 1)) * (seen > 0)
        for gone, seen in ((lost, there), (lost_control, there_control))
    )
    below = float((against * weight).sum())
    return float((hazard * weight).sum()) / below if below else math.nan


def _table(outcome: Outcome, visits: int) -> tuple[np.ndarray, np.ndarray]:
    """(lost, at risk) at each visit, shape (replicates, visits)."""
    replicates = len(outcome.value)
    there = ~np.isnan(outcome.value)
    cell = np.arange(replicates)[:, None] * visits + np.where(there, outcome.value, 0).astype(np.int64)
    size = replicates * visits
    lost = np.bincount(cell[there & outcome.lost], minlength=size).reshape(replicates, visits)
    last = np.bincount(cell[there], minlength=size).reshape(replicates, visits)
    return lost, last[:, ::-1].cumsum(axis=1)[:, ::-1]


def _known(statistic, df, difference, n_arm, n_control) -> Compared:
    """nan where an arm has fewer than two evaluable subjects."""
    few = (n_arm < 2) | (n_control < 2) | ~np.isfinite(statistic)
    return Compared(
        np.where(few, np.nan, statistic), np.where(few, 1.0, df), np.where(few, np.nan, difference)
    )
