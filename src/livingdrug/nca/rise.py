"""Where the expansion begins in sampled levels: after the distribution minimum of the infused cells.

A sample of the first day may hold the infusate, which is then the largest level without any expansion. Levels
are measured with error, so that the first value above the one before says little: the minimum is the lowest
level before the first two-fold rise, or before the largest rise where none is two-fold.
"""

import numpy as np

FIRST_DAY = 1.0  # d after the infusion in which a sample may hold the infusate (ours)
CLEAR = 2.0  # fold of a rise that is no error of measurement (ours)


def expansion_start(level: np.ndarray, time: np.ndarray, day: float) -> np.ndarray:
    """Column of the first sample after the distribution minimum.

    Parameters
    ----------
    level : ndarray of shape (n, w)
        Levels in the order of time; of a sample below the limit, the limit; NaN where there is no sample, or
        where it lies before the first quantifiable one.
    time : ndarray of shape (n, w)
        From the infusion.
    day : float
        Length of a day in the unit of time.

    Returns
    -------
    ndarray of shape (n,)
        0 where no sample of the first day is quantifiable, so that no infusate is seen; w where the level
        never rises.
    """
    n, width = level.shape
    if not width:
        return np.zeros(n, dtype=np.int64)
    there = np.isfinite(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        lowest = np.fmin.accumulate(np.where(there, level, np.inf), axis=1)
        before = np.column_stack([np.full(n, np.inf), lowest[:, :-1]])
        fold = np.where(there & np.isfinite(before), level / before, 0.0)
    clear = fold >= CLEAR
    best = np.where(clear.any(axis=1), clear.argmax(axis=1), fold.argmax(axis=1))
    rows = np.arange(n)
    # the last of the lowest samples before the rise
    minimum = there & (level <= before[rows, best][:, None]) & (np.arange(width) < best[:, None])
    start = width - np.argmax(minimum[:, ::-1], axis=1)
    rises = fold[rows, best] > 1.0
    with np.errstate(invalid="ignore"):
        seen = (there & (time <= FIRST_DAY * day)).any(axis=1)
    return np.where(seen, np.where(rises, start, width), 0)
