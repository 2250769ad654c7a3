"""`livingdrug fit`: what is printed, written and refused."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.workflows import keep_run, read_scenario
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.pictures import undrawn


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(2)
    lines = ["ID,TIME (d),DV"]
    for i in range(10):
        top, rate = 100 * np.exp(0.5 * random.normal()), 0.2 * np.exp(0.4 * random.normal())
        lines += [f"{i},{t},{top * np.exp(-rate * t + 0.2 * random.normal()):.4f}" for t in (0, 2, 5, 9)]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (tmp_path / "model.toml").write_text(DECLINE)
    return str(tmp_path / "data.csv"), str(tmp_path / "model.toml"), tmp_path


@pytest.fixture
def fast(monkeypatch):
    """Pictures that are not arranged."""
    monkeypatch.setattr("livingdrug.workflows.fit.checks.save", undrawn)


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def problem(files):
    return ("fit", files[0], "--model", files[1], "--random", "top,rate=0.4", "--residual", "lognormal:0.2")


def test_fit_writes_a_folder_and_says_what_came_of_it(files, fast):
    done = run(*problem(files), "--method", "laplace", "--out", files[2] / "out")
    assert done.exit_code == 0, done.output
    assert "by laplace\nThe fit converged." in done.output and "AIC" in done.output and "omega rate" in done.output
    names = {path.name for path in (files[2] / "out").iterdir()}
    assert names >= {"parameters.csv", "objective.json", "individuals.csv", "predictions.csv", "trace.csv", "covariance.csv",
                     "covariance_sandwich.csv", "settings.json"}  # fmt: skip


@pytest.mark.parametrize(("asked", "pages"), [((), 1), (("--individuals", "all"), 2)])
def test_pages_of_individual_curves_as_asked_for(files, fast, asked, pages):
    table = files[2] / "data.csv"
    rows = table.read_text().splitlines()
    table.write_text("\n".join([*rows, *(f"1{row}" for row in rows[1:])]))  # twenty subjects, twelve on a page
    done = run(*problem(files), "--method", "individual", "--out", files[2] / "out", *asked)
    assert done.exit_code == 0, done.output
    drawn = sorted(path.name for path in (files[2] / "out" / "pictures").glob("individuals*.png"))
    assert drawn == [f"individuals-{k + 1}.png" for k in range(pages)]
    report = (files[2] / "out" / "report.html").read_text()
    said = {1: "curves.csv has all 20; --individuals all draws them", 2: "The other pages lie in the folder, individuals-2"}
    assert said[pages] in report
    rows = [len(pd.read_csv(files[2] / "out" / name)) for name in ("sampled.csv", "correlations.csv")]
    assert rows == [200, 1]


def test_other_words_for_whose_curves_are_refused(files):
    done = livingdrug(*problem(files), "--individuals", "many")
    assert done.returncode == 2 and "individuals" in done.stderr and "is not one of first, all" in done.stderr


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
        (("--method", "magic"), "unknown method `magic`; known: `bayes`, `focei`"),
        (("--evaluate", "saem"), "unknown method `saem`"),
        (("--random", "top=0"), "an initial omega (SD) is above 0"), (("--covariate", "WT on top"), "unknown covariate `WT`"),
        (("--resume",), "name that with --out"), (("--residual", "lognormal"), "lognormal needs a"),
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


def test_individuals_below_their_limit_throughout_give_a_folder(files, fast):
    rows = [f"{i},{t},<500" for i in range(4) for t in (0, 2, 5)]
    (files[2] / "data.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    done = run(*problem(files), "--method", "individual", "--out", files[2] / "low")
    assert done.exit_code in (0, 3), done.output
    assert (files[2] / "low" / "report.html").exists()
    assert not (files[2] / "low" / "pictures" / "residuals.svg").exists()


def test_a_fit_is_shown_where_its_checks_cannot_be_made(files, fast, monkeypatch):
    def refused(*arguments):
        raise InputError("subject `3`, time 2 (line 15): the model gives no value in a replicate")

    monkeypatch.setattr("livingdrug.workflows.fit.checks.vpc", refused)
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


def test_a_run_interrupted_in_its_checks_goes_on(files, fast, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.workflows.fit.checks.vpc", stop)
        stopped = livingdrug(*problem(files), "--out", files[2] / "late")
    assert stopped.returncode == 130 and "and --resume goes on" in stopped.stderr and "interrupted" in stopped.stderr
    assert {path.name for path in (files[2] / "late").iterdir()} == {"state.npz"}
    assert not (files[2] / "late" / "parameters.csv").exists()
    assert run(*problem(files), "--out", files[2] / "late", "--resume").exit_code == 0
    assert (files[2] / "late" / "parameters.csv").exists() and not (files[2] / "late" / "state.npz").exists()


def folder_of(path):
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


ASKED = ("--method", "laplace", "--profile", "rate,omega rate", "--bootstrap", "20", "--sir", "100")


def test_command_document_and_script_give_the_same_bytes(files, fast):
    here = files[2]
    done = livingdrug(*problem(files), "--method", "laplace", "--profile", "rate", "--out", here / "one")
    assert done.returncode == 0, done.stderr
    assert "data determine `rate`:" in done.stdout and max(map(len, done.stdout.splitlines())) <= 80
    made = folder_of(here / "one")
    assert {"profiles.csv", "intervals.csv", "pictures/profiles.svg", "record.json", "script.py"} <= set(made)
    report = made["report.html"].decode()
    assert "The data determine `rate`" in report and "<h2 id=\"intervals\"" in report
    keep_run(read_scenario(here / "one" / "scenario.toml"), here / "two")
    assert folder_of(here / "two") == made
    assert livingdrug("report", here / "one").returncode == 0 and folder_of(here / "one") == made
    script = subprocess.run([sys.executable, here / "one" / "script.py"], cwd=here, capture_output=True, text=True)
    assert script.returncode == 0, script.stderr
    assert (here / "parameters.csv").read_bytes() == made["parameters.csv"]


def test_every_interval_stands_beside_the_others(files):
    told = json.loads(run(*problem(files), *ASKED, "--json").output)
    table = pd.DataFrame(told["intervals"]).set_index(["parameter", "method"])
    estimates = {e["name"]: e["value"] for e in told["parameters"]}
    for method in ("standard error", "bootstrap", "SIR"):
        for name, value in estimates.items():
            assert table.loc[(name, method), "lower"] < value < table.loc[(name, method), "upper"], (name, method)
    assert set(table.index.get_level_values("parameter")[table.index.get_level_values("method") == "profile"]) == {
        "rate", "omega rate"}  # fmt: skip
    for more, words in (
        (("--profile", "rat"), "unknown estimated number `rat`"), (("--sir", "9"), "sir of 9 says nothing"),
        (("--bootstrap", "3"), "bootstrap of 3 says nothing"), (("--method", "individual", "--sir", "100"), "no population"),
        (("--evaluate", "is", "--profile", "rate"), "an evaluation estimates no population"),
    ):  # fmt: skip
        found = run(*problem(files), *more)
        assert isinstance(found.exception, InputError) and words in str(found.exception), more


def test_what_the_data_do_not_bound_is_said_from_the_profile(files, fast):
    # all values at time 0, or next to it: nothing tells of the rate
    rows = [f"{i},{t},{(90 + 6 * i) * f}" for i in range(8) for t, f in ((0, 1), (1e-4, 1.1 + 0.01 * i))]
    (files[2] / "data.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    done = livingdrug("fit", files[0], "--model", files[1], "--random", "top", "--estimate", "rate", "--residual",
                      "lognormal:0.1", "--profile", "rate", "--out", files[2] / "flat")  # fmt: skip
    assert done.returncode == 4
    assert "The data do not determine `rate`: its profile is flat from" in " ".join(done.stdout.split())
    assert "The data do not determine `rate`: its profile is flat from" in (files[2] / "flat" / "report.html").read_text()


def test_no_profile_is_told_around_what_is_no_top(files):
    # one value for each subject: spread and residual error cannot be told apart, and the likelihood has no top
    rows = [f"{i},0,{90 + 3 * i}" for i in range(8)]
    (files[2] / "data.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    done = livingdrug("fit", files[0], "--model", files[1], "--random", "top", "--estimate", "rate", "--residual",
                      "lognormal:0.1", "--method", "laplace", "--profile", "rate")  # fmt: skip
    told = " ".join(done.stdout.split())
    # whether the search ends on the ridge, or is still on its way along it, is a matter of the last digit
    assert done.returncode in (3, 4) and "data determine every" not in told
    assert "the data determine `rate`:" not in told.lower()


def test_an_evaluation_has_a_folder_of_its_own(files):
    done = livingdrug(*problem(files), "--evaluate", "is", "--out", files[2] / "seen")
    assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 80
    kept = json.loads((files[2] / "seen" / "objective.json").read_text())
    assert kept["method"] == "importance sampling" and f"{kept['minus2ll']:.4f}" in done.stdout
    assert "Nothing was fitted" in (files[2] / "seen" / "report.html").read_text()
    script = subprocess.run([sys.executable, files[2] / "seen" / "script.py"], cwd=files[2], capture_output=True, text=True)
    assert script.returncode == 0, script.stderr
    assert (files[2] / "objective.csv").read_bytes() == (files[2] / "seen" / "objective.csv").read_bytes()


def test_out_may_be_the_table_alone(files):
    assert run(*problem(files), "--method", "laplace", "--out", files[2] / "numbers.csv").exit_code == 0
    names = pd.read_csv(files[2] / "numbers.csv")["parameter"].tolist()
    assert names == ["top", "rate", "omega top", "omega rate", "a level"]
    before = (files[2] / "numbers.csv").read_bytes()
    again = run(*problem(files), "--method", "laplace", "--out", files[2] / "numbers.csv", "--resume")
    assert again.exit_code == 0 and "so the run starts again" in again.output
    assert (files[2] / "numbers.csv").read_bytes() == before


def test_a_folder_of_something_else_is_refused_before_the_fit(files):
    (files[2] / "mine").mkdir()
    (files[2] / "mine" / "letter.txt").write_text("dear")
    found = run(*problem(files), "--out", files[2] / "mine")
    assert isinstance(found.exception, InputError) and "not of a run" in str(found.exception)


def test_files_say_what_they_hold_without_signs_of_formulas(files, fast):
    done = run(*problem(files), "--out", files[2] / "saem")
    assert done.exit_code == 0, done.output
    assert (files[2] / "saem" / "trace.csv").read_text().startswith("minus2ll given etas,top,")
    assert json.loads((files[2] / "saem" / "objective.json").read_text())["method"] == "importance sampling"
    assert "by importance sampling" in done.output and ">-0<" not in (files[2] / "saem" / "report.html").read_text()


def test_a_spread_beyond_all_populations_is_refused_without_a_warning(files):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run("fit", files[0], "--model", files[1], "--random", "top=1000,rate", "--residual", "lognormal:0.2")
    assert isinstance(found.exception, InputError) and "omega of `top` starts at 1000 on a log scale" in str(found.exception)


def test_a_population_below_its_limit_throughout_is_refused_and_one_such_subject_is_kept(files):
    rows = [f"{i},{t},<500" for i in range(4) for t in (0, 2, 5)]
    (files[2] / "low.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    low = (*problem(files)[:1], files[2] / "low.csv", *problem(files)[2:])
    for method in ("saem", "laplace"):
        found = run(*low, "--method", method)
        assert isinstance(found.exception, InputError), method
        assert "all 12 values of `level` lie beyond their limit" in str(found.exception)
        assert "measured values are missing" in str(found.exception)
    text = (files[2] / "data.csv").read_text()
    (files[2] / "data.csv").write_text("\n".join([text, "late,5,<20", "late,9,<20"]))
    told = json.loads(run(*problem(files), "--method", "laplace", "--json").output)
    assert any("1 subject(s) have only values below the limit and are kept (m3): late" in note for note in told["notes"])
    assert told["subjects"] == 11


@pytest.mark.parametrize("given", [("--prior", "top=normal:1,2"), ("--chains", "3")])
def test_what_only_bayes_takes_is_refused_elsewhere(files, given):
    found = run(*problem(files), *given)
    assert isinstance(found.exception, InputError)
    assert f"{given[0][2:]}: only --method bayes takes that, and the method is saem" in str(found.exception)
