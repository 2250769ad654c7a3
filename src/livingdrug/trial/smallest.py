"""What so many patients can show: the smallest difference that two arms tell from none with the power asked
for."""

import math
from collections.abc import Callable
from typing import Any, cast

from livingdrug.core.errors import InputError
from livingdrug.trial.events import power_log_rank
from livingdrug.trial.power import Design
from livingdrug.trial.sample_size import check_design, power_proportions, power_t
from livingdrug.trial.welch import power_welch

WIDEST = 50.0  # SD of a difference, above which nobody looks


def _first_arm(n: int, design: Design) -> float:
    """Subjects of the first arm where the smaller one has n."""
    check_design(design.power, design.alpha, design.sides, design.ratio)
    if n < 2:
        raise InputError(f"an arm has {n} patient(s); at least 2 are needed to compare anything")
    return n / min(1.0, design.ratio)


def _where(power_of: Callable[[float], float], power: float, least: float, most: float, what: str) -> float:
    """Where a power that rises reaches the one asked for."""
    from scipy.optimize import brentq

    if power_of(most) < power:
        raise InputError(f"no {what} reaches a power of {power:g} with so few patients; enrol more of them")
    return float(
        cast(float, brentq(lambda x: power_of(x) - power, least, most, xtol=1e-13, rtol=cast(Any, 1e-13)))
    )


def smallest_effect(n: int, design: Design | None = None) -> float:
    """Difference of means over their common SD that n patients in the smaller arm show (t test).

    Parameters
    ----------
    n : int
        Patients in the smaller arm, 2 or more.
    design : Design, optional
        Power, alpha, sides and allocation; 80 % power at two-sided 5 % by default.

    Raises
    ------
    InputError
        For fewer than 2 patients, or where no difference reaches the power.
    """
    design = design or Design()
    first = _first_arm(n, design)

    def power_of(effect: float) -> float:
        return power_t(first, effect, design.alpha, design.sides, design.ratio)

    return _where(power_of, design.power, 1e-9, WIDEST, "difference of means")


def smallest_fold(n: int, log_sds: tuple[float, float], design: Design | None = None) -> float:
    """Fold change (above 1) of a log-normal exposure that n patients in the smaller arm show.

    Parameters
    ----------
    n, design
        As in `smallest_effect`.
    log_sds : (float, float)
        SD of the natural logarithm in the first and the second arm; a t test where they are one, else
        Welch's.
    """
    design = design or Design()
    for sd in log_sds:
        if not (math.isfinite(sd) and sd > 0):
            raise InputError(f"the SD of the logarithm is {sd:g}; it must be finite and above 0")
    if log_sds[0] == log_sds[1]:
        return math.exp(smallest_effect(n, design) * log_sds[0])
    first = _first_arm(n, design)

    def power_of(difference: float) -> float:
        return power_welch(first, difference, log_sds, design.alpha, design.sides, design.ratio)

    return math.exp(_where(power_of, design.power, 1e-9, WIDEST * max(log_sds), "fold change"))


def smallest_rate(n: int, rate: float, design: Design | None = None) -> float:
    """Rate above `rate`, that of the first arm, which n patients in the smaller arm tell from it (two
    proportions)."""
    design = design or Design()
    if not 0 < rate < 1:
        raise InputError(f"the rate of the first arm is {rate:g}; give a number between 0 and 1")
    first = _first_arm(n, design)

    def power_of(other: float) -> float:
        return power_proportions(first, rate, other, design.alpha, design.sides, design.ratio)

    return _where(power_of, design.power, rate + 1e-9, 1 - 1e-12, f"rate above {rate:g}")


def strongest_hazard_ratio(n: int, event_rate: float, design: Design | None = None) -> float:
    """Hazard ratio below 1, the nearest to it that n patients in the smaller arm show (log-rank test,
    Schoenfeld).

    Parameters
    ----------
    n, design
        As in `smallest_effect`.
    event_rate : float
        Part of all patients who have the event.
    """
    design = design or Design()
    if not 0 < event_rate <= 1:
        raise InputError(
            f"the part of patients with the event is {event_rate:g}; give a number above 0 and up to 1"
        )
    first = _first_arm(n, design)

    def power_of(size: float) -> float:
        return power_log_rank(first, math.exp(-size), event_rate, design.alpha, design.sides, design.ratio)

    return math.exp(-_where(power_of, design.power, 1e-9, WIDEST, "hazard ratio"))
