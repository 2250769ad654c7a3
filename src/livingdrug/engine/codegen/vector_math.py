"""Elementary functions without branches: a loop over them becomes vector instructions.

The compiler that numba ships has no vector math library: its `exp` and `log` are one call per lane. Those here are
polynomials on a reduced argument, exact to a few units in the last place (tests/unit/test_vector_math.py). Nothing is
compiled with `fastmath`: the rounding trick of `exp` depends on the order of its additions, and see `vector_type`.
"""

import math

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from livingdrug.engine.codegen.vector_type import fused

# Whatever a solver calls is inlined into it: a call would keep loops from being vectorised. Nothing in Python calls such a
# function, and entries for that would take half of the compiler's time.
compiled = njit(error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)

SMALLEST = 1e-300  # below this a number counts as 0
NEVER = -1e30  # the logarithm of 0: any positive steepness times this is a switch that is off
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # ln 2 in two parts; the first has 21 spare bits
LOG2_E = 1.4426950408889634
MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number and leaves that number in the low bits
EXP_LOW, EXP_HIGH = -708.0, 709.0  # e^x is 0 below and inf above
MAGIC_BITS = 0x4338000000000000
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
TINY = 2.0**-1022

# Taylor coefficients: on |r| <= ln2 / 2 the first term left out of exp is below 2e-17, and on |s| <= 0.1716 that of
# 2 atanh(s) below 1e-17
EXP_TERMS = tuple(1.0 / math.factorial(k) for k in range(14))
_ATANH = tuple(1.0 / (2 * k + 1) for k in range(12))


@intrinsic
def _bits(typing, x):
    return types.int64(types.float64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.IntType(64))


@intrinsic
def _number(typing, x):
    return types.float64(types.int64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.DoubleType())


def polynomial(name: str, coefficients: tuple[float, ...]):
    """Function of x with these coefficients, by Estrin's scheme: pairs side by side, as one long chain of additions
    would wait for itself."""
    values, lines, power = [repr(c) for c in coefficients], [], "x"
    while len(values) > 1:
        pairs = [f"fused({b}, {power}, {a})" for a, b in zip(values[::2], values[1::2], strict=False)]
        values = pairs + values[2 * len(pairs) :]
        if len(values) > 1:
            lines.append(f"    {power}x = {power} * {power}")
            power += "x"
    scope: dict = {"fused": fused}
    text = "\n".join([f"def {name}(x):", *lines, f"    return {values[0]}", ""])
    exec(text, scope)  # noqa: S102 - the text is written above
    return compiled(scope[name])


_exp_polynomial = polynomial("_exp_polynomial", EXP_TERMS)
atanh_polynomial = polynomial("atanh_polynomial", _ATANH)
expm1_quotient = polynomial("expm1_quotient", EXP_TERMS[1:])


@compiled
def exp(x):
    """e^x; 0 below EXP_LOW, inf above EXP_HIGH."""
    inside = min(max(x, EXP_LOW), EXP_HIGH)
    shifted = fused(inside, LOG2_E, MAGIC)
    k = shifted - MAGIC
    r = fused(k, -LN2_LOW, fused(k, -LN2_HIGH, inside))
    scale = _number((_bits(shifted) << 52) + (1023 << 52))
    value = _exp_polynomial(r) * scale
    value = 0.0 if x < EXP_LOW else value
    return math.inf if x > EXP_HIGH else (value if x == x else x)


@compiled
def log(x):
    """Natural logarithm of a positive number."""
    bits = _bits(x)
    e = (bits - SQRT_HALF_BITS) >> 52
    m = _number(bits - (e << 52))
    k = _number(e + MAGIC_BITS) - MAGIC
    s = (m - 1.0) / (m + 1.0)
    return fused(k, LN2_HIGH, fused(k, LN2_LOW, 2.0 * s * atanh_polynomial(s * s)))


@compiled
def natural_log(x):
    """Natural logarithm as arrays have it: -inf at 0, NaN below."""
    value = log(max(x, TINY))
    value = -math.inf if x == 0.0 else value
    return math.nan if x < 0.0 else (value if x == x else x)


@compiled
def log_or_never(x):
    """ln x, and NEVER for x <= 0: what Hill terms and powers are made of."""
    value = log(max(x, SMALLEST)) if x > SMALLEST else NEVER
    return value if x == x else x


@compiled
def log_of_scale(k):
    """ln k, NEVER / 2 for k = 0, so that a Hill term is 0 at x = 0 and 1 above, and NaN below."""
    value = log(max(k, SMALLEST)) if k > SMALLEST else 0.5 * NEVER
    return value if k >= 0.0 else math.nan


@compiled
def inverse_or_zero(x):
    """1 / x, and 0 for x <= 0: the derivative of `log_or_never`."""
    return 1.0 / max(x, SMALLEST) if x > SMALLEST else 0.0


@compiled
def expit(x):
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exp(-x))


@compiled
def expm1(x):
    """e^x - 1, exact near 0."""
    return expm1_quotient(x) * x if abs(x) < 0.34 else exp(x) - 1.0


@compiled
def log1p(x):
    """ln(1 + x), exact near 0."""
    u = 1.0 + x
    # Kahan's correction: what rounding took from 1 + x is put back as a first-order term
    return natural_log(u) - ((u - 1.0) - x) / u if u > 0.0 else natural_log(u)


@compiled
def tanh(x):
    """Hyperbolic tangent."""
    e = expm1(-2.0 * abs(x))
    t = -e / (e + 2.0)
    return t if x >= 0.0 else -t


@compiled
def expm1_ratio(x):
    """(e^x - 1) / x, 1 at 0: what one linear pool hands to the next."""
    return expm1(x) / x if x != 0.0 else 1.0


@compiled
def sign(x):
    """-1, 0 or 1: the derivative of the absolute value."""
    return (1.0 if x > 0.0 else 0.0) - (1.0 if x < 0.0 else 0.0)


@compiled
def step(x):
    """1 for x > 0, else 0: the derivative of minimum and maximum."""
    return 1.0 if x > 0.0 else 0.0


@compiled
def sqrt(x):
    """Square root."""
    return math.sqrt(x)


@compiled
def absolute(x):
    """|x|."""
    return abs(x)


@compiled
def minimum(x, y):
    """The smaller of two; not a number where one of them is not."""
    return x if x <= y or x != x else y


@compiled
def maximum(x, y):
    """The larger of two; not a number where one of them is not."""
    return x if x >= y or x != x else y


@compiled
def chosen(x, yes, no):
    """`yes` for x > 0, else `no`; not a number where x is not."""
    return yes if x > 0.0 else (no if x <= 0.0 else x)
