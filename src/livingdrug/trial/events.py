"""How many events, and subjects, a log-rank test needs: Schoenfeld's and Freedman's formulas."""

import math

from livingdrug.core.errors import InputError
from livingdrug.trial.sample_size import check_design, solve_size


def events_schoenfeld(
    hazard_ratio: float, power: float = 0.8, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """Events (real, both arms together) by which the logarithm of the hazard ratio is told from 0.

    (z_alpha + z_power)^2 / (p q ln(hazard_ratio)^2), p and q the shares of the arms (Schoenfeld, Biometrika
    1981;68:316 and Biometrics 1983;39:499). It takes hazards as proportional and the arms' shares of those at
    risk as constant."""
    _check(hazard_ratio, power, alpha, sides, ratio)
    return _quantiles(power, alpha, sides) ** 2 * (1 + ratio) ** 2 / (ratio * math.log(hazard_ratio) ** 2)


def events_freedman(
    hazard_ratio: float, power: float = 0.8, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """The same by Freedman's formula (Stat Med 1982;1:121): (z_alpha + z_power)^2 (1 + r h)^2 / (r (1 -
    h)^2), h the hazard of the second arm over that of the first, r = ratio. With equal arms it asks for more
    than Schoenfeld's."""
    _check(hazard_ratio, power, alpha, sides, ratio)
    h = hazard_ratio
    return _quantiles(power, alpha, sides) ** 2 * (1 + ratio * h) ** 2 / (ratio * (1 - h) ** 2)


def event_probability(hazard: float, accrual: float, follow_up: float) -> float:
    """Chance that a subject has the event by the end of a trial: constant hazard, entry spread evenly over
    `accrual`, then `follow_up` after the last entry (Lachin & Foulkes, Biometrics 1986;42:507, without
    losses). Times in one unit."""
    for name, value in (("hazard", hazard), ("accrual", accrual), ("follow-up", follow_up)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"the {name} is {value:g}; it must be finite and 0 or above")
    if accrual * hazard == 0:
        return -math.expm1(-hazard * follow_up)
    return 1 + math.exp(-hazard * follow_up) * math.expm1(-hazard * accrual) / (hazard * accrual)


def power_log_rank(
    n: float, hazard_ratio: float, event_rate: float, alpha: float = 0.05, sides: int = 2, ratio: float = 1.0
) -> float:
    """Power of the log-rank test by Schoenfeld's formula. The tail on the wrong side is left out, as the
    formula does.

    Parameters
    ----------
    n : float
        Subjects in the first arm; the second has ratio * n.
    hazard_ratio : float
        That is to be seen.
    event_rate : float
        Part of the subjects of both arms together who have the event.
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

    events = n * (1 + ratio) * event_rate
    return float(
        ndtr(math.sqrt(events * ratio) / (1 + ratio) * abs(math.log(hazard_ratio)) + ndtri(alpha / sides))
    )


def exact_size_log_rank(
    hazard_ratio: float,
    event_rate: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: int = 2,
    ratio: float = 1.0,
) -> float:
    """Real number of subjects in the first arm at which the log-rank test has this power.

    Raises InputError for a hazard ratio of 1 or not above 0, and an event rate outside (0, 1].
    """
    _check(hazard_ratio, power, alpha, sides, ratio)
    if not 0 < event_rate <= 1:
        raise InputError(
            f"the event rate is {event_rate:g}; it must be above 0 and at most 1 (0.5: half have the event)"
        )
    return solve_size(lambda n: power_log_rank(n, hazard_ratio, event_rate, alpha, sides, ratio), power, 1e-3)


def _check(hazard_ratio: float, power: float, alpha: float, sides: int, ratio: float) -> None:
    check_design(power, alpha, sides, ratio)
    if not (math.isfinite(hazard_ratio) and hazard_ratio > 0 and hazard_ratio != 1):
        raise InputError(f"the hazard ratio is {hazard_ratio:g}; it must be above 0 and not 1")


def _quantiles(power: float, alpha: float, sides: int) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / sides) + ndtri(power))
