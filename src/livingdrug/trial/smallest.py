"""What so many patients can show: the smallest difference that two arms tell from none with the power asked
for."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.trial.events import power_log_rank
from livingdrug.trial.power import Design, PowerAnswer, arms_of, power
from livingdrug.trial.sample_size import MAX_PER_ARM, check_design, power_proportions, power_t
from livingdrug.trial.welch import power_welch

WIDEST = 50.0  # SD of a difference, above which nobody looks


def _first_arm(n: int, design: Design) -> float:
    """Subjects of the first arm where the smaller one has n."""
    check_design(design.power, design.alpha, design.sides, design.ratio)
    if n < 2:
        raise InputError(f"an arm has {n} patient(s); at least 2 are needed to compare anything")
    if n > MAX_PER_ARM:
        raise InputError(f"an arm has {n:,} patients; the formulas hold for at most {MAX_PER_ARM:,.0f}")
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
    proportions).

    Parameters
    ----------
    n : int
        Patients in the smaller arm.
    rate : float
        Of the first arm.
    design : Design, optional
        Of the test.

    Returns
    -------
    float
    """
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


@dataclass(frozen=True, repr=False)
class Smallest(Shown):
    """The smallest difference that so many patients show.

    Attributes
    ----------
    quantity : str
        `fold`, `effect`, `proportions` (the rate of the second arm) or `hazard_ratio`.
    value : float
        The difference: a fold or rate upwards, an effect in SD, a hazard ratio below 1.
    opposite : float or None
        The same in the other direction (an effect only changes its sign); None where there is none.
    n_per_arm, n_total : int
        Patients in the smaller arm and in both.
    power_at_n : float
        Of these whole numbers at `value`, by the formula.
    sentence : str
        The same in words.
    power_enumerated : float, optional
        Of a comparison of proportions over all its outcomes; None elsewhere and where they are too many.
    """

    quantity: str
    value: float
    opposite: float | None
    n_per_arm: int
    n_total: int
    power_at_n: float
    sentence: str
    power_enumerated: float | None = None


@dataclass(frozen=True, repr=False)
class SmallestCurve(Shown):
    """The smallest difference that is told, over the number of patients in the smaller arm.

    Attributes
    ----------
    quantity : str
        What the values are.
    sizes : ndarray, shape (m,)
        Numbers of patients.
    values : ndarray, shape (m,)
        Smallest difference that each number of patients shows with the power wanted.
    """

    quantity: str
    sizes: np.ndarray
    values: np.ndarray

    def table(self):
        """Columns n (smaller arm) and the quantity."""
        import pandas as pd

        return pd.DataFrame({"n": self.sizes, self.quantity: self.values})

    def _frame(self):
        return self.table()


@dataclass(frozen=True)
class _Way:
    """How a kind of difference is found: at(n, design), its other direction, and the power of a value."""

    quantity: str
    at: Callable[[int, Design], float]
    opposite: Callable[[int, Design, float], float | None]
    power_of: Callable[[float, int, Design], PowerAnswer]
    words: Callable[[float, str], str]


def smallest_difference(
    n: int,
    *,
    log_sd: float | tuple[float, float] | None = None,
    control_rate: float | None = None,
    event_rate: float | None = None,
    design: Design | None = None,
) -> Smallest:
    """What n patients in the smaller of two arms show with the power of the design.

    Parameters
    ----------
    n : int
        Patients in the smaller arm, 2 or more.
    log_sd : float or (float, float), optional
        SD of the natural logarithm of an exposure, of both arms or of each: the smallest fold change.
    control_rate : float, optional
        Rate in the first arm: the smallest rate above it in the second.
    event_rate : float, optional
        Proportion of all patients who have the event: the hazard ratio nearest to 1.
        With none of the three: the smallest difference of means over their SD.
    design : Design, optional
        Power, alpha, sides and allocation; 80 % power at two-sided 5 % by default.

    Returns
    -------
    Smallest
        The difference, the power of it, and one sentence.

    Raises
    ------
    InputError
        For more than one of the three, fewer than 2 patients, or where no difference reaches the power.
    """
    design, way = design or Design(), _way(log_sd, control_rate, event_rate)
    _first_arm(n, design)  # refuses what cannot be
    whole = _in_whole_arms(n, design)
    value = way.at(n, whole)
    try:
        other = way.opposite(n, whole, value)
    except InputError:  # of rates: nothing lies so far on the other side
        other = None
    forward = way.power_of(value, n, design)
    arms = f"{n} per arm" if design.ratio == 1 else "{} in the first arm and {} in the second".format(
        *arms_of(n, design.ratio)
    )
    also = "" if other is None else f", or {other:.4g} in the other direction"
    sentence = f"With {arms}, {way.words(value, f'seen with a power of {design.power:g}')}{also}."
    return Smallest(
        quantity=way.quantity,
        value=value,
        opposite=other,
        n_per_arm=n,
        n_total=forward.n_total,
        power_at_n=forward.power_at_n,
        sentence=sentence,
        power_enumerated=forward.power_enumerated,
    )


def smallest_curve(
    n: int,
    *,
    log_sd: float | tuple[float, float] | None = None,
    control_rate: float | None = None,
    event_rate: float | None = None,
    design: Design | None = None,
) -> SmallestCurve:
    """The same for up to 30 numbers of patients around n; those that show nothing are left out.

    Parameters
    ----------
    n : int
        Patients in the smaller arm.
    log_sd : float or tuple[float, float], optional
        SD of the logarithm, for a fold change; one for each arm where they differ.
    control_rate : float, optional
        Rate of the first arm, for a difference of proportions.
    event_rate : float, optional
        Part of the subjects who have the event, for a hazard ratio.
    design : Design, optional
        Of the test.

    Returns
    -------
    SmallestCurve
    """
    design, way = design or Design(), _way(log_sd, control_rate, event_rate)
    sizes, values = [], []
    for size in sorted({*np.linspace(2, max(2 * n, 20), 29).astype(int).tolist(), n}):
        try:
            values.append(way.at(size, _in_whole_arms(size, design)))
        except InputError:
            continue
        sizes.append(size)
    return SmallestCurve(way.quantity, np.array(sizes), np.array(values))


def _in_whole_arms(n: int, design: Design) -> Design:
    """The design with the allocation that whole patients make of it."""
    first, second = arms_of(n, design.ratio)
    return replace(design, ratio=second / first)


def _way(
    log_sd: float | tuple[float, float] | None, control_rate: float | None, event_rate: float | None
) -> _Way:
    given = [
        name
        for name, value in (("log_sd", log_sd), ("control_rate", control_rate), ("event_rate", event_rate))
        if value is not None
    ]
    if len(given) > 1:
        raise InputError(
            f"give at most one of log_sd, control_rate and event_rate, not {' and '.join(given)}"
        )
    if log_sd is not None:
        return _way_of_fold(log_sd)
    if control_rate is not None:
        return _way_of_rate(control_rate)
    if event_rate is not None:
        return _Way(
            quantity="hazard_ratio",
            at=lambda n, design: strongest_hazard_ratio(n, event_rate, design),
            opposite=lambda n, design, value: 1 / value,
            power_of=lambda value, n, design: power(
                hazard_ratio=value, event_rate=event_rate, n=n, design=design
            ),
            words=lambda value, seen: f"the hazard ratio nearest to 1 that is {seen} is {value:.4g}",
        )
    return _Way(
        quantity="effect",
        at=smallest_effect,
        opposite=lambda n, design, value: None,
        power_of=lambda value, n, design: power(effect=value, n=n, design=design),
        words=lambda value, seen: f"the smallest difference of means {seen} is {value:.4g} SD",
    )


def _way_of_fold(log_sd: float | tuple[float, float]) -> _Way:
    sds = log_sd if isinstance(log_sd, tuple) else (log_sd, log_sd)
    return _Way(
        quantity="fold",
        at=lambda n, design: smallest_fold(n, sds, design),
        opposite=lambda n, design, value: 1 / value,
        power_of=lambda value, n, design: power(fold=value, log_sd=log_sd, n=n, design=design),
        words=lambda value, seen: f"the smallest change of exposure {seen} is {value:.4g}-fold",
    )


def _way_of_rate(rate: float) -> _Way:
    return _Way(
        quantity="proportions",
        at=lambda n, design: smallest_rate(n, rate, design),
        opposite=lambda n, design, value: 1 - smallest_rate(n, 1 - rate, design),
        power_of=lambda value, n, design: power(proportions=(rate, value), n=n, design=design),
        words=lambda value, seen: f"the smallest rate above {rate:g} of the first arm {seen} is {value:.4g}",
    )
