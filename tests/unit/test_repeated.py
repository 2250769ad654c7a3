"""Repeated yes-or-no outcomes: statsmodels' answers, limits, coverage with few subjects, Fieller's interval, refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from livingdrug.core.errors import InputError
from livingdrug.response import RepeatedFit, Sample, exposure_by_fieller, fit_binary, fit_response, read_curve
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
    monkeypatch.setattr("livingdrug.workflows.base.save", undrawn)
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
