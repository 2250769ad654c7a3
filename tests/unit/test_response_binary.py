"""Binary fits: closed forms, statsmodels' answers, recovery, separation, and what is refused."""

import numpy as np
import pytest
from scipy.special import expit

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, exposure_at_profile, fit_binary, observed_rates, probability, probability_band


def sample(n=120, seed=5, slope=0.9, ceiling=1.0, burden=0.0) -> Sample:
    rng = np.random.default_rng(seed)
    load = rng.normal(size=n)
    exposure = np.exp(12 + burden * load + rng.normal(size=n))
    p = ceiling * expit(slope * (np.log(exposure) - 12) + burden * load)
    covariates = {"burden": load} if burden else {}
    return Sample(exposure, (rng.random(n) < p).astype(float), "AUCINT", "ORR", "d*copies/ug", covariates=covariates)


def test_adjusted_fit_is_that_of_statsmodels():
    import statsmodels.api as sm

    s = sample(burden=0.7)
    columns = np.column_stack([np.ones(s.n), np.log(s.exposure), s.covariates["burden"]])
    theirs = sm.GLM(s.outcome, columns, family=sm.families.Binomial()).fit(tol=1e-14)
    ours = fit_binary(s)
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)
    without = sm.GLM(s.outcome, columns[:, [0, 2]], family=sm.families.Binomial()).fit(tol=1e-14)
    from scipy.stats import chi2

    assert ours.p_value == pytest.approx(chi2.sf(2 * (theirs.llf - without.llf), 1), rel=1e-6)


def test_profile_ends_lie_where_the_likelihood_has_fallen_by_half_the_quantile():
    import statsmodels.api as sm

    s = sample()
    fit = fit_binary(s)
    x = np.log(s.exposure)
    for end in fit.intervals[1]:
        held = sm.GLM(s.outcome, np.ones(s.n), family=sm.families.Binomial(), offset=end * x).fit(tol=1e-14)
        assert 2 * (fit.log_likelihood - held.llf) == pytest.approx(3.841458820694124, rel=1e-6)
    half = exposure_at_profile(fit, 0.5)
    for end in (half.low, half.high):
        held = sm.GLM(s.outcome, (x - np.log(end))[:, None], family=sm.families.Binomial()).fit(tol=1e-14)
        assert 2 * (fit.log_likelihood - held.llf) == pytest.approx(3.841458820694124, rel=1e-6)


def test_unit_of_exposure_changes_nothing_but_the_intercept():
    s = sample()
    small = Sample(s.exposure * 1e-9, s.outcome)
    one, other = fit_binary(s), fit_binary(small)
    assert other.estimates[1] == pytest.approx(one.estimates[1], rel=1e-9)
    assert exposure_at_profile(other, 0.5).high * 1e9 == pytest.approx(exposure_at_profile(one, 0.5).high, rel=1e-6)


def test_groups_and_their_subjects_have_the_same_slope():
    exposure, events, trials = np.array([1.0, 3.0, 9.0, 20.0]), np.array([1, 3, 5, 9]), np.array([10, 9, 8, 10])
    grouped = fit_binary(Sample(exposure, events, trials=trials))
    each = np.concatenate([[1.0] * k + [0.0] * (n - k) for k, n in zip(events, trials, strict=True)])
    single = fit_binary(Sample(np.repeat(exposure, trials), each))
    np.testing.assert_allclose(grouped.estimates, single.estimates, rtol=1e-9)
    np.testing.assert_allclose(grouped.intervals, single.intervals, rtol=1e-7)


@pytest.mark.parametrize("counts", [(3, 20, 0, 10), (0, 7, 9, 9), (4, 11, 5, 12)])
def test_firth_adds_a_half_to_each_cell_of_a_table(counts):
    """A saturated 2 by 2 table: Firth's estimate is the log odds with 1/2 added to each cell, zeros or not."""
    k0, n0, k1, n1 = counts
    fit = fit_binary(Sample(np.array([0.0, 1.0]), np.array([k0, k1]), trials=np.array([n0, n1])), "firth", "linear")
    first, second = np.log((k0 + 0.5) / (n0 - k0 + 0.5)), np.log((k1 + 0.5) / (n1 - k1 + 0.5))
    np.testing.assert_allclose(fit.estimates, [first, second - first], rtol=1e-7)
    assert np.isfinite(fit.intervals).all()


def test_firth_is_finite_where_logistic_has_no_answer():
    s = Sample(np.array([1.0, 2, 3, 4, 10, 20, 30, 40]), np.array([0.0] * 4 + [1.0] * 4), "CMAX", "CRS")
    with pytest.raises(InputError, match=r"`ln CMAX` tells .* \(complete separation\).*--model firth"):
        fit_binary(s)
    fit = fit_binary(s, "firth")
    assert 0 < fit.estimates[1] < 10 and fit.errors[1] < 10
    assert fit.intervals[1, 0] > 0
    assert fit.penalised_log_likelihood > fit.log_likelihood - 10


@pytest.mark.parametrize(
    ("exposure", "outcome", "word"),
    [([1, 2, 3, 4, 5, 5, 6, 7], [0, 0, 0, 0, 0, 1, 1, 1], "quasi-complete"),
     ([1, 1, 1, 1, 2, 2, 2, 2], [0, 1, 0, 1, 1, 1, 1, 1], "quasi-complete"),
     ([9, 8, 7, 6, 4, 3, 2, 1], [0, 0, 0, 0, 1, 1, 1, 1], "complete")],
)  # fmt: skip
def test_separation_is_named(exposure, outcome, word):
    with pytest.raises(InputError, match=rf"\({word} separation\)"):
        fit_binary(Sample(np.array(exposure, float), np.array(outcome, float)))


def test_separation_by_a_covariate_alone_is_seen():
    s = sample(n=40)
    s = Sample(s.exposure, s.outcome, covariates={"burden": s.outcome + 0.1 * np.arange(40) / 40})
    with pytest.raises(InputError, match="`burden`.*separation"):
        fit_binary(s)


def test_nearly_separated_data_are_fitted():
    outcome = np.array([0, 0, 0, 1, 0, 1, 1, 1.0])
    fit = fit_binary(Sample(np.arange(1.0, 9.0), outcome))
    assert np.isfinite(fit.estimates).all() and fit.estimates[1] < 20


def test_hill_recovers_the_curve_that_made_the_data():
    rng = np.random.default_rng(8)
    exposure = np.exp(rng.normal(0, 2, 6000))
    truth = 0.7 * exposure**1.3 / (2.0**1.3 + exposure**1.3)
    s = Sample(exposure, (rng.random(6000) < truth).astype(float))
    fit = fit_binary(s, "hill")
    truths = [-1.3 * np.log(2), 1.3, np.log(0.7 / 0.3)]
    assert (np.abs(fit.estimates - truths) < 3 * fit.errors).all()
    assert (fit.intervals[:, 0] < truths).all() and (truths < fit.intervals[:, 1]).all()
    assert np.abs(probability(fit.curve, exposure) - truth).max() < 0.05
    assert fit_binary(s, "logistic").log_likelihood < fit.log_likelihood - 5


def test_emax_holds_the_slope_at_one():
    fit = fit_binary(sample(n=600, seed=2, slope=1.0, ceiling=0.6), "emax")
    assert fit.estimates[1] == pytest.approx(1.0, abs=1e-12) and fit.errors[1] < 1e-12
    assert fit.curve.ceiling == pytest.approx(0.6, abs=0.1)


def test_a_ceiling_that_the_data_do_not_determine_is_refused():
    s = Sample(np.array([1.0, 2, 4, 8, 16, 32]), np.array([0, 1, 3, 6, 9, 10]), trials=np.full(6, 10))
    with pytest.raises(InputError, match="do not determine an Emax below 1.*--model logistic"):
        fit_binary(s, "hill")


def test_band_holds_the_curve_and_is_widest_at_the_ends():
    fit = fit_binary(sample())
    at = np.geomspace(fit.sample.exposure.min(), fit.sample.exposure.max(), 50)
    low, high = probability_band(fit.curve, at)
    p = probability(fit.curve, at)
    assert ((low < p) & (p < high)).all()


def test_observed_rates_are_exact():
    rates = observed_rates(Sample(np.arange(1.0, 21.0), np.repeat([0.0, 1.0], 10)), np.repeat([0.0, 1.0], 10))
    assert [(g.events, g.n) for g in rates] == [(0, 5), (0, 5), (5, 5), (5, 5)]
    assert rates[0].high == pytest.approx(1 - 0.025**0.2) and rates[3].low == pytest.approx(0.025**0.2)


@pytest.mark.parametrize(
    ("made", "model", "message"),
    [
        (lambda: Sample(np.arange(1.0, 11), np.zeros(10), endpoint="CRS"), "logistic", "`CRS` does not vary: none of 10"),
        (lambda: Sample(np.arange(1.0, 11), np.ones(10), endpoint="CRS"), "firth", "each of 10 has the event"),
        (lambda: Sample(np.arange(0.0, 10), np.arange(10) % 2, subjects=tuple("ABCDEFGHIJ")), "logistic",
         "0 or negative for A, which has no logarithm"),
        (lambda: Sample(np.full(10, 3.0), np.arange(10) % 2, "CMAX"), "logistic", "`ln CMAX` is 1.09861 in all 10 rows"),
        (lambda: Sample(np.array([1.0, 2, 3]), np.array([0, 1, 0])), "logistic", "3 subjects are too few"),
        (lambda: Sample(np.arange(1.0, 11), np.arange(10) % 2, covariates={"burden": 2 * np.log(np.arange(1.0, 11)) + 3}),
         "logistic", "`ln exposure` and `burden` are collinear"),
        (lambda: Sample(np.arange(1.0, 11), np.arange(10) % 2, covariates={"a": np.arange(10.0), "b": np.arange(10.0) * 1e9}),
         "firth", "`a` and `b` are collinear"),
        (lambda: Sample(np.arange(1.0, 5), np.array([1, 2, 3, 9]), trials=np.full(4, 5), subjects=("g1", "g2", "g3", "g4")),
         "logistic", "is 9 of 5 for g4"),
        (lambda: Sample(np.arange(1.0, 11), np.arange(10) % 2), "tobit", "unknown model for a binary outcome `tobit`"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(made, model, message):
    with pytest.raises(InputError, match=message):
        fit_binary(made(), model)


def test_a_missing_value_is_refused_and_named():
    with pytest.raises(InputError, match="`exposure` is not a number for B"):
        Sample(np.array([1.0, np.nan, 2.0]), np.array([0, 1, 0]), subjects=("A", "B", "C"))


def test_an_exact_interval_is_that_of_scipy():
    from scipy.stats import binomtest

    from livingdrug.response.sample.observed import clopper_pearson

    for k, n in ((0, 7), (3, 20), (7, 7)):
        theirs = binomtest(k, n).proportion_ci(0.9, method="exact")
        np.testing.assert_allclose(clopper_pearson(k, n, 0.9), [theirs.low, theirs.high], rtol=1e-9)


def test_a_flat_curve_is_shown_and_says_that_it_tells_nothing():
    from livingdrug.workflows.response.binary import levels, sentence

    fit = fit_binary(Sample(np.tile([1.0, 2.0], 8), np.repeat([0.0, 1.0], 8)))
    assert all(np.isnan(at.value) or not np.isfinite(at.high) for _, at in levels(fit))
    assert "do not tell whether exposure matters" in sentence(fit)
