"""Normal numbers keyed by (seed, purpose, subject), compiled: the streams of `core.random`, many at a time.

A stream is Philox 4x64 with ten rounds (Salmon et al. 2011, SC11, doi:10.1145/2063384.2063405): four words for each
count of its counter, so the word of a subject is found without the words before it. Words become normal numbers by
the inverse of the normal distribution (Wichura 1988, Appl Stat 37:477-484, algorithm AS 241, exact to 1e-16).
"""

import math

import numpy as np
from llvmlite import ir
from numba import types, uint64
from numba.extending import intrinsic

from livingdrug.core.random import stream_key
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_math import compiled, exp, log

MULTIPLIER_0, MULTIPLIER_1 = uint64(0xD2E7470EE14C6C93), uint64(0xCA5A826395121157)
WEYL_0, WEYL_1 = uint64(0x9E3779B97F4A7C15), uint64(0xBB67AE8584CAA73B)
ROUNDS = 10

CENTRAL = 0.425  # |p - 1/2| up to which one ratio of polynomials serves
A = (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3)  # fmt: skip
B = (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3)  # fmt: skip
C = (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4)  # fmt: skip
D = (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9)  # fmt: skip
E = (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7)  # fmt: skip
F = (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15)  # fmt: skip


@intrinsic
def _high_word(typing, a, b):
    """Upper 64 bits of a product."""

    def generate(context, builder, sig, args):
        wide = [builder.zext(value, ir.IntType(128)) for value in args]
        return builder.trunc(builder.lshr(builder.mul(*wide), ir.IntType(128)(64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@compiled
def _ratio(above, below, r):
    p, q = above[7], below[7]
    for k in range(6, -1, -1):
        p, q = p * r + above[k], q * r + below[k]
    return p / q


@compiled
def _tail(p):
    """Normal quantile outside the central part, both of its formulas, so that a loop of it is vectorised."""
    r = math.sqrt(-log(min(p, 1.0 - p)))
    near, far = _ratio(C, D, r - 1.6), _ratio(E, F, r - 5.0)
    z = near if r <= 5.0 else far
    return -z if p < 0.5 else z


@compiled
def _fill_words(key_0, key_1, first, out):
    """Uniform numbers in (0, 1) of subjects `first`, first + 1 ..., first being a multiple of 4."""
    for block in range((len(out) + 3) // 4):
        # the counter is advanced before its first use, as NumPy's generator does
        c0, c1, c2, c3 = uint64(first // 4 + block + 1), uint64(0), uint64(0), uint64(0)
        k0, k1 = key_0, key_1
        for _ in range(ROUNDS):
            high_0, low_0 = _high_word(MULTIPLIER_0, c0), MULTIPLIER_0 * c0
            high_1, low_1 = _high_word(MULTIPLIER_1, c2), MULTIPLIER_1 * c2
            c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
            k0, k1 = k0 + WEYL_0, k1 + WEYL_1
        at = 4 * block
        out[at] = _unit(c0)
        if at + 3 < len(out):
            out[at + 1], out[at + 2], out[at + 3] = _unit(c1), _unit(c2), _unit(c3)
        elif at + 1 < len(out):
            out[at + 1] = _unit(c1)
            if at + 2 < len(out):
                out[at + 2] = _unit(c2)


@compiled
def _unit(word):
    """The middle of one of 2^53 equal parts of (0, 1)."""
    return (float(word >> uint64(11)) + 0.5) * 2.0**-53


@compiled
def _normals_into(key_0, key_1, first, out):
    _fill_words(key_0, key_1, first, out)
    outside = np.empty(len(out), dtype=np.int64)
    count = 0
    for i in range(len(out)):
        if abs(out[i] - 0.5) > CENTRAL:
            outside[count] = i
            count += 1
    tails = np.empty(count)
    for j in range(count):
        tails[j] = out[outside[j]]
    for j in range(count):
        tails[j] = _tail(tails[j])
    for i in range(len(out)):
        q = out[i] - 0.5
        out[i] = q * _ratio(A, B, 0.180625 - q * q)
    for j in range(count):
        out[outside[j]] = tails[j]


@kept
def _fill_normals(key_0, key_1, first, out):
    _normals_into(key_0, key_1, first, out)


@kept
def _fill_lognormals(key_0, key_1, first, out, median, sd, highest):
    _normals_into(key_0, key_1, first, out)
    for i in range(len(out)):
        out[i] = min(median * exp(sd * out[i]), highest)


def lognormals(seed: int, purpose: str, first: int, count: int, median: float, sd: float, highest: float) -> np.ndarray:
    """median exp(sd z) of subjects `first` ... `first + count - 1`, at most `highest`; z as in `normals`.

    Parameters
    ----------
    seed : int
        Of the random streams.
    purpose : str
        Names the stream.
    first : int
        Position of the first subject, from 0.
    count : int
        Number of subjects.
    median : float
        Of the numbers.
    sd : float
        Of their logarithm.
    highest : float
        Larger ones are cut there.

    Returns
    -------
    ndarray
    """
    key_0, key_1 = stream_key(seed, purpose)
    skipped = first % 4
    out = np.empty(skipped + count)
    _fill_lognormals(np.uint64(key_0), np.uint64(key_1), first - skipped, out, float(median), float(sd), float(highest))
    return out[skipped:]


def normals(seed: int, purpose: str, first: int, count: int) -> np.ndarray:
    """Standard normal numbers of subjects `first` ... `first + count - 1`, shape (count,).

    Parameters
    ----------
    seed : int
        Of the random streams.
    purpose : str
        Names the stream.
    first : int
        Position of the first subject, from 0.
    count : int
        Number of subjects.

    Returns
    -------
    ndarray
    """
    key_0, key_1 = stream_key(seed, purpose)
    skipped = first % 4
    out = np.empty(skipped + count)
    _fill_normals(np.uint64(key_0), np.uint64(key_1), first - skipped, out)
    return out[skipped:]
