"""Elementary functions without branches, so that a loop over lanes becomes vector instructions.

The compiler that numba ships has no vector math library: its `exp` and `log` are one call per lane. Those here are
polynomials on a reduced argument, exact to 4 units in the last place (tests/unit/test_vector_math.py). They are
compiled without reassociation: the rounding trick of `exp` depends on the order of its additions.
"""

import math

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# contraction to fused multiply-add and unsigned zeros only; anything more would change what the code means
FAST = frozenset({"contract", "nsz"})
# a function that is called and not inlined keeps its caller from being vectorised
compiled = njit(error_model="numpy", fastmath=set(FAST), forceinline=True)
inner = njit(error_model="numpy", fastmath=set(FAST))

SMALLEST = 1e-300  # below this a number counts as 0
NEVER = -1e30  # the logarithm of 0: any positive steepness times this is a switch that is off
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # ln 2 in two parts; the first has 21 spare bits
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number and leaves that number in the low bits
_MAGIC_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_TINY = 2.0**-1022

# Taylor coefficients: on |r| <= ln2 / 2 the first term left out of exp is below 2e-17, and on |s| <= 0.1716 that of
# 2 atanh(s) below 1e-17
_EXP = tuple(1.0 / math.factorial(k) for k in range(14))
_ATANH = tuple(1.0 / (2 * k + 1) for k in range(12))


@intrinsic
def _bits(typing, x):
    return types.int64(types.float64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.IntType(64))


@intrinsic
def _number(typing, x):
    return types.float64(types.int64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.DoubleType())


def _horner(coefficients: tuple[float, ...], x: str) -> str:
    text = repr(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        text = f"({text}) * {x} + {c!r}"
    return text


def _from_text(name: str, argument: str, body: str):
    scope: dict = {}
    exec(f"def {name}({argument}):\n    return {body}\n", scope)  # noqa: S102 - the text is written above
    return compiled(scope[name])


_exp_polynomial = _from_text("_exp_polynomial", "r", _horner(_EXP, "r"))
_atanh_polynomial = _from_text("_atanh_polynomial", "z", _horner(_ATANH, "z"))
_expm1_polynomial = _from_text("_expm1_polynomial", "r", f"({_horner(_EXP[1:], 'r')}) * r")


@compiled
def exp(x):
    """e^x; 0 below -708, inf above 709.7."""
    inside = min(max(x, -708.0), 709.0)
    shifted = inside * 1.4426950408889634 + _MAGIC
    k = shifted - _MAGIC
    r = (inside - k * _LN2_HIGH) - k * _LN2_LOW
    scale = _number((_bits(shifted) << 52) + (1023 << 52))
    value = _exp_polynomial(r) * scale
    value = 0.0 if x < -708.0 else value
    return math.inf if x > 709.0 else (value if x == x else x)


@compiled
def log(x):
    """Natural logarithm of a positive number."""
    bits = _bits(x)
    e = (bits - _SQRT_HALF_BITS) >> 52
    m = _number(bits - (e << 52))
    k = _number(e + _MAGIC_BITS) - _MAGIC
    s = (m - 1.0) / (m + 1.0)
    return k * _LN2_HIGH + (2.0 * s * _atanh_polynomial(s * s) + k * _LN2_LOW)


@compiled
def natural_log(x):
    """Natural logarithm as arrays have it: -inf at 0, NaN below."""
    value = log(max(x, _TINY))
    value = -math.inf if x == 0.0 else value
    return math.nan if x < 0.0 else (value if x == x else x)


@compiled
def log_or_never(x):
    """ln x, and NEVER for x <= 0: what Hill terms and powers are made of."""
    return log(max(x, SMALLEST)) if x > SMALLEST else NEVER


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
    return _expm1_polynomial(x) if abs(x) < 0.34 else exp(x) - 1.0


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
