"""Curves by least squares: exact data, derivatives, independent profiles, and parameters that the data leave open."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, exposure_at_share, fit_continuous, fit_least_squares, predict
from livingdrug.response.models.continuous import curve_of
from livingdrug.response.models.least_squares import jacobian

DOSES = np.repeat([0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0], 3)
TRUE = {
    "emax": [50.0, 12.0], "emax-baseline": [5.0, 50.0, 12.0], "hill": [55.0, np.log(12.0), 0.6],
    "4pl": [5.0, 55.0, np.log(12.0), 0.6],
}  # fmt: skip


@pytest.mark.parametrize("model", TRUE)
@pytest.mark.parametrize("noise", [1e-9, 1.0])
def test_the_curve_that_made_the_data_comes_back(model, noise):
    y = curve_of(model, np.array(TRUE[model]), DOSES) + noise * np.random.default_rng(3).normal(size=len(DOSES))
    fit = fit_continuous(Sample(DOSES, y), model)
    assert (np.abs(fit.estimates - TRUE[model]) < 3.5 * fit.errors).all()
    if noise < 1e-3:
        np.testing.assert_allclose(fit.estimates, TRUE[model], rtol=1e-7)
    half = exposure_at_share(fit, 0.5)
    assert half.low < 12.0 < half.high


@pytest.mark.parametrize("model", TRUE)
def test_derivatives_are_those_of_differences(model):
    at = np.array(TRUE[model])
    exact = jacobian(lambda p: curve_of(model, p, DOSES), at)
    for j in range(len(at)):
        step = np.zeros(len(at))
        step[j] = 1e-6 * abs(at[j])
        difference = (curve_of(model, at + step, DOSES) - curve_of(model, at - step, DOSES)) / (2 * step[j])
        np.testing.assert_allclose(exact[:, j], difference, rtol=1e-6, atol=1e-8)


def test_profile_of_a_straight_line_is_the_t_interval():
    """For a linear model the profile is exact: estimate +- t s/sqrt(sum of squares)."""
    from livingdrug.response.models.least_squares import profile

    x, y = np.arange(8.0), np.array([1.0, 2.2, 2.8, 4.5, 4.9, 6.3, 7.1, 7.7])
    line = lambda p: p[0] + p[1] * x  # noqa: E731
    fit = fit_least_squares(line, y, [0.0, 0.0])
    slope, start = np.polyfit(x, y, 1)
    np.testing.assert_allclose(fit.estimates, [start, slope], rtol=1e-10)
    from scipy.stats import t

    reach = t.ppf(0.975, 6) * fit.sigma / np.sqrt(((x - x.mean()) ** 2).sum())
    np.testing.assert_allclose(profile(line, y, fit, 1, 0.95), [slope - reach, slope + reach], rtol=1e-8)


def test_falling_curves_and_covariates():
    rng = np.random.default_rng(5)
    age = rng.normal(size=len(DOSES))
    y = 80 - 50 * DOSES / (12 + DOSES) + 4 * age + 0.5 * rng.normal(size=len(DOSES))
    fit = fit_continuous(Sample(DOSES, y, covariates={"age": age}), "emax-baseline")
    assert fit.terms == ("E0", "Emax", "EC50", "age")
    np.testing.assert_allclose(fit.estimates, [80 + 4 * age.mean(), -50, 12, 4], rtol=0.08)
    value, low, high = predict(fit, [0.0, 10.0])
    assert (low < value).all() and (value < high).all()


def test_a_curve_that_does_not_level_off_gets_no_standard_error():
    rng = np.random.default_rng(2)
    x = np.tile(np.arange(1.0, 9.0), 2)
    y = 20 * x / (30 + x) + 0.3 * rng.normal(size=16)
    fit = fit_continuous(Sample(x, y), "emax")
    assert np.isnan(fit.errors).all() and np.isinf(fit.intervals[:, 1]).all()
    assert "do not determine Emax, EC50" in fit.notes[0]


@pytest.mark.parametrize(
    ("x", "y", "model", "message"),
    [
        (np.arange(1.0, 11), np.full(10, 2.0), "emax", "`outcome` does not vary: it is 2 in all 10 rows"),
        (np.full(10, 2.0), np.arange(10.0), "emax", "`exposure` does not vary"),
        (np.arange(-1.0, 9), np.arange(10.0), "emax", "`exposure` is negative for row 1"),
        (np.arange(1.0, 4), np.array([1.0, 2, 4]), "4pl", "3 values are too few for `4pl`"),
        (np.repeat([1.0, 2.0], 5), np.arange(10.0), "hill", "2 different exposures cannot tell the 3 parameters"),
        (np.arange(1.0, 21), 3 * np.arange(1.0, 21), "emax", "`emax` cannot be fitted to `outcome`"),
        (np.arange(1.0, 21), np.arange(20.0), "spline", "unknown model for a continuous outcome `spline`"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, model, message):
    with pytest.raises(InputError, match=message):
        fit_continuous(Sample(x, y), model)


def test_parameters_that_move_together_are_refused():
    x = np.arange(1.0, 9.0)
    with pytest.raises(InputError, match="some can move together"):
        fit_least_squares(lambda p: p[0] * p[1] * x, 2 * x + np.sin(x), [1.0, 1.0])
    with pytest.raises(InputError, match="too few"):
        fit_least_squares(lambda p: p[0] + 0 * x[:1], np.array([1.0]), [1.0])
