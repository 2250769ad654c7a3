"""Units as text: one closed list of words with their exact sizes, and products of them.

Inside a model each word is a dimension of its own, so `uL` and `mL`, `d` and `h`, or `copies/ug` and
`cells/uL` never turn into each other silently: what links them is a named, cited number in a model, or
nothing. Where data meet a model, `conversion` gives the exact factor between two units of one measure, and
None between any others."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from livingdrug.core.errors import UnitError
from livingdrug.core.names import unknown


@dataclass(frozen=True)
class Unit:
    """A word of the list. measure: what it measures; size: in the basic unit of its measure; also: other
    spellings."""

    measure: str
    size: Fraction
    also: tuple[str, ...] = ()


def _unit(measure: str, size: Fraction | int = 1, also: str = "") -> Unit:
    return Unit(measure, Fraction(size), tuple(also.split()))


def _tenth(power: int) -> Fraction:
    return Fraction(1, 10**power)


AMOUNT, MASS, VOLUME, TIME = "amount of substance", "mass", "volume", "time"
UNITS = {
    "cells": _unit("cells", 1, "cell"),
    "copies": _unit("copies", 1, "copy"),
    "mol": _unit(AMOUNT, 1, "mole moles"),
    "mmol": _unit(AMOUNT, _tenth(3), "millimol millimole millimoles"),
    "umol": _unit(AMOUNT, _tenth(6), "micromol micromole micromoles"),
    "nmol": _unit(AMOUNT, _tenth(9), "nanomol nanomole nanomoles"),
    "pmol": _unit(AMOUNT, _tenth(12), "picomol picomole picomoles"),
    "fmol": _unit(AMOUNT, _tenth(15), "femtomol femtomole femtomoles"),
    "kg": _unit(MASS, 1000, "kilogram kilograms"),
    "g": _unit(MASS, 1, "gram grams"),
    "mg": _unit(MASS, _tenth(3), "milligram milligrams"),
    "ug": _unit(MASS, _tenth(6), "mcg microgram micrograms"),
    "ng": _unit(MASS, _tenth(9), "nanogram nanograms"),
    "pg": _unit(MASS, _tenth(12), "picogram picograms"),
    "fg": _unit(MASS, _tenth(15), "femtogram femtograms"),
    "week": _unit(TIME, 7 * 86400, "weeks wk wks"),
    "d": _unit(TIME, 86400, "day days"),
    "h": _unit(TIME, 3600, "hr hrs hour hours"),
    "min": _unit(TIME, 60, "mins minute minutes"),
    "s": _unit(TIME, 1, "sec secs second seconds"),
    "L": _unit(VOLUME, 1, "l liter liters litre litres"),
    "dL": _unit(VOLUME, _tenth(1), "deciliter decilitre"),
    "mL": _unit(VOLUME, _tenth(3), "milliliter millilitre"),
    "uL": _unit(VOLUME, _tenth(6), "mcl microliter microlitre mm3 cmm"),
    "nL": _unit(VOLUME, _tenth(9), "nanoliter nanolitre"),
    "pL": _unit(VOLUME, _tenth(12), "picoliter picolitre"),
    "%": _unit("percent", 1, "percent pct"),
}
WORDS = tuple(UNITS)
# molar units are words for an amount in a litre
MOLAR = {"M": "mol", "mM": "mmol", "uM": "umol", "nM": "nmol", "pM": "pmol", "fM": "fmol"}
TIME_WORDS = tuple(word for word, unit in UNITS.items() if unit.measure == TIME)
UNSURE = {
    "month": "a month has no fixed length",
    "months": "a month has no fixed length",
    "year": "a year has no fixed length",
    "years": "a year has no fixed length",
}

# (word, exponent) pairs in the order of WORDS, zero exponents left out
Dimension = tuple[tuple[str, Fraction], ...]
NONE: Dimension = ()


def _canonical(powers: dict[str, Fraction]) -> Dimension:
    return tuple((w, powers[w]) for w in WORDS if powers.get(w))


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> Dimension:
    """Dimension of a unit text such as `cells/uL`, `1/d`, `nM`, `d*copies/ug` or `1`.

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
        if word not in UNITS and word not in MOLAR:
            raise UnitError(_not_known(text, word))
        for own, exponent in ((MOLAR[word], 1), ("L", -1)) if word in MOLAR else ((word, 1),):
            powers[own] = powers.get(own, Fraction(0)) + sign * exponent
    return _canonical(powers)


def _not_known(text: str, word: str) -> str:
    start = f"unit `{text}`: `{word}` is not a known unit"
    if word.lower() in UNSURE:
        return f"{start}: {UNSURE[word.lower()]}; write d or week"
    meant = word_of(word)
    if meant:
        return f"{start}; write `{meant}`"
    near = unknown("unit", word, [*WORDS, *MOLAR]) if len(word) > 1 else ""
    near = f"; did you mean{near.split('did you mean')[1]}" if "did you mean" in near else ""
    return f"{start}{near}; known: {known_words()}"


def known_words() -> str:
    """The closed list in print."""
    return f"{', '.join(WORDS)}, {', '.join(MOLAR)} and 1"


def _folded() -> dict[str, str]:
    """Spellings in lower case -> word; molar words are left out, as nM and nm are different things."""
    return {text.lower(): word for word, unit in UNITS.items() for text in (word, *unit.also)}


_SPELLINGS = _folded()


def word_of(text: str) -> str | None:
    """The word of the list (a molar one too) that a spelling stands for, or None; molar words keep their
    case."""
    if text in UNITS or text in MOLAR:
        return text
    return _SPELLINGS.get(text.lower())


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


def measures(dimension: Dimension) -> dict[str, Fraction]:
    """What a dimension measures: measure -> exponent, such as {mass: 1, volume: -1}."""
    found: dict[str, Fraction] = {}
    for word, exponent in dimension:
        measure = UNITS[word].measure
        found[measure] = found.get(measure, Fraction(0)) + exponent
    return {measure: exponent for measure, exponent in found.items() if exponent}


def conversion(given: str, wanted: str) -> Fraction | None:
    """The exact number of `wanted` in one `given` (mg/L in ng/mL: 1000), None where they measure different
    things.

    Raises UnitError for a text that is no unit.
    """
    return _ratio(parse_unit(given), parse_unit(wanted))


def in_a_day(unit: str) -> float:
    """How many of a unit of time a day has: 24 for h."""
    return float(factor_between("d", unit))


def factor_between(given: str, wanted: str) -> Fraction:
    """The exact number of `wanted` in one `given`. Raises UnitError where they measure different things."""
    factor = conversion(given, wanted)
    if factor is None:
        raise UnitError(
            f"`{given}` and `{wanted}` measure different things, so one cannot be counted in the other"
        )
    return factor


def _ratio(a: Dimension, b: Dimension) -> Fraction | None:
    if measures(a) != measures(b) or any(e.denominator != 1 for _, e in (*a, *b)):
        return None
    ratio = Fraction(1)
    for word, exponent in over(a, b):
        ratio *= UNITS[word].size ** int(exponent)
    return ratio


def unlike(a: Dimension, b: Dimension) -> str:
    """The end of a sentence that says that two different dimensions disagree: what links them, "" where
    nothing does."""
    ratio = _ratio(a, b)
    if ratio is not None:
        return (
            f" (1 {unit_text(a)} is {ratio} {unit_text(b)}, and a model converts nothing by itself: write it "
            "in one unit)"
        )
    if {MASS, AMOUNT} <= {*measures(a), *measures(b)}:
        return " (only a molar mass links a mass with an amount of substance)"
    return ""
