"""Expressions of a model as statements of a target.

The checked syntax trees are printed as they were written, so the exported text shows the author's terms. What
a target has no safe word for becomes a choice before the statement that needs it: a Hill term is expit(n
ln(x/k)), 0 for x <= 0, whose exponentials cannot overflow; a power with an exponent that is no written whole
number is 0 for a base <= 0."""

import ast
import re
from collections.abc import Callable, Mapping

from livingdrug.core.expressions import parse
from livingdrug.export.dialect import Dialect, Names, number

# binding strength of what a node prints as
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_BREAK = re.compile(r" |(?<!\*)[*/](?![*/])")
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
Text = tuple[str, int]


class Block:
    """Statements of one block of the exported file, in `lines`.

    known: name in the model -> text in the target; positive: names of the model that are above 0.
    """

    def __init__(
        self, dialect: Dialect, names: Names, known: Mapping[str, str], positive: frozenset[str]
    ) -> None:
        self.dialect, self.names, self.known, self.positive = dialect, names, dict(known), positive
        self.lines: list[str] = []

    def text(self, expression: str) -> str:
        """The expression in the target's words; statements that it needs come first, into `lines`."""
        return self._print(parse(expression))[0]

    def add(self, statement: str, remark: str = "") -> None:
        """Append a finished statement."""
        remark = f"  {self.dialect.comment} {remark}" if remark else ""
        self.lines.append(statement + remark)

    def let(self, name: str, expression: str, remark: str = "") -> str:
        """A new variable for a name of the model; the name in the target."""
        value = self.text(expression)
        self.known[name] = self.names.fresh(name)
        self.add(self.dialect.assign.format(self.known[name], value), remark)
        return self.known[name]

    def choose(
        self,
        wanted: str,
        left: str,
        sign: str,
        right: str,
        then: Callable,
        otherwise: Callable,
        into: str = "",
    ) -> str:
        """A variable with one of two values, a new one or `into`; then, otherwise: from a block and the
        variable to a text.

        Sides are texts of the target.
        """
        condition = (left, self.dialect.signs[sign], right)
        if self.dialect.choice:
            name = self.names.fresh(wanted)
            text = self.dialect.choice.format(*condition, then(self, name), otherwise(self, name))
            self.add(self.dialect.assign.format(name, text))
            return name
        name = into or self.names.fresh(wanted)
        if self.dialect.declare and not into:
            self.add(self.dialect.declare.format(name))
        if self.dialect.flat:
            self._choose_flat(name, condition, then(self, name), otherwise(self, name))
            return name
        first, middle, last = self.dialect.branch
        self.add(first.format(*condition))
        self._inner(name, then)
        self.add(middle.format())
        self._inner(name, otherwise)
        self.add(last.format())
        return name

    def _choose_flat(self, name: str, condition: tuple[str, str, str], then: str, otherwise: str) -> None:
        """Both values exist already; the branch picks one. An otherwise that is `name` is set already."""
        first, middle, last = self.dialect.branch
        self.add(first.format(*condition))
        self.add(f"  {self.dialect.set.format(name, then)}")
        if otherwise != name:
            self.add(middle)
            self.add(f"  {self.dialect.set.format(name, otherwise)}")
        self.add(last)

    def _inner(self, name: str, value: Callable) -> None:
        inner = Block(self.dialect, self.names, self.known, self.positive)
        text = value(inner, name)
        if text != name:
            inner.add(self.dialect.set.format(name, text))
        self.lines += [f"  {line}" for line in inner.lines]

    def number(self, value: float) -> str:
        """A number in the target's words."""
        return number(value, self.dialect)

    def _print(self, node: ast.expr) -> Text:
        match node:
            case ast.Constant(value=int() | float() as value):
                return self.number(value), _ATOM
            case ast.Name(id=name):
                return self.known[name], _ATOM
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._print(operand)
            case ast.UnaryOp(operand=operand):
                # two signs side by side are no Fortran, so a negative term binds as loosely as a sum
                return f"-{self._at_least(operand, _PRODUCT)}", _SUM
            case ast.BinOp(op=ast.Mult() | ast.Div(), left=ast.UnaryOp(op=ast.USub(), operand=operand)):
                positive = ast.BinOp(operand, node.op, node.right)
                return f"-{self._at_least(positive, _PRODUCT)}", _SUM
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return self._power(left, right)
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                return (
                    f"{self._at_least(left, _SUM)} {_SIGNS[type(node.op)]} {self._at_least(right, _PRODUCT)}",
                    _SUM,
                )
            case ast.BinOp(left=left, right=right):
                return (
                    f"{self._at_least(left, _PRODUCT)}{_SIGNS[type(node.op)]}{self._at_least(right, _POWER)}",
                    _PRODUCT,
                )
            case ast.Call(func=ast.Name(id="hill"), args=args):
                return self._hill(*args), _ATOM
            case ast.Call(func=ast.Name(id="choose"), args=args):
                return self._choice(*args), _ATOM
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args), _ATOM
        raise TypeError(f"unexpected node {ast.dump(node)}")

    def _at_least(self, node: ast.expr, strength: int) -> str:
        text, own = self._print(node)
        return text if own >= strength else f"({text})"

    def _call(self, name: str, args: list[ast.expr]) -> str:
        texts = [self._print(arg)[0] for arg in args]
        if name in self.dialect.functions:
            return self.dialect.functions[name].format(*texts)
        wanted, sign = {"min": ("smaller", "<"), "max": ("larger", ">")}[name]
        return self.choose(wanted, texts[0], sign, texts[1], lambda *_: texts[0], lambda *_: texts[1])

    def _choice(self, x: ast.expr, yes: ast.expr, no: ast.expr) -> str:
        yes_text, no_text = ast.unparse(yes), ast.unparse(no)
        return self.choose(
            "chosen",
            self._print(x)[0],
            ">",
            self.number(0.0),
            lambda inner, _: inner.text(yes_text),
            lambda inner, _: inner.text(no_text),
        )

    def _hill(self, x: ast.expr, n: ast.expr, k: ast.expr) -> str:
        if "hill" in self.dialect.functions:
            return self.dialect.functions["hill"].format(*(self._print(part)[0] for part in (x, n, k)))
        level, steepness = self._at_least(x, _PRODUCT), self._at_least(n, _PRODUCT)
        half = self._at_least(k, _ATOM)
        one, zero, functions = self.number(1.0), self.number(0.0), self.dialect.functions
        if self.dialect.flat:
            # exp of a large number is infinite and its reciprocal 0, as wanted
            z = f"-{steepness}*{functions['log'].format(f'{level}/{half}')}"
            value = f"{one}/({one} + {functions['exp'].format(z)})"
            return self.choose("hill", level, ">", zero, lambda *_: value, lambda *_: zero)

        def expit(inner: Block, name: str) -> str:
            z = inner.names.fresh("hill_z")
            inner.add(
                inner.dialect.assign.format(z, f"{steepness}*{functions['log'].format(f'{level}/{half}')}")
            )
            falling, rising = (functions["exp"].format(text) for text in (f"-{z}", z))
            return inner.choose(
                "",
                z,
                ">",
                zero,
                lambda *_: f"{one}/({one} + {falling})",
                lambda *_: f"{rising}/({one} + {rising})",
                into=name,
            )

        return self.choose("hill", level, ">", zero, expit, lambda *_: zero)

    def _power(self, base: ast.expr, exponent: ast.expr) -> Text:
        written = ast.unparse(exponent)
        whole = written.removeprefix("-").isdecimal()
        call = self.dialect.power.startswith("pow")
        below = self._print(base)[0] if call else self._at_least(base, _ATOM)
        above = written if whole and not call else self._print(exponent)[0]
        above = above if call or above.replace("_", "a").isalnum() else f"({above})"
        text = self.dialect.power.format(below, above)
        if whole or self._is_positive(base):
            return text, _ATOM if call else _POWER
        if "power" in self.dialect.functions:
            return self.dialect.functions["power"].format(below, self._print(exponent)[0]), _ATOM
        zero = self.number(0.0)
        return self.choose("power", below, ">", zero, lambda *_: text, lambda *_: zero), _ATOM

    def _is_positive(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=int() | float() as value):
                return value > 0
            case ast.Name(id=name):
                return name in self.positive
            case ast.BinOp(op=ast.Mult() | ast.Div() | ast.Add(), left=left, right=right):
                return self._is_positive(left) and self._is_positive(right)
        return False


def wrapped(lines: list[str], dialect: Dialect) -> list[str]:
    """Lines that a target can hold: long statements go on in the next line, long remarks in a remark of their
    own."""
    out = []
    for line in lines:
        # a line end within a meaning or a title of a model file must not end the remark that holds it
        line = " ".join(line.splitlines())
        statement, mark, remark = line.partition(f"  {dialect.comment} ")
        if len(line) > dialect.width and mark and statement.strip():
            indent = statement[: len(statement) - len(statement.lstrip())]
            out += [f"{indent}{dialect.comment} {part}" for part in _parted(remark, dialect.width)]
            line = statement
        if dialect.carry_on and not line.lstrip().startswith(dialect.comment):
            parts = _parted(line, dialect.width)
            line = f"{dialect.carry_on}\n    ".join(parts)
        out.append(line)
    return out


def _parted(text: str, width: int) -> list[str]:
    """The text in parts of at most `width`, where blanks or signs of a product can part it."""
    parts, rest = [], text
    while len(rest) > width:
        places = [m for m in _BREAK.finditer(rest[:width]) if rest[: m.end()].strip()]
        # between terms rather than within one
        places = [m.end() for m in places if m.group() == " " and m.end() > width / 2] or [
            m.end() for m in places
        ]
        if not places:
            break
        parts.append(rest[: places[-1]].rstrip())
        rest = rest[places[-1] :]
    return [*parts, rest]
