"""Generated functions written as instructions at once: what numba makes of the same text, bit for bit."""

from ctypes import CFUNCTYPE, POINTER, c_double

import numpy as np
import pytest
from numba.core import sigutils
from numba.core.ccallback import CFunc

from livingdrug.engine.codegen.generate import function_text, module_text
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.machine_code import OPTIONS, compiled_module
from livingdrug.engine.codegen.straight_line import straightened

CHAIN = " + ".join(["a"] * 600)  # longer than recursion goes
LINES = {
    "vectors": [
        "a = load(w, 0)", f"b = load(w, {LANES})", "c = -a / b - 2.0 * a + 3.0",
        "d = fused(-a, b, c) + fused(2.5, a, 1.0) - lanes.exp(0.1 * a) * power_3(b)",
        "e = lanes.maximum(a, 0.5) + lanes.log_or_never(b) * lanes.expit(c - a) - lanes.chosen(a, b, c)",
        f"store(w, {2 * LANES}, d * e)", f"store(w, {3 * LANES}, 7.0)", f"store(w, {4 * LANES}, {CHAIN})",
    ],
    "numbers": [
        "a = w[0]", f"b = w[{LANES}]", "c = -a / b - 2.0 * a + 3.0",
        "d = fused(-a, b, c) - one.exp(0.1 * a) * power_3(b) / (a * a)",
        "e = one.minimum(a, 0.5) + one.natural_log(b) * one.expit(c - a) + one.chosen(a, b, c)",
        f"w[{2 * LANES}] = d * e", f"w[{3 * LANES}] = 7.0",
    ],
    "branches": ["a = w[0]", "if a < 0.0:", f"    w[{2 * LANES}] = -a", "else:", f"    w[{2 * LANES}] = a / 0.0"],
    "nothing": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    functions = [function_text(name, "w", lines) for name, lines in LINES.items()]
    path = tmp_path_factory.mktemp("code") / "equations_probe.py"
    return compiled_module(path, "a probe", lambda: module_text("Probe", "probe", "0", functions))


def called(address: int) -> bytes:
    numbers = np.random.default_rng(5).normal(size=5 * LANES)
    numbers[LANES : 2 * LANES] = np.abs(numbers[LANES : 2 * LANES])
    numbers[1], numbers[2] = 0.0, -0.0
    CFUNCTYPE(None, POINTER(c_double))(address)(numbers.ctypes.data_as(POINTER(c_double)))
    return numbers.tobytes()


@pytest.mark.parametrize("name", LINES)
def test_the_numbers_are_those_of_numba(name, module):
    ours = getattr(module, name)
    plain = CFunc(ours._pyfunc, sigutils.normalize_signature("void(CPointer(float64))"), {}, OPTIONS)
    plain.compile()
    assert called(ours.address) == called(plain.address)


def test_what_has_branches_goes_numbas_way(module):
    taken = {name: straightened(getattr(module, name)._pyfunc) is not getattr(module, name)._pyfunc for name in LINES}
    assert taken == {"vectors": True, "numbers": True, "branches": False, "nothing": True}
