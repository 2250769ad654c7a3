"""A model as Antimony text, from the same sheet as SBML."""

import ast

from livingdrug.core.expressions import parse
from livingdrug.core.units import UNITS, parse_unit
from livingdrug.export.sbml import unit_id
from livingdrug.export.sheet import Sheet, Thing, sheet, unit_words
from livingdrug.models import Event, Model

_WORDS = frozenset(
    "model module end species var const compartment in is has function unit substanceOnly import formula "
    "gene operator DNA reaction at after priority persistent fromTrigger t0 ext identity time delay and or "
    "not true false pi inf nan exponentiale avogadro exp ln log log10 sqrt abs min max piecewise tanh sin "
    "cos tan floor ceil ceiling power pow root "
    "volume substance length area extent time_unit delete maximize minimize constraint event infinity notanumber "
    "acos acosh acot acoth acsc acsch arccos arccosh arccot arccoth arccsc arccsch arcsec arcsech arcsin arcsinh arctan "
    "arctanh asec asech asin asinh atan atanh cosh cot coth csc csch sec sech sinh sqr factorial quotient rem rateOf "
    "plus minus times divide eq neq gt lt geq leq xor implies "
    "normal truncatedNormal uniform exponential truncatedExponential gamma truncatedGamma poisson truncatedPoisson "
    "bernoulli binomial cauchy truncatedCauchy chisquare laplace truncatedLaplace lognormal truncatedLogNormal rayleigh "
    "truncatedRayleigh".split()
)
_BASE = {
    "amount of substance": "mole",
    "mass": "gram",
    "volume": "litre",
    "time": "second",
    "cells": "item",
    "copies": "item",
    "percent": "dimensionless",
}
_SIZE = {"mass": UNITS["g"].size, "volume": UNITS["L"].size}


def antimony(model: Model) -> str:
    """The text of a model. Raises InputError for what has no counterpart."""
    return _Writer(sheet(model)).text()


class _Writer:
    def __init__(self, made: Sheet) -> None:
        self.sheet = made
        things = [t.name for t in (*made.species, *made.parameters)]
        things += [r.name for r in made.reactions] + [e.name for e in made.events]
        taken = {*things}
        self.names = {}
        for name in things:
            new = name
            while new in _WORDS or (new != name and new in taken):
                new += "_"
            self.names[name] = new
            taken.add(new)
        self.body = "body"
        while self.body in taken:
            self.body += "_"

    def text(self) -> str:
        """The whole text."""
        made = self.sheet
        lines = [f"// {' '.join(text.split())}" for text in made.remarks]
        lines += [f"model {self._plain(made.name)}", ""]
        lines += ["  // units", *(f"  unit {unit_id(u)} = {_unit(u)};" for u in unit_words(made) if u != "1")]
        lines += [f"  unit time_unit = {_unit(made.time_unit)};", ""]
        if made.species:
            lines += [f"  compartment {self.body} = 1;"]
            lines += [f"  substanceOnly species {self.names[t.name]} in {self.body};" for t in made.species]
            lines += [""]
        lines += ["  // reactions", *map(self._reaction, made.reactions), ""] if made.reactions else []
        lines += ["  // numbers, starts and rules"]
        for thing in (*made.parameters, *made.species):
            lines += self._thing(thing, thing in made.species)
        lines += ["", "  // events", *map(self._event, made.events)] if made.events else []
        return "\n".join([*lines, "end", ""])

    def _plain(self, name: str) -> str:
        return name if name not in _WORDS else f"{name}_"

    def _thing(self, thing: Thing, is_species: bool) -> list[str]:
        name, remark = self.names[thing.name], f"  // {' '.join(thing.meaning.split())} ({thing.unit})"
        lines = (
            []
            if is_species
            else [f"  {'var' if thing.rule or thing.rate or thing.start else 'const'} {name};"]
        )
        if thing.rule:
            lines.append(f"  {name} := {self.formula(thing.rule)};{remark}")
        elif thing.start:
            lines.append(f"  {name} = {self.formula(thing.start)};{remark}")
        elif thing.value is not None:
            lines.append(f"  {name} = {thing.value!r};{remark}")
        if thing.rate and not is_species:
            lines.append(f"  {name}' = {self.formula(thing.rate)};")
        if thing.unit not in ("", "1"):
            lines.append(f"  {name} has {unit_id(thing.unit)};")
        return lines

    def _reaction(self, made) -> str:
        left = self.names[made.out_of] if made.out_of else ""
        count = "" if made.count == 1 else f"{made.count!r} "
        right = f"{count}{self.names[made.into]}" if made.into else ""
        return f"  {self.names[made.name]}: {left} => {right}; {self.formula(made.rate)};  // {made.kind}"

    def _event(self, made: Event) -> str:
        delay = f"{self.formula(made.delay)} after " if made.delay else ""
        facts = [f"priority = {self.formula(made.priority)}"] if made.priority else []
        facts += [f"t0 = {str(made.initially).lower()}", f"persistent = {str(made.persistent).lower()}"]
        facts += [f"fromTrigger = {str(made.at_trigger).lower()}"]
        set_to = ", ".join(f"{self.names[s]} = {self.formula(text)}" for s, text in made.assign.items())
        trigger = self._condition(parse(made.trigger))
        return f"  {self.names[made.name]}: at {delay}({trigger}), {', '.join(facts)}: {set_to};"

    def formula(self, text: str) -> str:
        """An expression in Antimony's words."""
        return self._node(parse(text))

    def _node(self, tree: ast.expr) -> str:
        match tree:
            case ast.Constant(value=value):
                return repr(value)
            case ast.Name(id=name):
                return self.names.get(name, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self._node(operand)})"
            case ast.UnaryOp(operand=operand):
                return self._node(operand)
            case ast.BinOp(op=op, left=left, right=right):
                signs = {ast.Add: " + ", ast.Sub: " - ", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
                return f"({self._node(left)}{signs[type(op)]}{self._node(right)})"
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args)
        raise TypeError(ast.dump(tree))

    def _call(self, name: str, args: list[ast.expr]) -> str:
        texts = [self._node(arg) for arg in args]
        if name == "hill":
            x, n, k = texts
            return f"piecewise(1/(1 + ({k}/{x})^{n}), {x} > 0, 0)"
        if name == "choose":
            return f"piecewise({texts[1]}, {self._condition(args[0])}, {texts[2]})"
        if name in ("min", "max"):
            a, b = texts
            return f"piecewise({a}, {a} {'<' if name == 'min' else '>'} {b}, {b})"
        forms = {"expm1": "(exp({}) - 1)", "log1p": "ln(1 + {})", "log": "ln({})"}
        return forms.get(name, f"{name}({{}})").format(*texts)

    def _condition(self, tree: ast.expr) -> str:
        match tree:
            case ast.Call(
                func=ast.Name(id="choose"), args=[x, ast.UnaryOp(op=ast.USub()), ast.Constant(value=1)]
            ):
                left, right = self._sides(x)
                return f"{left} <= {right}"
        left, right = self._sides(tree)
        return f"{left} > {right}"

    def _sides(self, tree: ast.expr) -> tuple[str, str]:
        match tree:
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                return self._node(left), self._node(right)
        return self._node(tree), "0"


def _unit(text: str) -> str:
    """A product of units in Antimony's words."""
    parts = []
    for word, exponent in parse_unit(text):
        measure = UNITS[word].measure
        size = float(UNITS[word].size / _SIZE.get(measure, 1)) * (0.01 if word == "%" else 1.0)
        base = _BASE[measure]
        one = base if size == 1 else f"{size!r} {base}"
        parts.append(one if exponent == 1 else f"({one})^{exponent}")
    return " * ".join(parts) or "dimensionless"
