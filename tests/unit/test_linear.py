"""Linear flows by exponentials of the matrix: against the solver that knows nothing of it, and against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.linear_models import parent_metabolite, problem_of, turnover, two_compartments
from livingdrug.engine import (
    ADD,
    RATE,
    SET,
    Events,
    EventTable,
    linear_kernel,
    new_task,
    sensitivity_kernel,
    solve_linear,
    ticks_of,
)
from livingdrug.engine.solvers.linear import TOO_FAST
from livingdrug.engine.solvers.solve_slopes import solve_sensitivities
from livingdrug.fit import ResidualError, new_problem, point_of
from livingdrug.fit.point import centre, individual, prepare
from livingdrug.fit.predict import LinearPredictor, general_predictor
from livingdrug.models import get_model, list_models
from livingdrug.models.text import from_toml

HEAD = 'name = "made"\ntitle = "Made up"\n'
SOURCE = 'source = { key = "synthetic", citation = "made up" }'


def chain(links: int, roles: str = '["drug"]', gain: str = "1"):
    """Amounts that pass from one compartment to the next, with one rate, and are lost at the end with another."""
    states = [f'{{ name = "c{i}", unit = "ug", meaning = "m", roles = {roles} }}' for i in range(links)]
    flows = [
        f'{{ name = "f{i}", rate = "k * c{i}", kind = "exchange", out_of = "c{i}", into = "c{i + 1}", gain = "{gain}" }}'
        for i in range(links - 1)
    ]
    flows.append(f'{{ name = "out", rate = "e * c{links - 1}", kind = "clearance", out_of = "c{links - 1}" }}')
    text = f"""{HEAD}[structure]
time_unit = "h"
dose_into = "c0"
states = [{", ".join(states)}]
flows = [{", ".join(flows)}]
outputs = [{{ name = "level", expression = "c{links - 1}", unit = "ug", meaning = "m", measured = true }}]
quantities = [
  {{ name = "k", unit = "1/h", meaning = "m", bound = "positive" }},
  {{ name = "e", unit = "1/h", meaning = "m", bound = "positive" }},
]
[[values]]
name = "v"
{SOURCE}
values = {{ k = 0.7, e = 0.7 }}
"""
    return from_toml(text, "chain")


def growth():
    """Cells that divide, turn into others, and come from a constant source."""
    text = f"""{HEAD}[structure]
time_unit = "d"
dose_into = "one"
states = [
  {{ name = "one", unit = "cells", meaning = "m", roles = ["car_t"], initial = "first" }},
  {{ name = "two", unit = "cells", meaning = "m", roles = ["car_t"] }},
]
flows = [
  {{ name = "dividing", rate = "grow * one", kind = "expansion", into = "one" }},
  {{ name = "coming", rate = "source", kind = "production", into = "one" }},
  {{ name = "turning", rate = "turn * one", kind = "differentiation", out_of = "one", into = "two", gain = "many" }},
  {{ name = "dying", rate = "2 * turn * two", kind = "death", out_of = "two" }},
]
outputs = [
  {{ name = "level", expression = "hill(one + 2 * two, 1.5, half)", unit = "1", meaning = "m", measured = true }},
  {{ name = "grown", expression = "one + two", unit = "cells", meaning = "m" }},
]
quantities = [
  {{ name = "grow", unit = "1/d", meaning = "m" }}, {{ name = "turn", unit = "1/d", meaning = "m" }},
  {{ name = "source", unit = "cells/d", meaning = "m" }}, {{ name = "many", unit = "1", meaning = "m" }},
  {{ name = "first", unit = "cells", meaning = "m" }}, {{ name = "half", unit = "cells", meaning = "m" }},
]
[[values]]
name = "v"
{SOURCE}
values = {{ grow = 0.4, turn = 0.3, source = 2e5, many = 64.0, first = 5e4, half = 1e8 }}
"""
    return from_toml(text, "growth")


DOSES = {
    "bolus": [(0.0, ADD, 100.0)],
    "repeated": [(0.0, ADD, 100.0), (5.0, ADD, 50.0), (5.0, ADD, 50.0), (10.3, ADD, 100.0)],
    "infusion": [(0.0, RATE, 20.0), (3.3, RATE, -20.0), (6.0, ADD, 10.0), (8.0, RATE, 7.0)],
    "set": [(0.0, ADD, 100.0), (4.0, SET, 3.0)],
}
MODELS = {
    "two compartments": (two_compartments, {}),
    "turnover": (turnover, {}),
    "parent and metabolite": (parent_metabolite, {}),
    "equal rates": (parent_metabolite, {"k_a": 0.25, "k_m": 0.25}),
    "nearly equal rates": (parent_metabolite, {"k_a": 0.25 * (1 + 1e-9), "k_m": 0.25 * (1 - 1e-7)}),
    "fast and slow rates": (parent_metabolite, {"k_a": 300.0, "k_m": 1e-4}),
    "chain of equal rates": (lambda: chain(5), {}),
    "chain with gains": (lambda: chain(3, gain="1000"), {}),
    "growth": (growth, {}),
}
REGULAR = np.array([0.0, 0.25, 1.0, 2.0, 3.3, 5.0, 8.0, 12.0, 24.0])
ODD = np.sort(np.r_[5.0, np.sqrt(np.arange(1, 9)) * math.pi])


@pytest.mark.parametrize("doses", DOSES)
@pytest.mark.parametrize("name", MODELS)
def test_values_and_slopes_are_those_of_the_general_solver(name, doses):
    make, changed = MODELS[name]
    model = make()
    system, by = model.system, tuple(q.name for q in model.quantities)
    observed = tuple(o.name for o in system.outputs)
    into = [s.name for s in system.states].index(system.dose_into)
    events = Events.of([(time, kind, into, value) for time, kind, value in DOSES[doses]])
    table = np.array([[(dict(model.typical) | changed)[q] for q in by]] * 2)
    given = (table, EventTable.of([events] * 2), (REGULAR, ODD), range(len(observed)))
    found = solve_linear(linear_kernel(system, observed, by), new_task(*given), ticks_of([REGULAR, ODD]))
    until = max(REGULAR.max(), ODD.max())
    expected = solve_sensitivities(sensitivity_kernel(system, observed, by), *given[:2], until, *given[2:], rtol=1e-11)
    assert (found.status == 0).all() and np.isfinite(found.values).all()
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-8)
    # a slope that goes through 0 is measured against the largest of its quantity
    largest = np.abs(expected.slopes).max(axis=0)
    assert (np.abs(found.slopes - expected.slopes) <= 1e-8 * np.maximum(np.abs(expected.slopes), largest)).all()
    alone = solve_linear(linear_kernel(system, observed, by), new_task(*given), ticks_of([REGULAR, ODD]), slopes=False)
    np.testing.assert_allclose(alone.values, found.values, rtol=1e-13)


def solved(model, values: dict, times, events=((0.0, ADD, 0, 1.0),)):
    by, observed = tuple(q.name for q in model.quantities), tuple(o.name for o in model.system.outputs)
    table = np.array([[(dict(model.typical) | values)[q] for q in by]])
    times = np.asarray(times, dtype=float)
    task = new_task(table, EventTable.of([Events.of(events)]), (times,), range(len(observed)))
    found = solve_linear(linear_kernel(model.system, observed, by), task, ticks_of([times]))
    return found, by


@pytest.mark.parametrize("times", [[0.5, 1, 7, 30, 150], [0.123456789, 1.7, 7.77, 31.4159, 150.1]])
def test_equal_rates_have_their_closed_form_even_where_little_is_left(times):
    k, t = 0.7, np.asarray(times, dtype=float)
    found, by = solved(chain(2), {"k": k, "e": k}, t)
    assert (k * t * np.exp(-k * t))[-1] < 1e-43
    np.testing.assert_allclose(found.values[:, 0], k * t * np.exp(-k * t), rtol=1e-12)
    # k (e^-kt - e^-et) / (e - k) near e = k: half the second derivative of the exponential
    np.testing.assert_allclose(found.slopes[:, 0, by.index("e")], -k * t**2 / 2 * np.exp(-k * t), rtol=1e-12)


def test_turnover_has_its_closed_form():
    t = np.array([1.0, 3.0, 10.0, 100.0])
    values = {"k": 0.15, "production": 10.0, "loss": 0.4, "effect": 0.6}
    found, by = solved(turnover(), values, t, [(0.0, ADD, 0, 100.0)])
    rise = 0.6 * 100 * (np.exp(-0.15 * t) - np.exp(-0.4 * t)) / (0.4 - 0.15)
    np.testing.assert_allclose(found.values[:, 0], 10 / 0.4 + rise, rtol=1e-13)
    np.testing.assert_allclose(found.slopes[:, 0, by.index("production")], 1 / 0.4, rtol=1e-12)
    np.testing.assert_allclose(found.slopes[:, 0, by.index("effect")], rise / 0.6, rtol=1e-12)


def test_an_infusion_tends_to_its_plateau():
    found, by = solved(chain(2), {"k": 2.0, "e": 0.5}, [1.0, 200.0], [(0.0, RATE, 0, 3.0)])
    assert found.values[-1, 0] == pytest.approx(3.0 / 0.5, rel=1e-13)
    assert found.slopes[-1, 0, by.index("e")] == pytest.approx(-3.0 / 0.25, rel=1e-12)
    assert found.slopes[-1, 0, by.index("k")] == pytest.approx(0.0, abs=1e-12)


def test_what_is_too_fast_for_the_ladder_is_left_to_the_solver():
    found, _ = solved(chain(2), {"k": 1e25, "e": 0.5}, [1.0])
    assert found.status.tolist() == [TOO_FAST] and np.isnan(found.values).all()


def test_only_linear_flows_with_constant_coefficients_are_taken():
    def is_linear(model) -> bool:
        return linear_kernel(model.system, tuple(o.name for o in model.system.outputs), ()) is not None

    flows = {name: is_linear(get_model(name)) for name in list_models() if hasattr(get_model(name).system, "flows")}
    assert flows["two_compartment_hill"] and not flows["kirouac_2023"] and not flows["stein_2019_ode"]
    text = chain_text()
    assert is_linear(from_toml(text, "t"))
    for rate in ("k * c0 * c0", "k * min(c0, c1)", "k * abs(c0)", "k * sqrt(c0 * c1)"):
        assert not is_linear(from_toml(text.replace('"k * c0"', f'"{rate}"'), "t")), rate
    assert not is_linear(from_toml(text.replace('initial = "x0"', 'initial = "x0", log = true'), "t"))
    assert not is_linear(from_toml(text.replace('initial = "x0"', 'initial = "x0", extinct_below = 0.1'), "t"))
    for rate in ("k * (c0 + 2 * c1) / 3", "k * ((c0 + 1)**2 - c0**2 - 1) / 2", "k * c0 + 3 * k", "max(k, 0.1 * k) * c0"):
        assert is_linear(from_toml(text.replace('"k * c0"', f'"{rate}"'), "t")), rate


def chain_text(roles: str = "") -> str:
    return f"""{HEAD}[structure]
time_unit = "h"
dose_into = "c0"
states = [
  {{ name = "c0", unit = "1", meaning = "m", initial = "x0"{roles} }}, {{ name = "c1", unit = "1", meaning = "m"{roles} }},
]
flows = [
  {{ name = "a", rate = "k * c0", kind = "exchange", out_of = "c0", into = "c1" }},
  {{ name = "b", rate = "e * c1", kind = "clearance", out_of = "c1" }},
]
outputs = [{{ name = "level", expression = "c1", unit = "1", meaning = "m", measured = true }}]
quantities = [
  {{ name = "k", unit = "1/h", meaning = "m" }}, {{ name = "e", unit = "1/h", meaning = "m" }},
  {{ name = "x0", unit = "1", meaning = "m" }},
]
[[values]]
name = "v"
{SOURCE}
values = {{ k = 0.7, e = 0.3, x0 = 1.0 }}
"""


def test_an_amount_that_would_turn_negative_is_not_predicted():
    constant = from_toml(chain_text(', roles = ["drug"]').replace('"e * c1"', '"e"'), "t")
    data = problem_of(two_compartments(), 3).data
    units = np.full(data.profiles.n, "1", dtype=object)
    data = replace(data, profiles=replace(data.profiles, unit=units))
    error = ResidualError("level", "additive", a=1.0)
    made = new_problem(constant.with_values({"e": 30.0}), data, {"k": 0.3}, estimate=["e"], residuals=[error])
    prepared = prepare(made)
    assert isinstance(prepared.predictor, LinearPredictor)
    own = individual(prepared, centre(prepared, point_of(made)))
    np.testing.assert_array_equal(prepared.predictor.values(own), general_predictor(made, prepared.design).values(own))
    assert "would become negative" in prepared.predictor.fault(own, 0)


def test_fits_take_the_exponentials():
    problem = problem_of(parent_metabolite(), 3)
    prepared = prepare(problem)
    assert isinstance(prepared.predictor, LinearPredictor)
    own = individual(prepared, centre(prepared, point_of(problem)))
    values, slopes = prepared.copied(2).predictor.slopes(np.tile(own, (2, 1)))
    np.testing.assert_array_equal(values[: len(values) // 2], values[len(values) // 2 :])
    other_values, other_slopes = general_predictor(problem, prepared.design).slopes(own)
    np.testing.assert_allclose(values[: len(other_values)], other_values, rtol=1e-6)
    np.testing.assert_allclose(slopes[: len(other_values)], other_slopes, rtol=1e-4, atol=1e-6 * np.abs(other_slopes).max())


def test_times_that_are_multiples_of_a_common_one():
    found = ticks_of([np.array([0, 0.25, 1.5]), np.array([0.0, 7.0, 49.0]), np.array([1 / 24, 5 / 1440]), np.array([math.pi]),
                      np.array([])])  # fmt: skip
    np.testing.assert_allclose(found, [0.25, 7.0, 5 / 1440, 0.0, 0.0])
