"""Units as people write them in files, read into the closed list of `core.units`; `10^6 cells`, `10^9/L` and
`copies/100 ng` by exact factors."""

import re
from dataclasses import dataclass
from fractions import Fraction

from livingdrug.core.errors import UnitError
from livingdrug.core.units import AMOUNT, MASS, TIME_WORDS, measures, parse_unit, unit_text, word_of

_SPELLINGS = {
    "copies/ug": "copies/ugdna copies/uggdna copies/uggenomicdna vectorcopies/ug transgenecopies/ug "
    "copiesperugdna copies/ugofdna copies_ug copies/ug.dna",
    "cells/uL": "/ul cells_ul",
    "cells/mL": "/ml cells_ml",
    "copies/uL": "copies_ul",
    "copies/mL": "copies_ml",
    "cells": "carcells car+cells viablecells",
    "cells/kg": "/kg cells_kg",
    "d": "d.",
    "h": "h.",
    "1": "none dimensionless",
}
_SUPER = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789")
_RAISED = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
# 10^6, 10**6, 10*6 (UCUM), 1e6, million; not 10E6, which people write for 10^6 and computers read as 10^7
_POWER = re.compile(
    r"(?:[x*]\s*)?\(?\s*[x*]?\s*(?<![0-9.])(?:10\s*(?:\^|\*{1,2})\s*\(?([0-9]{1,2})\)?|1(?:\.0*)?e\+?([0-9]{1,2})"
    r"|\b(thousand|million|billion)\b|^(k)(?=\s*/))(?![0-9.])\s*\)?\s*[x*]?\s*"
)
_WORDS = {"thousand": 3, "million": 6, "billion": 9, "k": 3}
_CELLS = re.compile(
    r"(?:(?:viable|transduced|autologous|total) )*(?:car(?:[ -]?(?:t|\+|pos|positive))?[ +-]*)?(?:viable )?(?:t[ -]?)?cells?"
    r"|car[ -]?t"
)
_COPIES = re.compile(r"(?:(?:transgene|vector|gene|car) )?(?:copies|copy)")
_DNA = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)?\s*(ug|mcg|ng|microgram|nanogram)s?(?:[ .]*(?:of )?(?:genomic ?|g)?dna)?"
)
_VOLUMES = {
    **dict.fromkeys(
        ("ul", "mcl", "mm3", "mm^3", "cmm", "microliter", "microlitre"), ("cells/uL", Fraction(1))
    ),
    **dict.fromkeys(("l", "liter", "litre"), ("cells/uL", Fraction(1, 10**6))),
    **dict.fromkeys(("ml", "cm3", "cm^3", "milliliter", "millilitre"), ("cells/mL", Fraction(1))),
    "dl": ("cells/mL", Fraction(1, 100)),
    "kg": ("cells/kg", Fraction(1)),
}
_KNOWN = {word: unit for unit, text in _SPELLINGS.items() for word in text.split()}
# levels of cells and copies are compared with published ones, which are in these
_COUNTED = {"cells", "copies", "ug", "kg", "uL", "mL", "d", "h"}
_DOSED = ({"cells": 1}, {"copies": 1}, {MASS: 1}, {AMOUNT: 1})


def read_unit(text: str) -> str | None:
    """The unit of the closed list that a text stands for, or None.

    Both micro signs, upper and lower case (but of nM and the like), `per` and usual spellings are read;
    nothing is converted.

    Parameters
    ----------
    text : str
        As a user or a file writes it.

    Returns
    -------
    str or None
    """
    plain = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    word = re.sub(r"\s+", "", re.sub(r"\s+per\s+", "/", plain, flags=re.IGNORECASE))
    if word.lower() in _KNOWN:
        return _KNOWN[word.lower()]
    if len(word) == 1 and word not in ("g", "s", "L", "%", "1") and word.lower() not in ("d", "h"):
        return None  # a letter alone may be a sex (M is also a molar unit), a side or a name
    parts = [part if part in ("*", "/", "1") else word_of(part) for part in re.split(r"([*/])", word)]
    try:
        said = [part for part in parts if part]
        dimension = parse_unit("".join(said)) if len(said) == len(parts) else None
    except UnitError:
        return None
    words = {name for name, _ in dimension or ()}
    if dimension is None or (words & {"cells", "copies"} and not words <= _COUNTED):
        return None
    return unit_text(dimension)


def known_units() -> str:
    """What a file's values may be in, in print."""
    return (
        "copies/ug, copies/uL, copies/mL, cells/uL, cells/mL, cells, cells/kg, %, 1, or a mass or an amount "
        "of substance per volume, such as ng/mL, mg/L or nmol/L"
    )


def is_time(unit: str | None) -> bool:
    """Whether this is a unit of time."""
    return unit in TIME_WORDS


def is_dose(unit: str | None) -> bool:
    """Whether a dose can be in this unit: cells, copies, a mass or an amount of substance, or one of them per
    kg."""
    return unit is not None and measures(parse_unit(unit.removesuffix("/kg"))) in _DOSED


@dataclass(frozen=True)
class Scaled:
    """A unit of the closed list, and how many of it one of the file's unit is."""

    unit: str
    factor: Fraction = Fraction(1)


def read_scaled(text: str) -> Scaled | None:
    """The unit and the exact factor that a text stands for, None where it cannot be told."""
    known = read_unit(text)
    if known is not None:
        return Scaled(known)
    plain = (
        text.strip()
        .replace("\u00b5", "u")
        .replace("\u03bc", "u")
        .replace("\u00d7", "x")
        .replace("\u00b7", "*")
    )
    plain = _RAISED.sub(lambda found: "^" + found.group().translate(_SUPER), plain).lower()
    plain = re.sub(r"\s+per\s+", "/", plain)
    found = list(_POWER.finditer(plain))
    factor = Fraction(1)
    if len(found) > 1 or (found and plain[: found[0].start()].rstrip().endswith("/")):
        return None
    if found:
        digits = found[0].group(1) or found[0].group(2) or _WORDS[found[0].group(3) or found[0].group(4)]
        factor = Fraction(10) ** int(digits)
        plain = f"{plain[: found[0].start()].rstrip()} {plain[found[0].end() :].lstrip()}".strip()
    base = _base(re.sub(r"\s+", " ", re.sub(r"\s*/\s*", "/", plain)), bool(found))
    return base and Scaled(base.unit, base.factor * factor)


def _base(plain: str, counted: bool) -> Scaled | None:
    """A unit without its power of ten; counted: whether it had one (`10^9/L` counts cells, as `/uL` does)."""
    above, mark, below = plain.partition("/")
    above = above.strip()
    if not mark:
        return Scaled("cells") if _CELLS.fullmatch(above) else None
    if _CELLS.fullmatch(above) or (not above and (counted or below in ("mm^3", "cm^3"))):
        unit, factor = _VOLUMES.get(below.strip(), ("", Fraction(1)))
        return Scaled(unit, factor) if unit else None
    dna = _DNA.fullmatch(below.strip())
    if not _COPIES.fullmatch(above) or not dna or Fraction(dna.group(1) or 1) == 0:
        return None
    size = Fraction(dna.group(1) or 1) * (Fraction(1, 1000) if dna.group(2).startswith("n") else 1)
    return Scaled("copies/ug", 1 / size)
