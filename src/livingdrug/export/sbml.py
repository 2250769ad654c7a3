"""A model as SBML level 3 version 1: species and reactions, rate rules, assignment rules, events, units."""

import ast
from fractions import Fraction

from livingdrug.core.errors import InputError
from livingdrug.core.expressions import parse
from livingdrug.core.units import UNITS, parse_unit, unit_text
from livingdrug.export.sheet import Sheet, Thing, sheet, unit_words
from livingdrug.export.terms import annotate
from livingdrug.models import Event, Model
from livingdrug.standards import OWN

_BASE = {
    "mol": "mole",
    "g": "gram",
    "L": "litre",
    "s": "second",
    "cells": "item",
    "copies": "item",
    "%": "dimensionless",
}


def sbml(model: Model) -> str:
    """The text of an SBML document.

    Raises InputError where python-libsbml is missing, and for what has no counterpart.
    """
    try:
        import libsbml
    except ImportError:
        raise InputError(
            "SBML is written with python-libsbml, which is not installed; install it: "
            "pip install 'livingdrug[standards]'"
        ) from None
    made = sheet(model)
    document = libsbml.SBMLDocument(3, 1)
    _Writer(document.createModel(), made, libsbml).write()
    annotate(document, model)
    return libsbml.writeSBMLToString(document)


class _Writer:
    def __init__(self, model, made: Sheet, libsbml) -> None:
        self.model, self.sheet, self.s = model, made, libsbml

    def write(self) -> None:
        """Everything, in the order of the standard."""
        made, model = self.sheet, self.model
        model.setId(self._free(made.name))  # ids of a model and of what it holds share one space of names
        model.setName(made.title)
        body = "".join(f"<p>{_escaped(text)}</p>" for text in made.remarks)
        model.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml">{body}</body>')
        places = " ".join(f"{name}={volume}" for name, volume in made.places)
        facts = f'dose_into="{made.dose_into}" places="{places}"'
        model.setAnnotation(f'<livingdrug:model xmlns:livingdrug="{OWN}" {facts}/>')
        for unit in unit_words(made):
            self._unit(unit)
        model.setTimeUnits(unit_id(made.time_unit))
        model.setSubstanceUnits(unit_id(made.substance or "1"))
        model.setExtentUnits(unit_id(made.substance or "1"))
        if made.species:
            self._compartment()
        for thing in made.species:
            self._species(thing)
        for thing in made.parameters:
            self._parameter(thing)
        for thing in (*made.species, *made.parameters):
            self._formulas(thing, is_species=thing in made.species)
        for reaction in made.reactions:
            self._reaction(reaction)
        for event in made.events:
            self._event(event)

    def _unit(self, text: str) -> None:
        definition = self.model.createUnitDefinition()
        definition.setId(unit_id(text))
        definition.setName(text)
        for word, exponent in parse_unit(text) or (("1", Fraction(1)),):
            kind, multiplier = _kind(word)
            unit = definition.createUnit()
            unit.setKind(self.s.UnitKind_forName(kind))
            unit.setExponent(float(exponent))
            unit.setScale(0)
            unit.setMultiplier(multiplier)

    def _compartment(self) -> None:
        compartment = self.model.createCompartment()
        compartment.setId(self._free("body"))
        self.compartment = compartment.getId()
        compartment.setConstant(True)
        compartment.setSize(1.0)
        compartment.setSpatialDimensions(3.0)
        compartment.setUnits("dimensionless")

    def _free(self, wanted: str) -> str:
        taken = {t.name for t in (*self.sheet.species, *self.sheet.parameters)}
        taken |= {r.name for r in (*self.sheet.reactions, *self.sheet.events)}
        while wanted in taken:
            wanted += "_"
        return wanted

    def _species(self, thing: Thing) -> None:
        species = self.model.createSpecies()
        species.setId(thing.name)
        species.setName(thing.meaning)
        species.setCompartment(self.compartment)
        species.setHasOnlySubstanceUnits(True)
        species.setBoundaryCondition(False)
        species.setConstant(False)
        species.setSubstanceUnits(unit_id(thing.unit))
        number = _number(thing.start)
        if number is not None:
            species.setInitialAmount(number)
        self._annotate(species, thing)

    def _annotate(self, element, thing: Thing) -> None:
        if thing.roles or thing.at:
            roles = " ".join(thing.roles)
            element.setAnnotation(
                f'<livingdrug:state xmlns:livingdrug="{OWN}" roles="{roles}" at="{thing.at}"/>'
            )

    def _parameter(self, thing: Thing) -> None:
        parameter = self.model.createParameter()
        parameter.setId(thing.name)
        parameter.setName(thing.meaning)
        if thing.unit:
            parameter.setUnits(unit_id(thing.unit))
        moves = bool(thing.rule or thing.rate or thing.start)
        parameter.setConstant(not moves)
        number = thing.value if thing.value is not None else _number(thing.start)
        if number is not None and not thing.rule:
            parameter.setValue(number)
        self._annotate(parameter, thing)

    def _formulas(self, thing: Thing, is_species: bool) -> None:
        if thing.start and _number(thing.start) is None:
            start = self.model.createInitialAssignment()
            start.setSymbol(thing.name)
            start.setMath(self.math(thing.start))
        if thing.rule:
            rule = self.model.createAssignmentRule()
            rule.setVariable(thing.name)
            rule.setMath(self.math(thing.rule))
        elif thing.rate and not is_species:
            rule = self.model.createRateRule()
            rule.setVariable(thing.name)
            rule.setMath(self.math(thing.rate))

    def _reaction(self, made) -> None:
        reaction = self.model.createReaction()
        reaction.setId(made.name)
        reaction.setReversible(False)
        reaction.setFast(False)
        reaction.setName(made.kind)
        part = ' part="yes"' if made.part else ""
        reaction.setAnnotation(f'<livingdrug:flow xmlns:livingdrug="{OWN}" kind="{made.kind}"{part}/>')
        for state, count, create in (
            (made.out_of, 1.0, reaction.createReactant),
            (made.into, made.count, reaction.createProduct),
        ):
            if state:
                reference = create()
                reference.setSpecies(state)
                reference.setStoichiometry(count)
                reference.setConstant(True)
        known = {t.name for t in self.sheet.species}
        used = {n.id for n in ast.walk(parse(made.rate)) if isinstance(n, ast.Name)} & known
        for name in sorted(used - {made.out_of, made.into}):
            reaction.createModifier().setSpecies(name)
        reaction.createKineticLaw().setMath(self.math(made.rate))

    def _event(self, made: Event) -> None:
        event = self.model.createEvent()
        event.setId(made.name)
        event.setUseValuesFromTriggerTime(made.at_trigger)
        trigger = event.createTrigger()
        trigger.setInitialValue(made.initially)
        trigger.setPersistent(made.persistent)
        trigger.setMath(self.condition(parse(made.trigger)))
        if made.delay:
            event.createDelay().setMath(self.math(made.delay))
        if made.priority:
            event.createPriority().setMath(self.math(made.priority))
        for state, text in made.assign.items():
            assignment = event.createEventAssignment()
            assignment.setVariable(state)
            assignment.setMath(self.math(text))

    # --------------------------------------------------------------------------------------- mathematics

    def math(self, text: str):
        """MathML of an expression."""
        return self.node(parse(text))

    def make(self, kind: int, *children):
        node = self.s.ASTNode(kind)
        for child in children:
            node.addChild(child)
        return node

    def number(self, value: float):
        node = self.s.ASTNode(self.s.AST_INTEGER if isinstance(value, int) else self.s.AST_REAL)
        node.setValue(value)
        return node

    def node(self, tree: ast.expr):
        """A node of MathML of a node of the language."""
        s = self.s
        match tree:
            case ast.Constant(value=int() | float() as value):
                return self.number(value)
            case ast.Name(id="time"):
                node = s.ASTNode(s.AST_NAME_TIME)
                node.setName("time")
                return node
            case ast.Name(id=name):
                node = s.ASTNode(s.AST_NAME)
                node.setName(name)
                return node
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.make(s.AST_MINUS, self.node(operand))
            case ast.UnaryOp(operand=operand):
                return self.node(operand)
            case ast.BinOp(op=op, left=left, right=right):
                kinds = {
                    ast.Add: s.AST_PLUS,
                    ast.Sub: s.AST_MINUS,
                    ast.Mult: s.AST_TIMES,
                    ast.Div: s.AST_DIVIDE,
                    ast.Pow: s.AST_FUNCTION_POWER,
                }
                return self.make(kinds[type(op)], self.node(left), self.node(right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, args)
        raise InputError(f"`{ast.unparse(tree)}` has no counterpart in SBML")

    def call(self, name: str, args: list[ast.expr]):
        """A function of the language."""
        s, one = self.s, self.number(1)
        if name == "hill":  # 0 for x <= 0, and no power that overflows
            x, n, k = args
            ratio = self.make(s.AST_DIVIDE, self.node(k), self.node(x))
            below = self.make(
                s.AST_PLUS, self.number(1), self.make(s.AST_FUNCTION_POWER, ratio, self.node(n))
            )
            above = self.make(s.AST_RELATIONAL_GT, self.node(x), self.number(0))
            return self.make(
                s.AST_FUNCTION_PIECEWISE, self.make(s.AST_DIVIDE, one, below), above, self.number(0)
            )
        if name == "choose":
            x, yes, no = args
            return self.make(s.AST_FUNCTION_PIECEWISE, self.node(yes), self.condition(x), self.node(no))
        if name in ("min", "max"):
            a, b = args
            kind = s.AST_RELATIONAL_LT if name == "min" else s.AST_RELATIONAL_GT
            first = self.make(kind, self.node(a), self.node(b))
            return self.make(s.AST_FUNCTION_PIECEWISE, self.node(a), first, self.node(b))
        if name == "expm1":
            return self.make(s.AST_MINUS, self.make(s.AST_FUNCTION_EXP, self.node(args[0])), one)
        if name == "log1p":
            return self.make(s.AST_FUNCTION_LN, self.make(s.AST_PLUS, one, self.node(args[0])))
        if name == "sqrt":
            return self.make(s.AST_FUNCTION_ROOT, self.number(2), self.node(args[0]))
        kinds = {
            "exp": s.AST_FUNCTION_EXP,
            "log": s.AST_FUNCTION_LN,
            "tanh": s.AST_FUNCTION_TANH,
            "abs": s.AST_FUNCTION_ABS,
        }
        return self.make(kinds[name], self.node(args[0]))

    def condition(self, tree: ast.expr):
        """MathML that is true where an expression is above 0."""
        s = self.s
        match tree:
            case ast.Call(
                func=ast.Name(id="choose"), args=[x, ast.UnaryOp(op=ast.USub()), ast.Constant(value=1)]
            ):
                return self.opposite(x)
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                return self.make(s.AST_RELATIONAL_GT, self.node(left), self.node(right))
        return self.make(s.AST_RELATIONAL_GT, self.node(tree), self.number(0))

    def opposite(self, tree: ast.expr):
        """MathML that is true where an expression is not above 0."""
        s = self.s
        match tree:
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                return self.make(s.AST_RELATIONAL_GEQ, self.node(right), self.node(left))
        return self.make(s.AST_RELATIONAL_LEQ, self.node(tree), self.number(0))


def _kind(word: str) -> tuple[str, float]:
    """(kind of SBML, how many of it the word is)."""
    if word == "1":
        return "dimensionless", 1.0
    measure, size = UNITS[word].measure, UNITS[word].size
    base = next(b for b in _BASE if UNITS[b].measure == measure)
    multiplier = size / UNITS[base].size * (Fraction(1, 100) if word == "%" else 1)
    return _BASE[base], float(multiplier)


def unit_id(text: str) -> str:
    plain = unit_text(parse_unit(text))
    if plain == "1":
        return "unit_1"
    return "unit_" + plain.replace("*", "_").replace("/", "_per_").replace("%", "percent")


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _escaped(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
