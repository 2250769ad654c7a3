"""The best point for a given error model: damped Gauss-Newton steps on the penalised sum of squares.

The cells seeded in each well are random effects of that well; they are solved for within it, so that the
system left has a row for each column of the layout alone."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.errors import Errors, inverted, prior_precision, working
from livingdrug.assay.evaluate import Evaluator, Expected
from livingdrug.assay.plan import RANDOM

STEPS = 100
CLOSE = 1e-4  # of -2LL: a fit that gains less in a step, twice, is there
LONGEST = 1.5  # of a logarithm in one step
STOPS = 6  # times that columns may stop at an end of their step, and the others be solved for again


@dataclass(frozen=True)
class Point:
    """columns (columns,); wells (wells, 2): logarithms of how seeding differed; loss: penalised sum of
    squares, -2LL up to a constant of the error model; expected: what it says of the readings."""

    columns: np.ndarray
    wells: np.ndarray
    loss: float
    expected: Expected


@dataclass(frozen=True)
class Linear:
    """The wells near a point. inverse (wells, most, most): of the covariance of readings, seeding included; x
    (wells, most, columns), z (wells, most): slopes, and residuals as if the wells did not differ; hessian
    (columns, columns), gradient (columns,): of half the loss, with the prior."""

    inverse: np.ndarray
    x: np.ndarray
    z: np.ndarray
    hessian: np.ndarray
    gradient: np.ndarray


def well_sd(errors: Errors, numbers: np.ndarray) -> np.ndarray:
    """SD of the logarithms of effectors and targets seeded, 0 where wells do not differ, (2,)."""
    found = np.zeros(2)
    for k, name in enumerate(("effectors", "targets")):
        i = errors.find("well", name)
        found[k] = np.exp(numbers[i]) if i >= 0 else 0.0
    return found


def far_inverse(errors: Errors, numbers: np.ndarray, size: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Inverses of the covariances of residuals, in which censored readings take no part."""
    extra = np.where(errors.seen.measured, errors.counting(level), 1.0)
    return _inverse(errors.covariance(numbers, size, extra))


def _inverse(covariance: np.ndarray) -> np.ndarray:
    """Inverses of covariances that have one. Raises LinAlgError where one has none."""
    both = inverted(covariance)
    if both is None:
        raise np.linalg.LinAlgError("the covariance of the readings of a well has no inverse")
    return both[0]


def judge(
    evaluator: Evaluator,
    errors: Errors,
    numbers: np.ndarray,
    columns: np.ndarray,
    wells: np.ndarray,
    size,
    inverse,
) -> Point:
    """A point with its loss; inverse (wells, most, most): of the covariance of residuals alone."""
    expected = evaluator.expect(columns, wells)
    if not expected.sound:
        return Point(columns, wells, np.inf, expected)
    residual, _, loss = working(errors, numbers, expected.level, evaluator.logs, size)
    measured = np.where((errors.seen.kind == 0) & ~errors.exact, residual, 0.0)
    r = errors.blocks.of(measured)
    total = float(np.einsum("wi,wij,wj->", r, inverse, r, optimize=True)) + float(loss.sum())
    total += float((prior_precision(errors, numbers) * columns**2).sum())
    sd = well_sd(errors, numbers)
    total += float((wells[:, sd > 0] ** 2 / sd[sd > 0] ** 2).sum())
    return Point(columns, wells, total, expected)


def linearise(
    evaluator: Evaluator, errors: Errors, numbers: np.ndarray, point: Point, size: np.ndarray
) -> Linear:
    """The wells near a point, for a step and for the variances."""
    b = errors.blocks
    residual, extra, _ = working(errors, numbers, point.expected.level, evaluator.logs, size)
    x, g = b.of(point.expected.by_columns), b.of(point.expected.by_well)
    sd = well_sd(errors, numbers)
    z = b.of(residual) + np.einsum("wik,wk->wi", g, point.wells)
    covariance = errors.covariance(numbers, size, extra)
    covariance += np.einsum("wik,k,wjk->wij", g, sd**2, g, optimize=True)
    inverse = _inverse(covariance)
    vx = inverse @ x
    precision = prior_precision(errors, numbers)
    hessian = np.einsum("wip,wiq->pq", x, vx, optimize=True) + np.diag(precision)
    gradient = np.einsum("wip,wi->p", vx, z) - precision * point.columns
    return Linear(inverse, x, z, hessian, gradient)


def climb(
    evaluator: Evaluator,
    errors: Errors,
    numbers: np.ndarray,
    columns: np.ndarray,
    wells: np.ndarray,
    held: np.ndarray | None = None,
    steps: int = STEPS,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[Point, bool]:
    """The best point from a start on, and whether the search ended there.

    held (columns,): columns that keep their value; bounds: lowest and highest value of each column.
    """
    start = evaluator.expect(columns, wells)
    size = errors.size(start.level, evaluator.logs)
    free = ~held if held is not None else np.ones(len(columns), bool)
    inverse = far_inverse(errors, numbers, size, start.level)
    point = judge(evaluator, errors, numbers, columns, wells, size, inverse)
    damping, small, gain = 1e-3, 0, 0.0
    for _ in range(steps):
        if not np.isfinite(point.loss):
            return point, False
        near = linearise(evaluator, errors, numbers, point, size)
        loose, moved = free & ~_pressed(point.columns, near.gradient, bounds), False
        for k in range(14):
            trial = _step(
                evaluator, errors, numbers, point, near, size, inverse, loose, damping, 0.5**k, bounds
            )
            if trial.loss <= point.loss + 1e-9 * abs(point.loss):
                gain, point, moved = point.loss - trial.loss, trial, True
                damping = max(damping / 10, 1e-12)
                break
            damping = max(damping * 10, 1e-6)
        if not moved:
            return point, True
        small = small + 1 if gain < CLOSE * (1 + 1e-5 * abs(point.loss)) else 0
        if small >= 2:
            return point, True
    return point, False


def _step(
    evaluator,
    errors,
    numbers,
    point: Point,
    near: Linear,
    size,
    inverse,
    free,
    damping: float,
    part: float,
    bounds,
) -> Point:
    """A part of one damped step of the columns, and of the wells' own effects that go with it."""
    low = np.where(_logs(evaluator), -LONGEST, -np.inf)
    high = -low
    if bounds is not None:
        low, high = np.maximum(low, bounds[0] - point.columns), np.minimum(high, bounds[1] - point.columns)
    change = _change(near, free, damping, low, high)
    columns = point.columns + part * change
    if bounds is not None:
        columns = np.clip(columns, *bounds)
    change = (columns - point.columns) / part
    sd = well_sd(errors, numbers)
    left = near.z - np.einsum("wip,p->wi", near.x, change)
    g = errors.blocks.of(point.expected.by_well)
    moved = sd**2 * np.einsum("wik,wij,wj->wk", g, near.inverse, left, optimize=True) - point.wells
    wells = point.wells + part * moved * min(1.0, LONGEST / max(np.abs(moved).max(initial=0.0), 1e-12))
    return judge(evaluator, errors, numbers, columns, wells, size, inverse)


def _change(near: Linear, free: np.ndarray, damping: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The damped step within low and high. A column that would go further stops there and the others are
    solved for again: one that the readings hardly tell would else shorten the step of all."""
    lhs = near.hessian + damping * np.diag(np.maximum(np.diag(near.hessian), 1e-8))
    change, loose = np.zeros(len(free)), free.copy()
    for _ in range(STOPS):
        there = np.flatnonzero(loose)
        rest = near.gradient[there] - lhs[np.ix_(there, free & ~loose)] @ change[free & ~loose]
        change[there] = np.linalg.solve(lhs[np.ix_(there, there)], rest)
        beyond = loose & ((change < low) | (change > high))
        if not beyond.any():
            break
        change[beyond] = np.clip(change, low, high)[beyond]
        loose &= ~beyond
    return change


def _pressed(columns: np.ndarray, gradient: np.ndarray, bounds) -> np.ndarray:
    """Columns at a bound that would go beyond it; the others are solved for as if these were known."""
    if bounds is None:
        return np.zeros(len(columns), bool)
    return ((columns <= bounds[0]) & (gradient < 0)) | ((columns >= bounds[1]) & (gradient > 0))


def _logs(evaluator: Evaluator) -> np.ndarray:
    return np.array([c.log or c.kind == RANDOM for c in evaluator.layout.columns])
