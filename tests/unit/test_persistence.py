"""Interval-censored Kaplan-Meier against Kaplan-Meier, an answer by hand, and its likelihood."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.nca.persistence import persistence_curve


def kaplan_meier(time, lost):
    share, made = 1.0, {}
    for t in sorted(set(time[lost])):
        share *= 1 - ((time == t) & lost).sum() / (time >= t).sum()
        made[t] = share
    return made


def test_points_give_kaplan_meier():
    rng = np.random.default_rng(4)
    time = rng.exponential(100, 300).round(1) + 0.1
    lost = rng.random(300) < 0.6
    curve = persistence_curve(np.where(lost, time - 1e-7, time), np.where(lost, time, np.inf))
    expected = kaplan_meier(time, lost)
    for t, share in expected.items():
        assert curve.share_at(t + 1e-6)[0] == pytest.approx(share, abs=2e-5)


def test_separate_intervals_by_hand():
    curve = persistence_curve(np.array([7.0, 7, 28, 28, 90]), np.array([14.0, 14, 60, 60, np.inf]))
    assert curve.start.tolist() == [7, 28, 90] and curve.end.tolist() == [14, 60, np.inf]
    np.testing.assert_allclose(curve.share, [0.6, 0.2, 0.0], atol=1e-9)
    assert curve.median == (28, 60) and curve.lost == 4
    assert curve.share_at(20) == pytest.approx((0.6, 0.6)) and curve.share_at(40) == pytest.approx((0.2, 0.6))


def test_overlapping_intervals_reach_the_largest_likelihood():
    lower, upper = np.array([0.0, 2, 4, 1, 6]), np.array([3.0, 5, 7, np.inf, 8])
    curve = persistence_curve(lower, upper)
    mass = -np.diff(np.r_[1.0, curve.share])

    def loglik(p):
        inside = (curve.start >= lower[:, None]) & (curve.end <= upper[:, None])
        return np.log(inside @ p).sum()

    best = loglik(mass)
    rng = np.random.default_rng(1)
    for _ in range(300):
        other = mass * np.exp(rng.normal(0, 0.3, len(mass)))
        assert loglik(other / other.sum()) <= best + 1e-6


def test_nobody_lost_has_no_median():
    curve = persistence_curve(np.array([90.0, 180]), np.array([np.inf, np.inf]))
    assert curve.median[1] == np.inf and curve.lost == 0 and curve.share_at(60) == (1.0, 1.0)


@pytest.mark.parametrize(("lower", "upper"), [([], []), ([5.0], [5.0]), ([-1.0], [5.0])])
def test_empty_intervals_are_refused(lower, upper):
    with pytest.raises(InputError):
        persistence_curve(np.array(lower), np.array(upper))
