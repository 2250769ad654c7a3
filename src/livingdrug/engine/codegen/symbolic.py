"""A system's equations as sympy expressions: right-hand side, Jacobian, derivatives by parameters and time.

Built node by node from the checked syntax trees of `core.expressions`, never by sympy's own parser. Every function of
the language is opaque to sympy and knows only its derivative, so nothing is simplified past a guard; a Hill term is
expit(n (ln x - ln k)), and Hill terms of the same x share their logarithm.
"""

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from livingdrug.core.errors import ModelError
from livingdrug.core.expressions import parse
from livingdrug.engine.codegen.compile import Pools
from livingdrug.models import System

_FLOAT_DIGITS = 17


class LogOrNever(sp.Function):
    """ln x; a very negative number for x <= 0."""

    def fdiff(self, argindex=1):
        return InverseOrZero(self.args[0])


class LogOfScale(sp.Function):
    """ln k of a Hill term's half point; for k = 0 a number between those of 0 and of any other x, NaN below."""

    def fdiff(self, argindex=1):
        return InverseOrZero(self.args[0])


class InverseOrZero(sp.Function):
    """1 / x; 0 for x <= 0."""

    def fdiff(self, argindex=1):
        return -(InverseOrZero(self.args[0]) ** 2)


class Expit(sp.Function):
    """1 / (1 + e^-x)."""

    def fdiff(self, argindex=1):
        return self * (1 - self)


class Exp(sp.Function):
    """e^x."""

    def fdiff(self, argindex=1):
        return self


class Expm1(sp.Function):
    """e^x - 1."""

    def fdiff(self, argindex=1):
        return 1 + self


class Expm1Ratio(sp.Function):
    """(e^x - 1) / x; met only where its argument is not differentiated."""


class NaturalLog(sp.Function):
    """ln x."""

    def fdiff(self, argindex=1):
        return 1 / self.args[0]


class Log1p(sp.Function):
    """ln(1 + x)."""

    def fdiff(self, argindex=1):
        return 1 / (1 + self.args[0])


class Sqrt(sp.Function):
    """Square root; its slope counts as 0 at 0, as that of x^0.5 does, where no Jacobian could hold it."""

    def fdiff(self, argindex=1):
        return InverseOrZero(self) / 2


class Tanh(sp.Function):
    """Hyperbolic tangent."""

    def fdiff(self, argindex=1):
        return 1 - self**2


class Sign(sp.Function):
    """-1, 0 or 1."""

    def fdiff(self, argindex=1):
        return sp.Integer(0)


class Step(sp.Function):
    """1 for x > 0, else 0."""

    def fdiff(self, argindex=1):
        return sp.Integer(0)


class Absolute(sp.Function):
    """|x|."""

    def fdiff(self, argindex=1):
        return Sign(self.args[0])


class Smaller(sp.Function):
    """min(x, y)."""

    def fdiff(self, argindex=1):
        x, y = self.args
        return Step(y - x) if argindex == 1 else 1 - Step(y - x)


class Larger(sp.Function):
    """max(x, y)."""

    def fdiff(self, argindex=1):
        x, y = self.args
        return Step(x - y) if argindex == 1 else 1 - Step(x - y)


class Chosen(sp.Function):
    """a for x > 0, else b, of x, a and b; the jump between them is no slope."""

    def fdiff(self, argindex=1):
        on = Step(self.args[0])
        return {1: sp.Integer(0), 2: on, 3: 1 - on}[argindex]


_CALLS = {
    "exp": Exp, "expm1": Expm1, "log": NaturalLog, "log1p": Log1p, "sqrt": Sqrt, "tanh": Tanh, "abs": Absolute,
    "min": Smaller, "max": Larger, "choose": Chosen,
}  # fmt: skip
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def symbol(name: str) -> sp.Symbol:
    """The symbol of a name: real, not positive, as sympy would drop guards of what it takes for positive."""
    return sp.Symbol(name, real=True)


def to_sympy(text: str, known: Mapping[str, sp.Expr]) -> sp.Expr:
    """An expression of the language as a sympy expression; names in `known` are replaced by what they stand for.

    Raises ModelError for a division by what is 0 whatever the values are.
    """

    def visit(node: ast.expr) -> sp.Expr:
        match node:
            case ast.Constant(value=value):
                whole = float(value).is_integer() and abs(value) < 2**53
                return sp.Integer(int(value)) if whole else sp.Float(value, _FLOAT_DIGITS)
            case ast.Name(id=name):
                return known[name] if name in known else symbol(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -visit(operand)
            case ast.UnaryOp(operand=operand):
                return visit(operand)
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return _power(visit(left), visit(right))
            case ast.BinOp(op=op, left=left, right=right):
                return _OPERATORS[type(op)](visit(left), visit(right))
            case ast.Call(func=ast.Name(id="hill"), args=args):
                x, n, k = (visit(arg) for arg in args)
                return Expit(n * (LogOrNever(x) - LogOfScale(k)))
            case ast.Call(func=ast.Name(id=name), args=args):
                return _CALLS[name](*(visit(arg) for arg in args))
        raise TypeError(f"unexpected node {ast.dump(node)} in `{text}`")

    found = visit(parse(text))
    if found.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise ModelError(f"expression `{text}` divides by 0, whatever the values are; write another divisor")
    return found


def _power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Whole written exponents stay powers (printed as products); others are 0 for a base <= 0, not complex."""
    if exponent.is_Integer:
        return base**exponent
    return Exp(exponent * LogOrNever(base))


@dataclass(frozen=True)
class Equations:
    """Equations of the integrated states in the solver's scale (the logarithm for `log` states).

    states: their symbols; flows: distinct rates; terms: per state, (factor, index of flow) pairs, so that what leaves
    one state enters the other as the same number; outputs: {name: expression} of outputs and states in their own
    units; pools: (symbol, exact course) of the pool states; pool_rates: their time derivatives.
    """

    states: tuple[sp.Symbol, ...]
    flows: tuple[sp.Expr, ...]
    terms: tuple[tuple[tuple[sp.Expr, int], ...], ...]
    outputs: dict[str, sp.Expr]
    pools: tuple[tuple[sp.Symbol, sp.Expr], ...]
    pool_rates: tuple[sp.Expr, ...]

    @property
    def rhs(self) -> tuple[sp.Expr, ...]:
        """Time derivative of every state."""
        return tuple(sp.Add(*(factor * self.flows[i] for factor, i in row)) for row in self.terms)


TIME = symbol("time")
POOL_START = symbol("pool_start")


def equations(system: System, pools: Pools) -> Equations:
    """Symbolic equations; pool states become symbols with an exact course since `pool_start`."""
    integrated = [s for i, s in enumerate(system.states) if i not in pools.all]
    logs = {symbol(s.name): Exp(symbol(s.name)) for s in integrated if s.log}
    known: dict[str, sp.Expr] = {s.name: symbol(s.name) for s in system.states}
    for item in (*system.clocks, *system.definitions):
        known[item.name] = to_sympy(item.expression, known)
    flows: dict[sp.Expr, int] = {}
    terms: dict[str, list] = {s.name: [] for s in integrated}
    for flow in system.flows:
        rate = to_sympy(flow.rate, known)
        for state, factor in ((flow.out_of, sp.Integer(-1)), (flow.into, to_sympy(flow.gain, known))):
            if state in terms:
                own = symbol(state)
                scaled = (rate / own if own in logs else rate).xreplace(logs)
                terms[state].append((factor, flows.setdefault(scaled, len(flows))))
    outputs = {s.name: symbol(s.name) for s in system.states}
    outputs |= {o.name: to_sympy(o.expression, known) for o in system.outputs}
    return Equations(
        states=tuple(symbol(s.name) for s in integrated),
        flows=tuple(flows),
        terms=tuple(tuple(row) for row in terms.values()),
        outputs={name: expression.xreplace(logs) for name, expression in outputs.items()},
        pools=tuple(_pool_courses(system, pools)),
        pool_rates=tuple(_pool_rates(system, pools)),
    )


def _coefficient_texts(pools: Pools) -> tuple[list[str], list[list[str]]]:
    n, m = len(pools.first), len(pools.second)
    texts = list(pools.coefficients)
    feeds = [texts[n + m + i * n : n + m + (i + 1) * n] for i in range(m)]
    return texts[: n + m], feeds


def pool_slot(name: str) -> sp.Symbol:
    """The value of a pool at `pool_start`."""
    return symbol(f"{name}_at_start")


def _pool_courses(system: System, pools: Pools):
    """First pools decay; second ones are fed by them (see `lsoda.pool_forcing`)."""
    decays, feeds = _coefficient_texts(pools)
    rates = [to_sympy(text, {}) for text in decays]
    names = [system.states[i].name for i in pools.all]
    elapsed = TIME - POOL_START
    n = len(pools.first)
    for j, name in enumerate(names):
        course = pool_slot(name) * Exp(rates[j] * elapsed)
        if j >= n:
            for i, text in enumerate(feeds[j - n]):
                feed = to_sympy(text, {})
                if feed != 0:
                    high, low = Larger(rates[i], rates[j]), Smaller(rates[i], rates[j])
                    part = Exp(high * elapsed) * Expm1Ratio((low - high) * elapsed)
                    course += feed * pool_slot(names[i]) * elapsed * part
        yield symbol(name), course


def _pool_rates(system: System, pools: Pools):
    decays, feeds = _coefficient_texts(pools)
    symbols = [symbol(system.states[i].name) for i in pools.all]
    n = len(pools.first)
    for j, own in enumerate(symbols):
        rate = to_sympy(decays[j], {}) * own
        if j >= n:
            rate += sum((to_sympy(text, {}) * symbols[i] for i, text in enumerate(feeds[j - n])), sp.Integer(0))
        yield rate


def jacobian(system: Equations) -> dict[tuple[int, int], sp.Expr]:
    """Nonzero entries d rhs_i / d state_j."""
    entries = {}
    for i, expression in enumerate(system.rhs):
        for j, state in enumerate(system.states):
            if state in expression.free_symbols:
                derivative = expression.diff(state)
                if derivative != 0:
                    entries[i, j] = derivative
    return entries


def kinks(system: Equations) -> list[dict[int, sp.Expr]]:
    """For every min, max, abs or choose of something that moves: by state, how much its time derivative would be off with
    the other branch; with another sign on either side, and 0 where branches meet."""
    moving = {TIME, *system.states, *(pool for pool, _ in system.pools)}
    rhs = system.rhs
    found = []
    corners = set().union(*(e.atoms(Smaller, Larger, Absolute, Chosen) for e in rhs))
    for corner in sorted(corners, key=sp.default_sort_key):
        apart = _apart(corner)
        if (corner.args[0] if isinstance(corner, Chosen) else apart).free_symbols & moving:
            value = sp.Dummy(real=True)
            slopes = {i: e.xreplace({corner: value}).diff(value).xreplace({value: corner}) for i, e in enumerate(rhs)}
            found.append({i: slope * apart for i, slope in slopes.items() if slope != 0})
    return found


def jumps(system: Equations) -> bool:
    """Whether some choice between two branches depends on time or a state."""
    moving = {TIME, *system.states, *(pool for pool, _ in system.pools)}
    everything = (*system.flows, *system.outputs.values())
    return any(c.args[0].free_symbols & moving for e in everything for c in e.atoms(Chosen))


def _apart(corner: sp.Function) -> sp.Expr:
    """What changes its sign where the branch changes, as large as the branches lie apart."""
    if isinstance(corner, Absolute):
        return 2 * corner.args[0]
    if isinstance(corner, Chosen):
        condition, yes, no = corner.args
        return (2 * Step(condition) - 1) * Absolute(yes - no)
    return corner.args[0] - corner.args[1]


def time_derivative(expression: sp.Expr, system: Equations) -> sp.Expr:
    """Partial derivative by time at fixed states: clocks, and pools on their exact course."""
    total = expression.diff(TIME)
    for (pool, _), rate in zip(system.pools, system.pool_rates, strict=True):
        total += expression.diff(pool) * rate
    return total


def renamed(system: System, equations: Equations) -> Equations:
    """The same with canonical symbols, so that no name of a model can collide with code.

    States become y0, y1 ..., pools w0 ..., their values at `start` a0 ..., switches s0 ..., quantities q0 ...
    """
    names = {TIME: TIME, POOL_START: symbol("start")}
    names |= {state: symbol(f"y{i}") for i, state in enumerate(equations.states)}
    names |= {pool: symbol(f"w{i}") for i, (pool, _) in enumerate(equations.pools)}
    names |= {pool_slot(pool.name): symbol(f"a{i}") for i, (pool, _) in enumerate(equations.pools)}
    names |= {symbol(s.name): symbol(f"s{i}") for i, s in enumerate(system.switches)}
    names |= {symbol(q.name): symbol(f"q{i}") for i, q in enumerate(system.quantities)}
    return Equations(
        states=tuple(names[state] for state in equations.states),
        flows=tuple(flow.xreplace(names) for flow in equations.flows),
        terms=tuple(tuple((factor.xreplace(names), i) for factor, i in row) for row in equations.terms),
        outputs={name: e.xreplace(names) for name, e in equations.outputs.items()},
        pools=tuple((names[pool], course.xreplace(names)) for pool, course in equations.pools),
        pool_rates=tuple(rate.xreplace(names) for rate in equations.pool_rates),
    )
