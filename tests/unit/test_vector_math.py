"""Elementary functions of the compiled code against NumPy and SciPy, and the compiled random streams."""

import numpy as np
import pytest
from numba import njit
from scipy.special import erfcx, expit, log_ndtr, ndtri

from livingdrug.core import random
from livingdrug.engine import draws
from livingdrug.engine.codegen import vector_functions, vector_math
from livingdrug.engine.codegen.vector_normal import log_phi_and_ratio
from livingdrug.engine.codegen.vectors import LANES, load, store, store_turned

RNG = np.random.default_rng(0)
WIDE = RNG.uniform(-700, 700, 4000)
SMALL = RNG.normal(size=4000) * 10.0 ** RNG.uniform(-12, 1, 4000)
CASES = {
    "exp": (np.exp, WIDE), "natural_log": (np.log, np.exp(WIDE)), "log_or_never": (np.log, RNG.uniform(0.4, 2.5, 4000)),
    "expm1": (np.expm1, SMALL), "log1p": (np.log1p, np.abs(SMALL)), "tanh": (np.tanh, SMALL), "expit": (expit, SMALL),
    "inverse_or_zero": (lambda x: 1 / x, np.exp(WIDE / 2)), "expm1_ratio": (lambda x: np.expm1(x) / x, SMALL),
    "sqrt": (np.sqrt, np.exp(WIDE)), "sign": (np.sign, SMALL), "absolute": (np.abs, SMALL),
}  # fmt: skip


@njit
def one_by_one(f, x, out):
    for i in range(x.size):
        out[i] = f(x[i])


@njit
def lane_by_lane(f, x, out):
    for i in range(0, x.size, LANES):
        store(out, i, f(load(x, i)))


@pytest.mark.parametrize(("module", "run"), [(vector_math, one_by_one), (vector_functions, lane_by_lane)])
@pytest.mark.parametrize("name", CASES)
def test_functions(name, module, run):
    expected, x = CASES[name]
    out = np.empty_like(x)
    run(getattr(module, name), x, out)
    with np.errstate(invalid="ignore"):
        reference = expected(x)
    # a result is at most 9 units in the last place off
    assert (np.abs(out - reference) <= 9 * np.spacing(np.abs(reference))).all()


@pytest.mark.parametrize(("module", "run"), [(vector_math, one_by_one), (vector_functions, lane_by_lane)])
def test_guards(module, run):
    def of(name, *x):
        values, out = np.array(x + (1.0,) * (LANES - len(x))), np.empty(LANES)
        run(getattr(module, name), values, out)
        return out[: len(x)].tolist()

    assert of("exp", -1e9, 1e9, 0.0) == [0.0, np.inf, 1.0]
    assert of("log_or_never", 0.0, -3.0) == [vector_math.NEVER] * 2
    assert of("inverse_or_zero", 0.0, -3.0) == [0.0, 0.0]
    assert of("natural_log", 0.0)[0] == -np.inf and np.isnan(of("natural_log", -1.0)[0])
    assert of("expm1_ratio", 0.0) == [1.0]
    assert np.isnan(of("exp", np.nan)[0])


def test_the_logarithm_of_every_positive_number():
    x = np.concatenate([2.0 ** np.arange(-1074, 1024, 0.37), [np.finfo(float).max, np.inf, np.nan, 5e-324]])
    x = np.concatenate([x, np.ones(-len(x) % LANES)])
    out = np.empty_like(x)
    lane_by_lane(vector_functions.logarithm, x, out)
    assert out == pytest.approx(np.log(x), rel=3e-16, nan_ok=True)


def test_the_normal_distribution_function_and_its_slope():
    z = np.concatenate([np.linspace(-40, 40, 16001), -(10.0 ** np.linspace(1.5, 299, 999)), [np.nan]])
    z = np.concatenate([z, np.zeros(-len(z) % LANES)])
    values, ratios = np.empty_like(z), np.empty_like(z)
    lane_by_lane(log_phi, z, values)
    lane_by_lane(ratio_phi, z, ratios)
    with np.errstate(over="ignore"):
        expected, slope = log_ndtr(z), np.sqrt(2 / np.pi) / erfcx(-z / np.sqrt(2))
        assert values == pytest.approx(expected, rel=1e-14, nan_ok=True)
    # the density itself is known to z^2 units in its last place
    assert ratios == pytest.approx(slope, rel=1e-12, abs=1e-300, nan_ok=True)
    ends = np.array([-np.inf, np.inf] * 4)
    lane_by_lane(log_phi, ends, out := np.empty(8))
    assert out.tolist() == ends.clip(max=0.0).tolist()


@njit
def log_phi(z):
    return log_phi_and_ratio(z)[0]


@njit
def ratio_phi(z):
    return log_phi_and_ratio(z)[1]


@pytest.mark.parametrize(("first", "count"), [(0, 5000), (7, 10), (13, 1001), (2, 1)])
def test_compiled_streams_are_those_of_the_core(first, count):
    ours, theirs = draws.normals(5, "x", first, count), random.normals(5, "x", first, count)
    np.testing.assert_allclose(ours, theirs, rtol=4e-15, atol=1e-15)
    # and the numbers of a subject are the same bytes wherever it stands
    assert draws.normals(5, "x", first + count - 1, 1)[0] == ours[-1]


@pytest.mark.parametrize(("first", "count"), [(0, 3000), (7, 10), (1021, 1030), (2, 1)])
def test_log_normal_numbers_of_many_quantities_are_those_of_each(first, count):
    given = {"a": (2.0, 0.5, np.inf), "b": (0.3, 1.5, 1.0), "c": (1e6, 0.0, np.inf)}
    found = draws.lognormals(5, tuple(given), first, count, *np.array(list(given.values())).T)
    assert found.shape == (3, count)
    for (name, (median, sd, highest)), own in zip(given.items(), found, strict=True):
        expected = np.minimum(median * np.exp(sd * random.normals(5, name, first, count)), highest)
        np.testing.assert_allclose(own, expected, rtol=2e-14)
        (last,) = draws.lognormals(5, (name,), first + count - 1, 1, [median], [sd], [highest])[0]
        assert last == own[-1]


def test_normal_numbers_far_in_the_tails():
    @njit
    def tails(p, out):
        store(out, 0, draws._tail(load(p, 0)))

    # some lanes beyond the point where the other formula serves, and none
    far, near = (
        [2.0**-54, 1e-12, 1e-10, 0.07, 1 - 1e-15, 0.95, 1e-13, 0.01],
        [0.01, 0.05, 0.93, 0.97, 1e-5, 1 - 1e-5, 0.02, 1e-9],
    )
    for p in (far, near):
        out = np.empty(LANES)
        tails(np.array(p), out)
        np.testing.assert_allclose(out, ndtri(p), rtol=1e-13)


def test_a_square_of_lanes_is_written_turned():
    @njit
    def turned(out, source):
        store_turned(out, 3, 11, source, 2)

    source, out = np.arange(2.0 + LANES**2), np.full(3 + 11 * LANES, -1.0)
    turned(out, source)
    rows = out[3:].reshape(LANES, 11)
    np.testing.assert_array_equal(rows[:, :LANES], source[2:].reshape(LANES, LANES).T)
    assert (rows[:, LANES:] == -1).all() and (out[:3] == -1).all()
