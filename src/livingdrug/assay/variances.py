"""The error model of a fit by restricted maximum likelihood (REML) near a point, and degrees of freedom of
its estimates.

With V the covariance of a well's readings, X the slopes by the columns, P the precision of their prior and H
= X' V^-1 X + P,

    -2 REML = sum ln det V - ln det P + ln det H + (z - X b)' V^-1 (z - X b) + b' P b

The logarithms of the SDs of random effects and of errors that last, and of their memory, have a wide normal
prior around their initial estimates (donors 0.1, cells seeded 0.05): it keeps two or three donors from giving
an SD of 0. Degrees of freedom are Satterthwaite's: 2 v^2 / var(v) of the variance v of an estimate."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.climb import Point, well_sd
from livingdrug.assay.errors import (
    GROUP,
    LASTING,
    MEMORY,
    PRIOR_SD,
    WELL,
    Errors,
    inverted,
    prior_precision,
    working,
)
from livingdrug.assay.evaluate import Evaluator
from livingdrug.assay.plan import RANDOM

STEP = 1e-3
FEWEST_DF = 1.0


@dataclass(frozen=True)
class Restricted:
    """What REML is computed from near a point: residuals z and slopes x, g (wells, most, ...), the rest per
    reading."""

    errors: Errors
    columns: np.ndarray
    residual: np.ndarray
    slopes: np.ndarray
    by_well: np.ndarray
    size: np.ndarray
    extra: np.ndarray
    ridge: np.ndarray

    def solved(self, numbers: np.ndarray):
        """(V^-1, V^-1 X, H^-1, best change of the columns, V^-1 (z - X change), log determinants)."""
        e = self.errors
        b = e.blocks
        x, g = b.of(self.slopes), b.of(self.by_well)
        v = e.covariance(numbers, self.size, self.extra)
        v += np.einsum("wik,k,wjk->wij", g, well_sd(e, numbers) ** 2, g, optimize=True)
        both = inverted(v)
        if both is None:
            return None
        inverse, log_det = both
        vx = inverse @ x
        precision = prior_precision(e, numbers)
        h = np.einsum("wip,wiq->pq", x, vx, optimize=True) + np.diag(precision + self.ridge)
        z = b.of(self.residual)
        change = np.linalg.solve(h, np.einsum("wip,wi->p", vx, z) - precision * self.columns)
        left = z - np.einsum("wip,p->wi", x, change)
        weighted = np.einsum("wij,wj->wi", inverse, left)
        return inverse, vx, h, change, left, weighted, float(log_det.sum()) + float(np.linalg.slogdet(h)[1])

    def solved_at(self, numbers: np.ndarray):
        """The same at numbers that a fit came to. Raises LinAlgError where a covariance has no inverse."""
        found = self.solved(numbers)
        if found is None:
            raise np.linalg.LinAlgError("the covariance of the readings of a well has no inverse")
        return found

    def value_and_slope(self, numbers: np.ndarray) -> tuple[float, np.ndarray]:
        """-2 REML with its penalties, and its slope by the numbers."""
        found = self.solved(numbers)
        if found is None:
            return np.inf, np.zeros(len(numbers))
        inverse, vx, h, change, left, weighted, log_det = found
        e = self.errors
        precision = prior_precision(e, numbers)
        at = self.columns + change
        random = np.array([c.kind == RANDOM for c in e.layout.columns])
        value = log_det + float((left * weighted).sum()) + float((precision * at**2).sum())
        value -= float(np.log(precision[random]).sum())
        h_inverse = np.linalg.inv(h)
        middle = inverse - np.einsum("wip,pq,wjq->wij", vx, h_inverse, vx, optimize=True)
        middle -= weighted[:, :, None] * weighted[:, None, :]
        slope = np.zeros(len(numbers))
        for i, moved in e.slopes(numbers, self.size, self.by_well):
            slope[i] = (
                np.einsum("wii,wi->", middle, moved)
                if moved.ndim == 2
                else np.einsum("wij,wij->", middle, moved)
            )
        for i, v in enumerate(e.variances):
            if v.what == GROUP:
                mine = np.array([c.component == v.of for c in e.layout.columns])
                slope[i] = 2 * mine.sum() - 2 * np.exp(-2 * numbers[i]) * float(
                    (np.diag(h_inverse) + at**2)[mine].sum()
                )
            if v.what in (GROUP, WELL, LASTING, MEMORY):
                off = (numbers[i] - np.log(v.start)) / v.prior
                value, slope[i] = value + off**2, slope[i] + 2 * off / v.prior
        return value, slope


def restricted(evaluator: Evaluator, errors: Errors, numbers: np.ndarray, point: Point) -> Restricted:
    """Near a point, with its own error model where readings are censored."""
    e = point.expected
    size = errors.size(e.level, evaluator.logs)
    residual, extra, _ = working(errors, numbers, e.level, evaluator.logs, size)
    residual = residual + (e.by_well * point.wells[errors.seen.well]).sum(axis=1)
    # a column that no reading tells of would leave H without an inverse; so small a ridge moves nothing else
    scale = (e.by_columns**2 / np.maximum(size, 1e-12)[:, None] ** 2).sum(axis=0)
    ridge = 1e-9 * np.maximum(scale, scale.max(initial=1.0) * 1e-6)
    return Restricted(errors, point.columns, residual, e.by_columns, e.by_well, size, extra, ridge)


def best_numbers(near: Restricted, numbers: np.ndarray) -> np.ndarray:
    """Logarithms of the error model's numbers with the highest REML near a point."""
    from scipy.optimize import minimize

    limits = [(np.log(v.low), np.log(v.high)) for v in near.errors.variances]
    if not limits:
        return numbers
    found = minimize(
        near.value_and_slope,
        numbers,
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        options={"maxiter": 60, "ftol": 1e-8},
    )
    return found.x if np.isfinite(found.fun) else numbers


@dataclass(frozen=True)
class Uncertainty:
    """covariance (columns, columns) of the estimates; near, numbers: what it is computed from; spread
    (numbers, numbers): covariance of the logarithms of the error model's numbers; hidden (columns,): columns
    that the readings leave open."""

    covariance: np.ndarray
    near: Restricted
    numbers: np.ndarray
    spread: np.ndarray
    hidden: np.ndarray

    def variance(self, weights: np.ndarray) -> float:
        """Variance of a weighted sum of columns."""
        return float(weights @ self.covariance @ weights)

    def df(self, weights: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of a weighted sum of columns."""
        if not len(self.numbers):
            return 1e6
        e = self.near.errors
        _, vx, h, *_ = self.near.solved_at(self.numbers)
        at = np.linalg.solve(h, weights)
        pull = np.einsum("wip,p->wi", vx, at)
        slope = np.zeros(len(self.numbers))
        for i, moved in e.slopes(self.numbers, self.near.size, self.near.by_well):
            form = "wi,wi,wi->" if moved.ndim == 2 else "wi,wij,wj->"
            slope[i] = float(np.einsum(form, pull, moved, pull))
        for i, v in enumerate(e.variances):
            if v.what == GROUP:
                mine = np.array([c.component == v.of for c in e.layout.columns])
                slope[i] = 2 * np.exp(-2 * self.numbers[i]) * float((at[mine] ** 2).sum())
        of_variance = float(slope @ self.spread @ slope)
        v = self.variance(weights)
        return float(np.clip(2 * v**2 / of_variance, FEWEST_DF, 1e6)) if of_variance > 0 else 1e6


def uncertainty(near: Restricted, numbers: np.ndarray) -> Uncertainty:
    """Covariance of the columns at the error model, with what Satterthwaite needs."""
    _, _, h, *_ = near.solved_at(numbers)
    d = 1 / np.sqrt(np.maximum(np.diag(h), 1e-300))
    values, vectors = np.linalg.eigh(h * d[:, None] * d[None, :])
    empty = values < 1e-8
    hidden = np.any(np.abs(vectors[:, empty]) > 1e-3, axis=1)
    covariance = (vectors / np.maximum(values, 1e-12)) @ vectors.T * d[:, None] * d[None, :]
    return Uncertainty(covariance, near, numbers, _spread(near, numbers), hidden)


def _spread(near: Restricted, numbers: np.ndarray) -> np.ndarray:
    """Covariance of the logarithms: inverse of half the curvature of -2 REML, by differences of its slope."""
    n = len(numbers)
    bend = np.zeros((n, n))
    for i in range(n):
        move = STEP * np.eye(n)[i]
        bend[i] = (near.value_and_slope(numbers + move)[1] - near.value_and_slope(numbers - move)[1]) / (
            2 * STEP
        )
    bend = 0.25 * (bend + bend.T)
    values, vectors = np.linalg.eigh(bend)
    # a number at its bound or without information is as uncertain as its prior
    return (vectors / np.maximum(values, 1 / PRIOR_SD**2)) @ vectors.T
