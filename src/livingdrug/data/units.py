"""Units as people write them in files, read into the closed list of `core.units`."""

import re

from livingdrug.core.errors import UnitError
from livingdrug.core.units import AMOUNT, MASS, TIME_WORDS, measures, parse_unit, unit_text, word_of

_SPELLINGS = {
    "copies/ug": "copies/ugdna copies/uggdna copies/uggenomicdna vectorcopies/ug transgenecopies/ug copiesperugdna "
    "copies/ugofdna copies_ug copies/ug.dna",
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
_KNOWN = {word: unit for unit, text in _SPELLINGS.items() for word in text.split()}
# levels of cells and copies are compared with published ones, which are in these
_COUNTED = {"cells", "copies", "ug", "kg", "uL", "mL", "d", "h"}
_DOSED = ({"cells": 1}, {"copies": 1}, {MASS: 1}, {AMOUNT: 1})


def read_unit(text: str) -> str | None:
    """The unit of the closed list that a text stands for, or None.

    Both micro signs, upper and lower case (but of nM and the like), `per` and usual spellings are read; nothing is
    converted.
    """
    plain = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    word = re.sub(r"\s+", "", re.sub(r"\s+per\s+", "/", plain, flags=re.IGNORECASE))
    if word.lower() in _KNOWN:
        return _KNOWN[word.lower()]
    if len(word) == 1 and word not in ("g", "s", "L", "%", "1") and word.lower() not in ("d", "h"):
        return None  # a letter alone may be a sex (M is also a molar unit), a side or a name
    parts = [part if part in ("*", "/", "1") else word_of(part) for part in re.split(r"([*/])", word)]
    try:
        dimension = parse_unit("".join(parts)) if all(parts) else None
    except UnitError:
        return None
    words = {name for name, _ in dimension or ()}
    if dimension is None or (words & {"cells", "copies"} and not words <= _COUNTED):
        return None
    return unit_text(dimension)


def known_units() -> str:
    """What a file's values may be in, in print."""
    return (
        "copies/ug, copies/uL, copies/mL, cells/uL, cells/mL, cells, cells/kg, %, 1, or a mass or an amount of substance "
        "per volume, such as ng/mL, mg/L or nmol/L"
    )


def is_time(unit: str | None) -> bool:
    """Whether this is a unit of time."""
    return unit in TIME_WORDS


def is_dose(unit: str | None) -> bool:
    """Whether a dose can be in this unit: cells, copies, a mass or an amount of substance, or one of them per kg."""
    return unit is not None and measures(parse_unit(unit.removesuffix("/kg"))) in _DOSED
