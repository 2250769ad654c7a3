"""Units of an SBML file in the closed list of words, where that has one of exactly this size."""

from fractions import Fraction

from livingdrug.core.units import UNITS, unit_text

# kind of SBML -> (word that measures it, its size in one of the kind)
_KINDS = {"mole": "mol", "gram": "g", "kilogram": "kg", "litre": "L", "liter": "L", "second": "s"}
_DEFAULT = {
    "substance": "mole",
    "volume": "litre",
    "time": "second",
}  # of level 2, where a file does not say otherwise


def unit_of_id(model, given: str) -> str | None:
    """The unit text of a unit id, None where it has no counterpart (or none is stated)."""
    if not given:
        return None
    definition = model.getUnitDefinition(given)
    if definition is not None:
        return _of_definition(definition)
    kind = _DEFAULT.get(given) if model.getLevel() == 2 else None
    return _word(kind or given, 0, 1.0) if (kind or given) != "dimensionless" else "1"


def _of_definition(definition) -> str | None:
    import libsbml

    powers: dict[str, Fraction] = {}
    for i in range(definition.getNumUnits()):
        unit = definition.getUnit(i)
        kind, exponent = (
            libsbml.UnitKind_toString(unit.getKind()),
            Fraction(unit.getExponentAsDouble()).limit_denominator(64),
        )
        if exponent == 0:
            continue
        if kind == "dimensionless":
            if unit.getMultiplier() != 1 or unit.getScale() != 0:
                return None
            continue
        word = _word(kind, unit.getScale(), unit.getMultiplier())
        if word is None or exponent.denominator != 1:
            return None
        powers[word] = powers.get(word, Fraction(0)) + exponent
    return unit_text(tuple((word, powers[word]) for word in UNITS if powers.get(word)))


def _word(kind: str, scale: int, multiplier: float) -> str | None:
    """The word of exactly this size."""
    base = _KINDS.get(kind)
    if base is None:
        return None
    size = UNITS[base].size * Fraction(10) ** scale * Fraction(multiplier).limit_denominator(10**9)
    found = [
        word for word, unit in UNITS.items() if unit.measure == UNITS[base].measure and unit.size == size
    ]
    return found[0] if found else None
