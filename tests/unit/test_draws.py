"""Weights of draws and names of a file: closed forms and limiting cases."""

import numpy as np
import pytest

from livingdrug.core.draws import combed, effective, effective_of, log_normal, normalised, principal, scaled
from livingdrug.core.names import numbered


def test_weights_are_those_of_the_logarithms_however_large_these_are():
    logs = np.array([[-2000.0, -2000.0 + np.log(3.0)], [0.0, -np.inf]])
    np.testing.assert_allclose(normalised(logs), [[0.25, 0.75], [1.0, 0.0]])
    np.testing.assert_allclose(scaled(logs), [[1 / 3, 1.0], [1.0, 0.0]])
    assert np.isnan(normalised(np.full((1, 3), -np.inf))).all()


def test_equal_draws_are_worth_all_of_them_and_one_that_has_all_weight_one():
    for weight, worth in ((np.full(8, 0.125), 8.0), (np.eye(8)[0], 1.0), (np.array([0.5, 0.5, 0, 0]), 2.0)):
        assert effective(weight) == pytest.approx(worth) == effective_of(weight)
        assert effective(7 * weight) == pytest.approx(worth)  # of any scale


def test_a_comb_takes_each_draw_as_often_as_its_weight_says():
    weight = np.array([0.1, 0.0, 0.6, 0.3])
    for shift in (0.01, 0.5, 0.99):
        assert np.bincount(combed(weight, 1000, shift), minlength=4).tolist() == [100, 0, 600, 300]


def test_directions_of_a_covariance_make_draws_that_have_it_also_where_it_is_singular():
    covariance = np.array([[4.0, 2.0], [2.0, 1.0]])
    directions, sd = principal(covariance)
    np.testing.assert_allclose((directions * sd) @ (directions * sd).T, covariance, atol=1e-12)
    assert sd.min() == pytest.approx(0, abs=1e-7)


def test_the_normal_density_is_that_of_scipy():
    from scipy.stats import multivariate_normal

    omega, etas = np.array([[0.5, 0.1], [0.1, 0.3]]), np.array([[[0.2, -0.4], [1.0, 2.0]]])
    np.testing.assert_allclose(log_normal(etas, omega)[0], multivariate_normal(cov=omega).logpdf(etas[0]))


def test_a_name_that_is_taken_gets_a_number_within_the_length_allowed():
    taken = {"rate", "rate_2", "ra_2"}
    assert numbered("rate", lambda name: name not in taken) == "rate_3"
    assert numbered("free", lambda name: name not in taken) == "free"
    assert numbered("rateconstant", lambda name: name not in taken, 4) == "ra_3"
