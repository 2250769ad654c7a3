"""Equations with min, max and abs of states: solved to the tolerance, whatever it is, against closed forms."""

import math

import numpy as np
import pytest

from livingdrug.engine import Events, EventTable, Measures, population, sensitivity_kernel, solve_population, system_kernel
from livingdrug.engine.solvers.solve_slopes import solve_sensitivities
from livingdrug.models import Flow, Quantity, State, Structure
from livingdrug.models.compose import assemble

EXPLICIT, IMPLICIT = 1e9, 0.0
START, UNTIL = 0.3, 9.0
# the rate of x, beside a state s that counts the time, and its closed form with quantities r and c


def growth_to_a_line(r, c, t):
    turn = math.log(c / START) / r
    return np.where(t < turn, START * np.exp(r * t), c * (1 + r * (t - turn)))


def a_line_to_a_limit(r, c, t):
    """x' = r (50 - max(x, c)): a line while x < c, then towards 50."""
    turn = (c - START) / (r * (50 - c))
    late = 50 - (50 - c) * np.exp(-r * np.maximum(t - turn, 0))
    return np.where(t < turn, START + r * (50 - c) * t, late)


def distance(r, c, t):
    return START + r * np.where(t < c, c * t - t**2 / 2, c**2 / 2 + (t - c) ** 2 / 2)


def hinge(r, c, t):
    return START + r * np.maximum(t - c, 0) ** 2 / 2


def ramp(r, c, t):
    """From 0 at c / 2 to c / 2 at c, and constant then."""
    mid = np.clip(t - c / 2, 0, c / 2)
    return START + r * (mid**2 / 2 + c / 2 * np.maximum(t - c, 0))


def logistic_to_a_line(r, c, t):
    """x' = r x max(0.2, 1 - x / c): the logistic curve, and exponential growth above 0.8 c."""
    ratio = (c - START) / START
    turn = math.log(ratio * 4) / r
    return np.where(t < turn, c / (1 + ratio * np.exp(-r * t)), 0.8 * c * np.exp(0.2 * r * (t - turn)))


CASES = {
    "r * min(x, c)": growth_to_a_line,
    "r * (50 - max(x, c))": a_line_to_a_limit,
    "r * abs(s - c)": distance,
    "r * max(0, s - c)": hinge,
    "r * min(max(s - c / 2, 0), c / 2)": ramp,
    "r * x * max(0.2, 1 - x / c)": logistic_to_a_line,
}


def system(rate: str, log: bool = False):
    timed = "s -" in rate
    states = [State("x", "1", "x", initial=str(START), log=log), State("s", "d", "time")]
    flows = [Flow("change", rate, "growth", into="x"), Flow("time", "1", "growth", into="s")]
    quantities = (Quantity("r", "1/d/d" if timed else "1/d", "rate"), Quantity("c", "d" if timed else "1", "corner"))
    return assemble("kinks", Structure(states=tuple(states), flows=tuple(flows), quantities=quantities, time_unit="d"), [])


def solved(rate: str, table, rtol: float, **how):
    code = system_kernel(system(rate, **how), ("x",))
    times = np.linspace(0, UNTIL, 37)
    events = EventTable.shared(len(table), Events.of([]))
    return times, solve_population(code, table, events, UNTIL, times, [0], Measures(), rtol, threads=1)


def table_of(count: int) -> np.ndarray:
    draw = np.random.default_rng(5)
    return np.column_stack([draw.uniform(0.3, 0.9, count), draw.uniform(1.5, 6.0, count)])


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("rate", CASES)
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_corners_are_met_to_the_tolerance(rate, rtol, budget, monkeypatch):
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    table = table_of(200)
    times, found = solved(rate, table, rtol)
    exact = np.array([CASES[rate](r, c, times) for r, c in table])
    error = np.abs(found.values[:, 0].reshape(exact.shape) / exact - 1)
    assert (found.status == 0).all() and error.max() < 5 * rtol and np.median(error.max(axis=1)) < rtol


def test_the_logarithm_of_a_state_meets_its_corner_too():
    table = table_of(50)
    times, found = solved("r * x * max(0.2, 1 - x / c)", table, 1e-6, log=True)
    exact = np.array([logistic_to_a_line(r, c, times) for r, c in table])
    np.testing.assert_allclose(found.values[:, 0].reshape(exact.shape), exact, rtol=5e-6)


@pytest.mark.parametrize("rate", ["r * min(x, c)", "r * abs(s - c)"])
def test_areas_and_slopes_hold_beyond_a_corner(rate):
    table, fine = table_of(20), np.linspace(0, UNTIL, 20_001)
    _, found = solved(rate, table, 1e-6)
    area = [np.trapezoid(CASES[rate](r, c, fine), fine) for r, c in table]
    np.testing.assert_allclose(found.area[:, 0], area, rtol=5e-6)
    code = sensitivity_kernel(system(rate), ("x",), ("r", "c"))
    events = EventTable.shared(len(table), Events.of([]))
    slopes = solve_sensitivities(code, table, events, UNTIL, np.array([UNTIL]), [0], rtol=1e-8, threads=1).slopes[:, 0]
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-6
        numeric = [(CASES[rate](*(p + step), UNTIL) - CASES[rate](*(p - step), UNTIL)) / 2e-6 for p in table]
        np.testing.assert_allclose(slopes[:, k], numeric, rtol=1e-5, atol=1e-7)


def test_a_model_without_corners_pays_nothing():
    """Its code holds none: what is said of the branches takes no row and no line."""
    for rate in ("r * x", "min(r, 2 * r) * x"):
        assert system_kernel(system(rate), ("x",)).layout.kinks == 0
    assert system_kernel(system("r * min(x, c)"), ("x",)).layout.kinks == 1
