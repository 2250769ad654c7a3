"""With a handful of subjects nothing is told with the confidence of large samples."""

import json
from itertools import permutations

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.response import (
    Pair,
    Sample,
    Times,
    chance_at_profile,
    event_scores,
    expected,
    exposure_at_profile,
    fit_binary,
    fit_continuous,
    fit_graded,
    fit_times,
    half_exposure,
    logrank,
    probability,
    spread_of,
    therapeutic_index,
)
from livingdrug.response.models.permutation import FEW, grade_scores, permuted
from livingdrug.response.sample.observed import clopper_pearson

EXPOSURE = np.array([10, 15, 22, 30, 41, 60, 85, 120.0])
APART = np.array([0, 0, 0, 1, 1, 1, 1, 1.0])
MIXED = np.array([0, 0, 1, 1, 0, 1, 1, 1.0])
TIMES = np.array([30, 45, 60, 90, 200, 150, 300, 365.0])
EVENTS = np.array([1, 1, 1, 1, 0, 1, 0, 0.0])


def brute(x, scores):
    """All orders of the scores, one by one."""
    seen = abs((x - x.mean()) @ scores)
    found = [abs((x - x.mean()) @ np.array(order)) for order in permutations(scores)]
    return np.mean(np.array(found) >= seen * (1 - 1e-9))


@pytest.mark.parametrize("scores", [MIXED[:7], np.array([0, 1, 2, 0, 3, 3, 1.0]), event_scores(TIMES[:7], EVENTS[:7])])
def test_all_arrangements_are_gone_through(scores):
    x = np.log(EXPOSURE[:7])
    found = permuted(x, scores)
    assert found.exact and found.p_value == pytest.approx(brute(x, scores), abs=1e-12)


def test_random_arrangements_come_near_all_of_them():
    rng = np.random.default_rng(3)
    x, scores = rng.normal(size=8), rng.normal(size=8)  # 40,320 arrangements
    found = permuted(x, scores)
    assert not found.exact and abs(found.p_value - brute(x, scores)) < 0.02
    assert permuted(x, scores) == found


def test_many_subjects_and_nothing_that_varies_have_no_such_test():
    assert permuted(np.arange(FEW + 1.0), np.arange(FEW + 1) % 2) is None
    assert permuted(np.arange(8.0), np.ones(8)) is None and permuted(np.ones(8), MIXED) is None


def test_scores_are_those_of_the_log_rank_test_and_of_proportional_odds():
    group = (EXPOSURE > 35).astype(int)
    comparison = logrank(Times(TIMES, EVENTS), group)
    scores = event_scores(TIMES, EVENTS)
    np.testing.assert_allclose(
        [scores[group == g].sum() for g in (0, 1)], np.subtract(comparison.observed, comparison.expected), atol=1e-12
    )
    assert grade_scores(np.array([0, 0, 1, 2])).tolist() == [-0.5, -0.5, 0.25, 0.75]


def test_a_log_rank_test_cannot_go_below_what_so_few_subjects_allow():
    fit = fit_times(Sample(EXPOSURE, TIMES, event=EVENTS), "km")
    assert fit.comparison.p_value < 0.01
    assert fit.groups_permutation.p_value == pytest.approx(2 / 70)  # of 70 ways to choose four of eight, two are as extreme


def test_p_values_of_permutations_hold_their_level():
    rng, found = np.random.default_rng(5), []
    for _ in range(200):
        found.append(permuted(rng.normal(size=7), rng.permutation([0, 0, 0, 1, 1, 1, 1])).p_value)
    assert np.mean(np.array(found) <= 0.1) < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 200)


def table(path, response, tox=tuple("00001101")):
    rows = ["ID,CMAX,RESPONSE,TOX,PFS (d),PFS_event,CRS"]
    rows += [
        f"P{i},{e:g},{'CR' if r else 'PD'},{t},{d:g},{v:g},{i % 3}"
        for i, (e, r, t, d, v) in enumerate(zip(EXPOSURE, response, tox, TIMES, EVENTS, strict=True))
    ]
    path.write_text("\n".join(rows))
    return str(path)


def run(*words):
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli, list(words), catch_exceptions=False)
    return " ".join(result.output.split())


def test_a_separated_slope_has_no_size(tmp_path):
    words = ("response", table(tmp_path / "t.csv", APART), "--exposure", "CMAX", "--endpoint", "ORR", "--model", "firth")
    printed = run(*words)
    assert "by at least 1.21 (95 %); the size is not estimable" in printed and "313,695)" not in printed
    down = run("response", table(tmp_path / "d.csv", 1 - APART), *words[2:])
    assert "by at most 0.8" in down and "the size is not estimable" in down


def test_a_likelihood_ratio_that_permutations_do_not_confirm_tells_nothing(tmp_path):
    words = ("response", table(tmp_path / "t.csv", MIXED), "--exposure", "CMAX", "--endpoint", "ORR")
    made = json.loads(CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False).stdout)
    assert made["p_value"] < 0.05 < made["permutation"]["p_value"] == pytest.approx(5 / 56)
    assert "these data do not tell whether exposure matters" in made["sentence"]
    assert "by permutation, 56 exact arrangements: p = 0.089" in run(*words)


def test_a_mean_without_an_event_and_a_perfect_order_have_no_error(tmp_path):
    fit = fit_times(Sample(EXPOSURE, TIMES, event=EVENTS), "km")
    high = fit.groups[1].mean
    assert high.value == fit.until and np.isnan(high.low) and "not determined" in high.method
    words = ("response", table(tmp_path / "t.csv", MIXED), "--exposure", "CMAX", "--endpoint", "PFS", "--model")
    assert "90 not determined" in run(*words, "km")
    made = json.loads(CliRunner().invoke(cli, [*words, "km", "--json"], catch_exceptions=False).stdout)
    assert made["groups"][1]["restricted_mean"]["low"] is None
    assert "log-rank p = 0.029 by permutation" in made["sentence"]


def test_parametric_times_count_every_estimated_number():
    fit = fit_times(Sample(EXPOSURE, TIMES, event=EVENTS), "weibull")
    assert any("5 events for 3 estimated number(s)" in note for note in fit.notes)


def test_two_grades_are_a_logistic_fit():
    more = np.concatenate([EXPOSURE, 1.3 * EXPOSURE]), np.concatenate([MIXED, APART])
    sample = Sample(*more, "CMAX", "G")
    graded, logistic = fit_graded(sample), fit_binary(sample)
    ours, theirs = half_exposure(graded, 0), exposure_at_profile(logistic, 0.5)
    np.testing.assert_allclose((ours.value, ours.low, ours.high), (theirs.value, theirs.low, theirs.high), rtol=1e-6)


def test_the_chance_at_an_exposure_and_the_exposure_at_a_chance_are_one_profile():
    fit = fit_binary(Sample(EXPOSURE, MIXED, "CMAX", "ORR"))
    at = exposure_at_profile(fit, 0.5)
    chance = chance_at_profile(fit, at.high)
    assert chance.low == pytest.approx(0.5, abs=1e-4) and chance.value == pytest.approx(
        float(probability(fit.curve, at.high))
    )


def test_a_share_of_few_subjects_has_its_exact_interval():
    fits = [fit_binary(Sample(EXPOSURE, y, "CMAX", name), "firth") for y, name in ((MIXED, "ORR"), (APART, "TOX"))]
    index = therapeutic_index(Pair(fits[0].curve, fits[1].curve), 0.5, 0.6)
    outlook = expected(index, spread_of(EXPOSURE, "CMAX"))
    inside = round(outlook.share * 8)
    assert (outlook.share_interval.low, outlook.share_interval.high) == clopper_pearson(inside, 8, 0.95)
    assert expected(index, spread_of(np.geomspace(5, 200, 2000), "CMAX")).share_interval is None


def counted(monkeypatch):
    """How often a curve is computed by the searches."""
    from livingdrug.response.models import continuous

    calls, plain = [], continuous.curve_of
    monkeypatch.setattr(continuous, "curve_of", lambda *a: calls.append(1) or plain(*a))
    return calls


@pytest.mark.parametrize("shape", [lambda x: 2 + 3 * x, np.exp, lambda x: x])
def test_rows_that_do_not_determine_a_curve_are_refused_after_few_evaluations(shape, monkeypatch):
    calls = counted(monkeypatch)
    x = np.linspace(1, 6, 20)
    y = shape(x) + np.random.default_rng(1).normal(0, 0.3, 20)
    with pytest.raises(InputError, match="do not determine"):
        fit_continuous(Sample(np.exp(x), y, "E", "Y"), "4pl")
    assert len(calls) < 20_000


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_curve_that_is_not_refused_has_an_ec50_that_excludes_some_exposure(seed):
    """Whether a search for a curve that is no more than a line ends is a matter of rounding, so of the processor; that
    nothing is said of such a curve is not."""
    x = np.linspace(1, 6, 20)
    y = x + np.random.default_rng(seed).normal(0, 0.3, 20)
    try:
        fit = fit_continuous(Sample(np.exp(x), y, "E", "Y"), "4pl")
    except InputError as error:
        assert "determine the curve" in str(error)
        return
    low, high = fit.intervals[2]
    assert low > x[0] or high < x[-1]


def test_an_open_profile_ends_where_the_sum_of_squares_says():
    x = np.linspace(1, 6, 24)
    y = x**2 + np.random.default_rng(2).normal(0, 1.0, 24)
    fit = fit_continuous(Sample(np.exp(x), y, "E", "Y"), "4pl")
    width = fit.intervals[3][1]
    assert np.isfinite(width)

    def least(w):
        """The smallest sum of squares with this width: linear in bottom and top, a fine grid over ln EC50."""
        found = []
        for half in np.linspace(-20, 120, 300):
            share = 1 / (1 + np.exp(-(x - half) / w))
            columns = np.column_stack([np.ones(24), share / share.max()])
            rest = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
            found.append(rest @ rest)
        return min(found)

    rise = np.sqrt(least(width) - fit.rss) / fit.sigma
    assert rise == pytest.approx(2.0859634, rel=2e-3)  # the t quantile on 20 degrees of freedom
