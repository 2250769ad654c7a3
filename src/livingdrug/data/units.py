"""Units as people write them in files, read into the closed list of `core.units`."""

import re

from livingdrug.core.errors import UnitError
from livingdrug.core.units import parse_unit, unit_text

CLOSED = ("copies/ug", "copies/uL", "copies/mL", "cells/uL", "cells/mL", "cells", "cells/kg", "pg/mL", "%", "1", "d", "h")
_SPELLINGS = {
    "copies/ug": "copies/ugdna copies/uggdna copies/uggenomicdna copies/mcg copies/microgram copy/ug vectorcopies/ug "
    "transgenecopies/ug copiesperugdna copies/ugofdna copies_ug copies/ug.dna",
    "cells/uL": "cell/ul cells/mcl cells/microliter cells/microlitre cells/mm3 cells/cmm /ul cells_ul",
    "cells/mL": "cell/ml /ml cells/milliliter cells/millilitre cells_ml",
    "copies/uL": "copy/ul copies/microliter copies/mcl copies_ul",
    "copies/mL": "copy/ml copies_ml",
    "cells": "cell carcells car+cells viablecells",
    "cells/kg": "cell/kg /kg cells_kg",
    "pg/mL": "pg/ml",
    "%": "percent pct",
    "d": "day days d.",
    "h": "hr hrs hour hours h.",
    "1": "none dimensionless",
}
_KNOWN = {word: unit for unit, text in _SPELLINGS.items() for word in (unit.lower(), *text.split())}


def read_unit(text: str) -> str | None:
    """The unit of the closed list that a text stands for, or None.

    Both micro signs, upper and lower case, `per` and usual spellings are read; nothing is converted.
    """
    plain = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    word = re.sub(r"\s+", "", re.sub(r"\s+per\s+", "/", plain, flags=re.IGNORECASE)).lower()
    if word in _KNOWN:
        return _KNOWN[word]
    try:
        return unit_text(parse_unit(plain)) if plain else None
    except UnitError:
        return None


def known_units() -> str:
    """The closed list in print."""
    return ", ".join(CLOSED)
