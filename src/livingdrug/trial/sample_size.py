"""Power and size of a two-arm comparison of means with the exact noncentral t distribution."""

import math

from livingdrug.core.errors import InputError

MAX_PER_ARM = 10_000_000


def power_t(n: float, effect: float, alpha: float = 0.05) -> float:
    """Power of a two-sided pooled two-sample t-test with n subjects per arm.

    effect: difference of means over the common SD. power = P(F'(1, 2n - 2, n effect^2 / 2) > F(1 - alpha; 1, 2n - 2)),
    the square of the noncentral t, which keeps the far tails where the t form loses them.
    """
    from scipy.stats import f, ncf

    df = 2 * n - 2
    return float(ncf.sf(f.isf(alpha, 1, df), 1, df, n * effect**2 / 2))


def sample_size_t(effect: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Smallest n per arm (2 or more) whose power reaches `power`.

    Raises InputError for an effect of 0, or power and alpha outside (0, 1).
    """
    if not (math.isfinite(effect) and effect != 0):
        raise InputError(f"the effect is {effect:g}; it must be finite and not 0, or no number of subjects can show it")
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise InputError(f"{name} is {value:g}; it must be between 0 and 1")
    low, high = 1, 2
    while power_t(high, effect, alpha) < power:
        low, high = high, 2 * high
        if high > MAX_PER_ARM:
            raise InputError(f"an effect of {effect:g} SD needs more than {MAX_PER_ARM:,} subjects per arm")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_t(middle, effect, alpha) >= power else (middle, high)
    return high
