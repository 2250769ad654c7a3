"""Grades: statsmodels' answers, what two grades come down to, Brant's test, and what is refused."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.response import Sample, fit_binary, fit_graded, grade_shares, half_exposure, probability
from livingdrug.response.models import graded as grades_module
from livingdrug.response.models.graded import brant


def graded(n=150, seed=1, cuts=(-1.0, 0.5, 1.6), slope=1.0, adjust=0.5) -> Sample:
    rng = np.random.default_rng(seed)
    x, burden = rng.normal(size=n), rng.normal(size=n)
    grade = np.digitize(slope * x + adjust * burden + rng.logistic(size=n), cuts)
    return Sample(np.exp(x + 10), grade.astype(float), "CMAX", "CRS", covariates={"burden": burden})


def test_fit_is_that_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    s = graded()
    columns = np.column_stack([np.log(s.exposure) - 10, s.covariates["burden"]])
    model = OrderedModel(s.outcome, columns, distr="logit")
    theirs = model.fit(method="bfgs", disp=0, gtol=1e-8)
    ours = fit_graded(s)
    np.testing.assert_allclose(ours.estimates[3:], theirs.params[:2], rtol=1e-5)
    np.testing.assert_allclose(ours.errors[3:], theirs.bse[:2], rtol=1e-3)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    cuts = model.transform_threshold_params(theirs.params)[1:-1]
    np.testing.assert_allclose(-(ours.estimates[:3] + 10 * ours.estimates[3]), cuts, rtol=1e-4)


def test_two_grades_are_a_logistic_regression():
    s = graded(cuts=(0.2,))
    ordinal, logistic = fit_graded(s), fit_binary(s)
    np.testing.assert_allclose(ordinal.estimates, logistic.estimates, rtol=1e-7)
    np.testing.assert_allclose(ordinal.covariance, logistic.covariance, rtol=1e-6)
    np.testing.assert_allclose(ordinal.intervals, logistic.intervals, rtol=1e-6)
    assert ordinal.p_value == pytest.approx(logistic.p_value, rel=1e-6)


def test_grades_that_do_not_occur_are_noted_and_change_nothing():
    s = graded()
    gap = Sample(s.exposure, np.where(s.outcome == 3, 5.0, s.outcome), "CMAX", "CRS", covariates=s.covariates)
    one, other = fit_graded(s), fit_graded(gap)
    np.testing.assert_allclose(one.estimates, other.estimates)
    assert other.terms[:3] == (">= 1", ">= 2", ">= 5") and "grade 3 and 4 does not occur" in other.notes[0]


def test_shares_of_grades_are_those_of_the_curves():
    fit = fit_graded(graded())
    at = np.array([1e3, 2e4, 1e6])
    shares = grade_shares(fit, at)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    assert (shares > 0).all()
    np.testing.assert_allclose(shares[-1], probability(fit.curves[-1], at))


def test_a_half_exposure_is_looked_for_once(monkeypatch):
    """Sentences, tables and JSON all name it, and its interval is the dearest number of a fit of many subjects."""
    fit, asked = fit_graded(graded()), []
    crossings = grades_module.crossings
    monkeypatch.setattr(grades_module, "crossings", lambda *given: asked.append(given) or crossings(*given))
    found = [half_exposure(fit, cut) for cut in (0, 1, 2, 0, 1, 2)]
    assert len(asked) == 3 and found[:3] == found[3:]
    assert found[:3] == [half_exposure(fit_graded(graded()), cut) for cut in range(3)]


def test_brant_sees_slopes_that_differ_and_none_where_they_do_not():
    rng = np.random.default_rng(7)
    x = rng.normal(size=500)
    first = rng.random(500) < 1 / (1 + np.exp(-(0.5 + 2 * x)))
    second = first & (rng.random(500) < 0.5)  # among those with any grade, the higher one by chance alone
    unequal = brant(Sample(np.exp(x), first.astype(float) + second))
    assert unequal.p_value < 0.01 and unequal.slopes[1] > unequal.slopes[2]
    values = [brant(graded(120, seed, adjust=0.0)).p_value for seed in range(60)]
    assert 0 <= np.mean(np.array(values) < 0.05) <= 0.15 and 0.3 < np.mean(values) < 0.7


@pytest.mark.parametrize(
    ("grades", "message"),
    [
        (np.full(12, 2), "`CRS` does not vary: all 12 subjects have grade 2"),
        (np.r_[np.arange(11) % 3, 7], "`CRS` is 7 for row 12; a grade is a whole number from 0 to 5"),
        (np.r_[np.arange(11) % 3, 1.5], "`CRS` is 1.5 for row 12"),
        (np.repeat([0, 1, 2], 4), r"in order without overlap.*--endpoint 'CRS>=2' --model firth"),
    ],
)
def test_what_cannot_be_fitted_is_refused(grades, message):
    with pytest.raises(InputError, match=message):
        fit_graded(Sample(np.arange(1.0, 13), grades, "CMAX", "CRS"))


@pytest.mark.parametrize("columns", [1, 3])
def test_the_likelihood_of_many_subjects_has_the_slopes_and_bends_of_its_values(columns, monkeypatch):
    from livingdrug.response.models import odds

    draw = np.random.default_rng(columns)
    x, rank = draw.normal(size=(60, columns)), draw.integers(0, 4, 60)
    at = np.r_[1.0, -0.2, -1.1, draw.normal(size=columns) / 3]
    whole = odds.odds_objective(x, rank, 3)(at)
    monkeypatch.setattr(odds, "BLOCK", 7)
    objective = odds.odds_objective(x, rank, 3)
    for one, other in zip(whole, objective(at), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    steps = 1e-5 * np.eye(len(at))
    slopes = [(objective(at + s)[0] - objective(at - s)[0]) / 2e-5 for s in steps]
    bends = [(objective(at + s)[1] - objective(at - s)[1]) / 2e-5 for s in steps]
    np.testing.assert_allclose(whole[1], slopes, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(whole[2], -np.array(bends), rtol=1e-6, atol=1e-6)
    by_hand = 1 / (1 + np.exp(-np.r_[np.inf, at[:3], -np.inf][rank[:, None] + [0, 1]] - (x @ at[3:])[:, None]))
    assert whole[0] == pytest.approx(np.log(by_hand[:, 0] - by_hand[:, 1]).sum(), rel=1e-12)
    assert objective(np.r_[-1.0, 0.0, 1.0, at[3:]])[0] == -np.inf
