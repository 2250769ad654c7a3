"""The functions of `vector_math` for LANES numbers at once: what generated lane functions are made of."""

import math
import sys

from livingdrug.engine.codegen.vector_math import (
    LN2_HIGH,
    LN2_LOW,
    NEVER,
    SMALLEST,
    TINY,
    atanh_polynomial,
    compiled,
    expm1_quotient,
)
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import choose, choose_below, exponential, fill, larger, root, size, split

SUBNORMAL = 54  # binary digits by which subnormal numbers are moved to be normal
LARGEST_NUMBER = sys.float_info.max


@compiled
def exp(x):
    """e^x."""
    return exponential(x)


@compiled
def sqrt(x):
    """Square root."""
    return root(x)


@compiled
def absolute(x):
    """|x|."""
    return size(x)


@compiled
def maximum(x, y):
    """The larger of two; not a number where one of them is not."""
    return choose(y, y, choose(x, y, y, x), y)


@compiled
def plain_log(x):
    """Natural logarithm of positive normal numbers."""
    m, k = split(x)
    s = (m - 1.0) / (m + 1.0)
    return fused(k, LN2_HIGH, fused(k, LN2_LOW, 2.0 * s * atanh_polynomial(s * s)))


@compiled
def natural_log(x):
    """Natural logarithm as arrays have it: -inf at 0, NaN below."""
    value = choose(x, fill(0.0), fill(-math.inf), plain_log(larger(x, fill(TINY))))
    return choose(fill(0.0), x, value, fill(math.nan))


@compiled
def logarithm(x):
    """Natural logarithm of positive numbers of any size, subnormal and infinite ones too; what is no number stays so."""
    value = plain_log(choose_below(x, TINY, x * 2.0**SUBNORMAL, x))
    value = value - choose_below(x, TINY, fill(SUBNORMAL * math.log(2.0)), fill(0.0))
    return choose(x, LARGEST_NUMBER, value, x)


@compiled
def log_or_never(x):
    """ln x, and NEVER for x <= 0."""
    value = plain_log(larger(x, fill(SMALLEST)))
    return choose(x, fill(SMALLEST), fill(NEVER), choose(x, fill(math.inf), value, x))


@compiled
def log_of_scale(k):
    """ln k, NEVER / 2 for k = 0, NaN below."""
    value = choose(k, fill(SMALLEST), fill(0.5 * NEVER), plain_log(larger(k, fill(SMALLEST))))
    return choose(fill(0.0), k, value, fill(math.nan))


@compiled
def inverse_or_zero(x):
    """1 / x, and 0 for x <= 0."""
    return choose(x, fill(SMALLEST), fill(0.0), 1.0 / larger(x, fill(SMALLEST)))


@compiled
def expit(x):
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exponential(-x))


@compiled
def expm1(x):
    """e^x - 1, exact near 0."""
    return choose(size(x), fill(0.34), expm1_quotient(x) * x, exponential(x) - 1.0)


@compiled
def expm1_ratio(x):
    """(e^x - 1) / x, 1 at 0."""
    small = size(x)
    safe = choose(small, fill(0.34), fill(1.0), x)
    return choose(small, fill(0.34), expm1_quotient(x), (exponential(x) - 1.0) / safe)


@compiled
def log1p(x):
    """ln(1 + x), exact near 0."""
    u = 1.0 + x
    correction = choose(u, fill(0.0), fill(0.0), ((u - 1.0) - x) / u)
    return natural_log(u) - correction


@compiled
def tanh(x):
    """Hyperbolic tangent."""
    e = expm1(-2.0 * size(x))
    t = -e / (e + 2.0)
    return choose(fill(0.0), x, t, -t)


@compiled
def step(x):
    """1 for x > 0, else 0."""
    return choose(x, fill(0.0), fill(0.0), fill(1.0))


@compiled
def sign(x):
    """-1, 0 or 1."""
    return step(x) - step(-x)


@compiled
def chosen(x, yes, no):
    """`yes` for x > 0, else `no`; not a number where x is not."""
    return choose(x, x, choose(x, fill(0.0), no, yes), x)


@compiled
def minimum(x, y):
    """The smaller of two; not a number where one of them is not."""
    return choose(x, x, choose(x, y, x, y), x)
