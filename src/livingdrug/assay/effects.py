"""What multiplies a rate or a reading of some wells: a column as it is (donors, edges, scales), or the effect
of a dose.

With d the dose of a well, in parts of a scale of the plate, and c the column,

    linear       rate * exp(c d)            scale: the highest dose; exp(c) is the factor on the rate there
    inhibition   rate / (1 + d / exp(c))    scale: the median dose; exp(c) is the IC50"""

import re
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.observed import Observed
from livingdrug.core.errors import InputError

LINEAR, INHIBITION = "linear", "inhibition"
FORMS = (LINEAR, INHIBITION)


@dataclass(frozen=True)
class Shown:
    """How a column that is no rate is shown: name, unit, and what is added to it (logarithm of its scale)."""

    name: str
    unit: str
    shift: float = 0.0


@dataclass(frozen=True)
class Factor:
    """which (wells,): column of each well, -1 for none; dose (wells,): in parts of the scale, None for a
    column that is the logarithm of the factor itself; inhibits: the form of the effect of a dose."""

    which: np.ndarray
    dose: np.ndarray | None = None
    inhibits: bool = False

    def log(self, columns: np.ndarray) -> np.ndarray:
        """Logarithm of the factor, (wells,)."""
        own = columns[self.which]
        if self.dose is not None:
            own = -np.log1p(self.dose * np.exp(-own)) if self.inhibits else self.dose * own
        return np.where(self.which >= 0, own, 0.0)

    def slope(self, columns: np.ndarray) -> np.ndarray:
        """Derivative of that by the well's column, (wells,)."""
        if self.dose is None:
            return np.ones(len(self.which))
        if not self.inhibits:
            return self.dose
        part = self.dose * np.exp(-columns[self.which])
        return part / (1 + part)


def doses(seen: Observed, there: np.ndarray, rate: str) -> np.ndarray:
    """Dose of each well, 0 where there is no treatment, (wells,).

    Raises
    ------
    InputError : a map without doses, a treated well without one, one dose in all wells, several drugs
    """
    dose, treatment = seen.column("dose"), seen.column("treatment")
    names = np.array(seen.names, dtype=object)
    if not np.isfinite(dose[there]).any():
        raise InputError(
            f"the map has no doses, so their effect on {rate} cannot be estimated; add the column `dose` (0 "
            "in wells without)"
        )
    lost = there & ~np.isfinite(dose) & (treatment != "")
    if lost.any():
        more = f" (and {lost.sum() - 1} more)" if lost.sum() > 1 else ""
        raise InputError(
            f"well {names[lost][0]}{more}: the map names a treatment and no dose; fill in the column `dose`"
        )
    dose = np.where(np.isfinite(dose), dose, 0.0)
    drugs = sorted({re.split(r"\s*\d", text)[0].strip() for text in treatment[there & (dose > 0)]} - {""})
    if len(drugs) > 1:
        raise InputError(
            f"doses of several drugs ({', '.join(drugs[:4])}) cannot be put on one scale; fit the wells of "
            "one (--leave-out)"
        )
    if len(np.unique(dose[there])) < 2:
        raise InputError(
            f"all wells that tell of {rate} have the same dose, so its effect cannot be separated from {rate}"
        )
    return dose
