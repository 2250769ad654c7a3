"""Competing risks: closed forms, limiting cases, independent computations, and the command.

Beside these, on the 177 transplants of Scrucca et al. (Bone Marrow Transplant 2010;45:1388; data not shipped) the seven
coefficients and standard errors of `fit_fine_gray` equal those published (R cmprsk) to the four digits printed.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import kstest

from livingdrug.core.errors import InputError
from livingdrug.response import (
    CompetingTimes,
    Times,
    cumulative_incidence,
    fit_cox,
    fit_fine_gray,
    gray_test,
    kaplan_meier,
    logrank,
)
from tests.commands import livingdrug

CAUSES = ("relapse", "death")


def drawn(seed, n=80, censored=True, effect=0.0, tied=False):
    """Times of two causes; the covariate multiplies the hazard of the first by exp(effect)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    first, second = np.exp(effect * x), 0.7
    time = rng.exponential(1 / (first + second))
    cause = np.where(rng.uniform(size=n) < first / (first + second), 1, 2)
    until = rng.uniform(0.2, 1.5, n) if censored else np.full(n, np.inf)
    cause, time = np.where(time <= until, cause, 0), np.minimum(time, until)
    return CompetingTimes(np.ceil(8 * time) if tied else time, cause, CAUSES), x


# ------------------------------------------------------------------------------------------- incidence


@pytest.mark.parametrize("tied", [False, True])
def test_incidences_of_all_causes_and_survival_add_up_to_one(tied):
    times, _ = drawn(1, tied=tied)
    survival = kaplan_meier(Times(times.time, times.cause > 0)).survival
    total = sum(cumulative_incidence(times, cause).incidence for cause in (1, 2))
    np.testing.assert_allclose(total + survival, 1, atol=1e-12)


def test_without_censoring_it_is_the_part_of_subjects_with_its_binomial_error():
    times, _ = drawn(2, n=200, censored=False)
    found = cumulative_incidence(times, 1)
    for t in (0.1, 0.4, 1.0):
        part = ((times.time <= t) & (times.cause == 1)).mean()
        assert found.at(t).value == pytest.approx(part)
        k = np.searchsorted(found.time, t, side="right") - 1
        assert found.error[k] ** 2 == pytest.approx(part * (1 - part) / 200, rel=1e-9)


def test_of_one_cause_it_is_one_less_kaplan_meier_with_greenwoods_error():
    times, _ = drawn(3)
    alone = CompetingTimes(times.time, np.minimum(times.cause, 1), CAUSES)
    found, curve = cumulative_incidence(alone, 1), kaplan_meier(Times(times.time, times.cause > 0))
    np.testing.assert_allclose(found.incidence, 1 - curve.survival, atol=1e-12)
    np.testing.assert_allclose(found.error[:-1], curve.error[:-1], rtol=1e-9)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Incidence of the first cause at 0.5: 1 / 1.7 * (1 - exp(-1.7 / 2))."""
    truth = (1 - np.exp(-0.85)) / 1.7
    held = []
    for seed in range(300):
        at = cumulative_incidence(drawn(1000 + seed, n=60)[0], 1).at(0.5)
        held.append(at.low <= truth <= at.high)
    assert 0.91 <= np.mean(held) <= 0.985


def test_after_the_last_subject_nothing_is_known():
    times, _ = drawn(5)
    found = cumulative_incidence(times, 1)
    assert np.isnan(found.at(99).value) and found.at(0).value == 0


# ------------------------------------------------------------------------------------------- Gray's test


@pytest.mark.parametrize("tied", [False, True])
def test_under_the_null_hypothesis_p_is_uniform(tied):
    group = np.arange(80) % 2
    p = np.array([gray_test(drawn(seed, tied=tied)[0], group).p_value for seed in range(400)])
    assert kstest(p, "uniform").pvalue > 0.01
    assert 0.025 <= (p <= 0.05).mean() <= 0.08


def test_a_difference_in_incidence_is_seen_and_its_cause_told_apart():
    times, x = drawn(11, n=400, effect=0.8)
    assert gray_test(times, x > 0, 1).p_value < 1e-4
    several = gray_test(times, np.digitize(x, [-0.5, 0.5]), 1)
    assert several.df == 2 and several.p_value < 1e-4


def test_without_competing_events_it_is_nearly_the_log_rank_test():
    times, x = drawn(12, n=200, effect=0.3)
    alone = CompetingTimes(times.time, np.where(times.cause == 2, 0, times.cause), CAUSES)
    other = logrank(alone.events_of(1), (x > 0).astype(int))
    assert gray_test(alone, x > 0).statistic == pytest.approx(other.statistic, rel=0.05)


def test_names_of_groups_and_their_order_are_without_effect():
    times, x = drawn(13)
    group = np.digitize(x, [-0.5, 0.5])
    other = np.array(["c", "a", "b"])[group]
    assert gray_test(times, group).statistic == pytest.approx(gray_test(times, other).statistic, rel=1e-9)


def test_of_one_group_or_no_event_nothing_is_determined():
    times, _ = drawn(14)
    assert np.isnan(gray_test(times, np.zeros(times.n)).statistic)
    none = CompetingTimes(times.time, np.where(times.cause == 1, 0, times.cause), CAUSES)
    assert np.isnan(gray_test(none, np.arange(times.n) % 2).statistic)


# ------------------------------------------------------------------------------------------- Fine and Gray


def test_without_censoring_it_is_a_cox_regression_of_those_who_never_have_the_event():
    times, x = drawn(21, censored=False, effect=0.5)
    late = np.where(times.cause == 2, times.time.max() + 1, times.time)
    other = fit_cox(Times(late, times.cause == 1), {"x": x}, ties="breslow")
    found = fit_fine_gray(times, {"x": x})
    assert found.coefficients[0] == pytest.approx(other.coefficients[0], abs=1e-7)
    assert found.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)


def test_without_competing_events_it_is_a_cox_regression():
    times, x = drawn(22, effect=0.5)
    alone = CompetingTimes(times.time, np.where(times.cause == 2, 0, times.cause), CAUSES)
    other = fit_cox(alone.events_of(1), {"x": x}, ties="breslow")
    found = fit_fine_gray(alone, {"x": x})
    assert found.coefficients[0] == pytest.approx(other.coefficients[0], abs=1e-7)
    assert found.errors[0] == pytest.approx(other.errors[0], rel=0.25)


@pytest.mark.parametrize("tied", [False, True])
def test_it_maximises_the_weighted_likelihood_written_out(tied):
    times, x = drawn(23, n=60, effect=0.5, tied=tied)
    z = np.column_stack([x, np.sin(3 * x)])

    def free(t):  # probability of not being censored before t
        value = 1.0
        for c in np.unique(times.time[times.cause == 0]):
            if c < t:
                value *= 1 - ((times.time == c) & (times.cause == 0)).sum() / (times.time >= c).sum()
        return value

    def loss(b):
        total = 0.0
        for i in np.flatnonzero(times.cause == 1):
            risk = 0.0
            for j in range(times.n):
                if times.time[j] >= times.time[i]:
                    risk += np.exp(z[j] @ b)
                elif times.cause[j] == 2:
                    risk += free(times.time[i]) / free(times.time[j]) * np.exp(z[j] @ b)
            total -= z[i] @ b - np.log(risk)
        return total

    found = fit_fine_gray(times, {"a": z[:, 0], "b": z[:, 1]})
    assert found.coefficients == pytest.approx(minimize(loss, [0, 0]).x, abs=1e-4)


def test_its_error_is_that_of_leaving_out_each_subject():
    times, x = drawn(24, n=120, effect=0.5)
    found = fit_fine_gray(times, {"x": x})
    left = [
        fit_fine_gray(times.of(np.arange(120) != i), {"x": x[np.arange(120) != i]}).coefficients[0] for i in range(120)
    ]
    jackknife = np.sqrt(119 / 120 * ((left - np.mean(left)) ** 2).sum())
    assert found.errors[0] == pytest.approx(jackknife, rel=0.05)


def test_causes_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="row 2"):
        CompetingTimes(np.array([1.0, 2.0]), np.array([1, 3]), CAUSES)
    with pytest.raises(InputError, match="negative"):
        CompetingTimes(np.array([1.0, -2.0]), np.array([1, 2]), CAUSES)


# ------------------------------------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    times, x = drawn(31, n=120, effect=-0.6)
    path = tmp_path_factory.mktemp("competing") / "outcomes.csv"
    pd.DataFrame(
        {
            "ID": [f"P{i}" for i in range(120)],
            "CMAX (copies/ug)": np.exp(9 + x).round(1),
            "time (d)": (times.time * 365).round(0),
            "status": np.array(["0", "relapse", "2"])[times.cause],
            "age": 50 + np.arange(120) % 20,
        }
    ).to_csv(path, index=False)
    return path


ASKED = ("--exposure", "CMAX", "--time", "time (d)", "--event", "status")


@pytest.mark.parametrize("model", ["fine-gray", "cause-specific"])
def test_the_command_says_what_exposure_does_to_each_cause(file, model, tmp_path):
    said = (*ASKED, "--cause", "relapse=relapse,death=2", "--model", model, "--adjust", "age", "--out", tmp_path / "run")
    answer = livingdrug("response", file, *said)
    assert answer.returncode == 0, answer.stderr
    words = " ".join(answer.stdout.split())
    assert "hazard of relapse by 0." in words and "Gray's test" in words and "at equal age" in words
    rows = pd.read_csv(tmp_path / "run" / "results.csv")
    last = rows.groupby(["exposure", "cause"])["incidence"].max().unstack()
    assert (last.sum(axis=1) <= 1).all() and last["relapse"].iloc[0] != last["relapse"].iloc[1]
    assert (tmp_path / "run" / "pictures" / "response.png").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cause", "relapse=relapse"), "two causes"),
        (("--cause", "relapse=relapse,death=7"), "never holds the code `7`"),
        (("--cause", "relapse=relapse,other=0"), "which is no cause"),
        (("--cause", "relapse"), "NAME=CODE"),
        (("--cause", "relapse=relapse,death=2", "--event-value", "1"), "--event-value"),
        (("--cause", "relapse=relapse,death=2", "--kind", "binary"), "--cause"),
        (("--kind", "competing"), "--cause"),
        (("--cause", "relapse=relapse,death=2", "--model", "weibull"), "fine-gray"),
    ],
)
def test_what_cannot_be_asked_is_refused(file, words, said):
    answer = livingdrug("response", file, *ASKED, *words)
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr


def few(events, censored=(), n=10):
    """Times 1 to n; events: time -> cause; censored: times; the rest have the second cause at 50."""
    time = np.array([*range(1, n + 1)], dtype=float)
    cause = np.array([0 if t in censored else events.get(t, 2) for t in range(1, n + 1)])
    return CompetingTimes(np.where(np.isin(time, [*events, *censored]), time, 50.0), cause, CAUSES)


def test_no_event_has_the_exact_bound_of_a_proportion_where_nobody_was_censored_before():
    found = cumulative_incidence(few({2: 2, 3: 2}), 1)
    for t in (0.5, 2.0, 49.0):  # before the first event, at one, after all
        at = found.at(t)
        # the n-th root of the tail: no event in n subjects (a bound below it has them with less than 2.5 %)
        assert (at.value, at.low) == (0, 0) and at.high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert np.isnan(found.at(51.0).value)


def test_no_event_after_a_censoring_has_no_interval():
    found = cumulative_incidence(few({2: 2}, censored=(4,)), 1)
    assert np.isfinite(found.at(3.0).high) and np.isfinite(found.at(4.0).high)  # seen at 4, not after it
    assert found.at(5.0).value == 0 and np.isnan([found.at(5.0).low, found.at(5.0).high]).all()


def test_an_event_of_everyone_has_the_exact_bound_too():
    times = CompetingTimes(np.arange(1.0, 8.0), np.ones(7, dtype=int), CAUSES)
    at = cumulative_incidence(times, 1).at(7.0)
    assert at.value == 1 and at.high == 1 and at.low == pytest.approx(0.025 ** (1 / 7))


@pytest.mark.parametrize(("lost", "said"), [(False, "0 (0 to 0."), (True, "0 (interval not determined)")])
def test_the_table_gives_a_group_without_events_a_bound_or_says_that_there_is_none(lost, said, tmp_path):
    rows = [(f"P{i}", 10.0 + i, float(9 + i), "relapse" if i >= 20 and i % 2 else "death") for i in range(40)]
    rows[3] = ("P3", 13.0, 1.0, "0" if lost else "death")
    pd.DataFrame(rows, columns=["ID", "CMAX (copies/ug)", "time (d)", "status"]).to_csv(tmp_path / "times.csv", index=False)
    asked = (*ASKED, "--cause", "relapse=relapse,death=death")
    answer = livingdrug("response", tmp_path / "times.csv", *asked, columns=200)
    assert answer.returncode == 0, answer.stderr
    assert said in answer.stdout and "Clopper-Pearson" in answer.stdout
    # all of the lower group had died when the first relapse of the other came
    assert "cumulative incidence of relapse, 2 groups by exposure: Gray's test not determined" in answer.stdout
