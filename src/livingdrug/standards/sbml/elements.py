"""What elements of an SBML model state, and expressions with parts put in."""

import ast
import math
from collections.abc import Mapping

from livingdrug.core.errors import InputError, ModelError, printable
from livingdrug.core.expressions import parse
from livingdrug.standards.sbml.mathml import MOST_BRACKETED
from livingdrug.standards.sbml.recognise import recognised


def is_species(thing) -> bool:
    import libsbml as s

    return thing.getTypeCode() == s.SBML_SPECIES


def number_of(thing) -> float:
    """The number of a thing as its id means it, NaN where the file states none."""
    import libsbml as s

    kind = thing.getTypeCode()
    if kind == s.SBML_SPECIES:
        return thing.getInitialAmount() if thing.isSetInitialAmount() else thing.getInitialConcentration()
    if kind == s.SBML_COMPARTMENT:
        return thing.getSize() if thing.isSetSize() else math.nan
    if kind == s.SBML_SPECIES_REFERENCE:
        return thing.getStoichiometry()
    return thing.getValue() if thing.isSetValue() else math.nan


def meaning_of(thing, given: str) -> str:
    return printable(" ".join((thing.getName() or given).split()))


def plain(text: str) -> str:
    """The same expression without needless brackets. Raises ModelError for one that is too long."""
    if len(text) > MOST_BRACKETED:
        raise ModelError(f"an expression of {len(text):,} characters is too long to be read")
    short = recognised(ast.unparse(ast.parse(text, mode="eval")))
    parse(short)
    return short


def put_in(text: str, known: Mapping[str, str], numbers: set[str], origin: str) -> str:
    """The expression with everything but numbers replaced by what it stands for. Raises ModelError for one
    that grows too long: each rule may name the one before it twice."""
    put = 0

    def visit(text: str, within: tuple[str, ...]) -> ast.expr:
        class Put(ast.NodeTransformer):
            def visit_Call(self, node: ast.Call) -> ast.AST:
                node.args = [self.visit(arg) for arg in node.args]
                return node

            def visit_Name(self, node: ast.Name) -> ast.AST:
                if node.id in numbers:
                    return node
                if node.id in within:
                    raise InputError(
                        f"`{origin}`: the values at time 0 of {', '.join(within)} need each other in a circle"
                    )
                if node.id not in known:
                    raise ModelError(f"`{origin}`: `{node.id}` has no value at time 0")
                nonlocal put
                put += len(known[node.id])
                if put > MOST_BRACKETED:
                    raise ModelError(
                        f"`{origin}`: a value at time 0 is too long to be read once its rules are put in"
                    )
                return visit(known[node.id], (*within, node.id))

        return Put().visit(ast.parse(text, mode="eval").body)

    return ast.unparse(visit(text, ()))
