"""Symbolic equations -> the text of a Python module that numba compiles to machine code.

Lane functions work on LANES subjects side by side, in one array w whose row i of subject l lies at i * LANES + l: one
array, as the compiler vectorises a loop only where it can prove that what is written is not what is read. What depends
on a subject's numbers alone is computed once per subject by `prepare`. Names of the model do not appear: a state is
y0, y1 ..., a number of the subject p0, p1 ..., so no name can collide with code.
"""

import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import sympy as sp

from livingdrug.core.errors import ModelError
from livingdrug.engine.codegen import symbolic as sy
from livingdrug.engine.codegen.factor import factorisation
from livingdrug.engine.codegen.layout import LANES, Layout
from livingdrug.engine.codegen.symbolic import Equations, symbol, to_sympy
from livingdrug.models import System

_FUNCTIONS = {
    sy.LogOrNever: "log_or_never", sy.LogOfScale: "log_of_scale", sy.InverseOrZero: "inverse_or_zero", sy.Expit: "expit",
    sy.Exp: "exp", sy.Expm1: "expm1", sy.Expm1Ratio: "expm1_ratio", sy.NaturalLog: "natural_log", sy.Log1p: "log1p",
    sy.Sqrt: "sqrt", sy.Tanh: "tanh", sy.Sign: "sign", sy.Step: "step", sy.Absolute: "absolute", sy.Smaller: "minimum",
    sy.Larger: "maximum", sy.Chosen: "chosen",
}  # fmt: skip

# the title holds names that a user chose: it is written as a literal, so that it can never be code
HEADER = '''"""{subject}, written by livingdrug {version}. Not for editing: it is generated again when the model changes."""

from livingdrug.engine.codegen import vector_functions as lanes
from livingdrug.engine.codegen import vector_math as one
from livingdrug.engine.codegen.machine_code import entry
from livingdrug.engine.codegen.vector_math import compiled
from livingdrug.engine.codegen.vector_type import fused
from livingdrug.engine.codegen.vectors import choose_below, fill, load, store

TITLE = {title!a}


'''


def text_of(expression: sp.Expr, of: str) -> str:
    """Python text of an expression for `lanes` or for `one` subject; whole powers as products."""
    return _sum(expression).replace("call.", f"{of}.")


def _sum(e: sp.Expr) -> str:
    """A sum; each product after the first term is fused with what stands before it (see `vector_type`)."""
    if not e.is_Add:
        return _product(e)
    text = ""
    # positive terms first, so that no term starts with a minus
    for term in sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), sp.default_sort_key(a))):
        minus = term.could_extract_minus_sign()
        if not text:
            text = _product(term)
            continue
        factors = _factors(-term if minus else term)
        if factors:
            first, rest = factors
            text = f"fused({'-' if minus else ''}{first}, {rest}, {text})"
        else:
            text += f" - {_product(-term)}" if minus else f" + {_product(term)}"
    return text


def _factors(term: sp.Expr) -> tuple[str, str] | None:
    """A product as two factors, or None when it is no plain product."""
    if not term.is_Mul or any(f.is_Pow and f.exp.is_negative for f in term.args) or term.args[0] == -1:
        return None
    first, rest = term.args[0], term.func(*term.args[1:])
    return _product(first), _product(rest)


def _product(e: sp.Expr) -> str:
    if not (e.is_Mul or e.is_Pow):
        return _atom(e)
    sign, above, below = "", [], []
    for factor in sp.Mul.make_args(e):
        if factor == -1:
            sign = "-"
        elif factor.is_Pow and factor.exp.is_Integer and factor.exp < 0:
            below.append(_power(factor.base, -int(factor.exp)))
        elif factor.is_Rational and not factor.is_Integer:
            above.append(_number(factor))
        else:
            above.append(_power(*factor.as_base_exp()) if factor.is_Pow else _atom(factor))
    text = sign + (" * ".join(above) or "1.0")
    if below:
        text += " / " + (below[0] if len(below) == 1 else f"({' * '.join(below)})")
    return text


def _power(base: sp.Expr, exponent) -> str:
    n = int(exponent)
    if n != exponent:
        raise ValueError(f"{base}**{exponent} has no whole exponent")
    return _atom(base) if n == 1 else f"power_{n}({_sum(base)})"


def _number(e: sp.Expr) -> str:
    value = float(e) if abs(e) < sys.float_info.max else math.inf
    if value == math.inf:
        raise ModelError("the written numbers of an equation multiply to more than 1e308; write smaller ones")
    return repr(value)


def _atom(e: sp.Expr) -> str:
    if e.is_Symbol:
        return e.name
    if e.is_Number:
        return f"({_number(e)})" if e < 0 else _number(e)
    if type(e) in _FUNCTIONS:
        return f"call.{_FUNCTIONS[type(e)]}({', '.join(_sum(a) for a in e.args)})"
    return f"({_sum(e)})"


@dataclass
class Constants:
    """Parts of expressions that hold nothing that moves, each computed once per subject."""

    moving: frozenset[sp.Symbol]
    parts: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)

    def hoist(self, e: sp.Expr) -> sp.Expr:
        """The expression with its constant parts replaced by symbols."""
        if e.is_Number or e in self.moving:
            return e
        if not (e.free_symbols & self.moving):
            return self._constant(e)
        if e.is_Add or e.is_Mul:
            fixed = [a for a in e.args if not (a.free_symbols & self.moving)]
            rest = [self.hoist(a) for a in e.args if a.free_symbols & self.moving]
            # a bare sign or number needs no slot
            plain = [a for a in fixed if a.is_Number]
            named = [a for a in fixed if not a.is_Number]
            if named and not (plain and plain[0] == -1):
                named, plain = fixed, []
            group = [self._constant(e.func(*named))] if named else []
            return e.func(*plain, *group, *rest)
        return e.func(*(self.hoist(a) for a in e.args))

    def _constant(self, e: sp.Expr) -> sp.Symbol:
        return self.parts.setdefault(e, symbol(f"p{len(self.parts)}"))


class Writer:
    """Writes the functions of one system, whose equations have canonical symbols."""

    def __init__(self, system: System, equations: Equations, observed: Sequence[str]) -> None:
        self.system, self.eq, self.observed = system, equations, tuple(observed)
        slots = [symbol(f"s{i}") for i in range(len(system.switches))]
        if equations.pools:
            slots += [symbol("start"), *(symbol(f"a{i}") for i in range(len(equations.pools)))]
        self.slots = {slot: row for row, slot in enumerate(slots)}
        pools = [pool for pool, _ in equations.pools]
        slopes = [symbol(f"f{i}") for i in range(len(equations.states))]
        self.constants = Constants(frozenset([sy.TIME, *equations.states, *slopes, *pools, *slots]))
        self.jacobian = sy.jacobian(equations)
        for i in range(len(equations.states)):
            self.jacobian.setdefault((i, i), sp.Integer(0))
        self.kinks = sy.kinks(equations)
        self.factors = factorisation(len(equations.states), self.jacobian)
        self.further: dict[str, dict[tuple[int, ...], sp.Expr]] = {}
        self.rows = self._layout().rows

    def _layout(self) -> Layout:
        return Layout(
            len(self.eq.states), self.observed, tuple(self.jacobian), len(self.system.switches), len(self.eq.pools),
            len(self.constants.parts), self.factors.filled,
            tuple((group, tuple(entries)) for group, entries in self.further.items()), len(self.kinks),
        )  # fmt: skip

    def _more_functions(self) -> list[str]:
        """Functions beyond the usual ones, for writers that add some."""
        return []

    def module(self, title: str, version: str) -> tuple[str, Layout]:
        """The text of the module, and its layout."""
        functions = [self._rhs(), self._jacobian(), self._factorise(), self._solve()]
        functions += [self._observe(), self._observe_one(), self._observe_all(), self._pools()]
        functions += self._more_functions()
        # last, as all the others add to the constants
        functions += [self._prepare(), self._of_quantities("initial", "y", [s.initial for s in self.system.states])]
        functions += [self._of_quantities("switch_times", "s", [s.at for s in self.system.switches])]
        return module_text("Equations", title, version, functions), self._layout()

    # ---------------------------------------------------------------- over lanes

    def _rhs(self) -> str:
        """Time derivatives f of the states, and kinks where there are any."""
        flows = [self.constants.hoist(flow) for flow in self.eq.flows]
        n = len(self.eq.states)
        kinks = {k * n + i: self.constants.hoist(e) for k, row in enumerate(self.kinks) for i, e in row.items()}
        parts, both = shared([*flows, *kinks.values()])
        flows = both[: len(flows)]
        rates = [(symbol(f"r{i}"), flow) for i, flow in enumerate(flows)]
        rows = [sp.Add(*(self.constants.hoist(factor) * rates[i][0] for factor, i in row)) for row in self.eq.terms]
        parts = [*parts, *rates]
        lines = [f"{s} = {text_of(e, 'lanes')}" for s, e in parts]
        lines += [self._put("f", i, row) for i, row in enumerate(rows)]
        apart = both[len(flows) :]
        lines += [self._put("kink", i, e) for i, e in zip(kinks, apart, strict=True)]
        return self._lanes("rhs", [*(e for _, e in parts), *rows, *apart], lines)

    def _jacobian(self) -> str:
        """Stored entries j of the Jacobian and time derivatives ft of the right-hand side at fixed states."""
        entries = [("j", k, e) for k, e in enumerate(self.jacobian.values())]
        entries += [("ft", i, sy.time_derivative(e, self.eq)) for i, e in enumerate(self.eq.rhs)]
        return self._entries("jacobian", entries)

    def _factorise(self) -> str:
        """Sparse factors lu and inverse pivots of `shift` I - J, without pivoting."""
        entries = [f"m{e} = -load(w, {(self.rows['j'] + e) * LANES})" for e in range(len(self.jacobian))]
        diagonal = [f"m{e} = shift + m{e}" for e in self.factors.diagonal]
        lines, known = [f"shift = load(w, {self.rows['shift'] * LANES})", *entries, *diagonal], set(range(len(entries)))
        for pivot in self.factors.pivots:
            lines.append(f"i{pivot.state} = 1.0 / m{pivot.diagonal}")
            lines += [f"m{e} = m{e} * i{pivot.state}" for e in pivot.scaled]
            for target, a, b in pivot.updates:
                product = f"fused(-m{a}, m{b}, m{target})" if target in known else f"-m{a} * m{b}"
                lines.append(f"m{target} = {product}")
                known.add(target)
        lines += [f"store(w, {(self.rows['lu'] + e) * LANES}, m{e})" for e in range(self.factors.filled)]
        lines += [f"store(w, {(self.rows['pivot'] + i) * LANES}, i{i})" for i in range(len(self.eq.states))]
        return function_text("factorise", "w", lines)

    def _solve(self) -> str:
        """Solve with the factors, in place, for the right-hand side b."""
        states = range(len(self.eq.states))

        def factor(e: int) -> str:
            return f"load(w, {(self.rows['lu'] + e) * LANES})"

        lines = [f"b{i} = load(b, {i * LANES})" for i in states]
        lines += [f"b{row} = fused(-{factor(e)}, b{p.state}, b{row})" for p in self.factors.pivots for row, e in p.below]
        for p in reversed(self.factors.pivots):
            lines += [f"b{p.state} = fused(-{factor(e)}, b{column}, b{p.state})" for column, e in p.beside]
            lines.append(f"b{p.state} = b{p.state} * load(w, {(self.rows['pivot'] + p.state) * LANES})")
        return function_text("solve", "w b", lines + [f"store(b, {i * LANES}, b{i})" for i in states])

    def _observe(self) -> str:
        """Outputs g and their time derivatives dg along the solution, f being the states' derivatives."""
        values = [self.eq.outputs[name] for name in self.observed]
        slopes = [sy.time_derivative(value, self.eq) for value in values]
        for i, state in enumerate(self.eq.states):
            slopes = [s + v.diff(state) * symbol(f"f{i}") for s, v in zip(slopes, values, strict=True)]
        entries = [(group, k, e) for group, row in (("g", values), ("dg", slopes)) for k, e in enumerate(row)]
        return self._entries("observe", entries)

    def _observe_all(self) -> str:
        """Outputs g alone, of all lanes."""
        parts, reduced = shared(self.constants.hoist(self.eq.outputs[name]) for name in self.observed)
        lines = [f"{s} = {text_of(e, 'lanes')}" for s, e in parts]
        lines += [f"store(g, {i * LANES}, {text_of(e, 'lanes')})" for i, e in enumerate(reduced)]
        return self._lanes("observe_all", [*(e for _, e in parts), *reduced], lines, "w g")

    def _entries(self, name: str, entries: Sequence[tuple[str, int, sp.Expr]]) -> str:
        """A lane function that writes expressions to (group, index) rows."""
        parts, reduced = shared(self.constants.hoist(e) for _, _, e in entries)
        lines = [f"{s} = {text_of(e, 'lanes')}" for s, e in parts]
        lines += [self._put(group, i, e) for (group, i, _), e in zip(entries, reduced, strict=True)]
        return self._lanes(name, [*(e for _, e in parts), *reduced], lines)

    def _lanes(self, name: str, used: Sequence[sp.Expr], lines: list[str], arguments: str = "w") -> str:
        loads = self._loads(used, lambda group, i: f"load(w, {(self.rows[group] + i) * LANES})", "lanes")
        return function_text(name, arguments, loads + lines)

    def _put(self, group: str, i: int, e: sp.Expr) -> str:
        return f"store(w, {(self.rows[group] + i) * LANES}, {text_of(e, 'lanes')})"

    def _loads(self, used: Iterable[sp.Expr], at: Callable[[str, int], str], of: str) -> list[str]:
        """Lines that read what the expressions use from where `at` says; pools by their exact course."""
        needed = set().union(*(e.free_symbols for e in used))
        pools = [(pool, self.constants.hoist(course)) for pool, course in self.eq.pools if pool in needed]
        for _, course in pools:
            needed |= course.free_symbols
        numbers = [*self.slots, *self.constants.parts.values()]
        places = [(sy.TIME, at("t", 0)), *((s, at("y", i)) for i, s in enumerate(self.eq.states))]
        places += [(symbol(f"f{i}"), at("f", i)) for i in range(len(self.eq.states))]
        places += [(number, at("p", i)) for i, number in enumerate(numbers)]
        lines = [f"{s} = {place}" for s, place in places if s in needed]
        return lines + [f"{pool} = {text_of(course, of)}" for pool, course in pools]

    # ---------------------------------------------------------------- one subject

    def _observe_one(self) -> str:
        """Outputs g of one subject: t and y lie close, the subject's numbers p keep the stride of the lanes."""
        return self._one("observe_one", "g", [self.eq.outputs[name] for name in self.observed])

    def _one(self, name: str, target: str, values: Sequence[sp.Expr]) -> str:
        """A function of one subject's time t, states y and numbers p."""
        parts, reduced = shared(self.constants.hoist(e) for e in values)
        lines = [f"{s} = {text_of(e, 'one')}" for s, e in parts]
        lines += [f"{target}[{i}] = {text_of(e, 'one')}" for i, e in enumerate(reduced)]
        loads = self._loads([*(e for _, e in parts), *reduced], _of_one, "one")
        return function_text(name, f"t y p {target}", loads + lines)

    def _pools(self) -> str:
        """Values w of the pools of one subject at time t."""
        pools = [pool for pool, _ in self.eq.pools]
        lines = [f"w[{k}] = {pool}" for k, pool in enumerate(pools)]
        return function_text("pools", "t p w", (self._loads(pools, _of_one, "one") if pools else []) + lines)

    def _prepare(self) -> str:
        """Constants p of a subject (without the slots) from the values q of the quantities."""
        parts, reduced = shared(self.constants.parts)
        lines = [f"{s} = {text_of(e, 'one')}" for s, e in parts]
        lines += [f"p[{k}] = {text_of(e, 'one')}" for k, e in enumerate(reduced)]
        return self._subject("prepare", "p", [*(e for _, e in parts), *reduced], lines)

    def _of_quantities(self, name: str, target: str, texts: Sequence[str]) -> str:
        known = {q.name: symbol(f"q{i}") for i, q in enumerate(self.system.quantities)}
        values = [to_sympy(text, known) for text in texts]
        return self._of_subject(name, target, values)

    def _of_subject(self, name: str, target: str, values: Sequence[sp.Expr]) -> str:
        """Values as a function of a subject's quantities q alone."""
        lines = [f"{target}[{k}] = {text_of(e, 'one')}" for k, e in enumerate(values)]
        return self._subject(name, target, values, lines)

    def _subject(self, name: str, target: str, used: Iterable[sp.Expr], lines: list[str]) -> str:
        """A function of a subject's quantities q alone."""
        needed = set().union(*(e.free_symbols for e in used))
        quantities = [symbol(f"q{i}") for i in range(len(self.system.quantities))]
        loads = [f"{q} = q[{i}]" for i, q in enumerate(quantities) if q in needed]
        return function_text(name, f"q {target}", loads + lines)


def shared(expressions: Iterable[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Parts that occur more than once, as u0, u1 ..., and the expressions in terms of them."""
    return sp.cse(list(expressions), symbols=sp.numbered_symbols("u", real=True))


def _of_one(group: str, i: int) -> str:
    """Where a function of one subject reads: its numbers keep the stride of the lanes, the rest lies close."""
    return f"p[{i * LANES}]" if group == "p" else f"{group}[{i}]"


def module_text(subject: str, title: str, version: str, functions: Sequence[str]) -> str:
    """A module of these functions and of the powers that they use."""
    body = "\n\n".join(functions)
    return HEADER.format(subject=subject, title=title, version=version) + "\n\n".join([*power_functions(body), body])


def function_text(name: str, arguments: str, body: Sequence[str]) -> str:
    """A function of pointers to numbers, called by its address."""
    names = arguments.split()
    indented = [f"    {line}" for line in body or ["pass"]]
    lines = ["@entry", f"def {name}({', '.join(names)}):", *indented]
    return "\n".join(lines) + "\n"


def power_functions(body: str) -> list[str]:
    """Functions x^n by repeated squaring, for the whole powers that the text uses, each before those that need it."""
    # products of powers can go beyond the largest exponent that may be written
    used = {int(n) for n in re.findall(r"power_(\d+)\(", body)}
    needed = {n >> k for n in used for k in range(n.bit_length()) if n >> k >= 2}
    functions = []
    for n in sorted(needed):
        steps = [] if n < 4 else [f"    half = power_{n // 2}(x)"]
        product = " * ".join(["x"] * n) if n < 4 else "half * half" + (" * x" if n % 2 else "")
        head = ["@compiled", f"def power_{n}(x):"]
        lines = [*head, *steps, f"    return {product}"]
        functions.append("\n".join([*lines, ""]))
    return functions
