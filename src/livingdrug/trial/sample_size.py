"""Power and size of two-arm comparisons: means with the exact noncentral t, proportions with the normal
formula."""

import math
from collections.abc import Callable
from typing import cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.trial.quadrature import gauss_legendre

MAX_PER_ARM = 1e7
POINTS = 400  # for the integral over the variance estimate


def noncentral_t_tail(t: float, df: float, shift: float) -> float:
    """P(T > t) for T = (Z + shift) / sqrt(V / df), V chi-square with df degrees of freedom.

    Integrates Phi(shift - t sqrt(v / df)) over the density of v, which stays accurate in the far tails.
    """
    from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

    # in the root of v, which has the chi distribution, the density has no singularity for small df
    a, b = math.sqrt(2 * gammaincinv(df / 2, 1e-15)), math.sqrt(2 * gammainccinv(df / 2, 1e-15))
    x, w = gauss_legendre(POINTS)
    r = 0.5 * (b - a) * x + 0.5 * (b + a)
    density = np.exp((df - 1) * np.log(r) - 0.5 * r * r - (df / 2 - 1) * math.log(2) - gammaln(df / 2))
    return float(0.5 * (b - a) * np.sum(w * density * ndtr(shift - t * r / math.sqrt(df))))


def power_t(n: float, effect: float, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0) -> float:
    """Power of a pooled two-sample t-test.

    Parameters
    ----------
    n : float
        Subjects in the first arm (real, above 1); the second has ratio * n.
    effect : float
        Difference of means over the common SD.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).
    sides : int, optional
        1 or 2; both tails count in the two-sided test.
    ratio : float, optional
        Subjects of the second arm over those of the first.

    Returns
    -------
    float
    """
    from scipy.special import stdtrit

    df = n * (1 + ratio) - 2
    shift = abs(effect) * math.sqrt(n * ratio / (1 + ratio))
    critical = -float(stdtrit(df, alpha / sides))
    upper = noncentral_t_tail(critical, df, shift)
    return upper if sides == 1 else upper + noncentral_t_tail(critical, df, -shift)


def power_proportions(
    n: float, p1: float, p2: float, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """Power of the comparison of two proportions, pooled variance under the null, no continuity correction
    (Fleiss).

    Parameters
    ----------
    n : float
        Subjects in the first arm; the second has ratio * n.
    p1, p2 : float
        Of the first and of the second arm.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).
    sides : int, optional
        1 or 2.
    ratio : float, optional
        Subjects of the second arm over those of the first.

    Returns
    -------
    float
    """
    from scipy.special import ndtr, ndtri

    pooled = (p1 + ratio * p2) / (1 + ratio)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    alternative = math.sqrt(p1 * (1 - p1) + p2 * (1 - p2) / ratio)
    return float(ndtr((math.sqrt(n) * abs(p1 - p2) + ndtri(alpha / sides) * null) / alternative))


def enumerated_power(
    first: int, second: int, p1: float, p2: float, alpha: float = 0.05, sides: int = 2
) -> float:
    """Power of the same test in whole arms: the probability of all pairs of numbers of events that it calls
    different.

    The formula above is a normal approximation, which is off where few events are expected.
    """
    from scipy.special import ndtri
    from scipy.stats import binom

    a, b = np.arange(first + 1.0)[:, None], np.arange(second + 1.0)[None, :]
    pooled = (a + b) / (first + second)
    error = np.sqrt(pooled * (1 - pooled) * (1 / first + 1 / second))
    z = np.divide(b / second - a / first, error, out=np.zeros(error.shape), where=error > 0)
    z = np.abs(z) if sides == 2 else z * np.sign(p2 - p1)
    chance = binom.pmf(a, first, p1) * binom.pmf(b, second, p2)
    return float(chance[z >= -ndtri(alpha / sides) - 1e-12].sum())


def check_design(power: float, alpha: float, sides: int, ratio: float) -> None:
    """Raise InputError for power or alpha outside (0, 1), other sides than 1 or 2, a ratio that is not above
    0."""
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise InputError(
                f"{name} is {value:g}; it must be between 0 and 1, such as "
                f"{0.8 if name == 'power' else 0.05:g}"
            )
    if sides not in (1, 2):
        raise InputError(f"sides is {sides}; a test has 1 or 2")
    if not (math.isfinite(ratio) and ratio > 0):
        raise InputError(f"the ratio of the arms is {ratio:g}; it must be finite and above 0")
    if alpha >= power:
        raise InputError(
            f"power {power:g} is not above alpha {alpha:g}; a test that never looks would have it"
        )


def solve_size(power_of: Callable[[float], float], power: float, smallest: float) -> float:
    """The real n at which `power_of(n)` reaches `power`; `smallest` where that is enough. InputError beyond
    1e7."""
    from scipy.optimize import brentq

    if power_of(smallest) >= power:
        return smallest
    if power_of(MAX_PER_ARM) < power:
        raise InputError(
            f"the difference is so small that more than {MAX_PER_ARM:,.0f} subjects per arm would be needed"
        )
    root = brentq(
        lambda x: power_of(math.exp(x)) - power, math.log(smallest), math.log(MAX_PER_ARM), xtol=1e-12
    )
    return math.exp(cast(float, root))


def exact_size_t(
    effect: float, power: float = 0.8, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """Real number of subjects in the first arm at which the t-test has this power.

    Raises InputError for an effect of 0 and for what `check_design` refuses.
    """
    check_design(power, alpha, sides, ratio)
    if not (math.isfinite(effect) and effect != 0):
        raise InputError(
            f"the effect is {effect:g} SD; it must be finite and not 0, or no number of subjects can show it"
        )
    smallest = 3 / (1 + ratio)  # one degree of freedom
    return solve_size(lambda n: power_t(n, effect, alpha, sides, ratio), power, smallest)


def exact_size_proportions(
    p1: float, p2: float, power: float = 0.8, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """Real number of subjects in the first arm at which two proportions are told apart with this power."""
    check_design(power, alpha, sides, ratio)
    for p in (p1, p2):
        if not 0 < p < 1:
            raise InputError(f"a proportion is {p:g}; it must be between 0 and 1 (0.3 for 30 %)")
    if p1 == p2:
        raise InputError(
            f"both proportions are {p1:g}; they must differ, or no number of subjects can show it"
        )
    return solve_size(lambda n: power_proportions(n, p1, p2, alpha, sides, ratio), power, 1e-3)


def sample_size_t(effect: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Smallest whole n per arm (2 or more) whose power reaches `power`, two-sided, equal arms.

    Parameters
    ----------
    effect : float
        Difference of means over the common SD.
    power : float, optional
        That is to be reached.
    alpha : float, optional
        Probability of a false positive that the test allows (type I error).

    Returns
    -------
    int
    """
    return max(2, math.ceil(exact_size_t(effect, power, alpha) - 1e-9))
