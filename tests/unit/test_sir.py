"""Sampling importance resampling against a likelihood that is known in closed form, and against profiles."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import ResidualError, fit, new_problem, point_of, profile, sir, unknowns_of
from livingdrug.fit.climb import climb
from livingdrug.fit.intervals import uncertainty
from livingdrug.fit.point import prepare
from livingdrug.fit.sir import FEW, likelihood_of, resample
from livingdrug.models.text import from_toml

MODEL = """
name = "constant"
title = "A constant"
[closed_form]
time_unit = "d"
quantities = [{ name = "level_0", unit = "copies/ug", meaning = "level" }]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "level_0" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { level_0 = 10.0 }
"""
SUBJECTS, EACH = 8, 5


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Subjects with a normal level and additive errors: y ~ N(mu, sigma^2 I + omega^2 J)."""
    rng = np.random.default_rng(11)
    rows, y = ["ID,TIME (d),DV"], np.empty((SUBJECTS, EACH))
    for i in range(SUBJECTS):
        y[i] = 10 + 2 * rng.normal() + rng.normal(size=EACH)
        rows += [f"{i},{t},{v!r}" for t, v in enumerate(y[i].tolist())]
    path = tmp_path_factory.mktemp("sir") / "d.csv"
    path.write_text("\n".join(rows))
    problem = new_problem(
        from_toml(MODEL, "test"), read_data(path, Reading(time_unit="d", unit="copies/ug")), {"level_0": 2.0},
        residuals=[ResidualError("level", "additive", a=1.0)],
    )  # fmt: skip
    normal = tuple(replace(p, scale="normal") for p in problem.parameters)
    return fit(replace(problem, parameters=normal), "laplace"), y


def exact(y: np.ndarray, mu, log_omega, log_sigma):
    """Log-likelihood in closed form: means and deviations within subjects are independent normal."""
    n, m = y.shape
    within, means = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(), y.mean(axis=1)
    sigma2, total = np.exp(2 * log_sigma), np.exp(2 * log_sigma) + m * np.exp(2 * log_omega)
    squares = sum((mean - mu) ** 2 for mean in means)
    logs = n * (m - 1) * np.log(sigma2) + n * np.log(total) + n * m * np.log(2 * np.pi)
    return -0.5 * (logs + within / sigma2 + m * squares / total)


def test_the_likelihood_around_the_estimate_is_that_in_closed_form(fitted):
    result, y = fitted
    unknowns, prepared = unknowns_of(result.problem), prepare(result.problem)
    top = climb(prepared, point_of(result.problem), 1)
    likelihood, best = likelihood_of(prepared, unknowns, top.point, top.proposal, 1), unknowns.vector(top.point)
    assert likelihood(best) == pytest.approx(exact(y, *best), abs=0.05)
    for step in ([1.2, 0, 0], [0, 0.6, 0], [0, -0.4, 0], [0, 0, 0.25], [-1.0, 0.5, -0.2]):
        halves = likelihood(best + step) - likelihood(best)
        assert halves.mean() == pytest.approx(exact(y, *(best + step)) - exact(y, *best), abs=0.03), step
        assert abs(halves[0] - halves[1]) < 0.1


def test_vectors_kept_stand_for_a_density_that_is_known(fitted):
    result, y = fitted
    best = unknowns_of(result.problem).vector(point_of(result.problem))
    axes = [np.linspace(b - w, b + w, 181) for b, w in zip(best, (9.0, 2.5, 1.0), strict=True)]
    logs = exact(y, *np.meshgrid(*axes, indexing="ij"))
    weight, ends = np.exp(logs - logs.max()), []
    for k, values in enumerate(axes):
        cdf = np.cumsum(weight.sum(axis=tuple(j for j in range(3) if j != k)))
        ends.append(np.interp([0.025, 0.975], cdf / cdf[-1], values))
    width, widths = np.diff(ends)[:, 0], []
    for seed in range(12):
        x, _, effective = resample(lambda x: exact(y, *x.T)[:, None], best, result.covariance.matrix, 1000, seed)
        assert effective[-1] > 0.5
        widths.append(np.diff(np.percentile(x, [2.5, 97.5], axis=0), axis=0)[0] / width - 1)
    # the tails are longer than normal ones (eight subjects): a density without long tails loses a tenth of the width
    error = np.std(widths, axis=0, ddof=1) / np.sqrt(len(widths))
    np.testing.assert_array_less(abs(np.mean(widths, axis=0)), 0.02 + 2.6 * error)
    # Wald's interval of the spread is too short above, and this one is not
    wald = best[1] + 1.96 * np.sqrt(result.covariance.matrix[1, 1])
    assert np.percentile(x[:, 1], 97.5) - wald > 0.1


def test_a_fit_has_intervals_of_all_its_numbers(fitted):
    result, y = fitted
    found = sir(result, 200, seed=3, rounds=1)
    assert found.names == ("level_0", "omega level_0", "a level") and found.estimates.shape == (200, 3)
    estimates = np.array([e.value for e in result.estimates])
    assert (found.lower < estimates).all() and (found.upper > estimates).all()
    assert found.rise.min() > -0.1 and 2 < found.rise.mean() < 4.5  # chi-squared with 3 degrees of freedom: 3
    assert found.noise < 0.05 and found.effective[-1] > FEW and found.notes == ()


def test_the_same_seed_gives_the_same_vectors(fitted):
    one, two = (sir(fitted[0], 100, seed=5, rounds=1) for _ in range(2))
    np.testing.assert_array_equal(one.estimates, two.estimates)


def test_intervals_agree_with_the_profile_where_one_number_matters(fitted):
    # a profile maximises where SIR integrates: they meet for the residual error, which the rest hardly touches
    result, _ = fitted
    found, profiled = sir(result, 400, seed=1, rounds=1), profile(result, "a level")
    k = found.names.index("a level")
    # Monte-Carlo error of an end: of counting, over the density there of a normal logarithm
    error = np.std(np.log(found.estimates[:, k])) * np.sqrt(0.025 * 0.975 / 400) / 0.0584
    assert abs(np.log(found.lower[k] / profiled.lower)) < 4 * error + 0.02
    assert abs(np.log(found.upper[k] / profiled.upper)) < 4 * error + 0.02


def test_a_number_at_its_bound_has_no_interval(fitted):
    result, _ = fitted
    matrix = result.covariance.matrix.copy()
    matrix[1], matrix[:, 1] = np.nan, np.nan
    estimates = tuple(replace(e, by="") if e.name == "omega level_0" else e for e in result.estimates)
    bound = replace(result, covariance=replace(result.covariance, matrix=matrix), estimates=estimates)
    found = uncertainty(bound, kept=100)
    assert np.isnan(found.sir.lower).tolist() == [False, True, False] == np.isnan(found.sir.upper).tolist()
    assert set(found.table(bound)["parameter"]) == {"level_0", "a level"}


def test_what_sir_needs_is_said(fitted):
    result = fitted[0]
    with pytest.raises(InputError, match="50 vectors are too few"):
        sir(result, 50)
    without = replace(result, covariance=replace(result.covariance, matrix=None, reason="the information is singular"))
    with pytest.raises(InputError, match="there is none: the information is singular"):
        sir(without)
    # in a fit that stands, it is a note
    told = uncertainty(without, kept=200)
    assert told.sir is None and "SIR was not made" in told.notes[0]
