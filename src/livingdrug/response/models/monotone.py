"""Whether a Cox or accelerated-failure-time likelihood has its maximum at infinity, which a linear programme
decides."""

import numpy as np

from livingdrug.response.survival.risk_sets import RiskSets

TOLERANCE = (
    1e-6  # rise of a direction with entries of at most 1, above what the linear programme takes for nothing
)


def monotone_hazard(sets: RiskSets) -> np.ndarray | None:
    """A direction d along which a Cox likelihood rises for ever, or None.

    There is one where x'd of whoever has the event is never below that of anybody at risk, and above it
    somewhere. With a height m for each event time, at least that of those at risk then and at most that of
    those with the event, these are n + 2 times rows instead of a row for each pair.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, vstack

    size = sets.columns.shape[1]
    at = np.unique(sets.at)
    if len(sets.late):
        return _monotone_of_rows(sets)
    count = len(at)
    number = np.arange(count)
    # the last event time at which each subject is at risk; none for who left before the first event
    last = np.searchsorted(at, sets.time, side="right") - 1
    own = last - 1 if sets.ties == "exact" else last
    below = np.where(sets.event, own, last)
    deaths = np.flatnonzero(sets.event)
    at_risk = np.flatnonzero(below >= 0)

    def rows(members, heights, sign):
        """sign (x'd - m) <= 0."""
        x = sets.columns[members]
        line = np.arange(len(members))
        entries = np.concatenate([sign * x.ravel(), np.full(len(members), -sign)])
        across = np.concatenate([np.tile(np.arange(size), len(members)), size + heights])
        down = np.concatenate([np.repeat(line, size), line])
        return coo_array((entries, (down, across)), shape=(len(members), size + count))

    step = coo_array(
        (
            np.concatenate([-np.ones(count - 1), np.ones(count - 1)]),
            (np.tile(number[:-1], 2), size + np.concatenate([number[:-1], number[1:]])),
        ),
        shape=(count - 1, size + count),
    )
    limits = vstack([rows(deaths, last[deaths], -1.0), rows(at_risk, below[at_risk], 1.0), step]).tocsr()
    # how far those with the event stand above the mean of those at risk is the sum of all pairs' slacks
    means = np.cumsum(sets.columns, axis=0)[sets.until - 1] / sets.until[:, None]
    repeats = np.bincount(last[deaths]) if sets.ties == "exact" else np.ones(len(sets.at))
    rise = sets.columns[deaths].sum(axis=0) - repeats @ means
    bounds = [(-1, 1)] * size + [(None, None)] * count
    cost, most = np.concatenate([-rise, np.zeros(count)]), np.zeros(len(deaths) + len(at_risk) + count - 1)
    found = linprog(cost, A_ub=limits, b_ub=most, bounds=bounds, method="highs")
    if found.status != 0 or -found.fun < TOLERANCE * len(deaths):
        return None
    return found.x[:size]


def _monotone_of_rows(sets: RiskSets) -> np.ndarray | None:
    """The same where rows start late or there are strata: risk sets are not nested, so each has rows of
    its own."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    deaths = np.flatnonzero(sets.event)
    limits, rise, rows = [], np.zeros(sets.columns.shape[1]), 0
    for i in deaths:
        at_risk = (sets.entry < sets.time[i]) & (sets.time >= sets.time[i])
        apart = sets.columns[at_risk] - sets.columns[i]
        limits.append(csr_array(apart))
        rows += len(apart)
        rise -= apart.mean(axis=0)
    found = linprog(
        -rise, A_ub=vstack(limits), b_ub=np.zeros(rows), bounds=[(-1, 1)] * len(rise), method="highs"
    )
    if found.status != 0 or -found.fun < TOLERANCE * len(deaths):
        return None
    return found.x


def unbounded_times(rows: np.ndarray, event: np.ndarray, scaled: bool) -> np.ndarray | None:
    """A direction d along which the likelihood of an accelerated-failure-time model rises for ever, or None.

    rows (n, k): how the standardised residual of each subject moves with the parameters, the last of which is
    1 / scale where scaled. No residual of an event may move (its density would vanish), those of censored
    ones may fall; or the scale may shrink to 0, where all events lie on the fitted times.
    """
    from scipy.optimize import linprog

    rows = rows / np.linalg.norm(rows, axis=0)
    censored = rows[~event]
    rise = -censored.sum(axis=0)
    bounds = [(-1, 1)] * rows.shape[1]
    if scaled:
        rise[-1] += 1
        bounds[-1] = (0, 1)
    _, place = np.unique(rows[event], axis=0, return_index=True)
    fixed = rows[event][place]
    limits = {"A_ub": censored, "b_ub": np.zeros(len(censored))} if len(censored) else {}
    found = linprog(-rise, A_eq=fixed, b_eq=np.zeros(len(fixed)), bounds=bounds, method="highs", **limits)
    if found.status != 0 or -found.fun < TOLERANCE:
        return None
    return found.x
