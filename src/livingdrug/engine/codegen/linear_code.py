"""Systems whose flows are linear in the states, found symbolically and written as code: dy/dt = A y + b.

A, b and the states at the start depend on the quantities of a subject alone. What is written are they, their derivatives
by chosen quantities, and the outputs, whatever these make of the states.
"""

from collections.abc import Mapping, Sequence

import sympy as sp

import livingdrug
from livingdrug.engine.codegen import symbolic as sy
from livingdrug.engine.codegen.compile import without_pools
from livingdrug.engine.codegen.generate import function_text, module_text, shared, text_of
from livingdrug.engine.codegen.symbolic import symbol, to_sympy
from livingdrug.models import System

# what is written of one subject, in order: A by rows, b, states at the start
Numbers = tuple[list[sp.Expr], list[sp.Expr], list[sp.Expr]]


def linear_module(
    system: System, observed: Sequence[str], by: Sequence[str], individual: Mapping[str, str]
) -> str:
    """Text of the module of a system, whose FACTS say whether it is linear and whether b is anything but 0.

    individual: quantity -> expression of the quantities that replaces it for a subject (covariate effects).
    """
    found = _numbers(system)
    if found is None:
        return 'FACTS = {"linear": False, "input": False}\n'
    matrix, inflow, initial = found
    names = [q.name for q in system.quantities]
    given = {name: symbol(f"q{i}") for i, name in enumerate(names)}
    own = {given[name]: to_sympy(text, given) for name, text in individual.items()}
    equations = sy.renamed(system, sy.equations(system, without_pools(system)))
    values = [e.xreplace(own) for e in (*matrix, *inflow, *initial)]
    outputs = [equations.outputs[name].xreplace(own) for name in observed]
    slopes = [e.diff(given[name]) for name in by for e in values]
    by_state = [e.diff(state) for e in outputs for state in equations.states]
    by_quantity = [e.diff(given[name]) for e in outputs for name in by]
    functions = [
        _function("numbers", "q out", values), _function("numbers_slopes", "q out", [*values, *slopes]),
        _function("observe", "t y q out", outputs),
        _function("observe_slopes", "t y q out", [*outputs, *by_state, *by_quantity]),
    ]  # fmt: skip
    body = module_text("Linear flows", system.name, livingdrug.__version__, functions)
    facts = {"linear": True, "input": any(e != 0 for e in inflow)}
    return f"{body}\n\nFACTS = {facts!r}\n"


def _numbers(system: System) -> Numbers | None:
    """A, b and the initial states, or None where the flows are not linear with constant coefficients.

    A state kept as a logarithm or that can go extinct asks for the solver that knows such rules.
    """
    if system.clocks or system.switches or any(s.log or s.extinct_below for s in system.states):
        return None
    equations = sy.renamed(system, sy.equations(system, without_pools(system)))
    moving = {*equations.states, sy.TIME}
    nothing = dict.fromkeys(equations.states, sp.Integer(0))
    matrix, inflow = [], []
    for rate in equations.rhs:
        rate = sp.expand(rate)
        row = [sp.expand(rate.diff(state)) for state in equations.states]
        rest = rate.xreplace(nothing)
        # constant slopes by every state make a rate linear
        if any(e.free_symbols & moving for e in (*row, rest)):
            return None
        matrix += row
        inflow.append(rest)
    known = {q.name: symbol(f"q{i}") for i, q in enumerate(system.quantities)}
    return matrix, inflow, [to_sympy(state.initial, known) for state in system.states]


def _function(name: str, arguments: str, expressions: Sequence[sp.Expr]) -> str:
    """A function of one subject that writes the expressions one after the other."""
    parts, reduced = shared(expressions)
    used = set().union(*(e.free_symbols for e in expressions))
    loads = ["time = t[0]"] if sy.TIME in used else []
    for group in ("y", "q"):
        count = [int(s.name[1:]) for s in used if s.name[0] == group and s.name[1:].isdecimal()]
        loads += [f"{group}{i} = {group}[{i}]" for i in sorted(count)]
    lines = [f"{s} = {text_of(e, 'one')}" for s, e in parts]
    lines += [f"out[{i}] = {text_of(e, 'one')}" for i, e in enumerate(reduced)]
    return function_text(name, arguments, [*loads, *lines])
