"""Nonlinear least squares: scaled Levenberg-Marquardt with derivatives to machine precision, errors from the
QR factors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.likelihood import REACH

# parameters (k,), which may be complex -> predictions (n,)
Prediction = Callable[[np.ndarray], np.ndarray]
TINY = 1e-30  # step into the imaginary axis: no difference is taken, so it can be as small as numbers are
OFFSET = 1e-5  # relative offset (Bates & Watts 1981) above which nothing has converged
SINGULAR = 1e-11  # ratio of the scaled Jacobian's singular values below which parameters cannot be told apart
POLISH = 20
EPS = float(np.finfo(float).eps)
# evaluations of a search: one that settles takes tens, and one that creeps along a valley without end takes
# thousands
EVALUATIONS = 5000
FEW, NEAR = 300, 100  # of a search from the best of many starts, and from the end of the search beside it
STRIDE = 1.4  # by which a profile is followed outwards
SETTLED = 1e-9  # relative change of the sum of squares below which a search with a parameter held has settled
HUGE = 1e100  # in place of predictions that are larger or no numbers


@dataclass(frozen=True)
class LeastSquares:
    """A fit by least squares.

    Attributes
    ----------
    estimates, errors : ndarray, shape (k,)
        With standard errors.
    covariance : ndarray, shape (k, k)
        Of the estimates.
    rss : float
        Residual sum of squares.
    sigma : float
        SD of the residuals, in the unit of the response.
    df : int
        Its degrees of freedom.
    offset : float
        Relative offset at the end.
    """

    estimates: np.ndarray
    errors: np.ndarray
    covariance: np.ndarray
    rss: float
    sigma: float
    df: int
    offset: float

    @property
    def log_likelihood(self) -> float:
        """-n/2 (ln 2 pi + ln(rss/n) + 1)."""
        n = self.df + len(self.estimates)
        return float(-n / 2 * (np.log(2 * np.pi) + np.log(self.rss / n) + 1)) if self.rss > 0 else np.inf


def jacobian(prediction: Prediction, at: np.ndarray) -> np.ndarray:
    """Derivatives (n, k) by complex steps: Im f(p + ih)/h, exact to rounding (Squire & Trapp, SIAM Rev
    40:110, 1998)."""
    at = np.asarray(at, dtype=complex)
    columns = []
    for j in range(len(at)):
        moved = at.copy()
        moved[j] += 1j * TINY
        columns.append(np.imag(prediction(moved)) / TINY)
    return np.column_stack(columns)


def fit_least_squares(
    prediction: Prediction, y: np.ndarray, start: np.ndarray, evaluations: int = EVALUATIONS
) -> LeastSquares:
    """Parameters with the smallest sum of squared residuals that is reached from `start`.

    Two searches start there (Levenberg-Marquardt of MINPACK, trust region), both scaled by the Jacobian; the
    lower end is polished by Gauss-Newton steps.

    Parameters
    ----------
    prediction : Prediction
        Parameters -> predictions and their slopes.
    y : ndarray
        What was seen.
    start : ndarray
        Initial estimates of the parameters.
    evaluations : int, optional
        At most.

    Returns
    -------
    LeastSquares

    Raises
    ------
    InputError
        Where neither converges, or where parameters cannot be told apart.
    """
    y, start = np.asarray(y, dtype=float), np.asarray(start, dtype=float)
    if len(y) <= len(start):
        raise InputError(f"{len(y)} values are too few for {len(start)} parameters")
    ends = [
        at
        for method in ("lm", "trf")
        if (at := _search(prediction, y, start, method, evaluations)) is not None
    ]
    ends = [_polished(prediction, y, at) for at in ends]
    if not ends:
        raise InputError("the least-squares search left the numbers; start nearer to the data")
    best = min(ends, key=lambda at: _rss(prediction, y, at))
    return _summary(prediction, y, best)


def _search(prediction: Prediction, y, start, method: str, evaluations: int, ftol=EPS) -> np.ndarray | None:
    """Where a search ends, None where it leaves the numbers."""
    from scipy.optimize import least_squares

    def residuals(at):
        with np.errstate(all="ignore"):
            return np.clip(np.nan_to_num(np.real(prediction(at.astype(complex))) - y, nan=HUGE), -HUGE, HUGE)

    def slopes(at):
        with np.errstate(all="ignore"):
            return np.clip(np.nan_to_num(jacobian(prediction, at), nan=0.0), -HUGE, HUGE)

    try:
        with np.errstate(all="ignore"):
            found = least_squares(
                residuals,
                start,
                cast(Any, slopes),
                method=method,
                x_scale="jac",
                xtol=EPS,
                ftol=ftol,
                gtol=EPS,
                max_nfev=evaluations,
            )
    except (ValueError, np.linalg.LinAlgError):
        return None
    return found.x if np.isfinite(found.x).all() and np.isfinite(found.cost) else None


def _rss(prediction: Prediction, y, at) -> float:
    with np.errstate(all="ignore"):
        rest = y - np.real(prediction(at.astype(complex)))
    return float(rest @ rest) if np.isfinite(rest).all() else np.inf


def _polished(prediction: Prediction, y, at) -> np.ndarray:
    """Gauss-Newton steps as long as they shrink and the sum rises by no more than rounding."""
    value, reach, noise = _rss(prediction, y, at), np.inf, 100 * np.finfo(float).eps * np.linalg.norm(y)
    for _ in range(POLISH):
        with np.errstate(all="ignore"):
            slopes = jacobian(prediction, at)
        if not np.isfinite(slopes).all():
            return at
        size = np.linalg.norm(slopes, axis=0)
        size[size == 0] = 1.0
        step = np.linalg.lstsq(slopes / size, y - np.real(prediction(at.astype(complex))), rcond=None)[0]
        after = _rss(prediction, y, at + step / size)
        if not (after <= value + noise * np.sqrt(value) and np.linalg.norm(step) < reach):
            return at
        at, value, reach = at + step / size, after, np.linalg.norm(step)
    return at


def _summary(prediction: Prediction, y, at) -> LeastSquares:
    slopes = jacobian(prediction, at)
    rest = y - np.real(prediction(at.astype(complex)))
    n, k = slopes.shape
    size = np.linalg.norm(slopes, axis=0)
    if not (np.isfinite(slopes).all() and (size > 0).all()):
        raise InputError(
            "where the curve fits best it does not depend on some parameters: the data do not determine them"
        )
    q, r = np.linalg.qr(slopes / size)
    singular = np.linalg.svd(r, compute_uv=False)
    if singular[-1] < SINGULAR * singular[0]:
        raise InputError(
            "the data do not determine all parameters: some can move together without changing the fit"
        )
    inside = q.T @ rest
    outside = np.sqrt(max(rest @ rest - inside @ inside, 0.0) / (n - k))
    offset = float(np.linalg.norm(inside) / np.sqrt(k) / outside) if outside > 0 else 0.0
    rounding = 1e3 * np.finfo(float).eps * np.linalg.norm(y)
    if offset > OFFSET and np.linalg.norm(inside) > rounding:
        raise InputError(
            f"the least-squares search did not converge (relative offset {offset:.2g}): the data do not "
            "determine the curve, or the start is far away"
        )
    rss = float(rest @ rest)
    root = np.linalg.inv(r)
    covariance = rss / (n - k) * (root @ root.T) / np.outer(size, size)
    return LeastSquares(
        at, np.sqrt(np.diag(covariance)), covariance, rss, float(np.sqrt(rss / (n - k))), n - k, offset
    )


def profile(
    prediction: Prediction, y: np.ndarray, fit: LeastSquares, index: int, level: float
) -> tuple[float, float]:
    """Interval of one parameter where the profiled sum of squares rises by the t quantile (Bates & Watts
    1988, section 6.1); ends that the data leave open are infinite."""
    from scipy.optimize import brentq
    from scipy.special import stdtrit

    others = np.arange(len(fit.estimates)) != index
    limit = stdtrit(fit.df, (1 + level) / 2)
    ends = []
    for side in (-1, 1):
        known, heights = {0.0: fit.estimates[others]}, {0.0: -limit}

        def excess(steps: float, known=known, heights=heights, side=side) -> float:
            if steps in heights:  # a search from elsewhere might end elsewhere, and the bracket would be none
                return heights[steps]
            value = fit.estimates[index] + side * steps * fit.errors[index]

            def held(free):
                whole = np.empty(len(fit.estimates), dtype=complex)
                whole[others], whole[index] = free, value
                return prediction(whole)

            start = known[min(known, key=lambda s: abs(s - steps))]
            found = _search(held, y, start, "lm", NEAR, SETTLED) if len(start) else start
            if found is not None:
                known[steps] = found
            rise = 0.0 if found is None else max(_rss(held, y, found) - fit.rss, 0.0)
            heights[steps] = float(np.sqrt(rise) / fit.sigma - limit)
            return heights[steps]

        steps = limit / 2
        while excess(steps) < 0 and steps <= REACH:
            steps *= STRIDE
        if steps > REACH:
            ends.append(side * np.inf)
            continue
        found = brentq(excess, 0.0 if steps == limit / 2 else steps / STRIDE, steps, xtol=1e-7)
        ends.append(fit.estimates[index] + side * fit.errors[index] * found)
    return float(ends[0]), float(ends[1])
