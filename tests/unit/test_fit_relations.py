"""Conditional residuals, sampled individual parameters and what is seen in them, against linear mixed models."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import f_oneway, pearsonr

from livingdrug.data import Reading, read_data
from livingdrug.fit import (
    Individual,
    ResidualError,
    correlation_table,
    covariate_relations,
    eta_correlations,
    fit,
    new_problem,
    relation_table,
    sampled_parameters,
    with_conditional_residuals,
)
from livingdrug.fit.covariate_relations import covariates_of
from livingdrug.fit.eta_correlation import averaged, holm
from livingdrug.fit.store import write_result
from livingdrug.models.text import from_toml
from livingdrug.plots import plot_covariates, plot_eta_pairs
from livingdrug.workflows.fit.relations import correlation_part, covariate_part

LINE = """
name = "line"
title = "A straight line"
[closed_form]
time_unit = "d"
quantities = [
  { name = "start", unit = "copies/ug", meaning = "level at 0", bound = "any" },
  { name = "rise", unit = "copies/ug/d", meaning = "rise", bound = "any" },
]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "start + rise * time" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { start = 100.0, rise = 5.0 }
"""
TIMES = np.array([0.0, 1.0, 2.0, 4.0, 7.0])
BETA, OMEGA, SIGMA = np.array([100.0, 5.0]), np.array([20.0, 2.0]), 6.0
LIMIT = 90.0


def line(tmp_path, n=30, seed=1, sigma=SIGMA, limit=None, extra=None):
    """(individual fit at the truth, values (n, times), true random effects): y = X beta + Z eta + e."""
    random = np.random.default_rng(seed)
    etas = OMEGA * random.standard_normal((n, 2))
    y = (BETA + etas) @ np.array([np.ones(len(TIMES)), TIMES]) + sigma * random.standard_normal((n, len(TIMES)))
    extra = extra(etas, random) if extra else {}
    rows = [",".join(["ID", "TIME", "DV", "LIMIT", *extra])]
    for i in range(n):
        tail = [str(limit or ""), *(str(values[i]) for values in extra.values())]
        rows += [
            ",".join([f"p{i:02d}", f"{t}", f"<{limit}" if limit and v < limit else f"{v!r}", *tail])
            for t, v in zip(TIMES.tolist(), y[i].tolist(), strict=True)
        ]
    path = tmp_path / "line.csv"
    path.write_text("\n".join(rows))
    problem = new_problem(
        from_toml(LINE, "line"),
        read_data(path, Reading(time_unit="d", unit="copies/ug")),
        random={"start": OMEGA[0], "rise": OMEGA[1]},
        residuals=[ResidualError("level", "additive", a=sigma)],
    )
    assert [p.scale for p in problem.parameters] == ["normal", "normal"]
    return fit(problem, Individual()), y, etas


def design() -> tuple[np.ndarray, np.ndarray]:
    """(Z, variance of the values of a subject)."""
    z = np.stack([np.ones(len(TIMES)), TIMES], axis=1)
    return z, z @ np.diag(OMEGA**2) @ z.T + SIGMA**2 * np.eye(len(TIMES))


@pytest.mark.parametrize("limit", [None, LIMIT])
def test_conditional_residuals_of_a_linear_model_are_the_decorrelated_ones(tmp_path, limit):
    result, y, _ = line(tmp_path, limit=limit)
    found = with_conditional_residuals(result).predictions.cwres.reshape(y.shape)
    z, variance = design()
    for own, cwres in zip(y, found, strict=True):
        seen = np.ones(len(TIMES), dtype=bool) if limit is None else own >= limit
        assert np.isnan(cwres[~seen]).all()  # and those measured are decorrelated among themselves
        root = np.linalg.inv(sqrtm(variance[np.ix_(seen, seen)])) if seen.any() else np.zeros((0, 0))
        np.testing.assert_allclose(cwres[seen], root @ (own - z @ BETA)[seen], rtol=1e-7, atol=1e-9)
    assert (limit is None) or np.isnan(found).sum() > 10


def test_conditional_residuals_of_log_normal_errors_are_those_of_logarithms(tmp_path):
    from livingdrug.models import get_model

    # ln transgene before the peak is linear in ln c_max alone
    random = np.random.default_rng(4)
    path, times = tmp_path / "d.csv", (9.0, 9.5, 10.0)
    rows = [f"{i},{t},{10 ** (4 + 0.3 * random.standard_normal()):.6g}" for i in range(6) for t in times]
    path.write_text("\n".join(["ID,TIME,DV", *rows]))
    problem = new_problem(
        get_model("stein_2019"),
        read_data(path, Reading(time_unit="d", unit="copies/ug")),
        random={"c_max": 0.7},
        residuals=[ResidualError("transgene", "lognormal", a=0.4)],
    )
    result = with_conditional_residuals(fit(problem, Individual()))
    p = result.predictions
    off = (np.log(p.value) - np.log(p.pred)).reshape(6, 3)
    root = np.linalg.inv(sqrtm(0.49 * np.ones((3, 3)) + 0.16 * np.eye(3)))
    np.testing.assert_allclose(p.cwres.reshape(6, 3), off @ root, rtol=1e-6, atol=1e-9)


def test_predictions_are_written_with_their_residuals(tmp_path):
    import pandas as pd

    result, _, _ = line(tmp_path)
    write_result(result, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "predictions.csv")
    expected = with_conditional_residuals(result).predictions.cwres
    np.testing.assert_allclose(table["cwres"], expected, rtol=1e-12)
    assert list(table)[:9] == ["subject", "time", "output", "value", "kind", "pred", "ipred", "iwres", "line"]


def test_draws_have_the_conditional_distribution_of_a_linear_model(tmp_path):
    result, y, _ = line(tmp_path)
    sampled = sampled_parameters(result, draws=100, seed=3)
    z, _ = design()
    precision = z.T @ z / SIGMA**2 + np.diag(1 / OMEGA**2)
    mean = np.linalg.solve(precision, z.T @ (y - z @ BETA).T / SIGMA**2).T
    white = (sampled.etas - mean[:, None]) @ np.linalg.cholesky(precision)
    white = white.reshape(-1, 2)
    assert np.abs(white.mean(axis=0)).max() < 4 / np.sqrt(len(white))
    np.testing.assert_allclose(np.cov(white.T), np.eye(2), atol=4 * np.sqrt(2 / len(white)))
    np.testing.assert_allclose(sampled.values["rise"], BETA[1] + sampled.etas[:, :, 1])
    assert sampled.notes == () and sampled.worth.min() > 500


def test_draws_do_not_depend_on_how_many_are_asked_for(tmp_path):
    result, _, _ = line(tmp_path, n=8)
    few, many = (sampled_parameters(result, draws=k, seed=5) for k in (3, 10))
    np.testing.assert_array_equal(few.etas, many.etas[:, :3])
    table = many.table()
    assert len(table) == 80 and table["draw"].tolist()[:11] == [*range(1, 11), 1]
    assert list(table) == ["subject", "draw", "start", "rise", "eta start", "eta rise"]
    assert not np.array_equal(few.etas, sampled_parameters(result, draws=3, seed=6).etas)


def test_draws_are_as_wide_as_the_population_where_estimates_are_shrunk(tmp_path):
    # an error as large as this leaves little to be known of the rise
    result, _, _ = line(tmp_path, n=60, sigma=20.0)
    shrinkage = {e.name: e.shrinkage for e in result.estimates}["omega rise"]
    sampled = sampled_parameters(result, seed=2)
    wide = sampled.etas[:, :, 1].std() / OMEGA[1]
    assert shrinkage > 30 and result.individuals.etas[:, 1].std() < 0.7 * OMEGA[1] and wide == pytest.approx(1, abs=0.15)


def test_a_correlation_of_one_draw_is_pearsons_with_fishers_interval():
    random = np.random.default_rng(1)
    a = random.standard_normal(20)
    b = 0.5 * a + random.standard_normal(20)
    value, low, high, p = averaged(a[:, None], b[:, None])
    expected = pearsonr(a, b)
    interval = expected.confidence_interval(0.95)  # Fisher's
    assert value == pytest.approx(expected.statistic) and p == pytest.approx(expected.pvalue, rel=1e-9)
    np.testing.assert_allclose([low, high], [interval.low, interval.high], rtol=1e-9)
    assert all(np.isnan(averaged(a[:4, None], b[:4, None])))  # too few
    assert all(np.isnan(averaged(a[:, None], np.ones((20, 1)))))  # what does not vary


@pytest.mark.parametrize("known", [1.0, 0.7])
def test_eight_patients_seldom_give_findings(known):
    """Where nothing is correlated, one trial in twenty at most shows a pair, of fifteen; known: part of the variance of an
    effect that the data of a subject determine."""
    random = np.random.default_rng(11)
    trials, size = 200, 6
    findings = 0
    for _ in range(trials):
        shared, own = random.standard_normal((8, 1, size)), random.standard_normal((8, 10, size))
        etas = np.sqrt(known) * shared + np.sqrt(1 - known) * own
        p = [averaged(etas[:, :, i], etas[:, :, j])[3] for i in range(size) for j in range(i)]
        findings += bool((holm(np.array(p)) < 0.05).any())
    assert findings / trials < 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials)


def test_corrected_p_values_are_holms():
    from statsmodels.stats.multitest import multipletests

    p = np.array([0.01, 0.04, 0.03, 0.2, 0.005])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(holm(np.array([0.03, np.nan, 0.01])), [0.03, np.nan, 0.02])
    assert len(holm(np.array([]))) == 0


def test_a_correlation_that_the_data_show_is_found(tmp_path):
    result, _, etas = line(tmp_path, n=40, sigma=0.01)
    # the effects are hardly uncertain here: their correlation is that of the true ones
    (pair,) = eta_correlations(sampled_parameters(result), result.problem)
    assert pair.value == pytest.approx(np.corrcoef(etas.T)[0, 1], abs=0.01) and not pair.found
    alike = np.repeat(etas[:, None, :1], 10, axis=1) + 0.5 * etas[:, None, 1:] * [0, 1]
    together = replace(sampled_parameters(result), etas=alike)
    (pair,) = eta_correlations(together, result.problem)
    assert pair.found and pair.corrected < 1e-6
    part = correlation_part((pair,), together)
    assert part.points[0].startswith("More than expected by chance: start with rise, ")
    assert correlation_table((pair,))["correlation"][0] == pair.value


def test_four_subjects_determine_no_correlation(tmp_path):
    result, _, _ = line(tmp_path, n=4)
    sampled = sampled_parameters(result)
    pairs = eta_correlations(sampled, result.problem)
    assert np.isnan(pairs[0].value) and not pairs[0].found
    part = correlation_part(pairs, sampled)
    assert part.points[0] == "Correlations of random effects are not determined: 5 subjects or more are needed."
    assert part.tables[0].rows[0][2] == "not determined"
    assert "not\ndetermined" in [text.get_text() for text in plot_eta_pairs(pairs, sampled).axes[0].texts]


def covariates(etas, random):
    """AGE goes with the rise, SEX with nothing; one age is missing; response is an outcome."""
    n = len(etas)
    age = [f"{50 + 3 * v:.2f}" for v in etas[:, 1] + 0.5 * random.standard_normal(n)]
    return {"AGE": ["", *age[1:]], "SEX": ["FM"[k % 2] for k in range(n)], "RESPONSE": ["CR", "PD"] * (n // 2),
            "SITE": [f"s{k}" for k in range(n)]}  # fmt: skip


def test_relations_are_found_where_they_are(tmp_path):
    result, _, _ = line(tmp_path, n=40, extra=covariates)
    sampled = sampled_parameters(result)
    relations = covariate_relations(result, sampled)
    named = {(r.parameter, r.covariate): r for r in relations}
    assert set(named) == {(p, c) for p in ("start", "rise") for c in ("AGE", "SEX")}  # no outcome, no forty sites
    assert covariates_of(result.problem.data) == ["AGE", "SEX", "SITE"]
    assert [key for key, r in named.items() if r.found] == [("rise", "AGE")]
    assert len(named["rise", "AGE"].x) == 39  # without the one whose age is missing
    table = relation_table(relations).set_index(["parameter", "covariate"])
    assert table.loc[("rise", "AGE"), "value"] == pytest.approx(named["rise", "AGE"].value)
    assert table.loc[("start", "SEX"), "statistic"] == "F"
    part = covariate_part(relations, sampled, {"covariates": ["AGE"]})
    assert part.points[0] == "More than expected by chance: rise with AGE." and part.points[2] == "In the table only: SEX."


def test_between_levels_is_the_analysis_of_variance(tmp_path):
    result, _, etas = line(tmp_path, n=40, extra=covariates)
    same = sampled_parameters(result)
    same = replace(same, values={name: np.repeat(v[:, :1], 10, axis=1) for name, v in same.values.items()})
    found = {(r.parameter, r.covariate): r for r in covariate_relations(result, same)}["start", "SEX"]
    own = same.values["start"][:, 0]
    expected = f_oneway(own[::2], own[1::2])
    assert (found.value, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))


def test_draws_stand_for_subjects_where_shrinkage_is_large(tmp_path):
    result, _, _ = line(tmp_path, n=40, sigma=20.0, extra=covariates)
    sampled = sampled_parameters(result)
    relations = covariate_relations(result, sampled)
    shrunk = {e.name.removeprefix("omega "): e.shrinkage > 30 for e in result.estimates if e.kind == "variability"}
    assert shrunk == {"start": False, "rise": True}
    for r in relations:
        assert r.drawn == shrunk[r.parameter]
        expected = sampled.values[r.parameter][:, 0] if r.drawn else result.individuals.values[r.parameter]
        np.testing.assert_array_equal(r.y, expected[-len(r.y) :])
    part = covariate_part(relations, sampled, {"covariates": ["AGE", "SEX"]})
    assert "Open symbols (rise): shrinkage above 30 %" in part.pictures[0].caption
    figure = plot_covariates(relations, ["AGE", "SEX"], [])
    open_ones = [len(ax.collections[0].get_facecolors()) == 0 for ax in figure.axes]
    assert open_ones == [False, False, True, True]
    np.testing.assert_array_equal(figure.axes[1].collections[0].get_offsets()[:, 1], relations[2].y)
