"""Spread between occasions: against the closed form of a balanced nested design, and what is refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import ResidualError, bootstrap, design_of, evaluate, fit, new_problem
from livingdrug.models import get_model
from livingdrug.models.text import from_toml

LEVEL = """
name = "level"
title = "A level that stays"
[closed_form]
time_unit = "d"
quantities = [
  { name = "base", unit = "copies/ug", meaning = "level", bound = "positive" },
]
definitions = [{ name = "twice", expression = "2 * base" }]
[[closed_form.outputs]]
name = "seen"
unit = "copies/ug"
meaning = "level"
measured = true
pieces = [{ expression = "twice / 2" }]
[[values]]
name = "made"
source = { key = "made", citation = "made for this test" }
values = { base = 100.0 }
"""
N, K, M = 40, 3, 4


def nested() -> np.ndarray:
    """ln y, shape (subjects, occasions, samples): spreads 0.5 between subjects, 0.3 between occasions, 0.2 of measuring."""
    random = np.random.default_rng(5)
    subject, occasion, error = (random.standard_normal(size) for size in ((N, 1, 1), (N, K, 1), (N, K, M)))
    return np.log(100.0) + 0.5 * subject + 0.3 * occasion + 0.2 * error


def written(tmp_path, y: np.ndarray):
    rows = [f"S{i + 1},{k + 1},{m},{np.exp(y[i, k, m]):.12g}" for i in range(N) for k in range(K) for m in range(M)]
    path = tmp_path / "nested.csv"
    path.write_text("\n".join(["ID,OCC,TIME,DV", *rows]) + "\n")
    return path


def problem_of(tmp_path, y: np.ndarray, **more):
    data = read_data(str(written(tmp_path, y)), Reading(unit="copies/ug", time_unit="d"))
    residual = [ResidualError("seen", "lognormal", a=0.3)]
    return new_problem(from_toml(LEVEL, "level"), data, {"base": 0.3}, residuals=residual, occasions={"base": 0.2}, **more)


def closed_form(y: np.ndarray) -> dict[str, float]:
    """Maximum likelihood of a balanced nested design (Searle, Casella & McCulloch 1992, Variance Components, ch. 4)."""
    occasion, subject = y.mean(axis=2), y.mean(axis=(1, 2))
    error = ((y - occasion[..., None]) ** 2).sum() / (N * K * (M - 1))
    between = M * ((occasion - subject[:, None]) ** 2).sum() / (N * (K - 1))
    among = K * M * ((subject - y.mean()) ** 2).sum() / N
    return {
        "base": float(np.exp(y.mean())), "omega base": float(np.sqrt((among - between) / (K * M))),
        "gamma base": float(np.sqrt((between - error) / M)), "a seen": float(np.sqrt(error)),
    }  # fmt: skip


def test_the_likelihood_is_that_of_the_nested_normal(tmp_path):
    from scipy.stats import multivariate_normal

    y = nested()
    problem = problem_of(tmp_path, y)
    same = np.kron(np.eye(K), np.ones((M, M)))
    cov = 0.3**2 * np.ones((K * M, K * M)) + 0.2**2 * same + 0.3**2 * np.eye(K * M)
    expected = -2 * multivariate_normal(np.full(K * M, np.log(100.0)), cov).logpdf(y.reshape(N, -1)).sum()
    for method in ("focei", "laplace"):
        assert evaluate(problem, method).of_logarithms == pytest.approx(expected, abs=1e-4), method
    found = evaluate(problem, "is")
    assert abs(found.of_logarithms - expected) < 4 * found.se + 1e-6


@pytest.mark.parametrize("method", ["focei", "saem"])
def test_estimates_are_those_of_the_nested_design(tmp_path, method):
    y = nested()
    result = fit(problem_of(tmp_path, y), method)
    assert result.status == "converged"
    found = {e.name: e for e in result.estimates}
    assert set(found) == {"base", "omega base", "gamma base", "a seen"}
    for name, value in closed_form(y).items():
        assert found[name].value == pytest.approx(value, rel=1e-3 if method == "focei" else 0.01), name
        assert found[name].se > 0
    # three changes of each subject share one number
    assert result.free == 4
    if method == "focei":
        drawn = bootstrap(result, refits=3)
        assert drawn.names == ("base", "omega base", "gamma base", "a seen") and len(drawn.estimates) == 3


def test_occasions_begin_anew_at_their_infusion(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("ID,TIME,DV,AMT,EVID\nA,0,,10,1\nA,1,50,,0\nA,7,20000,,0\nA,100,,10,1\nA,101,60,,0\nA,107,9000,,0\n")
    data = read_data(str(path), Reading(unit="copies/ug", time_unit="d"))
    problem = new_problem(get_model("stein_2019"), data, ["c_max"], occasions={"c_max": 0.3, "f_b": 0.3}, estimate=["f_b"])
    design = design_of(problem)
    assert design.time.tolist() == [1, 7, 1, 7] and design.occasion.tolist() == [1, 1, 2, 2]
    assert np.isfinite(evaluate(problem, "is").minus2ll)


def test_what_is_refused(tmp_path):
    path = tmp_path / "once.csv"
    path.write_text("ID,TIME,DV\nA,1,50\nA,7,20000\n")
    data = read_data(str(path), Reading(unit="copies/ug", time_unit="d"))
    stein = get_model("stein_2019")
    with pytest.raises(InputError, match="needs a subject with two occasions; number them in a column OCC"):
        new_problem(stein, data, ["c_max"], occasions={"c_max": 0.3})
    with pytest.raises(InputError, match="needs a subject with two occasions"):
        new_problem(get_model("stein_2019_ode"), data, ["c_max"], occasions={"c_max": 0.3})
    with pytest.raises(InputError, match="`alpha`: it is not fitted"):
        new_problem(stein, data, ["c_max"], occasions={"alpha": 0.3})


def test_the_command_says_the_spread_between_occasions(tmp_path):
    y = nested()
    (tmp_path / "level.toml").write_text(LEVEL)
    model, table = str(tmp_path / "level.toml"), str(written(tmp_path, y))
    told = CliRunner().invoke(
        cli,
        ["fit", table, "--model", model, "--random", "base=0.3", "--occasions", "base", "--residual", "lognormal:0.3",
         "--unit", "copies/ug", "--time-unit", "d", "--method", "focei", "--json"],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    rows = {row["name"]: row for row in json.loads(told.stdout)["parameters"]}
    assert rows["gamma base"]["value"] == pytest.approx(closed_form(y)["gamma base"], rel=1e-3)


def test_the_command_refuses_a_spread_that_is_none(tmp_path):
    (tmp_path / "level.toml").write_text(LEVEL)
    model, table = str(tmp_path / "level.toml"), str(written(tmp_path, nested()))
    told = CliRunner().invoke(cli, ["fit", table, "--model", model, "--random", "base", "--occasions", "base=-1"])
    assert isinstance(told.exception, InputError)
    assert "--occasions base=-1: an initial gamma (SD) is above 0" in str(told.exception)
