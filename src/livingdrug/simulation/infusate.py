"""Whether CMAX is the level of the infused cells or that of their expansion: one rule and one wording for every command.

Where infused cells are counted in an output from the infusion on (`models.infused_outputs`), its largest level can be
theirs. It is where no level after the distribution minimum is as high: XCMAX, the largest of these, is then the peak
of the expansion, and there is none where the level never rises.
"""

import numpy as np


def infusate_first(peak: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Whether each CMAX is the level of the infused cells.

    Parameters
    ----------
    peak, rise : ndarray
        CMAX and XCMAX of an output in which infused cells are counted; XCMAX is NaN where the level never rises.

    Returns
    -------
    ndarray of bool
        False where there is no CMAX.
    """
    return np.isfinite(peak) & ~(rise >= peak)


def expansion_peak(peak: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """The peak of the expansion: XCMAX, 0 where the level never rises; NaN where there is no CMAX either.

    Parameters
    ----------
    peak, rise : ndarray
        As in `infusate_first`.

    Returns
    -------
    ndarray
    """
    return np.where(np.isfinite(peak), np.nan_to_num(rise), np.nan)


def infusate_words(output: str, count: int = 1, of: int = 1, whose: str = "subjects") -> str:
    """That CMAX is that of the infused cells, without a full stop; "" where it is in none.

    Parameters
    ----------
    output : str
        What the level is of.
    count, of : int
        In how many of how many.
    whose : str
        What these are, in the plural.

    Returns
    -------
    str
    """
    if not count:
        return ""
    where = "" if of == 1 else f" in {count:,} of {of:,} {whose}"
    return f"CMAX of {output} is the level of the infused cells{where}, not of their expansion"


def expansion_words(curve: str) -> str:
    """That a curve on CMAX is put on the peak of the expansion, without a full stop.

    Parameters
    ----------
    curve : str
        Its name.

    Returns
    -------
    str
    """
    return f"{curve} follows the peak of the expansion (XCMAX), 0 where the level never rises"
