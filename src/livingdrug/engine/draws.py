"""Normal numbers keyed by (seed, purpose, subject), compiled: the streams of `core.random`, many at a time.

A stream is Philox 4x64 with ten rounds (Salmon et al. 2011, SC11, doi:10.1145/2063384.2063405): four words for each
count of its counter, so the word of a subject is found without the words before it. Words become normal numbers by
the inverse of the normal distribution (Wichura 1988, Appl Stat 37:477-484, algorithm AS 241, exact to 1e-16).
"""

from collections.abc import Sequence

import numpy as np
from llvmlite import ir
from numba import types, uint64
from numba.extending import intrinsic
from numpy.typing import ArrayLike

from livingdrug.core.random import stream_key
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.engine.codegen.vector_functions import natural_log
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vectors import LANES, any_above, choose, exponential, fill, load, root, store

MULTIPLIER_0, MULTIPLIER_1 = uint64(0xD2E7470EE14C6C93), uint64(0xCA5A826395121157)
WEYL_0, WEYL_1 = uint64(0x9E3779B97F4A7C15), uint64(0xBB67AE8584CAA73B)
ROUNDS = 10
CHUNK = 1024  # numbers made at a time: they stay in the fastest memory

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
def _product(typing, a, b):
    """Upper and lower 64 bits of a product."""

    def generate(context, builder, sig, args):
        wide = ir.IntType(128)
        whole = builder.mul(*(builder.zext(value, wide) for value in args))
        halves = builder.lshr(whole, wide(64)), whole
        parts = [builder.trunc(half, ir.IntType(64)) for half in halves]
        return context.make_tuple(builder, sig.return_type, parts)

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate


@compiled
def _ratio(above, below, r):
    p, q = fill(above[7]), fill(below[7])
    for k in range(6, -1, -1):
        p, q = p * r + above[k], q * r + below[k]
    return p / q


@compiled
def _tail(p):
    """Normal quantile outside the central part."""
    r = root(-natural_log(choose(p, 1.0 - p, p, 1.0 - p)))
    z = _ratio(C, D, r - 1.6)
    if any_above(r, fill(5.0)):
        z = choose(r, fill(5.0), z, _ratio(E, F, r - 5.0))
    return choose(fill(0.5), p, z, -z)


@compiled
def _words(key_0, key_1, step, count, words):
    """Words of a stream from a count of its counter on; four for each."""
    for block in range(count // 4):
        c0, c1, c2, c3 = uint64(step + block), uint64(0), uint64(0), uint64(0)
        k0, k1 = key_0, key_1
        for _ in range(ROUNDS):
            (high_0, low_0), (high_1, low_1) = _product(MULTIPLIER_0, c0), _product(MULTIPLIER_1, c2)
            c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
            k0, k1 = k0 + WEYL_0, k1 + WEYL_1
        at = 4 * block
        words[at], words[at + 1], words[at + 2], words[at + 3] = c0, c1, c2, c3


@compiled
def _normals_into(key_0, key_1, first, count, out, at, words, outside, tails):
    """Normal numbers of `count` subjects from `first` on into a flat array from `at` on; count: of whole lanes
    and at most CHUNK, as long as the other arrays are; first: a multiple of 4."""
    # the counter is advanced before its first use, as NumPy's generator does
    _words(key_0, key_1, first // 4 + 1, count, words)
    for i in range(count):
        # the middle of one of 2^53 equal parts of (0, 1)
        out[at + i] = (float(words[i] >> uint64(11)) + 0.5) * 2.0**-53
    many = 0
    for i in range(count):
        # written whether it is outside or not: a branch that nobody can foresee costs more
        outside[many] = i
        many += 1 if abs(out[at + i] - 0.5) > CENTRAL else 0
    for j in range(many):
        tails[j] = out[at + outside[j]]
    for j in range(0, many, LANES):
        store(tails, j, _tail(load(tails, j)))
    for i in range(at, at + count, LANES):
        q = load(out, i) - 0.5
        store(out, i, q * _ratio(A, B, 0.180625 - q * q))
    for j in range(many):
        out[at + outside[j]] = tails[j]


@kept
def _fill_normals(keys, first, out):
    words, outside = np.empty(CHUNK, dtype=np.uint64), np.empty(CHUNK, dtype=np.int64)
    tails = np.full(CHUNK, 0.5)
    flat, width = out.reshape(-1), out.shape[1]
    for row in range(len(out)):
        for start in range(0, width, CHUNK):
            count, at = min(CHUNK, width - start), row * width + start
            _normals_into(keys[row, 0], keys[row, 1], first + start, count, flat, at, words, outside, tails)


@kept
def _fill_lognormals(keys, first, out, median, sd, highest):
    words, outside = np.empty(CHUNK, dtype=np.uint64), np.empty(CHUNK, dtype=np.int64)
    tails = np.full(CHUNK, 0.5)
    flat, width = out.reshape(-1), out.shape[1]
    for row in range(len(out)):
        for start in range(0, width, CHUNK):
            count, at = min(CHUNK, width - start), row * width + start
            _normals_into(keys[row, 0], keys[row, 1], first + start, count, flat, at, words, outside, tails)
            for i in range(at, at + count, LANES):
                value = median[row] * exponential(sd[row] * load(flat, i))
                store(flat, i, choose(value, fill(highest[row]), value, fill(highest[row])))


def _room(seed: int, purposes: Sequence[str], first: int, count: int) -> tuple[np.ndarray, int, np.ndarray]:
    """Keys of the streams, the subject at which a count of their counters begins, and room from there on."""
    begin = first - first % 4
    keys = np.array([stream_key(seed, purpose) for purpose in purposes], dtype=np.uint64)
    return keys, begin, np.empty((len(purposes), -(-(first - begin + count) // LANES) * LANES))


def lognormals(
    seed: int,
    purposes: Sequence[str],
    first: int,
    count: int,
    median: ArrayLike,
    sd: ArrayLike,
    highest: ArrayLike,
) -> np.ndarray:
    """median exp(sd z) of subjects `first` ... `first + count - 1`, at most `highest`; z as in `normals`.

    Parameters
    ----------
    seed : int
        Of the random streams.
    purposes : sequence of str
        Names of the streams, one for each quantity.
    first : int
        Position of the first subject, from 0.
    count : int
        Number of subjects.
    median : array_like of float
        Of each quantity, or of all.
    sd : array_like of float
        Of the logarithm of each, or of all.
    highest : array_like of float
        Larger ones are cut there; of each, or of all.

    Returns
    -------
    ndarray
        Shape (quantities, count).
    """
    keys, begin, out = _room(seed, purposes, first, count)
    median, sd, highest = (
        np.broadcast_to(np.asarray(given, dtype=float), len(purposes)).copy()
        for given in (median, sd, highest)
    )
    _fill_lognormals(keys, begin, out, median, sd, highest)
    return out[:, first - begin : first - begin + count]


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
    keys, begin, out = _room(seed, (purpose,), first, count)
    _fill_normals(keys, begin, out)
    return out[0, first - begin : first - begin + count]
