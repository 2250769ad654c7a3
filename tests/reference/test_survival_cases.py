"""Time-to-event cases with known answers: R's survival package and Therneau's closed forms, every number of each."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from livingdrug.response import (
    Times,
    coded_events,
    concordance,
    fit_cox,
    fit_failure_time,
    kaplan_meier,
    logrank,
    martingale_residuals,
    median_time,
    proportionality,
    restricted_mean,
    survival_at,
)

FOLDER = Path(__file__).parents[3] / "shared" / "reference"


def case(name, table):
    """(answers, column -> texts)."""
    if not (FOLDER / name).is_dir():
        pytest.skip(f"the reference case {name} is not on this machine")
    with (FOLDER / name / table).open() as lines:
        rows = list(csv.DictReader(lines))
    answers = json.loads((FOLDER / name / "answers.json").read_text())["answers"]
    return answers, {key: np.array([row[key] for row in rows]) for key in rows[0]}


def gehan():
    answers, table = case("tte_gehan", "gehan.csv")
    return answers, Times(table["time"].astype(float), table["cens"].astype(float)), table["treat"]


def lung():
    answers, table = case("tte_lung", "lung.csv")
    subjects = tuple(f"row {i + 1}" for i in range(len(table["time"])))
    event = coded_events(table["status"].astype(float), subjects, event_value=2)
    return answers, Times(table["time"].astype(float), event, "death", "d"), table


def therneau():
    answers, table = case("tte_therneau_exact1", "therneau_test1.csv")
    return answers, Times(table["time"].astype(float), table["status"].astype(float)), table["x"].astype(float)


def check_curve(curve, expected):
    found = survival_at(curve, expected["time"])
    np.testing.assert_array_equal(found.at_risk, expected["n.risk"])
    names = {"survival": "surv", "error": "std.err", "low": "lower", "high": "upper"}
    for ours, theirs in names.items():
        np.testing.assert_allclose(getattr(found, ours), expected[theirs], rtol=1e-10, err_msg=ours)


def check_test(found, expected, rtol=1e-6):
    assert found.statistic == pytest.approx(expected[0], rel=rtol)
    assert found.df == expected[1]
    assert found.p_value == pytest.approx(expected[2], rel=rtol)


def check_cox(fit, expected, rtol=1e-6):
    np.testing.assert_allclose(fit.coefficients, list(expected["coef"].values()), rtol=rtol)
    np.testing.assert_allclose(fit.errors, list(expected["se"].values()), rtol=rtol)
    np.testing.assert_allclose([fit.null_log_likelihood, fit.log_likelihood], expected["loglik"], rtol=1e-6)
    check_test(fit.likelihood_ratio, expected["lr"])
    check_test(fit.score, expected["score"])
    # R rounds this statistic to two decimals and keeps the p value in full
    assert round(fit.wald.statistic, 2) == expected["wald"][0]
    assert fit.wald.df == expected["wald"][1]
    assert fit.wald.p_value == pytest.approx(expected["wald"][2], rel=1e-6)
    np.testing.assert_allclose(concordance(fit), expected["concordance"], rtol=1e-6)


@pytest.mark.parametrize(("group", "key", "row"), [("control", "km_control", 0), ("6-MP", "km_6MP", 1)])
def test_gehan_curves_and_medians(group, key, row):
    answers, times, treat = gehan()
    curve = kaplan_meier(times.of(treat == group))
    check_curve(curve, answers[key])
    median = median_time(curve)
    low, high = answers["median_ci_loglog"][row]
    assert (median.value, median.low) == (answers["median"][row], low)
    assert median.high == (math.inf if high is None else high)


def test_gehan_group_tests():
    answers, times, treat = gehan()
    assert logrank(times, treat).statistic == pytest.approx(answers["logrank_chisq"], rel=1e-6)
    assert logrank(times, treat, "peto").statistic == pytest.approx(answers["peto_chisq"], rel=1e-6)


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_gehan_cox(ties):
    answers, times, treat = gehan()
    check_cox(fit_cox(times, {"treat6-MP": treat == "6-MP"}, ties), answers[f"cox_{ties}"])


@pytest.mark.parametrize("distribution", ["weibull", "exponential"])
def test_gehan_failure_times(distribution):
    answers, times, treat = gehan()
    fit, expected = fit_failure_time(times, {"treat6-MP": treat == "6-MP"}, distribution), answers[distribution]
    np.testing.assert_allclose(fit.coefficients, list(expected["coef"].values()), rtol=1e-4)
    np.testing.assert_allclose([fit.null_log_likelihood, fit.log_likelihood], expected["loglik"], rtol=1e-6)
    assert fit.scale == pytest.approx(expected.get("scale", 1.0), rel=1e-4)
    if "se" in expected:
        np.testing.assert_allclose(fit.errors, expected["se"], rtol=1e-4)


@pytest.mark.parametrize("sex", ["1", "2"])
def test_lung_curves_medians_and_restricted_means(sex):
    answers, times, table = lung()
    row = int(sex) - 1
    curve = kaplan_meier(times.of(table["sex"] == sex), interval="log")
    check_curve(curve, answers[f"km_sex{sex}"])
    median = median_time(curve)
    # the first table restricts means to the last time of both groups, the second to a year
    for until, key in ((times.time.max(), "table"), (365, "rmean_365")):
        records, most, start, events, mean, error, middle, low, high = answers[key][row]
        assert records == most == start == curve.at_risk[0]
        assert events == curve.events.sum()
        np.testing.assert_allclose(restricted_mean(curve, until), [mean, error], rtol=1e-10)
        assert (median.value, median.low, median.high) == (middle, low, high)


def test_lung_logrank():
    answers, times, table = lung()
    assert logrank(times, table["sex"]).statistic == pytest.approx(answers["logrank_chisq"], rel=1e-6)


def test_lung_cox_and_proportionality():
    answers, times, table = lung()
    known = table["ph.ecog"] != ""
    names = ("age", "sex", "ph.ecog")
    fit = fit_cox(times.of(known), {name: table[name][known].astype(float) for name in names})
    check_cox(fit, answers["cox"])
    for found, expected in zip(proportionality(fit).values(), answers["zph"], strict=True):
        check_test(found, expected)


def test_lung_loglogistic():
    answers, times, table = lung()
    fit, expected = fit_failure_time(times, {"sex": table["sex"].astype(float)}, "loglogistic"), answers["loglogistic"]
    np.testing.assert_allclose(fit.coefficients, list(expected["coef"].values()), rtol=1e-4)
    assert fit.scale == pytest.approx(expected["scale"], rel=1e-4)
    np.testing.assert_allclose([fit.null_log_likelihood, fit.log_likelihood], expected["loglik"], rtol=1e-6)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_therneau_by_hand(ties):
    answers, times, x = therneau()
    fit = fit_cox(times, {"x": x}, ties)
    check_cox(fit, answers[ties], rtol=1e-8)
    if ties == "breslow":
        assert fit.coefficients[0] == pytest.approx(answers["breslow_closed_form_beta"], abs=1e-8)
        np.testing.assert_allclose(martingale_residuals(fit), answers["martingale_breslow"], atol=1e-8)
    else:
        assert math.exp(fit.coefficients[0]) == pytest.approx(answers["efron_closed_form_r"], rel=1e-8)
