"""Leaps against closed forms and against events drawn one by one."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.simulation import gillespie, tau_leap
from tests.unit.test_stochastic import linear


def test_mean_and_variance_of_birth_and_death_are_those_of_the_closed_form():
    """Kendall 1948: mean n e^(b - d)t, variance n (b + d)/(b - d) e^(b - d)t (e^(b - d)t - 1)."""
    b, d, n, t, runs = 0.6, 0.4, 500, 4.0, 2000
    found = tau_leap(linear(b, d, n), [t], runs, large=np.inf)[:, 0, 0]
    grown = np.exp((b - d) * t)
    mean, variance = n * grown, n * (b + d) / (b - d) * grown * (grown - 1)
    assert found.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / runs))
    assert found.var(ddof=1) == pytest.approx(variance, rel=4 * np.sqrt(2 / runs))
    assert (found == np.round(found)).all()


def test_few_cells_die_out_as_often_as_the_closed_form_says():
    """P(extinct by t) = (d (1 - e^(b - d)t)/(d - b e^(b - d)t))^n."""
    b, d, n, t, runs = 0.2, 0.5, 8, 6.0, 3000
    found = tau_leap(linear(b, d, n), [t], runs, seed=2)[:, 0, 0]
    grown = np.exp((b - d) * t)
    p = (d * (1 - grown) / (d - b * grown)) ** n
    assert np.mean(found == 0) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / runs))


def test_large_populations_follow_their_equations():
    """Death alone from a million cells: no chance, and the closed form within the error of a leap."""
    found = tau_leap(linear(0.0, 0.3, 1e6), [0.0, 5.0], 3, epsilon=0.01)[:, 0]
    assert found[:, 0].tolist() == [1e6] * 3 and np.ptp(found[:, 1]) == 0
    assert found[0, 1] == pytest.approx(1e6 * np.exp(-1.5), rel=1e-3)


def test_what_falls_from_many_to_few_cells_is_left_to_chance():
    """From a million to about five: the mean is that of the equations, and runs differ."""
    t = np.log(2e5) / 0.5
    found = tau_leap(linear(0.0, 0.5, 1e6), [t], 400, seed=3)[:, 0, 0]
    assert found.mean() == pytest.approx(5.0, abs=4 * np.sqrt(5.0 / 400) + 0.1) and found.std() > 1


def test_runs_depend_on_seed_and_run_alone_and_agree_with_events_one_by_one():
    model = linear(0.3, 0.3, 20)
    few, many = (tau_leap(model, [1.0, 3.0], runs, seed=5) for runs in (4, 9))
    assert (few == many[:4]).all()
    leaps, events = (f(model, [3.0], 1500, seed=6)[:, 0, 0] for f in (tau_leap, gillespie))
    assert leaps.mean() == pytest.approx(events.mean(), abs=5 * np.sqrt(2 * 20 * 0.6 * 3 / 1500))
    assert leaps.std() == pytest.approx(events.std(), rel=0.12)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"epsilon": 0.5}, "epsilon"),
        ({"large": 10}, "100 or more"),
        ({"times": [2.0, 1.0]}, "increase"),
        ({"times": []}, "increase"),
    ],
)
def test_what_cannot_be_is_refused(given, sentence):
    with pytest.raises(InputError, match=sentence):
        tau_leap(linear(0.1, 0.2, 5), **{"times": [1.0], **given})
