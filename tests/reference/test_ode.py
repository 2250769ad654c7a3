"""Standard problems of the numerical literature, through the compiled solvers alone (DETEST, IVP test set)."""

import numpy as np
import pytest

from livingdrug.engine import Events, EventTable, population, solve_population, system_kernel
from livingdrug.models import Flow, Quantity, State, Structure
from livingdrug.models.compose import assemble
from tests.reference.test_cases import answers

# state -> (initial value, rate)
PROBLEMS = {
    "A1": {"y": ("1", "-y")},
    "A2": {"y": ("1", "-(y ** 3) / 2")},
    "A4": {"y": ("1", "y / 4 * (1 - y / 20)")},
    "D1": {
        "y1": ("0.9", "y3"),
        "y2": ("0", "y4"),
        "y3": ("0", "-y1 / (y1 ** 2 + y2 ** 2) ** 1.5"),
        "y4": ("sqrt(1.1 / 0.9)", "-y2 / (y1 ** 2 + y2 ** 2) ** 1.5"),
    },
    "rober": {
        "y1": ("1", "-0.04 * y1 + 1e4 * y2 * y3"),
        "y2": ("0", "0.04 * y1 - 1e4 * y2 * y3 - 3e7 * y2 ** 2"),
        "y3": ("0", "3e7 * y2 ** 2"),
    },
    "vdpol": {"y1": ("2", "y2"), "y2": ("0", "1000 * (1 - y1 ** 2) * y2 - y1")},
}
END = {"rober": 1e11, "vdpol": 2000.0}


def compiled(name: str):
    states = tuple(State(s, "1", "a number", initial=start) for s, (start, _) in PROBLEMS[name].items())
    flows = tuple(Flow(f"rate_of_{s}", f"({rate}) / d1", "production", into=s) for s, (_, rate) in PROBLEMS[name].items())
    # rates carry a unit per time, which a pure number has not
    quantity = Quantity("d1", "d", "one day", bound="positive")
    system = assemble(name, Structure(states=states, flows=flows, quantities=(quantity,), time_unit="d"), [])
    return system_kernel(system, tuple(PROBLEMS[name]))


def end_values(name: str, rtol: float, budget: float, monkeypatch) -> np.ndarray:
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    code, end = compiled(name), END.get(name, 20.0)
    found = solve_population(
        code, np.ones((1, 1)), EventTable.shared(1, Events.of([])), end, np.array([end]), range(len(code.observed)),
        None, rtol,
    )  # fmt: skip
    assert found.status[0] == 0
    return found.values[0]


EXPLICIT, IMPLICIT = 1e9, 0.0


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("name", ["A1", "A2", "A4", "D1"])
def test_detest(name, budget, monkeypatch):
    expected = np.array(answers("ode_detest_exact")[name])
    np.testing.assert_allclose(end_values(name, 1e-8, budget, monkeypatch), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["rober", "vdpol"])
def test_stiff(name, monkeypatch):
    expected = np.array(answers("ode_ivp_testset")[name])
    np.testing.assert_allclose(end_values(name, 1e-8, IMPLICIT, monkeypatch), expected, rtol=1e-6)
    np.testing.assert_allclose(end_values(name, population.RTOL, IMPLICIT, monkeypatch), expected, rtol=1e-3)
    # left to itself a subject finds the method by its own steps
    np.testing.assert_allclose(end_values(name, population.RTOL, 600.0, monkeypatch), expected, rtol=1e-3)


@pytest.mark.parametrize(("budget", "order"), [(EXPLICIT, 5), (IMPLICIT, 5)], ids=["explicit", "implicit"])
def test_error_follows_the_tolerance(budget, order, monkeypatch):
    """Ten times the tolerance, at most some fifteen times the error: the tolerance means what it says."""
    expected = np.array(answers("ode_detest_exact")["D1"])
    errors = [np.abs(end_values("D1", rtol, budget, monkeypatch) - expected).max() for rtol in (1e-5, 1e-7, 1e-9)]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
