"""Power over the number of subjects."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.trial.power import Design


@dataclass(frozen=True, repr=False)
class PowerCurve(Shown):
    """Power over the number of subjects in the smaller arm.

    Attributes
    ----------
    what : str
        The difference in words.
    sizes : ndarray, shape (m,)
        Whole numbers.
    power : ndarray, shape (m,)
        At each of them.
    wanted : float
        The power that the design asks for.
    assumptions : tuple of str
        What the formula takes for granted.
    """

    what: str
    sizes: np.ndarray
    power: np.ndarray
    wanted: float
    assumptions: tuple[str, ...]

    def table(self):
        """Columns n (smaller arm) and power."""
        import pandas as pd

        return pd.DataFrame({"n": self.sizes, "power": self.power})

    def _frame(self):
        return self.table()


def power_curve(
    power_of: Callable[[float], float], design: Design, upto: int, what: str, *assumptions: str
) -> PowerCurve:
    """Power at up to 60 whole sizes from 2 to `upto`; power_of(subjects in the first arm).

    Parameters
    ----------
    power_of : callable
        Power by the number of subjects in the first arm.
    design : Design
        Of the test.
    upto : int
        The largest size.
    what : str
        The difference in words.
    assumptions
        What the formula takes for granted.

    Returns
    -------
    PowerCurve
    """
    sizes = np.unique(np.linspace(2, max(upto, 3), 60).astype(int))
    power = np.array([power_of(float(n) / min(1.0, design.ratio)) for n in sizes])
    return PowerCurve(what, sizes, power, design.power, assumptions)
