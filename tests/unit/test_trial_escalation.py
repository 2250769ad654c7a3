"""Dose escalation: published boundaries, exact probabilities, and levels through exposures."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.models import get_model
from livingdrug.response import marginal_rate
from livingdrug.trial import Endpoint, Escalation, Level, boin_boundaries, boin_table, simulate_escalation
from livingdrug.trial.escalation import isotonic_level

RATES = (0.05, 0.1, 0.2, 0.3, 0.5)


def levels(rates=RATES):
    return tuple(Level(f"L{i + 1}", rate=rate) for i, rate in enumerate(rates))


def test_boundaries_published_by_liu_and_yuan():
    """Liu and Yuan 2015, Table 1: boundaries for targets 0.15 to 0.4."""
    printed = {0.15: (0.118, 0.179), 0.2: (0.157, 0.238), 0.25: (0.197, 0.298), 0.3: (0.236, 0.358), 0.35: (0.276, 0.419),
               0.4: (0.316, 0.479)}  # fmt: skip
    for target, (low, high) in printed.items():
        assert boin_boundaries(target) == pytest.approx((low, high), abs=1e-3)


def test_decisions_at_a_target_of_30_percent():
    """The published table of numbers for cohorts of 3."""
    assert boin_table(0.3, 30, 3) == [
        (3, 0, 2, 3), (6, 1, 3, 4), (9, 2, 4, 5), (12, 2, 5, 7), (15, 3, 6, 8), (18, 4, 7, 9), (21, 4, 8, 10),
        (24, 5, 9, 11), (27, 6, 10, 12), (30, 7, 11, 14),
    ]  # fmt: skip


def exact_three_plus_three(rates):
    """Chance of picking each level (the last entry: none), by going through every path."""
    k = len(rates)

    @cache
    def up(level):
        """Paths that arrive at a level untried, from below with 3 or 6: {(choice, came from 6?): chance}."""
        p = rates[level]
        clean, rescued = (1 - p) ** 3, 3 * p * (1 - p) ** 5
        return clean, rescued, 1 - clean - rescued

    def down(level, six):
        """Choice after a level above was too toxic: level has had 3 without toxicity, or six with at most one."""
        chances = np.zeros(k + 1)
        if level < 0:
            chances[k] = 1.0
        elif six[level]:
            chances[level] = 1.0
        else:
            p = rates[level]
            good = (1 - p) ** 3 + 3 * p * (1 - p) ** 2
            chances[level] = good
            chances += (1 - good) * down(level - 1, six)
        return chances

    def arrive(level, six):
        clean, rescued, toxic = up(level)
        if level == k - 1:
            chances = toxic * down(level - 1, six)
            chances[level] += rescued
            # 0 of 3 at the top: three more there
            return chances + clean * down(level, (*six, False))
        return (
            toxic * down(level - 1, six)
            + clean * arrive(level + 1, (*six, False))
            + rescued * arrive(level + 1, (*six, True))
        )

    return arrive(0, ())


@pytest.mark.parametrize("rates", [RATES, (0.4, 0.6), (0.01, 0.02, 0.03)])
def test_three_plus_three_has_its_exact_probabilities(rates):
    answer = simulate_escalation(Escalation(levels(rates), "3+3"), 20_000, 1)
    expected = exact_three_plus_three(rates)
    found = [*(level.selected.value for level in answer.levels), answer.none.value]
    assert sum(expected) == pytest.approx(1)
    for seen, chance in zip(found, expected, strict=True):
        assert seen == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / 20_000) + 1e-9)


def test_boin_with_one_cohort_is_a_binomial():
    answer = simulate_escalation(Escalation(levels((0.3, 0.5)), "boin", patients=3), 20_000, 1)
    assert answer.none.value == pytest.approx(0.3**3, abs=0.005)
    assert answer.patients == 3
    assert answer.toxicities == pytest.approx(0.9, abs=0.02)


def test_boin_finds_the_target_more_often_than_three_plus_three():
    boin, traditional = (simulate_escalation(Escalation(levels(), rule), 4_000, 1) for rule in ("boin", "3+3"))
    assert boin.levels[3].selected.value > traditional.levels[3].selected.value + 0.15
    assert sum(level.selected.value for level in boin.levels) + boin.none.value == pytest.approx(1)
    assert boin.patients <= 30


def test_everything_toxic_ends_without_a_dose_and_early():
    answer = simulate_escalation(Escalation(levels((0.9, 0.95)), "boin"), 500, 1)
    assert answer.none.value > 0.95
    assert answer.patients < 8


def test_isotonic_choice():
    kept = np.zeros(3, dtype=bool)
    # the second and third are in the wrong order and pooled, to something between 1/6 and 1/2
    assert isotonic_level(np.array([0, 3, 1]), np.array([3, 6, 6]), 0.16, kept) == 1
    assert isotonic_level(np.array([0, 3, 1]), np.array([3, 6, 6]), 0.5, kept) == 2
    assert isotonic_level(np.array([0, 1, 0]), np.array([3, 3, 0]), 0.3, kept) == 1
    assert isotonic_level(np.array([3, 0, 0]), np.array([3, 0, 0]), 0.3, np.ones(3, dtype=bool)) == -1


def test_levels_through_an_exposure_and_through_a_model_agree():
    curve = Endpoint("toxicity", "toxicity", (0.0, 200.0), exposure="cmax", ec50=(40_000.0,), slope=1.5)
    model = get_model("stein_2019").with_values(alpha=5.0)
    folds, median = (0.5, 1.0, 2.0), model.typical["c_max"]
    given = tuple(Level(f"x {fold}", median=median * fold, log_sd=0.65) for fold in folds)
    through = tuple(Level(f"x {fold}", change={"c_max": fold}) for fold in folds)
    plan = Escalation(given, "boin", toxicity=curve)
    direct = simulate_escalation(plan, 500, 1)
    modelled = simulate_escalation(replace(plan, levels=through, model=model, spread="sd"), 500, 1)
    for fold, a, b in zip(folds, direct.levels, modelled.levels, strict=True):
        expected = marginal_rate(40_000.0, 1.5, median * fold, 0.65)
        assert a.rate == pytest.approx(expected, abs=0.01)
        assert b.rate == pytest.approx(expected, abs=0.01)


def test_who_rises_above_any_patient_is_not_without_toxicity():
    """A level near the ceiling: patients beyond it count by their exposure, so no rate falls with it."""
    curve = Endpoint("toxicity", "toxicity", (0.0, 28.0), exposure="auc", ec50=(100.0,), slope=1.5)
    made = tuple(Level(f"x {fold:g}", dose=fold) for fold in (1.0, 100.0, 1000.0))
    model = get_model("kirouac_2023")
    plan = Escalation(made, "boin", toxicity=curve, model=model, output="car_t_blood", cv=0.5, patients=30)
    found = simulate_escalation(plan, 4, 1)
    rates = [level.rate for level in found.levels]
    assert rates == sorted(rates) and rates[-1] > 0.9 and not any("without toxicity" in n for n in found.notices)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": levels((0.1,))}, "at least 2"),
        ({"levels": levels((0.1, 1.2))}, "level `L2`: rate is 1.2"),
        ({"target": 0.9}, "target is 0.9"),
        ({"start": 7}, "start is 7"),
        ({"cohort": 0}, "cohort is 0"),
        ({"levels": (Level("a", rate=0.1), Level("b", median=5.0))}, "level `b`: a median and a log_sd"),
        ({"levels": (Level("a", rate=0.1), Level("b", dose=2.0))}, "model is missing"),
        ({"levels": (Level("a", rate=0.1, median=3.0, log_sd=1.0), Level("b", rate=0.3))}, "level `a`: rate and median"),
    ],
)
def test_what_cannot_be_is_refused(changes, words):
    with pytest.raises(InputError, match=words.replace("`", ".")):
        simulate_escalation(replace(Escalation(levels(), "boin"), **changes), 10)
