"""Closed forms whose pieces are sums of exponentials of time, found symbolically and written as lane code.

In each piece an output is sum_i A_i exp(b_i (t - s)), s being the start of the piece. From that form come values on a
grid (one multiplication per step), exact integrals, and exact peaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from livingdrug.engine.codegen import symbolic as sy
from livingdrug.engine.codegen.generate import function_text, module_text, shared, text_of
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.symbolic import symbol, to_sympy
from livingdrug.models import ClosedForm

MOST = 2  # terms of a piece: the slope of a sum of two exponentials has one zero at most


@dataclass(frozen=True)
class Terms:
    """Symbolic terms of all outputs.

    pieces: per output, per piece, ((amplitude, rate), ...); ends: per output, the ends of all pieces but the last;
    valid: conditions that must be above 0; quantities: their symbols.
    """

    pieces: tuple[tuple[tuple[tuple[sp.Expr, sp.Expr], ...], ...], ...]
    ends: tuple[tuple[sp.Expr, ...], ...]
    valid: tuple[sp.Expr, ...]


def find_terms(form: ClosedForm, individual: dict[str, str]) -> Terms | None:
    """Terms of a closed form, or None when a piece is no sum of at most MOST exponentials.

    individual: quantity -> expression that replaces it for a subject (covariate effects).
    """
    given = {q.name: symbol(f"q{i}") for i, q in enumerate(form.quantities)}
    known = given | {name: to_sympy(text, given) for name, text in individual.items()}
    for definition in form.definitions:
        known[definition.name] = to_sympy(definition.expression, known)
    pieces, ends = [], []
    for output in form.outputs:
        start, rows = sp.Integer(0), []
        ends.append(tuple(to_sympy(piece.until, known) for piece in output.pieces[:-1]))
        for piece, end in zip(output.pieces, (*ends[-1], None), strict=True):
            terms = _terms(to_sympy(piece.expression, known), start)
            if terms is None:
                return None
            rows.append(terms)
            start = end
        pieces.append(tuple(rows))
    return Terms(tuple(pieces), tuple(ends), tuple(to_sympy(c.expression, known) for c in form.valid))


def _terms(expression: sp.Expr, start: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...] | None:
    """(amplitude at `start`, rate) of each exponential of time, or None."""
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        exponent, amplitude = sp.Integer(0), sp.Integer(1)
        for factor in sp.Mul.make_args(term):
            if isinstance(factor, sy.Exp) and sy.TIME in factor.free_symbols:
                exponent += factor.args[0]
            elif sy.TIME in factor.free_symbols:
                return None
            else:
                amplitude *= factor
        rate = sp.expand(exponent).diff(sy.TIME)
        if sy.TIME in rate.free_symbols:
            return None
        at_start = sp.expand(exponent.subs(sy.TIME, start))
        found[rate] = found.get(rate, sp.Integer(0)) + (amplitude if at_start == 0 else amplitude * sy.Exp(at_start))
    return tuple((amplitude, rate) for rate, amplitude in found.items()) if len(found) <= MOST else None


def terms_module(terms: Terms, quantities: int, title: str, version: str) -> str:
    """Text of a module with one lane function: rows of w are the quantities, then the valid conditions, then for each
    output the ends of its pieces, amplitudes and rates in order."""
    rows: list[sp.Expr] = [*terms.valid]
    for pieces, ends in zip(terms.pieces, terms.ends, strict=True):
        rows += ends
        rows += [number for piece in pieces for term in piece for number in term]
    parts, reduced = shared(rows)
    used = set().union(*(e.free_symbols for e in rows))
    lines = [f"q{i} = load(w, {i * LANES})" for i in range(quantities) if symbol(f"q{i}") in used]
    lines += [f"{s} = {text_of(e, 'lanes')}" for s, e in parts]
    lines += [f"store(w, {(quantities + k) * LANES}, {text_of(e, 'lanes')})" for k, e in enumerate(reduced)]
    return module_text("Exponential terms", title, version, [function_text("terms", "w", lines)])


def shape(terms: Terms) -> list[list[int]]:
    """Number of terms of each piece of each output."""
    return [[len(piece) for piece in pieces] for pieces in terms.pieces]


def rows_of(shape: Sequence[Sequence[int]], valid: int) -> int:
    """Rows that `terms` writes."""
    return valid + sum(len(pieces) - 1 + 2 * sum(pieces) for pieces in shape)
