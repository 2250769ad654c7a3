"""`livingdrug trial`: the example designs, one answer on every way in, and what is refused."""

import csv
import json
import tomllib

import pytest
import tomli_w
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.workflows import read_scenario
from livingdrug.workflows.trial.spec import run as run_trial

DESIGN = {
    "kind": "trial", "model": "stein_2019", "spread": "variance", "visits": [1, 7, 10, 14, 28], "limit": 50,
    "control": "standard", "multiplicity": "dunnett",
    "arms": [{"name": "standard", "n": 10}, {"name": "double", "n": 10, "change": {"c_max": 2.0}}],
    "endpoints": [{"name": "AUC28", "kind": "auc", "window": [0, 28]}],
}  # fmt: skip


def written(tmp_path, **changes):
    path = tmp_path / "design.toml"
    path.write_text(tomli_w.dumps({k: v for k, v in {**DESIGN, **changes}.items() if v is not None}))
    return str(path)


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def refused(path, *options) -> str:
    result = run("trial", path, *options)
    assert isinstance(result.exception, InputError), result.exception
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    assert run("example", "trial", folder).exit_code == 0
    return folder


def test_the_example_runs_and_writes_its_pictures(example, tmp_path):
    out, pictures = tmp_path / "arms.csv", tmp_path / "pictures"
    result = run("trial", example / "umbrella.toml", "--replicates", 50, "--out", out, "--plots", pictures)
    assert result.exit_code == 0, result.exception
    assert "`better expansion`: with 40 per arm you would" in result.output.replace("\n", " ")
    assert "not for clinical decisions" in result.output.replace("\n", " ")
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 3
    assert {row["arm"] for row in rows} == {"better expansion", "longer persistence", "more even product"}
    names = sorted(path.name for path in pictures.iterdir())
    assert names == ["arms.png", "arms.svg", "grid.png", "grid.svg", "power.png", "power.svg"]


def test_the_example_of_an_escalation_runs(example, tmp_path):
    result = run("trial", example / "escalation.toml", "--replicates", 50, "--json", "--plots", tmp_path / "p")
    answer = json.loads(result.stdout)
    assert answer["boundaries"] == pytest.approx([0.2365, 0.3585], abs=1e-3)
    assert sum(level["selected"]["value"] for level in answer["levels"]) + answer["none"]["value"] == pytest.approx(1)
    assert (tmp_path / "p" / "levels.png").exists()
    assert "decisions at a level" in run("run", example / "escalation.toml").output


def test_examples_are_not_overwritten(example):
    assert "exists already" in str(run("example", "trial", example).exception)


def test_closed_form_stands_beside_every_size(tmp_path):
    answer = json.loads(run("trial", written(tmp_path, sizes=[5, 10, 20]), "--json", "--replicates", 400).stdout)
    for point in answer["sizes"]:
        assert point["closed_form"][0] == pytest.approx(point["power"][0]["value"], abs=0.1)


def test_trial_run_and_python_give_the_same_answer(tmp_path):
    path = written(tmp_path, replicates=40, sizes=[5, 10])
    one, two = run("trial", path, "--json"), run("run", path, "--json")
    assert one.exit_code == 0, one.exception
    assert one.stdout == two.stdout
    answer = run_trial(read_scenario(path))
    assert json.loads(one.stdout)["endpoints"][0]["arms"][0]["power"]["value"] == answer.endpoints[0].arms[0].power.value
    assert json.loads(one.stdout)["sentences"] == list(answer.sentences)


def test_the_command_line_has_the_last_word_on_replicates_and_seed(tmp_path):
    path = written(tmp_path, replicates=40, seed=3)
    answer = json.loads(run("trial", path, "--json", "--replicates", 30, "--seed", 4).stdout)
    assert (answer["replicates"], answer["seed"]) == (30, 4)


def test_a_design_survives_its_text(tmp_path):
    from livingdrug.workflows import to_toml

    scenario = read_scenario(written(tmp_path, futility={"at": 0.5, "below": 0.1}))
    assert type(scenario)(**tomllib.loads(to_toml(scenario))) == scenario


ARMS = DESIGN["arms"]
AUC = DESIGN["endpoints"][0]


def arm(**changes):
    return {"arms": [ARMS[0], {**ARMS[1], **changes}]}


def endpoint(**changes):
    return {"endpoints": [{k: v for k, v in {**AUC, **changes}.items() if v is not None}]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arms": ARMS[:1]}, "1 arm was given"),
        ({"control": "standart"}, "control: unknown arm `standart`; did you mean `standard`"),
        (arm(change={"c_max": 0}), "arm `double`: change.c_max is 0; a fold must be finite and above 0"),
        (arm(change={"c_mx": 2}), "arm `double`: change.c_mx: `stein_2019` has an unknown parameter `c_mx`; did you mean"),
        (arm(change={"f_b": 1000}), "arm `double`: change.f_b: `f_b`"),
        (arm(change={"female": 2}), "`female` is 0 in the control"),
        (arm(n=1), "arm `double`: n is 1"),
        (arm(cost=-3), "arm `double`: cost is -3"),
        (arm(responders=0), "arm `double`: responders is 0"),
        (arm(change={}, responders=0.5), "no `change` for them"),
        (arm(dose=2), "the dose is not in the equations of `stein_2019`"),
        (arm(dose=["1", "1@14"]), 'takes one infusion, 2 were given: its curve starts at the infusion; to add up'),
        (arm(dose=["a lot"]), "arm `double`: dose `a lot` cannot be read"),
        (arm(chnge={"c_max": 2}), "`arms.double`: unknown key `chnge`; did you mean `change`"),
        (arm(n="many"), "`arms.double.n`"),
        (arm(name="standard"), "the arm `standard` is given 2 times"),
        ({"power": 1.2}, "power is 1.2"),
        ({"alpha": 0}, "alpha is 0"),
        ({"sides": 3}, "sides is 3"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"dropout": 1.0}, "dropout is 1 per d: 100.0% would leave before 28 d"),
        ({"multiplicity": "bonferroni"}, "`multiplicity`"),
        ({"multiplcity": "none"}, "unknown key `multiplcity`; did you mean `multiplicity`"),
        ({"limit": 0}, "limit is 0"),
        ({"visits": [7, 7]}, "visits must be"),
        ({"visits": None}, "an assay"),
        ({"spread": "varianse"}, "unknown variability `varianse`; did you mean `variance`"),
        ({"output": "cells"}, "unknown output `cells`"),
        ({"endpoints": []}, "no endpoint was given"),
        (endpoint(kind="auk"), "`endpoints.AUC28.kind`"),
        (endpoint(window=[0, 60]), "endpoint `AUC28`: its window ends at 60 d, after the last visit at 28 d"),
        (endpoint(window=[28, 0]), "window is 28 to 0 d"),
        (endpoint(test="welch"), "Dunnett's test pools"),
        (endpoint(kind="response"), "ec50 is missing"),
        (endpoint(above=10.0), "`above` means nothing to the kind `auc`"),
        (endpoint(kind="response", ec50=1.0, day=-1), "day is -1"),
        ({"model": "two_compartment_hill", "spread": None, "cv": 0.3, "repeat": "superposition"}, "leave `repeat` out"),
        ({"replicates": 10**8}, "ask for fewer subjects, draws or replicates"),
        (endpoint(kind="toxicity", ec50=[2.0, 1.0]), "ec50 must rise"),
        (endpoint(kind="toxicity", ec50=[1.0, 2.0], at_least=3), "at_least is 3"),
        (endpoint(kind="persistence", window=None), "name the level"),
        (endpoint(kind="persistence", window=None, above=10.0), "cannot tell"),
        (endpoint(kind="positive", window=None, above=100.0, day=20), "one of the visits"),
        ({"futility": {"at": 1.5, "below": 0.1}}, "futility.at is 1.5"),
        ({"futility": {"at": 0.5, "below": 0.1, "role": "effect"}}, "`futility`: unknown key `role`; did you mean `rule`"),
        ({"sizes": [1, 5]}, "sizes holds 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(tmp_path, changes, words):
    assert words in refused(written(tmp_path, **changes))


def test_replicates_of_none_are_refused(tmp_path):
    result = run("trial", written(tmp_path), "--replicates", 0)
    assert "replicates is 0" in str(result.exception)


def test_every_fault_is_named_at_once(tmp_path):
    message = refused(written(tmp_path, power=1.2, control="nobody", limit=-1))
    assert all(word in message for word in ("power is 1.2", "`nobody`", "limit is -1"))
    message = refused(written(tmp_path, **arm(n=1, cost=-1, change={"c_max": -2})))
    assert all(word in message for word in ("n is 1", "cost is -1", "change.c_max is -2"))


def test_nothing_is_written_when_anything_is_refused(tmp_path):
    out = tmp_path / "out.csv"
    refused(written(tmp_path, power=2), "--out", out, "--plots", tmp_path / "pictures")
    assert not out.exists() and not (tmp_path / "pictures").exists()


def test_another_kind_of_document_is_refused(tmp_path):
    path = tmp_path / "simulate.toml"
    path.write_text('model = "stein_2019"\n')
    assert "is a `simulate` scenario" in refused(path)
