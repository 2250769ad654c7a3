"""A fitted model is a model: what a fit writes is what is simulated, exported, planned with and fitted again."""

import re
from dataclasses import replace

import numpy as np
import pytest

from livingdrug.core.errors import InputError, ModelError
from livingdrug.data import Reading, read_data
from livingdrug.fit import Effect, ResidualError, as_model, fit, new_problem, point_of
from livingdrug.fit.as_model import _model
from livingdrug.fit.point import centre, predictions, prepare
from livingdrug.models import Estimated, Fitted, get_fragment, get_model, numbers_hash, read_model, to_toml
from livingdrug.models.text import from_toml
from livingdrug.simulation import Draw, Subjects, draw_subjects, observe, simulate
from livingdrug.workflows import kinds, workflow
from livingdrug.workflows.document import checked
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.pictures import undrawn

DOUBT = "the data do not determine every number: rate stand where the search ended."


def rows(n: int = 16, seed: int = 5) -> str:
    """Simulated declines whose tops and rates are correlated, with weight and sex."""
    random = np.random.default_rng(seed)
    lines = ["ID,TIME (d),DV (copies/ug),WT (kg),SEX"]
    for i in range(n):
        one, two = random.normal(size=2)
        top, rate = 100 * np.exp(0.5 * one), 0.2 * np.exp(0.4 * (0.6 * one + 0.8 * two))
        for time in (0, 1, 3, 6, 10, 15):
            value = top * np.exp(-rate * time + 0.2 * random.normal())
            lines.append(f"{i},{time},{value:.4f},{60 + i},{'FM'[i % 2]}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a fit by the command line."""
    path = tmp_path_factory.mktemp("fit")
    (path / "data.csv").write_text(rows())
    (path / "decline.toml").write_text(DECLINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livingdrug.workflows.fit.checks.save", undrawn)
        done = livingdrug(
            "fit", "data.csv", "--model", "decline.toml", "--random", "top=0.5,rate=0.4", "--correlated", "top,rate",
            "--residual", "lognormal:0.2", "--method", "laplace", "--out", "fitted", cwd=path,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def unsound(folder, tmp_path):
    """The same model, of a fit that is not sound."""
    model = read_model(folder / "fitted")
    (tmp_path / "unsound.toml").write_text(
        to_toml(replace(model, fitted=replace(model.fitted, status="not_determined", doubts=(DOUBT,))))
    )
    return tmp_path


def test_the_file_holds_the_numbers_of_the_fit(folder):
    import pandas as pd

    model = read_model(folder / "fitted" / "model.toml")
    table = pd.read_csv(folder / "fitted" / "parameters.csv").set_index("parameter")
    assert model.typical["top"] == pytest.approx(table["value"]["top"], rel=1e-12)
    population = model.populations[0]
    assert population.spreads["rate"].sd == pytest.approx(table["value"]["omega rate"], rel=1e-12)
    assert population.correlations[0].value == pytest.approx(table["value"]["corr top rate"], rel=1e-12)
    assert model.residuals[0].log_sd == pytest.approx(table["value"]["a level"], rel=1e-12)
    assert model.fitted.status == "converged" and not model.doubts and model.fitted.subjects == 16
    matrix = pd.read_csv(folder / "fitted" / "covariance.csv").set_index("parameter")
    assert list(model.fitted.names) == list(matrix.columns)
    assert np.allclose(model.fitted.covariance, matrix.to_numpy(), rtol=1e-12)


def test_text_and_back_is_lossless(folder):
    model = read_model(folder / "fitted" / "model.toml")
    text = to_toml(model)
    again = from_toml(text, "again")
    assert again == model and again.fitted == model.fitted and to_toml(again) == text
    assert text == (folder / "fitted" / "model.toml").read_text() and len(max(text.splitlines(), key=len)) < 400


def test_the_folder_is_a_name_of_the_model(folder):
    for name in ("fitted", "fitted/", "fitted/model.toml"):
        done = livingdrug("simulate", name, "--days", "5", "--json", cwd=folder)
        assert done.returncode == 0 and '"CMAX"' in done.stdout, done.stderr
    wrong = livingdrug("simulate", ".", cwd=folder)
    assert wrong.returncode == 2 and "holds no model.toml" in wrong.stderr


@pytest.mark.parametrize("target", ["nonmem", "nlmixr2", "mrgsolve"])
def test_it_is_exported_with_its_correlation(folder, target):
    done = livingdrug("models", "export", "fitted", "--to", target, cwd=folder)
    assert done.returncode == 0, done.stderr
    model = read_model(folder / "fitted")
    (one, two), pair = model.populations[0].spreads.values(), model.populations[0].correlations[0]
    shared = float(f"{pair.value * one.sd * two.sd:.9g}")
    numbers = [float(text) for text in re.findall(r"-?\d+\.\d+(?:[eE]-?\d+)?", done.stdout)]
    for wanted in (one.sd**2, two.sd**2, shared):
        assert np.isclose(numbers, wanted, rtol=1e-6).any(), (target, wanted)
    block = {"nonmem": "$OMEGA BLOCK(2)", "nlmixr2": "eta.top + eta.rate ~ c(", "mrgsolve": "$OMEGA @annotated @block"}
    assert block[target] in done.stdout


def test_its_subjects_have_its_variability_and_correlation(folder):
    model = read_model(folder / "fitted")
    values = draw_subjects(model, 40_000).values
    z = {name: np.log(values[name] / model.typical[name]) for name in ("top", "rate")}
    spreads, (pair,) = model.populations[0].spreads, model.populations[0].correlations
    for name, own in z.items():
        assert abs(own.std() / spreads[name].sd - 1) < 4 / np.sqrt(2 * 40_000)
    assert abs(np.corrcoef(*z.values())[0, 1] - pair.value) < 4 / np.sqrt(40_000)
    part = Draw(40_000).subjects(model, 12_345, 10).values["rate"]  # any stretch alone
    assert np.array_equal(part, values["rate"][12_345:12_355])


def test_it_starts_the_fit_that_it_is_from(folder):
    done = livingdrug("fit", "data.csv", "--model", "fitted", "--evaluate", "laplace", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    import json

    ended = json.loads((folder / "fitted" / "objective.json").read_text())
    assert json.loads(done.stdout)["minus2ll"] == pytest.approx(ended["minus2ll"], abs=1e-6)


def test_round_trip_of_percentiles(folder):
    """simulate -> fit -> simulate: percentiles within their error, which is that of 16 subjects."""
    truth = from_toml(
        DECLINE + '[[populations]]\nname = "made"\nsource = { key = "synthetic", citation = "made up" }\n'
        "spreads = { top = { sd = 0.5 }, rate = { sd = 0.4 } }\n"
        'correlations = [{ first = "top", second = "rate", value = 0.6 }]\n', "truth")  # fmt: skip
    fitted, times = read_model(folder / "fitted"), [0, 3, 6]
    for level in (25, 50, 75):
        one, two = (
            np.percentile(np.log(simulate(m, draw_subjects(m, 4000), times=times).values[:, 0]), level, axis=0)
            for m in (truth, fitted)
        )
        # SE of a percentile of n normals: sd sqrt(p (1 - p) / n) / density, at most 1.36 sd / sqrt(n) here; sd below 1.2
        assert np.abs(one - two).max() < 3 * 1.36 * 1.2 / np.sqrt(16)


# ------------------------------------------------------------------------------ structure, covariates, scales, residuals


def plain_fit(problem) -> Fitted:
    estimates = tuple(Estimated(p.name, "typical", p.value, p.scale) for p in problem.parameters)
    return Fitted("decline", "data.csv", "0", "saem", "converged", "0", 16, 96, estimates)


@pytest.mark.parametrize(("bound", "scale"), [("positive", "log"), ("fraction", "logit"), ("any", "normal")])
def test_covariates_act_as_in_the_fit(tmp_path, bound, scale):
    (tmp_path / "data.csv").write_text(rows())
    data = read_data(tmp_path / "data.csv", Reading())
    text = DECLINE.replace('meaning = "rate", bound = "positive"', f'meaning = "rate", bound = "{bound}"')
    if bound == "fraction":  # which has no unit
        day = '  { name = "day", unit = "d", meaning = "a day", fixed = true },\n  { name = "rate", unit = "1"'
        text = text.replace('  { name = "rate", unit = "1/d"', day).replace("-rate * time", "-rate * time / day")
        text = text.replace("rate = 0.2 }", "rate = 0.2, day = 1.0 }")
    effects = (Effect("rate", "WT", "power", 0.4, 70.0), Effect("rate", "SEX", "categorical", 0.05, level="F"),
               Effect("top", "WT", "exponential", 0.02, 65.0))  # fmt: skip
    problem = new_problem(from_toml(text, "decline"), data, {"top": 0.5, "rate": 0.3}, effects=effects,
                          residuals=[ResidualError("level", "proportional", b=0.3)])  # fmt: skip
    assert problem.parameters[1].scale == scale
    model = from_toml(to_toml(_model(problem, plain_fit(problem))), "made")
    prepared = prepare(problem)
    expected = predictions(prepared, centre(prepared, point_of(problem))).reshape(16, -1)
    n, one = 16, np.ones(16)
    values = {name: value * one for name, value in model.typical.items()}
    values |= {"wt": 60.0 + np.arange(n), "sex_f": (np.arange(n) % 2 == 0) * 1.0}
    found = simulate(model, Subjects(values, "as in the data"), times=[0, 1, 3, 6, 10, 15])
    assert np.allclose(found.values[:, 0], expected, rtol=1e-9)
    # subjects differ by eta on the scale of the fit
    drawn = draw_subjects(model, 20_000).values["rate"]
    h = {"log": np.log, "logit": lambda p: np.log(p / (1 - p)), "normal": np.asarray}[scale]
    assert abs((h(drawn) - h(np.array(0.2))).std() / 0.3 - 1) < 4 / np.sqrt(40_000)
    # a proportional error is one
    curves = simulate(model, Subjects({k: np.full(20_000, v) for k, v in model.typical.items()}, "alike"), times=[1.0])
    seen = observe(model, curves)["value"].to_numpy()
    assert abs(seen.std() / (0.3 * curves.values[0, 0, 0]) - 1) < 4 / np.sqrt(40_000)


def test_fragments_and_vectors_stay(tmp_path):
    base = get_model("kirouac_2023")
    base = base.with_vector(base.values[-1].name) + get_fragment("tissue")
    table = ["ID,TIME (d),DV (cells/uL),AMT"] + [f"{i},{t},{10 + i + t},{1e8 if t == 0 else ''}"
                                                 for i in range(3) for t in (0, 5)]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(table))
    data = read_data(tmp_path / "data.csv", Reading())
    problem = new_problem(base, data, {"mu_memory": 0.3}, residuals=[ResidualError("car_t_blood", "lognormal", a=0.3)],
                          outputs={"": "car_t_blood"})  # fmt: skip
    made = _model(problem, plain_fit(problem))
    again = from_toml(to_toml(made), "made")
    assert again.full_name == "kirouac_2023_fitted + tissue" and again.typical == base.typical
    assert again.system.flows == base.system.flows and again.fragments == base.fragments
    assert numbers_hash(again) == numbers_hash(made)
    with pytest.raises(ModelError, match="twice"):
        _ = again + base.fragments[0]


def test_what_no_file_can_hold_is_said(folder, tmp_path):
    data = read_data(folder / "data.csv", Reading())
    problem = new_problem(from_toml(DECLINE, "decline"), data, {"top": 0.5, "rate": 0.4},
                          residuals=[ResidualError("level", "lognormal", a=0.2)])  # fmt: skip
    with pytest.raises(InputError, match="no population"):
        as_model(fit(problem, "individual"))


# -------------------------------------------------------------------------------------------------- a fit in doubt


def test_a_fit_that_is_not_sound_is_refused_and_its_mark_travels(unsound):
    refused = livingdrug("simulate", "unsound.toml", cwd=unsound)
    assert refused.returncode == 2 and DOUBT in refused.stderr and "--even-so" in refused.stderr
    for command in (("simulate",), ("models", "show"), ("models", "export", "--to", "nonmem")):
        done = livingdrug(*command, "unsound.toml", "--even-so", cwd=unsound, columns=400)
        assert done.returncode == 0 and "not sound, used all the same" in done.stdout + done.stderr, command
    with pytest.raises(InputError, match="even-so"):
        read_model(unsound / "unsound.toml")
    assert read_model(unsound / "unsound.toml", even_so=True).doubts


def test_an_edited_file_is_in_doubt_until_it_is_a_model_of_its_own(folder, tmp_path):
    text = (folder / "fitted" / "model.toml").read_text()
    edited = tmp_path / "edited.toml"
    edited.write_text(re.sub(r"(?m)^top = .*$", "top = 1000.0", text))
    refused = livingdrug("simulate", edited)
    assert refused.returncode == 2 and "the file was edited" in refused.stderr
    model = read_model(edited, even_so=True)
    edited.write_text(to_toml(replace(model, fitted=None)))
    assert read_model(edited).typical["top"] == 1000.0


TRIAL = {
    "control": "a", "multiplicity": "none", "replicates": 20, "doses": (),
    "arms": ({"name": "a", "n": 4}, {"name": "b", "n": 4, "change": {"top": 2.0}}),
    "endpoints": ({"name": "auc", "kind": "auc"},),
}  # fmt: skip
LEVELS = ({"name": "one"}, {"name": "two", "change": {"top": 2.0}})
ASKED = {
    "simulate": {"days": 5},
    "trial": TRIAL,
    "power": {"fold": 2.0},
    "sampling": {"days": (0, 5), "candidates": (2,)},
    "sensitivity": {"n": 4, "output": "level"},
    "escalation": {"rule": "3+3", "replicates": 5, "levels": LEVELS, "toxicity": {"ec50": 1000.0, "slope": 1.0}},
    "fit": {"evaluate": "foce"},
}  # fmt: skip
ELSEWHERE = {"index", "forecast", "attributes-carry", "optimise", "population", "models-distinguish"}
ELSEWHERE |= {"models-compare", "cure", "preconditioning", "fractionation"}
# they ask for more than this model; their answers show its card too


def kinds_with_a_model() -> list[str]:
    """Those that build a model by its name; an assay takes published models of patients alone."""
    return [k for k in kinds() if k == "fit" or (hasattr(workflow(k).spec, "build_model") and not k.startswith("assay"))]


def test_every_kind_with_a_model_can_be_told_to_take_one_in_doubt():
    assert all("even_so" in workflow(k).scenario.model_fields for k in kinds_with_a_model())
    assert {*kinds_with_a_model()} - ELSEWHERE <= ASKED.keys()


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_every_kind_refuses_it_and_says_so_where_it_is_taken(kind, folder, unsound):
    own = workflow(kind)
    given = {"kind": kind, "model": str(unsound / "unsound.toml"), **ASKED[kind]}
    given |= {"file": str(folder / "data.csv")} if kind == "fit" else {}
    with pytest.raises(InputError, match="even-so"):
        own.run(checked(own.scenario, given, "test"))
    scenario = checked(own.scenario, {**given, "even_so": True}, "test")
    answer = own.answer(scenario, own.run(scenario))
    assert any(DOUBT in flag for flag in answer.flags)
