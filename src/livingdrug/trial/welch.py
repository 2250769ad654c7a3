"""Power and size of Welch's t-test: two arms whose spreads differ."""

import math

from livingdrug.core.errors import InputError
from livingdrug.trial.sample_size import check_design, noncentral_t_tail, solve_size


def power_welch(
    n: float,
    difference: float,
    sds: tuple[float, float],
    alpha: float = 0.05,
    sides: int = 2,
    ratio: float = 1.0,
) -> float:
    """Power of Welch's t-test. Noncentral t with the degrees of freedom of Welch (Biometrika 1947;34:28) and
    Satterthwaite at the true SDs: an approximation, as the test itself estimates them.

    Parameters
    ----------
    n : float
        Subjects in the first arm; the second has ratio * n (both above 1).
    difference : float
        Of the means.
    sds : tuple[float, float]
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
    from scipy.stats import t as student

    sizes = (n, ratio * n)
    parts = [sd * sd / size for sd, size in zip(sds, sizes, strict=True)]
    df = sum(parts) ** 2 / sum(part * part / (size - 1) for part, size in zip(parts, sizes, strict=True))
    critical, shift = float(student.isf(alpha / sides, df)), abs(difference) / math.sqrt(sum(parts))
    upper = noncentral_t_tail(critical, df, shift)
    return upper if sides == 1 else upper + noncentral_t_tail(critical, df, -shift)


def exact_size_welch(
    difference: float,
    sds: tuple[float, float],
    power: float = 0.8,
    alpha: float = 0.05,
    sides: int = 2,
    ratio: float = 1.0,
) -> float:
    """Real number of subjects in the first arm at which Welch's test has this power.

    Raises InputError for a difference of 0, an SD that is not above 0, and what `check_design` refuses.
    """
    check_design(power, alpha, sides, ratio)
    if not (math.isfinite(difference) and difference != 0):
        raise InputError(f"the difference is {difference:g}; it must be finite and not 0")
    for sd in sds:
        if not (math.isfinite(sd) and sd > 0):
            raise InputError(f"an SD is {sd:g}; it must be finite and above 0")
    smallest = 1.5 / min(1.0, ratio)
    return solve_size(lambda n: power_welch(n, difference, sds, alpha, sides, ratio), power, smallest)
