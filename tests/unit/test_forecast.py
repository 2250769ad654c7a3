"""Forecasts of single patients: posteriors by quadrature, limiting cases, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

import livingdrug as ld
from bench.forecast import patients
from livingdrug.core.conventions import Z95
from livingdrug.core.errors import InputError
from livingdrug.fit import ResidualError, individual_posterior, new_problem, prepare
from livingdrug.fit.annealed import anneal, drawn_around
from livingdrug.fit.individual_posterior import with_records
from livingdrug.forecast.check import proportion, score
from livingdrug.forecast.course import fall_below
from livingdrug.forecast.next_sample import next_sample
from livingdrug.forecast.outcomes import chances
from livingdrug.forecast.problem import forecast_problem
from livingdrug.models import Correlation, lognormal
from livingdrug.response import curve_at, probability_band
from livingdrug.workflows import workflow
from livingdrug.workflows.forecast.answer import answer
from livingdrug.workflows.forecast.spec import run
from tests.commands import livingdrug
from tests.unit.test_uncertainty import model as fitted_decline

HEAD = "ID,TIME (d),DV,EVID,AMT (cells),LIMIT"
DAYS = (1.0, 4.0, 7.0, 10.0, 14.0, 28.0)
USUAL = (60.0, 900.0, 8000.0, 20000.0, 6000.0, 500.0)
SD = 0.56  # residual error of the model, on the scale of logarithms


def read(tmp_path, rows):
    path = tmp_path / "levels.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return ld.read_data(path, ld.Reading(unit="copies/ug", assay="qPCR"))


def patient(name, values, days=DAYS):
    """A dose and samples; None is one below the limit of 50."""
    rows = [f"{name},{day},{'<50' if v is None else v},0,,50" for day, v in zip(days, values, strict=True)]
    return [f"{name},0,,1,1e8,", *rows]


@pytest.fixture(scope="module")
def stein():
    return ld.get_model("stein_2019")


def by_quadrature(model, names, sds, days, values, points=400):
    """(grids of the random effects, their posterior probabilities), from curves of `simulate` and scipy's normal law."""
    grids = [np.linspace(-5 * sd, 5 * sd, points) for sd in sds]
    mesh = np.stack([g.ravel() for g in np.meshgrid(*grids, indexing="ij")])
    n = mesh.shape[1]
    quantities = {name: np.full(n, value) for name, value in model.typical.items()}
    for name, eta in zip(names, mesh, strict=True):
        quantities[name] = model.typical[name] * np.exp(eta)
    curves = ld.simulate(model, ld.Subjects(quantities, "grid"), times=days).curve
    logs = np.log([curves("transgene", i) for i in range(n)])
    seen = np.log([50.0 if v is None else v for v in values])
    below = np.array([v is None for v in values])
    each = np.where(below, norm.logcdf((seen - logs) / SD), norm.logpdf((seen - logs) / SD))
    total = each.sum(axis=1) + sum(norm.logpdf(eta / sd) for eta, sd in zip(mesh, sds, strict=True))
    weight = np.exp(total - total.max())
    return mesh, weight / weight.sum()


def quantile(x, weight, levels):
    order = np.argsort(x)
    return np.interp(levels, np.cumsum(weight[order]), x[order])


def test_one_random_effect_is_that_of_quadrature(tmp_path, stein):
    """Values below the limit count by their probability of lying there."""
    values = (None, 300.0, 2100.0, 9000.0, 2500.0, None)
    data = read(tmp_path, patient("A", values))
    problem = new_problem(stein, data, {"c_max": 0.65})
    found = individual_posterior(problem, draws=4000)
    mesh, weight = by_quadrature(stein, ["c_max"], [0.65], DAYS, values, 2000)
    draws, mean = found.etas[0, :, 0], float(weight @ mesh[0])
    sd = float(np.sqrt(weight @ (mesh[0] - mean) ** 2))
    assert draws.mean() == pytest.approx(mean, abs=0.03 * sd) and draws.std() == pytest.approx(sd, rel=0.03)
    levels = (0.05, 0.5, 0.95)
    np.testing.assert_allclose(np.quantile(draws, levels), quantile(mesh[0], weight, levels), atol=0.06 * sd)
    assert found.mode[0, 0] == pytest.approx(mesh[0, np.argmax(weight)], abs=0.02 * sd)


@pytest.mark.parametrize(
    "values", [(60.0, 21000.0, 9000.0, 6000.0, 900.0, 200.0), (None, 20000.0, 700.0, 8000.0, 150.0, 90.0)]
)
def test_two_samplers_agree_with_quadrature_where_the_curve_has_a_kink(tmp_path, stein, values):
    data = read(tmp_path, patient("A", values))
    sds = {"c_max": 0.65, "t_max": 0.38}
    problem = new_problem(stein, data, sds)
    mesh, weight = by_quadrature(stein, sds, sds.values(), DAYS, values)
    mean = mesh @ weight
    sd = np.sqrt((mesh - mean[:, None]) ** 2 @ weight)
    found = individual_posterior(problem, draws=4000)
    np.testing.assert_allclose(found.etas[0].mean(axis=0), mean, atol=0.1 * sd.max())
    prepared = prepare(problem)
    state = anneal(prepared, found.point, 1)
    etas, own = drawn_around(prepared, found.point, state, 4096)
    again, _ = drawn_around(prepared, found.point, state.of(("A",)), 4096)
    np.testing.assert_array_equal(again, etas)  # what was drawn before does not count
    assert 1 / (own[0] ** 2).sum() > 200
    np.testing.assert_allclose(own[0] @ etas[0], mean, atol=0.1 * sd.max())
    np.testing.assert_allclose(np.sqrt(own[0] @ (etas[0] - own[0] @ etas[0]) ** 2), sd, rtol=0.1)


def test_records_that_are_left_out_say_nothing(tmp_path, stein):
    """The posterior from some of the records is that of a file that holds no others."""
    values = USUAL
    whole = new_problem(stein, read(tmp_path, patient("A", values)), {"c_max": 0.65, "alpha": 0.9})
    early = new_problem(stein, read(tmp_path, patient("A", values[:4], DAYS[:4])), {"c_max": 0.65, "alpha": 0.9})
    cut = individual_posterior(whole, prepare(whole).design.time <= 10)
    np.testing.assert_array_equal(cut.etas, individual_posterior(early).etas)
    design = with_records(prepare(whole).design, prepare(whole).design.time <= 10)
    assert design.time.tolist() == list(DAYS[:4]) and design.last.tolist() == [4]


def test_without_samples_it_is_the_population(tmp_path, stein):
    """AUC28 and CMAX have the quantiles of virtual subjects; the patient is said to have no samples."""
    rows = [*patient("A", USUAL), "NEW,0,,1,1e8,"]
    found = ld.forecast(stein, read(tmp_path, rows), at=10, draws=4000)
    new = found.patient("NEW")
    assert new.prior and new.samples == 0 and any("no samples" in note and "NEW" in note for note in found.notes)
    run = ld.simulate(stein, ld.draw_subjects(stein, 20_000), until=28)
    ok = [i for i, status in enumerate(run.status) if status == "ok"]
    expected = np.quantile(np.log(run.metric("transgene", "AUC")[ok]), [0.05, 0.5, 0.95])
    np.testing.assert_allclose(np.log(np.quantile(new.auc28, [0.05, 0.5, 0.95])), expected, atol=0.15)


def test_bands_hold_the_uncertainty_of_a_fit(tmp_path):
    """The posterior of ln top is normal at each draw of the population, whose mean is normal: all in closed form."""
    omega, sd, sigma, days = 0.5, 0.4, 0.3, np.array([1.0, 3.0, 6.0])
    own = fitted_decline(sd_top=sd, sd_rate=0.0)
    tops = np.array([140.0, 90.0])[:, None] * np.exp(0.2 * np.array([[1.0, -1.0, 0.5], [-0.5, 0.2, 1.0]]))
    rows = ["ID,TIME (d),DV", *(f"{i},{t},{top * np.exp(-0.2 * t)}" for i, own_tops in enumerate(tops) for t, top in
                                zip(days, own_tops, strict=True)), "new,0.5,95"]  # fmt: skip
    (tmp_path / "levels.csv").write_text("\n".join(rows) + "\n")
    data = ld.read_data(tmp_path / "levels.csv", ld.Reading(unit="copies/ug", assay="qPCR"))
    asked = {"residuals": [ResidualError("level", "lognormal", sigma)], "until": 30.0, "draws": 4000}
    found, known = ld.forecast(own, data, uncertainty=200, **asked), ld.forecast(own, data, uncertainty=0, **asked)
    assert any("drawn 200 times" in note for note in found.notes) and any("as known" in note for note in known.notes)
    weight = len(days) * omega**2 / (len(days) * omega**2 + sigma**2)
    inner = omega**2 * (1 - weight)
    for name, logs in zip(("0", "1"), np.log(tops), strict=True):
        mean = np.log(100) + weight * (logs.mean() - np.log(100))
        for made, variance in ((found, inner + (1 - weight) ** 2 * sd**2), (known, inner)):
            drawn = np.log(made.patient(name).cmax)
            assert drawn.mean() == pytest.approx(mean, abs=0.03)
            assert drawn.std() == pytest.approx(np.sqrt(variance), rel=0.05)
    early = ld.forecast(own, data, at=0.5, uncertainty=200, **asked).patient("0")
    assert early.prior and np.log(early.cmax).std() == pytest.approx(np.hypot(omega, sd), rel=0.1)
    assert len(ld.forecast(own, data, **asked).notes) == len(found.notes)  # a fit's uncertainty counts by default
    with pytest.raises(InputError, match="not the model of a fit"):
        ld.forecast(replace(own, fitted=None), data, uncertainty=20, **asked)


def test_more_samples_narrow_the_interval(tmp_path, stein):
    data = read(tmp_path, patient("A", USUAL))
    widths = []
    for at in (4, 10, 28):
        (found,) = ld.forecast(stein, data, at=at).patients
        widths.append(np.log(found.of("auc28").high / found.of("auc28").low))
        assert found.cut == at and found.used.sum() == found.samples == sum(day <= at for day in DAYS)
    assert widths[0] > widths[1] > widths[2]


def test_the_day_of_falling_below_a_limit():
    times = np.linspace(0, 100, 201)
    curves = np.stack([1000 * np.exp(-0.1 * times), np.full(201, 20.0), np.full(201, 60.0), times * np.exp(3 - 0.1 * times)])
    found = fall_below(times, curves, 50.0)
    assert found[0] == pytest.approx(np.log(20) / 0.1, abs=1e-9) and found[1] == 0 and np.isinf(found[2])
    after = times[times > 10]
    assert curves[3][times <= found[3]][-1] >= 50 and (after * np.exp(3 - 0.1 * after) < 50)[after > found[3]].all()


def test_a_model_of_flows_and_units_of_hours(tmp_path):
    """The same population written as equations gives the same forecast; the fall is counted in days."""
    data = read(tmp_path, patient("A", USUAL))
    closed, flows = (ld.forecast(ld.get_model(name), data, at=10, draws=1000).patients[0] for name in
                     ("stein_2019", "stein_2019_ode"))  # fmt: skip
    assert np.log(flows.of("auc28").median / closed.of("auc28").median) == pytest.approx(0, abs=0.1)


def test_samples_just_after_the_cut_are_named(tmp_path, stein):
    days = (1.0, 4.0, 7.02, 10.0, 14.0, 28.0)
    data = read(tmp_path, [*patient("A", USUAL, days), "NEW,0,,1,1e8,"])
    found = ld.forecast(stein, data, at=7, draws=100, days=())
    assert any("1 sample(s) within half a day after day 7 are not used" in note for note in found.notes)
    assert not any("half a day" in note for note in ld.forecast(stein, data, at=7.5, draws=100, days=()).notes)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "stein_2019", "--at", 0.5), "first one is of day 1"),
        (("--model", "stein_2019", "--at", 14, "--until", 10), "must end after day 14"),
        (("--model", "stein_2019", "--of", "neutrophils"), "neutrophils"),
        (("--model", "kirouac_2023"), "--cv"),
        (("--model", "stein_2019", "--variability", "sd", "--cv", 0.3), "give one of them"),
        (("--model", "muellerschoell_2021"), "ensemble"),
        (("--model", "singh_2021"), "--residual"),
        (("--model", "stein_2019", "--draws", 10), "100 or more"),
        (("--model", "stein_2019", "--at", -3), "from 0 on"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, words, said):
    path = tmp_path / "levels.csv"
    path.write_text("\n".join([HEAD, *patient("A", USUAL)]) + "\n")
    asked = ("forecast", path, "--unit", "copies/ug", *words, "--out", tmp_path / "out")
    run = livingdrug(*asked)
    assert run.returncode == 2 and said in " ".join(run.stderr.split()) and "Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_writes_its_folder(tmp_path):
    path = tmp_path / "levels.csv"
    rows = [*patient("A", USUAL), *patient("B", (None, None, 80.0, 900.0, 400.0, 70.0))]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    run = livingdrug("forecast", path, "--unit", "copies/ug", "--model", "stein_2019", "--at", 10, "--out", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    import pandas as pd

    made = pd.read_csv(tmp_path / "out" / "results.csv")
    assert made["ID"].tolist() == ["A", "B"] and (made["AUC28 low"] < made["AUC28"]).all()
    assert (tmp_path / "out" / "pictures" / "forecast.png").stat().st_size > 10_000
    curves = pd.read_csv(tmp_path / "out" / "curves.csv")
    assert (curves["sample low"] <= curves["low"]).mean() > 0.9 and curves["time"].max() == 180


def only_c_max(model, sd=0.65):
    """The model in which patients differ in the peak alone: levels and areas are proportional to it."""
    own = replace(model.populations[0], spreads={"c_max": lognormal(sd=sd)})
    return replace(model, populations=(own,))


def test_correlations_of_a_population_enter(tmp_path, stein):
    pair = Correlation("c_max", "alpha", 0.6)
    model = replace(stein, populations=(replace(stein.populations[0], correlations=(pair,)),))
    found = ld.forecast(model, read(tmp_path, [*patient("A", USUAL), "NEW,0,,1,1e8,"]), at=10, draws=4000, days=())
    draws = found.patient("NEW").parameters
    assert np.corrcoef(np.log(draws["c_max"]), np.log(draws["alpha"]))[0, 1] == pytest.approx(0.6, abs=0.05)


def test_probabilities_are_those_of_the_curve():
    exposure = np.array([10.0, 100.0, 1000.0])
    plain = curve_at("response", 100.0, 2.0, "test", "published", "CMAX", "copies/ug")
    np.testing.assert_allclose(chances(plain, exposure, 1), 1 / (1 + (100 / exposure) ** 2), rtol=1e-12)
    known = ld.get_curve("tisagenlecleucel_response").curve
    drawn = chances(known, np.full(8000, 20_000.0), 1)
    low, high = probability_band(known, np.array([20_000.0]), 0.9)
    np.testing.assert_allclose(np.quantile(drawn, [0.05, 0.95]), [low[0], high[0]], atol=0.015)


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (curve_at("x", 1.0, 1.0, "test", "published", "CTROUGH", "copies/ug"), "CTROUGH"),
        (curve_at("x", 1.0, 1.0, "test", "published", "AUC28", "d*cells/uL"), "same unit"),
    ],
)
def test_a_curve_on_another_exposure_is_refused(tmp_path, stein, curve, said):
    with pytest.raises(InputError, match=said):
        ld.forecast(stein, read(tmp_path, patient("A", USUAL)), at=10, response=curve)


def test_patients_are_ordered_by_the_probability_of_response(tmp_path, stein):
    data = read(tmp_path, [*patient("low", [v / 50 for v in USUAL]), *patient("high", USUAL)])
    built = ld.get_curve("tisagenlecleucel_response").curve
    found = ld.forecast(stein, data, at=14, response=built, days=())
    assert [p.name for p in found.patients] == ["high", "low"] and found.order == "probability of response"
    means = found.table()["P(response)"].tolist()
    assert means == sorted(means, reverse=True)


def test_the_highest_exposure_is_that_of_its_patient_in_whatever_order_they_stand(tmp_path):
    """An exposure-response that falls: the patient of the lowest level stands first, and has not the highest AUC28."""
    path = tmp_path / "levels.csv"
    path.write_text("\n".join([HEAD, *patient("low", [v / 50 for v in USUAL]), *patient("high", USUAL)]) + "\n")
    scenario = workflow("forecast").scenario(file=str(path), model="stein_2019", unit="copies/ug", at=14, draws=200, next=())
    made = run(scenario)
    turned = replace(made, forecast=replace(made.forecast, patients=made.forecast.patients[::-1], order="probability"))
    assert made.forecast.patients[0].name == "high" and "AUC28: high," in answer(scenario, turned).sentences[0]


def test_a_limit_that_only_rows_below_it_state_is_that_of_the_others_too(tmp_path, stein):
    """`<50` is all that many files say of a limit: samples above it are scored as well, or the limit seems always missed."""
    rows = [row for k in range(6) for row in patient(f"P{k}", [v * 2.0 ** (k - 3) for v in USUAL[:-1]] + [None])]
    rows = [row.removesuffix(",50") + "," if row.endswith(",50") else row for row in rows]
    (cut,) = ld.forecast(stein, read(tmp_path, rows), check=(10,), days=(), draws=100).checks
    assert cut.below.count == 12 and cut.below.observed == 0.5 and np.isfinite(cut.below.ranked)


def test_one_more_sample_narrows_as_the_normal_law_says(tmp_path, stein):
    """ln AUC28 is normal with SD s, a sample of it has SD a: a / sqrt(a^2 + s^2) of the width is left."""
    data = read(tmp_path, [*patient("A", USUAL), "NEW,0,,1,1e8,"])
    found = ld.forecast(only_c_max(stein), data, at=10, days=(12, 20), draws=2000)
    new = found.patient("NEW").next
    assert np.log(new.now) == pytest.approx(2 * 1.645 * 0.65, rel=0.05)
    np.testing.assert_allclose(np.log(new.fold) / np.log(new.now), SD / np.hypot(SD, 0.65), rtol=0.08)


def test_a_sample_that_must_be_below_the_limit_tells_nothing(tmp_path, stein):
    problem, _ = forecast_problem(only_c_max(stein), read(tmp_path, patient("A", USUAL)))
    posterior = individual_posterior(problem, np.zeros(len(USUAL), dtype=bool), draws=1000)
    f = 1e4 * np.exp(posterior.etas[0])
    found = next_sample(posterior, np.arange(len(f)), 0, np.array([12.0]), f, f[:, 0], 1e12, 0.9, "A")
    assert found.fold[0] == pytest.approx(found.now, rel=1e-9) and found.best is None


def test_scores_and_proportions():
    probability, outcome = np.array([0.9, 0.2, 0.6, 0.4]), np.array([1.0, 0.0, 0.0, 1.0])
    found = score("response", probability, outcome)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.36) / 4) and found.reference == 0.25
    assert found.ranked == pytest.approx(3 / 4) and found.observed == 0.5
    # samples of one patient count as one: ten patients, all of whose samples lie in or out
    names = np.repeat(np.arange(10), 20)
    inside = np.repeat([1.0] * 5 + [0.0] * 5, 20)
    part = proportion(inside, names)
    assert part.value == 0.5 and part.high - part.low == pytest.approx(2 * Z95 * np.sqrt(0.25 / 9), rel=1e-9)


def test_intervals_of_simulated_patients_hold_the_truth(tmp_path, stein):
    """A smaller form of bench/forecast.py: binomial limits of 40 at 99.9 %."""
    data, truth = patients(stein, 40, 3, tmp_path)
    found = ld.forecast(stein, data, at=10, days=())
    held = [p.of("auc28").low <= truth[p.name] <= p.of("auc28").high for p in found.patients]
    assert 0.72 <= np.mean(held) <= 0.999 and not any(p.worth < 200 for p in found.patients)


def test_a_check_tells_a_population_that_fits_from_one_that_does_not(tmp_path, stein):
    data, _ = patients(stein, 20, 4, tmp_path)
    parts = []
    for model in (stein, stein.with_values({"alpha": 3.0, "f_b": 0.1})):
        (cut,) = ld.forecast(model, data, until=60, check=(10,), days=(), draws=100).checks
        assert cut.fifths.sum() == pytest.approx(cut.samples.count) and cut.rows["time"].min() > 10
        parts.append(cut.samples)
    assert 0.78 <= parts[0].value <= 1.0 and parts[0].high > 0.88 and parts[1].value < parts[0].value - 0.1


def test_a_check_with_outcomes(tmp_path):
    """The Brier score of the command is that of its table."""
    path, ends = tmp_path / "levels.csv", tmp_path / "endpoints.csv"
    names = [f"P{k}" for k in range(6)]
    rows = [row for k, name in enumerate(names) for row in patient(name, [v * 2.0 ** (k - 3) for v in USUAL])]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    ends.write_text("ID,RESPONSE\n" + "".join(f"{name},{'CR' if k % 2 else 'NR'}\n" for k, name in enumerate(names)))
    asked = ("forecast", path, "--unit", "copies/ug", "--model", "stein_2019", "--check", 14, "--draws", 200,
             "--response", "tisagenlecleucel_response", "--endpoints", ends, "--response-is", "ORR")  # fmt: skip
    run = livingdrug(*asked, columns=200)
    assert run.returncode == 0, run.stderr
    said = " ".join(run.stdout.split())
    assert "response was expected in" in said and "came in 50% of 6 patients; Brier score 0." in said
    refused = livingdrug(*[word for word in asked if word not in ("--endpoints", ends)])
    assert refused.returncode == 2 and "--endpoints" in refused.stderr
