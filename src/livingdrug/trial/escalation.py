"""Dose escalation as it is planned: levels, the rule 3+3 or BOIN, and the numbers that BOIN goes by."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.simulation import Regimen
from livingdrug.trial.design import Endpoint

CONFIDENCE = 0.95  # of being too toxic, beyond which BOIN gives a level up
FEWEST = 3  # patients at a level before it may be given up


@dataclass(frozen=True)
class Level:
    """A dose level, whose toxicity comes from exactly one of: the model, an exposure, a rate.

    Parameters
    ----------
    name : str
        Name of the dose level.
    dose : float or Regimen
        Through the model, as in `Arm`.
    change : dict of str to float
        Quantity of the model (name or symbol) -> fold on its value, as in `Arm`.
    median, log_sd : float, optional
        Of a log-normal exposure.
    rate : float, optional
        Of dose-limiting toxicity, known or supposed.
    """

    name: str
    dose: float | Regimen = 1.0
    change: dict[str, float] = field(default_factory=dict, hash=False)
    median: float | None = None
    log_sd: float | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Escalation:
    """A dose-finding trial.

    Parameters
    ----------
    levels : tuple of Level
        From the lowest.
    rule : {'3+3', 'boin'}
        How the next dose is decided: the 3+3 rules, or the Bayesian optimal interval design.
    target : float
        Rate of toxicity that BOIN aims at.
    cohort : int
        Size of a cohort.
    patients : int
        Most patients.
    start : int
        Number of the first level, from 1.
    toxicity : Endpoint, optional
        The curve from exposure to dose-limiting toxicity (the grade `at_least`), needed unless every
        level has a rate.
    model, output, spread, cv, doses : optional
        As in `Trial`, needed where levels go through a model.
    peak : {'expansion', 'highest'}
        As in `Trial`: which peak `cmax` is where infused cells are counted in the output.
    """

    levels: tuple[Level, ...]
    rule: Literal["3+3", "boin"]
    target: float = 0.3
    cohort: int = 3
    patients: int = 30
    start: int = 1
    toxicity: Endpoint | None = None
    model: Model | None = None
    output: str = ""
    spread: str | None = None
    cv: float | None = None
    doses: Regimen | None = None
    peak: Literal["expansion", "highest"] = "expansion"

    @property
    def most(self) -> int:
        """The most patients that the trial can treat."""
        return 6 * len(self.levels) if self.rule == "3+3" else self.patients


def boin_boundaries(
    target: float, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """(escalate at or below, de-escalate at or above) this observed rate of toxicity.

    Liu and Yuan 2015, J R Stat Soc C 64:507, equations for the local optimal design.

    Parameters
    ----------
    target : float
        Rate of toxicity that is aimed at.
    low, high : float, optional
        Rates that are too low and too high, 0.6 and 1.4 times the target by default.

    Returns
    -------
    tuple[float, float]

    Raises
    ------
    InputError
        Unless 0 < low < target < high < 1.
    """
    low = 0.6 * target if low is None else low
    high = 1.4 * target if high is None else high
    if not 0 < low < target < high < 1:
        raise InputError(
            f"the target is {target:g} between {low:g} and {high:g}; they must rise, between 0 and 1"
        )
    down = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    up = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    return down, up


def too_toxic(toxicities, treated, target: float) -> np.ndarray:
    """Whether a level is given up: P(rate > target) > 0.95 after 3 patients or more, from a uniform prior."""
    from scipy.special import betainc

    y, n = np.asarray(toxicities), np.asarray(treated)
    return (n >= FEWEST) & (1 - betainc(1.0 + y, 1.0 + n - y, target) > CONFIDENCE)


def boin_table(target: float, patients: int, cohort: int = 1) -> list[tuple[int, int, int, int | None]]:
    """(treated, escalate at or below, de-escalate at or above, give up at or above) at one level, after each
    cohort.

    Parameters
    ----------
    target : float
        Rate of toxicity that is aimed at.
    patients : int
        At one level, at most.
    cohort : int, optional
        Patients treated at once.

    Returns
    -------
    list[tuple[int, int, int, int]] or None
    """
    down, up = boin_boundaries(target)
    rows = []
    for n in range(cohort, patients + 1, cohort):
        lost = np.flatnonzero(too_toxic(np.arange(n + 1), n, target))
        rows.append(
            (n, math.floor(down * n + 1e-9), math.ceil(up * n - 1e-9), int(lost[0]) if len(lost) else None)
        )
    return rows


def isotonic_level(toxicities: np.ndarray, treated: np.ndarray, target: float, given_up: np.ndarray) -> int:
    """The level whose isotonic estimate of toxicity is closest to the target, -1 where every tried level was
    given up.

    Pool-adjacent-violators on (y + 0.05)/(n + 0.1) weighted by the inverse of its variance, over the levels
    tried and not given up; of equal estimates the higher level below the target, the lower one above (Yan,
    Zhang, Zhou, Pan, Liu and Yuan 2020, J Stat Softw 94(13)).
    """
    from scipy.optimize import isotonic_regression

    tried = np.flatnonzero((treated > 0) & ~given_up)
    if not len(tried):
        return -1
    y, n = toxicities[tried] + 0.05, treated[tried] + 0.1
    variance = y * (n - y) / (n * n * (n + 1))
    estimate = isotonic_regression(y / n, weights=1 / variance).x + 1e-10 * np.arange(len(tried))
    return int(tried[np.argmin(np.abs(estimate - target))])
