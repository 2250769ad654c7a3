"""An axis of time on which sparse late samples do not press the early ones together."""

import numpy as np

FAR = 5.0  # times the median, beyond which the axis is a square root
TICKS = (1, 3, 7, 14, 28, 60, 90, 180, 270, 365, 730, 1095, 1825, 3650)
LEAST = 0.05  # part of the axis between two ticks


def is_long(time: np.ndarray) -> bool:
    """Whether the last time lies so far beyond the median that the early ones would be pressed together.

    Parameters
    ----------
    time : ndarray
        Of the samples.

    Returns
    -------
    bool
    """
    last, median = float(np.max(time)), float(np.median(time))
    return bool(median > 0 and last > FAR * median and np.min(time) >= 0)


def long_ticks(last: float, sparse: float = LEAST) -> list[float]:
    """Where ticks stand on an axis of square roots up to the last time, no closer than a part of it.

    Parameters
    ----------
    last : float
        The last time.
    sparse : float, optional
        Least distance of ticks, as a part of the axis.

    Returns
    -------
    sequence of float
    """
    ticks = [0.0]
    for tick in TICKS:
        if tick <= last and np.sqrt(tick / last) - np.sqrt(ticks[-1] / last) >= sparse:
            ticks.append(float(tick))
    return ticks


def long_time_axis(axes, time: np.ndarray, sparse: float = LEAST) -> None:
    """Draw the axis as a square root where the last time lies far beyond the median; sparse: part of it
    between ticks."""
    if not is_long(time):
        return
    last = float(np.max(time))
    axes.set_xscale("function", functions=(lambda t: np.sqrt(np.maximum(t, 0.0)), np.square))
    axes.set_xlim(0, last * 1.03)
    ticks = long_ticks(last, sparse)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
