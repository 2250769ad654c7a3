"""Forecasts of single patients: posteriors by quadrature, limiting cases, bad input."""

import numpy as np
import pytest
from scipy.stats import norm

import livingdrug as ld
from livingdrug.fit import individual_posterior, new_problem, prepare
from livingdrug.fit.annealed import annealed
from livingdrug.fit.individual_posterior import with_records
from livingdrug.forecast.course import fall_below
from tests.commands import livingdrug

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
    etas, own = annealed(prepared, found.point, 4096, 1)
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
