"""Units as text: one closed list of words and products of them.

Each word is a dimension of its own, so `uL` and `mL`, `d` and `h`, or `copies/ug` and `cells/uL` never turn into
each other silently: what links them is a named, cited number in a model, or nothing.
"""

import re
from fractions import Fraction
from functools import lru_cache

from livingdrug.core.errors import UnitError

WORDS = ("cells", "copies", "d", "h", "kg", "uL", "mL", "ug", "pg", "%")
TIME_WORDS = ("d", "h")

# (word, exponent) pairs in the order of WORDS, zero exponents left out
Dimension = tuple[tuple[str, Fraction], ...]
NONE: Dimension = ()


def _canonical(powers: dict[str, Fraction]) -> Dimension:
    return tuple((w, powers[w]) for w in WORDS if powers.get(w))


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> Dimension:
    """Dimension of a unit text such as `cells/uL`, `1/d`, `d*copies/ug` or `1`.

    Raises UnitError for a word outside the closed list.
    """
    plain = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    parts = re.split(r"([*/])", plain)
    powers: dict[str, Fraction] = {}
    sign = 1
    for i, part in enumerate(parts):
        if i % 2:
            sign = 1 if part == "*" else -1
            continue
        word = part.strip()
        if word == "1":
            continue
        if word not in WORDS:
            raise UnitError(f"unit `{text}`: `{word}` is not a known unit; known: {', '.join(WORDS)} and 1")
        powers[word] = powers.get(word, Fraction(0)) + sign
    return _canonical(powers)


def times(a: Dimension, b: Dimension) -> Dimension:
    """Dimension of a product."""
    powers = dict(a)
    for word, exponent in b:
        powers[word] = powers.get(word, Fraction(0)) + exponent
    return _canonical(powers)


def power(a: Dimension, exponent: Fraction) -> Dimension:
    """Dimension of a power."""
    return _canonical({word: e * exponent for word, e in a})


def over(a: Dimension, b: Dimension) -> Dimension:
    """Dimension of a ratio."""
    return times(a, power(b, Fraction(-1)))


def unit_text(dimension: Dimension) -> str:
    """A unit text that `parse_unit` reads back."""
    above: list[str] = []
    below: list[str] = []
    for word, exponent in dimension:
        if exponent.denominator != 1:
            return " ".join(f"{w}^{e}" for w, e in dimension)
        (above if exponent > 0 else below).extend([word] * abs(int(exponent)))
    return "/".join(["*".join(above) or "1", *below])


def is_rate(text: str) -> bool:
    """Whether a quantity with this unit is a rate: something per time."""
    return any(word in TIME_WORDS and exponent < 0 for word, exponent in parse_unit(text))
