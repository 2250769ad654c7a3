"""The shared curve: its values, bands and inverse against closed forms, other software and draws."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.response import Curve, curve_at, exposure_at, probability, probability_band

# R's glm on MASS::menarche and dose.p: reference case er_logistic_menarche
MENARCHE = Curve(
    "menarche", -21.226394905128, 1.631968348225,
    np.array([[0.5939548508576, -0.04528175356117], [-0.04528175356117, 0.003475465737112]]), "linear", "R", "fitted",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "value", "error"),
    [(0.25, 12.333439333157, 0.04610511586599), (0.5, 13.006621683699, 0.03866582319492),
     (0.9, 14.352986384783, 0.06149763503189)],
)  # fmt: skip
def test_dose_at_a_probability_is_that_of_dose_p(wanted, value, error):
    found = exposure_at(MENARCHE, wanted)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(error, rel=1e-6)


def test_log_exposure_gives_a_hill_curve():
    curve = curve_at("CRS", ec50=40700.0, slope=1.118, source="calibrated", label="calibrated")
    e = np.array([1.0, 1e3, 40700.0, 1e6])
    np.testing.assert_allclose(probability(curve, e), e**1.118 / (40700**1.118 + e**1.118), rtol=1e-12)
    assert exposure_at(curve, 0.5).value == pytest.approx(40700.0)
    assert np.isnan(exposure_at(curve, 0.5).low) and np.isnan(probability_band(curve, e)).all()


def test_inverse_of_the_curve_with_a_ceiling():
    curve = Curve("ORR", -3.0, 0.7, np.diag([0.2, 0.01, 0.3]), "log", "made up", "fitted", ceiling=0.8)
    for wanted in (0.05, 0.4, 0.79):
        assert probability(curve, exposure_at(curve, wanted).value) == pytest.approx(wanted, rel=1e-12)
    with pytest.raises(InputError, match="never reaches 0.9: its ceiling is 0.8"):
        exposure_at(curve, 0.9)


def test_bands_are_the_spread_of_draws():
    rng = np.random.default_rng(3)
    mean, covariance = np.array([-3.0, 0.7, np.log(4)]), 1e-4 * np.diag([2.0, 0.1, 3.0])
    curve = Curve("ORR", *mean[:2], covariance, "log", "made up", "fitted", ceiling=0.8)
    a, b, c = rng.multivariate_normal(mean, covariance, 40_000).T
    at = 60.0
    drawn = 1 / (1 + np.exp(-c)) / (1 + np.exp(-(a + b * np.log(at))))
    low, high = probability_band(curve, at)
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975]), rtol=2e-3)
    inverse = exposure_at(curve, 0.5)
    drawn = np.exp((np.log(0.5 * (1 + np.exp(-c)) / (1 - 0.5 * (1 + np.exp(-c)))) - a) / b)
    np.testing.assert_allclose([inverse.low, inverse.high], np.quantile(drawn, [0.025, 0.975]), rtol=5e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: probability(curve_at("x", 10, 1, "", ""), [1.0, 0.0]), "an exposure is 0, which has no logarithm"),
        (lambda: exposure_at(MENARCHE, 1.2), "the probability is 1.2; it must be between 0 and 1"),
        (lambda: exposure_at(Curve("x", 0.0, 0.0, None, "log", "", ""), 0.5), "flat, so no exposure"),
        (lambda: curve_at("x", -1.0, 1.0, "", ""), "the EC50 is -1"),
        (lambda: Curve("x", 0.0, 1.0, np.eye(4), "log", "", ""), "covariance must be 2 by 2"),
        (lambda: exposure_at(MENARCHE, 0.5, level=95), "the level of an interval is 95"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
