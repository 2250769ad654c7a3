"""Maximum likelihood with constraints: Newton's method, and intervals by profile likelihood."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.models.curve import two_sided

# parameters (k,) -> (log-likelihood, its gradient (k,), expected or observed information (k, k))
Objective = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]
STEPS, HALVINGS = 60, 30
FLAT = 1e-5  # gradient, of columns with SD 1, below which a search has arrived
REACH = 60.0  # standard errors after which a profile that has not fallen is called open
SMALL = 1e-11  # decrement at which an iteration has converged


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest: parameters, value, information there."""

    at: np.ndarray
    value: float
    information: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """Inverse of the information."""
        return np.linalg.inv(self.information)


def maximise(objective: Objective, start: np.ndarray) -> Maximum:
    """Newton's method with halved steps; where that does not settle, as on a ridge of a penalised likelihood,
    BFGS.

    Raises InputError where no maximum is found.
    """
    at = np.array(start, dtype=float)
    value, gradient, information = objective(at)
    for _ in range(STEPS if len(at) else 0):
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            break
        if gradient @ step < SMALL * (1 + abs(value)) * 1e-3:
            return Maximum(at + step, *_known(objective(at + step), (value, information)))
        for halving in range(HALVINGS):
            tried = objective(at + step / 2**halving)
            if np.isfinite(tried[0]) and tried[0] >= value - SMALL * (1 + abs(value)):
                break
        else:
            break
        at = at + step / 2**halving
        value, gradient, information = tried
    return _by_bfgs(objective, at) if len(at) else Maximum(at, value, information)


def _by_bfgs(objective: Objective, start: np.ndarray) -> Maximum:
    """Maximum by a quasi-Newton search from where Newton's method was left."""
    from scipy.optimize import minimize

    def downhill(at):
        value, gradient, _ = objective(at)
        return (-value, -gradient) if np.isfinite(value) else (np.inf, np.zeros(len(at)))

    found = minimize(downhill, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 1000})
    value, gradient, information = objective(found.x)
    if not (np.isfinite(value) and np.abs(gradient).max() < FLAT * (1 + abs(value))):
        raise InputError(
            "the likelihood has no maximum that could be found; there are too few subjects for this model"
        )
    return Maximum(found.x, value, information)


def _known(last, before):
    """Value and information of the last step, or those before it where it left the numbers."""
    return (last[0], last[2]) if np.isfinite(last[0]) else before


def profile_interval(objective: Objective, best: Maximum, direction, level: float) -> tuple[float, float]:
    """Interval of c'b, c = direction: where twice the fall of the profile likelihood is the chi-square
    quantile (1 df).

    An end that the data leave open is infinite.
    """
    c = np.asarray(direction, dtype=float)
    value, error = float(c @ best.at), float(np.sqrt(c @ best.covariance @ c))
    basis = orthogonal(c)
    base = c / (c @ c)

    def largest(target: float, start: np.ndarray) -> Maximum:
        return maximise(constrained(objective, base * target, basis), start)

    return crossings(largest, best.value, basis.T @ best.at, value, error, level)


def likelihood_ratio_p(objective: Objective, best: Maximum, direction: np.ndarray) -> float:
    """p value of the likelihood-ratio test that c'b = 0, c = direction (k,); 1 df."""
    from scipy.special import chdtrc

    basis = orthogonal(direction)
    null = maximise(constrained(objective, np.zeros(len(direction)), basis), basis.T @ best.at)
    return float(chdtrc(1, max(2 * (best.value - null.value), 0.0)))


def crossings(
    largest, top: float, start: np.ndarray, value: float, error: float, level: float
) -> tuple[float, float]:
    """(low, high) where the profile `largest(target, start)` has fallen by half the chi-square quantile below
    `top`."""
    from scipy.optimize import brentq

    if not 0 < error < np.inf:
        return -np.inf, np.inf
    floor = top - two_sided(level) ** 2 / 2  # the chi-square quantile with 1 df
    ends = []
    for side in (-1, 1):
        inner, step, guess = value, error, start
        while step <= REACH * error:
            found = largest(value + side * step, guess)
            guess = found.at
            if found.value < floor:
                break
            inner, step = value + side * step, 1.5 * step
        if step > REACH * error:
            ends.append(side * np.inf)
            continue
        height = lambda target, guess=guess: largest(target, guess).value - floor  # noqa: E731
        ends.append(brentq(height, *sorted((inner, value + side * step)), xtol=1e-10 * error))
    return float(ends[0]), float(ends[1])


def constrained(objective: Objective, origin: np.ndarray, basis: np.ndarray) -> Objective:
    """The objective on the flat origin + basis @ free."""

    def along(free):
        likelihood, gradient, information = objective(origin + basis @ free)
        return likelihood, basis.T @ gradient, basis.T @ information @ basis

    return along


def orthogonal(c: np.ndarray) -> np.ndarray:
    """Columns orthogonal to c and to each other, shape (k, k-1)."""
    q, _ = np.linalg.qr(np.column_stack([c, np.eye(len(c))]))
    return q[:, 1 : len(c)]
