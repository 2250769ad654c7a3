"""Dunnett's critical value against his tables, scipy and limits; Holm against statsmodels."""

import math

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.trial import dunnett_critical
from livingdrug.trial.multiplicity import holm_rejects

# Dunnett 1955 (one-sided) and 1964 (two-sided), alpha 0.05, equal arms: df -> k = 2, 3, 4, 5 versions
ONE_SIDED = {
    10: (2.15, 2.34, 2.47, 2.56), 20: (2.03, 2.19, 2.30, 2.39), 60: (1.95, 2.10, 2.21, 2.28),
    math.inf: (1.92, 2.06, 2.16, 2.23),
}  # fmt: skip
TWO_SIDED = {
    10: (2.57, 2.76, 2.89, 2.99), 20: (2.38, 2.54, 2.65, 2.73), 60: (2.27, 2.41, 2.51, 2.58),
    math.inf: (2.21, 2.35, 2.44, 2.51),
}  # fmt: skip


@pytest.mark.parametrize(("table", "sides"), [(ONE_SIDED, 1), (TWO_SIDED, 2)])
def test_published_tables(table, sides):
    for df, row in table.items():
        for k, printed in enumerate(row, 2):
            # half a unit of the last digit, and what the tables' own rounding lets through
            assert dunnett_critical([10] * k, 10, df, 0.05, sides) == pytest.approx(printed, abs=0.0065), (df, k)


def test_unequal_arms_against_scipy():
    from scipy.stats import dunnett

    random = np.random.default_rng(3)
    control, arms = random.normal(0, 1, 25), [random.normal(m, 1, n) for m, n in ((0.3, 8), (0.55, 14), (0.1, 40))]
    sizes, df = [len(a) for a in arms], 25 + 8 + 14 + 40 - 4
    for alternative, sides in (("two-sided", 2), ("greater", 1)):
        found = dunnett(*arms, control=control, alternative=alternative, random_state=np.random.default_rng(1))
        statistic = float(np.max(np.abs(found.statistic) if sides == 2 else found.statistic))
        p = float(np.min(found.pvalue))
        assert dunnett_critical(sizes, 25, df, p, sides) == pytest.approx(statistic, abs=0.01)


def test_limits():
    from scipy.stats import norm, t

    assert dunnett_critical([10], 10, 18) == pytest.approx(t.isf(0.025, 18), rel=1e-12)
    # with a huge control the statistics are independent (Sidak)
    assert dunnett_critical([10] * 3, 1e9, math.inf) == pytest.approx(norm.isf(0.5 * (1 - 0.95 ** (1 / 3))), abs=1e-6)
    # with a tiny one they are all the same
    assert norm.isf(0.05) < dunnett_critical([1000] * 3, 1.0, math.inf, sides=1) < norm.isf(0.05) + 0.04


@pytest.mark.parametrize("bad", [([], 10, 5, 0.05, 2), ([0], 10, 5, 0.05, 2), ([3], 10, 5, 1.5, 2), ([3], 10, 5, 0.05, 3)])
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(InputError):
        dunnett_critical(*bad)


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(5).uniform(0, 0.06, (12, 4))
    expected = np.array([multipletests(row, 0.05, "holm")[0] for row in p])
    assert np.array_equal(holm_rejects(p, 0.05), expected)
    assert holm_rejects(np.array([[0.001, math.nan]]), 0.05).tolist() == [[True, False]]
