"""Many numbers as text at once: the very texts of `repr`, in a tenth of its time for each.

A float is written with the fewest digits that read back to the same number, and of those the nearest ones (R.
Giulietti, The Schubfach way to render doubles, 2020), on whole arrays. Texts stand in rows of bytes, each
with where it begins and ends.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

DIGITS = 17  # that a float has at most
WIDTH = 25  # of the longest text of a float or an integer, such as -1.2345678901234567e-308
_FRACTION, _HIDDEN = (1 << 52) - 1, 1 << 52
_LOW = 0xFFFFFFFF
_TEN = tuple(10**n for n in range(20))
_ZERO, _POINT, _MINUS, _PLUS = b"0.-+"


@dataclass(frozen=True)
class Texts:
    """n texts: bytes (n, w), of which those from `begin` to `end`, each (n,), are the text."""

    bytes: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    @property
    def width(self) -> int:
        """Bytes that the longest text takes."""
        return int(self.end.max(initial=0))


def float_texts(values: np.ndarray) -> Texts:
    """`repr` of every float, shape (n,); nothing for one that is missing (nan)."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    bits = values.view(np.uint64)
    field = (bits >> 52) & 0x7FF
    plain = (field > 0) & (field < 0x7FF)
    digits, power = _shortest(np.where(plain, bits & ~np.uint64(1 << 63), np.uint64(0x3FF << 52)))
    made = _placed(digits, power)
    negative = (bits >> 63).astype(np.int32)
    made.bytes[:, 0] = _MINUS
    begin, end = 1 - negative, made.end
    for i in np.flatnonzero(~plain & (values != 0)).tolist():
        text = repr(float(values[i])).encode() if values[i] == values[i] else b""
        made.bytes[i, : len(text)] = np.frombuffer(text, dtype=np.uint8)
        begin[i], end[i] = 0, len(text)
    zero = np.flatnonzero(values == 0)
    made.bytes[zero, 1:4] = (_ZERO, _POINT, _ZERO)
    end[zero] = 4
    return Texts(made.bytes, begin, end)


def int_texts(values: np.ndarray) -> Texts:
    """`str` of every integer, shape (n,), each below 10^17 in size."""
    size = np.abs(values.astype(np.int64))
    rows = np.empty((len(values), WIDTH), dtype=np.uint8)
    rows[:, 1 : DIGITS + 1] = _digit_bytes(size.astype(np.uint64))
    begin = np.full(len(values), DIGITS, dtype=np.int32)
    for ten in _TEN[1:DIGITS]:
        begin -= size >= ten
    negative = np.flatnonzero(values < 0)
    begin[negative] -= 1
    rows[negative, begin[negative]] = _MINUS
    return Texts(rows, begin, np.full(len(values), DIGITS + 1, dtype=np.int32))


@lru_cache(maxsize=1)
def _powers() -> tuple[np.ndarray, ...]:
    """By the exponent's bits, and beyond 2048 for a number whose lower neighbour is nearer than its upper
    one: the power of ten k of the last digit, by how many bits the number is shifted, and 10^-k as 128
    bits (the upper 64, the lower 64)."""
    q = np.arange(2048) - 1075
    k = np.concatenate([(q * 1262611) >> 22, (q * 1262611 - 524031) >> 22])
    least, most = int((-k).min()), int((-k).max())
    tens = [_top_bits(n) for n in range(least, most + 1)]
    upper, lower = (np.array(part, dtype=np.uint64)[-k - least] for part in zip(*tens, strict=True))
    shift = np.tile(q, 2) + ((-k * 1741647) >> 19) + 1
    return k, shift.astype(np.uint64), upper, lower


def _top_bits(n: int) -> tuple[int, int]:
    """The first 128 bits of 10^n, rounded up, in two halves."""
    top = 10 ** abs(n)
    bits = top.bit_length()
    if n >= 0:
        made = top << (128 - bits) if bits <= 128 else -(-top >> (bits - 128))
    else:
        made = -(-(1 << (bits + 127)) // top)
    return made >> 64, made & ((1 << 64) - 1)


def _shortest(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(digits as an integer, power of ten that they count) of normal positive floats."""
    fraction, field = bits & _FRACTION, (bits >> 52).astype(np.int64)
    nearer = (fraction == 0) & (field > 1)
    powers, shifts, upper, lower = _powers()
    at = field + 2048 * nearer
    k, shift, upper, lower = powers[at], shifts[at], upper[at], lower[at]
    whole = fraction | _HIDDEN
    odd, four = whole & 1, whole << 2
    least = _scaled(four - 2 + nearer, shift, upper, lower) + odd
    middle = _scaled(four, shift, upper, lower)
    most = _scaled(four + 2, shift, upper, lower) - odd
    low = middle >> 2
    short = low // 10
    forty = short * 40
    down, up = least <= forty, forty + 40 <= most
    fewer = down != up
    down_by_one, up_by_one = least <= low << 2, (low << 2) + 4 <= most
    half = (low << 2) + 2
    nearest = (middle > half) | ((middle == half) & ((low & 1) == 1))
    rounded = low + np.where(down_by_one != up_by_one, up_by_one, nearest)
    return np.where(fewer, short + up, rounded), k + fewer


def _scaled(number: np.ndarray, shift: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """number * 2^shift * (upper, lower) / 2^128, its last bit set where something was cut off."""
    number = number << shift
    a0, a1 = number & _LOW, number >> 32
    carried = _high(a0, a1, lower)
    below = number * upper + carried
    return (_high(a0, a1, upper) + (below < carried)) | (below > 1)


def _high(a0: np.ndarray, a1: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The upper 64 bits of a product; a in two halves."""
    b0, b1 = b & _LOW, b >> 32
    cross = a1 * b0 + ((a0 * b0) >> 32)
    other = a0 * b1 + (cross & _LOW)
    return a1 * b1 + (cross >> 32) + (other >> 32)


# the signs that the text of a float is made of, by where they stand beside each other: 17 digits, and these
_SIGNS = np.frombuffer(b"0.e+000", dtype=np.uint8)
_Z, _P, _X, _SIGN, _HUNDREDS, _TENS, _ONES = range(DIGITS, DIGITS + 7)
_ALL = DIGITS + 7


@lru_cache(maxsize=1)
def _layouts() -> tuple[np.ndarray, np.ndarray]:
    """Which sign stands where from the second byte on: for exponents -4 to 15, then for 1 to 17 digits
    with an exponent of two digits, of three; and how long these last are."""
    each = list(range(DIGITS))
    made = [[_Z, _P, *[_Z] * (-e - 1), *each] for e in range(-4, 0)]
    made += [[*each[: e + 1], _P, *each[e + 1 :]] for e in range(16)]
    for count in range(1, DIGITS + 1):
        front = [0, _P, *each[1:count]] if count > 1 else [0]
        made += [[*front, _X, _SIGN, *ending] for ending in ([_TENS, _ONES], [_HUNDREDS, _TENS, _ONES])]
    rows = [[0, *signs, *[0] * (WIDTH - 1 - len(signs))] for signs in made]
    return np.array(rows, dtype=np.intp), np.array([len(signs) for signs in made])


def _placed(digits: np.ndarray, power: np.ndarray) -> Texts:
    """Digits with their point or exponent where `repr` puts them, from the second byte on."""
    exponent = power + DIGITS - 1  # of the first digit, once there are 17 of them
    for _ in range(2):
        few = digits < _TEN[DIGITS - 1]
        digits = np.where(few, digits * 10, digits)
        exponent = exponent - few
    count = DIGITS - _trailing_zeros(digits)
    signs = np.empty((len(digits), _ALL), dtype=np.uint8)
    signs[:, :DIGITS] = _digit_bytes(digits)
    signs[:, DIGITS:] = _SIGNS
    far = (exponent < -4) | (exponent > 15)
    size = np.abs(exponent)
    if far.any():
        signs[:, _SIGN] = np.where(exponent < 0, _MINUS, _PLUS)
        for column, ten in ((_HUNDREDS, 100), (_TENS, 10), (_ONES, 1)):
            signs[:, column] = _ZERO + size // ten % 10
    layouts, length = _layouts()
    at = np.where(far, 18 + 2 * count + (size >= 100), exponent + 4)
    from_each = layouts.take(at, axis=0)
    from_each += np.arange(0, signs.size, _ALL)[:, None]
    end = np.where(exponent < 0, count + 1 - exponent, np.maximum(count, exponent + 2) + 1)
    end = np.where(far, length.take(at), end) + 1
    return Texts(signs.ravel().take(from_each), np.ones(len(digits), dtype=np.int32), end.astype(np.int32))


@lru_cache(maxsize=1)
def _fours() -> tuple[np.ndarray, np.ndarray]:
    """Four digits of 0 to 9999 as the bytes of one word each, and how many of them are zeros at the end."""
    numbers = np.arange(10_000)
    words = np.array([numbers // 1000, numbers // 100 % 10, numbers // 10 % 10, numbers % 10]).T + _ZERO
    zeros = np.asarray(np.sum([numbers % ten == 0 for ten in _TEN[1:5]], axis=0, dtype=np.int32))
    return np.ascontiguousarray(words, dtype=np.uint8).view(np.uint32).ravel(), zeros


def _parts(digits: np.ndarray) -> list[np.ndarray]:
    """17 digits as four times four, and the last."""
    first = digits // _TEN[9]
    rest = digits - first * _TEN[9]
    second = rest // 10
    return [
        *(part for pair in (first, second) for part in (pair // 10_000, pair % 10_000)),
        rest - second * 10,
    ]


def _digit_bytes(digits: np.ndarray) -> np.ndarray:
    """17 digits, those in front zeros where there are fewer, shape (n, 17)."""
    *fours, last = _parts(digits)
    words = np.empty((len(digits), 5), dtype=np.uint32)
    for j, part in enumerate(fours):
        words[:, j] = _fours()[0][part]
    made = words.view(np.uint8)
    made[:, 16] = last + _ZERO
    return made[:, :DIGITS]


def _trailing_zeros(digits: np.ndarray) -> np.ndarray:
    """How many of 17 digits at the end are zeros."""
    *fours, last = _parts(digits)
    zeros = np.zeros(len(digits), dtype=np.int32)
    for j, part in enumerate(fours):
        ending = _fours()[1][part]
        zeros = np.where(ending == 4, zeros + 4, ending) if j else ending
    return np.where(last == 0, zeros + 1, 0)
