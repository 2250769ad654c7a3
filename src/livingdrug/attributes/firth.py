"""Logistic regression with Firth's penalty: an answer under separation, and intervals from its profile."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.roots import root

STEPS = 200
SMALL = 1e-10


@dataclass(frozen=True)
class FirthFit:
    """A logistic regression with Firth's penalty.

    Attributes
    ----------
    estimates, errors : ndarray, shape (terms,)
        Coefficients (log odds ratios) and their standard errors, the intercept first.
    penalised : float
        log-likelihood plus half the log determinant of the information.
    """

    estimates: np.ndarray
    errors: np.ndarray
    penalised: float


def fit_firth(x: np.ndarray, event: np.ndarray, fixed: tuple[int, float] | None = None) -> FirthFit:
    """Maximum of the likelihood with Jeffreys' prior (Firth 1993; Heinze & Schemper 2002).

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Columns without the intercept.
    event : ndarray, shape (n,)
        Bool: whether each patient had the outcome.
    fixed : tuple[int, float], optional
        A term (0 is the intercept) and the value at which it is held, for profiles.

    Returns
    -------
    FirthFit

    Raises
    ------
    InputError
        Where it does not converge.
    """
    from livingdrug.core.errors import InputError

    design = np.column_stack([np.ones(len(x)), x])
    y = event.astype(float)
    beta = np.zeros(design.shape[1])
    free = np.ones(len(beta), dtype=bool)
    if fixed is not None:
        beta[fixed[0]], free[fixed[0]] = fixed[1], False
    value = _penalised(design, y, beta)
    for _ in range(STEPS):
        score, information = _score(design, y, beta)
        step = np.zeros(len(beta))
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        step *= min(1.0, 5.0 / max(np.abs(step).max(), SMALL))
        while (new := _penalised(design, y, beta + step)) < value - SMALL and np.abs(step).max() > SMALL:
            step /= 2
        beta, value = beta + step, new
        if np.abs(step).max() < SMALL:
            break
    else:
        raise InputError(
            "the penalised logistic regression did not converge; scale the columns or leave one out"
        )
    information = _information(design, beta)[0]
    return FirthFit(beta, np.sqrt(np.diag(np.linalg.inv(information))), float(value))


def _information(design, beta):
    p = 1 / (1 + np.exp(-np.clip(design @ beta, -500, 500)))
    weight = np.maximum(p * (1 - p), 1e-300)
    return design.T @ (weight[:, None] * design), p, weight


def _score(design, y, beta):
    information, p, weight = _information(design, beta)
    root = np.sqrt(weight)[:, None] * design
    hat = np.einsum("ij,ij->i", root, np.linalg.solve(information, root.T).T)
    return design.T @ (y - p + hat * (0.5 - p)), information


def _penalised(design, y, beta) -> float:
    eta = design @ beta
    likelihood = float((y * eta - np.logaddexp(0, eta)).sum())
    sign, size = np.linalg.slogdet(_information(design, beta)[0])
    return likelihood + size / 2 if sign > 0 else -np.inf


def profile_interval(x: np.ndarray, event: np.ndarray, term: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a coefficient by the profile of the penalised likelihood; an end that the profile does not
    reach within a thousand standard errors is infinite.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Columns without the intercept.
    event : ndarray, shape (n,)
        Bool: whether each patient had the outcome.
    term : int
        Position of the coefficient; 0 is the intercept.
    level : float, optional
        Of the interval.

    Returns
    -------
    tuple[float, float]
    """
    from scipy.stats import chi2

    best = fit_firth(x, event)
    cut = best.penalised - chi2.ppf(level, 1) / 2
    at, error = best.estimates[term], best.errors[term]

    def above(value: float) -> float:
        return float(fit_firth(x, event, (term, value)).penalised - cut)

    ends = []
    for side in (-1, 1):
        width = error
        while above(at + side * width) > 0 and width < 1000 * error:
            width *= 2
        reached = width < 1000 * error
        ends.append(root(above, at, at + side * width, xtol=1e-6 * error) if reached else side * np.inf)
    return float(ends[0]), float(ends[1])


def profile_p(x: np.ndarray, event: np.ndarray, term: int) -> float:
    """Two-sided p of a coefficient being 0, from the penalised likelihood ratio.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Columns without the intercept.
    event : ndarray, shape (n,)
        Bool: whether each patient had the outcome.
    term : int
        Position of the coefficient; 0 is the intercept.

    Returns
    -------
    float
    """
    from scipy.stats import chi2

    ratio = 2 * (fit_firth(x, event).penalised - fit_firth(x, event, (term, 0.0)).penalised)
    return float(chi2.sf(max(ratio, 0.0), 1))
