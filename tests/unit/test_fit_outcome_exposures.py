"""Exposures that drive outcomes: of formulas and of solved equations, against closed forms; outcomes in rows of the file."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, join, read_data, read_endpoints
from livingdrug.fit import ResidualError, fit, joint_problem, outcome_check
from livingdrug.fit.exposure_grid import even_grid
from livingdrug.fit.outcome_likelihood import log_likelihood_of
from livingdrug.fit.point import centre, everything, log_likelihood, moments, point_of, prepare, problem_at
from livingdrug.models.text import from_toml

QUANTITIES = """
quantities = [
  { name = "top", unit = "copies/ug", meaning = "level of the parent at 0", bound = "positive" },
  { name = "fast", unit = "1/d", meaning = "rate of the parent", bound = "positive" },
  { name = "slow", unit = "1/d", meaning = "rate of the daughter", bound = "positive" },
]
"""
VALUES = """
[[values]]
name = "made"
source = { key = "synthetic", citation = "made up" }
values = { top = 1000.0, fast = 0.6, slow = 0.1 }
"""
FORMULA = f"""
name = "daughter_formula"
title = "Parent and daughter as a formula"
[closed_form]
time_unit = "d"
{QUANTITIES}
[[closed_form.outputs]]
name = "daughter"
unit = "copies/ug"
meaning = "level of the daughter"
measured = true
pieces = [{{ expression = "top * fast / (fast - slow) * (exp(-slow * time) - exp(-fast * time))" }}]
{VALUES}"""
FLOWS = f"""
name = "daughter_flows"
title = "Parent and daughter as flows"
[structure]
time_unit = "d"
places = [{{ name = "blood" }}]
states = [
  {{ name = "parent", unit = "copies/ug", meaning = "parent", roles = ["car_t"], at = "blood", initial = "top" }},
  {{ name = "child", unit = "copies/ug", meaning = "daughter", roles = ["car_t"], at = "blood" }},
]
flows = [
  {{ name = "change", rate = "fast * parent", kind = "differentiation", out_of = "parent", into = "child" }},
  {{ name = "loss", rate = "slow * child", kind = "death", out_of = "child" }},
]
outputs = [{{ name = "daughter", expression = "child", unit = "copies/ug", meaning = "daughter", measured = true }}]
{QUANTITIES}
{VALUES}"""
DAYS = (1.0, 3.0, 7.0, 14.0, 30.0)
EVERY = ["TOX=binary:log(CMAX/1000)", "INFECTIONS=count:AUC28/1000", "PFS=event:log(daughter/100)"]


def daughter(t, top=1000.0, fast=0.6, slow=0.1):
    return top * fast / (fast - slow) * (np.exp(-slow * t) - np.exp(-fast * t))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six subjects, made up, with outcomes in a table of their own."""
    path, rng = tmp_path_factory.mktemp("daughter"), np.random.default_rng(4)
    rows = [f"P{i},{t:g},{daughter(t) * np.exp(0.2 * rng.normal()):.6g}" for i in range(6) for t in DAYS]
    (path / "kinetics.csv").write_text("ID,TIME (d),DV (copies/ug)\n" + "\n".join(rows) + "\n")
    ends = ["P0,1,2,10.5,1", "P1,0,0,40,0", "P2,1,3,3.25,1", "P3,0,1,61.3,1", "P4,1,0,28,0", "P5,0,1,100,0"]
    (path / "endpoints.csv").write_text("ID,TOX,INFECTIONS,PFS (d),PFS_event\n" + "\n".join(ends) + "\n")
    return path


def problem_of(folder, text, outcomes):
    data, ends = read_data(folder / "kinetics.csv", Reading()), read_endpoints(folder / "endpoints.csv")
    units = {c.name if c.meaning == "covariate" else c.meaning: c.unit for c in ends.columns}
    how = {"random": {"top": 0.5, "fast": 0.3}, "residuals": (ResidualError("daughter", "lognormal", 0.2),)}
    return joint_problem(from_toml(text, "made"), join(data, ends), outcomes, units, **how)


@pytest.mark.parametrize(("text", "near"), [(FORMULA, 1e-6), (FLOWS, 1e-4)])
def test_exposures_and_their_slopes_are_those_of_the_equations(folder, text, near):
    """near: of a peak, which a grid of equations that are solved meets by a parabola."""
    problem = problem_of(folder, text, EVERY)
    prepared = prepare(problem, 2)
    phi = centre(prepared, point_of(problem)) + 0.4 * np.random.default_rng(2).normal(size=(prepared.n, 2))
    found = everything(prepared, phi)[len(prepared.records[0]) :]
    tox, infections, pfs = prepared.exposures.layout[0]
    point = point_of(problem)._replace(theta=np.array([0.1, 0.2, -0.4, 0.3, -4.0, 0.7]))
    pfs_alone = point.theta * np.array([0, 0, 0, 0, 1, 1])
    for row, (log_top, log_fast) in enumerate(phi):
        top, fast, slow = np.exp(log_top), np.exp(log_fast), 0.1
        peak = np.log(fast / slow) / (fast - slow)
        assert found[tox.x[row, 0]] == pytest.approx(np.log(daughter(peak, top, fast) / 1000), abs=near)
        whole, _ = integrate.quad(daughter, 0, 28, (top, fast), epsabs=0, epsrel=1e-11)
        assert found[infections.x[row, 0]] == pytest.approx(whole / 1000, rel=2e-6)
        x = found[pfs.here[row]]
        assert x == pytest.approx(np.log(daughter(problem.outcomes[2].time[row % 6], top, fast) / 100), abs=1e-6)
    assert np.isfinite(log_likelihood_of(prepared.exposures, pfs_alone, found)).all()
    h, at = 1e-4, moments(prepared, point, phi)
    for k in range(2):
        up, down = (log_likelihood(prepared, point, everything(prepared, phi + s * h * np.eye(2)[k])) for s in (1, -1))
        assert at.gradient[:, k] == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(("text", "rel"), [(FORMULA, 1e-6), (FLOWS, 3e-5)])
def test_the_cumulative_hazard_of_a_level_is_its_integral(folder, text, rel):
    """Of a formula by nodes that move with it, of solved equations on a grid."""
    problem = problem_of(folder, text, ["PFS=event:log(daughter/100)"])
    prepared, theta = prepare(problem), np.array([-4.0, 1.0])
    found = everything(prepared, centre(prepared, point_of(problem)))[len(prepared.records[0]) :]
    total = log_likelihood_of(prepared.exposures, theta, found)
    for i, (time, event) in enumerate(zip(problem.outcomes[0].time, problem.outcomes[0].values, strict=True)):
        whole, _ = integrate.quad(lambda t: np.exp(-4.0) * daughter(t) / 100, 0, time, epsabs=0, epsrel=1e-11)
        assert total[i] == pytest.approx(-whole + event * (-4.0 + np.log(daughter(time) / 100)), rel=rel)


def test_an_even_grid_integrates_polynomials_exactly():
    for begin, end in ((0.0, 28.0), (0.0, 3.7), (5.0, 91.3), (30.0, 31.0)):
        times, weights = even_grid(begin, end)
        assert (np.diff(times) > 0).all()
        assert (times[0], times[-1]) == (begin, end)
        for power in range(6):  # Boole's rule is exact up to the fifth
            expected = (end ** (power + 1) - begin ** (power + 1)) / (power + 1)
            assert weights @ times**power == pytest.approx(expected, rel=1e-12)


# ---------------------------------------------------------------------------------------------------- rows of the file


def rows_problem(tmp_path, extra, outcomes, text=FORMULA):
    rows = [f"P{i},{t:g},{daughter(t):.6g},LEVEL" for i in range(3) for t in DAYS]
    table = tmp_path / "rows.csv"
    table.write_text("ID,TIME (d),DV,DVID\n" + "\n".join(sorted([*rows, *extra])) + "\n")
    data = read_data(table, Reading(units={"LEVEL": "copies/ug"}))
    how = {"random": {"top": 0.5}, "residuals": (ResidualError("daughter", "lognormal", 0.2),)}
    return joint_problem(from_toml(text, "made"), data, outcomes, outputs={"LEVEL": "daughter"}, **how)


def test_outcomes_may_be_rows_of_the_file(tmp_path):
    extra = ["P0,5,1,TOX", "P1,5,0,TOX", "P2,5,1,TOX",  # one value each
             "P0,20,0,PFS", "P0,25,1,PFS",  # between two visits
             "P1,12,1,PFS",  # seen at its time
             "P2,10,0,PFS", "P2,40,0,PFS"]  # last seen without  # fmt: skip
    problem = rows_problem(tmp_path, extra, ["TOX=binary:log(CMAX)", "PFS=event:log(CMAX)"])
    tox, pfs = problem.outcomes
    assert tox.values == (1.0, 0.0, 1.0)
    assert (pfs.values, pfs.time, pfs.since) == ((1.0, 1.0, 0.0), (25.0, 12.0, 40.0), (20.0, 12.0, 40.0))
    assert prepare(problem).design.y.size == 3 * len(DAYS)  # no outcome is a sample
    assert any("1 event(s) are known to lie between two visits" in note for note in prepare(problem).design.notes)
    # exp(-H(20)) - exp(-H(25)) for the first, its density for the second, exp(-H(40)) for the third
    prepared, rate = prepare(problem), np.exp(-3.0)
    found = everything(prepared, centre(prepared, point_of(problem)))[len(prepared.records[0]) :]
    total = log_likelihood_of(prepared.exposures, np.array([0.0, 0.0, -3.0, 0.0]), found) + np.log(2)
    expected = [np.log(np.exp(-20 * rate) - np.exp(-25 * rate)), -3.0 - 12 * rate, -40 * rate]
    assert total == pytest.approx(expected, rel=1e-12)


BAD_ROWS = [
    (["P0,5,2,TOX", "P1,5,0,TOX"], "TOX=binary:log(CMAX)", "P0 has a value other than 0 and 1"),
    (["P0,5,1,TOX", "P0,6,0,TOX", "P1,5,0,TOX"], "TOX=binary:log(CMAX)", "`P0` has 2 rows"),
    (["P0,5,6,CRS", "P1,5,0,CRS"], "CRS=ordered:log(CMAX)", "P0 has a grade that is none from 0 to 5"),
    (["P0,5,1,PFS", "P0,9,0,PFS"], "PFS=event:log(CMAX)", "a row after its event"),
    (["P0,-2,1,PFS", "P1,9,0,PFS"], "PFS=event:log(CMAX)", "P0 has a time that is not after the infusion"),
    (["P9,5,1,TOX", "P0,5,0,TOX"], "TOX=binary:log(CMAX)", "no sample in the fit: P9"),
]


@pytest.mark.parametrize(("extra", "outcome", "says"), BAD_ROWS)
def test_rows_that_no_outcome_can_have_are_refused(tmp_path, extra, outcome, says):
    with pytest.raises(InputError, match=says):
        prepare(rows_problem(tmp_path, extra, [outcome]))


def test_an_exposure_that_reaches_beyond_events_is_warned_of(folder):
    for driver, early in (("log(AUC28)", True), ("log(CMAX3)", False), ("log(daughter)", False), ("log(top)", False)):
        problem = problem_of(folder, FORMULA, [f"PFS=event:{driver}"])
        said = [note for note in problem.outcomes[0].notes if "2 event(s) came earlier" in note]
        assert bool(said) == early


# ---------------------------------------------------------------------------------------------- observed and expected


def test_expected_outcomes_are_those_of_their_equations(folder):
    """With no slope every tercile expects the same: a probability, a mean, and a hazard times the time at risk."""
    result = fit(problem_of(folder, FORMULA, [*EVERY[:2], "PFS=event:log(CMAX/1000)"]), "individual")
    theta = np.array([0.4, 0.0, 0.2, 0.0, -3.0, 0.0])
    problem = problem_at(result.problem, point_of(result.problem)._replace(theta=theta))
    found = outcome_check(replace(result, problem=problem)).terciles
    expected = {"TOX": 1 / (1 + np.exp(-0.4)), "INFECTIONS": np.exp(0.2)}
    for name, value in expected.items():
        assert [t.expected for t in found if t.outcome == name] == pytest.approx([value] * 3)
    events = [t for t in found if t.outcome == "PFS"]
    assert sum(t.expected for t in events) == pytest.approx(np.exp(-3.0) * sum(problem.outcomes[2].time))
    assert sum(t.observed for t in events) == sum(problem.outcomes[2].values)
    assert [t.n for t in events] == [2, 2, 2]
    assert all(a.end <= b.start for a, b in zip(events[:-1], events[1:], strict=True))
