"""Formulas in infix, as tables beside an SBML model write them."""

from collections.abc import Mapping

from livingdrug.core.errors import InputError, printable
from livingdrug.standards.sbml import mathml
from livingdrug.standards.sbml.elements import plain

MAX_FORMULA = 5_000


def formula_text(formula: str, known: Mapping[str, str], where: str) -> str:
    """The formula in the expression language; known: name -> text; `log` is natural, `^` and `**` are powers.

    Raises InputError, which names `where`, for what cannot be read or is not supported.
    """
    import libsbml

    if len(formula) > MAX_FORMULA:
        raise InputError(f"{where}: a formula of {len(formula):,} characters is too long")
    settings = libsbml.L3ParserSettings()
    settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_LN)
    node = libsbml.parseL3FormulaWithSettings(formula.replace("**", "^"), settings)
    if node is None:
        problem = " ".join(libsbml.getLastParseL3Error().split())
        raise InputError(
            f"{where}: the formula `{printable(formula)[:80]}` cannot be read ({printable(problem)[:200]})"
        )
    return plain(mathml.text_of(node, mathml.Names(known), where))
