"""Predictive checks, prediction distribution errors, residuals, groups and words, on trials simulated from the model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import (
    Effect,
    FitResult,
    Profile,
    ResidualError,
    Uncertainty,
    compare_groups,
    curves_of,
    new_problem,
    npde,
    point_of,
    unknowns_of,
    vpc,
    with_conditional_residuals,
)
from livingdrug.fit.bins import bin_edges, bin_of
from livingdrug.fit.finish import estimates_of, individuals_of, predictions_of
from livingdrug.fit.limits import error_limits
from livingdrug.fit.modes import find_modes
from livingdrug.fit.objective import at_modes, made
from livingdrug.fit.point import prepare
from livingdrug.fit.replicates import limited, simulate_at_points, simulate_trial, trial_of
from livingdrug.fit.result import CONVERGED, Covariance
from livingdrug.fit.vpc import percentiles
from livingdrug.fit.words import identifiability_sentences, parameter_sentences
from livingdrug.models import get_model
from livingdrug.plots import (
    plot_groups,
    plot_individuals,
    plot_intervals,
    plot_likelihoods,
    plot_npde,
    plot_observed,
    plot_residuals,
    plot_vpc,
)
from tests.pictures import undrawn

TIMES = (4.0, 7.0, 9.0, 11.0, 14.0, 21.0, 28.0, 60.0, 120.0, 240.0)
LIMIT = 150.0
SPREADS = {"c_max": 0.6, "fold": 0.5, "alpha": 0.3, "f_b": 0.4}


def problem_of(path, rows, limit=LIMIT, **more):
    """A problem of rows (subject, time, value, censored, response)."""
    table = pd.DataFrame(rows, columns=["ID", "TIME", "DV", "CENS", "RESPONSE"]).assign(LIMIT=limit)
    table.to_csv(path, index=False)
    data = read_data(path, Reading(time_unit="d", unit="copies/ug"))
    residual = [ResidualError("transgene", "lognormal", a=0.3)]
    return new_problem(get_model("stein_2019"), data, random=SPREADS, residuals=residual, **more)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A trial of 60 subjects drawn from the model itself: rows, and the problem with the numbers that made them."""
    folder = tmp_path_factory.mktemp("trial")
    blank = [(f"s{i:02d}", t, 1e4, 0, "CR" if i % 2 else "PD") for i in range(60) for t in TIMES]
    trial = trial_of(problem_of(folder / "blank.csv", blank))
    values = limited(simulate_trial(trial, 1, 7, "truth"), replace(trial, lower=np.full(len(blank), LIMIT)))[0]
    rows = [(*r[:2], LIMIT if np.isneginf(v) else v, int(np.isneginf(v)), r[4]) for r, v in zip(blank, values, strict=True)]
    return rows, problem_of(folder / "trial.csv", rows)


@pytest.fixture(scope="module")
def fitted(simulated):
    """What a fit gives where the numbers are known: individual modes at the truth, a covariance that is chosen."""
    problem = simulated[1]
    prepared, point, unknowns = prepare(problem), point_of(problem), unknowns_of(problem)
    modes = find_modes(prepared, point)
    covariance = Covariance(unknowns.names, np.diag([4.0 if n == "omega f_b" else 0.01 for n in unknowns.names]), "chosen")
    limits = error_limits(unknowns, point, covariance.matrix, prepared.n)
    return FitResult(
        problem, problem, "saem", CONVERGED, made(prepared, "focei", at_modes(prepared, point, modes, "focei")),
        estimates_of(unknowns, point, covariance, modes.etas, limits), covariance, individuals_of(prepared, point, modes),
        predictions_of(prepared, point, modes), np.zeros((0, 0)), (),
    )  # fmt: skip


def test_npde_of_data_from_the_model_are_standard_normal(simulated):
    _, problem = simulated
    found = npde(problem, 1000, seed=3)
    n = len(found.npde)
    assert found.censored.sum() > 0.1 * n
    # 60 subjects, values of one decorrelated: independent up to Monte-Carlo error of the covariance
    assert abs(found.npde.mean()) < 4 / np.sqrt(n)
    assert abs(found.npde.var(ddof=1) - 1) < 4 * np.sqrt(2 / n)
    assert found.tests()["p_all"][0] > 0.01
    lagged = np.array([(found.npde[k], found.npde[k + 1]) for k in range(n - 1) if (k + 1) % len(TIMES)])
    assert abs(np.corrcoef(lagged.T)[0, 1]) < 4 / np.sqrt(n)


def test_npde_see_a_wrong_model(simulated):
    _, problem = simulated
    moved = replace(problem, parameters=tuple(replace(p, value=3 * p.value) if p.name == "c_max" else p
                                              for p in problem.parameters))  # fmt: skip
    found = npde(moved, 400, seed=3)
    assert found.tests()["p_all"][0] < 1e-6
    assert found.npd.mean() < -0.5  # data lie low among replicates


def test_too_few_replicates_are_refused(simulated):
    with pytest.raises(InputError, match="100 replicates are too few.*ask for 200"):
        npde(simulated[1], 100)
    with pytest.raises(InputError, match="5 replicates say nothing"):
        vpc(simulated[1], 5)


def test_intervals_of_the_check_cover_data_from_the_model(simulated):
    found = vpc(simulated[1], 200, seed=2)
    (panel,) = found.panels
    assert panel.middle.tolist() == list(TIMES)  # planned times have a bin each
    out, everything = found.outside()
    assert everything == 4 * len(TIMES) and out <= 8
    table = found.table()
    below = table[table["quantity"] == "below_limit"].set_index("time")
    p50 = table[table["quantity"] == "p50"].set_index("time")
    cens = np.array([r[3] for r in simulated[0]]).reshape(60, -1).mean(axis=0)
    np.testing.assert_allclose(below["observed"], cens)
    # where half or more lie below the limit the median does, and says so
    for t, share in zip(TIMES, cens, strict=True):
        assert ("observed below" in p50.loc[t, "censored"]) == (share >= 0.5)
        assert np.isnan(p50.loc[t, "observed"]) == (share >= 0.5)


def test_a_wrong_model_leaves_the_intervals(simulated):
    problem = simulated[1]
    moved = replace(problem, parameters=tuple(replace(p, value=4 * p.value) if p.name == "c_max" else p
                                              for p in problem.parameters))  # fmt: skip
    out, everything = vpc(moved, 100).outside()
    assert out > 0.4 * everything


def test_order_of_subjects_changes_nothing(simulated, tmp_path):
    rows, problem = simulated
    other = problem_of(tmp_path / "turned.csv", rows[::-1])
    pd.testing.assert_frame_equal(vpc(problem, 40).table(), vpc(other, 40).table())
    one, two = (npde(p, 200).table().drop(columns="line").sort_values(["subject", "time"]) for p in (problem, other))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True))


def test_replicates_do_not_depend_on_how_many_there_are(simulated):
    trial = trial_of(simulated[1])
    np.testing.assert_array_equal(simulate_trial(trial, 3, 1), simulate_trial(trial, 7, 1)[:3])


def test_prediction_correction_takes_out_what_a_covariate_explains(simulated, tmp_path):
    rows, _ = simulated
    # the group makes all the difference between subjects: corrected, nothing is left but the residual error
    effects = [Effect("c_max", "RESPONSE", "categorical", 3.0, level="CR")]
    problem = problem_of(tmp_path / "d.csv", [(*r[:2], 1e4, 0, r[4]) for r in rows], 1.0, effects=effects)
    problem = replace(problem, parameters=tuple(replace(p, sd=1e-6) for p in problem.parameters))
    plain, corrected = (vpc(problem, 100, bins=[0, 300], corrected=c).panels[0] for c in (False, True))
    wide = np.log(corrected.median[2] / corrected.median[0])
    # the normal range of 90 %, twice 1.645 times the residual sd; below the limit nothing is left out here
    assert wide == pytest.approx(2 * 1.645 * 0.3, rel=0.05)
    assert np.log(plain.median[2] / plain.median[1])[0] > 2
    factor = corrected.value / 1e4
    assert np.median(factor) == pytest.approx(1, rel=0.5)


def test_percentiles_with_values_below_a_limit():
    values = np.array([[-np.inf, -np.inf, 3.0, 4.0, 5.0]])
    # between the second and third value the percentile is not known: below
    assert percentiles(values, (25, 30, 50, 75)).ravel().tolist() == [-np.inf, -np.inf, 3.0, 4.0]
    ordinary = np.random.default_rng(1).normal(size=(3, 17))
    np.testing.assert_allclose(percentiles(ordinary, (5, 50, 90)), np.percentile(ordinary, (5, 50, 90), axis=1))


def test_bins_gather_what_lies_together():
    rng = np.random.default_rng(1)
    centres = np.array([1.0, 7.0, 14.0, 28.0, 90.0, 365.0])
    time = np.abs(np.repeat(centres, 40) * rng.uniform(0.96, 1.04, 240))
    edges = bin_edges(time)
    place = bin_of(time, edges)
    for k in range(len(centres)):
        mine = set(place[40 * k : 40 * (k + 1)])
        assert not mine & set(np.delete(place, slice(40 * k, 40 * (k + 1))))  # no bin holds two visits
    assert bin_of(np.array([0.0, 5.0, 10.0]), np.array([0.0, 5.0, 10.0])).tolist() == [0, 1, 1]
    with pytest.raises(InputError, match="rising times"):
        bin_edges(time, [5, 5])
    with pytest.raises(InputError, match="lies outside the bins"):
        bin_edges(time, [0, 30])


def test_weighted_residuals_in_closed_form(fitted):
    p = fitted.predictions
    measured = p.kind == "measured"
    np.testing.assert_allclose(p.iwres[measured], np.log(p.value / p.ipred)[measured] / 0.3)
    assert np.isnan(p.iwres[~measured]).all() and (~measured).any()


def test_individual_curves_pass_through_their_predictions(fitted):
    curves = curves_of(fitted, 20).table().set_index(["subject", "time"])
    p = fitted.predictions
    for k in range(0, len(p.time), 37):
        assert curves.loc[(p.subject[k], p.time[k]), "ipred"] == pytest.approx(p.ipred[k], rel=1e-12)
        assert curves.loc[(p.subject[k], p.time[k]), "pred"] == pytest.approx(p.pred[k], rel=1e-12)


def test_groups_are_compared_on_the_scale_of_the_parameter(fitted):
    from scipy.stats import ttest_ind

    found = compare_groups(fitted, "RESPONSE")
    row = found.differences[0]
    own = np.log(fitted.individuals.values["c_max"])
    one = np.array([int(name[1:]) % 2 == 1 for name in fitted.individuals.subjects])
    expected = ttest_ind(own[one], own[~one], equal_var=False)
    low, high = expected.confidence_interval()
    np.testing.assert_allclose([row.low, row.high], np.exp([low, high]), rtol=1e-9)
    assert row.p == pytest.approx(expected.pvalue)
    assert row.value == pytest.approx(np.exp(own[one].mean() - own[~one].mean()))
    turned = compare_groups(fitted, "RESPONSE", ["PD"], ["CR"]).differences[0]
    assert turned.value == pytest.approx(1 / row.value) and turned.low == pytest.approx(1 / row.high)
    with pytest.raises(InputError, match="unknown covariate `RESPONCE`"):
        compare_groups(fitted, "RESPONCE")
    with pytest.raises(InputError, match="unknown level `SD`"):
        compare_groups(fitted, "RESPONSE", ["SD"])


def test_shrunk_parameters_carry_a_caution(fitted):
    shrinkage = {e.name: e.shrinkage for e in fitted.estimates}
    for row in compare_groups(fitted, "RESPONSE").differences:
        assert bool(row.caveat) == (shrinkage[f"omega {row.parameter}"] > 30)


def test_parameters_and_their_limits_in_words(fitted):
    words = parameter_sentences(fitted)
    alpha = next(line for line in words if line.startswith("alpha"))
    # 95 %: exp(+- 2.001 * 0.1), t with 59 degrees of freedom, over n - 1; CV: sqrt(exp(0.3^2) - 1)
    assert alpha == "alpha (fast contraction rate) is 0.16 /d (95 % 0.131 to 0.196); subjects differ by 31 % (CV)."
    (line,) = identifiability_sentences(fitted)
    assert line.startswith("The data do not determine the between-subject variability of f_b: they give no more")


def test_what_cannot_be_told_apart_is_said(fitted):
    names = fitted.covariance.names
    matrix = np.eye(len(names)) * 0.01
    matrix[0, 1] = matrix[1, 0] = 0.0099
    sure = tuple(replace(e, determined=True) for e in fitted.estimates)
    told = identifiability_sentences(replace(fitted, covariance=replace(fitted.covariance, matrix=matrix), estimates=sure))
    assert told == (f"The data hardly tell {names[0]} and {names[1]} apart (correlation of the estimates 0.99).",)


@pytest.fixture
def folder(fitted, simulated, tmp_path, monkeypatch):
    """The folder of a fit of data.csv beside it."""
    from livingdrug.fit.intervals import uncertainty
    from livingdrug.workflows import keep_answer
    from livingdrug.workflows.fit import checks
    from livingdrug.workflows.fit.plan import fit_problem
    from livingdrug.workflows.fit.scenario import Fit

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checks, "save", undrawn)
    problem_of("data.csv", simulated[0])
    scenario = Fit(file="data.csv", model="stein_2019", unit="copies/ug", time_unit="d", random=tuple(SPREADS),
                   residual=("lognormal:0.5",))  # fmt: skip
    result = replace(fitted, started=fit_problem(scenario), notes=("said of the fit",))
    made = tmp_path / "out" / "fit"
    answer = keep_answer(scenario, made, lambda part: checks.keep_fit(scenario, result, part, uncertainty(result)))
    assert answer.flags == ("said of the fit",)
    return made


def test_the_folder_of_a_fit_has_its_report_made_again_to_the_byte(folder, tmp_path):
    import json

    from livingdrug.report import file_hash, rebuild

    names = {path.name for path in folder.iterdir()}
    assert {"vpc.csv", "npde.csv", "curves.csv", "groups.csv", "report.html", "scenario.toml", "script.py", "parameters.csv",
            "record.json", "sampled.csv", "correlations.csv"} <= names  # fmt: skip
    # the only covariate is the response, an outcome; a page of 60 subjects is drawn unless all are asked for
    assert "covariates.csv" not in names
    assert [p.name for p in sorted((folder / "pictures").glob("individuals*.png"))] == ["individuals-1.png"]
    kept = json.loads((folder / "settings.json").read_text())
    assert kept["checks"] == {
        "seed": 1, "vpc_replicates": 300, "npde_replicates": 1000, "sampled_draws": 10, "sampled_from_weighted_draws": 1024,
        "shrinkage_above_which_draws_are_shown_percent": 30.0, "p_value_correction": "Holm", "individual_curves": "first",
    }  # fmt: skip
    assert kept["effective"]["rule_below_limit"] == "m3" and kept["effective"]["versions"]["numpy"] == np.__version__
    record = json.loads((folder / "record.json").read_text())
    assert set(record["hashes"]) == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {
        "record.json", "report.html"}  # fmt: skip
    report = (folder / "report.html").read_text()
    assert "The data do not determine the between-subject variability of f_b" in report
    assert "subjects differ by 31 %" in report
    assert report.count("<svg") >= 6 and "src=" not in report and "@import" not in report  # nothing is fetched
    assert ">-0<" not in report and "said of the fit" in report
    before = file_hash(folder / "report.html")
    (folder / "report.html").unlink()
    rebuild(folder)
    assert file_hash(folder / "report.html") == before
    (folder / "vpc.csv").write_text("changed")
    with pytest.raises(InputError, match="hash differs"):
        rebuild(folder)


def test_the_folder_of_a_fit_is_checked_again(folder, fitted, tmp_path, monkeypatch):
    from livingdrug.report import rebuild
    from livingdrug.workflows.fit.fitted import fitted_problem
    from tests.commands import livingdrug

    again = fitted_problem(folder)
    for found, known in zip(again.parameters, fitted.problem.parameters, strict=True):
        assert (found.name, found.value, found.sd) == (known.name, pytest.approx(known.value), pytest.approx(known.sd))
    assert again.residuals[0].a == pytest.approx(0.3)
    pd.testing.assert_frame_equal(vpc(again, 20).table(), vpc(fitted.problem, 20).table(), rtol=1e-9)
    # from elsewhere too: the table lies above the folder
    (tmp_path / "elsewhere").mkdir()
    answer = livingdrug("vpc", folder, "--replicates", "20", "--corrected", cwd=tmp_path / "elsewhere")
    assert answer.returncode == 0 and "percentiles of the data lie outside" in answer.stdout
    assert (folder / "pictures" / "pcvpc.png").is_file() and len(pd.read_csv(folder / "pcvpc.csv")) == 4 * len(TIMES)
    assert "Prediction-corrected visual predictive check" in (folder / "report.html").read_text()
    # by groups in place of the one of the fit; the report stays one that can be made again
    assert livingdrug("vpc", folder, "--replicates", "20", "--by", "RESPONSE").returncode == 0
    assert not (folder / "pictures" / "vpc.svg").exists() and (folder / "pictures" / "vpc-2.svg").is_file()
    text = (folder / "report.html").read_text()
    rebuild(folder)
    assert (folder / "report.html").read_text() == text and "transgene, PD" in text
    table = tmp_path / "data.csv"
    table.write_text(table.read_text().replace("s01,", "t01,"))
    with pytest.raises(InputError, match="is not the table that was fitted"):
        fitted_problem(folder)
    table.unlink()
    with pytest.raises(InputError, match="neither here nor beside or above"):
        fitted_problem(folder)
    with pytest.raises(InputError, match="holds no finished fit"):
        fitted_problem(tmp_path)


def test_replicates_at_points_are_those_of_their_numbers(simulated):
    problem = simulated[1]
    trial, point = trial_of(problem), point_of(problem)
    same = simulate_at_points(trial, [point, point], 4, 1)
    np.testing.assert_array_equal(same, simulate_trial(trial, 4, 1))
    # c_max twice as high in the second half: the values of the same streams are twice as high where nothing else acts
    higher = point._replace(mu=point.mu + np.log(2) * (np.array([p.name for p in problem.parameters]) == "c_max"))
    mixed = simulate_at_points(trial, [point, higher], 4, 1)
    np.testing.assert_array_equal(mixed[:2], same[:2])
    np.testing.assert_allclose(mixed[2:], 2 * same[2:], rtol=1e-9)
    assert vpc(problem, 20, points=[point, higher]).draws == 2 and vpc(problem, 20).draws == 0


def test_individual_curves_are_smooth_from_the_first_day_on(fitted):
    curves = curves_of(fitted)
    mine = curves.subject == curves.subject[0]
    time = curves.time[mine]
    early = time < 14
    assert np.diff(time[early]).max() < 0.75 and np.diff(np.log(curves.ipred[mine][early])).max() < 0.5


def test_pictures_show_their_numbers(fitted, simulated):
    found = vpc(simulated[1], 40)
    axes = plot_vpc(found).axes[0]
    seen = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(seen[2].get_ydata(), found.panels[0].observed[2])
    errors = npde(simulated[1], 200)
    assert len(plot_npde(errors).axes[0].collections[0].get_offsets()) == int((~errors.censored).sum())
    assert len(plot_observed(fitted).axes[0].collections) == 2
    whole = with_conditional_residuals(fitted)
    p, axes = whole.predictions, plot_residuals(whole).axes
    measured = p.kind == "measured"
    for ax, residual in zip(axes, (p.iwres, p.iwres, p.cwres, p.cwres), strict=True):
        np.testing.assert_array_equal(ax.collections[0].get_offsets()[:, 1], residual[measured])
    page = plot_individuals(fitted, curves_of(fitted, 10), list(fitted.individuals.subjects))
    assert len(page.axes) == 12
    assert len(plot_groups(compare_groups(fitted, "RESPONSE")).axes[0].get_yticks()) == 4


def test_intervals_and_profiles_are_drawn_as_they_are(fitted):
    unknowns = unknowns_of(fitted.problem)
    k = unknowns.names.index("alpha")
    best = unknowns.vector(point_of(fitted.problem))[k]
    place = best + 0.1 * np.linspace(-2.5, 2.5, 11)
    rise = ((place - best) / 0.1) ** 2
    bounded = Profile("alpha", np.exp(place), rise, np.exp(best - 0.196), np.exp(best + 0.196), "the data determine it")
    flat = replace(bounded, name="omega f_b", values=np.linspace(0.2, 0.8, 11), rise=rise / 10, lower=None, upper=None)
    more = Uncertainty((bounded, flat))
    table = more.table(fitted)
    wald = table[table["method"] == "standard error"].set_index("parameter")
    row = table[(table["parameter"] == "alpha") & (table["method"] == "profile")].iloc[0]
    # the covariance of `fitted` has an sd of 0.1 for alpha: the interval of the error is that of the parabola, but for its t
    ends = ["lower", "upper"]
    np.testing.assert_allclose(row[ends].astype(float), wald.loc["alpha", ends].astype(float), rtol=0.01)
    axes = plot_likelihoods([bounded, flat], fitted).axes
    drawn = next(line for line in axes[0].lines if line.get_label() == "profile")
    curve = ((np.log(drawn.get_xdata()) - best) / 0.1) ** 2
    np.testing.assert_allclose(drawn.get_ydata(), curve, atol=0.1)
    arrows = [line.get_marker() for line in plot_intervals(table[table["method"] == "profile"]).axes[0].lines]
    assert arrows.count("<") == 1 and arrows.count(">") == 1  # the flat one has no bound
