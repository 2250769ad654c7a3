"""The compiled engine: against LSODA, against closed forms, and what must not change a subject's numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from livingdrug.engine import (
    ADD,
    RATE,
    SET,
    Events,
    EventTable,
    Measures,
    compile_system,
    population,
    sensitivity_kernel,
    solve_population,
    system_kernel,
)
from livingdrug.engine.codegen.compile import output_function
from livingdrug.engine.codegen.factor import factorisation
from livingdrug.engine.reference.lsoda import solve
from livingdrug.engine.solvers.solve_slopes import solve_sensitivities
from livingdrug.models import (
    Clock,
    ClosedForm,
    Flow,
    Output,
    Quantity,
    State,
    Structure,
    System,
    get_fragment,
    get_model,
)
from livingdrug.models.catalogue import list_runnable
from livingdrug.models.compose import assemble
from livingdrug.simulation import default_regimen, default_until, draw_subjects, simulate, typical_subject
from livingdrug.simulation.solve import quantity_table, subject_events

EXPLICIT, IMPLICIT = 1e9, 0.0
ODES = [name for name in list_runnable() if not isinstance(get_model(name).system, ClosedForm)]


def stack():
    model = get_model("kirouac_2023")
    for name in ("tissue", "host_competition", "allogeneic_killing"):
        model = model + get_fragment(name)
    return model


# effectors there fall faster than an exponential, which neither method follows alone; both together do (tests/models)
NOT_ALONE = {"barros_2021_raji"}
# where the reference in Python takes minutes; their outcomes are in tests/models
LARGE = {"park_2025_sle", "khot_2019_mouse_pbpk"}
MODELS = {name: get_model(name) for name in ODES if name not in NOT_ALONE | LARGE} | {"stack": stack()}


def small(rate: str, start: float = 1000.0, clocks: tuple[Clock, ...] = (), **state) -> tuple[System, float]:
    """One population x of cells with one flow, starting at `start`, and its double as an output."""
    rate_constant = Quantity("k", "1/d", "rate", bound="any")
    quantities = (rate_constant, Quantity("source", "cells/d", "inflow"), Quantity("start", "cells", "start"))
    system = assemble(
        "small",
        Structure(
            states=(State("x", "cells", "cells", ("target",), initial="start", **state),),
            flows=(Flow("change", rate, "growth", into="x"),),
            outputs=(Output("double", "2 * x", "cells", "twice x"),),
            quantities=quantities, clocks=clocks, time_unit="d",
        ),
        [],
    )  # fmt: skip
    return system, start


def run_small(made, k: float, until: float, times, measures=None, events=None, source=0.0, rtol=1e-8, **how):
    system, start = made
    events = EventTable.shared(1, events or Events.of([]))
    times, code = np.array(times, dtype=float), system_kernel(system, ("double",), bool(events.has_inflow[0]))
    return solve_population(code, np.array([[k, source, start]]), events, until, times, [0], measures, rtol, **how)


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("name", MODELS)
def test_both_methods_agree_with_lsoda(name, budget, monkeypatch):
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    model = MODELS[name]
    # a month, so that an explicit method can do it too
    until = min(default_until(model), 28.0 if model.time_unit == "d" else 72.0)
    names = [o.name for o in model.system.outputs]
    times = np.linspace(0, until, 9)
    ours = simulate(model, times=times, until=until, rtol=1e-8)
    row = quantity_table(model, typical_subject(model))[0].tolist()
    events = subject_events(default_regimen(model), model.system, row)
    outputs = output_function(model.system, names)
    reference = solve(compile_system(model.system), row, events, times, until, outputs, 1e-11, 1e-12)
    scale = np.abs(reference.values).max(axis=1, keepdims=True)
    assert (np.abs(ours.values[0] - reference.values) <= 2e-6 * np.maximum(reference.values, 1e-4 * scale)).all()
    # the reference sums LSODA's own interpolant, which is of lower order than its steps, and peaks by a parabola
    np.testing.assert_allclose(ours.peak[0], reference.peak, rtol=5e-6)
    np.testing.assert_allclose(ours.area[0], reference.area, rtol=5e-6)


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("name", MODELS)
def test_samples_of_all_lanes_at_once_are_those_of_one_lane(name, budget, monkeypatch):
    """Ten like subjects have every sample time in the same step and are sampled together, one alone is sampled by itself."""
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    model = MODELS[name]
    until = min(default_until(model), 28.0 if model.time_unit == "d" else 72.0)
    # some of them at the ends of steps
    times, row = np.linspace(0, until, 57), quantity_table(model, typical_subject(model))
    one = subject_events(default_regimen(model), model.system, row[0].tolist())
    inflow = bool(EventTable.shared(1, one).has_inflow[0])
    code = system_kernel(model.system, tuple(o.name for o in model.system.outputs), inflow)

    def run(n):
        events = EventTable.shared(n, one)
        found = solve_population(code, np.repeat(row, n, axis=0), events, until, times, range(len(code.observed)), None)
        return found.values.reshape(n, -1)

    alone, together = run(1)[0], run(10)
    assert np.isfinite(alone).all()
    np.testing.assert_array_equal(together, np.tile(alone, (10, 1)))


def test_a_subject_is_the_same_bytes_wherever_it_is_computed():
    model = stack()
    subjects = draw_subjects(model, 40, seed=3, cv=0.5)
    table, code = quantity_table(model, subjects), system_kernel(model.system, tuple(o.name for o in model.system.outputs))
    times, wanted = np.linspace(0, 365, 20), range(len(code.observed))
    one = subject_events(default_regimen(model), model.system, table[0].tolist())

    def run(rows, **how):
        events = EventTable.shared(len(rows), one)
        found = solve_population(code, table[rows], events, 365.0, times, wanted, Measures(), **how)
        return found.values.reshape(len(rows), -1), found.area, found.peak

    everyone = run(np.arange(40), threads=1)
    for rows, how in (([17], {}), (np.arange(39, -1, -1), {"threads": 2}), (np.arange(3, 22), {})):
        for part, whole in zip(run(np.array(rows), **how), everyone, strict=True):
            np.testing.assert_array_equal(part, whole[rows])


def test_block_size_changes_nothing(monkeypatch):
    model = get_model("kirouac_2023")
    subjects = draw_subjects(model, 30, seed=5, cv=0.5)
    before = simulate(model, subjects, until=60.0)
    monkeypatch.setattr(population, "BLOCK", 7)
    after = simulate(model, subjects, until=60.0)
    np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(before.area, after.area)


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_measures_of_a_known_curve(budget, monkeypatch):
    """x = 1000 exp(-t) + 500 exp(-(t - 1)) from day 1 on, output 2 x."""
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    events = Events.of([(1.0, ADD, 0, 500.0)])
    measures = Measures(0.5, 3.0, ((0, 1000.0), (0, 1e6)))
    found = run_small(small("k * x"), -1.0, 5.0, [0.0, 1.0, 2.0], measures, events)
    after = 1000 * math.exp(-1) + 500
    # at the time of a dose the value is the one before it
    np.testing.assert_allclose(found.values[:, 0], [2000, 2000 * math.exp(-1), 2 * after * math.exp(-1)], rtol=1e-7)
    area = 2000 * (math.exp(-0.5) - math.exp(-1)) + 2 * after * (1 - math.exp(-2))
    np.testing.assert_allclose(found.area[0], area, rtol=1e-7)
    np.testing.assert_allclose([found.peak[0, 0], found.peak_time[0, 0]], [2 * after, 1.0], rtol=1e-7)
    # above 1000: from 0.5 to ln 2, and from 1 until 2 after exp(-(t - 1)) = 1000
    first, second = math.log(2) - 0.5, math.log(2 * after / 1000)
    np.testing.assert_allclose(found.above[0], [first + second, 0.0], rtol=1e-6)
    # the explicit method's interpolant is of one order less than its steps
    np.testing.assert_allclose(found.last_above[0, 0], 1 + second, rtol=5e-6)
    assert math.isnan(found.last_above[0, 1])


def test_an_inner_peak_is_found_between_the_steps():
    """The two-compartment chain of Bateman: x' = source exp(-0.7 t) - 0.3 x has its peak at ln(0.7 / 0.3) / 0.4."""
    made = small("source * fading - 0.3 * k * x", 0.0, (Clock("fading", "exp(-0.7 * time * k)"),))
    found = run_small(made, 1.0, 20.0, [20.0], Measures(), source=100.0, rtol=1e-6)
    at = math.log(0.7 / 0.3) / 0.4
    peak = 2 * 100 / 0.4 * (math.exp(-0.3 * at) - math.exp(-0.7 * at))
    np.testing.assert_allclose(found.peak[0, 0], peak, rtol=1e-6)
    # a peak is flat: where it is, is known less well than how high
    np.testing.assert_allclose(found.peak_time[0, 0], at, rtol=1e-5)
    area = 2 * 100 / 0.4 * ((1 - math.exp(-6)) / 0.3 - (1 - math.exp(-14)) / 0.7)
    np.testing.assert_allclose(found.area[0, 0], area, rtol=1e-6)


def test_growth_without_end_is_named_with_state_and_time():
    made = small("k * x")
    code = system_kernel(made[0], ("double",))
    found = run_small(made, 1.0, 100.0, [1.0, 99.0])
    assert population.STATUS[int(found.status[0])] == "not_finite"
    when = f"{found.reached[0]:.6g} d"
    assert population.reason(code, found, 0) == f"`x` left the finite range (above 1e+30 cells) at {when}"
    assert found.reached[0] == pytest.approx(math.log(1e27), rel=0.05)
    # what was computed before stays, what was not is no number
    assert found.values[0, 0] == pytest.approx(2000 * math.e, rel=1e-6) and math.isnan(found.values[1, 0])


def test_a_count_that_would_become_negative_is_named():
    found = run_small(small("k * x - source"), 0.0, 100.0, [1.0], source=100.0)
    assert population.STATUS[int(found.status[0])] == "negative"
    assert found.reached[0] == pytest.approx(10.0, rel=1e-6)


def test_extinction_empties_a_population_without_inflow_only():
    def last(extinct_below, source):
        made = small("k * x + source", extinct_below=extinct_below)
        return run_small(made, -1.0, 30.0, [5.0, 30.0], source=source).values[:, 0]

    np.testing.assert_allclose(last(0.0, 0.0), 2000 * np.exp([-5.0, -30.0]), rtol=1e-6)
    np.testing.assert_array_equal(last(1.0, 0.0) > 0, [True, False])
    # an inflow keeps it at its balance of 0.5 cells
    np.testing.assert_allclose(last(1.0, 0.5)[1], 1.0, rtol=1e-6)


@pytest.mark.parametrize("order", [(0.1, 0.2), (0.2, 0.1)])
def test_infusions_that_ended_leave_nothing_that_would_keep_a_population_alive(order):
    # 0.1 + 0.2 - 0.1 - 0.2 is not 0 in floating point
    rows = [(0.0, RATE, 0, 0.1), (0.0, RATE, 0, 0.2), *((1.0, RATE, 0, -rate) for rate in order)]
    found = run_small(small("k * x", extinct_below=1.0), -1.0, 30.0, [0.5, 30.0], events=Events.of(rows))
    during = 2 * (1000 * math.exp(-0.5) + 0.3 * (1 - math.exp(-0.5)))
    assert found.values[:, 0] == pytest.approx([during, 0.0], rel=1e-6)


def test_log_state_is_exact_far_below_one_cell():
    found = run_small(small("k * x", log=True), -10.0, 60.0, [60.0], rtol=1e-8)
    np.testing.assert_allclose(np.log(found.values[0, 0]), math.log(2000) - 600, rtol=1e-8)


@pytest.mark.parametrize("k", [-5.0, -0.05, 0.3])
def test_area_of_a_log_state_is_as_exact_as_its_course(k):
    """In its logarithm the course is a straight line, for which a solver needs hardly a step."""
    found = run_small(small("k * x", log=True), k, 100.0, [100.0], Measures(limits=((0, 1000.0),)), rtol=1e-6)
    np.testing.assert_allclose(found.area[0, 0], 2000 / k * math.expm1(100 * k), rtol=2e-6)
    np.testing.assert_allclose(found.above[0, 0], math.log(0.5) / k if k < 0 else 100.0, rtol=1e-6)


def test_area_beside_states_at_rest():
    """Only a clock moves: the states alone would allow one step for all."""
    system, _ = small("0 * k * x", 1.0, (Clock("fading", "exp(-0.7 * time * k)"),))
    system = replace(system, outputs=(Output("glow", "x * fading", "cells", "a clock alone"),))
    table, events = np.array([[1.0, 0.0, 1000.0]]), EventTable.shared(1, Events.of([]))
    found = solve_population(system_kernel(system, ("glow",)), table, events, 40.0, np.array([40.0]), [0], Measures())
    np.testing.assert_allclose(found.area[0, 0], 1000 / 0.7 * -math.expm1(-28), rtol=1e-6)


def test_a_log_state_that_is_set_to_nothing_is_named():
    made = small("k * x", log=True)
    found = run_small(made, -1.0, 5.0, [5.0], events=Events.of([(3.0, SET, 0, 0.0)]))
    sentence = population.reason(system_kernel(made[0], ("double",)), found, 0)
    assert sentence.startswith("`x` is 0 at 3 d and is kept as a logarithm")


@pytest.mark.parametrize("budget", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("share", [0.5, 0.99, 0.9999, 0.999999, 1.001])
def test_time_above_a_limit_near_the_peak(share, budget, monkeypatch):
    """Also where only the tip of a peak, within one step, is above it."""
    monkeypatch.setattr(population, "EXPLICIT_BUDGET", budget)
    top = math.log(0.7 / 0.3) / 0.4

    def curve(t):
        return 500 * (math.exp(-0.3 * t) - math.exp(-0.7 * t))

    limit = share * curve(top)
    made = small("source * fading - 0.3 * k * x", 0.0, (Clock("fading", "exp(-0.7 * time * k)"),))
    found = run_small(made, 1.0, 20.0, [20.0], Measures(limits=((0, limit),)), source=100.0, rtol=1e-7)
    if share > 1:
        assert found.above[0, 0] == 0.0 and math.isnan(found.last_above[0, 0])
        return
    begin, end = (brentq(lambda t: curve(t) - limit, *ends, xtol=1e-12) for ends in ((0, top), (top, 20)))
    np.testing.assert_allclose(found.above[0, 0], end - begin, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(found.last_above[0, 0], end, atol=1e-4)


def chain(grows: bool = False, **state) -> System:
    """a -> b, where b is lost in a saturable way."""
    flows = [Flow("growth", "k * a", "growth", into="a")] if grows else [Flow("loss", "k * a", "death", out_of="a")]
    flows += [Flow("passing", "0.5 * k * a", "exchange", "a", "b"), Flow("clearing", "k * b * one / (one + b)", "death", "b")]
    return assemble(
        "chain",
        Structure(
            states=(State("a", "cells", "a", initial="start", **state), State("b", "cells", "b")), flows=tuple(flows),
            outputs=(Output("both", "a + b", "cells", "both"),),
            quantities=(Quantity("k", "1/d", "rate"), Quantity("start", "cells", "start"), Quantity("one", "cells", "one")),
            time_unit="d",
        ),
        [],
    )  # fmt: skip


def test_what_grows_or_can_go_extinct_is_no_exact_pool():
    """A growing input left the finite range without a word, and an exact one never fell below its threshold."""
    assert compile_system(chain()).pools.all == (0,)
    assert compile_system(chain(extinct_below=1.0)).pools.all == compile_system(chain(grows=True)).pools.all == ()
    system, events = chain(grows=True), EventTable.shared(1, Events.of([]))
    found = solve_population(
        system_kernel(system, ("both",)), np.array([[3.0, 5.0, 1.0]]), events, 900.0, np.array([900.0]), [0], None
    )  # fmt: skip
    assert population.STATUS[int(found.status[0])] == "not_finite"


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e4])
def test_a_subject_that_fails_changes_no_other(bad):
    """Neighbours in lanes and in blocks keep their bytes, whatever one subject's numbers are."""
    system, _ = small("k * x")
    table = np.column_stack([np.linspace(-2, -0.1, 19), np.zeros(19), np.full(19, 1000.0)])

    def run(rows):
        events = EventTable.shared(len(rows), Events.of([(1.0, ADD, 0, 10.0)]))
        times, limits = np.linspace(0, 9, 5), ((0, 100.0),)
        return solve_population(system_kernel(system, ("double",)), rows, events, 9.0, times, [0], Measures(limits=limits))

    alone, among = run(table), run(np.insert(table, [0, 4, 11], [bad, 0.0, 1000.0], axis=0))
    good = np.setdiff1d(np.arange(22), [0, 5, 13])
    assert (among.status[good] == 0).all() and (np.delete(among.status, good) != 0).all()
    for name in ("area", "peak", "peak_time", "above", "steps"):
        np.testing.assert_array_equal(getattr(among, name)[good], getattr(alone, name), err_msg=name)
    np.testing.assert_array_equal(among.values.reshape(22, 5)[good], alone.values.reshape(19, 5))


@pytest.mark.parametrize("n", [1, 7, 8, 9])
def test_any_number_of_subjects(n):
    system, _ = small("k * x")
    k = -np.linspace(0.1, 2, n)
    table = np.column_stack([k, np.zeros(n), np.full(n, 1000.0)])
    for until in (1e-6, 36525.0):
        events = EventTable.shared(n, Events.of([(0.0, ADD, 0, 500.0), (until, ADD, 0, 7.0)]))
        code, ends = system_kernel(system, ("double",)), np.array([0.0, until])
        found = solve_population(code, table, events, until, ends, [0], Measures())
        # a dose at the start counts, one at the end does not
        expected = np.column_stack([np.full(n, 3000.0), 3000 * np.exp(k * until)])
        np.testing.assert_allclose(found.values.reshape(n, 2), expected, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(found.area[:, 0], 3000 / k * np.expm1(k * until), rtol=1e-5)


def test_step_limit_is_named():
    found = run_small(small("k * x"), -1.0, 1e3, [1e3], rtol=1e-10, max_steps=5)
    assert population.STATUS[int(found.status[0])] == "step_limit"


def test_each_subject_has_its_own_times_and_events():
    system, _ = small("k * x")
    events = EventTable.of([Events.of([]), Events.of([(1.0, SET, 0, 10.0)])])
    times = [np.array([0.0, 2.0]), np.array([0.5, 1.0, 3.0])]
    table = np.array([[-1.0, 0.0, 1000.0], [0.0, 0.0, 1000.0]])
    found = solve_population(system_kernel(system, ("double",)), table, events, 3.0, times, [0], None, 1e-8)
    np.testing.assert_allclose(found.values[:, 0], [2000, 2000 * math.exp(-2), 2000, 2000, 20], rtol=1e-7)


# ------------------------------------------------------------------------------------------ sensitivities


def sensitivities(model, by, output, subjects, times, rtol=1e-7):
    table = quantity_table(model, subjects)
    events = EventTable.shared(len(table), subject_events(default_regimen(model), model.system, table[0].tolist()))
    code = sensitivity_kernel(model.system, (output,), tuple(by))
    found = solve_sensitivities(code, table, events, times[-1], np.array(times), [0], rtol)
    return found.slopes.reshape(len(table), len(times), -1), table, events


@pytest.mark.parametrize(
    ("name", "output", "by"),
    [
        ("kirouac_2023", "car_t", ("mu_memory", "k_kill", "antigen_50", "k_loss", "tumour_0", "divisions")),
        ("carrgo_restimulation", "tumour", ("k_kill", "mu_tumour", "effector_0")),
    ],
)
def test_sensitivities_are_the_differences_of_the_tight_path(name, output, by):
    model = get_model(name)
    subjects = draw_subjects(model, 2, seed=4, cv=0.2)
    times = [0.0, 5.0, 20.0, 45.0] if model.time_unit == "d" else [0.0, 10.0, 40.0, 70.0]
    slopes, table, events = sensitivities(model, by, output, subjects, times)
    outputs, code = output_function(model.system, (output,)), compile_system(model.system)
    names = [q.name for q in model.system.quantities]
    one = subject_events(default_regimen(model), model.system, table[0].tolist())

    def tight(row):
        return solve(code, row.tolist(), one, np.array(times), times[-1], outputs, 1e-12, 1e-12).values[0]

    for i, row in enumerate(table):
        for k, quantity in enumerate(by):
            column = names.index(quantity)
            differences = []
            for step in (2e-3, 1e-3):
                up, down = row.copy(), row.copy()
                up[column] *= 1 + step
                down[column] *= 1 - step
                differences.append((tight(up) - tight(down)) / (2 * step * row[column]))
            expected = (4 * differences[1] - differences[0]) / 3
            np.testing.assert_allclose(slopes[i, :, k], expected, atol=1e-5 * np.abs(expected).max())


def test_sensitivity_by_the_time_of_a_switch():
    """stein_2019_ode switches at t_max; its closed form can be differentiated by it without a switch."""
    model, by = get_model("stein_2019_ode"), ("t_max", "alpha", "c_max", "fold")
    times = [3.0, 15.0, 40.0]
    slopes, table, _ = sensitivities(model, by, "transgene", typical_subject(model), times)
    closed = get_model("stein_2019")
    for k, quantity in enumerate(by):
        value = closed.typical[quantity]

        def curve(factor, q=quantity, v=value):
            return simulate(closed.with_values({q: v * factor}), times=times).curve("transgene")

        expected = (8 * (curve(1.001) - curve(0.999)) - (curve(1.002) - curve(0.998))) / (12 * 0.001 * value)
        np.testing.assert_allclose(slopes[0, :, k], expected, atol=1e-5 * np.abs(expected).max(), err_msg=quantity)


def test_sensitivities_of_a_subject_are_the_same_bytes_wherever_it_is_computed():
    """Their error is measured against the subject's own numbers."""
    model, by = get_model("kirouac_2023"), ("mu_memory", "k_kill")
    subjects = draw_subjects(model, 12, seed=4, cv=0.5)
    code = sensitivity_kernel(model.system, ("car_t",), by)
    table, times = quantity_table(model, subjects), np.array([0.0, 7.0, 30.0])
    one = subject_events(default_regimen(model), model.system, table[0].tolist())

    def run(rows):
        found = solve_sensitivities(code, table[rows], EventTable.shared(len(rows), one), 30.0, times, [0])
        return found.slopes.reshape(len(rows), -1)

    everyone = run(np.arange(12))
    for rows in (np.array([7]), np.arange(11, 2, -1)):
        np.testing.assert_array_equal(run(rows), everyone[rows])


# ------------------------------------------------------------------------------------------ factors


def test_sparse_factors_solve_the_system():
    rng = np.random.default_rng(2)
    n = 7
    dense = np.where(rng.random((n, n)) < 0.35, rng.normal(size=(n, n)), 0.0) + 6 * np.eye(n)
    pattern = [(int(i), int(j)) for i, j in zip(*np.nonzero(dense), strict=True)]
    found = factorisation(n, pattern)
    entries = np.zeros(found.filled)
    entries[: len(pattern)] = [dense[pair] for pair in pattern]
    right = rng.normal(size=n)
    b = right.copy()
    for pivot in found.pivots:
        for e in pivot.scaled:
            entries[e] /= entries[pivot.diagonal]
        for target, a, c in pivot.updates:
            entries[target] -= entries[a] * entries[c]
        for row, e in pivot.below:
            b[row] -= entries[e] * b[pivot.state]
    for pivot in reversed(found.pivots):
        for column, e in pivot.beside:
            b[pivot.state] -= entries[e] * b[column]
        b[pivot.state] /= entries[pivot.diagonal]
    np.testing.assert_allclose(b, np.linalg.solve(dense, right), rtol=1e-12)
