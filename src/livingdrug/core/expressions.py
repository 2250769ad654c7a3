"""The small arithmetic language in which rates are written.

Names, numbers, `+ - * / **`, the functions of FUNCTIONS, and the selectors `amount(role @ place)` and
`density(role @ place)`. A text is parsed by Python's own parser into a syntax tree and every node of the tree
is checked against a whitelist, so a typed expression can never run code, hang or exhaust memory."""

import ast
import keyword
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from livingdrug.core.errors import ModelError, UnitError
from livingdrug.core.units import NONE, Dimension, over, power, times, unit_text, unlike

# name -> number of arguments; hill(x, n, k) = x^n / (k^n + x^n), 0 for x <= 0; choose(x, a, b) = a for x > 0,
# else b
FUNCTIONS = {
    "exp": 1, "expm1": 1, "log": 1, "log1p": 1, "sqrt": 1, "tanh": 1, "abs": 1, "min": 2, "max": 2, "hill": 3,
    "choose": 3,
}  # fmt: skip
SELECTORS = ("amount", "density")
RESERVED = (*FUNCTIONS, *SELECTORS, "time")

MAX_LENGTH, MAX_NODES, MAX_DEPTH, MAX_EXPONENT = 2000, 400, 40, 16
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_ALLOWED = "only arithmetic, the listed functions and declared names are allowed"
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


def check_name(name: str, what: str) -> str:
    """The name itself, or ModelError when it cannot be used in expressions."""
    if not _NAME.match(name) or keyword.iskeyword(name) or name in RESERVED:
        raise ModelError(
            f"{what} name `{name}` cannot be used: names are letters, digits and `_`, start with a "
            f"letter, and are neither Python keywords nor {', '.join(RESERVED)}"
        )
    return name


def _refuse(text: str, node: ast.AST, why: str) -> ModelError:
    column = getattr(node, "col_offset", 0) + 1
    token = ast.get_source_segment(text, node) or text
    token = token if len(token) <= 60 else token[:57] + "..."
    return ModelError(f"expression `{text[:80]}`: `{token}` at column {column} is refused: {why}")


@lru_cache(maxsize=8192)
def parse(text: str) -> ast.expr:
    """The checked syntax tree of an expression.

    Raises ModelError with the offending token and its column for anything outside the language.
    """
    if not isinstance(text, str) or not text.strip():
        raise ModelError("an expression is empty; write a number, a name or a formula")
    if len(text) > MAX_LENGTH:
        raise ModelError(f"expression of {len(text)} characters; at most {MAX_LENGTH} are allowed")
    if not text.isascii():
        bad = next(c for c in text if not c.isascii())
        raise ModelError(
            f"expression `{text[:80]}`: character {bad!r} is refused: {_ALLOWED}, in plain ASCII"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 1
        raise ModelError(f"expression `{text[:80]}` cannot be read at column {column}: {_ALLOWED}") from None
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > MAX_NODES:
        raise ModelError(f"expression `{text[:80]}` has too many parts; at most {MAX_NODES} are allowed")
    _check(text.strip(), tree, 0)
    return tree


def _check(text: str, node: ast.AST, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _refuse(text, node, f"nested deeper than {MAX_DEPTH}")
    match node:
        case ast.Constant(value=value):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _refuse(text, node, _ALLOWED)
            if not abs(value) < 1e300:
                raise _refuse(text, node, "a number must be below 1e300")
        case ast.Name(id=name):
            if not _NAME.match(name) or keyword.iskeyword(name) or name in (*FUNCTIONS, *SELECTORS):
                raise _refuse(text, node, _ALLOWED)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(text, operand, depth + 1)
        case ast.BinOp(op=op, left=left, right=right) if isinstance(op, _OPERATORS):
            if isinstance(op, ast.Pow):
                _check_power(text, node, left, right)
            _check(text, left, depth + 1)
            _check(text, right, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            if len(args) != FUNCTIONS[name]:
                raise _refuse(text, node, f"`{name}` takes {FUNCTIONS[name]} argument(s), got {len(args)}")
            for arg in args:
                _check(text, arg, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in SELECTORS:
            if selector(node) is None:
                raise _refuse(text, arg, f"write `{name}(role)` or `{name}(role @ place)`")
        case _:
            raise _refuse(text, node, _ALLOWED)


def _check_power(text: str, node: ast.AST, base: ast.expr, exponent: ast.expr) -> None:
    value = _literal(exponent)
    if value is not None and abs(value) > MAX_EXPONENT:
        raise _refuse(text, node, f"a written exponent must be at most {MAX_EXPONENT}")
    if isinstance(exponent, ast.BinOp) and isinstance(exponent.op, ast.Pow):
        raise _refuse(text, node, "a power of a power in the exponent")


def _literal(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None


def selector(node: ast.AST) -> tuple[str, str, str | None] | None:
    """(function, role, place or None) of a selector call, or None when the node is not one."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=role)]) if name in SELECTORS:
            return name, role, None
        case ast.Call(
            func=ast.Name(id=name),
            args=[ast.BinOp(left=ast.Name(id=role), op=ast.MatMult(), right=ast.Name(id=place))],
        ) if name in SELECTORS:
            return name, role, place
    return None


@lru_cache(maxsize=8192)
def names(text: str) -> frozenset[str]:
    """Names of quantities, states and definitions that an expression uses (not functions, roles or
    places)."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if selector(node) is not None:
            return
        if isinstance(node, ast.Call):
            for arg in node.args:
                visit(arg)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        else:
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(parse(text))
    return frozenset(found)


def expand(text: str, resolve: Callable[[str, str, str | None], str]) -> str:
    """The text with every selector replaced by `resolve(function, role, place)`."""

    class Expand(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            found = selector(node)
            if found is None:
                self.generic_visit(node)
                return node
            return ast.parse(resolve(*found), mode="eval").body

    # the cached tree is shared: transform a fresh one
    parse(text)
    return ast.unparse(Expand().visit(ast.parse(text.strip(), mode="eval")).body)


def unit_of(text: str, units: Mapping[str, Dimension]) -> Dimension | None:
    """Dimension of an expression; None for a literal 0, which fits any unit.

    A written number is dimensionless. Raises UnitError when units disagree, ModelError for an undeclared
    name."""
    from livingdrug.core.names import unknown

    def same(node: ast.AST, a: Dimension | None, b: Dimension | None) -> Dimension | None:
        if a is None or b is None:
            return b if a is None else a
        if a != b:
            plain = (
                " (a written number has no unit: give it a name and a unit, as a quantity)"
                if NONE in (a, b)
                else ""
            )
            both = f"joins {unit_text(a)} with {unit_text(b)}; they must agree"
            raise UnitError(f"`{ast.unparse(node)}` in `{text}` {both}{plain or unlike(a, b)}")
        return a

    def plain(node: ast.AST, d: Dimension | None, where: str) -> None:
        if d:
            raise UnitError(
                f"`{ast.unparse(node)}` in `{text}` has unit {unit_text(d)}; {where} needs a pure number"
            )

    def visit(node: ast.expr) -> Dimension | None:
        match node:
            case ast.Constant(value=value):
                return None if value == 0 else NONE
            case ast.Name(id=name):
                if name == "time" and name not in units:
                    where = "only the pieces of a closed form and the expression of a clock know it"
                    raise ModelError(f"expression `{text}`: `time` cannot be used here; {where}")
                if name not in units:
                    raise ModelError(f"expression `{text}`: {unknown('name', name, units)}")
                return units[name]
            case ast.UnaryOp(operand=operand):
                return visit(operand)
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                return same(node, visit(left), visit(right))
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                return times(visit(left) or NONE, visit(right) or NONE)
            case ast.BinOp(op=ast.Div(), left=left, right=right):
                return over(visit(left) or NONE, visit(right) or NONE)
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return power_unit(left, right)
            case ast.Call(func=ast.Name(id=name), args=args):
                return call_unit(node, name, args)
        raise ModelError(
            f"expression `{text}`: `{ast.unparse(node)}` must be expanded before units are checked"
        )

    def power_unit(base: ast.expr, exponent: ast.expr) -> Dimension:
        plain(exponent, visit(exponent), "an exponent")
        dimension = visit(base) or NONE
        value = _literal(exponent)
        if dimension and value is None:
            raise UnitError(
                f"`{ast.unparse(base)}` in `{text}` has unit {unit_text(dimension)} and a variable exponent; "
                "divide it by a reference of the same unit first"
            )
        return power(dimension, Fraction(str(value))) if dimension else NONE

    def call_unit(node: ast.expr, name: str, args: list[ast.expr]) -> Dimension | None:
        found = [visit(arg) for arg in args]
        if name == "hill":
            same(node, found[0], found[2])
            plain(args[1], found[1], "a steepness")
            return NONE
        if name in ("min", "max"):
            return same(node, found[0], found[1])
        if name == "choose":
            return same(node, found[1], found[2])
        if name == "abs":
            return found[0]
        if name == "sqrt":
            return power(found[0] or NONE, Fraction(1, 2))
        plain(args[0], found[0], name)
        return NONE

    return visit(parse(text))


def python_text(text: str) -> str:
    """The expression as Python source over the names `_exp`, `_hill`, `_power` ... of a numeric namespace."""

    class Lower(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.func, ast.Name):
                node.func = ast.Name(id="_" + node.func.id, ctx=ast.Load())
            return node

        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            value = _literal(node.right)
            if isinstance(node.op, ast.Pow) and (value is None or value != int(value)):
                # a variable exponent on a slightly negative state would turn complex
                return ast.Call(
                    func=ast.Name(id="_power", ctx=ast.Load()), args=[node.left, node.right], keywords=[]
                )
            return node

    parse(text)
    tree = Lower().visit(ast.parse(text.strip(), mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree).body)


def linear_coefficient(text: str, name: str) -> str | None:
    """The factor c of an expression `c * name`, or None when the expression is not of that form."""

    def visit(node: ast.expr) -> str | None:
        match node:
            case ast.Name(id=found) if found == name:
                return "1"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = visit(operand)
                return None if inner is None else f"-({inner})"
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                for one, other in ((left, right), (right, left)):
                    if name not in names(ast.unparse(other)):
                        inner = visit(one)
                        return None if inner is None else f"({inner}) * ({ast.unparse(other)})"
            case ast.BinOp(op=ast.Div(), left=left, right=right) if name not in names(ast.unparse(right)):
                inner = visit(left)
                return None if inner is None else f"({inner}) / ({ast.unparse(right)})"
        return None

    return visit(parse(text))
