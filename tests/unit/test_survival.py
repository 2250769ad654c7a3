"""Times to an event: closed forms, limits, other software, properties, the command, and what is refused."""

import json
import math
import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.response import (
    Sample,
    Times,
    coded_events,
    concordance,
    fit_cox,
    fit_failure_time,
    fit_response,
    kaplan_meier,
    logrank,
    martingale_residuals,
    median_time,
    numbers_at_risk,
    proportionality,
    restricted_mean,
    survival_at,
)
from livingdrug.response.sample.covariates import dummies
from livingdrug.response.survival.times import exposure_groups


def drawn(n=120, seed=1, slope=0.7, ties=False):
    """(times with censoring, exposure, burden) in which exposure delays the event."""
    rng = np.random.default_rng(seed)
    burden, x = rng.normal(size=n), rng.normal(size=n)
    time, end = rng.weibull(1.3, n) * np.exp(slope * x - 0.3 * burden) * 200, rng.uniform(50, 900, n)
    both = np.minimum(time, end)
    return Times(np.ceil(both / 30) if ties else both, time <= end, "progression", "d"), np.exp(5 + x), burden


def test_without_censoring_the_curve_counts_survivors():
    time = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
    curve = kaplan_meier(Times(time, np.ones(8)))
    np.testing.assert_allclose(curve.survival, [(time > t).mean() for t in curve.time], atol=1e-15)
    # Greenwood's variance is then that of a proportion
    np.testing.assert_allclose(curve.error, np.sqrt(curve.survival * (1 - curve.survival) / 8), atol=1e-15)
    mean, error = restricted_mean(curve, 9)
    assert mean == pytest.approx(time.mean())
    assert error == pytest.approx(np.std(time) / math.sqrt(8))


def test_survival_between_before_and_after_the_times():
    curve = kaplan_meier(Times([2.0, 5, 7], [1, 1, 0]))
    found = survival_at(curve, [0, 2, 4.9, 5, 7, 7.1])
    np.testing.assert_allclose(found.survival, [1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, np.nan])
    np.testing.assert_array_equal(found.at_risk, [3, 3, 2, 2, 1, 0])
    np.testing.assert_array_equal(numbers_at_risk(curve, [0, 3, 6]), [3, 2, 1])
    # who dies last takes the curve to 0, which then stays known
    assert survival_at(kaplan_meier(Times([2.0, 5], [1, 1])), 99).survival[0] == 0


def test_censored_at_the_time_of_an_event_was_at_risk_then():
    curve = kaplan_meier(Times([4.0, 4, 8], [1, 0, 1]))
    assert curve.survival[0] == pytest.approx(2 / 3)


def test_median_in_the_middle_of_a_step_at_a_half_or_never():
    assert median_time(kaplan_meier(Times([1.0, 2, 3, 4], np.ones(4)))).value == 2.5
    never = median_time(kaplan_meier(Times([1.0, 2, 3, 4], [1, 0, 0, 0])))
    assert math.isnan(never.value) and never.high == math.inf


def test_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        time, end = rng.exponential(1, 60), rng.exponential(2, 60)
        at = survival_at(kaplan_meier(Times(np.minimum(time, end), time <= end)), 0.7)
        held += at.low[0] <= math.exp(-0.7) <= at.high[0]
    assert held / 400 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 400))


def test_logrank_of_three_groups_is_that_of_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    times, exposure, _ = drawn(ties=True)
    group, _ = exposure_groups(exposure, 3)
    ours = logrank(times, group)
    statistic, p_value = survdiff(times.time, times.event.astype(int), group)
    assert ours.df == 2
    assert ours.statistic == pytest.approx(statistic, rel=1e-9)
    assert ours.p_value == pytest.approx(p_value, rel=1e-6)
    assert sum(ours.observed) == pytest.approx(sum(ours.expected)) == times.event.sum()


def test_a_group_that_left_before_the_first_event_costs_no_degree_of_freedom():
    time, event = [0.5, 0.6, 1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 1, 1, 1, 1]
    with_it = logrank(Times(time, event), ["c", "c", *"aabbab"])
    without = logrank(Times(time[2:], event[2:]), list("aabbab"))
    assert (with_it.df, with_it.statistic) == (1, pytest.approx(without.statistic))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_is_that_of_statsmodels(ties):
    from statsmodels.duration.hazard_regression import PHReg

    times, exposure, burden = drawn(ties=True)
    columns = np.column_stack([np.log(exposure), burden])
    theirs = PHReg(times.time, columns, status=times.event.astype(int), ties=ties).fit(disp=False)
    ours = fit_cox(times, {"x": columns[:, 0], "burden": burden}, ties)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_information_of_cox_is_the_curvature_of_its_likelihood(ties):
    from livingdrug.response.survival.cox import _likelihood
    from livingdrug.response.survival.risk_sets import risk_sets

    times, exposure, burden = drawn(40, ties=True)
    sets = risk_sets(times, np.column_stack([np.log(exposure), burden]), ties)
    at, step = np.array([-0.4, 0.3]), 1e-5
    _, gradient, information = _likelihood(sets, at)
    for i, e in enumerate(np.eye(2) * step):
        up, down = _likelihood(sets, at + e), _likelihood(sets, at - e)
        assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[i], rel=1e-6)
        np.testing.assert_allclose((down[1] - up[1]) / (2 * step), information[i], rtol=1e-5, atol=1e-6)


def test_without_ties_all_treatments_of_ties_agree():
    times, exposure, burden = drawn(50)
    fits = [fit_cox(times, {"x": np.log(exposure), "b": burden}, ties) for ties in ("efron", "breslow", "exact")]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.coefficients, fits[0].coefficients, rtol=1e-9)
        assert fit.log_likelihood == pytest.approx(fits[0].log_likelihood, rel=1e-12)


def test_score_test_of_two_groups_is_the_logrank_test():
    times, exposure, _ = drawn()
    tied, again, _ = drawn(ties=True)
    high = exposure > np.median(exposure)
    assert fit_cox(times, {"high": high}).score.statistic == pytest.approx(logrank(times, high).statistic, rel=1e-10)
    # with ties it is that of the exact likelihood
    high = again > np.median(again)
    assert fit_cox(tied, {"high": high}, "exact").score.statistic == pytest.approx(logrank(tied, high).statistic, rel=1e-10)


def test_martingale_residuals_add_up_to_nothing():
    times, exposure, _ = drawn(ties=True)
    for ties in ("efron", "breslow"):
        fit = fit_cox(times, {"x": np.log(exposure)}, ties)
        residuals = martingale_residuals(fit)
        assert residuals.sum() == pytest.approx(0, abs=1e-9)
        assert residuals @ np.log(exposure) == pytest.approx(0, abs=1e-6)


def test_an_effect_that_fades_is_seen_by_the_test_of_proportional_hazards():
    rng = np.random.default_rng(5)
    x = np.repeat([0.0, 1.0], 300)
    # hazard 1 at all times against 4 up to 0.3 and 1 after it
    unit = rng.exponential(1, 600)
    time = np.where(x == 0, unit, np.where(unit < 1.2, unit / 4, 0.3 + unit - 1.2))
    assert proportionality(fit_cox(Times(time, np.ones(600)), {"x": x}))["x"].p_value < 1e-6
    steady = rng.exponential(1 / (1 + 3 * x))
    assert proportionality(fit_cox(Times(steady, np.ones(600)), {"x": x}))["x"].p_value > 0.01


def test_concordance_of_perfect_and_useless_ranks():
    time = np.arange(1.0, 9)
    noisy = np.array([9.0, 7, 8, 6, 4, 5, 2, 3])
    share, error = concordance(fit_cox(Times(time, np.ones(8)), {"x": noisy}))
    assert share == pytest.approx(25 / 28)
    assert 0 < error < 0.1


def test_exponential_is_events_over_time():
    times, exposure, _ = drawn()
    high = exposure > np.median(exposure)
    rates = [times.event[rows].sum() / times.time[rows].sum() for rows in (~high, high)]
    fit = fit_failure_time(times, {"high": high}, "exponential")
    np.testing.assert_allclose(fit.coefficients, [-math.log(rates[0]), math.log(rates[0] / rates[1])], rtol=1e-8)
    # errors are those of Poisson counts
    counts = [times.event[rows].sum() for rows in (~high, high)]
    np.testing.assert_allclose(fit.errors, np.sqrt([1 / counts[0], 1 / counts[0] + 1 / counts[1]]), rtol=1e-8)
    assert fit.hazard_ratio("high").value == pytest.approx(rates[1] / rates[0])


def test_weibull_of_shape_one_is_the_exponential():
    # quantiles of an exponential: the best Weibull has almost shape 1, and at shape 1 both likelihoods are the same
    time = -np.log(1 - (np.arange(20_000) + 0.5) / 20_000)
    times = Times(time, np.ones(len(time)))
    weibull, exponential = fit_failure_time(times, {}, "weibull"), fit_failure_time(times, {}, "exponential")
    assert weibull.scale == pytest.approx(1, abs=1e-3)
    assert weibull.coefficients[0] == pytest.approx(exponential.coefficients[0], abs=1e-3)
    assert 0 <= weibull.log_likelihood - exponential.log_likelihood < 0.05


def test_weibull_and_loglogistic_are_those_of_a_general_optimiser():
    from scipy.optimize import minimize
    from scipy.stats import fisk, weibull_min

    times, exposure, _ = drawn()
    x = np.log(exposure)
    for name, law in (("weibull", weibull_min), ("loglogistic", fisk)):
        def minus(p, law=law):
            made = law(math.exp(-p[2]), scale=np.exp(p[0] + p[1] * x))
            return -np.where(times.event, made.logpdf(times.time), made.logsf(times.time)).sum()

        found = minimize(minus, [5, 0.5, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000})
        fit = fit_failure_time(times, {"x": x}, name)
        np.testing.assert_allclose([*fit.coefficients, math.log(fit.scale)], found.x, atol=1e-5, err_msg=name)
        assert fit.log_likelihood == pytest.approx(-found.fun, rel=1e-10)


def test_errors_of_weibull_are_the_curvature_of_its_likelihood():
    times, exposure, _ = drawn(60)
    x = np.log(exposure)
    fit = fit_failure_time(times, {"x": x}, "weibull")

    def likelihood(p):
        z = (np.log(times.time) - p[0] - p[1] * x) / np.exp(p[2])
        return np.where(times.event, z - p[2] - np.log(times.time), 0).sum() - np.exp(z).sum()

    at, h = np.array([*fit.coefficients, math.log(fit.scale)]), 1e-4
    steps = np.eye(3) * h
    bend = [[(likelihood(at + a + b) - likelihood(at + a - b) - likelihood(at - a + b) + likelihood(at - a - b)) / (4 * h * h)
             for a in steps] for b in steps]  # fmt: skip
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(-np.array(bend)), rtol=1e-4, atol=1e-8)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.sampled_from([1 / 30.4375, 24.0, 1e-6]))
def test_order_of_rows_and_unit_of_time_change_no_effect(seed, factor):
    times, exposure, burden = drawn(60, seed=seed, ties=True)
    order = np.random.default_rng(seed).permutation(60)
    other = Times(times.time[order] * factor, times.event[order])
    x, covariates = np.log(exposure), {"x": np.log(exposure), "b": burden}
    mixed = {name: values[order] for name, values in covariates.items()}
    for ties in ("efron", "breslow"):
        one, two = fit_cox(times, covariates, ties), fit_cox(other, mixed, ties)
        np.testing.assert_allclose(two.coefficients, one.coefficients, rtol=1e-7)
        np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-7)
        assert concordance(two) == pytest.approx(concordance(one))
    high = x > np.median(x)
    assert logrank(other, high[order]).statistic == pytest.approx(logrank(times, high).statistic)
    middle = median_time(kaplan_meier(times)).value * factor
    assert median_time(kaplan_meier(other)).value == pytest.approx(middle, nan_ok=True)
    one, two = fit_failure_time(times, covariates, "weibull"), fit_failure_time(other, mixed, "weibull")
    assert two.coefficients[0] == pytest.approx(one.coefficients[0] + math.log(factor), abs=1e-6)
    np.testing.assert_allclose([*two.coefficients[1:], two.scale], [*one.coefficients[1:], one.scale], rtol=1e-5, atol=1e-8)


def test_cox_recovers_the_hazard_ratio_it_was_drawn_with():
    rng = np.random.default_rng(11)
    estimates, errors = [], []
    for _ in range(150):
        x = rng.normal(size=100)
        time, end = rng.exponential(np.exp(-0.5 * x)), rng.exponential(2, 100)
        fit = fit_cox(Times(np.minimum(time, end), time <= end), {"x": x})
        estimates.append(fit.coefficients[0]), errors.append(fit.errors[0])
    assert np.mean(estimates) == pytest.approx(0.5, abs=4 * np.std(estimates) / math.sqrt(150) + 0.01)
    covered = np.abs(np.array(estimates) - 0.5) < 1.96 * np.array(errors)
    assert covered.mean() == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 150))


FOUR = ("P1", "P2", "P3", "P4")


@pytest.mark.parametrize(
    ("time", "event", "words"),
    [
        ([1, -2, 3, 4], [1, 0, 1, 1], "negative for P2"),
        ([1, math.nan, 3, 4], [1, 0, 1, 1], "missing or not finite for P2"),
        ([1, 2, math.inf, 4], [1, 0, 1, 1], "not finite for P3"),
        ([1, 2, 3, 4], [1, 2, 2, 1], "holds 1 and 2 .* P2, P3; say which of them is the event"),
        ([1, 2, 3, 4], [1, math.nan, 0, 1], "missing for P2"),
        ([1, 2, 3], [1, 0, 1, 1], "both need a row per subject|a row per subject"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_are_refused_by_subject(time, event, words):
    with pytest.raises(InputError, match=words):
        Times(time, event, "progression", "d", FOUR)


def test_event_codes_are_asked_for_never_guessed():
    codes = [1, 2, 2, 1]
    np.testing.assert_array_equal(coded_events(codes, FOUR, 2), [False, True, True, False])
    np.testing.assert_array_equal(coded_events(codes, FOUR, 1), [True, False, False, True])
    with pytest.raises(InputError, match="never holds the event value 3; it holds 1 and 2"):
        coded_events(codes, FOUR, 3)
    with pytest.raises(InputError, match="no third"):
        coded_events([0, 1, 2, 1], FOUR, 1)


def test_no_events_and_equal_times_are_refused_by_every_comparison():
    x = np.arange(4.0)
    ways = (
        lambda t: logrank(t, [0, 0, 1, 1]),
        lambda t: fit_cox(t, {"x": x}),
        lambda t: fit_failure_time(t, {"x": x}, "weibull"),
    )
    for way in ways:
        with pytest.raises(InputError, match="none of 4 subjects had the event"):
            way(Times([1, 2, 3, 4], [0, 0, 0, 0]))
        with pytest.raises(InputError, match="all 4 times are 7"):
            way(Times([7, 7, 7, 7], [1, 1, 0, 1]))


def test_one_group_or_groups_never_at_risk_together_are_refused():
    times = Times([1, 2, 3, 4], [1, 1, 1, 1])
    with pytest.raises(InputError, match="all 4 subjects are in one group"):
        logrank(times, ["a"] * 4)
    with pytest.raises(InputError, match="single group is at risk"):
        logrank(Times([1, 2, 3, 4], [0, 0, 1, 1]), list("aabb"))


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_infinite_hazard_ratios_are_refused_in_words(ties):
    rng = np.random.default_rng(2)
    time, event, never = np.ceil(rng.exponential(20, 80)), rng.random(80) < 0.7, np.arange(80) % 2 == 1
    event[never] = False
    with pytest.raises(InputError, match="`never` separates .* infinite"):
        fit_cox(Times(time, event), {"x": rng.normal(size=80), "never": never}, ties)
    # a combination of columns separates as well: whoever has the event is the highest at risk
    order = np.arange(30.0)
    a = rng.normal(size=30)
    with pytest.raises(InputError, match="`a` and `b` separates"):
        fit_cox(Times(order + 1, np.ones(30)), {"a": a, "b": -order - 3 * a}, ties)
    # one event on the other side is enough for a finite answer
    event[np.flatnonzero(never)[0]] = True
    assert abs(fit_cox(Times(time, event), {"never": never}, ties).coefficients[0]) < 10


def test_a_covariate_that_never_differs_among_those_at_risk_is_refused():
    # the only subject with another value leaves before the first event
    with pytest.raises(InputError, match="`x` does not differ among those at risk"):
        fit_cox(Times([1, 2, 3, 4], [0, 1, 1, 1]), {"x": [1, 0, 0, 0]})


def test_exact_ties_keep_their_digits_far_from_zero():
    from livingdrug.response.survival.cox import _likelihood
    from livingdrug.response.survival.risk_sets import risk_sets

    times = Times([1, 1, 1, 2, 2, 3], [1, 1, 0, 1, 0, 1])
    x = np.array([0.0, 300, 5, -400, -402, -1200])
    value, *_ = _likelihood(risk_sets(times, x[:, None], "exact"), np.array([1.0]))
    # of all pairs only 300 with 5 counts at time 1; at time 2 the event has the largest value but for e^-2
    assert value == pytest.approx(-5 - math.log1p(math.exp(-5)) - math.log1p(math.exp(-2)), rel=1e-12)


def test_one_event_is_too_few_for_the_test_of_proportional_hazards():
    fit = fit_cox(Times([1, 2, 3, 4], [0, 1, 0, 0]), {"x": [0.0, 1, 2, 0]})
    assert math.isnan(proportionality(fit)["x"].statistic)


def test_failure_times_without_a_finite_answer_are_refused():
    rng = np.random.default_rng(2)
    time, event, never = rng.exponential(20, 80), rng.random(80) < 0.7, np.arange(80) % 2 == 1
    event[never] = False
    for distribution in ("weibull", "exponential", "loglogistic"):
        with pytest.raises(InputError, match="`never` separates .* infinite"):
            fit_failure_time(Times(time, event), {"never": never}, distribution)
    with pytest.raises(InputError, match="all 3 events are at time 5"):
        fit_failure_time(Times([5, 5, 5, 6], [1, 1, 1, 0]), {"x": [1, 2, 3, 9]}, "weibull")
    with pytest.raises(InputError, match="is 0 for row 2, which has no logarithm"):
        fit_failure_time(Times([5, 0, 3, 6], [1, 1, 1, 0]), {}, "weibull")


def test_collinear_and_constant_covariates_are_named():
    times, exposure, burden = drawn(30)
    with pytest.raises(InputError, match="`a` and `c` are collinear"):
        fit_cox(times, {"a": exposure, "b": burden, "c": 2 * exposure + 1})
    with pytest.raises(InputError, match="`d` is 3 in all 30 rows"):
        fit_cox(times, {"d": np.full(30, 3.0)})


def test_dummies_state_their_reference():
    terms, base = dummies("site", np.array(["b", "a", "b", "", "c"], dtype=object))
    assert base == "b"
    np.testing.assert_array_equal(terms["site: a"], [0, 1, 0, np.nan, 0])
    assert dummies("site", np.array(["b", "a"], dtype=object), "a")[1] == "a"
    with pytest.raises(InputError, match="no level `z`; it has a, b"):
        dummies("site", np.array(["b", "a"], dtype=object), "z")


def test_groups_by_exposure_are_of_equal_size_and_keep_equal_exposures_together():
    group, labels = exposure_groups(np.arange(1.0, 10), 3)
    assert np.bincount(group).tolist() == [3, 3, 3]
    assert labels[0].startswith("low (≤ ")
    assert exposure_groups(np.array([0.0, 1, 1, 0]), 2)[1] == ("0", "1")
    # most share the largest exposure, which leaves the others as the lower group
    assert exposure_groups(np.array([1.0, 2, 3] + [4.0] * 8), 2)[0].tolist() == [0] * 3 + [1] * 8
    with pytest.raises(InputError, match="so few values"):
        exposure_groups(np.array([1.0] * 8 + [2, 3, 4, 5]), 4)


def test_ratio_per_doubling_is_told_from_the_log_scale_and_the_linear_one_agrees_with_its_step():
    times, exposure, burden = drawn()
    sample = Sample(exposure, times.time, "AUC28", "PFS", event=times.event.astype(float), covariates={"burden": burden})
    fit = fit_response(sample, "time")
    assert fit.ratios["hazard"].value == pytest.approx(2 ** fit.regression.coefficients[0])
    both = fit_response(sample, "time", "weibull").ratios
    assert both["time"].value > 1 > both["hazard"].value
    linear = fit_response(sample, "time", scale="linear")
    assert linear.ratios["hazard"].value == pytest.approx(math.exp(linear.per * linear.regression.coefficients[0]))
    with pytest.raises(InputError, match="not adjusted"):
        fit_response(sample, "time", "km")


def test_few_events_are_noted():
    times, exposure, _ = drawn(30, seed=3)
    event = times.event & (np.cumsum(times.event) <= 4)
    sample = Sample(exposure, times.time, "AUC28", "PFS", event=event.astype(float))
    assert any(note.startswith("4 events for 1 estimated number") for note in fit_response(sample, "time").notes)


def write(path, times, exposure, **columns):
    rows = [",".join(["ID", "AUC28 (d*cells/uL)", "PFS (d)", "status", *columns])]
    for i in range(times.n):
        cells = [f"P{i + 1}", repr(float(exposure[i])), repr(float(times.time[i])), str(int(times.event[i]) + 1)]
        rows.append(",".join([*cells, *(str(values[i]) for values in columns.values())]))
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(cli, list(arguments))


def test_command_gives_the_numbers_of_python_and_a_picture(tmp_path):
    times, exposure, burden = drawn(80)
    site = ["a", "b"] * 40
    file = write(tmp_path / "s.csv", times, exposure, burden=burden, site=site)
    common = ("response", file, "--exposure", "AUC28", "--time", "PFS", "--event", "status", "--event-value", "2")
    done = run(*common, "--adjust", "burden", "--adjust", "site=b", "--json", "--plots", str(tmp_path / "p"), "--out",
               str(tmp_path / "km.csv"))  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    x = {"x": np.log(exposure), "burden": burden, "site: a": np.array(site) == "a"}
    fit = fit_cox(times, x)
    assert [row["term"] for row in found["coefficients"]] == ["ln AUC28", "burden", "site: a"]
    np.testing.assert_allclose([row["estimate"] for row in found["coefficients"]], fit.coefficients, rtol=1e-9)
    np.testing.assert_allclose([row["se"] for row in found["coefficients"]], fit.errors, rtol=1e-9)
    assert found["log_likelihood"] == pytest.approx(fit.log_likelihood)
    assert "the reference level of `site` is b" in found["notes"]
    assert re.match(r"Each doubling of AUC28 multiplies the hazard of PFS by 0\.\d+ \(95 %", found["sentence"])
    assert (tmp_path / "p" / "response.png").stat().st_size > 10_000
    assert (tmp_path / "km.csv").read_text().startswith("exposure,time,at_risk,events")


def test_command_reads_a_landmark_and_refuses_what_it_does_not_know(tmp_path):
    times, exposure, _ = drawn(80)
    file = write(tmp_path / "s.csv", times, exposure)
    common = ("response", file, "--exposure", "AUC28", "--time", "PFS", "--event", "status")
    refused = run(*common)
    assert isinstance(refused.exception, InputError)
    assert "`status` holds 1 and 2" in str(refused.exception) and "--event-value" in str(refused.exception)
    done = run(*common, "--event-value", "2", "--kind", "time", "--model", "weibull", "--landmark", "28", "--json")
    kept = times.time > 28
    late = Times(times.time[kept] - 28, times.event[kept])
    fit = fit_failure_time(late, {"x": np.log(exposure[kept])}, "weibull")
    found = json.loads(done.stdout)
    assert found["subjects"] == kept.sum()
    np.testing.assert_allclose([row["estimate"] for row in found["coefficients"]], fit.coefficients, rtol=1e-9)


def test_picture_holds_curves_marks_of_censoring_and_numbers_at_risk():
    from livingdrug.plots import plot_survival

    times, exposure, _ = drawn(80)
    sample = Sample(exposure, times.time, "AUC28", "PFS", event=times.event.astype(float))
    fit = fit_response(sample, "time", "km", groups=3)
    upper, lower = plot_survival(fit).axes
    steps = [line for line in upper.get_lines() if line.get_drawstyle() == "steps-post"]
    for line, group in zip(steps, fit.groups, strict=True):
        np.testing.assert_allclose(line.get_ydata(), [1, *group.curve.survival])
    ticks = [line for line in upper.get_lines() if line.get_marker() == "|"]
    assert sum(len(line.get_xdata()) for line in ticks) == (~times.event).sum()
    texts = [text.get_text() for text in lower.texts]
    assert texts[0] == "at risk"
    assert [texts[1], texts[1 + (len(texts) - 1) // 3]] == [str(fit.groups[0].n), str(fit.groups[1].n)]
