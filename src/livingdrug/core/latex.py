"""Expressions as LaTeX, in the order in which they were written."""

import ast
from collections.abc import Mapping

from livingdrug.core.expressions import parse, selector

_FUNCTIONS = {"exp": r"\exp", "log": r"\ln", "tanh": r"\tanh", "min": r"\min", "max": r"\max"}
# binding strength of what a node prints as: sum, product, power, atom
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def latex(text: str, symbols: Mapping[str, str]) -> str:
    """LaTeX of an expression; `symbols` gives the LaTeX of names, others print upright."""
    return _print(parse(text), symbols)[0]


def symbol(name: str, symbols: Mapping[str, str]) -> str:
    """LaTeX of one name."""
    if name in symbols and symbols[name]:
        return symbols[name]
    return "t" if name == "time" else r"\mathrm{" + name.replace("_", r"\_") + "}"


def _print(node: ast.expr, symbols: Mapping[str, str]) -> tuple[str, int]:
    found = selector(node)
    if found is not None:
        function, role, place = found
        inside = role.replace("_", r"\_") + (rf"\,@\,{place}" if place else "")
        return rf"\mathrm{{{function}}}(\mathrm{{{inside}}})", _ATOM

    def at_least(child: ast.expr, strength: int) -> str:
        printed, own = _print(child, symbols)
        return printed if own >= strength else rf"\left({printed}\right)"

    match node:
        case ast.Constant(value=int() | float() as value):
            return _number(value), _ATOM
        case ast.Name(id=name):
            return symbol(name, symbols), _ATOM
        case ast.UnaryOp(op=op, operand=operand):
            return ("-" if isinstance(op, ast.USub) else "") + at_least(operand, _PRODUCT), _SUM
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return f"{at_least(left, _SUM)} + {at_least(right, _SUM)}", _SUM
        case ast.BinOp(op=ast.Sub(), left=left, right=right):
            return f"{at_least(left, _SUM)} - {at_least(right, _PRODUCT)}", _SUM
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            joiner = r" \cdot " if isinstance(right, ast.Constant) else r"\,"
            return at_least(left, _PRODUCT) + joiner + at_least(right, _PRODUCT), _PRODUCT
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return rf"\frac{{{_print(left, symbols)[0]}}}{{{_print(right, symbols)[0]}}}", _ATOM
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return rf"{at_least(left, _ATOM)}^{{{_print(right, symbols)[0]}}}", _POWER
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [_print(arg, symbols)[0] for arg in args]), _ATOM
    raise AssertionError("the parser lets nothing else through")


def _number(value: float) -> str:
    text = f"{value:g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return text


def _call(name: str, args: list[str]) -> str:
    if name == "hill":
        x, n, k = args
        return rf"H\!\left({x};\,{n},\,{k}\right)"
    if name == "choose":
        x, yes, no = args
        return rf"\begin{{cases}} {yes} & {x} > 0 \\ {no} & \text{{otherwise}} \end{{cases}}"
    if name == "sqrt":
        return rf"\sqrt{{{args[0]}}}"
    if name == "abs":
        return rf"\left|{args[0]}\right|"
    head = _FUNCTIONS.get(name, rf"\mathrm{{{name}}}")
    return rf"{head}\!\left({', '.join(args)}\right)"
