"""One arm against a historical rate: Simon's published designs, and exact binomial sums."""

import pytest
from scipy.stats import binom

from livingdrug.core.errors import InputError
from livingdrug.trial import one_stage, simon

# Simon R, Controlled Clinical Trials 1989;10:1-10, tables 1 and 2: (p0, p1, optimal r1/n1 r/n, minimax r1/n1 r/n),
# error rates 0.05 and 0.20
SIMON = [
    (0.05, 0.25, (0, 9, 2, 17), (0, 12, 2, 16)),
    (0.10, 0.30, (1, 10, 5, 29), (1, 15, 5, 25)),
    (0.20, 0.40, (3, 13, 12, 43), (4, 18, 10, 33)),
    (0.30, 0.50, (5, 15, 18, 46), (6, 19, 16, 39)),
    (0.40, 0.60, (7, 16, 23, 46), (17, 34, 20, 39)),
    (0.50, 0.70, (8, 15, 26, 43), (12, 23, 23, 37)),
    (0.60, 0.80, (7, 11, 30, 43), (8, 13, 25, 35)),
    (0.70, 0.90, (4, 6, 22, 27), (19, 23, 21, 26)),
]


@pytest.mark.parametrize(("p0", "p1", "optimal", "minimax"), SIMON)
def test_simons_tables(p0, p1, optimal, minimax):
    first, second = simon(p0, p1, most=60)
    assert (first.r1, first.n1, first.r, first.n) == optimal
    assert (second.r1, second.n1, second.r, second.n) == minimax


@pytest.mark.parametrize(("p0", "p1"), [(0.1, 0.3), (0.5, 0.7)])
def test_error_rates_are_those_of_the_binomial_sums(p0, p1):
    design, _ = simon(p0, p1, most=60)
    for rate, claimed in ((p0, design.alpha), (p1, design.power)):
        total = sum(
            binom.pmf(x, design.n1, rate) * binom.sf(design.r - x, design.n - design.n1, rate)
            for x in range(design.r1 + 1, design.n1 + 1)
        )
        assert claimed == pytest.approx(total, abs=1e-12)
    assert design.expected == pytest.approx(design.n1 + (1 - design.early) * (design.n - design.n1))


@pytest.mark.parametrize(("p0", "p1"), [(0.1, 0.4), (0.3, 0.6), (0.2, 0.8)])
def test_one_stage_is_the_smallest_that_keeps_both_rates(p0, p1):
    found = one_stage(p0, p1)
    assert binom.sf(found.needed - 1, found.n, p0) <= 0.05 < binom.sf(found.needed - 2, found.n, p0)
    assert found.power == pytest.approx(binom.sf(found.needed - 1, found.n, p1)) and found.power >= 0.8
    for n in range(1, found.n):
        needed = next(k for k in range(n + 2) if binom.sf(k - 1, n, p0) <= 0.05)
        assert binom.sf(needed - 1, n, p1) < 0.8


def test_the_optimum_is_not_the_end_of_what_was_gone_through():
    """The best design of these rates has more than 100 patients: going further finds no better one."""
    best, _ = simon(0.3, 0.45, 0.05, 0.9)
    assert (best.r1, best.n1, best.r, best.n) == (13, 40, 40, 110)
    assert best == simon(0.3, 0.45, 0.05, 0.9, most=140)[0]
    assert best.expected < simon(0.3, 0.45, 0.05, 0.9, most=100)[0].expected


@pytest.mark.parametrize(
    ("p0", "p1", "words"), [(0.5, 0.3, "not above"), (0, 0.3, "between 0 and 1"), (0.5, 0.51, "at most")]
)
def test_designs_that_cannot_be_are_refused(p0, p1, words):
    with pytest.raises(InputError, match=words):
        simon(p0, p1, most=40)
    with pytest.raises(InputError, match=words):
        one_stage(p0, p1)
