"""Generated functions without branches, written as LLVM instructions at once.

numba's own way over bytecode and the inference of types takes about a millisecond a line, and such functions have
thousands of lines. What is written is what numba would write: the same operations in the same order.
"""

import ast
import builtins
from collections.abc import Callable
from functools import lru_cache

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from livingdrug.engine.codegen.vector_type import DOUBLE, VECTOR, spread

_OPERATORS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_WHOLE = ir.IntType(64)


def straightened(function: Callable) -> Callable:
    """A function of pointers to numbers that does the same as this one, and is compiled in less time; the function
    itself where it has branches, or its text is not known.

    Parameters
    ----------
    function : Callable
        Of a module whose text stands in it as `TEXT`.

    Returns
    -------
    Callable
    """
    scope = function.__globals__
    definition = _definitions(scope["TEXT"]).get(function.__name__) if "TEXT" in scope else None
    if definition is None or not all(isinstance(line, ast.Assign | ast.Expr | ast.Pass) for line in definition.body):
        return function
    names = [argument.arg for argument in definition.args.args]

    def write(context, builder, signature, arguments):
        known = dict(zip(names, zip(signature.args, arguments, strict=True), strict=True))
        _Writer(context, builder, scope, known).write(definition.body)
        return context.get_dummy_value()

    taken = ", ".join(names)
    lines = [f"def typed(typing, {taken}):", f"    return types.void({taken}), write", ""]
    lines += [f"def {function.__name__}({taken}):", f"    body({taken})", ""]
    made = {"__name__": function.__module__, "types": types, "write": write}
    exec("\n".join(lines), made)  # noqa: S102 - names of our own generated functions
    made["body"] = intrinsic(made["typed"])
    return made[function.__name__]


@lru_cache(maxsize=4)
def _definitions(text: str) -> dict[str, ast.FunctionDef]:
    """The functions that a text defines, by name."""
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


class _Writer:
    """Writes lines of a function one after the other; `known`: name -> (type, value)."""

    def __init__(self, context, builder, scope: dict, known: dict) -> None:
        self.context, self.builder, self.scope, self.known = context, builder, scope, known
        self.functions: dict = {}

    def write(self, lines: list[ast.stmt]) -> None:
        """All lines."""
        for line in lines:
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.known[name] = self._of(value)
                case ast.Assign(targets=[ast.Subscript() as place], value=value):
                    self.builder.store(self._of(value)[1], self._place(place))
                case ast.Expr(value=value):
                    self._of(value)

    def _of(self, node: ast.expr) -> tuple:
        """(type, value) of an expression."""
        match node:
            case ast.Name(id=name):
                return self.known[name]
            case ast.Constant(value=builtins.int() as whole):
                return types.intp, ir.Constant(_WHOLE, whole)
            case ast.Constant(value=number):
                return types.float64, ir.Constant(DOUBLE, number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                kind, value = self._of(operand)
                return kind, self.builder.fneg(value)
            case ast.BinOp():
                return self._chain(node)
            case ast.Subscript():
                return types.float64, self.builder.load(self._place(node))
            case ast.Call(func=function, args=arguments):
                return self._call(ast.unparse(function), [self._of(argument) for argument in arguments])
        raise TypeError(f"unexpected `{ast.unparse(node)}` in a generated function")

    def _chain(self, node: ast.expr) -> tuple:
        """A sum or product of any length: its left ends are not followed by recursion."""
        rest = []
        while isinstance(node, ast.BinOp):
            rest.append((_OPERATORS[type(node.op)], node.right))
            node = node.left
        found = self._of(node)
        for name, right in reversed(rest):
            pair = (found, self._of(right))
            wide = VECTOR in (pair[0][0], pair[1][0])
            values = [spread(self.builder, v) if wide and kind != VECTOR else v for kind, v in pair]
            found = VECTOR if wide else types.float64, getattr(self.builder, name)(*values)
        return found

    def _place(self, node: ast.Subscript):
        """Pointer to a number."""
        return self.builder.gep(self._of(node.value)[1], [self._of(node.slice)[1]])

    def _call(self, name: str, arguments: list[tuple]) -> tuple:
        """A compiled function or an operation of numba's, of these arguments."""
        kinds = tuple(kind for kind, _ in arguments)
        if (name, kinds) not in self.functions:
            self.functions[name, kinds] = self._function(name, kinds)
        kind, call = self.functions[name, kinds]
        return kind, call(self.builder, [value for _, value in arguments])

    def _function(self, name: str, kinds: tuple) -> tuple:
        space, _, own = name.rpartition(".")
        typing = self.context.typing_context
        kind = typing.resolve_value_type(getattr(self.scope[space], own) if space else self.scope[own])
        signature = typing.resolve_function_type(kind, kinds, {})
        call = self.context.get_function(kind, signature)
        self.context.add_linking_libs(getattr(call, "libs", ()))
        return signature.return_type, call
