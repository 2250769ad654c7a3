"""Therapeutic index: closed forms, limits, simulation, the paper's own numbers, and what is refused."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import multivariate_normal, norm

from bench.index_intervals import curve as line
from bench.index_intervals import fits, outcomes, profile_interval, profiled
from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.products import get_curve, list_curves, observed_spread
from livingdrug.products.curves import discriminant
from livingdrug.products.spreads import fact_of
from livingdrug.response import (
    Curve,
    ExposureSpread,
    Pair,
    Sample,
    best_fold,
    chance_within,
    changed,
    curve_at,
    expected,
    exposure_at,
    fit_binary,
    logistic,
    marginal_rate,
    paired,
    probability,
    rate_over,
    ratio_of_exposures,
    ratio_of_fits,
    share_between,
    spread_of,
    therapeutic_index,
    tradeoff,
    verdict,
    window,
)
from livingdrug.response.index.therapeutic import both_below, drawn, exposures_where
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.index.spec import run as run_index

AXIS = {"exposure": "CMAX", "unit": "copies/ug"}
EFFICACY = curve_at("ORR", 1e4, 1.5, "made up", "synthetic", **AXIS)
TOXICITY = curve_at("severe CRS", 6e4, 1.1, "made up", "synthetic", **AXIS)
PRODUCT = ExposureSpread(3e4, 1.1, **AXIS)
UNSTATED = tuple(replace(curve, unit="") for curve in (EFFICACY, TOXICITY))
BUILT_IN = ("--efficacy-curve", "idecel_response", "--toxicity-curve", "idecel_crs")


def with_error(curve: Curve, intercept=0.0, slope=0.0, both=0.0) -> Curve:
    return replace(curve, covariance=np.array([[intercept, both], [both, slope]]))


# ------------------------------------------------------------------------------------------------ rates over patients


@pytest.mark.parametrize("slope", [0.5, 2.0, 20.0])
def test_rate_is_that_of_an_adaptive_integral(slope):
    curve = curve_at("ORR", 5e4, slope, "", "synthetic")
    exact = quad(lambda z: expit(slope * (math.log(3e4 / 5e4) + 1.1 * z)) * norm.pdf(z), -10, 10, epsabs=1e-13, limit=500)[0]
    assert rate_over(curve, PRODUCT).value == pytest.approx(exact, abs=1e-10)
    assert marginal_rate(5e4, slope, 3e4, 1.1) == pytest.approx(exact, abs=1e-10)


def test_rate_has_its_limits():
    assert rate_over(EFFICACY, changed(PRODUCT, width=0)).value == pytest.approx(float(probability(EFFICACY, 3e4)), rel=1e-12)
    step = curve_at("ORR", 5e4, 400.0, "", "synthetic")  # all or nothing: the share above the EC50
    assert rate_over(step, PRODUCT).value == pytest.approx(norm.cdf(math.log(3e4 / 5e4) / 1.1), abs=0.005)
    flat = curve_at("ORR", 5e4, 1e-12, "", "synthetic")
    assert rate_over(flat, PRODUCT).value == pytest.approx(0.5)


def test_rate_and_share_are_those_of_a_monte_carlo_population():
    exposure = 3e4 * np.exp(1.1 * np.random.default_rng(3).standard_normal(400_000))
    outlook = expected(therapeutic_index(Pair(EFFICACY, TOXICITY), 0.5, 0.3), PRODUCT)
    p, q = probability(EFFICACY, exposure), probability(TOXICITY, exposure)
    assert outlook.response.value == pytest.approx(p.mean(), abs=0.002)
    assert outlook.toxicity.value == pytest.approx(q.mean(), abs=0.002)
    assert outlook.share == pytest.approx(((p >= 0.5) & (q <= 0.3)).mean(), abs=0.003)
    # draws of the population themselves say the same
    mine = expected(therapeutic_index(Pair(EFFICACY, TOXICITY), 0.5, 0.3), spread_of(exposure, **AXIS))
    assert mine.response.value == pytest.approx(p.mean(), rel=1e-9)
    assert mine.share == pytest.approx(((p >= 0.5) & (q <= 0.3)).mean(), rel=1e-9)


def test_error_of_a_rate_is_that_of_drawn_curves():
    curve = with_error(EFFICACY, 0.4, 0.005, -0.042)
    draws = np.random.default_rng(1).multivariate_normal([curve.intercept, curve.slope], curve.covariance, 1000)
    rates = [rate_over(replace(curve, intercept=a, slope=b), PRODUCT).value for a, b in draws]
    found = rate_over(curve, PRODUCT)
    assert [found.low, found.high] == pytest.approx(np.percentile(rates, (2.5, 97.5)), abs=0.006)


def test_lower_spread_and_another_median():
    table = tradeoff(Pair(EFFICACY, TOXICITY), PRODUCT, 0.5, 0.3, folds=(0.5, 1.0), widths=(0.0, 0.5, 1.0))
    row = table[(table["fold"] == 0.5) & (table["width"] == 0.0)].iloc[0]
    assert row["response"] == pytest.approx(float(probability(EFFICACY, 1.5e4)))
    assert row["share"] == 1.0  # everybody has the same exposure, in the window
    row = table[(table["fold"] == 1.0) & (table["width"] == 1.0)].iloc[0]
    assert row["toxicity"] == pytest.approx(rate_over(TOXICITY, PRODUCT).value)
    best = best_fold(Pair(EFFICACY, TOXICITY), PRODUCT, 0.5, 0.3)
    around = tradeoff(Pair(EFFICACY, TOXICITY), PRODUCT, 0.5, 0.3, folds=best * np.array([0.9, 1.0, 1.1]), widths=(1.0, 0.3))
    for _, rows in around.groupby("width"):
        assert rows["share"].idxmax() == rows.index[1]


def test_best_median_of_draws_is_found_by_no_other():
    spread = spread_of(np.exp(np.random.default_rng(2).standard_normal(80)) * 2e4, **AXIS)
    pair = Pair(EFFICACY, TOXICITY)
    between = window(pair, 0.5, 0.3)
    best = share_between(changed(spread, best_fold(pair, spread, 0.5, 0.3)), *between)
    assert best >= max(share_between(changed(spread, fold), *between) for fold in np.geomspace(0.05, 20, 800))


# --------------------------------------------------------------------------------------------------- ratio and its error


def test_ratio_of_ec50s_and_of_other_exposures():
    assert ratio_of_exposures(Pair(EFFICACY, TOXICITY)).value == pytest.approx(6.0)
    # E = EC50 (p / (1 - p))^(1 / slope)
    expected_ratio = 6e4 * (0.2 / 0.8) ** (1 / 1.1) / (1e4 * (0.8 / 0.2) ** (1 / 1.5))
    assert ratio_of_exposures(Pair(EFFICACY, TOXICITY), (0.8, 0.2)).value == pytest.approx(expected_ratio)


def test_ratio_on_a_linear_scale_and_with_a_fitted_ceiling():
    """The error of one coefficient at a time, in closed form."""
    e = Curve("ORR", -2.0, 0.5, np.diag([1e-4, 1e-12]), "linear", "", "fitted")
    t = Curve("CRS", -4.0, 0.5, np.diag([1e-12, 1e-12]), "linear", "", "fitted")
    found = ratio_of_exposures(Pair(e, t))
    assert found.value == pytest.approx(2.0)
    # E of efficacy is -a / b = 4, with SD 0.01 / 0.5
    assert math.log(found.high / found.low) == pytest.approx(2 * 1.96 * 0.02 / 4, rel=0.03)
    low = replace(EFFICACY, ceiling=0.8, covariance=np.diag([1e-12, 1e-12, 0.1**2]))
    found = ratio_of_exposures(Pair(low, with_error(TOXICITY, 1e-12, 1e-12)))
    shift = 0.2 / (1 - 0.5 / 0.8) * 0.1 / 1.5  # d logit(p/c) = -(1 - c) / (1 - p/c) d logit c
    assert math.log(found.high / found.low) == pytest.approx(2 * 1.96 * shift, rel=0.04)


def test_without_error_there_is_no_interval_and_a_reason():
    found = ratio_of_exposures(Pair(EFFICACY, with_error(TOXICITY, 1.0)))
    assert math.isnan(found.low) and math.isnan(found.high)
    assert "no error of `ORR` is known (synthetic)" in found.method
    assert np.isnan(chance_within(Pair(EFFICACY, TOXICITY), [1e4], 0.5, 0.3)).all()


@pytest.mark.parametrize("cross", [0.0, 0.5, -0.5])
def test_interval_of_the_ratio_in_closed_form(cross):
    """With slopes known exactly, ln ratio is normal."""
    e, t = with_error(EFFICACY, 0.4**2), with_error(TOXICITY, 0.3**2)
    pair = Pair(e, t, np.array([[cross * 0.4 * 0.3, 0], [0, 0]]))
    sd = math.sqrt((0.4 / 1.5) ** 2 + (0.3 / 1.1) ** 2 - 2 * cross * 0.4 * 0.3 / (1.5 * 1.1))
    found = ratio_of_exposures(pair)
    assert [math.log(found.low / 6), math.log(found.high / 6)] == pytest.approx([-1.96 * sd, 1.96 * sd], rel=0.03)


def test_draws_have_the_joint_covariance():
    cross = np.array([[0.05, -0.01], [-0.01, 0.02]])
    pair = Pair(with_error(EFFICACY, 0.5, 0.1, -0.15), with_error(TOXICITY, 0.6, 0.09, -0.1), cross)
    found = np.cov(drawn(pair, 100_000).T)
    assert found == pytest.approx(pair.covariance, abs=0.01)


def test_interval_is_open_where_a_slope_may_be_nothing():
    found = therapeutic_index(Pair(with_error(EFFICACY, 60.0, 0.6, -5.9), with_error(TOXICITY, 0.1, 0.01)))
    assert (found.ratio.low, found.ratio.high) == (0.0, math.inf)
    assert (found.efficacious.low, found.efficacious.high) == (0.0, math.inf)
    assert math.isfinite(found.toxic.high)
    assert any("`ORR`): the slope is not different from 0" in note for note in found.notes)


def trial(n: int, seed: int, correlation: float):
    random = np.random.default_rng(seed)
    exposure = 2e4 * np.exp(1.1 * random.standard_normal(n))
    common, other = random.standard_normal((2, n))
    second = correlation * common + math.sqrt(1 - correlation**2) * other
    return exposure, norm.cdf(common) < logistic(exposure, 1e4, 1.2), norm.cdf(second) < logistic(exposure, 6e4, 1.1)


def fitted(exposure, outcome, name):
    return fit_binary(Sample(exposure, outcome.astype(float), "CMAX", name, "copies/ug")).curve


def test_same_outcome_twice_has_no_ratio_but_one():
    exposure, responded, _ = trial(150, 2, 0.0)
    curve = fitted(exposure, responded, "ORR")
    pair = paired(curve, curve, exposure, responded, responded)
    assert pair.correlation == pytest.approx(1.0)
    assert pair.cross == pytest.approx(curve.covariance, rel=1e-5)
    found = ratio_of_exposures(pair)
    assert [found.low, found.high] == pytest.approx([1.0, 1.0], abs=1e-3)


def test_covariance_of_fits_to_the_same_subjects_is_that_of_many_trials():
    x, eff, tox = outcomes(np.random.default_rng(1), 300, 1500)
    (b, cb, _), (c, cc, _) = fits(x, eff), fits(x, tox)
    seen = np.cov(np.hstack([b, c]).T)[:2, 2:]
    formula = [
        paired(line("ORR", b[i], cb[i]), line("CRS", c[i], cc[i]), np.exp(x[i]), eff[i], tox[i]).covariance
        for i in range(1500)
    ]
    told = np.mean(formula, axis=0)
    sd = np.sqrt(np.diag(told))
    correlation = told[:2, 2:] / np.outer(sd[:2], sd[2:])
    # a correlation of 1500 trials is known to 0.03; that of the copula is not quite the same at every exposure
    assert correlation == pytest.approx(seen / np.outer(sd[:2], sd[2:]), abs=0.09)
    assert correlation[0, 0] > 0.15 and correlation[1, 1] > 0.15
    assert all(np.linalg.eigvalsh(c).min() > 0 for c in formula)


def test_profile_of_two_fits_is_that_of_a_grid():
    """Adjusted profile likelihood against a grid of EC50s and ratios, by other code, within its step of 6 %."""
    x, eff, tox = (rows[0] for rows in outcomes(np.random.default_rng(5), 120, 1))
    e, t = (fit_binary(Sample(np.exp(x), y, "CMAX", name)) for y, name in ((eff, "ORR"), (tox, "CRS")))
    pair = paired(e.curve, t.curve, np.exp(x), eff, tox)
    assert pair.correlation > 0.1
    plain, adjusted = ratio_of_fits(e, t, Pair(e.curve, t.curve)), ratio_of_fits(e, t, pair)
    grid = profile_interval(profiled(x, eff), profiled(x, tox), 1.0)
    assert np.log([plain.low, plain.high]) == pytest.approx(np.log(grid), abs=0.061)
    assert plain.low < adjusted.low < adjusted.value < adjusted.high < plain.high
    one = ratio_of_fits(e, e, paired(e.curve, e.curve, np.exp(x), eff, eff))
    assert (one.low, one.high) == (1.0, 1.0)


# ------------------------------------------------------------------------------------------------------------ the window


@pytest.mark.parametrize(
    ("h", "k", "r"), [(0.3, -1, 0.5), (0, 0, 0.3), (0, 1, -0.9), (-1, -2, 0.99), (2, -0.5, 0), (-3, 3, -0.4)]
)
def test_two_normals_together(h, k, r):
    assert float(both_below(h, k, r)) == pytest.approx(multivariate_normal.cdf([h, k], cov=[[1, r], [r, 1]]), abs=1e-9)
    assert float(both_below(math.inf, k, r)) == pytest.approx(norm.cdf(k), abs=1e-12)


def test_chance_within_is_that_of_drawn_curves():
    cross = np.array([[0.6, -0.06], [-0.06, 0.009]])
    pair = Pair(with_error(EFFICACY, 4.0, 0.05, -0.42), with_error(TOXICITY, 4.0, 0.04, -0.38), cross)
    theta = drawn(pair, 20_000, seed=5)
    for exposure in (8e3, 2e4, 4e4):
        x = math.log(exposure)
        both = (expit(theta[:, 0] + theta[:, 1] * x) >= 0.5) & (expit(theta[:, 2] + theta[:, 3] * x) <= 0.3)
        assert float(chance_within(pair, exposure, 0.5, 0.3)) == pytest.approx(both.mean(), abs=0.015)


def test_window_lies_between_two_exposures():
    low, high = window(Pair(EFFICACY, TOXICITY), 0.5, 0.3)
    assert low == pytest.approx(1e4)
    assert high == pytest.approx(exposure_at(TOXICITY, 0.3).value)
    assert share_between(PRODUCT, low, high) == pytest.approx(
        norm.cdf(math.log(high / 3e4) / 1.1) - norm.cdf(math.log(low / 3e4) / 1.1)
    )


def test_where_a_curve_is_above_or_below_a_limit():
    falling = curve_at("ORR", 1e4, -1.0, "", "derived")
    assert exposures_where(falling, 0.5, True) == pytest.approx((0.0, 1e4))
    assert exposures_where(falling, 0.5, False) == pytest.approx((1e4, math.inf))
    low_ceiling = replace(EFFICACY, ceiling=0.4)
    assert exposures_where(low_ceiling, 0.5, True) is None
    assert exposures_where(low_ceiling, 0.5, False) == (0.0, math.inf)
    assert exposures_where(EFFICACY, 0.0, True) == exposures_where(EFFICACY, 1.0, False) == (0.0, math.inf)
    flat = Curve("ORR", 0.0, 0.0, None, "log", "", "derived")
    assert exposures_where(flat, 0.5, True) == exposures_where(flat, 0.5, False) == (0.0, math.inf)
    assert exposures_where(flat, 0.6, True) is None


def test_words():
    index = therapeutic_index(Pair(EFFICACY, TOXICITY), 0.5, 0.3)
    said = verdict(index, expected(index, PRODUCT))
    assert "(30,000 copies/ug) 84% respond and 32% have severe CRS" in said
    assert "would have to fall to 0.93" in said
    close = therapeutic_index(Pair(EFFICACY, replace(EFFICACY, name="CRS")), 0.5, 0.2)
    assert close.window is None
    assert "No exposure gives at least 50% response and at most 20% CRS: where 50% respond, 50% have CRS." in verdict(close)
    assert expected(close, PRODUCT).share == 0.0
    falling = therapeutic_index(Pair(replace(EFFICACY, intercept=9.0, slope=-1.0), TOXICITY))
    assert "falls with exposure, so the ratio is no therapeutic index" in falling.ratio.method


# ---------------------------------------------------------------------------------------- built-in curves and the paper


def test_built_in_curves_are_those_of_the_papers_figures():
    from papers.kirouac_2024.figure2 import panel_2a

    panel = panel_2a().values
    severe = get_curve("tisagenlecleucel_severe_crs")
    assert severe.curve.slope == pytest.approx(panel["tisagenlecleucel CRS slope per ln CMAX"])
    assert exposure_at(severe.curve, 0.5).value == pytest.approx(panel["tisagenlecleucel CRS EC50 (copies/ug)"], rel=1e-3)
    assert severe.slope_interval == pytest.approx((math.log2(1.402), math.log2(3.359)), abs=1e-3)
    response = get_curve("idecel_response")
    # the panel takes 73.4 %, which is 94 of 128
    assert exposure_at(response.curve, 0.5).value == pytest.approx(panel["response (ORR 73.4 %): EC50 at h=1"], rel=5e-3)


def test_calibrated_curves_give_back_their_rate():
    for name, rate in (("tisagenlecleucel_severe_crs", 0.466), ("idecel_response", 94 / 128), ("idecel_crs", 107 / 128),
                       ("idecel_severe_crs", 12 / 127)):  # fmt: skip
        entry = get_curve(name)
        assert rate_over(entry.curve, entry.spread).value == pytest.approx(rate, abs=1e-9)
        assert entry.curve.covariance is None


def test_the_papers_figure_2a_has_no_therapeutic_index():
    """`Little to no therapeutic index`: the curves of Abecma overlap, CRS even comes first."""
    pair = Pair(get_curve("idecel_response").curve, get_curve("idecel_crs").curve)
    assert ratio_of_exposures(pair).value == pytest.approx(0.468, abs=0.002)
    assert window(pair, 0.5, 0.5) is None


def test_figure_6f_by_the_same_machinery():
    slope, ec50 = 0.9419, 61.82  # of facts: 432 virtual patients from the 36 fits of Kirouac 2023
    curve = curve_at("response", ec50, slope, "", "synthetic", "AUC60", "d*cells/uL")
    auc = np.array([89.31, 1.871])  # of facts, figure 6C: persister, non-persister
    assert probability(curve, auc) == pytest.approx(logistic(auc, ec50, slope), rel=1e-12)
    assert probability(curve, auc) == pytest.approx([0.586, 0.0357], abs=5e-4)
    rate = rate_over(curve, ExposureSpread(89.31, 0.0, "AUC60", "d*cells/uL")).value
    assert rate == pytest.approx(logistic(89.31, ec50, slope), rel=1e-12)


def test_every_built_in_curve_has_a_source_and_says_what_it_is():
    for name in list_curves():
        entry = get_curve(name)
        assert entry.curve.source and entry.basis and entry.caution
        assert entry.curve.label in ("calibrated", "derived", "synthetic")
        assert (entry.curve.exposure, entry.curve.unit) == (entry.spread.exposure, entry.spread.unit)


def test_discriminant_is_the_logistic_curve_of_two_groups():
    """Against logistic fits to subjects drawn from both groups with their pooled log-SD."""
    responders, others = (
        replace(fact_of("tisagenlecleucel", group, "CMAX"), n=n)
        for group, n in (("responder (CR/PR), N=34", "340"), ("non-responder, N=34", "340"))
    )
    responders = replace(responders, value=9000.0)
    curve = discriminant("response", responders, others)
    sd = math.sqrt((339 * responders.log_sd**2 + 339 * others.log_sd**2) / 678)
    random = np.random.default_rng(8)
    logs = np.hstack([math.log(g.value) + sd * random.standard_normal((600, 340)) for g in (responders, others)])
    b, _, good = fits(logs - logs.mean(), np.tile(np.repeat([1.0, 0.0], 340), (600, 1)))
    assert good.all()
    assert curve.slope == pytest.approx(b[:, 1].mean(), rel=0.03)
    assert curve.intercept == pytest.approx((b[:, 0] - b[:, 1] * logs.mean()).mean(), rel=0.03)
    # the discriminant knows more than a logistic fit, so its error is the smaller one, by a little
    assert 0.85 < math.sqrt(curve.covariance[1, 1]) / b[:, 1].std() < 1.05


def test_observed_spread():
    spread = observed_spread("stein_2019")
    assert spread.log_sd == pytest.approx(math.sqrt(math.log1p(1.949**2)), abs=1e-3)
    assert "EU SmPC" in spread.source
    assert observed_spread("stein_2019", "CMAX").log_sd == pytest.approx(math.sqrt(math.log1p(1.738**2)), abs=1e-3)
    with pytest.raises(InputError, match="`kirouac_2023` has no variability `observed`"):
        observed_spread("kirouac_2023")


# --------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Pair(EFFICACY, replace(TOXICITY, exposure="AUC28")), "same exposure in the same unit"),
        (lambda: Pair(EFFICACY, replace(TOXICITY, unit="cells/uL")), "same exposure in the same unit"),
        (lambda: therapeutic_index(Pair(EFFICACY, TOXICITY), floor=1.5), "floor of the response is 1.5"),
        (lambda: therapeutic_index(Pair(EFFICACY, TOXICITY), ceiling=-0.1), "ceiling of the toxicity is -0.1"),
        (lambda: therapeutic_index(Pair(EFFICACY, TOXICITY), at=(0.5, 1.0)), "the probability is 1"),
        (lambda: therapeutic_index(Pair(EFFICACY, TOXICITY), level=2), "level of an interval is 2"),
        (lambda: ExposureSpread(0.0, 1.0), "median exposure is 0"),
        (lambda: ExposureSpread(1.0, -1.0), "SD of ln exposure is -1"),
        (lambda: spread_of([1.0]), "takes two at least"),
        (lambda: spread_of([1.0, 0.0]), "has no logarithm"),
        (lambda: changed(PRODUCT, fold=0), "fold change of the median is 0"),
        (lambda: changed(PRODUCT, width=-1), "multiplier of the log-SD is -1"),
        (lambda: get_curve("idecel_respons"), "did you mean `idecel_response`"),
        (lambda: expected(therapeutic_index(Pair(EFFICACY, TOXICITY)), replace(PRODUCT, exposure="AUC28")), "`AUC28`"),
        (lambda: expected(therapeutic_index(Pair(*UNSTATED)), PRODUCT), "unit is not stated"),
        (lambda: run_index(Index(efficacy_curve="idecel_response", toxicity_curve="idecel_crs", by="SEX")), "leave out `by`"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_probability_out_of_reach_is_said():
    index = therapeutic_index(Pair(replace(EFFICACY, ceiling=0.4), TOXICITY))
    assert math.isnan(index.ratio.value) and "never reaches 0.5" in index.ratio.method
    assert index.window is None
    assert "the response never reaches 50%" in verdict(index)


# ------------------------------------------------------------------------------------------------------------ command line


@pytest.fixture
def run(capsys):
    """What a command prints."""

    def command(*arguments):
        cli.main([str(a) for a in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return command


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    exposure, responded, suffered = trial(120, 4, 0.5)
    path = tmp_path_factory.mktemp("index") / "er.csv"
    pd.DataFrame(
        {"ID": [f"S{i}" for i in range(120)], "CMAX (copies/ug)": exposure, "RESPONSE": np.where(responded, "CR", "NR"),
         "CRS": np.where(suffered, 3, 1)}
    ).to_csv(path, index=False)  # fmt: skip
    return path


def test_command_on_a_file_gives_what_python_gives(table, tmp_path, run):
    options = ("--exposure", "CMAX", "--efficacy", "ORR", "--toxicity", "CRS", "--grade", "3", "--ceiling", "0.3")
    printed = run("index", table, *options, "--json", "--out", tmp_path / "curves.csv", "--plots", tmp_path / "pictures")
    answer = json.loads(printed)
    exposure, responded, suffered = trial(120, 4, 0.5)
    e, t = fitted(exposure, responded, "ORR"), fitted(exposure, suffered, "CRS grade >= 3")
    pair = paired(e, t, exposure, responded, suffered)
    assert answer["ratio"]["value"] == pytest.approx(ratio_of_exposures(pair).value, rel=1e-8)
    fits_of_python = (fit_binary(Sample(exposure, y.astype(float), "CMAX")) for y in (responded, suffered))
    assert answer["ratio"]["low"] == pytest.approx(ratio_of_fits(*fits_of_python, pair).low, rel=1e-6)
    assert answer["ratio"]["method"].startswith("profile likelihood")
    assert answer["correlation"] == pytest.approx(pair.correlation, rel=1e-6)
    assert answer["product"]["response"]["value"] == pytest.approx(responded.mean(), rel=1e-6)  # of a logistic fit
    assert answer["sentence"].startswith("At the median exposure of this product")
    curves = pd.read_csv(tmp_path / "curves.csv")
    assert ((curves["efficacy_low"] < curves["efficacy"]) & (curves["efficacy"] < curves["efficacy_high"])).all()
    assert {p.name for p in (tmp_path / "pictures").iterdir()} == {"index.png", "index.svg", "tradeoff.png", "tradeoff.svg"}
    scenario = tmp_path / "index.toml"
    scenario.write_text(run("index", table, *options, "--as-scenario"))
    assert run("run", scenario, "--json") == printed


def test_command_on_built_in_curves(run):
    answer = json.loads(run("index", *BUILT_IN, "--product-model", "stein_2019", "--variability", "observed", "--json"))
    assert answer["product"]["log_sd"] == pytest.approx(1.252)
    assert answer["product"]["median"] == pytest.approx(171774.285, rel=1e-5)
    assert answer["ratio"]["low"] is None and "no error" in answer["ratio"]["method"]
    assert answer["window"] is None and answer["product"]["share_in_window"] == 0
    assert [entry["key"] for entry in json.loads(run("index", "--list", "--json"))] == list_curves()


def test_power_with_the_observed_spread(run):
    for fold, n in (("2", 53), ("5", 11)):
        printed = run("power", "--fold", fold, "--model", "stein_2019", "--spread", "observed", "--json")
        assert json.loads(printed)["n_per_arm"] == n


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "efficacy: give either an endpoint"),
        (("--efficacy", "ORR", "--toxicity", "CRS>=3"), "needs a FILE"),
        (("--efficacy-curve", "idecel_response", "--toxicity-curve", "tisagenlecleucel_severe_crs"), "same exposure"),
        ((*BUILT_IN, "--median", "1e6"), "--log-sd"),
        ((*BUILT_IN, "--spread", "sd"), "--product-model"),
        ((*BUILT_IN, "--grade", "3"), "--grade"),
        ((*BUILT_IN, "--ceiling", "20"), "ceiling"),
        ((*BUILT_IN, "--product-model", "kirouac_2023", "--cv", "0.3", "-n", "10"), "unit"),
    ],
)
def test_command_refuses_and_writes_nothing(arguments, message, tmp_path, run):
    with pytest.raises(InputError, match=message):
        run("index", *arguments, "--out", tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_one_sentence_and_exit_code_2():
    done = subprocess.run([sys.executable, "-m", "livingdrug", "index"], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
