"""Probit and complementary log-log: textbook answers, statsmodels, derivatives, limits, and what takes such curves."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from livingdrug.core.errors import InputError
from livingdrug.response import (
    Curve,
    ExposureSpread,
    Pair,
    Sample,
    chance_at_profile,
    chance_within,
    curves_to_toml,
    drawn_coefficients,
    exposure_at,
    exposure_at_profile,
    fit_binary,
    fit_response,
    logistic,
    paired,
    probabilities,
    probability,
    probability_band,
    rate_over,
    ratio_of_exposures,
    read_curve,
    select,
    therapeutic_index,
    window,
)
from livingdrug.response.models.curve_file import FittedCurve
from livingdrug.response.models.links import LINKS, OPPOSITE, inverse, linked, logarithms, rise
from livingdrug.response.sample.selection import Question
from livingdrug.response.sample.table import read_subjects
from tests.commands import livingdrug

# Bliss (1935): beetles killed by carbon disulphide; log10 dose, exposed, killed (Dobson & Barnett, Generalized Linear
# Models, 3rd ed., table 7.2)
DOSE = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
EXPOSED = np.array([59, 60, 62, 56, 63, 59, 62, 60])
KILLED = np.array([6, 13, 18, 28, 52, 53, 61, 60])
# the same book, chapter 7: intercept, slope, deviance
BOOK = {"logistic": (-60.72, 34.27, 11.23), "probit": (-34.94, 19.73, 10.12), "cloglog": (-39.57, 22.04, 3.45)}


def beetles() -> Sample:
    return Sample(DOSE, KILLED, "dose", "death", trials=EXPOSED)


def simulated(n=90, seed=2) -> Sample:
    random = np.random.default_rng(seed)
    exposure, burden = np.exp(random.normal(9, 1, n)), random.normal(size=n)
    p = ndtr(0.6 * (np.log(exposure) - 9) + 0.4 * burden)
    return Sample(exposure, (random.random(n) < p).astype(float), "CMAX", "ORR", covariates={"burden": burden})


@pytest.mark.parametrize("model", BOOK)
def test_beetles_are_those_of_the_textbook(model):
    fit = fit_binary(beetles(), model, "linear")
    intercept, slope, deviance = BOOK[model]
    assert fit.estimates[0] == pytest.approx(intercept, abs=0.006)
    assert fit.estimates[1] == pytest.approx(slope, abs=0.006)
    assert fit.deviance == pytest.approx(deviance, abs=0.006)


@pytest.mark.parametrize("model", ["probit", "cloglog"])
def test_fit_is_that_of_statsmodels(model):
    import statsmodels.api as sm

    s = simulated()
    columns = np.column_stack([np.ones(s.n), np.log(s.exposure), s.covariates["burden"]])
    link = sm.families.links.Probit() if model == "probit" else sm.families.links.CLogLog()
    glm = sm.GLM(s.outcome, columns, family=sm.families.Binomial(link=link))
    theirs, ours = glm.fit(tol=1e-13, maxiter=200), fit_binary(s, model)
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    observed = np.linalg.inv(-glm.hessian(theirs.params, observed=True))
    np.testing.assert_allclose(ours.covariance, observed, rtol=1e-5)
    # the end of the profile of ED90, burden at its mean: the likelihood with the curve through that point
    at, burden = exposure_at_profile(fit_binary(s, model), 0.9), s.covariates["burden"]
    for end in (at.low, at.high):
        through = np.column_stack([np.log(s.exposure) - np.log(end), burden - burden.mean()])
        offset, family = np.full(s.n, linked(ours.curve.link, 0.9)), sm.families.Binomial(link=link)
        held = sm.GLM(s.outcome, through, family=family, offset=offset)
        fallen = 2 * (ours.log_likelihood - held.fit(tol=1e-13, maxiter=200).llf)
        assert fallen == pytest.approx(3.841458820694124, rel=1e-5)
    middle = chance_at_profile(ours, at.value)
    assert middle.value == pytest.approx(0.9) and middle.low < 0.9 < middle.high


@pytest.mark.parametrize("link", LINKS)
def test_links_and_their_derivatives(link):
    eta, h = np.linspace(-2.8, 2.8, 60), 1e-5
    p = inverse(link, eta)
    np.testing.assert_allclose(linked(link, p), eta, atol=1e-6)
    np.testing.assert_allclose(rise(link, eta), (inverse(link, eta + h) - inverse(link, eta - h)) / (2 * h), atol=1e-9)
    np.testing.assert_allclose(inverse(OPPOSITE[link], -eta), 1 - p, atol=1e-15)
    for part, chance in zip(logarithms(link, eta), (p, 1 - p), strict=True):
        np.testing.assert_allclose(part[0], np.log(chance), rtol=1e-6, atol=1e-12)
        up, down = (logarithms(link, eta + s * h) for s in (1, -1))
        which = 0 if chance is p else 1
        np.testing.assert_allclose(part[1], (up[which][0] - down[which][0]) / (2 * h), rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(part[2], (up[which][1] - down[which][1]) / (2 * h), rtol=1e-5, atol=1e-8)
        assert (part[2] <= 0).all()
    for part in logarithms(link, np.array([-40.0, 6.0, 30.0])):
        assert all(np.isfinite(values).all() for values in part)


def test_an_exposure_is_not_determined_where_the_slope_may_be_nothing():
    random = np.random.default_rng(3)
    flat = Sample(np.exp(random.normal(size=30)), (np.arange(30) % 2).astype(float), "CMAX", "ORR")
    for model in ("logistic", "firth", "probit", "cloglog"):
        fit = fit_binary(flat, model)
        assert fit.intervals[1, 0] < 0 < fit.intervals[1, 1]
        at = exposure_at_profile(fit, 0.5)
        assert (at.low, at.high) == (0.0, np.inf) and at.method.startswith("not determined")
    steep = exposure_at_profile(fit_binary(simulated(), "probit"), 0.5)
    assert 0 < steep.low < steep.value < steep.high < np.inf


def test_exposures_by_category_do_not_depend_on_the_reference(tmp_path):
    random = np.random.default_rng(5)
    rows = ["ID,CMAX (copies/ug),ORR,site"]
    for i in range(150):
        x, site = random.normal(9, 1), "abc"[i % 3]
        yes = random.random() < ndtr(0.9 * (x - 9) + {"a": 0.0, "b": 0.8, "c": -0.5}[site])
        rows.append(f"{i},{np.exp(x):.1f},{'yes' if yes else 'no'},{site}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    from livingdrug.workflows.response.binary import by_category

    found = []
    for adjust in ("site=a", "site=c"):
        kind, s = select(read_subjects(tmp_path / "data.csv"), Question("CMAX", "ORR", "binary", adjust=(adjust,)))
        found.append(by_category(fit_response(s, kind, "probit"))["site"])
    assert set(found[0]) == set(found[1]) == {"a", "b", "c"}
    for site in "abc":
        for one, other in zip(found[0][site], found[1][site], strict=True):
            assert [one.value, one.low, one.high] == pytest.approx([other.value, other.low, other.high], rel=1e-5)
    assert found[0]["b"][1].value < found[0]["a"][1].value < found[0]["c"][1].value
    adjusted = livingdrug("response", "data.csv", "--exposure", "CMAX", "--endpoint", "ORR", "--adjust", "site", cwd=tmp_path)
    assert adjusted.returncode == 0 and "CMAX by probability and site (one slope for all)" in adjusted.stdout
    done = livingdrug("response", "data.csv", "--exposure", "CMAX", "--endpoint", "ORR", "--model", "probit", "--by", "site",
                      cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0 and "CMAX by probability and group" in done.stdout and "to the probit of ORR" in done.stdout


def curve(link, intercept=-9.0, slope=1.0, name="ORR", covariance=None) -> Curve:
    return Curve(name, intercept, slope, covariance, "log", "test", "fitted", exposure="CMAX", unit="copies/ug", link=link)


COVARIANCE = np.array([[0.9, -0.098], [-0.098, 0.011]])


@pytest.mark.parametrize("link", LINKS)
def test_everything_that_takes_curves_takes_the_link(link, tmp_path):
    one, x = curve(link, covariance=COVARIANCE), np.exp(np.linspace(7, 11, 9))
    eta = -9 + np.log(x)
    np.testing.assert_allclose(probability(one, x), inverse(link, eta), rtol=1e-12)
    at = exposure_at(one, 0.8)
    assert probability(one, at.value) == pytest.approx(0.8)
    low, high = probability_band(one, np.array([at.value]))
    error = np.sqrt(0.9 - 2 * 0.098 * np.log(at.value) + 0.011 * np.log(at.value) ** 2)
    ends = inverse(link, linked(link, 0.8) + np.array([-1, 1]) * ndtri(0.975) * error)
    assert [low[0], high[0]] == pytest.approx(ends.tolist(), rel=1e-9)
    drawn = drawn_coefficients(one, 4000)
    assert np.quantile(probabilities(one, drawn, np.full(4000, at.value)), [0.025, 0.975]) == pytest.approx(ends, abs=0.02)
    assert logistic(x, exposure_at(one, 0.5).value, 1.0, link) == pytest.approx(probability(one, x), rel=1e-9)
    (tmp_path / "curve.toml").write_text(curves_to_toml((FittedCurve(one, "", 1.0, 2.0, 80),)))
    again = read_curve(str(tmp_path / "curve.toml")).curve
    assert again.link == link and probability(again, x) == pytest.approx(probability(one, x))
    toxic = curve(link, -11.0, 1.0, "CRS", COVARIANCE)
    pair = Pair(one, toxic)
    between = window(pair, 0.5, 0.2)
    for end, side, limit in zip(between or (), (one, toxic), (0.5, 0.2), strict=False):
        assert probability(side, end) == pytest.approx(limit)
    # by draws: exact for a curve whose link is a straight line in normal coefficients
    pairs = [drawn_coefficients(c, 40_000, seed) for c, seed in ((one, 1), (toxic, 2))]
    at = np.exp(9.6)
    inside = (probabilities(one, pairs[0], at) >= 0.5) & (probabilities(toxic, pairs[1], at) <= 0.2)
    assert chance_within(pair, np.array([at]), 0.5, 0.2)[0] == pytest.approx(inside.mean(), abs=0.012)
    index = therapeutic_index(pair)
    assert index.ratio.value == pytest.approx(np.exp(2.0)) and index.ratio.low < np.exp(2.0) < index.ratio.high


def test_a_probit_over_a_log_normal_exposure_has_a_closed_form():
    one = curve("probit", -9.0, 1.2, covariance=COVARIANCE)
    found = rate_over(one, ExposureSpread(np.exp(8.0), 0.7, "CMAX", "copies/ug"))
    root = np.sqrt(1 + (1.2 * 0.7) ** 2)
    assert found.value == pytest.approx(ndtr((-9 + 1.2 * 8) / root), rel=1e-6)
    # delta method of the closed form: d rate = phi(z) dz, and logit or probit of a rate alike
    z = (-9 + 1.2 * 8) / root
    gradient = np.array([1 / root, 8 / root - z * 1.2 * 0.7**2 / root**2])
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    error = np.sqrt(gradient @ COVARIANCE @ gradient) * density / (ndtr(z) * ndtr(-z))
    logit = np.log(ndtr(z) / ndtr(-z))
    assert np.log(found.high / (1 - found.high)) - logit == pytest.approx(ndtri(0.975) * error, rel=1e-4)


def test_two_curves_of_the_same_outcome_are_one_curve():
    """The scores of one outcome taken twice have the covariance of the score, so both fits move as one."""
    s = replace(simulated(4000, 7), covariates={})
    fit = fit_binary(s, "probit").curve
    pair = paired(fit, fit, s.exposure, s.outcome, s.outcome)
    assert pair.correlation == pytest.approx(1.0)
    np.testing.assert_allclose(pair.cross, fit.covariance, rtol=0.1, atol=1e-4)
    assert ratio_of_exposures(pair).value == pytest.approx(1.0)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="the link of curve `x` is `tobit`"):
        Curve("x", 0.0, 1.0, None, "log", "", "", link="tobit")
    with pytest.raises(InputError, match="ceiling below 1, which goes with the logit"):
        Curve("x", 0.0, 1.0, None, "log", "", "", 0.5, link="probit")
    apart = Sample(np.arange(1.0, 11), (np.arange(10) > 4).astype(float), "CMAX", "CRS")
    with pytest.raises(InputError, match="`probit` has no answer; use --model firth"):
        fit_binary(apart, "probit")


def test_an_index_of_a_file_takes_the_model(tmp_path):
    random = np.random.default_rng(6)
    x = random.normal(9, 1, 120)
    orr, crs = (random.random(120) < ndtr(x - at) for at in (8.5, 9.8))
    rows = [f"{i},{np.exp(v):.6f},{int(a)},{int(b)}" for i, (v, a, b) in enumerate(zip(x, orr, crs, strict=True))]
    (tmp_path / "data.csv").write_text("\n".join(["ID,CMAX (copies/ug),ORR,CRS3", *rows]))
    sides = ("--efficacy", "ORR", "--toxicity", "CRS3", "--model", "probit")
    done = livingdrug("index", "data.csv", "--exposure", "CMAX", *sides, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    fits = [fit_binary(Sample(np.exp(x), y.astype(float), "CMAX"), "probit") for y in (orr, crs)]
    for side, fit in zip(("efficacy", "toxicity"), fits, strict=True):
        at = exposure_at_profile(fit, 0.5)
        found = said[f"{side}_exposure"]
        assert [found["value"], found["low"], found["high"]] == pytest.approx([at.value, at.low, at.high], rel=1e-4)
    assert said["ratio"]["low"] < said["ratio"]["value"] < said["ratio"]["high"]
