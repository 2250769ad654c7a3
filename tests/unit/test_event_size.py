"""Sizes for log-rank and Welch tests: published designs, limits, and simulated tests."""

import math

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.response import Times, logrank
from livingdrug.trial import Design, power_log_rank, power_t, power_welch, size_for_fold, size_for_hazards
from livingdrug.trial.events import event_probability, events_freedman, events_schoenfeld
from livingdrug.trial.sample_size import exact_size_t
from livingdrug.trial.welch import exact_size_welch


def test_published_numbers_of_events():
    # vignette `SurvivalOverview` of gsDesign: hazard ratio 0.7, power 0.9, one-sided 0.025
    assert math.ceil(events_schoenfeld(0.7, 0.9, 0.025, sides=1)) == 331
    # SUSTAIN-6 (Marso et al., N Engl J Med 2016;375:1834): 122 events exclude a ratio of 1.8 with power 0.9
    assert math.ceil(events_schoenfeld(1.8, 0.9, 0.05)) == 122


def test_published_size_by_freedman():
    # documentation of lifelines, after Rosner (2006): ratio 0.7, events in 25 % and 35 % of two equal arms
    assert math.ceil(events_freedman(0.7, 0.8) / (0.25 + 0.35)) == 421


def test_freedman_asks_for_more_and_agrees_for_small_effects():
    for ratio in (0.5, 0.7, 1.5):
        assert events_freedman(ratio) > events_schoenfeld(ratio)
    assert events_freedman(0.999) == pytest.approx(events_schoenfeld(0.999), rel=1e-5)
    # arms and hazards exchanged together are the same trial
    assert events_freedman(0.6, ratio=2) == pytest.approx(events_freedman(1 / 0.6, ratio=0.5))
    assert events_schoenfeld(0.6, ratio=2) == pytest.approx(events_schoenfeld(1 / 0.6, ratio=0.5))


def test_subjects_are_events_over_the_event_rate():
    answer = size_for_hazards(0.6, 0.5, Design())
    assert answer.n_exact * 2 * 0.5 == pytest.approx(events_schoenfeld(0.6), rel=1e-9)
    unequal = size_for_hazards(0.6, 0.5, Design(ratio=2.0))
    assert unequal.n_exact * 3 * 0.5 == pytest.approx(events_schoenfeld(0.6, ratio=2.0), rel=1e-9)
    assert "hazard ratio of 0.6" in answer.sentence
    assert power_log_rank(answer.n_exact, 0.6, 0.5) == pytest.approx(0.8)


def test_event_probability_is_the_mean_over_entry():
    entry = (np.arange(20_000) + 0.5) / 20_000 * 12
    mean = (1 - np.exp(-0.04 * (6 + 12 - entry))).mean()
    assert event_probability(0.04, 12, 6) == pytest.approx(mean, rel=1e-8)
    assert event_probability(0.04, 0, 6) == pytest.approx(1 - math.exp(-0.24))


def test_power_is_that_of_simulated_log_rank_tests():
    rng, n, seen, runs = np.random.default_rng(4), 60, 0, 1000
    group = np.repeat([0, 1], n)
    for _ in range(runs):
        time = rng.exponential(np.repeat([1.0, 1 / 0.6], n))
        seen += logrank(Times(np.minimum(time, 2.0), time <= 2.0), group).p_value < 0.05
    rate = (event_probability(1.0, 0, 2.0) + event_probability(0.6, 0, 2.0)) / 2
    # four Monte-Carlo errors
    assert seen / runs == pytest.approx(power_log_rank(n, 0.6, rate), abs=4 * math.sqrt(0.25 / runs))


def test_welch_with_equal_spreads_and_arms_is_the_t_test():
    assert power_welch(20, 1.4, (2.0, 2.0)) == pytest.approx(power_t(20, 0.7), rel=1e-12)
    assert exact_size_welch(1.4, (2.0, 2.0)) == pytest.approx(exact_size_t(0.7), rel=1e-9)


@pytest.mark.parametrize(("sds", "ratio"), [((1.07, 0.8), 1.0), ((1.5, 0.5), 2.0), ((0.5, 1.5), 2.0)])
def test_power_is_that_of_simulated_welch_tests(sds, ratio):
    from scipy.stats import ttest_ind

    rng, n, runs = np.random.default_rng(2), 12, 40_000
    a, b = rng.normal(0, sds[0], (runs, n)), rng.normal(1.0, sds[1], (runs, int(ratio * n)))
    seen = (ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05).mean()
    expected = power_welch(n, 1.0, sds, ratio=ratio)
    assert seen == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / runs))


def test_no_effect_has_the_power_of_chance():
    assert power_welch(15, 0.0, (1.0, 3.0)) == pytest.approx(0.05, abs=1e-10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--hazard-ratio", "0.6"], "belong together"),
        (["--effect", "1", "--event-rate", "0.5"], "belong together"),
        (["--hazard-ratio", "1", "--event-rate", "0.5"], "hazard ratio is 1"),
        (["--hazard-ratio", "-2", "--event-rate", "0.5"], "hazard ratio is -2"),
        (["--hazard-ratio", "0.6", "--event-rate", "50"], "event rate is 50"),
        (["--hazard-ratio", "0.6", "--event-rate", "0"], "event rate is 0"),
        (["--fold", "2", "--log-sd", "1", "--log-sd", "0"], "an SD is 0"),
        (["--fold", "2", "--log-sd", "1", "--log-sd", "1", "--log-sd", "1"], "given 3 times"),
        (["--fold", "2", "--log-sd", "1", "--log-sd", "1", "--model", "stein_2019"], "either --log-sd"),
    ],
)
def test_impossible_questions_are_refused(arguments, words):
    refused = CliRunner().invoke(cli, ["power", *arguments])
    assert isinstance(refused.exception, InputError)
    assert words in str(refused.exception)


def test_the_command_answers_both_questions():
    done = CliRunner().invoke(cli, ["power", "--hazard-ratio", "0.6", "--event-rate", "0.5"])
    assert done.exit_code == 0, done.output
    size = size_for_hazards(0.6, 0.5, Design()).n_per_arm
    assert f"With {size} per arm you would miss a hazard ratio of 0.6" in done.output
    done = CliRunner().invoke(cli, ["power", "--fold", "2", "--log-sd", "1.07", "--log-sd", "0.8"])
    assert f"With {size_for_fold(2, (1.07, 0.8), Design()).n_per_arm} per arm" in done.output
