"""An axis of time on which sparse late samples do not press the early ones together."""

import numpy as np

FAR = 5.0  # times the median, beyond which the axis is a square root
TICKS = (1, 3, 7, 14, 28, 60, 90, 180, 270, 365, 730, 1095, 1825, 3650)
LEAST = 0.05  # part of the axis between two ticks


def long_time_axis(axes, time: np.ndarray, sparse: float = LEAST) -> None:
    """Draw the axis as a square root where the last time lies far beyond the median; sparse: part of it
    between ticks."""
    last, median = float(np.max(time)), float(np.median(time))
    if not (median > 0 and last > FAR * median and np.min(time) >= 0):
        return
    axes.set_xscale("function", functions=(lambda t: np.sqrt(np.maximum(t, 0.0)), np.square))
    axes.set_xlim(0, last * 1.03)
    ticks = [0.0]
    for tick in TICKS:
        if tick <= last and np.sqrt(tick / last) - np.sqrt(ticks[-1] / last) >= sparse:
            ticks.append(tick)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
