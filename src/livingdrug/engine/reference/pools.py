"""Exact course of linear input pools, the states that enter the right-hand side as known functions of time.

With E[a, b, ...] the divided difference of exp(x t) in x, a first pool with decay a (its derivative is a x + u) and a second
pool with decay b, fed with rates f_j, follow

    x(t) = x0 e^(a t) + u E[0, a]          y(t) = y0 e^(b t) + v E[0, b] + sum_j f_j (x0_j E[a_j, b] + u_j E[0, a_j, b])

where u, v are zero-order inflows. Equal rates and rates of 0 are no special case.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from livingdrug.engine.codegen.compile import Pools

# below this spread of exponents the series is exact to rounding where the difference of differences is not
SERIES_BELOW = 1e-3


def pool_forcing(
    pools: Pools, p: Sequence[float], start: float, y: Sequence[float], inflow: Mapping[int, float]
) -> Callable[[float], list[float]]:
    """Course of the pools from their values `y` (all states) at time `start` under constant `inflow` (state -> rate)."""
    rates = pools.rates(*p)
    n = len(pools.first)
    decay = rates[: n + len(pools.second)]
    feeds = np.reshape(rates[len(decay) :], (len(pools.second), n)).tolist()
    begin = [(float(y[i]), float(inflow.get(i, 0.0))) for i in pools.all]

    def forcing(time: float) -> list[float]:
        t = time - start
        out = [_alone(x0, u, a, t) for (x0, u), a in zip(begin[:n], decay[:n], strict=True)]
        for (y0, v), b, feed in zip(begin[n:], decay[n:], feeds, strict=True):
            value = _alone(y0, v, b, t)
            for (x0, u), a, rate in zip(begin[:n], decay[:n], feed, strict=True):
                if rate and x0:
                    value += rate * x0 * difference(a, b, t)
                if rate and u:
                    value += rate * u * difference_of_three(0.0, a, b, t)
            out.append(value)
        return out

    return forcing


def _alone(x0: float, inflow: float, decay: float, t: float) -> float:
    value = x0 * math.exp(decay * t)
    return value + inflow * difference(0.0, decay, t) if inflow else value


def difference(a: float, b: float, t: float) -> float:
    """(e^(a t) - e^(b t)) / (a - b), and t e^(a t) where a = b; for t >= 0."""
    high, low = (a, b) if a > b else (b, a)
    z = (low - high) * t
    return t * math.exp(high * t) * (math.expm1(z) / z if z else 1.0)


def difference_of_three(a: float, b: float, c: float, t: float) -> float:
    """Second divided difference of exp(x t) at a, b and c: the integral of e^(c (t - s)) E[a, b](s) over 0 to t."""
    low, middle, high = sorted((a, b, c))
    if (high - low) * t < SERIES_BELOW:
        centre = (low + middle + high) / 3
        x, y, z = ((rate - centre) * t for rate in (low, middle, high))
        return t * t * math.exp(centre * t) * (0.5 + (x * x + y * y + z * z) / 48 + x * y * z / 120)
    return (difference(middle, high, t) - difference(low, middle, t)) / (high - low)
