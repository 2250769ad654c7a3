"""What n patients show is the inverse of how many patients show it."""

import math

import pytest

from livingdrug.core.errors import InputError
from livingdrug.trial import (
    Design,
    power_log_rank,
    power_proportions,
    power_t,
    power_welch,
    smallest_effect,
    smallest_fold,
    smallest_rate,
    strongest_hazard_ratio,
)

DESIGNS = [Design(), Design(power=0.9), Design(sides=1), Design(alpha=0.01, ratio=2.0), Design(ratio=0.5)]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("n", [4, 10, 60])
def test_the_power_at_the_smallest_difference_is_the_one_asked_for(n, design):
    first = n / min(1.0, design.ratio)
    rest = (design.alpha, design.sides, design.ratio)
    assert power_t(first, smallest_effect(n, design), *rest) == pytest.approx(design.power, abs=1e-6)
    fold = smallest_fold(n, (0.8, 1.2), design)
    assert power_welch(first, math.log(fold), (0.8, 1.2), *rest) == pytest.approx(design.power, abs=1e-6)
    ratio = strongest_hazard_ratio(n, 0.6, design)
    assert power_log_rank(first, ratio, 0.6, *rest) == pytest.approx(design.power, abs=1e-6)


@pytest.mark.parametrize("n", [20, 60])
def test_rates(n):
    assert power_proportions(n, 0.3, smallest_rate(n, 0.3)) == pytest.approx(0.8, abs=1e-6)


def test_ten_patients_need_a_fourfold_change_at_a_log_sd_of_one():
    """Ten per arm show 1.32495 SD: R, power.t.test(n = 10, power = 0.8)."""
    assert smallest_effect(10) == pytest.approx(1.3249, abs=1e-4)
    assert smallest_fold(10, (1.0, 1.0)) == pytest.approx(math.exp(1.32495), rel=1e-4)


def test_more_patients_show_less():
    values = [smallest_effect(n) for n in range(3, 40)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: smallest_effect(1), "at least 2"),
        (lambda: smallest_fold(5, (0.0, 1.0)), "above 0"),
        (lambda: smallest_rate(3, 0.9), "no rate"),
        (lambda: smallest_rate(3, 1.2), "between 0 and 1"),
        (lambda: strongest_hazard_ratio(10, 0.0), "above 0"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
