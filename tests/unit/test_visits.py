"""Events between visits, and log-normal times: against the likelihood written out, least squares, and limiting cases."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import gumbel_l, logistic, norm

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, Times, fit_failure_time, fit_response
from tests.commands import livingdrug

RNG = np.random.default_rng(11)
N = 80
X = RNG.normal(size=N)
TRUE = np.exp(2.0 + 0.5 * X + 0.6 * RNG.normal(size=N))
VISITS = np.array([0.0, 2, 4, 7, 11, 16, 24, np.inf])
PLACE = np.searchsorted(VISITS, TRUE, side="left")
LOW, HIGH = VISITS[PLACE - 1], VISITS[PLACE]
LAW = {"weibull": gumbel_l, "loglogistic": logistic, "lognormal": norm, "exponential": gumbel_l}


def visits(low=LOW, high=HIGH):
    return Times(low, np.isfinite(high), "relapse", "d", upper=high)


def by_hand(beta, scale, law):
    with np.errstate(divide="ignore"):
        ends = [(np.log(t) - beta[0] - beta[1] * X) / scale for t in (LOW, HIGH)]
    return float(np.log(law.cdf(ends[1]) - law.cdf(ends[0])).sum())


@pytest.mark.parametrize("distribution", LAW)
def test_the_maximum_is_that_of_the_likelihood_written_out(distribution):
    fit = fit_failure_time(visits(), {"x": X}, distribution)
    law, fixed = LAW[distribution], distribution == "exponential"
    assert fit.log_likelihood == pytest.approx(by_hand(fit.coefficients, fit.scale, law), rel=1e-9)

    def loss(p):
        return -by_hand(p[:2], 1.0 if fixed else np.exp(p[2]), law)

    found = minimize(loss, np.zeros(2 if fixed else 3) + 0.1, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-6)
    np.testing.assert_allclose(fit.coefficients, found.x[:2], atol=1e-4)
    # the information is the curvature of that likelihood
    at, step, k = np.array([*fit.coefficients, *([] if fixed else [np.log(fit.scale)])]), 1e-4, 2 if fixed else 3
    bend = np.empty((k, k))
    for i, j in np.ndindex(k, k):
        a, b = step * np.eye(k)[i], step * np.eye(k)[j]
        bend[i, j] = (loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)) / (4 * step**2)
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(bend), rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("distribution", LAW)
def test_visits_that_are_close_give_the_fit_of_the_times_themselves(distribution):
    close = fit_failure_time(visits(TRUE * 0.999, TRUE * 1.001), {"x": X}, distribution)
    exact = fit_failure_time(Times(TRUE, np.ones(N, bool)), {"x": X}, distribution)
    np.testing.assert_allclose(close.coefficients, exact.coefficients, atol=1e-4)
    np.testing.assert_allclose(close.covariance, exact.covariance, rtol=1e-3, atol=1e-6)


def test_log_normal_times_without_censoring_are_least_squares_of_their_logarithms():
    fit = fit_failure_time(Times(TRUE, np.ones(N, bool)), {"x": X}, "lognormal")
    design = np.column_stack([np.ones(N), X])
    beta, rest, *_ = np.linalg.lstsq(design, np.log(TRUE), rcond=None)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-8)
    assert fit.scale == pytest.approx(np.sqrt(rest[0] / N), rel=1e-8)
    sd = np.sqrt(rest[0] / N)
    expected = norm.logpdf(np.log(TRUE), design @ beta, sd).sum() - np.log(TRUE).sum()
    assert fit.log_likelihood == pytest.approx(expected, rel=1e-10)


def test_censored_log_normal_times_have_the_likelihood_written_out():
    end, seen = np.minimum(TRUE, 9.0), TRUE <= 9.0
    fit = fit_failure_time(Times(end, seen), {"x": X}, "lognormal")

    def loss(p):
        z = (np.log(end) - p[0] - p[1] * X) / np.exp(p[2])
        return -np.where(seen, norm.logpdf(z) - p[2] - np.log(end), norm.logsf(z)).sum()

    found = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-7})
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-8)
    np.testing.assert_allclose(fit.coefficients, found.x[:2], atol=1e-5)
    with pytest.raises(InputError, match="not proportional"):
        fit.hazard_ratio("x")


def test_taking_the_visit_for_the_time_is_late_and_the_interval_is_not():
    """Half of the events of an exponential time of rate 0.1 lie before ln 2 / 0.1; visits are 8 apart."""
    rng = np.random.default_rng(3)
    t = rng.exponential(10, 4000)
    low = 8 * np.floor(t / 8)
    between = fit_failure_time(Times(low, np.ones(4000, bool), upper=low + 8), {}, "exponential")
    late = fit_failure_time(Times(low + 8, np.ones(4000, bool)), {}, "exponential")
    assert np.exp(between.coefficients[0]) == pytest.approx(10, rel=0.05)
    assert np.exp(late.coefficients[0]) > 13


def test_curves_by_exposure_are_those_of_turnbull_and_the_doubling_is_the_coefficient():
    sample = Sample(np.exp(X), LOW, "AUC28", "relapse", outcome_unit="d", upper=HIGH)
    fit = fit_response(sample, "visits", "lognormal")
    assert [g.n for g in fit.groups] == [40, 40] and sum(g.events for g in fit.groups) == np.isfinite(HIGH).sum()
    plain = fit_failure_time(visits(), {"x": X}, "lognormal")
    assert fit.ratios["time"].value == pytest.approx(2 ** plain.coefficients[1], rel=1e-8) and "hazard" not in fit.ratios
    assert set(fit_response(sample, "visits").ratios) == {"time", "hazard"}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: visits(LOW, np.where(LOW == 4, 3.0, HIGH)), "is not after the last one"),
        (lambda: fit_failure_time(visits(), {"x": X}, "gompertz"), "must be weibull"),
        (lambda: fit_failure_time(Times([1.0, 1, 2, 2], np.array([0, 0, 1, 1]) == 1, upper=np.array([np.inf, np.inf, 3, 3])),
                                  {"x": np.array([0.0, 0, 1, 1])}, "exponential"), "separates"),
        (lambda: fit_failure_time(Times([0.0, 0, 0], np.ones(3, bool), upper=np.array([5.0, 5, 5])), {}, "weibull"),
         "scale|infinite|maximum"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_the_command_reads_two_columns_of_visits(tmp_path):
    rows = [f"s{i},{e:.6g},{a:g},{'' if np.isinf(b) else f'{b:g}'}" for i, (e, a, b) in
            enumerate(zip(np.exp(X), LOW, HIGH, strict=True))]  # fmt: skip
    (tmp_path / "visits.csv").write_text("ID,CMAX,last free (d),seen (d)\n" + "\n".join(rows) + "\n")
    asked = ("response", "visits.csv", "--exposure", "CMAX", "--time", "last free", "--seen-by", "seen")
    done = livingdrug(*asked, "--model", "lognormal", "--out", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    plain = fit_failure_time(visits(), {"x": X}, "lognormal")
    assert said["kind"] == "visits" and said["coefficients"][1]["estimate"] == pytest.approx(plain.coefficients[1], rel=1e-4)
    assert (tmp_path / "out" / "results.csv").exists() and list((tmp_path / "out" / "pictures").glob("*.png"))
    for more, sentence in ((("--event", "seen"), "leave out --event"), (("--model", "cox"), "does not fit")):
        done = livingdrug(*asked, *more, cwd=tmp_path)
        assert done.returncode == 2 and sentence in " ".join(done.stderr.split()), done.stderr
