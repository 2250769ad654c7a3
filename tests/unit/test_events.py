"""The engine's table of events, and pools under inflow, against the matrix exponential."""

import math
from itertools import permutations

import numpy as np
import pytest
from scipy.linalg import expm

from livingdrug.core.errors import InputError, SolveError
from livingdrug.engine import ADD, RATE, SET, Events, advance, compile_system
from livingdrug.engine.codegen.compile import output_function
from livingdrug.engine.reference.lsoda import solve
from livingdrug.engine.reference.pools import difference, difference_of_three
from livingdrug.models import Flow, Model, Quantity, Source, State, Structure, Values

# a -> b -> c -> out: a and b are pools of depth one and two, c is integrated
CHAIN = Structure(
    states=tuple(State(name, "1", f"amount in {name}") for name in "abc"),
    flows=(
        Flow("first", "k_a * a", "exchange", out_of="a", into="b"),
        Flow("second", "k_b * b", "exchange", out_of="b", into="c"),
        Flow("third", "k_c * c", "clearance", out_of="c"),
    ),
    quantities=tuple(Quantity(f"k_{name}", "1/d", "rate") for name in "abc"),
    dose_into="a",
    time_unit="d",
)
CODE = compile_system(Model("chain", "a chain", CHAIN, (Values("v", Source("s"), {"k_a": 1, "k_b": 1, "k_c": 1}),)).system)


def run(p, rows, times, until):
    outputs = output_function(CODE.system, ("a", "b", "c"))
    return solve(CODE, p, Events.of(rows), np.array(times), until, outputs, rtol=1e-10).values


def exact(p, start, inflow, t):
    k_a, k_b, k_c = p
    matrix = np.array([[-k_a, 0, 0], [k_a, -k_b, 0], [0, k_b, -k_c]])
    whole = np.zeros((4, 4))
    whole[:3, :3], whole[:3, 3] = matrix, inflow
    return (expm(whole * t) @ [*start, 1.0])[:3]


def test_the_chain_has_pools_of_both_depths():
    assert [CODE.system.states[i].name for i in CODE.pools.first] == ["a"]
    assert [CODE.system.states[i].name for i in CODE.pools.second] == ["b"]


@pytest.mark.parametrize("p", [(1.5, 0.3, 0.2), (0.7, 0.7, 0.7), (0.7, 0.7 + 1e-9, 0.1), (0.0, 0.5, 0.1), (1e-7, 2e-7, 0.4)])
@pytest.mark.parametrize("inflow", [(2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0), (3.0, 2.0, 1.0)])
def test_inflow_into_pools_and_integrated_states_is_the_matrix_exponential(p, inflow):
    rows = [(0.0, ADD, i, amount) for i, amount in enumerate((10.0, 4.0, 1.0))]
    rows += [(1.0, RATE, i, rate) for i, rate in enumerate(inflow)] + [(4.0, RATE, i, -rate) for i, rate in enumerate(inflow)]
    computed = run(p, rows, [1.0, 2.5, 4.0, 9.0], 10.0)
    at_1 = exact(p, (10.0, 4.0, 1.0), (0, 0, 0), 1.0)
    at_4 = exact(p, at_1, inflow, 3.0)
    expected = np.stack([at_1, exact(p, at_1, inflow, 1.5), at_4, exact(p, at_4, (0, 0, 0), 5.0)], axis=1)
    np.testing.assert_allclose(computed, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("rates", [(0, -1, -3), (0, -2, -2), (0, -1e-5, -2e-5), (0, 0, -50), (0, -5e-4, -0.3)])
@pytest.mark.parametrize("t", [1e-3, 1.0, 7.0])
def test_differences_of_exponentials_are_their_integrals(rates, t):
    x, w = np.polynomial.legendre.leggauss(60)
    s = 0.5 * t * (x + 1)
    for a, b, c in permutations(rates):
        first = 0.5 * t * np.sum(w * np.exp(b * (t - s)) * np.exp(a * s))
        assert difference(a, b, t) == pytest.approx(first, rel=1e-11)
        second = 0.5 * t * np.sum(w * np.exp(c * (t - s)) * [difference(a, b, u) for u in s])
        assert difference_of_three(a, b, c, t) == pytest.approx(second, rel=1e-11)


def test_events_of_one_time_act_in_their_order():
    after = run((1.0, 1.0, 1.0), [(0.0, SET, 0, 3.0), (0.0, ADD, 0, 4.0)], [0.0], 1.0)[0, 0]
    before = run((1.0, 1.0, 1.0), [(0.0, ADD, 0, 4.0), (0.0, SET, 0, 3.0)], [0.0], 1.0)[0, 0]
    assert (after, before) == (7.0, 3.0)


def test_a_value_at_a_later_event_is_the_one_before_it():
    values = run((0.0, 1.0, 1.0), [(0.0, ADD, 0, 1.0), (2.0, ADD, 0, 5.0)], [0.0, 2.0, 3.0], 3.0)[0]
    np.testing.assert_allclose(values, [1.0, 1.0, 6.0])


def test_times_that_only_rounding_sets_apart_are_one_stop():
    assert 0.1 + 0.2 != 0.3
    for asked in (0.3, 0.1 + 0.2):
        values = run((1.0, 1.0, 1.0), [(0.3, ADD, 0, 1.0), (0.1 + 0.2, ADD, 0, 1.0)], [asked, 1.3], 2.0)[0]
        np.testing.assert_allclose(values, [0.0, 2 * math.exp(-1.0)], rtol=1e-12)


def test_nothing_is_left_of_infusions_that_ended():
    # 0.1 + 0.2 - 0.1 - 0.2 is not 0 in floating point
    rows = [(0.0, RATE, 2, 0.1), (0.0, RATE, 2, 0.2), (1.0, RATE, 2, -0.1), (1.0, RATE, 2, -0.2), (1.0, SET, 2, 0.0)]
    assert run((1.0, 1.0, 1.0), rows, [2.0, 9.0], 10.0)[2].tolist() == [0.0, 0.0]


def test_advance_gives_the_states_or_says_why_not():
    events = Events.of([(0.0, ADD, 2, 8.0)])
    np.testing.assert_allclose(advance(CODE, (1.0, 1.0, 0.5), np.zeros(3), events, 2.0), [0, 0, 8 * math.exp(-1)], rtol=1e-9)
    with pytest.raises(SolveError, match="`c`"):
        advance(CODE, (1.0, 1.0, -900.0), np.zeros(3), events, 2.0)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (([0, 1], [0], [0], [1.0]), "equally long"),
        (([1, 0], [0, 0], [0, 0], [1, 1]), "sorted by time"),
        (([-1], [0], [0], [1]), "time 0 or later"),
        (([0], [3], [0], [1]), "kind"),
        (([0], [0], [-1], [1]), "negative state index"),
        (([math.nan], [0], [0], [1]), "finite"),
        (([0], [0], [0], [math.inf]), "finite"),
    ],
)
def test_what_is_no_table_of_events_is_refused(columns, sentence):
    with pytest.raises(InputError, match=sentence):
        Events(*columns)
