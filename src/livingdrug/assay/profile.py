"""Profile likelihood of one rate: how far it can go while all others follow, before the readings contradict
it."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.climb import climb
from livingdrug.assay.fit import AssayFit
from livingdrug.assay.start import limits

FARTHEST = np.log(1e3)  # a logarithm that may move so far either way is not determined on that side
FARTHEST_SIGNED = 0.5  # 1/h
TRIES = 10
CLOSE = 0.05  # of the level: near enough to the end of an interval
WEAK = 0.25  # SE of a logarithm from which the profile, not the SE, gives the interval
WEAK_SIGNED = 0.15  # SE over the size of a rate that may be negative


@dataclass(frozen=True)
class Ends:
    """Ends of an interval on the scale of the column; -inf or inf where the readings set none."""

    low: float
    high: float


def is_weak(fit: AssayFit, j: int) -> bool:
    """Whether a column is known so poorly that its SE may mislead."""
    se = np.sqrt(max(fit.uncertainty.covariance[j, j], 0.0))
    if fit.uncertainty.hidden[j] or not np.isfinite(se):
        return True
    at_bound = np.isclose(fit.point.columns[j], [limits(fit.layout)[0][j], limits(fit.layout)[1][j]]).any()
    if fit.layout.columns[j].log:
        return bool(se > WEAK or at_bound)
    return bool(se > WEAK_SIGNED * max(abs(fit.point.columns[j]), 1e-3) or at_bound)


def profile_ends(fit: AssayFit, j: int, level: float) -> Ends:
    """Where the profile of column j passes the level (of -2LL above its lowest), on either side."""
    return Ends(_end(fit, j, level, -1.0), _end(fit, j, level, 1.0))


def _end(fit: AssayFit, j: int, level: float, side: float) -> float:
    best, log = fit.point.columns[j], fit.layout.columns[j].log
    bounds = limits(fit.layout)
    room = abs((bounds[0] if side < 0 else bounds[1])[j] - best)
    farthest = min(FARTHEST if log else FARTHEST_SIGNED, room)
    se = float(np.sqrt(max(fit.uncertainty.covariance[j, j], 0.0)))
    step = np.clip(2 * se if np.isfinite(se) else farthest, 0.02 if log else 1e-4, 1.0 if log else 0.02)
    inside, outside, rise_in, rise_out = 0.0, None, 0.0, np.inf
    state = fit.point.columns, fit.point.wells
    for _ in range(TRIES):
        at = min(step, farthest)
        rise, moved = _rise(fit, j, best + side * at, state)
        if rise < level:
            inside, rise_in, state = at, max(rise, rise_in), moved
            if at >= farthest or not np.isfinite(rise):
                return side * np.inf
            step = at * (2.5 if rise < 0.3 * level else 1.4)
        else:
            outside, rise_out = at, rise
            break
    if outside is None:
        return side * np.inf
    for _ in range(TRIES):
        # the rise is nearly a parabola, so its root is nearly a line
        a, b = np.sqrt(max(rise_in, 0.0)), np.sqrt(rise_out) if np.isfinite(rise_out) else np.inf
        part = (np.sqrt(level) - a) / (b - a) if np.isfinite(b) and b > a else 0.5
        at = inside + (outside - inside) * float(np.clip(part, 0.1, 0.9))
        rise, moved = _rise(fit, j, best + side * at, state)
        if abs(rise - level) < CLOSE * level:
            return best + side * at
        if rise < level:
            inside, rise_in, state = at, rise, moved
        else:
            outside, rise_out = at, rise
    return best + side * outside


def _rise(fit: AssayFit, j: int, value: float, state) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """-2LL above its lowest with column j held at a value, and where the others went; -inf where they were
    still on their way, so that such a side counts as open."""
    columns, wells = state[0].copy(), state[1]
    columns[j] = value
    held = np.arange(len(columns)) == j
    point, ended = climb(
        fit.evaluator, fit.errors, fit.numbers, columns, wells, held=held, bounds=limits(fit.layout)
    )
    rise = point.loss - fit.point.loss
    return rise if ended or not np.isfinite(rise) else -np.inf, (point.columns, point.wells)
