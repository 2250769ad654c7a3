"""Summaries in little memory against numpy and exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.simulation import Distribution
from livingdrug.simulation.distribution import WIDTH, ExactSum

LEVELS = (0, 2.5, 5, 25, 50, 75, 95, 97.5, 100)


def filled(portions):
    distribution = Distribution()
    for portion in portions:
        distribution.add(portion)
    return distribution


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_percentiles_of_a_skewed_population_are_those_of_numpy_within_a_bin(seed):
    values = np.exp(2 * np.random.default_rng(seed).normal(size=100_000))
    np.testing.assert_allclose(filled([values]).percentiles(LEVELS), np.percentile(values, LEVELS), rtol=WIDTH)


def test_percentiles_of_few_numbers_zeros_and_both_signs_are_exact():
    random = np.random.default_rng(1)
    for values in (random.random(7), np.full(10, 28.0), np.concatenate([random.normal(size=301), np.zeros(200)])):
        np.testing.assert_allclose(filled([values]).percentiles(LEVELS), np.percentile(values, LEVELS), rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60), st.integers(1, 60))
def test_nothing_depends_on_order_or_portions(values, size):
    values = np.array(values)
    other = np.sort(values)[::-1]
    one = filled([values])
    two = filled([other[i : i + size] for i in range(0, len(other), size)])
    assert one.percentiles(LEVELS) == two.percentiles(LEVELS)
    assert (one.count, one.least, one.greatest) == (two.count, two.least, two.greatest)
    assert one.sum.parts == two.sum.parts


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40))
def test_the_mean_is_the_exact_one_rounded(values):
    total = ExactSum()
    total.add(np.array(values))
    assert total.over(len(values)) == float(sum(map(Fraction, values)) / len(values))


def test_nothing_is_said_of_no_numbers():
    empty = filled([np.empty(0)])
    assert empty.count == 0 and math.isnan(empty.mean) and all(math.isnan(p) for p in empty.percentiles(LEVELS))
