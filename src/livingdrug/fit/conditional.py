"""FOCEI and Laplace estimation: a quasi-Newton search over the estimated numbers, modes found anew at every
point.

The search is BFGS (Nocedal & Wright 2006, chapter 6) on numbers scaled by the covariance of the subjects'
gradients at the start, with halved steps; it ends where the rise that another step promises is negligible.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.fit.gradient import Slope, slope_of, value_of
from livingdrug.fit.objective import at_modes, check_parts
from livingdrug.fit.point import NORMAL, Point, Prepared, is_defined, point_of
from livingdrug.fit.problem import WIDEST
from livingdrug.fit.unknowns import VARIABILITY, Unknowns

METHODS = ("focei", "laplace")
RIDGE = 1e-3  # of the scaling where few subjects leave it singular
LONGEST = 1.0  # first step, in scaled numbers: about a standard error of all of them together
HALVINGS = 10  # a mode that jumps leaves a step in the objective, which no shorter step gets past
SUFFICIENT = 1e-4
TRIAL = 15  # iterations of a search that another one has overtaken
REPEATS = 3  # small steps in a row that end the search
HESSIAN_STEP = 0.02  # in scaled numbers
# of an omega in a search: below, nothing changes any more, and beyond, no population is; on the plain scale
# as multiples of
# its start
NARROWEST, PLAIN_WIDEST = 1e-4, 1e3


@dataclass(frozen=True)
class ConditionalSettings:
    """Settings. method: focei or laplace; most: iterations at most; small: promised decrease of -2LL at
    which it ends; several: whether to search from more than the given numbers (see `fit.starts`)."""

    method: str = "focei"
    most: int = 200
    small: float = 1e-5
    several: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"`{self.method}` is no conditional method; take {' or '.join(METHODS)}")


@dataclass(frozen=True)
class Found:
    """Where a search ended. slope: there; left: decrease of -2LL still promised; trace: -2LL and the
    numbers by iteration; scaling (p, p): numbers = scaling @ scaled numbers."""

    point: Point
    slope: Slope
    left: float
    trace: np.ndarray
    scaling: np.ndarray


def search(
    prepared: Prepared, unknowns: Unknowns, settings: ConditionalSettings, start: Point | None = None,
    progress: Callable[[int, int, float], None] | None = None, level: float = np.inf,
) -> Found:  # fmt: skip
    """Minimise -2LL from `start` (the problem's numbers by default); level: a search that is above it
    after TRIAL iterations ends there."""
    base = point_of(prepared.problem) if start is None else start
    x = unknowns.vector(base)
    _, modes = value_of(prepared, base, settings.method, None)
    check_parts(prepared, at_modes(prepared, base, modes, settings.method))
    now = slope_of(prepared, unknowns, base, modes, settings.method)
    _check_slopes(prepared, now)
    scaling, box = _scaling(now.gradient), _box(prepared, unknowns, x)
    inverse = np.eye(len(x))
    trace, quiet, left = [np.append(now.value, x)], 0, np.inf
    for k in range(settings.most):
        if len(trace) > TRIAL and now.value > level:
            break
        g = scaling.T @ now.gradient.sum(axis=0)
        step = -inverse @ g
        if not step @ g < 0:
            inverse, step = np.eye(len(x)), -g
        left = -0.5 * float(step @ g)
        step *= min(
            1.0, (LONGEST if k == 0 else 4.0) * np.sqrt(len(x)) / max(float(np.linalg.norm(step)), 1e-300)
        )
        quiet = quiet + 1 if left < settings.small else 0
        if quiet >= REPEATS or left < 1e-3 * settings.small:
            break
        moved = _line(prepared, unknowns, settings.method, base, x, scaling @ step, box, now)
        if moved is None:
            # the search direction is exhausted: begin again with the plain gradient, once
            if np.array_equal(inverse, np.eye(len(x))):
                break
            inverse = np.eye(len(x))
            continue
        x_new, after = moved
        s = np.linalg.solve(scaling, x_new - x)
        y = scaling.T @ after.gradient.sum(axis=0) - g
        inverse = updated(inverse, s, y, k == 0)
        x, now = x_new, after
        trace.append(np.append(now.value, x))
        if progress:
            progress(k + 1, settings.most, now.value)
    return Found(unknowns.point(x, base), now, left, np.array(trace), scaling)


def _check_slopes(prepared: Prepared, slope: Slope) -> None:
    """Refuse a start from which the objective has no slope."""
    bad = np.flatnonzero(~np.isfinite(slope.gradient).all(axis=1))
    if len(bad):
        name = prepared.design.subjects[int(bad[0])]
        raise InputError(
            f"the objective of subject `{name}` has no finite slopes at the start; start nearer to the data"
        )


def _scaling(gradient: np.ndarray) -> np.ndarray:
    """Cholesky factor of the inverse of the information that the subjects' gradients of -2LL show: sum g
    g' / 4 is that of the log-likelihood, twice that the curvature of -2LL."""
    half = 0.5 * gradient.T @ gradient
    size = np.sqrt(np.maximum(np.diag(half), 1e-8))
    scaled = half / size[:, None] / size + RIDGE * np.eye(len(size))
    return np.linalg.cholesky(np.linalg.inv(scaled) / size[:, None] / size)


def _box(prepared: Prepared, unknowns: Unknowns, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest numbers that a search tries: omegas stay within reason, or where they start."""
    low, high = np.full(len(x), -np.inf), np.full(len(x), np.inf)
    for place, r in zip(unknowns.of_kind(VARIABILITY), unknowns.variability, strict=True):
        plain = prepared.scale[prepared.random[r]] == NORMAL
        unit, most = (prepared.problem.random[r].sd, PLAIN_WIDEST) if plain else (1.0, WIDEST)
        low[place] = min(np.log(NARROWEST * unit), x[place])
        high[place] = max(np.log(most * unit), x[place])
    return low, high


def _line(prepared, unknowns, method, base, x, step, box, now: Slope):
    """(numbers, slope) at the first of halved steps that goes down enough, or None."""
    length, gradient = 1.0, now.gradient.sum(axis=0)
    for _ in range(HALVINGS):
        tried = np.clip(x + length * step, *box)
        point = unknowns.point(tried, base)
        promised = float(gradient @ (tried - x))
        if promised < 0 and is_defined(point):
            value, modes = value_of(prepared, point, method, now.modes.etas)
            if np.isfinite(value) and value <= now.value + SUFFICIENT * promised:
                slope = slope_of(prepared, unknowns, point, modes, method)
                if np.isfinite(slope.gradient).all():
                    return tried, slope
        length *= 0.5
    return None


def updated(inverse: np.ndarray, s: np.ndarray, y: np.ndarray, first: bool = False) -> np.ndarray:
    """BFGS update of the inverse curvature; none where the curvature along the step is not positive."""
    sy = float(s @ y)
    if sy <= 1e-10 * float(np.linalg.norm(s) * np.linalg.norm(y)):
        return inverse
    if first:
        inverse = inverse * (sy / float(y @ y))
    rest = np.eye(len(s)) - np.outer(s, y) / sy
    return rest @ inverse @ rest.T + np.outer(s, s) / sy


def curvature(prepared: Prepared, unknowns: Unknowns, found: Found, method: str) -> np.ndarray:
    """Second derivatives of -2LL / 2 by the estimated numbers (R), by central differences of the gradient."""
    x = unknowns.vector(found.point)
    columns = []
    for k in range(len(x)):
        move = HESSIAN_STEP * found.scaling[:, k]
        sides = []
        for side in (1.0, -1.0):
            point = unknowns.point(x + side * move, found.point)
            if not is_defined(point):
                return np.full((len(x), len(x)), np.nan)
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite gives no standard errors
                _, modes = value_of(prepared, point, method, found.slope.modes.etas)
                sides.append(slope_of(prepared, unknowns, point, modes, method).gradient.sum(axis=0))
        columns.append((sides[0] - sides[1]) / (2 * HESSIAN_STEP))
    # columns are derivatives along the scaled directions: turn them back
    raw = 0.5 * np.linalg.solve(found.scaling.T, np.array(columns))
    return 0.5 * (raw + raw.T)
