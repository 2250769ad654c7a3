"""Exposure-response against R's answers, in Python and through the command line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.response import Sample, exposure_at, fit_binary

FOLDER = Path(__file__).parents[3] / "shared" / "reference"


def answers(case: str) -> dict:
    path = FOLDER / case / "answers.json"
    if not path.exists():
        pytest.skip(f"the reference folder {case} is not on this machine")
    return json.loads(path.read_text())["answers"]


def column(case: str, file: str, name: str) -> np.ndarray:
    with (FOLDER / case / file).open() as text:
        return np.array([float(row[name]) for row in csv.DictReader(text)])


def menarche() -> Sample:
    age, events, total = (column("er_logistic_menarche", "menarche.csv", n) for n in ("Age", "Menarche", "Total"))
    return Sample(age, events, "Age", "Menarche", trials=total)


def test_menarche_in_python():
    expected = answers("er_logistic_menarche")
    fit = fit_binary(menarche(), "logistic", "linear")
    for term, value, error in zip(fit.terms, fit.estimates, fit.errors, strict=True):
        assert value == pytest.approx(expected["coef"][term]["Estimate"], rel=1e-5)
        assert error == pytest.approx(expected["coef"][term]["Std..Error"], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(expected["logLik"], rel=1e-6)
    assert fit.deviance == pytest.approx(expected["deviance"], rel=1e-6)
    np.testing.assert_allclose(fit.intervals, expected["profile_ci95"], rtol=1e-3)
    np.testing.assert_allclose(fit.covariance, expected["vcov"], rtol=1e-4)
    for p, dose, error in zip(*(expected["dose_p"][k] for k in ("p", "dose", "se")), strict=True):
        at = exposure_at(fit.curve, p)
        assert at.value == pytest.approx(dose, rel=1e-5)
        assert (at.high - at.low) / 2 / 1.959963984540054 == pytest.approx(error, rel=1e-4)


def test_menarche_through_the_command_line():
    expected = answers("er_logistic_menarche")
    file = FOLDER / "er_logistic_menarche" / "menarche.csv"
    command = ["response", str(file), "--exposure", "Age", "--endpoint", "Menarche", "--trials", "Total", "--scale", "linear"]
    printed = CliRunner().invoke(cli, [*command, "--json"], catch_exceptions=False)
    answer = json.loads(printed.stdout)
    assert [row["term"] for row in answer["coefficients"]] == ["(Intercept)", "Age"]
    for row in answer["coefficients"]:
        assert row["estimate"] == pytest.approx(expected["coef"][row["term"]]["Estimate"], rel=1e-5)
        assert row["se"] == pytest.approx(expected["coef"][row["term"]]["Std..Error"], rel=1e-4)
    assert answer["log_likelihood"] == pytest.approx(expected["logLik"], rel=1e-6)
    assert answer["caution"].startswith("an association is not an effect")
