"""A user's profiles beside one published number."""

from dataclasses import dataclass

import numpy as np

from livingdrug.products.facts import ExposureFact


@dataclass(frozen=True)
class Placement:
    """The user's profiles of one output beside one published number.

    Attributes
    ----------
    fact : ExposureFact
        The published number.
    code : str
        Of the user's parameter.
    members : ndarray
        Positions of the profiles; percentile (len(members),): 0 to 100 in the published distribution, nan
        where that is not known.
    values : ndarray
        Of the profiles.
    percentile : ndarray, shape (profiles,)
        0 to 100 in the published distribution, nan where that is not known.
    ratio, low, high : float
        Geometric mean of the user's over the published one with 95 % interval, nan where there is none.
    cautions : tuple of str
        What differs between the subjects and the published patients, a sentence each.
    absent : str
        Why there is no percentile, "" where there is one.
    """

    fact: ExposureFact
    code: str
    members: np.ndarray
    values: np.ndarray
    percentile: np.ndarray
    ratio: float
    low: float
    high: float
    cautions: tuple[str, ...]
    absent: str
