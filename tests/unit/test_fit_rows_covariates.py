"""Covariates that change on the way, covariates that are missing, and occasions of models made of flows."""

import math

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import Effect, ResidualError, design_of, evaluate, fit, new_problem, point_of, without_zeros
from livingdrug.fit.point import centre, moments, predictions, prepare
from livingdrug.fit.text import read_effects
from livingdrug.models.text import from_toml
from tests.bolus import BOLUS
from tests.decline import DECLINE

CHANGES = """ID,TIME,DV,AMT,EVID,CRCL
A,0,,10,1,80
A,1,4,,0,80
A,3,2,,0,40
A,5,1,,0,
A,6,,,2,120
A,8,1,,0,120
B,0,,10,1,60
B,2,3,,0,60
"""


def read(tmp_path, text: str, **reading):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return read_data(path, Reading(**{"time_unit": "d", "unit": "ug/mL", "untreated": True} | reading))


def bolus(tmp_path, text: str, **more):
    data = read(tmp_path, text)
    arguments = {"random": {"k": 0.3}, "residuals": [ResidualError("level", "additive", a=1.0)]} | more
    return new_problem(from_toml(BOLUS, "bolus"), data, **arguments)


def test_a_covariate_that_changes_is_carried_forward(tmp_path):
    problem = bolus(tmp_path, CHANGES, effects=[Effect("k", "CRCL", "power", 0.75, reference=80.0)])
    prepared = prepare(problem)
    point = point_of(prepared.problem)
    phi = centre(prepared, point)
    rate = {c: 0.3 * (c / 80) ** 0.75 for c in (40, 60, 80, 120)}
    # A: 80 up to day 3, 40 up to day 6 (the empty cell on day 5 says nothing), 120 from then on
    early = 3 * rate[80]
    expected = [rate[80], early, early + 2 * rate[40], early + 3 * rate[40] + 2 * rate[120], 2 * rate[60]]
    np.testing.assert_allclose(predictions(prepared, phi), 5 * np.exp(-np.array(expected)), rtol=1e-5)
    found = moments(prepared, point, phi).slopes
    for j in range(phi.shape[1]):
        move = 1e-4 * np.eye(phi.shape[1])[j]
        by = (predictions(prepared, phi + move) - predictions(prepared, phi - move)) / 2e-4
        np.testing.assert_allclose(found[:, j], by, rtol=1e-3, atol=1e-6)
    notes = " ".join(prepared.design.notes)
    assert "`CRCL` changes within 1 subject(s): each value holds from its row to the next one (carried forward)" in notes
    assert "the coefficient of `CRCL on k` is the parameter `crcl_on_k`" in notes


def test_a_changing_covariate_keeps_its_clock_behind_a_steady_state(tmp_path):
    rows = CHANGES.replace(",CRCL", ",CRCL,SS,II").replace("A,0,,10,1,80", "A,0,,10,1,80,1,2")
    text = "\n".join(row + "," * (7 - row.count(",")) for row in rows.split("\n") if row)
    prepared = prepare(bolus(tmp_path, text, effects=[Effect("k", "CRCL", "power", 0.75, reference=80.0)]))
    found = predictions(prepared, centre(prepared, point_of(prepared.problem)))
    r80, r40, r120 = (0.3 * (c / 80) ** 0.75 for c in (80, 40, 120))
    gone = np.array([r80, 3 * r80, 3 * r80 + 2 * r40, 3 * r80 + 3 * r40 + 2 * r120])
    np.testing.assert_allclose(found[:4], 5 / (1 - math.exp(-2 * r80)) * np.exp(-gone), rtol=1e-5)
    with pytest.raises(InputError, match="subject `A` has a reset .EVID 3 or 4., and parameters that change with time"):
        bolus(tmp_path, CHANGES + "A,7,,10,4,120\n", effects=[Effect("k", "CRCL", "power", 0.75, reference=80.0)])


def test_a_covariate_of_the_model_itself_changes_too(tmp_path):
    made = BOLUS.replace('"k * inside"', '"k * crcl / crcl_ref * inside"').replace(
        "quantities = [", 'quantities = [\n  { name = "crcl", unit = "1", meaning = "clearance", covariate = true },\n'
        '  { name = "crcl_ref", unit = "1", meaning = "reference", bound = "positive" },')
    made = made.replace("k = 0.3", "k = 0.3, crcl = 80.0, crcl_ref = 80.0")
    problem = new_problem(from_toml(made, "bolus_own"), read(tmp_path, CHANGES), {"k": 0.3},
                          residuals=[ResidualError("level", "additive", a=1.0)])
    prepared = prepare(problem)
    found = predictions(prepared, centre(prepared, point_of(prepared.problem)))
    gone = 0.3 * np.array([1, 3, 3 + 2 / 2, 3 + 3 / 2 + 2 * 1.5, 2 * 0.75])
    np.testing.assert_allclose(found, 5 * np.exp(-gone), rtol=1e-5)
    assert not [note for note in prepared.design.notes if "stay at their reference" in note]


def test_an_effect_of_a_changing_covariate_is_found(tmp_path):
    random, lines = np.random.default_rng(2), ["ID,TIME,DV,AMT,EVID,CRCL"]
    for i in range(12):
        k, before = 0.3 * math.exp(0.1 * random.normal()), 60 + 5 * i
        lines += [f"{i},0,,10,1,{before}"]
        for t in (0.5, 1, 2, 3, 4, 5, 6, 8):
            crcl = before if t < 3 else before / 3
            gone = k * (min(t, 3) * (before / 80) ** 0.75 + max(t - 3, 0) * (before / 240) ** 0.75)
            lines.append(f"{i},{t},{5 * math.exp(-gone + 0.03 * random.normal()):.6f},,0,{crcl:.6f}")
    problem = bolus(tmp_path, "\n".join(lines), effects=[Effect("k", "CRCL", "power", 0.3, reference=80.0)],
                    residuals=[ResidualError("level", "lognormal", a=0.1)])
    result = fit(problem, "focei")
    rows = {row.name: row for row in result.estimates}
    assert abs(rows["crcl_on_k"].value - 0.75) < 3 * rows["crcl_on_k"].se < 0.2
    assert rows["k"].value == pytest.approx(0.3, rel=0.1)


def test_a_formula_of_time_takes_no_changing_covariate(tmp_path):
    data = read(tmp_path, "ID,TIME,DV,AGE\nA,0,9,40\nA,2,5,41\nB,1,4,50\n", unit="copies/ug")
    with pytest.raises(InputError, match="covariate `AGE` changes within subjects, and `decline` is a formula of time"):
        new_problem(from_toml(DECLINE, "decline"), data, {"top": 0.3}, effects=[Effect("top", "AGE", "power", reference=40)],
                    residuals=[ResidualError("level", "additive", a=1.0)])


AGES = "ID,TIME,DV,AGE,SEX\n" + "".join(
    f"{name},{t},{v},{age},{sex}\n" for name, age, sex, v in (
        ("A", 40, "F", 80), ("B", 50, "M", 90), ("C", "", "M", 70), ("D", 60, "", 100), ("E", 75, "M", 110))
    for t in (0, 2)
)


def aged(tmp_path, missing: str = "", text: str = "AGE on top", **more):
    data = read(tmp_path, AGES, unit="copies/ug")
    return new_problem(from_toml(DECLINE, "decline"), data, {"top": 0.3}, effects=read_effects([text], data),
                       residuals=[ResidualError("level", "lognormal", a=0.2)], missing=missing, **more)


def test_a_missing_covariate_is_refused_completed_or_leaves(tmp_path):
    with pytest.raises(InputError, match="subject `C`: covariate `AGE` is missing; .*--missing"):
        design_of(aged(tmp_path))
    with pytest.raises(InputError, match="subject `D`: covariate `SEX` is missing; .*--missing"):
        design_of(aged(tmp_path, text="SEX on top"))
    with pytest.raises(InputError, match="unknown rule for missing covariates `mode`"):
        aged(tmp_path, "mode")
    full = design_of(aged(tmp_path, "median"))
    np.testing.assert_allclose(full.x[:, 0], np.log(np.array([40, 50, 55, 60, 75]) / 55))
    assert any("`AGE` is missing in C: taken as the median, 55.0" in note for note in full.notes)
    sexes = design_of(aged(tmp_path, "median", "SEX on top"))
    np.testing.assert_array_equal(sexes.x[:, 0], [1, 0, 0, 0, 0])
    assert any("`SEX` is missing in D: taken as the most frequent level, M" in note for note in sexes.notes)
    less = design_of(aged(tmp_path, "leave-out"))
    assert less.subjects == ("A", "B", "D", "E")
    assert any("1 subject(s) are left out, as a covariate is missing: C (AGE)" in note for note in less.notes)


def test_an_estimated_covariate_widens_the_density_of_its_subject(tmp_path):
    """With a linear effect on ln top, a missing x ~ N(m, s) makes ln top normal with the variance omega^2 + beta^2 s^2."""
    problem = aged(tmp_path, "estimate", "AGE on top exponential from 0.02")
    found = evaluate(problem, "laplace").by_subject
    ages = np.array([40.0, 50, 60, 75])
    mean, sd = (ages - 55).mean(), ages.std(ddof=1)
    y = np.log([70.0, 70.0])
    middle = math.log(100) - 0.2 * np.array([0, 2]) + 0.02 * mean
    cov = (0.3**2 + (0.02 * sd) ** 2) * np.ones((2, 2)) + 0.2**2 * np.eye(2)
    from scipy.stats import multivariate_normal

    expected = -2 * (multivariate_normal(middle, cov).logpdf(y) - y.sum())
    assert found[2] == pytest.approx(expected, rel=1e-6)
    known = -2 * (multivariate_normal(math.log(100) - 0.2 * np.array([0, 2]) + 0.02 * (40 - 55),
                                      0.3**2 * np.ones((2, 2)) + 0.2**2 * np.eye(2)).logpdf(np.log([80.0, 80.0]))
                  - 2 * math.log(80))
    assert found[0] == pytest.approx(known, rel=1e-6)
    notes = " ".join(design_of(problem).notes)
    assert "`AGE` is missing in C: estimated, with the mean and SD of the 4 others" in notes
    with pytest.raises(InputError, match="a missing category is not estimated"):
        aged(tmp_path, "estimate", "SEX on top")


def test_a_number_with_one_word_among_it_is_no_category(tmp_path):
    data = read(tmp_path, AGES.replace("A,0,80,40", "A,0,80,<60").replace("A,2,80,40", "A,2,80,<60"), unit="copies/ug")
    with pytest.raises(InputError, match="subject `A`: covariate `AGE` is `<60`, which is no number, and most others are"):
        read_effects(["AGE on top"], data)


def test_samples_up_to_the_dose_are_left_out_when_asked(tmp_path):
    text = "ID,TIME,DV,AMT,EVID\nA,1,2,,0\nA,1,,10,1\nA,2,4,,0\nB,0,,10,1\nB,1,4,,0\n"
    second = '}, { name = "gut", unit = "ug", meaning = "second", roles = ["drug"] }]'
    made = BOLUS.replace('"inside / v"', '"gut / v"').replace("}]\nflows", second + "\nflows")
    made = made.replace('out_of = "inside" }', 'out_of = "inside", into = "gut" }')
    data = read(tmp_path, text)
    error = ResidualError("level", "lognormal", a=0.3)
    problem = new_problem(from_toml(made, "chain"), data, {"k": 0.3}, residuals=[error])
    with pytest.raises(InputError, match="the prediction is 0, .*--ignore-before-dose"):
        evaluate(problem, "laplace")
    problem, notes = without_zeros(problem)
    assert notes[0].startswith("1 sample(s) up to the first dose, where the prediction is 0 by definition, are left out in 1")
    assert np.isfinite(evaluate(problem, "laplace").minus2ll) and len(design_of(problem).y) == 2


def test_occasions_of_a_model_made_of_flows_change_a_parameter_while_its_state_carries_on(tmp_path):
    text = "ID,TIME,DV,AMT,EVID,OCC\nA,0,,10,1,1\nA,2,3,,0,1\nA,4,,20,1,2\nA,7,5,,0,2\nB,0,,10,1,1\nB,3,2,,0,1\n"
    problem = bolus(tmp_path, text, occasions={"k": 0.2})
    prepared = prepare(problem)
    phi = centre(prepared, point_of(prepared.problem))
    names = [p.name for p in prepared.problem.parameters]
    phi[0, names.index("k_occasion_1")], phi[0, names.index("k_occasion_2")] = 0.3, -0.4
    one, two = 0.3 * math.exp(0.3), 0.3 * math.exp(-0.4)
    carried = 5 * math.exp(-4 * one) + 10
    expected = [5 * math.exp(-2 * one), carried * math.exp(-3 * two), 5 * math.exp(-0.9)]
    np.testing.assert_allclose(predictions(prepared, phi), expected, rtol=1e-5)
    assert [row.variability_name for row in prepared.problem.random] == ["omega k", "gamma k", "gamma k"]
