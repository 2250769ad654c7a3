"""Sample size and power: other software's numbers, simulation, and what is refused."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.models.templates import new_text
from livingdrug.models.text import from_toml
from livingdrug.trial import (
    Design,
    effect_of_fold,
    log_sd_of_auc28,
    power_t,
    sample_size_t,
    size_for_means,
    size_for_proportions,
)
from livingdrug.trial.sample_size import enumerated_power, exact_size_proportions, exact_size_t
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.power.spec import run as run_power
from tests.commands import livingdrug

FOLDER = Path(__file__).parents[3] / "shared" / "reference"


def case(name, table):
    if not (FOLDER / name).is_dir():
        pytest.skip(f"the reference case {name} is not on this machine")
    with (FOLDER / name / table).open() as lines:
        return json.loads((FOLDER / name / "answers.json").read_text())["answers"], list(csv.DictReader(lines))


def test_two_sample_t_grid_of_r():
    answers, grid = case("power_t_two_sample", "grid.csv")
    for row, exact, whole in zip(grid, answers["n_exact"], answers["n_ceiling"], strict=True):
        sides = {"two.sided": 2, "one.sided": 1}[row["alternative"]]
        n = exact_size_t(float(row["d"]), float(row["power"]), float(row["sig"]), sides)
        assert n == pytest.approx(exact, rel=1e-3), row
        assert math.ceil(n) == whole, row


def test_two_proportions_of_r():
    answers, grid = case("power_proportions_basic", "grid.csv")
    for row, exact in zip(grid, answers["n_power.prop.test"], strict=True):
        n = exact_size_proportions(float(row["p1"]), float(row["p2"]), float(row["power"]))
        assert n == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(("effect", "power", "n"), [(0.5, 0.8, 64), (0.8, 0.8, 26), (0.5, 0.9, 86)])
def test_textbook_sizes(effect, power, n):
    assert sample_size_t(effect, power) == n
    assert power_t(n, effect) >= power > power_t(n - 1, effect)


def test_power_is_that_of_simulated_t_tests():
    from scipy.stats import ttest_ind

    draws = np.random.default_rng(1)
    a, b = draws.normal(0, 1, (20_000, 12)), draws.normal(0.9, 1, (20_000, 24))
    seen = (ttest_ind(a, b, axis=1).pvalue < 0.05).mean()
    expected = power_t(12, 0.9, ratio=2.0)
    assert seen == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 20_000))


def test_no_effect_has_the_power_of_chance():
    assert power_t(30, 0.0, 0.05) == pytest.approx(0.05, abs=1e-10)
    assert power_t(30, 0.0, 0.05, sides=1) == pytest.approx(0.05, abs=1e-10)


def test_unequal_arms_are_symmetric():
    one = size_for_means(0.7, Design(ratio=2.0), "x")
    other = size_for_means(0.7, Design(ratio=0.5), "x")
    assert one.n_exact == pytest.approx(other.n_exact, rel=1e-9)
    assert (one.n_per_arm, one.n_total) == (other.n_per_arm, other.n_total)
    assert size_for_proportions(0.3, 0.5, Design()).n_per_arm == 93


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fold", "0", "--log-sd", "1"], "the fold change is 0"),
        (["--fold", "1", "--log-sd", "1"], "the fold change is 1"),
        (["--fold", "2"], "--log-sd"),
        (["--effect", "0.5", "--power", "1.2"], "power is 1.2"),
        (["--effect", "0.5", "--alpha", "0"], "alpha is 0"),
        (["--effect", "0"], "effect is 0"),
        (["--effect", "0.5", "--sides", "3"], "sides is 3"),
        (["--effect", "0.5", "--arms", "1:0"], "ratio of the arms"),
        (["--effect", "0.5", "--arms", "one"], "cannot be read"),
        (["--proportions", "0.3", "0.3"], "must differ"),
        (["--proportions", "0.3", "30"], "between 0 and 1"),
        (["--effect", "1e-9"], "more than 10,000,000"),
        (["--effect", "0.5", "--n", "1"], "at least 2"),
        (["--effect", "0.5", "--fold", "2"], "exactly one"),
        ([], "exactly one"),
        (["--fold", "2", "--model", "kirouac_2023"], "no published between-subject variability"),
        (["--effect", "0.5", "--log-sd", "3"], "--log-sd belong(s) to a fold change"),
        (["--proportions", "0.3", "0.5", "--model", "stein_2019"], "--model belong(s) to a fold change"),
    ],
)
def test_impossible_questions_are_refused(arguments, sentence):
    run = livingdrug("power", *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr and "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_the_paper_s_question_from_the_command_line():
    arguments = ["power", "--fold", "2", "--model", "stein_2019", "--variability", "variance", "--json"]
    run = livingdrug(*arguments)
    answer = json.loads(run.stdout)
    assert answer["n_per_arm"] in (38, 39)
    assert answer["n_total"] == 2 * answer["n_per_arm"]
    assert answer["power_at_n"] >= 0.8
    assert "2-fold" in answer["sentence"]


def test_the_spread_that_is_taken_is_said_where_none_is_named():
    arguments = ["power", "--fold", "2", "--model", "stein_2019", "--n", "12"]
    run = livingdrug(*arguments)
    assert "variability `sd` of stein_2019 is taken; --variability names another: variance" in run.stderr
    assert "With 12 per arm, 24 in all: power 0.49" in run.stdout
    assert "for a power of 0.8: 23.96 per arm" in run.stdout


def test_effect_of_a_fold():
    assert effect_of_fold(2.0, 1.0) == pytest.approx(math.log(2))
    with pytest.raises(InputError):
        effect_of_fold(2.0, 0.0)


def test_the_exact_power_of_two_proportions_is_a_sum_over_all_outcomes():
    from itertools import product
    from math import comb, sqrt

    n, m, p, q, total = 4, 6, 0.2, 0.7, 0.0
    for a, b in product(range(n + 1), range(m + 1)):
        pooled = (a + b) / (n + m)
        error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        if error and abs(a / n - b / m) / error >= 1.959963984540054:
            total += comb(n, a) * p**a * (1 - p) ** (n - a) * comb(m, b) * q**b * (1 - q) ** (m - b)
    assert enumerated_power(n, m, p, q) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(("arms", "words"), [("1:2", "154 in the first arm (10%) and 308 in the second (20%)"),
                                             ("2:1", "308 in the first arm (10%) and 154 in the second (20%)")])
def test_unequal_arms_are_named_with_their_rates_and_only_what_is_exact_is_called_so(arms, words):
    run = CliRunner().invoke
    printed = " ".join(run(cli, ["power", "--proportions", "0.1", "0.2", "--arms", arms, "-n", "154"]).output.split())
    assert words in printed and "normal approximation" in printed and "(exact)" not in printed
    assert "before rounding up" in printed and "The exact power of this test" in printed
    means = run(cli, ["power", "--effect", "0.5"]).output
    assert "exact noncentral t" in means and "exact power of this test" not in means


def test_the_power_is_that_of_the_whole_numbers_of_both_arms():
    answer = run_power(Power(effect=0.8, arms="3:2"))
    first = answer.n_total - answer.n_per_arm
    assert answer.power_at_n == pytest.approx(power_t(first, 0.8, ratio=answer.n_per_arm / first), abs=1e-12)


def test_auc28_is_that_of_28_days_in_whatever_unit_a_model_counts_time(tmp_path):
    """The same curve counted in days and in hours has the same exposure, so the same SD."""
    text = new_text("closed_form", "mine")
    text = text[: text.index("[[anchors]]")]
    hours = text.replace('time_unit = "d" ', 'time_unit = "h" ').replace('unit = "1/d"', 'unit = "1/h"')
    hours = hours.replace('unit = "d"', 'unit = "h"').replace("until = 90.0", "until = 2160.0")
    slower = {"growth = 0.6": "growth = 0.025", "t_peak = 10.0": "t_peak = 240.0", "= 0.1 }": "= 0.00416666666667 }"}
    for value, other in slower.items():
        assert value in hours
        hours = hours.replace(value, other)
    found = [log_sd_of_auc28(from_toml(one, "mine.toml"), subjects=2000) for one in (text, hours)]
    assert found[1] == pytest.approx(found[0], rel=1e-6) and found[0] > 0.5
