"""Units of an SBML file in the closed list of words, where that has one of exactly this size."""

from fractions import Fraction

from livingdrug.core.errors import UnitError
from livingdrug.core.units import UNITS, parse_unit, unit_text

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
        return _of_name(definition) or _of_definition(definition)
    kind = _DEFAULT.get(given) if model.getLevel() == 2 else None
    return _word(kind or given, 0, 1.0) if (kind or given) != "dimensionless" else "1"


def _of_name(definition) -> str | None:
    """A unit text of ours in the name, where the definition says the same: `cells` and `copies` are items
    there."""
    try:
        wanted = parse_unit(definition.getName()) if definition.getName() else ()
    except UnitError:
        return None
    if not any(word in ("cells", "copies") for word, _ in wanted):
        return None
    powers: dict[str, Fraction] = {}
    for word, exponent in wanted:
        one = "item" if word in ("cells", "copies") else word
        powers[one] = powers.get(one, Fraction(0)) + exponent
    return definition.getName() if powers == _powers(definition) else None


def _of_definition(definition) -> str | None:
    powers = _powers(definition)
    if powers is None or "item" in powers or any(e.denominator != 1 for e in powers.values()):
        return None
    return unit_text(tuple((word, powers[word]) for word in UNITS if powers.get(word)))


def _powers(definition) -> dict[str, Fraction] | None:
    """Word of ours (or `item`) -> exponent, None where some part has no counterpart."""
    import libsbml

    powers: dict[str, Fraction] = {}
    for i in range(definition.getNumUnits()):
        unit = definition.getUnit(i)
        exponent = Fraction(unit.getExponentAsDouble()).limit_denominator(64)
        kind, plain = (
            libsbml.UnitKind_toString(unit.getKind()),
            unit.getMultiplier() == 1 and unit.getScale() == 0,
        )
        if exponent == 0:
            continue
        if kind == "dimensionless" and plain:
            continue
        word = "item" if kind == "item" and plain else _word(kind, unit.getScale(), unit.getMultiplier())
        if word is None:
            return None
        powers[word] = powers.get(word, Fraction(0)) + exponent
    return {word: exponent for word, exponent in powers.items() if exponent}


def _word(kind: str, scale: int, multiplier: float) -> str | None:
    """The word of exactly this size."""
    if kind == "dimensionless":
        return "%" if (scale, multiplier) in ((0, 0.01), (-2, 1.0)) else None
    base = _KINDS.get(kind)
    if base is None:
        return None
    size = UNITS[base].size * Fraction(10) ** scale * Fraction(str(multiplier))
    found = [
        word for word, unit in UNITS.items() if unit.measure == UNITS[base].measure and unit.size == size
    ]
    return found[0] if found else None
