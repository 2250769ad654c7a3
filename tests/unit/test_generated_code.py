"""The code written for a model against Python's own evaluation of the same expressions, and against differences."""

import random
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from livingdrug.core.errors import ModelError
from livingdrug.engine import compile_system, system_kernel
from livingdrug.engine.codegen.calls import call_1, call_2, call_4
from livingdrug.engine.codegen.compile import output_function
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.kernel import at_and_table, new_lanes
from livingdrug.models import Clock, Flow, Output, Quantity, State, Structure, Switch, System
from livingdrug.models.compose import assemble

STATES = ("x", "y", "z")
NUMBERS = {"rate": 0.8, "day": 1.0, "a": 1.3, "b": 0.4, "n": 1.7, "m": 2.2}
TIME, ON = 0.6, 1.0


def system(flows, outputs, states=STATES, numbers=("a", "b", "n", "m")) -> System:
    """States of unit 1; each flow is (rate without unit, out_of, into, gain)."""
    return assemble(
        "probe",
        Structure(
            states=tuple(State(s, "1", s, initial="1") for s in states),
            flows=tuple(
                Flow(f"flow_{i}", f"rate * ({text})", "growth", out_of, into, gain)
                for i, (text, out_of, into, gain) in enumerate(flows)
            ),
            outputs=tuple(Output(f"o{i}", text, "1", text) for i, text in enumerate(outputs)),
            quantities=(
                Quantity("rate", "1/d", "rate"), Quantity("day", "d", "a day"),
                *(Quantity(name, "1", name, bound="any") for name in numbers),
            ),
            switches=(Switch("on", "day * 0.5"),),
            clocks=(Clock("elapsed", "time / day"), Clock("fading", "exp(-time / day) * tanh(time / day)")),
            time_unit="d",
        ),
        [],
    )  # fmt: skip


@njit
def _call_1(address, w):
    call_1(address, w, 0)


@njit
def _call_2(address, a, b):
    call_2(address, a, 0, b, 0)


@njit
def _call_4(address, a, b, c, d):
    call_4(address, a, 0, b, 0, c, 0, d, 0)


class Evaluated(NamedTuple):
    """rhs, by_time (LANES, states); jacobian (LANES, states, states); outputs, slopes (LANES, outputs), over lanes;
    one: outputs by the code for single subjects."""

    rhs: np.ndarray
    by_time: np.ndarray
    jacobian: np.ndarray
    outputs: np.ndarray
    slopes: np.ndarray
    one: np.ndarray


def evaluated(made: System, numbers, states: np.ndarray) -> Evaluated:
    """What the compiled code says at LANES points; states (LANES, states)."""
    code = system_kernel(made, tuple(o.name for o in made.outputs))
    at, _ = at_and_table(code)
    lane, _ = new_lanes(code, at, (), 1e-6)
    n, constants = states.shape[1], np.zeros(code.layout.constants + 1)
    _call_2(code.call.prepare, np.array(numbers, dtype=float), constants)
    numbers_at = at.w_p + LANES * np.arange(code.layout.numbers)
    for place, value in zip(numbers_at, [*[ON] * code.layout.switches, *constants[:-1]], strict=True):
        lane[place : place + LANES] = value
    lane[:LANES], lane[at.w_y : at.w_y + n * LANES] = TIME, states.T.ravel()

    def rows(place, count):
        return lane[place : place + count * LANES].reshape(count, LANES).T.copy()

    for address in (code.call.rhs, code.call.jacobian, code.call.observe):
        _call_1(address, lane)
    jacobian, k = np.zeros((LANES, n, n)), len(made.outputs)
    for entry, (i, j) in enumerate(code.layout.jacobian):
        jacobian[:, i, j] = rows(at.w_j + entry * LANES, 1)[:, 0]
    one = np.zeros((LANES, k))
    for me in range(LANES):
        _call_4(code.call.observe_one, np.array([TIME]), states[me].copy(), lane[at.w_p + me :].copy(), one[me])
    return Evaluated(rows(at.w_f, n), rows(at.w_ft, n), jacobian, rows(at.w_g, k), rows(at.w_dg, k), one)


# ------------------------------------------------------------------------------------------ random expressions


def expression(rng: random.Random, depth: int) -> str:
    """A random expression that uses the whole language."""
    if depth == 0 or rng.random() < 0.15:
        leaves = (*STATES, *STATES, "a", "b", "n", "m", "elapsed", "fading", "on", f"{rng.uniform(0.1, 3):.3g}")
        return rng.choice([*leaves, str(rng.randint(1, 4))])
    forms = ("({} + {})", "({} - {})", "{} * {}", "{} / ({})", "min({}, {})", "max({}, {})")
    forms += tuple(f"{name}({{}})" for name in ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "abs"))
    forms += tuple(f"({{}})**{n}" for n in (2, 3, 5, 0.5, 2.7, -1, -2, -0.5, "n", "(n - m)"))
    forms += tuple(f"hill({{}}, {n}, {k})" for n, k in (("n", "a"), (2, "b"), (0.5, 0.7), ("m", "x")))
    form = rng.choice(forms)
    return form.format(*(expression(rng, depth - 1) for _ in range(form.count("{}"))))


def random_system(seed: int) -> System:
    rng = random.Random(seed)
    ends = [("", "x"), ("", "y"), ("", "z"), ("x", "y"), ("y", "z"), ("z", "x")] * 2
    gains = ("1", "a", "2**n", "exp(-b)")
    flows = [(expression(rng, rng.randint(1, 4)), out, into, rng.choice(gains)) for out, into in ends]
    return system(flows, [expression(rng, 3) for _ in range(6)])


def derivative(f, x: float, h: float):
    """Central difference of order 4, and whether it can be trusted: one of order 2 agrees."""
    with np.errstate(all="ignore"):
        coarse, fine = (f(x + h) - f(x - h)) / (2 * h), (f(x + h / 2) - f(x - h / 2)) / h
        best = (4 * fine - coarse) / 3
        return best, np.isfinite(best) & (np.abs(fine - coarse) < 1e-4 * (1 + np.abs(fine)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_equations(seed):
    made = random_system(seed)
    points = np.exp(np.random.default_rng(seed).normal(size=(LANES, len(STATES))))
    numbers = list(NUMBERS.values())
    found = evaluated(made, numbers, points)
    right = compile_system(made).make_rhs(numbers, [ON], None)
    outputs = output_function(made, [o.name for o in made.outputs])

    def rhs(time, y):
        try:
            return np.array(right(time, y.tolist()), dtype=float)
        except (ArithmeticError, ValueError, TypeError):
            return np.full(len(STATES), np.nan)

    def seen(time, y):
        with np.errstate(all="ignore"):
            return np.array([float(v) for v in outputs(time, *y, *numbers, ON)])

    trusted = 0
    for me, y in enumerate(points):
        f, g = rhs(TIME, y), seen(TIME, y)
        for ours, theirs in ((found.rhs[me], f), (found.outputs[me], g), (found.one[me], g)):
            plain = np.isfinite(theirs) & (np.abs(theirs) < 1e100)
            np.testing.assert_allclose(ours[plain], theirs[plain], rtol=1e-7, atol=1e-10)
        checks = [(found.by_time[me], *derivative(lambda t, y=y: rhs(t, y), TIME, 2e-4), f)]
        checks.append((found.slopes[me], *derivative(lambda s, y=y, f=f: seen(TIME + s, y + s * f), 0.0, 2e-4), g))
        for j, unit in enumerate(np.eye(len(STATES))):
            slopes = derivative(lambda v, y=y, unit=unit, j=j: rhs(TIME, y + unit * (v - y[j])), y[j], 2e-4 * y[j])
            checks.append((found.jacobian[me, :, j], *slopes, f))
        for ours, theirs, sure, value in checks:
            # differences of a large number are no better than its rounding
            sure &= np.abs(value) < 1e4
            trusted += sure.sum()
            np.testing.assert_allclose(ours[sure], theirs[sure], rtol=1e-3, atol=1e-4)
    assert trusted > 100


# ------------------------------------------------------------------------------------------ corners of the language


@pytest.mark.parametrize("text", ["x**16", "x**(-16)", "x**12 * x**5", "x**13 / y**11", "x**9 * x**9 * x**9"])
def test_high_whole_powers(text):
    made = system([(text, "", "x", "1")], ["x"])
    points = np.full((LANES, 3), 1.1)
    found = evaluated(made, list(NUMBERS.values()), points)
    np.testing.assert_allclose(found.rhs[:, 0], 0.8 * eval(text, {"x": 1.1, "y": 1.1}), rtol=1e-13)  # noqa: S307


@pytest.mark.parametrize("text", ["x / 0", "x * 0**(-1)", "0 / 0", "1 / (x - x)"])
def test_a_division_by_nothing_is_refused(text):
    with pytest.raises(ModelError, match="divides by 0, whatever the values are"):
        system_kernel(system([(text, "", "x", "1")], ["x"]), ("o0",))


@pytest.mark.parametrize("text", ["x * (1e299 * 1e299)", "x * (9007199254740991**16)**16"])
def test_numbers_beyond_double_precision_are_refused(text):
    with pytest.raises(ModelError, match="multiply to more than 1e308"):
        system_kernel(system([(text, "", "x", "1")], ["x"]), ("o0",))


@pytest.mark.parametrize(("steepness", "half"), [(2.0, 3.0), (0.5, 3.0), (0.0, 3.0), (-2.0, 3.0), (2.0, 0.0), (0.5, 0.0)])
def test_guards_are_the_same_in_all_three_ways(steepness, half):
    """Lanes, single subjects and NumPy; where one has no number the others have none."""
    texts = ["hill(x, n, m)", "x**n", "x**0.5", "x**(-n)", "max(log(x), 0)", "max(0, log(x))", "min(sqrt(x), 1)"]
    texts += ["min(1, sqrt(x))", "hill(log(x), 2, 1)", "log(x)**0.5", "abs(x)", "log1p(x)", "x**(-2)"]
    made = system([("x * y", "", "x", "1")], texts)
    points = np.ones((LANES, 3))
    points[:, 0] = [0.0, 1.0, -1.0, 1e300, 5.0, 700.0, -1e-13, 1e-200]
    numbers = list((NUMBERS | {"n": steepness, "m": half}).values())
    found = evaluated(made, numbers, points)
    with np.errstate(all="ignore"):
        expected = output_function(made, [o.name for o in made.outputs])(TIME, *points.T, *numbers, ON)
    for k, text in enumerate(texts):
        np.testing.assert_allclose(found.outputs[:, k], expected[k], rtol=1e-12, err_msg=text)
        np.testing.assert_allclose(found.one[:, k], expected[k], rtol=1e-12, err_msg=text)
    single = compile_system(system([(texts[0], "", "x", "1")], ["x"])).make_rhs(numbers, [ON], None)
    ours = [single(TIME, y)[0] for y in points.tolist()]
    np.testing.assert_allclose(ours, 0.8 * np.asarray(expected[0]), rtol=1e-12)


def test_a_negative_half_point_has_no_number():
    """It would otherwise count as 0 and switch the term on."""
    made = system([("x * y", "", "x", "1")], ["hill(x, 2, m)"])
    found = evaluated(made, list((NUMBERS | {"m": -1.0}).values()), np.ones((LANES, 3)))
    assert np.isnan(found.outputs).all() and np.isnan(found.one).all()


def test_any_name_can_be_a_quantity():
    """Names that the written code uses itself."""
    names = ("rhs", "f", "p0", "y0", "q0", "w", "t", "lanes", "one", "load", "store", "power_2", "make_rhs")
    made = system([("x * y * " + " * ".join(names), "", "x", "1")], ["x * rhs"], numbers=names)
    values = [0.8, 1.0, *np.linspace(1.0, 2.0, len(names))]
    expected = 0.8 * np.prod(values[2:])
    np.testing.assert_allclose(evaluated(made, values, np.ones((LANES, 3))).rhs[:, 0], expected)
    np.testing.assert_allclose(compile_system(made).make_rhs(values, [ON], None)(TIME, [1.0] * 3)[0], expected)


def test_a_square_root_can_start_from_nothing():
    """The slope of sqrt at 0 is infinite, which a Jacobian cannot hold."""
    found = evaluated(system([("sqrt(x)", "", "x", "1")], ["x"]), list(NUMBERS.values()), np.zeros((LANES, 3)))
    assert (found.jacobian == 0).all()
