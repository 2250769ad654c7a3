"""Mathematics of an SBML file in the expression language, node by node; what that language has no word for is
refused.

A condition becomes a number that is above 0 where it holds. One that compares the time with something
constant becomes a switch, at which the engine stops exactly.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livingdrug.core.errors import InputError

MOST_BRACKETED = 20_000  # characters of a formula with all its brackets, before the needless ones are dropped
AVOGADRO = 6.02214179e23  # the value that SBML level 3 fixes
_LONG = 8  # terms from which a sum is written in halves, so that it is not nested deep


@dataclass(frozen=True)
class Names:
    """What the names of the file stand for.

    known: id -> text; functions: id -> its definition; time: the text of the time; fixed: ids that never
    change; switch: from the text of a time to the name of a switch there, None where there are none (events,
    initial values).
    """

    known: Mapping[str, str]
    functions: Mapping[str, Any] = field(default_factory=dict)
    time: Callable[[], str] = lambda: "time"
    fixed: frozenset[str] = frozenset()
    switch: Callable[[str], str] | None = None


def text_of(node, names: Names, origin: str) -> str:
    """The expression of a node. Raises InputError that names what is not supported."""
    return _Translator(names, origin).number(node)


def condition_of(node, names: Names, origin: str) -> str:
    """An expression that is above 0 where the condition holds."""
    return _Translator(names, origin).condition(node)


class _Translator:
    def __init__(self, names: Names, origin: str) -> None:
        import libsbml as s

        self.s, self.names, self.origin = s, names, origin
        self.nodes = 0
        self.relations = {
            s.AST_RELATIONAL_LT,
            s.AST_RELATIONAL_LEQ,
            s.AST_RELATIONAL_GT,
            s.AST_RELATIONAL_GEQ,
            s.AST_RELATIONAL_EQ,
            s.AST_RELATIONAL_NEQ,
        }
        self.logic = {
            s.AST_LOGICAL_AND,
            s.AST_LOGICAL_OR,
            s.AST_LOGICAL_NOT,
            s.AST_LOGICAL_XOR,
            s.AST_LOGICAL_IMPLIES,
            s.AST_CONSTANT_TRUE,
            s.AST_CONSTANT_FALSE,
        }
        self.plain = {
            s.AST_FUNCTION_EXP: "exp({})",
            s.AST_FUNCTION_LN: "log({})",
            s.AST_FUNCTION_ABS: "abs({})",
            s.AST_FUNCTION_TANH: "tanh({})",
            s.AST_FUNCTION_SINH: "((exp({0}) - exp(-{0})) / 2)",
            s.AST_FUNCTION_COSH: "((exp({0}) + exp(-{0})) / 2)",
        }

    def bounded(self, translate: Callable[[Any], str], node) -> str:
        """The text of a node. Functions in functions, and those that name their argument twice, grow
        without a bound in a file of a few kB: what is longer than any expression that is read raises
        InputError."""
        self.nodes += 1
        text = translate(node) if self.nodes <= MOST_BRACKETED else ""
        if self.nodes > MOST_BRACKETED or len(text) > MOST_BRACKETED:
            raise InputError(
                f"`{self.origin}`: the mathematics is too long to be read once its functions are put in"
            )
        return text

    # ------------------------------------------------------------------------------------------------ numbers

    def number(self, node) -> str:
        """A node that is a number."""
        return self.bounded(self._number, node)

    def _number(self, node) -> str:
        s, kind = self.s, node.getType()
        if node.isNumber():
            return _literal(node)
        if kind == s.AST_NAME:
            return self.named(node.getName())
        if kind == s.AST_NAME_TIME:
            return self.names.time()
        if kind == s.AST_NAME_AVOGADRO:
            return repr(AVOGADRO)
        if kind in (s.AST_CONSTANT_E, s.AST_CONSTANT_PI):
            return repr(math.e if kind == s.AST_CONSTANT_E else math.pi)
        if kind == s.AST_FUNCTION_PIECEWISE:
            return self.piecewise(node)
        if kind in self.relations or kind in self.logic:
            return f"choose({self.condition(node)}, 1, 0)"
        if kind == s.AST_FUNCTION:
            return self.number(self.applied(node))
        return self.arithmetic(node, kind)

    def arithmetic(self, node, kind: int) -> str:
        """Sums, products, powers and functions."""
        s = self.s
        args = [self.number(node.getChild(i)) for i in range(node.getNumChildren())]
        if kind == s.AST_PLUS:
            return joined(" + ", args) or "0"
        if kind == s.AST_TIMES:
            return joined(" * ", args) or "1"
        if kind == s.AST_MINUS:
            return f"(-{args[0]})" if len(args) == 1 else f"({args[0]} - {args[1]})"
        if kind == s.AST_DIVIDE:
            return f"({args[0]} / {args[1]})"
        if kind in (s.AST_POWER, s.AST_FUNCTION_POWER):
            return power(args[0], node.getChild(1), args[1])
        if kind == s.AST_FUNCTION_ROOT:
            degree, of = (args[0], args[1]) if len(args) == 2 else ("2", args[0])
            return f"sqrt({of})" if degree == "2" else f"({of}) ** (1 / {degree})"
        if kind == s.AST_FUNCTION_LOG:
            base, of = (args[0], args[1]) if len(args) == 2 else ("10", args[0])
            return f"(log({of}) / log({base}))"
        if kind in (s.AST_FUNCTION_MIN, s.AST_FUNCTION_MAX):
            return nested("min" if kind == s.AST_FUNCTION_MIN else "max", args)
        if kind in self.plain:
            return self.plain[kind].format(*args)
        raise self.refused(node)

    def named(self, name: str) -> str:
        """What an id stands for."""
        if name not in self.names.known:
            raise InputError(
                f"`{self.origin}`: the mathematics names `{name}`, which is not a species, compartment, "
                "parameter or reaction of the model"
            )
        return self.names.known[name]

    def applied(self, node):
        """The body of a function with its arguments put in."""
        function = self.names.functions.get(node.getName())
        if function is None:
            raise InputError(f"`{self.origin}`: the function `{node.getName()}` is not defined in the file")
        count = function.getNumArguments()
        if count != node.getNumChildren():
            raise InputError(
                f"`{self.origin}`: the function `{node.getName()}` takes {count} arguments, and "
                f"{node.getNumChildren()} were given"
            )
        body = function.getBody().deepCopy()
        # arguments may hold the names of other arguments: all are put in at once, under names that nobody has
        for i in range(count):
            body.renameSIdRefs(function.getArgument(i).getName(), f"argument {i}")
        wrapper = self.s.ASTNode(self.s.AST_FUNCTION_PIECEWISE)
        wrapper.addChild(body)
        _put(wrapper, {f"argument {i}": node.getChild(i) for i in range(count)}, self.s)
        return wrapper.getChild(0).deepCopy()

    def piecewise(self, node) -> str:
        """value, condition, value, condition ..., otherwise."""
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        pairs, rest = (
            list(zip(children[::2], children[1::2], strict=False)),
            children[2 * (len(children) // 2) :],
        )
        if not rest:
            raise InputError(
                f"`{self.origin}`: a piecewise without an `otherwise` is not defined everywhere; add one"
            )
        text = self.number(rest[0])
        for value, condition in reversed(pairs):
            text = f"choose({self.condition(condition)}, {self.number(value)}, {text})"
        return text

    # --------------------------------------------------------------------------------------------- conditions

    def condition(self, node) -> str:
        """A node that is true or false, as a number above 0 where it is true."""
        return self.bounded(self._condition, node)

    def _condition(self, node) -> str:
        s, kind = self.s, node.getType()
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if kind in (s.AST_CONSTANT_TRUE, s.AST_CONSTANT_FALSE):
            return "1" if kind == s.AST_CONSTANT_TRUE else "(-1)"
        if kind == s.AST_LOGICAL_NOT:
            return negated(self.condition(children[0]))
        if kind in (s.AST_LOGICAL_AND, s.AST_LOGICAL_OR):
            if not children:
                return "1" if kind == s.AST_LOGICAL_AND else "(-1)"
            return nested(
                "min" if kind == s.AST_LOGICAL_AND else "max", [signed(self.condition(c)) for c in children]
            )
        if kind == s.AST_LOGICAL_IMPLIES:
            one, other = (self.condition(c) for c in children)
            return f"max({negated(one)}, {signed(other)})"
        if kind == s.AST_LOGICAL_XOR:
            text = "(-1)"
            for child in children:
                one = self.condition(child)
                text = f"choose({one}, {negated(text)}, {signed(text)})"
            return text
        if kind in self.relations:
            texts = [self.relation(kind, a, b) for a, b in zip(children[:-1], children[1:], strict=True)]
            return texts[0] if len(texts) == 1 else nested("min", [signed(t) for t in texts])
        if kind == s.AST_FUNCTION:
            return self.condition(self.applied(node))
        if kind == s.AST_FUNCTION_PIECEWISE:
            return self.piecewise_condition(children)
        return f"abs({self.number(node)})"  # a number is true where it is not 0

    def piecewise_condition(self, children: Sequence) -> str:
        """A piecewise whose values are true or false."""
        if len(children) % 2 == 0:
            raise InputError(
                f"`{self.origin}`: a piecewise without an `otherwise` is not defined everywhere; add one"
            )
        text = self.condition(children[-1])
        for value, condition in reversed(list(zip(children[:-1:2], children[1::2], strict=True))):
            text = f"choose({self.condition(condition)}, {signed(self.condition(value))}, {signed(text)})"
        return text

    def relation(self, kind: int, a, b) -> str:
        """One comparison."""
        s = self.s
        at = self.switched(kind, a, b)
        if at:
            return at
        left, right = self.number(a), self.number(b)
        if kind == s.AST_RELATIONAL_GT:
            return left if right == "0" else f"({left} - {right})"
        if kind == s.AST_RELATIONAL_LT:
            return f"({right} - {left})"
        if kind == s.AST_RELATIONAL_GEQ:
            return negated(f"{right} - {left}")
        if kind == s.AST_RELATIONAL_LEQ:
            return negated(f"{left} - {right}")
        apart = f"abs({left} - {right})"
        return negated(apart) if kind == s.AST_RELATIONAL_EQ else apart

    def switched(self, kind: int, a, b) -> str:
        """A comparison of the time with something that never changes, by a switch; empty where it is none."""
        s = self.s
        if self.names.switch is None or kind in (s.AST_RELATIONAL_EQ, s.AST_RELATIONAL_NEQ):
            return ""
        late = kind in (s.AST_RELATIONAL_GT, s.AST_RELATIONAL_GEQ)
        for time, other, after in ((a, b, late), (b, a, not late)):
            if time.getType() == s.AST_NAME_TIME and self.is_fixed(other):
                on = self.names.switch(self.number(other))
                return f"({on} - 0.5)" if after else f"(0.5 - {on})"
        return ""

    def is_fixed(self, node) -> bool:
        """Whether a node holds nothing that changes."""
        if node.getType() in (self.s.AST_NAME_TIME, self.s.AST_FUNCTION_DELAY):
            return False
        if node.getType() == self.s.AST_FUNCTION:
            return self.is_fixed(self.applied(node))
        if node.getType() == self.s.AST_NAME and node.getName() not in self.names.fixed:
            return False
        return all(self.is_fixed(node.getChild(i)) for i in range(node.getNumChildren()))

    def refused(self, node) -> InputError:
        """What is not supported, by its name."""
        s = self.s
        words = {
            s.AST_FUNCTION_DELAY: "delay (the value of something at an earlier time)",
            s.AST_FUNCTION_RATE_OF: "rateOf (the derivative of something)",
            s.AST_FUNCTION_FLOOR: "floor",
            s.AST_FUNCTION_CEILING: "ceiling",
            s.AST_FUNCTION_REM: "rem",
            s.AST_FUNCTION_QUOTIENT: "quotient",
            s.AST_FUNCTION_FACTORIAL: "factorial",
            s.AST_LAMBDA: "lambda",
        }
        word = (
            words.get(node.getType())
            or node.getName()
            or node.getOperatorName()
            or f"of type {node.getType()}"
        )
        return InputError(
            f"`{self.origin}`: the function {word} is not supported; livingdrug's expressions have no such "
            "word"
        )


def _put(node, what: Mapping[str, Any], s) -> None:
    for i in range(node.getNumChildren()):
        child = node.getChild(i)
        if child.getType() == s.AST_NAME and child.getName() in what:
            node.replaceChild(i, what[child.getName()].deepCopy())
        else:
            _put(child, what, s)


def _literal(node) -> str:
    value = node.getValue()
    if not math.isfinite(value):
        raise InputError(f"a number of the mathematics is {value}; it must be finite")
    text = repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return f"({text})" if value < 0 else text


def power(base: str, node, exponent: str) -> str:
    """A power; one with a large written exponent in steps, as the language bounds those."""
    if node.isNumber():
        value = node.getValue()
        if float(value).is_integer() and 16 < abs(value) <= 256:
            rest = int(abs(value)) % 16
            text = f"(({base}) ** 16) ** {int(abs(value)) // 16}" + (f" * ({base}) ** {rest}" if rest else "")
            return f"({text})" if value > 0 else f"(1 / ({text}))"
        exponent = repr(int(value)) if float(value).is_integer() else repr(float(value))
        return f"(({base}) ** {exponent})"
    return f"(({base}) ** ({exponent}))"


def joined(sign: str, args: Sequence[str]) -> str:
    """A sum or product; a long one in halves."""
    if len(args) <= 1:
        return args[0] if args else ""
    if len(args) <= _LONG:
        return f"({sign.join(args)})"
    half = len(args) // 2
    return f"({joined(sign, args[:half])}{sign}{joined(sign, args[half:])})"


def nested(function: str, args: Sequence[str]) -> str:
    """min or max of many."""
    if len(args) == 1:
        return args[0]
    half = len(args) // 2
    return f"{function}({nested(function, args[:half])}, {nested(function, args[half:])})"


def negated(condition: str) -> str:
    """Above 0 where the condition is not."""
    return f"choose({condition}, -1, 1)"


def signed(condition: str) -> str:
    """The condition as 1 or -1, so that conditions in different units can be joined."""
    return (
        condition
        if condition in ("1", "(-1)") or condition.startswith("choose(")
        else f"choose({condition}, 1, -1)"
    )
