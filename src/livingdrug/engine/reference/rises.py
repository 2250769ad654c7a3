"""The largest level after the distribution minimum, from levels at many times: where no compiled code measures it.

The rule is that of `solvers.measures`: since the last dose that is seen in a level, its first minimum is followed by a
rise of 0.1 % or more; while cells are infused, a rise is that of the infusate.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from livingdrug.engine.events import RATE, RISEN, Events
from livingdrug.engine.reference.lsoda import SAME_TIME, highest

Doses = Sequence[tuple[float, bool]]  # times of doses, and whether cells are infused from then on


def doses_seen(events: Events, shown: Iterable[int]) -> Doses:
    """Times at which a dose of one of the states `shown` begins or ends, in order, and whether any is infused then."""
    rates, found, states = {}, [], set(shown)
    columns = (events.time, events.kind, events.state, events.value)
    for time, kind, state, value in zip(*(column.tolist() for column in columns), strict=True):
        if state in states:
            if kind == RATE:
                rates.setdefault(state, []).append(value)
            found.append((time, any(math.fsum(parts) > 0 for parts in rates.values())))
    return found


def largest_rise(pieces: Iterable[tuple[np.ndarray, np.ndarray]], doses: Doses = (), begin: float = 0.0):
    """(largest level after the distribution minimum, its time) of one course.

    Parameters
    ----------
    pieces : iterable of (times, levels)
        One after the other; a dose stands between two of them, never within one.
    doses : sequence of (time, infused)
        As `doses_seen` gives them.
    begin : float
        From when on a level counts; the minimum may lie before it.

    Returns
    -------
    tuple of float
        NaN where the level never rises.
    """
    low, held, waiting, best = math.inf, False, list(doses), (-math.inf, math.nan)
    for t, y in pieces:
        while waiting and waiting[0][0] <= t[0] + SAME_TIME * max(t[0], 1.0):
            low, held = math.inf, waiting.pop(0)[1]
        if held:
            continue
        first = 0
        if low > -math.inf:
            before = np.minimum.accumulate(np.concatenate([[low], y]))
            risen = np.flatnonzero(y > before[:-1] * RISEN)
            if not len(risen):
                low = float(before[-1])
                continue
            low, first = -math.inf, int(risen[0])
        counted = t[first:] >= begin
        if counted.any():
            best = max(best, highest(t[first:][counted], y[first:][counted]))
    return best if math.isfinite(best[0]) else (math.nan, math.nan)
