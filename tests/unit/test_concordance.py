"""Concordance in n log n steps is that of all pairs, to the last digit, ties and censoring in it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.core.errors import InputError
from livingdrug.response import Times, concordance, fit_cox
from livingdrug.response.survival.ordered import counted_before


def of_all_pairs(linear: np.ndarray, time: np.ndarray, event: np.ndarray) -> tuple[float, float]:
    """Harrell's rule pair by pair, and its infinitesimal jackknife."""
    good, pairs = np.zeros(len(time)), np.zeros(len(time))
    for i in np.flatnonzero(event):
        for j in range(len(time)):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                right = (np.sign(linear[i] - linear[j]) + 1) / 2
                good[[i, j]] += right
                pairs[[i, j]] += 1
    total = pairs.sum() / 2
    share = good.sum() / 2 / total
    return float(share), float(np.sqrt(np.sum(((good - share * pairs) / total) ** 2)))


def fitted(linear, time, event):
    """What `concordance` reads of a fit."""
    times = SimpleNamespace(time=np.array(time, dtype=float), event=np.array(event, dtype=float))
    return SimpleNamespace(columns=np.array(linear, dtype=float)[:, None], coefficients=np.ones(1), times=times)


SUBJECT = st.tuples(st.sampled_from([-0.5, -0.0, 0.0, 0.25, 3.0]) | st.floats(-2, 2), st.integers(1, 6), st.booleans())


@settings(deadline=None)
@given(st.lists(SUBJECT, min_size=1, max_size=30))
def test_it_is_that_of_all_pairs(subjects):
    linear, time, event = (np.array(part) for part in zip(*subjects, strict=True))
    linear = np.round(linear, 12)
    comparable = any(event[i] and (t > time[i] or (t == time[i] and not e))
                     for i in range(len(time)) for t, e in zip(time, event, strict=True))  # fmt: skip
    if not comparable:
        with pytest.raises(InputError, match="no two subjects can be compared"):
            concordance(fitted(linear, time, event))
        return
    assert concordance(fitted(linear, time, event)) == of_all_pairs(linear, time, event)


def test_it_is_that_of_all_pairs_of_a_regression():
    random = np.random.default_rng(4)
    x = np.round(random.normal(size=150), 1)
    time, event = np.ceil(random.exponential(np.exp(-x)) * 10), random.random(150) < 0.7
    fit = fit_cox(Times(time, event.astype(float)), {"x": x})
    linear = np.round(fit.columns @ fit.coefficients, 12)
    assert concordance(fit) == of_all_pairs(linear, fit.times.time, np.asarray(fit.times.event, dtype=bool))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
def test_what_stands_before_is_counted(items):
    rank, counted = (np.array([item[k] for item in items], dtype=int) for k in range(2))
    lower, same = counted_before(rank, counted.astype(bool))
    for i in range(len(items)):
        assert lower[i] == np.sum(counted[:i] * (rank[:i] < rank[i]))
        assert same[i] == np.sum(counted[:i] * (rank[:i] == rank[i]))
