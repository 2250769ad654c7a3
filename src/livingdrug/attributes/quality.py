"""A critical quality attribute proposed: the range of one attribute in which the predicted response stays
above a floor."""

from dataclasses import dataclass

import numpy as np

from livingdrug.attributes.firth import fit_firth
from livingdrug.core.errors import InputError

POINTS = 401  # of the range seen


@dataclass(frozen=True)
class Range:
    """The range of an attribute in which an outcome is probable enough.

    Attributes
    ----------
    name : str
        Of the attribute.
    floor : float
        Probability of the outcome to be kept.
    grid : ndarray, shape (POINTS,)
        Values of the attribute, as written.
    probability, lower, upper : ndarray, shape (POINTS,)
        Of the outcome, with a pointwise interval.
    start, end : float
        Where the lower bound is at the floor or above, nan where it nowhere is.
    needed : int or None
        Patients who would fill the range if the curve is as estimated, None where the curve itself never
        reaches the floor.
    """

    name: str
    floor: float
    grid: np.ndarray
    probability: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    start: float
    end: float
    needed: int | None


def acceptance(
    name: str, values: np.ndarray, event: np.ndarray, floor: float, level: float = 0.95, log: bool = False
) -> Range:
    """Range of an attribute by Firth's logistic regression on it. A proposal with its uncertainty, never a
    limit.

    Parameters
    ----------
    name : str
        Of the attribute.
    values : ndarray, shape (n,)
        Values of the attribute as the table has them, nan where missing.
    event : ndarray, shape (n,)
        Whether each had the outcome, of bool.
    floor : float
        Probability of the outcome to be kept.
    level : float, optional
        Of the interval.
    log : bool, optional
        Whether the regression is on the logarithms of the values.

    Returns
    -------
    Range

    Raises
    ------
    InputError
        For a floor outside of 0 to 1.
    """
    from scipy.stats import norm

    if not 0 < floor < 1:
        raise InputError(f"the floor is {floor:g}; give a probability between 0 and 1, such as 0.5")
    own = np.log(values) if log else values
    grid = np.linspace(own.min(), own.max(), POINTS)
    z, at = (own - own.mean()) / own.std(), (grid - own.mean()) / own.std()
    fit = fit_firth(z[:, None], event)
    design = np.column_stack([np.ones(POINTS), at])
    covariance = _covariance(z, event, fit.estimates)
    eta = design @ fit.estimates
    error = np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design))
    half = norm.ppf(0.5 + level / 2) * error
    goal = np.log(floor / (1 - floor))
    inside = eta - half >= goal
    shown = np.exp(grid) if log else grid
    margin = eta - goal
    needed = None
    if (margin > 0).any():
        needed = int(
            np.ceil(len(own) * ((half / np.where(margin > 0, margin, np.inf)) ** 2)[margin > 0].min())
        )
    start, end = (float(shown[inside][0]), float(shown[inside][-1])) if inside.any() else (np.nan, np.nan)
    probability, lower, upper = (1 / (1 + np.exp(-v)) for v in (eta, eta - half, eta + half))
    return Range(name, floor, shown, probability, lower, upper, start, end, needed)


def _covariance(z: np.ndarray, event: np.ndarray, beta: np.ndarray) -> np.ndarray:
    design = np.column_stack([np.ones(len(z)), z])
    p = 1 / (1 + np.exp(-design @ beta))
    return np.linalg.inv(design.T @ ((p * (1 - p))[:, None] * design))


def sentence(found: Range, n: int) -> str:
    """The proposal in words."""
    if np.isfinite(found.start):
        return (
            f"{found.name} from {found.start:.3g} to {found.end:.3g}: the probability of the outcome is "
            f"above {found.floor:.0%} with 97.5 % "
            f"confidence, as these {n} patients have it. A proposal for a quality attribute, not a limit."
        )
    if found.needed is None:
        return f"{found.name}: at no value seen does the estimated probability reach {found.floor:.0%}."
    return (
        f"{found.name}: no value keeps the probability above {found.floor:.0%} with confidence in {n} "
        f"patients; about {found.needed} would, if the "
        "curve is as estimated here."
    )
