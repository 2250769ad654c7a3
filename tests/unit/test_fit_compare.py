"""Methods and models side by side: what must agree agrees, what differs is said with its reason, what is unknown is not."""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from bench.linear_models import DOSE, problem_of, two_compartments
from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import Objective, ResidualError, compare, compare_methods, fit, new_problem
from livingdrug.fit.compare_models_words import words_of
from livingdrug.fit.result import NOT_CONVERGED
from livingdrug.models.text import from_toml
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.lines import EXPONENTIAL, HYPERBOLIC, LINE

compare_models = import_module("livingdrug.fit.compare_models")  # the face has a function of that name

UNITS = ("--unit", "copies/ug", "--time-unit", "d")


def table(path, curve, times, n: int = 10, seed: int = 4):
    """A file of n subjects; curve(random, times): the values of one."""
    random, rows = np.random.default_rng(seed), ["ID,TIME,DV"]
    for i in range(n):
        rows += [f"{i},{t},{v:.5g}" for t, v in zip(times, curve(random, np.array(times, dtype=float)), strict=True)]
    path.write_text("\n".join(rows))
    return read_data(path, Reading(time_unit="d", unit="copies/ug"))


def rising(random, t):
    return 20 + 4 * random.normal() + (3 + random.normal()) * t + 1.5 * random.normal(size=len(t))


def falling(random, t):
    top, rate = 100 * np.exp(0.4 * random.normal()), 0.2 * np.exp(0.3 * random.normal())
    return top * np.exp(-rate * t + 0.15 * random.normal(size=len(t)))


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """A linear mixed model."""
    data = table(tmp_path_factory.mktemp("line") / "line.csv", rising, (0, 1, 2, 4, 7))
    return new_problem(from_toml(LINE, "line"), data, {"base": 4.0, "slope": 1.0},
                       residuals=[ResidualError("level", "additive", a=1.5)])  # fmt: skip


@pytest.fixture(scope="module")
def fits(line):
    """Its fit by each method."""
    return {method: fit(line, method, 1) for method in compare.METHODS}


def compared(monkeypatch, line, fits, **changed):
    """The comparison where fits are as given, or InputErrors."""

    def made(problem, method, *more, **options):
        found = (fits | changed)[method]
        if isinstance(found, InputError):
            raise found
        return found

    monkeypatch.setattr(compare, "fit", made)
    return compare_methods(line, 1)


def exact(problem) -> float:
    """-2LL of the linear mixed model, in closed form."""
    data, total = problem.data, 0.0
    known = {p.name: p for p in problem.parameters}
    for i in range(len(data.subjects)):
        mine = data.profiles.subject[data.profile] == i
        x = np.stack([np.ones(mine.sum()), data.time[mine]], axis=1)
        omega = np.diag([known["base"].sd ** 2, known["slope"].sd ** 2])
        cov = x @ omega @ x.T + problem.residuals[0].a ** 2 * np.eye(mine.sum())
        mean = x @ [known["base"].value, known["slope"].value]
        total -= 2 * multivariate_normal(mean, cov).logpdf(data.dv[mine])
    return total


def moved(result, by: float):
    """The fit as if it had ended with another slope, by so many standard errors."""
    row = next(e for e in result.estimates if e.name == "slope")
    value = row.value + by * row.se
    own = tuple(replace(p, value=value) if p.name == "slope" else p for p in result.problem.parameters)
    problem = replace(result.problem, parameters=own)
    estimates = tuple(replace(e, value=value) if e.name == "slope" else e for e in result.estimates)
    objective = replace(result.objective, minus2ll=exact(problem))
    return replace(result, problem=problem, estimates=estimates, objective=objective)


# ------------------------------------------------------------------------------------------------ methods


def test_methods_agree_on_a_linear_mixed_model(monkeypatch, line, fits):
    found = compared(monkeypatch, line, fits)
    assert found.agree and found.exit_code == 0 and found.reference.method == "saem"
    assert found.words[0].startswith("The methods agree: every estimate of FOCEI and Laplace")
    rows = found.table()
    values = rows.pivot(index="parameter", columns="method", values="value")
    assert len(values) == 5
    assert np.allclose(values["laplace"], values["focei"], rtol=1e-3)
    assert -1e-6 < exact(fits["saem"].problem) - exact(fits["focei"].problem) < 1e-3  # none is more likely than the optimum
    assert rows["difference_in_se"].abs().max() < 0.03
    for run in found.runs:
        level = exact(run.result.problem)
        assert abs(run.sampled.minus2ll - level) < 4 * run.sampled.se + 1e-6
        if run.method != "saem":
            assert run.result.objective.minus2ll == pytest.approx(level, abs=1e-6)
            assert run.gap.exact == pytest.approx(level - exact(fits["saem"].problem), abs=1e-3)
            assert run.gap.own == pytest.approx(run.gap.exact, abs=1e-3) and run.gap.smooth is None
    assert [row[0] for row in found.side_by_side()] == ["base", "slope", "omega base", "omega slope", "a level"]


def test_a_method_whose_search_ended_short_is_said_to(monkeypatch, line, fits):
    found = compared(monkeypatch, line, fits, focei=moved(fits["focei"], 2.0))
    run = found.runs[1]
    assert found.agree is False and run.agrees is False and found.runs[2].agrees
    assert found.exit_code == 0  # SAEM, the reference, is right
    assert run.worst.estimate.name == "slope" and run.worst.off == pytest.approx(2.0, abs=0.01)
    assert run.gap.exact == pytest.approx(exact(run.result.problem) - exact(fits["saem"].problem), abs=0.05)
    text = " ".join(found.words)
    assert "FOCEI differs from SAEM; Laplace agrees with SAEM" in text
    assert "slope by +2" in text and "Why: a worse optimum" in text
    row = found.table().set_index(["method", "parameter"]).loc[("focei", "slope")]
    assert row["difference_in_se"] == pytest.approx(2.0, abs=0.01)


def test_numbers_more_likely_than_those_of_saem_are_said_and_change_the_exit_code(monkeypatch, line, fits):
    found = compared(monkeypatch, line, fits, saem=moved(fits["saem"], 2.0))
    assert found.agree is False and found.exit_code == 5
    assert "SAEM ended at a worse optimum than FOCEI" in " ".join(found.words)


def test_the_reason_names_approximation_and_breakpoints(monkeypatch, line, fits):
    """A method whose own objective prefers its own numbers: the three parts of the difference add up."""
    found = compared(monkeypatch, line, fits, focei=moved(fits["focei"], 2.0))
    run = found.runs[1]
    gap = compare.Gap(exact=3.0, smooth=1.0, own=-0.5, se=0.1)
    smooth = replace(run.result, problem=replace(run.result.problem, smooth=0.5))
    changed = replace(run, gap=gap, result=smooth)
    text = " ".join(replace(found, runs=(found.runs[0], changed, found.runs[2])).words)
    assert "FOCEI prefers its own numbers by 0.50 of its objective, where sampled -2 log likelihood is 3.00 higher" in text
    assert "smooth breakpoints (over 0.5 d) +2.00 and the approximation of the likelihood +1.50" in text


def test_what_did_not_end_or_was_refused_is_not_compared(monkeypatch, line, fits):
    short = replace(fits["laplace"], status=NOT_CONVERGED)
    found = compared(monkeypatch, line, fits, laplace=short, focei=InputError("no slopes"))
    assert found.agree is None
    text = " ".join(found.words)
    assert "FOCEI was refused: no slopes" in text and "Laplace did not converge, so its numbers are no estimates" in text
    rows = found.table().set_index("method")
    assert rows.loc["focei", "status"] == "refused: no slopes" and np.isnan(rows.loc["focei", "value"])
    assert rows.loc["laplace", "difference_in_se"].isna().all()
    with pytest.raises(InputError, match="no data"):
        compared(monkeypatch, line, dict.fromkeys(fits, InputError("no data")))


def test_where_saem_did_not_end_the_next_method_is_the_reference(monkeypatch, line, fits):
    found = compared(monkeypatch, line, fits, saem=replace(fits["saem"], status=NOT_CONVERGED))
    assert found.reference.method == "focei" and found.agree is None and found.exit_code == 3
    assert "of SAEM that cannot be said" in found.words[0]
    none = compared(monkeypatch, line, {m: replace(f, status=NOT_CONVERGED) for m, f in fits.items()})
    assert none.reference is None and none.agree is None and none.exit_code == 3
    assert none.words[0].startswith("Whether the methods agree is not known")


def test_a_likelihood_of_few_draws_is_not_printed(monkeypatch, line, fits):
    few = Objective("is", 200.0, np.zeros(10), 50, 0.0, se=0.1, ess=np.full(10, 3.0))
    monkeypatch.setattr(compare, "sampled_at", lambda *arguments: few)
    found = compared(monkeypatch, line, fits)
    assert found.agree is None and found.table()["sampled_minus2ll"].isna().all()
    assert compare.level_words(found.runs[0]) == "not known"


def test_a_number_that_saem_does_not_determine_is_no_number_to_rely_on(monkeypatch, line, fits):
    rows = tuple(replace(e, determined=False, se=None) if e.name == "slope" else e for e in fits["saem"].estimates)
    found = compared(monkeypatch, line, fits, saem=replace(fits["saem"], estimates=rows))
    assert "FOCEI states slope 3.09" in " ".join(found.words) and "no number to rely on" in " ".join(found.words)
    name, by_saem, by_focei, _ = found.side_by_side()[1]
    assert name == "slope" and by_saem.startswith("not determined (2.1") and by_focei.startswith("3.09 (2.1")


# ------------------------------------------------------------------------------------------------ models


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with falling values, the model that made them and another one."""
    path = tmp_path_factory.mktemp("models")
    table(path / "falling.csv", falling, (0, 2, 5, 9, 14))
    (path / "exponential.toml").write_text(EXPONENTIAL)
    (path / "hyperbolic.toml").write_text(HYPERBOLIC)
    return path


@pytest.fixture(scope="module")
def problems(files):
    data = read_data(files / "falling.csv", Reading(time_unit="d", unit="copies/ug"))
    error = [ResidualError("level", "lognormal", a=0.2)]
    return [new_problem(from_toml(text, name), data, residuals=error)
            for text, name in ((HYPERBOLIC, "hyperbolic"), (EXPONENTIAL, "exponential"))]  # fmt: skip


@pytest.fixture(scope="module")
def models(problems):
    return compare_models.compare_models(problems, "focei", 1)


def test_the_model_that_made_the_data_wins(models):
    assert models.best("aic").name == models.best("bic").name == "exponential"
    other, best = models.runs
    assert best.result.free == 5
    assert best.aic == pytest.approx(best.sampled.minus2ll + 10) and best.bic == pytest.approx(best.aic - 10 + 5 * np.log(10))
    assert models.delta(other, "aic") == pytest.approx(other.sampled.minus2ll - best.sampled.minus2ll)
    assert models.delta(other, "aic") > 10 and models.delta(best, "bic") == 0
    assert models.words[0].startswith("By AIC, exponential is lowest: hyperbolic lies")
    assert "the data tell them apart" in models.words[0]
    rows = models.table().set_index("model")
    assert rows.loc["exponential", "delta_aic"] == 0 and rows.loc["hyperbolic", "delta_aic"] > 10


def test_what_models_say_of_a_typical_subject_is_their_closed_form(models):
    other, best = models.runs
    top, rate = (p.value for p in best.result.problem.parameters)
    (found,) = best.typical
    assert found.cmax == pytest.approx(top, rel=1e-6) and found.tmax == 0
    assert found.auc28 == pytest.approx(top / rate * (1 - np.exp(-28 * rate)), rel=1e-6)
    assert found.half_life == pytest.approx(np.log(2) / rate, rel=1e-6)
    top, rate = (p.value for p in other.result.problem.parameters)
    (found,) = other.typical
    assert found.auc28 == pytest.approx(top / rate * np.log1p(28 * rate), rel=1e-6)
    assert found.half_life == pytest.approx(7 * np.log(2) / np.log((1 + 28 * rate) / (1 + 21 * rate)), rel=1e-6)
    assert any("half-life of days 21 to 28 (hyperbolic" in line for line in models.words)


def test_a_typical_subject_has_the_doses_of_the_data_in_hours():
    problem = problem_of(two_compartments(), 4)
    (found,) = compare_models.typical_of(problem)
    assert found.cmax == pytest.approx(DOSE / 12.0, rel=1e-4)  # central volume
    assert found.auc28 == pytest.approx(DOSE / 4.0, rel=1e-3)  # clearance; all is gone by 672 h


def test_a_curve_that_rises_has_no_half_life():
    assert compare_models._half_life(np.array([1.0, 2.0, 1.5]), 7.0) is None
    assert compare_models._half_life(np.array([2.0, 1.0, 0.0]), 7.0) is None


@pytest.mark.parametrize(
    ("above", "se", "said"),
    [(1.0, 0.01, "the data do not tell them apart"), (5.0, 0.01, "some support, no more"),
     (12.0, 0.01, "the data tell them apart"), (12.0, 3.0, "some support, no more"), (1.0, 3.0, "some support, no more")],
)  # fmt: skip
def test_differences_of_criteria_in_words(models, above, se, said):
    other, best = models.runs
    level = replace(best.sampled, minus2ll=best.sampled.minus2ll + above, se=se)
    words = words_of(replace(models, runs=(replace(other, sampled=level), best)))
    assert said in words[0] and said in words[1]


def test_criteria_of_fits_without_a_sound_likelihood_are_not_printed(models):
    other, best = models.runs
    for bad in (
        replace(best, result=replace(best.result, status=NOT_CONVERGED)),
        replace(best, sampled=replace(best.sampled, ess=np.full(10, 2.0)), why="few draws"),
        replace(best, result=None, sampled=None, why="no slopes", typical=()),
    ):
        found = replace(models, runs=(other, bad))
        rows = found.table().set_index("model")
        assert np.isnan(rows.loc["exponential", ["aic", "bic", "delta_aic", "delta_bic"]].astype(float)).all()
        assert found.exit_code == 3 and found.best("aic") is other
        assert any("not known: fewer than two have a criterion" in line for line in found.words)


def test_models_that_count_the_values_otherwise_are_refused(problems):
    one, other = problems
    hours = from_toml(DECLINE.replace('time_unit = "d"', 'time_unit = "h"').replace('"1/d"', '"1/h"'), "decline")
    units = from_toml(DECLINE.replace('"copies/ug"', '"cells/uL"'), "decline")
    bare = replace(one.data, profiles=replace(one.data.profiles, unit=np.full(len(one.data.profiles.unit), "", dtype=object)),
                   time_unit="")  # fmt: skip
    error = [ResidualError("level", "lognormal", a=0.2)]
    for model, words in ((hours, "count time in d and h"), (units, "in copies/ug and cells/uL")):
        with pytest.raises(InputError, match=words):
            compare_models.compare_models([replace(one, data=bare), new_problem(model, bare, {"top": 0.5}, residuals=error)])
    low = replace(other.data, cens=np.where(other.data.dv < 20, 1, 0).astype(np.int8))
    with pytest.raises(InputError, match="do not count the same values"):
        compare_models.compare_models([replace(one, data=low), replace(other, data=low, below="m1")])
    with pytest.raises(InputError, match="two or more different"):
        compare_models.compare_models([one, one])
    with pytest.raises(InputError, match="take saem, focei or laplace"):
        compare_models.compare_models(problems, "individual")


# ------------------------------------------------------------------------------------------------ the command line


def models_of(files, *more):
    return ("fit", files / "falling.csv", "--model", files / "exponential.toml", "--model", files / "hyperbolic.toml",
            "--residual", "lognormal:0.2", "--method", "focei", *UNITS, *more)  # fmt: skip


def test_models_on_the_command_line_make_a_folder_that_runs_again(files, models):
    done = livingdrug(*models_of(files, "--out", files / "out"))
    assert done.returncode == 4, done.stderr  # the data do not determine every number of the hyperbola
    assert "By AIC, exponential is lowest" in " ".join(done.stdout.split())
    rows = pd.read_csv(files / "out" / "comparison.csv").set_index("model")
    assert rows.loc["exponential", "aic"] == pytest.approx(models.runs[1].aic, abs=0.1)
    assert "delta AIC" in (files / "out" / "report.html").read_text()
    document = (files / "out" / "scenario.toml").read_text()
    assert 'hyperbolic.toml"' in document and "also" in document
    again = livingdrug("run", files / "out" / "scenario.toml", "--json")
    told = json.loads(again.stdout)
    assert told["exit_code"] == again.returncode == 4
    assert {row["model"]: row["aic"] for row in told["table"]} == rows["aic"].to_dict()


def test_the_script_of_a_comparison_makes_its_table(files, monkeypatch):
    document = livingdrug(*models_of(files, "--as-scenario")).stdout
    from livingdrug.workflows import scenario_of_text, to_script

    script = to_script(scenario_of_text(document, "here"))
    asked = []
    monkeypatch.setattr("livingdrug.workflows.fit.compared.compare_models", lambda *a: asked.append(a) or models_stub())
    monkeypatch.chdir(files)
    exec(script, {})
    assert pd.read_csv(files / "comparison.csv")["model"].tolist() == ["stub"]
    assert [p.model.full_name for p in asked[0][0]] == ["exponential", "hyperbolic"] and asked[0][1] == "focei"


def models_stub():
    return compare_models.ModelComparison("data", "focei", 1, (compare_models.ModelRun("stub", "d", None, "none"),))


def test_a_scenario_of_one_model_is_what_it_was(files):
    document = livingdrug(*models_of(files)[:4], "--as-scenario").stdout
    assert "also" not in document and "compare" not in document and document.count("model = ") == 1


def test_methods_on_the_command_line(files, monkeypatch, line, fits):
    monkeypatch.setattr(compare, "fit", lambda problem, method, *more, **options: fits[method])
    given = ("fit", files / "falling.csv", "--model", files / "exponential.toml", "--compare", "--residual", "lognormal:0.2")
    given += UNITS
    done = livingdrug(*given, "--out", files / "methods.csv")
    assert done.returncode == 0 and "The methods agree" in done.stdout and "omega slope" in done.stdout
    assert set(pd.read_csv(files / "methods.csv")["method"]) == {"saem", "focei", "laplace"}
    told = json.loads(livingdrug(*given, "--json").stdout)
    assert told["agree"] is True and told["exit_code"] == 0 and len(told["table"]) == 15


@pytest.mark.parametrize(
    ("more", "words"),
    [(("--random", "top"), "--random: several models do not have the same parameters"),
     (("--fix", "top"), "--fix: several models"), (("--set", "top=3"), "--set: several models"),
     (("--estimate", "top"), "--estimate: several"), (("--covariate", "WT on top"), "--covariate: several"),
     (("--correlated", "top,rate"), "--correlated: several"), (("--occasions", "top"), "--occasions: several"),
     (("--profile", "top"), "--profile: only a single fit"), (("--bootstrap", "200"), "--bootstrap: only a single fit"),
     (("--sir", "1000"), "--sir: only a single fit"), (("--evaluate", "is"), "--evaluate: only a single fit"),
     (("--chains", "2"), "--chains: only a single fit"), (("--method", "bayes"), "take saem, focei or laplace"),
     (("--compare",), "leave one out"),
     (("--residual", "other=lognormal:0.2"), "unknown output of the models `other`"),
     (("--output-is", "x=other"), "unknown output of the models `other`"),
     (("--compartment", "1=a"), "--compartment: several models"),
     (("--model", "two_compartment_hill"), "two_compartment_hill: the values are in copies/ug")],
)  # fmt: skip
def test_refusals_of_several_models(files, more, words):
    done = livingdrug(*models_of(files, *more), cwd=files)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_models_of_another_unit_are_refused_by_name(files):
    given = ["cells/uL" if part == "copies/ug" else part for part in models_of(files)]
    done = livingdrug(*given)
    assert done.returncode == 2 and "exponential.toml: the values are in cells/uL and `level`" in done.stderr


@pytest.mark.parametrize(
    ("more", "words"),
    [(("--method", "focei"), "leave --method out"), (("--evaluate", "is"), "only a single fit")],
)  # fmt: skip
def test_refusals_of_a_comparison_of_methods(files, more, words):
    done = livingdrug("fit", "falling.csv", "--model", "exponential.toml", "--compare", *UNITS, *more, cwd=files)
    assert done.returncode == 2 and words in done.stderr


def test_a_single_fit_does_not_pass_over_what_is_to_be_compared(files):
    from livingdrug.workflows.fit.plan import fit_problem, run_fit
    from livingdrug.workflows.fit.scenario import Fit

    for more in ({"compare": True}, {"also": ("stein_2019",)}):
        scenario = Fit(file=str(files / "falling.csv"), model=str(files / "exponential.toml"), **more)
        for verb in (run_fit, fit_problem):
            with pytest.raises(InputError, match="a single fit is needed here"):
                verb(scenario)
