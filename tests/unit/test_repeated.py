"""Repeated yes-or-no outcomes: statsmodels' answers, limits, coverage with few subjects, Fieller's interval, refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from livingdrug.core.errors import InputError
from livingdrug.response import (
    RepeatedFit,
    Sample,
    exposure_by_fieller,
    fit_binary,
    fit_response,
    may_be_flat,
    probability_band,
    read_curve,
)
from tests.commands import livingdrug
from tests.pictures import undrawn


def sample(subjects=24, seed=3, slope=0.8, own=1.0, sizes=(2, 3, 5), covariate=True) -> Sample:
    """Simulated: a random intercept of each subject makes its observations alike."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(subjects), [sizes[i % len(sizes)] for i in range(subjects)])
    x, burden = random.normal(9, 1, subjects)[who] + random.normal(0, 0.5, len(who)), random.normal(size=subjects)[who]
    eta = slope * (x - 9) + own * random.normal(size=subjects)[who] + 0.3 * burden * covariate
    return Sample(np.exp(x), (random.random(len(who)) < expit(eta)).astype(float), "CMAX", "CRS", "copies/ug",
                  covariates={"burden": burden} if covariate else {}, clusters=tuple(f"P{i}" for i in who))  # fmt: skip


@pytest.mark.parametrize("seed", [3, 4])
def test_estimates_and_errors_are_those_of_statsmodels(seed):
    import statsmodels.api as sm

    s = sample(seed=seed)
    columns = np.column_stack([np.ones(s.n), np.log(s.exposure), s.covariates["burden"]])
    dependence = sm.cov_struct.Exchangeable()
    gee = sm.GEE(s.outcome, columns, groups=np.array(s.clusters), family=sm.families.Binomial(), cov_struct=dependence)
    theirs, ours = gee.fit(maxiter=500, ctol=1e-11, cov_type="bias_reduced"), fit_response(s, "repeated")
    assert isinstance(ours, RepeatedFit)
    np.testing.assert_allclose(ours.estimates, theirs.params, rtol=1e-6)
    assert ours.correlation == pytest.approx(dependence.dep_params, rel=1e-5)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-5)
    np.testing.assert_allclose(ours.plain, gee.fit(maxiter=500, ctol=1e-11).cov_params(), rtol=1e-5)
    reach = stats.t.ppf(0.975, 24 - 3)
    np.testing.assert_allclose(ours.intervals[:, 1] - ours.estimates, reach * ours.errors, rtol=1e-9)
    assert ours.p_value == pytest.approx(2 * stats.t.sf(abs(ours.estimates[1] / ours.errors[1]), 21), rel=1e-9)


def test_the_correction_only_widens_and_vanishes_with_many_subjects():
    few, many = fit_response(sample(12), "repeated"), fit_response(sample(1200), "repeated")
    assert (few.errors > np.sqrt(np.diag(few.plain))).all()
    np.testing.assert_allclose(many.errors, np.sqrt(np.diag(many.plain)), rtol=0.01)


def test_rows_of_a_subject_that_say_the_same_count_once():
    """Every subject's row three times: the answer of one row each, to the last digits where the rows are copies."""
    one = replace(sample(40, sizes=(1,), covariate=False), clusters=tuple(f"P{i}" for i in range(40)))
    thrice = Sample(np.repeat(one.exposure, 3), np.repeat(one.outcome, 3), "CMAX", "CRS",
                    clusters=tuple(np.repeat(one.clusters, 3)))  # fmt: skip
    alone, together = fit_binary(one), fit_response(thrice, "repeated")
    np.testing.assert_allclose(together.estimates, alone.estimates, rtol=1e-6)
    assert together.errors[1] == pytest.approx(alone.errors[1], rel=0.25)  # a sandwich of 40, and not 1/sqrt(3) of it
    assert together.correlation == pytest.approx(0.98) and "held near the end" in together.notes[0]


def test_intervals_hold_the_truth_with_twelve_subjects():
    """The population-averaged slope is that of very many subjects."""
    truth = fit_response(sample(8000, 99, sizes=(4,), covariate=False), "repeated").estimates[1]
    hits, plain, done = 0, 0, 0
    for seed in range(120):
        try:
            fit = fit_response(sample(12, 500 + seed, sizes=(4,), covariate=False), "repeated")
        except InputError:
            continue  # separated
        done += 1
        hits += fit.intervals[1, 0] <= truth <= fit.intervals[1, 1]
        plain += abs(fit.estimates[1] - truth) <= 1.96 * np.sqrt(fit.plain[1, 1])
    assert done > 112 and hits / done > 0.93 and plain / done < hits / done - 0.03


def test_fieller_is_where_the_line_differs_by_its_error():
    fit = fit_response(sample(60, covariate=False), "repeated")
    for wanted in (0.1, 0.5, 0.9):
        at = exposure_by_fieller(fit, wanted)
        for end in (at.low, at.high):
            c = np.array([1.0, np.log(end)])
            off = c @ fit.estimates - np.log(wanted / (1 - wanted))
            assert abs(off) == pytest.approx(fit.reach * np.sqrt(c @ fit.covariance @ c), rel=1e-6)
        assert at.low < at.value < at.high
    flat = fit_response(sample(20, slope=0.0, covariate=False), "repeated")
    assert flat.intervals[1, 0] < 0 < flat.intervals[1, 1]
    at = exposure_by_fieller(flat, 0.5)
    assert (at.low, at.high) == (0.0, np.inf) and at.method.startswith("not determined")


def written(path, s: Sample, name="ID") -> None:
    rows = [f"{w},{e:.4f},{int(y)}" for w, e, y in zip(s.clusters, s.exposure, s.outcome, strict=True)]
    path.write_text("\n".join([f"{name},CMAX (copies/ug),CRS3", *rows]))


def test_the_command_takes_rows_of_a_subject_together(tmp_path, monkeypatch):
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    s = sample(covariate=False)
    written(tmp_path / "rows.csv", s)
    asked = ("response", "rows.csv", "--exposure", "CMAX", "--endpoint", "CRS3")
    done = livingdrug(*asked, "--kind", "repeated", "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said, fit = json.loads(done.stdout), fit_response(s, "repeated")
    assert said["subjects"] == 24 and said["observations"] == s.n and said["model"] == "gee"
    assert said["coefficients"][1]["estimate"] == pytest.approx(fit.estimates[1], rel=1e-4)
    one = read_curve(str(tmp_path / "run"))
    assert one.subjects == 24 and one.curve.slope == pytest.approx(fit.estimates[1], rel=1e-4)
    refused = livingdrug(*asked, cwd=tmp_path)
    assert refused.returncode == 2 and "has two rows" in refused.stderr
    written(tmp_path / "rows.csv", s, "patient_code")
    by = livingdrug(*asked, "--kind", "repeated", "--cluster", "patient_code", "--json", cwd=tmp_path)
    assert by.returncode == 0 and json.loads(by.stdout)["subjects"] == 24
    assert "of 24 subjects" in json.loads(by.stdout)["sentence"]


@pytest.mark.parametrize(
    ("made", "said"),
    [(lambda: replace(sample(), clusters=()), "whose each row is"), (lambda: sample(sizes=(1,)), "nothing is repeated"),
     (lambda: sample(5, covariate=False, sizes=(4,), slope=0), "5 subjects are too few"),
     (lambda: replace(sample(), outcome=np.ones(sample().n)), "does not vary"),
     (lambda: replace(sample(), outcome=(sample().exposure > np.median(sample().exposure)).astype(float)), "separation")],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(made, said):
    with pytest.raises(InputError, match=said):
        fit_response(made(), "repeated")


def alike(outcomes, subjects=8, exposures=(1000.0, 20_000.0)) -> Sample:
    """Subjects at one exposure each, in turn; the outcomes of the i-th are those of `outcomes(i)`."""
    rows = [(f"P{i}", exposures[i % len(exposures)], float(y)) for i in range(subjects) for y in outcomes(i)]
    who, exposure, outcome = zip(*rows, strict=True)
    return Sample(np.array(exposure), np.array(outcome), "CMAX", "CRS3", "copies/ug", clusters=who)


def weak(subjects=8) -> Sample:
    """Simulated: p of the slope lies between that of the normal distribution and that of t."""
    for seed in range(400):
        s = sample(subjects, 3000 + seed, slope=0.8, sizes=(4,), covariate=False)
        try:
            fit = fit_response(s, "repeated")
        except InputError:
            continue  # separated
        if fit.intervals[1, 0] < 0 < abs(fit.estimates[1]) - 1.96 * fit.errors[1]:
            return s
    raise AssertionError("no such data set")


def test_the_file_of_the_curve_has_the_intervals_of_t(tmp_path, monkeypatch):
    """Whoever takes the file uses normal quantiles; what `response` calls not determined must not be sure there."""
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    written(tmp_path / "rows.csv", weak())
    asked = ("response", "rows.csv", "--exposure", "CMAX", "--endpoint", "CRS3", "--kind", "repeated")
    done = livingdrug(*asked, "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said, one = json.loads(done.stdout), read_curve(str(tmp_path / "run"))
    ratio = (stats.t.ppf(0.975, 6) / stats.norm.ppf(0.975)) ** 2
    np.testing.assert_allclose(one.curve.covariance, ratio * np.array(said["covariance"]), rtol=1e-9)
    assert all(at["method"].startswith("not determined") for at in said["exposure_at"]) and may_be_flat(one.curve)
    assert any("(t / z)^2 at 95 %" in note for note in one.notes) and not one.doubts
    crs = "tisagenlecleucel_severe_crs"
    index = ("index", "--efficacy-curve", "run", "--toxicity-curve", crs, "--median", "20000", "--log-sd", "1")
    done = livingdrug(*index, cwd=tmp_path)
    shown = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0 and "CRS3: 8 subjects: with fewer than 10" in shown and "(t / z)^2" in shown


def test_with_many_subjects_the_file_is_the_fit():
    fit = fit_response(sample(600), "repeated")
    np.testing.assert_allclose(fit.widened.covariance, fit.curve.covariance, rtol=0.01)
    few = fit_response(sample(12, covariate=False), "repeated")
    at = np.quantile(few.sample.exposure, [0.1, 0.5, 0.9])
    for mine, theirs in zip(probability_band(few.widened, at), probability_band(few.curve, at, few.band), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_a_slope_of_0_determines_no_exposure():
    """As many yes and no at both exposures, not in each subject: a slope of 0 that has an error."""
    fit = fit_response(alike(lambda i: (0, 0, 1) if i // 2 % 2 else (1, 1, 0)), "repeated")
    assert abs(fit.estimates[1]) < 1e-12 and fit.errors[1] > 0.1
    flat = replace(fit, curve=replace(fit.curve, slope=0.0))
    for one in (fit, flat):
        at = exposure_by_fieller(one, 0.1)
        assert at.method.startswith("not determined") and (at.low, at.high) == (0.0, np.inf)


BALANCED = {
    "a slope of 0": lambda i: (0, 1),
    "a slope": lambda i: (0, 1, 1, 1) if i % 2 else (0, 0, 0, 1),
    "one exposure alone": lambda i: (0, 1, 0, 1) if i % 2 else ((0, 0, 0, 1) if i % 4 else (1, 1, 0, 1)),
}


@pytest.mark.parametrize("case", BALANCED)
def test_errors_of_0_are_not_determined(case, tmp_path, monkeypatch):
    """Every subject's residuals balance, so its score is 0: the sandwich says that the curve is known exactly."""
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    s = alike(BALANCED[case])
    fit = fit_response(s, "repeated")
    assert not fit.determined and np.isnan([*fit.errors, *fit.intervals.ravel(), fit.p_value]).all()
    assert fit.curve.covariance is None and exposure_by_fieller(fit, 0.5).method.startswith("not determined")
    written(tmp_path / "rows.csv", s)
    asked = ("response", "rows.csv", "--exposure", "CMAX", "--endpoint", "CRS3", "--kind", "repeated", "--out", "run")
    done = livingdrug(*asked, cwd=tmp_path)
    shown = " ".join(done.stdout.split())
    assert done.returncode == 0 and "interval not determined" in shown and "nan" not in shown.lower().split()
    plain = livingdrug(*asked[:-2], "--json", cwd=tmp_path)
    said = json.loads(plain.stdout)
    assert "NaN" not in plain.stdout and said["p_value"] is None and said["coefficients"][1]["se"] is None
    with pytest.raises(InputError, match="errors of the curve are not determined"):
        read_curve(str(tmp_path / "run"))
    assert read_curve(str(tmp_path / "run"), even_so=True).curve.covariance is None


def test_a_coefficient_of_one_subject_has_no_error():
    """A covariate that one subject alone has: that subject has no residual of its own, whatever its outcomes."""
    s = sample(10, covariate=False, sizes=(4,))
    alone = np.array([1.0 if who == "P0" else 0.0 for who in s.clusters])
    outcome = np.where(alone == 1, np.cumsum(alone) % 2, s.outcome)
    assert not fit_response(replace(s, outcome=outcome, covariates={"alone": alone}), "repeated").determined


def test_few_subjects_are_said_to_be_tested_with_care():
    """The note holds: without an effect far fewer than 5 % of data sets of 8 subjects have p < 0.05."""
    hits, done = 0, 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        who, x = np.repeat(np.arange(8), 4), np.repeat(random.normal(9, 1, 8), 4)
        outcome = random.random(32) < expit(np.repeat(random.normal(size=8), 4))
        s = Sample(np.exp(x), outcome.astype(float), "CMAX", "CRS", clusters=tuple(map(str, who)))
        fit = fit_response(s, "repeated")
        done, hits = done + 1, hits + (fit.p_value < 0.05)
    assert hits / done < 0.03 and "p < 0.05 in 1.4 % of 1,200" in fit.notes[-1]
