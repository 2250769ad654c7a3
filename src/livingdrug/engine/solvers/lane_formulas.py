"""Formulas of time for LANES sets of quantities at once, in two parts: what does not depend on time is computed once for
many times.

Pieces are all computed and chosen among, as lanes may lie in different ones.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.machine_code import module_of
from livingdrug.engine.solvers.formulas import Formulas, pieces_of


@dataclass(frozen=True)
class LaneFormulas:
    """Compiled formulas in lanes.

    Attributes
    ----------
    before, after : ndarray
        Addresses of the functions (quantities, parts) and (parts, time, values) of each formula; a quantity or part
        of all lanes lies together.
    parts : int
        Numbers at most that `before` gives for a lane.
    module : object
        Of the functions, which live as long.
    """

    before: np.ndarray
    after: np.ndarray
    parts: int
    module: object


@lru_cache(maxsize=32)
def lane_formulas(formulas: Formulas) -> LaneFormulas:
    """Compiled code of formulas in lanes.

    Parameters
    ----------
    formulas : Formulas
        In pieces.

    Returns
    -------
    LaneFormulas
    """
    name = cache.key("lane formulas", repr(formulas))
    path = cache.folder() / f"lane_formulas_{name}.py"
    module = module_of(path, "the formulas of a fit at many draws", lambda: _text(formulas))

    def addresses(what: str) -> np.ndarray:
        return np.array([getattr(module, f"{what}_{k}").address for k in range(len(formulas.pieces))], dtype=np.int64)

    return LaneFormulas(addresses("before"), addresses("after"), module.PARTS, module)


def _text(formulas: Formulas) -> str:
    from livingdrug.engine.codegen.generate import module_text

    functions, parts = [], [1]
    for k in range(len(formulas.pieces)):
        before, after, count = _in_two(formulas, k)
        functions += [before, after]
        parts.append(count)
    text = module_text("Formulas at draws", "formulas", livingdrug.__version__, functions)
    return f"{text}\n\nPARTS = {max(parts)}\n"


def _in_two(formulas: Formulas, k: int) -> tuple[str, str, int]:
    """(text of what does not depend on time, text of the rest, how many numbers the first hands to the second)."""
    from livingdrug.engine.codegen.generate import function_text

    found: dict = {}
    _, pieces = pieces_of(formulas, k)
    ends = [_without_time(end, found) for end, _ in pieces[:-1]]
    values = [_without_time(value, found) for _, value in pieces]
    first, lines = _lines([*found]), _lines([*ends, *values])
    stores = [f"store(out, {i * LANES}, {text})" for i, text in enumerate(first[1])]
    end_texts, (*others, chosen) = lines[1][: len(ends)], lines[1][len(ends) :]
    for end, value in reversed(list(zip(end_texts, others, strict=True))):
        chosen = f"choose_below(s, {end}, {value}, {chosen})"
    quantities = [(f"q{i}", f"load(q, {i * LANES})") for i in range(len(formulas.quantities))]
    parts = [("s", "fill(t[0])"), *((f"h{i}", f"load(h, {i * LANES})") for i in range(len(found)))]
    before = function_text(f"before_{k}", "q out", [*_loads(found, quantities), *first[0], *stores])
    rest = [*_loads([_symbol("s"), *ends, *values], parts), *lines[0], f"store(out, 0, {chosen})"]
    return before, function_text(f"after_{k}", "h t out", rest), len(found)


def _symbol(name: str):
    """The symbol of a name, without loading sympy before it is needed."""
    from livingdrug.engine.codegen.symbolic import symbol

    return symbol(name)


def _without_time(e, found: dict):
    """An expression with each part that does not depend on time as a symbol h0, h1 ...; found: part -> its symbol."""

    def kept(part):
        return part if not part.free_symbols else found.setdefault(part, _symbol(f"h{len(found)}"))

    time = _symbol("s")
    if time not in e.free_symbols:
        return kept(e)
    if not e.args:
        return e
    if e.is_Add or e.is_Mul:
        free = [part for part in e.args if time not in part.free_symbols]
        others = [_without_time(part, found) for part in e.args if time in part.free_symbols]
        return e.func(*([kept(e.func(*free))] if free else []), *others)
    return e.func(*(_without_time(part, found) for part in e.args))


def _lines(expressions) -> tuple[list[str], list[str]]:
    """(lines that name what expressions share, their texts); functions of written numbers alone are filled into lanes."""
    from livingdrug.engine.codegen.generate import shared, text_of

    fixed: dict = {}
    parts, reduced = shared([_without_fixed(e, fixed) for e in expressions])
    lines = [f"{name} = fill({text_of(e, 'one')})" for e, name in fixed.items()]
    lines += [f"{name} = {text_of(e, 'lanes')}" for name, e in parts]
    return lines, [text_of(e, "lanes") for e in reduced]


def _without_fixed(e, fixed: dict):
    """An expression with each function of written numbers alone as a symbol k0, k1 ...; fixed: part -> its symbol."""
    if e.is_Number or e.is_Symbol:
        return e
    if not e.free_symbols:
        return fixed.setdefault(e, _symbol(f"k{len(fixed)}"))
    return e.func(*(_without_fixed(part, fixed) for part in e.args))


def _loads(expressions, places: list[tuple[str, str]]) -> list[str]:
    """Lines that read what expressions use from its place; places: (name, text) pairs."""
    used = {s.name for e in expressions for s in e.free_symbols}
    return [f"{name} = {text}" for name, text in places if name in used]
