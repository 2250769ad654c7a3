"""Formulas of time and their slopes by chosen quantities, at single records: each row has its own time and subject.

The grid of `exponentials` is for many times of few shapes; fits ask for values at scattered times and their derivatives.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.calls import call_3
from livingdrug.engine.codegen.linked import module_of
from livingdrug.engine.codegen.machine_code import kept
from livingdrug.models import ClosedForm, Definition, Piece


@dataclass(frozen=True)
class Formulas:
    """Formulas in pieces over the same quantities.

    Attributes
    ----------
    pieces : tuple[tuple of Piece, ...]
        Of each formula.
    quantities : tuple of str
        Names of the quantities, in the order in which values are passed.
    definitions : tuple of Definition
        Named expressions that they share.
    individual : tuple[tuple[str, str], ...]
        (quantity, expression that replaces it) pairs.
    """

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
    """Compiled formulas.

    Attributes
    ----------
    values, slopes : ndarray
        Addresses of the functions that give values, and values with slopes.
    by : tuple of str
        Quantities of the slopes.
    module : object
        Of the functions, which live as long.
    """

    values: np.ndarray
    slopes: np.ndarray
    by: tuple[str, ...]
    module: object


@lru_cache(maxsize=32)
def formula_kernel(formulas: Formulas, by: tuple[str, ...]) -> FormulaKernel:
    """Compiled code of formulas and of their derivatives by quantities (before `individual` acts).

    Parameters
    ----------
    formulas : Formulas
        In pieces.
    by : tuple of str
        Quantities of the slopes.

    Returns
    -------
    FormulaKernel
    """
    name = cache.key("formulas", repr(formulas), repr(by))
    module = module_of(cache.folder() / f"formulas_{name}.py", "the formulas of a fit", lambda: _text(formulas, by))

    def addresses(what: str) -> np.ndarray:
        return np.array([getattr(module, f"{what}_{k}").address for k in range(len(formulas.pieces))], dtype=np.int64)

    return FormulaKernel(*map(addresses, ("value", "slope")), by, module)


def formula_values(
    kernel: FormulaKernel, which: np.ndarray, table: np.ndarray, subject: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Values of formula which[r] at time[r] with the quantities table[subject[r]], shape (records,).

    Parameters
    ----------
    kernel : FormulaKernel
        Compiled formulas of the outputs, see `formula_kernel`.
    which : ndarray, shape (records,)
        Position of the formula.
    table : ndarray, shape (subjects, quantities)
        Values of the quantities.
    subject : ndarray, shape (records,)
        Position of the subject.
    time : ndarray, shape (records,)
        In the model's time unit.

    Returns
    -------
    ndarray
    """
    out = np.empty(len(time))
    _run(kernel.values, which, np.ascontiguousarray(table), subject, time, out, 1)
    return out


def formula_slopes(
    kernel: FormulaKernel, which: np.ndarray, table: np.ndarray, subject: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values (records,) and slopes by the kernel's quantities (records, by).

    Parameters
    ----------
    kernel : FormulaKernel
        Compiled formulas of the outputs, see `formula_kernel`.
    which : ndarray, shape (records,)
        Position of the formula.
    table : ndarray, shape (subjects, quantities)
        Values of the quantities.
    subject : ndarray, shape (records,)
        Position of the subject.
    time : ndarray, shape (records,)
        In the model's time unit.

    Returns
    -------
    tuple[ndarray, ndarray]
    """
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
    from livingdrug.engine.codegen.generate import function_text

    given, pieces = pieces_of(formulas, k)
    lines = _branches([(end, [value, *(value.diff(given[q]) for q in by)]) for end, value in pieces])
    return function_text(name, "q t out", ["s = t[0]", *_loads(formulas, lines), *lines])


def pieces_of(formulas: Formulas, k: int):
    """(symbol of each quantity, (end or None, value) of each piece of a formula), s being time."""
    from livingdrug.engine.codegen.symbolic import symbol, to_sympy

    given = {q: symbol(f"q{i}") for i, q in enumerate(formulas.quantities)}
    known = given | {q: to_sympy(text, given) for q, text in formulas.individual} | {"time": symbol("s")}
    for definition in formulas.definitions:
        known[definition.name] = to_sympy(definition.expression, known)
    pieces = formulas.pieces[k]
    ends = [to_sympy(piece.until, known) for piece in pieces[:-1]]
    return given, list(zip([*ends, None], [to_sympy(piece.expression, known) for piece in pieces], strict=True))


def _branches(pieces) -> list[str]:
    """Lines that write the expressions of the piece in which s lies."""
    from livingdrug.engine.codegen.generate import text_of

    lines = []
    for i, (end, wanted) in enumerate(pieces):
        if end is not None:
            lines.append(f"{'if' if i == 0 else 'elif'} s < {text_of(end, 'one')}:")
        elif i > 0:
            lines.append("else:")
        margin = "    " if len(pieces) > 1 else ""
        lines += [margin + line for line in _assignments(wanted)]
    return lines


def _loads(formulas: Formulas, lines: list[str]) -> list[str]:
    """Lines that read the quantities which other lines use."""
    used = set(re.findall(r"\bq\d+\b", "\n".join(lines)))
    return [f"q{i} = q[{i}]" for i in range(len(formulas.quantities)) if f"q{i}" in used]


def _assignments(expressions) -> list[str]:
    from livingdrug.engine.codegen.generate import shared, text_of

    parts, reduced = shared(expressions)
    lines = [f"{s} = {text_of(e, 'one')}" for s, e in parts]
    return lines + [f"out[{i}] = {text_of(e, 'one')}" for i, e in enumerate(reduced)]
