"""Exposure-response against R's answers, in Python and through the command line."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from livingdrug.cli.main import cli
from livingdrug.response import Sample, exposure_at, fit_binary, fit_continuous, fit_least_squares

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


def table_of(case: str, file: str) -> list[dict]:
    with (FOLDER / case / file).open() as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize("state", ["treated", "untreated"])
def test_emax_of_puromycin(state):
    expected = answers("er_emax_puromycin")[state]
    rows = [r for r in table_of("er_emax_puromycin", "puromycin.csv") if r["state"] == state]
    fit = fit_continuous(Sample([float(r["conc"]) for r in rows], [float(r["rate"]) for r in rows], "conc", "rate"), "emax")
    for value, error, name in zip(fit.estimates, fit.errors, ("Vm", "K"), strict=True):
        assert value == pytest.approx(expected["coef"][name]["Estimate"], rel=1e-5)
        assert error == pytest.approx(expected["coef"][name]["Std..Error"], rel=1e-4)
    assert fit.rss == pytest.approx(expected["rss"], rel=1e-8) and fit.sigma == pytest.approx(expected["sigma"], rel=1e-8)
    if "profile_ci95" in expected:
        np.testing.assert_allclose(fit.intervals, expected["profile_ci95"], rtol=1e-3)
        assert fit.log_likelihood == pytest.approx(expected["logLik"], rel=1e-8)


def test_puromycin_through_the_command_line_with_a_fit_for_each_group():
    expected = answers("er_emax_puromycin")
    file = str(FOLDER / "er_emax_puromycin" / "puromycin.csv")
    command = ["response", file, "--exposure", "conc", "--endpoint", "rate", "--model", "emax", "--by", "state", "--json"]
    answer = json.loads(CliRunner().invoke(cli, command, catch_exceptions=False).stdout)
    for group in answer["groups"]:
        known = expected[group["group"]]["coef"]
        for row, name in zip(group["coefficients"], ("Vm", "K"), strict=True):
            assert row["estimate"] == pytest.approx(known[name]["Estimate"], rel=1e-5)
            assert row["se"] == pytest.approx(known[name]["Std..Error"], rel=1e-4)


@pytest.mark.parametrize(("model", "key", "names"), [
    ("4pl", "four_pl", ("A", "B", "xmid", "scal")), ("hill", "three_pl", ("Asym", "xmid", "scal")),
])  # fmt: skip
def test_logistic_curves_of_dnase(model, key, names):
    expected = answers("er_4pl_dnase1")[key]
    rows = table_of("er_4pl_dnase1", "dnase_run1.csv")
    sample = Sample([float(r["conc"]) for r in rows], [float(r["density"]) for r in rows], "conc", "density")
    fit = fit_continuous(sample, model)
    for value, error, name in zip(fit.estimates, fit.errors, names, strict=True):
        assert value == pytest.approx(expected["coef"][name]["Estimate"], rel=1e-4)
        assert error == pytest.approx(expected["coef"][name]["Std..Error"], rel=1e-3)
    assert fit.rss == pytest.approx(expected["rss"], rel=1e-6)
    if "profile_ci95" in expected:
        np.testing.assert_allclose(fit.intervals, expected["profile_ci95"], rtol=1e-3)


EXP = np.exp
NIST = {
    "Chwirut2": lambda b, x: EXP(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "Lanczos3": lambda b, x: b[0] * EXP(-b[1] * x) + b[2] * EXP(-b[3] * x) + b[4] * EXP(-b[5] * x),
    "MGH17": lambda b, x: b[0] + b[1] * EXP(-x * b[3]) + b[2] * EXP(-x * b[4]),
    "Misra1a": lambda b, x: b[0] * (1 - EXP(-b[1] * x)),
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Rat42": lambda b, x: b[0] / (1 + EXP(b[1] - b[2] * x)),
    "Thurber": lambda b, x: (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3),
}


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", NIST)
def test_certified_values_of_nist(name, start):
    """Ten digits are reached from both starts; six are asked."""
    known = answers("nls_nist_strd_visible")[name]
    lines = (FOLDER / "nls_nist_strd_visible" / f"{name}.dat").read_text().splitlines()
    first, last = (int(n) for n in re.search(r"Data\s+\(lines (\d+) to (\d+)\)", "\n".join(lines[:12])).groups())
    y, x = np.array([[float(v) for v in line.split()] for line in lines[first - 1 : last]]).T
    parameters = known["parameters"].values()
    fit = fit_least_squares(lambda b: NIST[name](b, x), y, [p[start] for p in parameters])
    np.testing.assert_allclose(fit.estimates, [p["certified"] for p in parameters], rtol=1e-9)
    np.testing.assert_allclose(fit.errors, [p["sd"] for p in parameters], rtol=1e-8)
    assert fit.rss == pytest.approx(known["rss"], rel=1e-8)
    assert fit.sigma == pytest.approx(known["resid_sd"], rel=1e-8)
