"""The state that a dosing interval leaves unchanged: what doses given for ever lead to.

The map P takes the states at the start of an interval to those at its end. The doses are followed for a few intervals, so
that the search starts where they lead; then Newton steps on P(x) - x with a Jacobian by finite differences find the fixed
point. For linear kinetics the first step is exact. A fixed point that the doses would leave again (an eigenvalue of P
outside the unit circle) is no steady state, and is not taken.
"""

from collections.abc import Callable, Sequence

import numpy as np

from livingdrug.core.errors import SolveError
from livingdrug.models import State

Map = Callable[[np.ndarray], np.ndarray]

# intervals followed before each search: a start near the fixed point costs little, a slow approach gets its time
FOLLOWED = (2, 4, 8, 16, 32, 64)
STEPS = 12
# a step this small, relative to its state, ends the search; slow kinetics magnify the error of the map, about 1e-10
TOLERANCE = 1e-6
DIFFERENCE = 1e-3
# what a state is measured against where it is nearly empty: this part of the largest state of the same unit
FLOOR = 1e-3
RADIUS = 1 + 1e-6


def steady_state(interval: Map, start: np.ndarray, states: Sequence[State]) -> np.ndarray:
    """Fixed point of the map of a dosing interval.

    Parameters
    ----------
    interval : Map
        States at the start of a dosing interval -> states at its end.
    start : ndarray
        States that the doses first meet.
    states : sequence of State
        Of the system.

    Returns
    -------
    ndarray

    Raises
    ------
    SolveError
        When the doses lead to no steady state (something grows or gathers without bound), or when an interval
        cannot be computed.
    """
    x = np.array(start, dtype=float)
    try:
        for followed in FOLLOWED:
            for _ in range(followed):
                x = interval(x)
            found = _newton(interval, x, states)
            if found is not None:
                return found
        change = np.abs(interval(x) - x) / _scale(x, states)
    except SolveError as error:
        raise SolveError(f"no steady state is reached: within a dosing interval {error}") from None
    worst = int(np.argmax(change))
    raise SolveError(
        f"no steady state is reached: after {sum(FOLLOWED)} intervals `{states[worst].name}` still changes by "
        f"{change[worst]:.1%} in each"
    )


def _newton(interval: Map, x: np.ndarray, states: Sequence[State]) -> np.ndarray | None:
    """Newton steps from x; the Jacobian is renewed when a step is not ten times smaller than the one before."""
    identity = np.eye(len(x))
    jacobian, before = None, np.inf
    for _ in range(STEPS):
        try:
            off = interval(x) - x
            if jacobian is None:
                jacobian = _jacobian(interval, x, x + off, states)
        except SolveError:
            return None
        # least squares: where an amount is conserved, I - J is singular and the nearest fixed point is meant
        step = np.linalg.lstsq(identity - jacobian, off, rcond=1e-9)[0]
        scale = _scale(x, states)
        size = float(np.max(np.abs(step) / scale))
        settled = size < TOLERANCE and float(np.max(np.abs(off) / scale)) < TOLERANCE
        if settled:
            stable = np.max(np.abs(np.linalg.eigvals(jacobian))) <= RADIUS
            return x if stable else None
        reached = x + step
        lowest = np.where([state.log for state in states], np.finfo(float).tiny, -FLOOR * scale)
        if not np.isfinite(reached).all() or (reached < lowest).any():
            return None
        # rounding can leave an empty state a hair below 0
        x = np.where((reached < 0) & (x >= 0), 0.0, reached)
        if size > 0.1 * before:
            jacobian = None
        before = size
    return None


def _jacobian(interval: Map, x: np.ndarray, after: np.ndarray, states: Sequence[State]) -> np.ndarray:
    """d interval / d x by one-sided differences."""
    columns = []
    for i, width in enumerate(DIFFERENCE * _scale(x, states)):
        moved = x.copy()
        moved[i] += width
        columns.append((interval(moved) - after) / (moved[i] - x[i]))
    return np.stack(columns, axis=1)


def _scale(x: np.ndarray, states: Sequence[State]) -> np.ndarray:
    """Size of each state, not below a part of the largest one in the same unit."""
    units = [state.unit for state in states]
    largest = {unit: max(abs(v) for v, u in zip(x, units, strict=True) if u == unit) for unit in set(units)}
    return np.array([max(abs(v), FLOOR * largest[u], np.finfo(float).tiny) if largest[u] else 1.0
                     for v, u in zip(x, units, strict=True)])  # fmt: skip
