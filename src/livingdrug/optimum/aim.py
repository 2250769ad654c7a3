"""What is to be largest: response less a weight times toxicity, or response with toxicity below a ceiling."""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError


@dataclass(frozen=True)
class Aim:
    """What the best dose is best at; one of both is given. Raises InputError for both, none, or a number that
    cannot be.

    Attributes
    ----------
    weight : float or None
        What one patient with the toxicity costs, in responders.
    ceiling : float or None
        The toxicity accepted at most, over all patients.
    """

    weight: float | None = None
    ceiling: float | None = None

    def __post_init__(self) -> None:
        if (self.weight is None) == (self.ceiling is None):
            raise InputError(
                "an optimum takes either a weight of toxicity or a ceiling of it; give one of them"
            )
        if self.weight is not None and not (math.isfinite(self.weight) and self.weight >= 0):
            raise InputError(f"the weight of toxicity is {self.weight:g}; it must be a number, 0 or above")
        if self.ceiling is not None and not 0 < self.ceiling < 1:
            raise InputError(
                f"the ceiling of toxicity is {self.ceiling:g}; it must lie between 0 and 1 (0.2 for 20 %)"
            )

    def words(self, response: str, toxicity: str) -> str:
        """The aim as a formula, with the names of the two outcomes."""
        if self.weight is not None:
            return f"P({response}) - {self.weight:g} x P({toxicity}), over all patients"
        return f"P({response}), with P({toxicity}) of {self.ceiling:.3g} at most over all patients"

    def value(self, response: np.ndarray, toxicity: np.ndarray) -> np.ndarray:
        """What is to be largest, of the same shape; -inf where the toxicity is above the ceiling."""
        if self.weight is not None:
            return response - self.weight * toxicity
        return np.where(toxicity <= self.ceiling, response, -np.inf)

    def rank(self, response: float, toxicity: float) -> float:
        """The same for a search: above the ceiling, the less the toxicity the better, and worse than any
        response."""
        if self.ceiling is None or toxicity <= self.ceiling:
            return float(self.value(np.asarray(response), np.asarray(toxicity)))
        return self.ceiling - toxicity - 1.0
