"""`livingdrug fit`: what is printed, written and refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.scenario import read_scenario

MODEL = """
name = "decline"
title = "One exponential"
[closed_form]
time_unit = "d"
quantities = [
  { name = "top", unit = "copies/ug", meaning = "level at 0", bound = "positive" },
  { name = "rate", unit = "1/d", meaning = "rate", bound = "positive" },
]
[[closed_form.outputs]]
name = "level"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "top * exp(-rate * time)" }]
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { top = 100.0, rate = 0.2 }
"""


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(2)
    lines = ["ID,TIME (d),DV"]
    for i in range(10):
        top, rate = 100 * np.exp(0.5 * random.normal()), 0.2 * np.exp(0.4 * random.normal())
        lines += [f"{i},{t},{top * np.exp(-rate * t + 0.2 * random.normal()):.4f}" for t in (0, 2, 5, 9)]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (tmp_path / "model.toml").write_text(MODEL)
    return str(tmp_path / "data.csv"), str(tmp_path / "model.toml"), tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def problem(files):
    return ("fit", files[0], "--model", files[1], "--random", "top,rate=0.4", "--residual", "lognormal:0.2")


def test_fit_writes_a_folder_and_says_what_came_of_it(files):
    done = run(*problem(files), "--method", "laplace", "--out", files[2] / "out")
    assert done.exit_code == 0, done.output
    assert "converged (laplace)" in done.output and "AIC" in done.output and "omega rate" in done.output
    names = {path.name for path in (files[2] / "out").iterdir()}
    assert names >= {"parameters.csv", "objective.json", "individuals.csv", "predictions.csv", "trace.csv", "covariance.csv",
                     "covariance_sandwich.csv", "settings.json"}  # fmt: skip


def test_evaluate_fits_nothing(files):
    found = json.loads(run(*problem(files), "--evaluate", "focei", "--json").output)
    again = json.loads(run(*problem(files), "--set", "top=100", "--evaluate", "focei", "--json").output)
    assert found == again and found["nonmem"] < found["minus2ll"] and found["modes_not_found"] == 0
    assert "NONMEM" in run(*problem(files), "--evaluate", "is").output


def test_the_scenario_of_a_fit_runs_to_the_same_answer(files):
    text = run(*problem(files), "--method", "focei", "--as-scenario").output
    path = files[2] / "fit.toml"
    path.write_text(text)
    assert read_scenario(path).kind == "fit"
    direct = json.loads(run(*problem(files), "--method", "focei", "--json").output)
    assert json.loads(run("run", path, "--json").output) == direct


def test_refusals_are_sentences(files):
    for more, words in (
        (("--method", "magic"), "unknown method `magic`"), (("--evaluate", "saem"), "unknown method `saem`"),
        (("--random", "top=0"), "a spread starts above 0"), (("--covariate", "WT on top"), "unknown covariate `WT`"),
        (("--resume",), "name it with --out"), (("--residual", "lognormal"), "lognormal needs a"),
        (("--fix", "beta=1"), "unknown parameter `beta`"), (("--starts", "0"), "0 starts were asked for"),
    ):  # fmt: skip
        found = run(*problem(files), *more)
        assert isinstance(found.exception, InputError) and words in str(found.exception), more


def test_a_start_without_a_finite_objective_names_the_subject(files):
    # the likelihood at eta 0 is finite, its curvature is not: 1 / f^2 overflows
    lost = (*problem(files), "--set", "top=1e-200")
    for more in (("--evaluate", "focei"), ("--evaluate", "is"), ("--method", "focei"), ("--method", "individual")):
        found = run(*lost, *more)
        assert isinstance(found.exception, InputError), more
        assert "objective of subject `0` is not finite at the start" in str(found.exception), more
        assert "top 1e-200" in str(found.exception)


def test_a_correlation_takes_two_parameters(files):
    for names in ("top", "top,top"):
        found = run(*problem(files), "--correlated", names, "--evaluate", "focei")
        assert isinstance(found.exception, InputError) and "name two or more different parameters" in str(found.exception)


def test_data_that_lie_below_their_limit_throughout_give_a_folder(files):
    rows = [f"{i},{t},<500" for i in range(4) for t in (0, 2, 5)]
    (files[2] / "data.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    done = run(*problem(files), "--method", "individual", "--out", files[2] / "low")
    assert done.exit_code in (0, 3), done.output
    assert (files[2] / "low" / "report.html").exists()
    assert not (files[2] / "low" / "pictures" / "residuals.svg").exists()


def test_a_fit_is_shown_where_its_checks_cannot_be_made(files, monkeypatch):
    def refused(*arguments):
        raise InputError("subject `3`, time 2 (line 15): the model gives no value in a replicate")

    monkeypatch.setattr("livingdrug.report.fit_folder.vpc", refused)
    done = run(*problem(files), "--method", "individual", "--out", files[2] / "wide")
    assert done.exit_code in (0, 3), done.output
    assert "omega top" in done.output and "predictive check: not made: subject" in " ".join(done.output.split())
    assert (files[2] / "wide" / "parameters.csv").exists() and not (files[2] / "wide" / "vpc.csv").exists()
    assert "visual predictive check: not made" in (files[2] / "wide" / "report.html").read_text()


def test_an_evaluation_says_what_it_took_for_granted(files):
    found = run(*problem(files), "--evaluate", "focei")
    assert "the data state no unit" in found.output
    told = json.loads(run(*problem(files), "--evaluate", "focei", "--json").output)["notes"]
    assert any("no unit" in note for note in told)


def test_a_state_that_cannot_be_read_is_refused(files):
    (files[2] / "broken").mkdir()
    for content in (b"", b"PK\x03\x04 cut short", b"not a state"):
        (files[2] / "broken" / "state.npz").write_bytes(content)
        found = run(*problem(files), "--out", files[2] / "broken", "--resume")
        assert isinstance(found.exception, InputError) and "cannot be read" in str(found.exception), content


def test_a_run_interrupted_in_its_checks_goes_on(files, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.report.fit_folder.vpc", stopped)
        run(*problem(files), "--out", files[2] / "late")
    assert not (files[2] / "late" / "parameters.csv").exists()
    assert run(*problem(files), "--out", files[2] / "late", "--resume").exit_code == 0
    assert (files[2] / "late" / "parameters.csv").exists() and not (files[2] / "late" / "state.npz").exists()
