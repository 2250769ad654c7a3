"""Times known to lie between two visits: their likelihood under an accelerated failure time, and whether
it has a maximum."""

import numpy as np

from livingdrug.response.models.likelihood import Objective

# rise of a direction with entries of at most 1, above what the linear programme takes for nothing
TOLERANCE = 1e-6


def standard(z: np.ndarray, distribution: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ln survival, ln density, derivative of ln density) of standardised residuals; of any shape."""
    from scipy.special import expit, log_ndtr

    if distribution == "loglogistic":
        return -np.logaddexp(0, z), z - 2 * np.logaddexp(0, z), 1 - 2 * expit(z)
    if distribution == "lognormal":
        return log_ndtr(-z), -(z**2) / 2 - np.log(2 * np.pi) / 2, -z
    with np.errstate(over="ignore"):
        hazard = np.exp(z)
    return -hazard, z - hazard, 1 - hazard


def interval_objective(
    low: np.ndarray, high: np.ndarray, known: np.ndarray, shift: np.ndarray, distribution: str
) -> Objective:
    """Log-likelihood of ln S(z at the last visit without the event) less S(z at the first with it).

    low, high (n, k): how z at either end moves with the parameters; known (n, 2): whether there is that end
    (a time of 0 and one without an end have none); shift (n, 2): of z, where the scale is fixed.
    """

    def objective(at):
        ends = []
        for rows, there, move in ((low, known[:, 0], shift[:, 0]), (high, known[:, 1], shift[:, 1])):
            with np.errstate(invalid="ignore", over="ignore"):
                ends.append([np.where(there, v, 0.0) for v in standard(rows @ at + move, distribution)])
        (survival, density, bend), (survival_2, density_2, bend_2) = ends
        apart = np.where(known[:, 1], survival_2 - survival, -np.inf)
        if not (apart < 0).all():
            return -np.inf, np.zeros(len(at)), np.eye(len(at))
        value = survival + np.log1p(-np.exp(apart))
        f = np.where(known[:, 0], np.exp(density - value), 0.0)
        g = np.where(known[:, 1], np.exp(density_2 - value), 0.0)
        gradient = high.T @ g - low.T @ f
        within = (low.T * (-f * bend - f**2)) @ low + (high.T * (g * bend_2 - g**2)) @ high
        across = (low.T * (f * g)) @ high
        return float(value.sum()), gradient, -(within + across + across.T)

    return objective


def unbounded_intervals(
    low: np.ndarray, high: np.ndarray, known: np.ndarray, scaled: bool
) -> np.ndarray | None:
    """A direction along which the likelihood rises for ever, or None: no first end may rise, no second end
    fall."""
    from scipy.optimize import linprog

    rows = np.concatenate([low[known[:, 0]], -high[known[:, 1]]])
    rows = rows / np.maximum(np.linalg.norm(rows, axis=0), 1e-300)
    rise, bounds = -rows.sum(axis=0), [(-1, 1)] * rows.shape[1]
    if scaled:
        bounds[-1] = (0, 1)
    found = linprog(-rise, A_ub=rows, b_ub=np.zeros(len(rows)), bounds=bounds, method="highs")
    return None if found.status != 0 or -found.fun < TOLERANCE else found.x
