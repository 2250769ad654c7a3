"""A fit written as a PEtab problem, read back by our own reader and weighed against the fit's own model."""

import math

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.export import petab_files
from livingdrug.fit import PetabObjective, ResidualError, new_problem
from livingdrug.standards import read_petab
from tests.commands import livingdrug

MODEL = """name = "loss"
title = "A level that is lost (made up)"
[structure]
time_unit = "d"
dose_into = "held"
states = [{ name = "held", unit = "cells", meaning = "cells", roles = ["car_t"] }]
flows = [{ name = "loss", rate = "k * held", kind = "clearance", out_of = "held" }]
outputs = [{ name = "level", expression = "held / volume", unit = "cells/uL", meaning = "level", measured = true }]
quantities = [
  { name = "k", unit = "1/d", meaning = "loss", bound = "positive" },
  { name = "volume", unit = "uL", meaning = "volume", bound = "positive" },
]
[[values]]
name = "made_up"
source = { key = "synthetic", citation = "made up" }
values = { k = 0.5, volume = 2e3 }
[[residuals]]
output = "level"
log_sd = 0.2
source = { key = "synthetic", citation = "made up" }
"""
ROWS = "ID,TIME,AMT,DV,EVID\nA,0,1e4,.,1\nA,1,.,3.1,0\nA,4,.,0.62,0\nB 2,0,3e4,.,1\nB 2,2,.,5.2,0\n"


@pytest.fixture
def made(tmp_path):
    (tmp_path / "loss.toml").write_text(MODEL)
    (tmp_path / "d.csv").write_text(ROWS)
    return tmp_path


def problem_in(folder, rows=ROWS, **given):
    (folder / "d.csv").write_text(rows)
    data = ld.read_data(folder / "d.csv", ld.Reading(unit="cells/uL", time_unit="d"))
    return new_problem(ld.read_model(folder / "loss.toml"), data, random={"k": 0.3}, **given)


def objective(folder, files):
    for name, text in files.texts.items():
        (folder / name).write_text(text)
    return PetabObjective.of(read_petab(folder / "problem.yaml"))


CURVE = np.array([1e4 * math.exp(-0.5), 1e4 * math.exp(-2.0), 3e4 * math.exp(-1.0)]) / 2e3
DV = np.array([3.1, 0.62, 5.2])


def test_the_problem_holds_the_curves_and_the_likelihood_of_the_closed_form(made):
    """Doses differ by subject; ln y is normal around ln f with SD 0.2."""
    found = objective(made, petab_files(problem_in(made))).at()
    assert found.simulations == pytest.approx(CURVE, rel=1e-7)
    z = (np.log(DV) - np.log(CURVE)) / 0.2
    expected = float(np.sum(-0.5 * z**2 - np.log(0.2 * math.sqrt(2 * math.pi)) - np.log(DV)))
    assert found.llh == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("kind", "numbers", "sd"),
    [
        ("additive", {"a": 0.4}, 0.4 + 0 * CURVE),
        ("proportional", {"b": 0.3}, 0.3 * CURVE),
        ("combined", {"a": 0.1, "b": 0.3}, 0.1 + 0.3 * CURVE),
        ("combined_squares", {"a": 0.1, "b": 0.3}, np.sqrt(0.01 + (0.3 * CURVE) ** 2)),
    ],
)
def test_every_residual_error_is_written(kind, numbers, sd, made):
    problem = problem_in(made, residuals=[ResidualError("level", kind, **numbers)])
    found = objective(made, petab_files(problem)).at()
    assert found.noise == pytest.approx(sd, rel=1e-7)


def test_each_subject_may_have_its_own_parameters(made):
    found = objective(made, petab_files(problem_in(made), by_subject=True))
    assert {"k_s_A", "k_s_B_2"} <= set(found.problem.parameters)
    moved = found.at({"k_s_B_2": 1.0})
    assert moved.simulations == pytest.approx([*CURVE[:2], 3e4 * math.exp(-2.0) / 2e3], rel=1e-7)


def test_a_closed_form_is_written_too(tmp_path):
    (tmp_path / "d.csv").write_text("ID,TIME,DV\n1,5,2000\n1,9,20000\n1,30,900\n")
    data = ld.read_data(tmp_path / "d.csv", ld.Reading(unit="copies/ug", time_unit="d"))
    model = ld.get_model("stein_2019")
    found = objective(tmp_path, petab_files(new_problem(model, data))).at()
    expected = ld.simulate(model, times=[5.0, 9.0, 30.0]).curve("transgene")
    assert found.simulations == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (ROWS + "B 2,3,1e4,.,1\n", "another pattern of doses"),
        (ROWS.replace("A,1,.,3.1,0", "A,1,.,-3.1,0"), "no logarithm|negative"),
    ],
)
def test_what_petab_cannot_say_is_refused(rows, sentence, made):
    with pytest.raises(InputError, match=sentence):
        petab_files(problem_in(made, rows))


def test_values_below_a_limit_are_refused_or_left_out_by_rule(made):
    rows = "ID,TIME,AMT,DV,EVID,CENS,LIMIT\nA,0,1e4,.,1,0,.\nA,1,.,3.1,0,0,.\nA,9,.,0.5,0,1,.\n"
    with pytest.raises(InputError, match="below or above a limit .--below m1"):
        petab_files(problem_in(made, rows))
    files = petab_files(problem_in(made, rows, below="m1"))
    assert files.texts["measurements.tsv"].count("\n") == 2


def test_the_command_writes_a_scenario_as_a_problem_and_evaluates_it(made):
    words = ("fit", "d.csv", "--model", "loss.toml", "--random", "k=0.3", "--unit", "cells/uL")
    asked = livingdrug(*words, "--as-scenario", cwd=made)
    assert asked.returncode == 0, asked.stderr
    (made / "fit.toml").write_text(asked.stdout)
    done = livingdrug("petab", "fit.toml", "--out", "problem", cwd=made)
    assert done.returncode == 0 and "one set of parameters stands for all subjects" in done.stderr, (
        done.stderr
    )
    value = livingdrug("petab", "problem/problem.yaml", cwd=made)
    assert value.returncode == 0 and "measurements   3" in value.stdout, value.stderr
    for words, sentence in (
        (("fit.toml",), "name it with --out"),
        (("fit.toml", "--out", "problem"), "is not overwritten"),
        (("fit.toml", "--fit", "--out", "x"), "searches a PEtab problem"),
    ):
        refused = livingdrug("petab", *words, cwd=made)
        assert refused.returncode == 2 and sentence in refused.stderr


def test_a_model_with_the_name_of_a_flow_gets_another_id(made):
    """Ids of a model and of what it holds share one space of names in SBML."""
    text = petab_files(problem_in(made)).texts["model.xml"]
    assert 'id="loss_"' in text and text.count('id="loss"') == 1
