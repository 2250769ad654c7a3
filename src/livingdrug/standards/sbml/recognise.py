"""Hill terms, min and max, where a file spells them out as choices."""

import ast


def recognised(text: str) -> str:
    """The same expression with `hill`, `min` and `max` for the choices that say the same."""
    if "choose(" not in text:
        return text
    return ast.unparse(_Recognise().visit(ast.parse(text, mode="eval").body))


class _Recognise(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "choose":
            return _hill(*node.args) or _extreme(*node.args) or node
        return node


def _same(a: ast.expr, b: ast.expr) -> bool:
    return ast.dump(a) == ast.dump(b)


def _is(node: ast.expr, value: float) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _hill(x: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr | None:
    """choose(x, 1 / (1 + (k / x) ** n), 0)."""
    match yes:
        case ast.BinOp(
            left=one,
            op=ast.Div(),
            right=ast.BinOp(
                left=two,
                op=ast.Add(),
                right=ast.BinOp(left=ast.BinOp(left=k, op=ast.Div(), right=of), op=ast.Pow(), right=n),
            ),
        ) if _is(one, 1) and _is(two, 1) and _is(no, 0) and _same(of, x):
            return _call("hill", x, n, k)
    return None


def _extreme(condition: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr | None:
    """choose(a - b, a, b) and the like."""
    match condition:
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            pass
        case _:
            left, right = condition, ast.Constant(0)
    if _same(left, yes) and _same(right, no):
        return _call("max", yes, no)
    if _same(left, no) and _same(right, yes):
        return _call("min", yes, no)
    return None
