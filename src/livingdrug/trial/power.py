"""The question `how many patients per arm`, answered with numbers and one plain sentence."""

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.simulation import draw_subjects, simulate
from livingdrug.trial.events import exact_size_log_rank, power_log_rank
from livingdrug.trial.result import Assured
from livingdrug.trial.sample_size import (
    enumerated_power,
    exact_size_proportions,
    exact_size_t,
    power_proportions,
    power_t,
)
from livingdrug.trial.welch import exact_size_welch, power_welch

SUBJECTS = 100_000
QUESTIONS = ("fold", "effect", "proportions", "hazard_ratio")
OUTCOMES = 4_000_000  # pairs of numbers of events that are gone through


@dataclass(frozen=True)
class Design:
    """How two arms are compared.

    Attributes
    ----------
    power : float
        That is wanted.
    alpha : float
        Type I error that the test allows, over its one or two sides.
    sides : int
        1 or 2.
    ratio : float
        Subjects of the second arm over those of the first.
    """

    power: float = 0.8
    alpha: float = 0.05
    sides: int = 2
    ratio: float = 1.0


@dataclass(frozen=True, repr=False)
class PowerAnswer(Shown):
    """How many subjects, or the power of a stated number of them.

    Attributes
    ----------
    n_exact : float
        Of the smaller arm, before it is rounded up.
    n_per_arm : int
        Whole, of the smaller arm.
    n_total : int
        Both arms.
    power_at_n : float
        Of the whole numbers (or of the n that was asked about), by the formula.
    sentence : str
        The same in words.
    power_enumerated : float, optional
        Of a comparison of proportions over all its outcomes; None elsewhere and where they are too many.
    assured : Assured, optional
        Power over draws of the estimates of a fitted model, where it was asked for.
    """

    n_exact: float
    n_per_arm: int
    n_total: int
    power_at_n: float
    sentence: str
    power_enumerated: float | None = None
    assured: Assured | None = None


def log_sd_of_auc28(
    model: Model, spread: str | None = None, seed: int = 1, subjects: int = SUBJECTS
) -> float:
    """SD of ln AUC0-28 of the model's first output over 100,000 virtual subjects.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    spread : str, optional
        Name of the between-subject variability; the first one by default.
    seed : int, optional
        Of the random streams.
    subjects : int, optional
        How many are drawn.

    Returns
    -------
    float
    """
    end = MONTH * in_a_day(model.time_unit)
    result = simulate(model, draw_subjects(model, subjects, seed, spread), times=[end], until=end)
    area = result.metric(result.outputs[0], "AUC")
    return float(np.std(np.log(area[np.isfinite(area) & (area > 0)]), ddof=1))


def effect_of_fold(fold: float, log_sd: float) -> float:
    """Effect size of a fold change on a log-normal endpoint: ln(fold) / SD of the logarithm.

    Parameters
    ----------
    fold : float
        Change of the geometric mean.
    log_sd : float
        SD of the logarithm.

    Returns
    -------
    float
    """
    if not (math.isfinite(fold) and fold > 0 and fold != 1):
        raise InputError(f"the fold change is {fold:g}; it must be above 0 and not 1")
    if not (math.isfinite(log_sd) and log_sd > 0):
        raise InputError(f"the SD of the logarithm is {log_sd:g}; it must be finite and above 0")
    return math.log(fold) / log_sd


def size_for_means(effect: float, design: Design, what: str, n: int | None = None) -> PowerAnswer:
    """Two arms compared by a t-test; `what` names the difference in the sentence. With n: the power of that
    many.

    Parameters
    ----------
    effect : float
        Difference of means over the common SD.
    design : Design
        Of the test.
    what : str
        The difference in words.
    n : int, optional
        Subjects in the smaller arm, whose power is wanted; None for the number that reaches the design's.

    Returns
    -------
    PowerAnswer
    """
    exact = exact_size_t(effect, design.power, design.alpha, design.sides, design.ratio)
    return _answer(exact, design, what, n, lambda m, r: power_t(m, effect, design.alpha, design.sides, r), 2)


def size_for_fold(
    fold: float, log_sds: tuple[float, float], design: Design, n: int | None = None
) -> PowerAnswer:
    """Two arms whose logarithms have different SDs, the first arm's first, compared by Welch's t-test.

    Parameters
    ----------
    fold : float
        Change of the geometric mean.
    log_sds : tuple[float, float]
        SDs of the logarithms of the first and of the second arm.
    design : Design
        Of the test.
    n : int, optional
        Subjects in the smaller arm, whose power is wanted; None for the number that reaches the design's.

    Returns
    -------
    PowerAnswer
    """
    effect_of_fold(fold, log_sds[0])  # refuses what cannot be
    what = f"a {fold:g}-fold change of exposure"
    exact = exact_size_welch(math.log(fold), log_sds, design.power, design.alpha, design.sides, design.ratio)

    def power_of(m: float, ratio: float) -> float:
        return power_welch(m, math.log(fold), log_sds, design.alpha, design.sides, ratio)

    return _answer(exact, design, what, n, power_of, 2, tuple(f" (log-SD {sd:g})" for sd in log_sds))


def size_for_hazards(
    hazard_ratio: float, event_rate: float, design: Design, n: int | None = None
) -> PowerAnswer:
    """Two arms compared by the log-rank test (Schoenfeld).

    Parameters
    ----------
    hazard_ratio : float
        That is to be seen.
    event_rate : float
        Share of all subjects who have the event.
    design : Design
        Of the test.
    n : int, optional
        Subjects in the smaller arm, whose power is wanted; None for the number that reaches the design's.

    Returns
    -------
    PowerAnswer
    """
    exact = exact_size_log_rank(
        hazard_ratio, event_rate, design.power, design.alpha, design.sides, design.ratio
    )

    def power_of(m: float, ratio: float) -> float:
        return power_log_rank(m, hazard_ratio, event_rate, design.alpha, design.sides, ratio)

    return _answer(exact, design, f"a hazard ratio of {hazard_ratio:g}", n, power_of, 1)


def size_for_proportions(p1: float, p2: float, design: Design, n: int | None = None) -> PowerAnswer:
    """Two arms compared by their proportions. The answer's power_enumerated is that of the same test over all
    outcomes, where they are few.

    Parameters
    ----------
    p1, p2 : float
        Of the first and of the second arm.
    design : Design
        Of the test.
    n : int, optional
        Subjects in the smaller arm, whose power is wanted; None for the number that reaches the design's.

    Returns
    -------
    PowerAnswer
    """
    exact = exact_size_proportions(p1, p2, design.power, design.alpha, design.sides, design.ratio)
    what = f"a difference of {p1:.0%} against {p2:.0%}"

    def power_of(m: float, ratio: float) -> float:
        return power_proportions(m, p1, p2, design.alpha, design.sides, ratio)

    answer = _answer(exact, design, what, n, power_of, 1, (f" ({p1:.0%})", f" ({p2:.0%})"))
    first, second = arms_of(answer.n_per_arm, design.ratio)
    if first * second > OUTCOMES:
        return answer
    return replace(
        answer, power_enumerated=enumerated_power(first, second, p1, p2, design.alpha, design.sides)
    )


def arms_of(smaller: int, ratio: float) -> tuple[int, int]:
    """(first arm, second arm) in whole subjects, with so many in the smaller one."""
    larger = math.ceil(smaller * max(ratio, 1 / ratio) - 1e-9)
    return (smaller, larger) if ratio >= 1 else (larger, smaller)


def power(
    *,
    fold: float | None = None,
    log_sd: float | tuple[float, float] | None = None,
    effect: float | None = None,
    proportions: tuple[float, float] | None = None,
    hazard_ratio: float | None = None,
    event_rate: float | None = None,
    n: int | None = None,
    design: Design | None = None,
) -> PowerAnswer:
    """How many subjects two arms need to show a difference, or the power of a stated number of them.

    Exactly one of `fold`, `effect`, `proportions` and `hazard_ratio` says which difference.

    Parameters
    ----------
    fold : float, optional
        Fold change of a log-normal exposure, compared by a t-test of its logarithms; with `log_sd`.
    log_sd : float or (float, float), optional
        SD of the natural logarithm of the exposure: of both arms, or of the first and the second one (Welch's
        test). `log_sd_of_auc28` gives that of a model's virtual subjects.
    effect : float, optional
        Difference of two means over their common SD, compared by a t-test.
    proportions : (float, float), optional
        Probability of the outcome in the first and the second arm.
    hazard_ratio : float, optional
        Compared by the log-rank test (Schoenfeld's formula); with `event_rate`.
    event_rate : float, optional
        Proportion of all subjects who have the event.
    n : int, optional
        Subjects in the smaller arm, whose power is asked for; the number that is needed by default.
    design : Design, optional
        Wanted power, significance level, sides and allocation; 80 %, 0.05, two-sided and 1:1 by default.

    Returns
    -------
    PowerAnswer
        Sizes, power and one sentence.

    Raises
    ------
    InputError
        For none or several differences, or numbers that cannot be.
    """
    asked = {"fold": fold, "effect": effect, "proportions": proportions, "hazard_ratio": hazard_ratio}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) != 1:
        raise InputError(f"give exactly one of {', '.join(QUESTIONS)}, not {' and '.join(given) or 'none'}")
    if (fold is None) != (log_sd is None):
        raise InputError("`fold` and `log_sd` belong together; give both or neither")
    if (hazard_ratio is None) != (event_rate is None):
        raise InputError("`hazard_ratio` and `event_rate` belong together; give both or neither")
    design = design or Design()
    if effect is not None:
        return size_for_means(effect, design, f"a difference of {effect:g} SD", n)
    if proportions is not None:
        return size_for_proportions(*proportions, design, n)
    if hazard_ratio is not None and event_rate is not None:
        return size_for_hazards(hazard_ratio, event_rate, design, n)
    return _of_fold(cast(float, fold), cast(float | tuple[float, float], log_sd), design, n)


def _of_fold(fold: float, log_sd: float | tuple[float, float], design: Design, n: int | None) -> PowerAnswer:
    if isinstance(log_sd, tuple):
        return size_for_fold(fold, log_sd, design, n)
    return size_for_means(effect_of_fold(fold, log_sd), design, f"a {fold:g}-fold change of exposure", n)


def _answer(
    exact: float, design: Design, what: str, n: int | None, power_of, least: int, named=("", "")
) -> PowerAnswer:
    """power_of(subjects in the first arm, those in the second over them); named: what is said behind each
    arm."""
    if n is not None and n < least:
        raise InputError(f"{n} subjects per arm were given; at least {least} are needed")
    ratio = design.ratio
    # the first arm is the smaller one when ratio is 1 or more
    smaller = exact * min(1.0, ratio)
    whole = n if n is not None else max(least, math.ceil(smaller - 1e-9))
    first, second = arms_of(whole, ratio)
    power = power_of(first, second / first)
    misses = round(10 * (1 - power))
    arms = (
        f"{whole} per arm"
        if ratio == 1
        else f"{first} in the first arm{named[0]} and {second} in the second{named[1]}"
    )
    seen = "more than 99.9 %" if power > 0.9995 else f"{power:.1%}"
    often = f"miss {what} {misses} times in 10" if 0 < misses < 10 else f"see {what} {seen} of the time"
    return PowerAnswer(smaller, whole, first + second, power, f"With {arms} you would {often}.")
