"""Formulas of time and their slopes by chosen quantities, at single records: each row has its own time and subject.

The grid of `exponentials` is for many times of few shapes; fits ask for values at scattered times and their derivatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.calls import call_3
from livingdrug.engine.codegen.machine_code import kept, module_of
from livingdrug.models import ClosedForm, Definition, Piece


@dataclass(frozen=True)
class Formulas:
    """Formulas in pieces over the same quantities. individual: (quantity, expression that replaces it) pairs."""

    pieces: tuple[tuple[Piece, ...], ...]
    quantities: tuple[str, ...]
    definitions: tuple[Definition, ...] = ()
    individual: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(form: ClosedForm, individual: dict[str, str]) -> "Formulas":
        """The outputs of a closed form, in order."""
        names = tuple(q.name for q in form.quantities)
        return Formulas(tuple(o.pieces for o in form.outputs), names, form.definitions, tuple(individual.items()))


@dataclass(frozen=True)
class FormulaKernel:
    """Compiled formulas: addresses of the functions that give values, and values with slopes by the quantities `by`."""

    values: np.ndarray
    slopes: np.ndarray
    by: tuple[str, ...]
    module: object


@lru_cache(maxsize=32)
def formula_kernel(formulas: Formulas, by: tuple[str, ...]) -> FormulaKernel:
    """Compiled code of formulas and of their derivatives by quantities (before `individual` acts)."""
    name = cache.key("formulas", repr(formulas), repr(by))
    module = module_of(cache.folder() / f"formulas_{name}.py", "the formulas of a fit", lambda: _text(formulas, by))
    count = range(len(formulas.pieces))
    values = np.array([getattr(module, f"value_{k}").address for k in count], dtype=np.int64)
    slopes = np.array([getattr(module, f"slope_{k}").address for k in count], dtype=np.int64)
    return FormulaKernel(values, slopes, by, module)


def formula_values(
    kernel: FormulaKernel, which: np.ndarray, table: np.ndarray, subject: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Values of formula which[r] at time[r] with the quantities table[subject[r]], shape (records,)."""
    out = np.empty(len(time))
    _run(kernel.values, which, np.ascontiguousarray(table), subject, time, out, 1)
    return out


def formula_slopes(
    kernel: FormulaKernel, which: np.ndarray, table: np.ndarray, subject: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values (records,) and slopes by the kernel's quantities (records, by)."""
    size = 1 + len(kernel.by)
    out = np.empty((len(time), size))
    _run(kernel.slopes, which, np.ascontiguousarray(table), subject, time, out, size)
    return out[:, 0].copy(), out[:, 1:]


@kept
def _run(addresses, which, table, subject, time, out, size):
    width = table.shape[1]
    for r in range(len(time)):
        call_3(addresses[which[r]], table, subject[r] * width, time, r, out, r * size)


def _text(formulas: Formulas, by: Sequence[str]) -> str:
    from livingdrug.engine.codegen.generate import module_text

    functions = []
    for k in range(len(formulas.pieces)):
        functions += [_function(formulas, k, f"value_{k}", ()), _function(formulas, k, f"slope_{k}", by)]
    return module_text("Formulas at records", "formulas", livingdrug.__version__, functions)


def _function(formulas: Formulas, k: int, name: str, by: Sequence[str]) -> str:
    from livingdrug.engine.codegen.generate import function_text, text_of
    from livingdrug.engine.codegen.symbolic import symbol, to_sympy

    given = {q: symbol(f"q{i}") for i, q in enumerate(formulas.quantities)}
    known = given | {q: to_sympy(text, given) for q, text in formulas.individual} | {"time": symbol("s")}
    for definition in formulas.definitions:
        known[definition.name] = to_sympy(definition.expression, known)
    lines, used = [], set()
    pieces = formulas.pieces[k]
    for i, piece in enumerate(pieces):
        value = to_sympy(piece.expression, known)
        wanted = [value, *(value.diff(given[q]) for q in by)]
        used |= set().union(*(e.free_symbols for e in wanted))
        margin = ""
        if i < len(pieces) - 1:
            end = to_sympy(piece.until, known)
            used |= end.free_symbols
            lines.append(f"{'if' if i == 0 else 'elif'} s < {text_of(end, 'one')}:")
        elif i > 0:
            lines.append("else:")
        margin = "    " if len(pieces) > 1 else ""
        lines += [margin + line for line in _assignments(wanted)]
    loads = [f"q{i} = q[{i}]" for i in range(len(formulas.quantities)) if symbol(f"q{i}") in used]
    return function_text(name, "q t out", ["s = t[0]", *loads, *lines])


def _assignments(expressions) -> list[str]:
    from livingdrug.engine.codegen.generate import shared, text_of

    parts, reduced = shared(expressions)
    lines = [f"{s} = {text_of(e, 'one')}" for s, e in parts]
    return lines + [f"out[{i}] = {text_of(e, 'one')}" for i, e in enumerate(reduced)]
