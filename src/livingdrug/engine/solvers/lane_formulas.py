"""Formulas of time for LANES sets of quantities at once, in three parts: what depends on those of a subject that stay is
computed once for all sets, what does not depend on time once for all times.

Pieces are all computed and chosen among, as lanes may lie in different ones.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import livingdrug
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.linked import module_of
from livingdrug.engine.solvers.formulas import Formulas, pieces_of


@dataclass(frozen=True)
class LaneFormulas:
    """Compiled formulas in lanes.

    Attributes
    ----------
    still, before, after : ndarray
        Addresses of the functions (quantities, still parts) of a subject, and in lanes (still parts, quantities, parts) and
        (parts, time, values), of each formula; a quantity or part of all lanes lies together.
    sizes : tuple[int, int]
        Numbers at most that `still` gives, and that `before` gives for a lane.
    module : object
        Of the functions, which live as long.
    """

    still: np.ndarray
    before: np.ndarray
    after: np.ndarray
    sizes: tuple[int, int]
    module: object


@lru_cache(maxsize=32)
def lane_formulas(formulas: Formulas, moving: tuple[str, ...]) -> LaneFormulas:
    """Compiled code of formulas in lanes.

    Parameters
    ----------
    formulas : Formulas
        In pieces.
    moving : tuple of str
        Quantities that may differ among lanes.

    Returns
    -------
    LaneFormulas
    """
    name = cache.key("lane formulas", repr(formulas), repr(moving))
    path = cache.folder() / f"lane_formulas_{name}.py"
    module = module_of(path, "the formulas of a fit at many draws", lambda: _text(formulas, moving))

    def addresses(what: str) -> np.ndarray:
        return np.array([getattr(module, f"{what}_{k}").address for k in range(len(formulas.pieces))], dtype=np.int64)

    return LaneFormulas(*map(addresses, ("still", "before", "after")), module.SIZES, module)


def _text(formulas: Formulas, moving: tuple[str, ...]) -> str:
    from livingdrug.engine.codegen.generate import module_text

    functions, sizes = [], [(1, 1)]
    for k in range(len(formulas.pieces)):
        texts, size = _in_three(formulas, moving, k)
        functions += texts
        sizes.append(size)
    text = module_text("Formulas at draws", "formulas", livingdrug.__version__, functions)
    return f"{text}\n\nSIZES = {tuple(map(max, *sizes))}\n"


def _in_three(formulas: Formulas, moving: tuple[str, ...], k: int) -> tuple[list[str], tuple[int, int]]:
    """(texts of the three functions, how many numbers the first and the second hand on)."""
    from livingdrug.engine.codegen.generate import function_text
    from livingdrug.engine.codegen.symbolic import symbol

    parts, fixed = {}, {}
    given, pieces = pieces_of(formulas, k)
    time, moved = {symbol("s")}, {given[name] for name in moving if name in given}
    ends = [_hoisted(end, time, parts, "h") for end, _ in pieces[:-1]]
    values = [_hoisted(value, time, parts, "h") for _, value in pieces]
    of_draws = [_hoisted(part, moved, fixed, "g") for part in parts]

    loads = [f"q{i} = q[{i}]" for i in range(len(formulas.quantities))]
    still = [*_used(fixed, loads), *_stores(*_lines(fixed, "one"), "out[{i}] = {text}", 1)]
    loads = [f"q{i} = load(q, {i * LANES})" for i in range(len(formulas.quantities))]
    loads += [f"g{i} = fill(g[{i}])" for i in range(len(fixed))]
    before = [*_used(of_draws, loads), *_stores(*_lines(of_draws, "lanes"), "store(out, {i}, {text})", LANES)]
    loads = ["s = fill(t[0])", *(f"h{i} = load(h, {i * LANES})" for i in range(len(parts)))]
    lines, texts = _lines([*ends, *values], "lanes")
    *others, chosen = texts[len(ends) :]
    for end, value in reversed(list(zip(texts[: len(ends)], others, strict=True))):
        chosen = f"choose_below(s, {end}, {value}, {chosen})"
    after = [*_used([*time, *ends, *values], loads), *lines, f"store(out, 0, {chosen})"]
    written = (("still", "q out", still), ("before", "g q out", before), ("after", "h t out", after))
    return [function_text(f"{name}_{k}", *rest) for name, *rest in written], (len(fixed), len(parts))


def _hoisted(e, moving: set, found: dict, letter: str):
    """An expression with each part that depends on nothing that moves as a symbol h0, h1 ...; found: part -> its symbol."""
    from livingdrug.engine.codegen.symbolic import symbol

    def kept(part):
        return part if not part.free_symbols else found.setdefault(part, symbol(f"{letter}{len(found)}"))

    if not e.free_symbols & moving:
        return kept(e)
    if not e.args:
        return e
    if e.is_Add or e.is_Mul:
        free = [part for part in e.args if not part.free_symbols & moving]
        others = [_hoisted(part, moving, found, letter) for part in e.args if part.free_symbols & moving]
        return e.func(*([kept(e.func(*free))] if free else []), *others)
    return e.func(*(_hoisted(part, moving, found, letter) for part in e.args))


def _lines(expressions, of: str) -> tuple[list[str], list[str]]:
    """(lines that name what expressions share, their texts); functions of written numbers alone are filled into lanes."""
    from livingdrug.engine.codegen.generate import shared, text_of

    written: dict = {}
    expressions = [_without_written(e, written) for e in expressions] if of == "lanes" else list(expressions)
    parts, reduced = shared(expressions)
    lines = [f"{name} = fill({text_of(e, 'one')})" for e, name in written.items()]
    lines += [f"{name} = {text_of(e, of)}" for name, e in parts]
    return lines, [text_of(e, of) for e in reduced]


def _without_written(e, written: dict):
    """An expression with each function of written numbers alone as a symbol k0, k1 ...; written: part -> its symbol."""
    from livingdrug.engine.codegen.symbolic import symbol

    if e.is_Number or e.is_Symbol:
        return e
    if not e.free_symbols:
        return written.setdefault(e, symbol(f"k{len(written)}"))
    return e.func(*(_without_written(part, written) for part in e.args))


def _stores(lines: list[str], texts: list[str], pattern: str, stride: int) -> list[str]:
    return [*lines, *(pattern.format(i=i * stride, text=text) for i, text in enumerate(texts))]


def _used(expressions, loads: list[str]) -> list[str]:
    """Lines `name = ...` of the names that expressions use."""
    used = {s.name for e in expressions for s in e.free_symbols}
    return [line for line in loads if line.split(" = ")[0] in used]
