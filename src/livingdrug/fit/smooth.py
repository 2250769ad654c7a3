"""Closed forms without kinks: pieces that pass into each other over a stated time instead of at once.

A curve that turns sharply (the peak of `stein_2019`) has no second derivative where the turn passes a sample,
and methods that follow slopes stumble there. With the width d, the logarithms of two pieces that meet at T
are mixed with the weight w = (1 + tanh((t - T) / (2 d))) / 2, so that exponentials leave nothing of
themselves behind; each is held beyond REACH widths from T, where its weight is below 1e-10. Pieces must be
positive.
"""

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.engine import closed_form_values
from livingdrug.models import ClosedForm, Piece

REACH = 25.0


class _At(ast.NodeTransformer):
    """Another expression in the place of `time`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.parse(self.text, mode="eval").body if node.id == "time" else node


def _held(expression: str, time: str) -> str:
    return ast.unparse(_At(time).visit(ast.parse(expression, mode="eval")).body)


@lru_cache(maxsize=32)
def smoothed(form: ClosedForm, width: float) -> ClosedForm:
    """The closed form with pieces mixed over `width` (its time unit). Raises InputError for a width not above
    0."""
    if not 0 < width < 1e6:
        raise InputError(
            f"the width of a smooth breakpoint is {width:g}; it must be above 0, in {form.time_unit}"
        )
    outputs = []
    for output in form.outputs:
        text = output.pieces[-1].expression
        for piece in reversed(output.pieces[:-1]):
            end = f"({piece.until})"
            before = _held(piece.expression, f"min(time, {end} + {REACH * width!r})")
            after = _held(text, f"max(time, {end} - {REACH * width!r})")
            weight = f"0.5 * (1 + tanh((time - {end}) / {2 * width!r}))"
            text = f"exp((1 - ({weight})) * log({before}) + ({weight}) * log({after}))"
        outputs.append(replace(output, pieces=(Piece(text),)))
    return replace(form, outputs=tuple(outputs))


def usual_width(form: ClosedForm, values: Mapping[str, float], part: float) -> float:
    """The width for a method that needs slopes: this part of the time of the first kink at these values; 0
    without kinks."""
    ends = [
        replace(output, pieces=(Piece(piece.until),))
        for output in form.outputs
        for piece in output.pieces
        if piece.until
    ]
    if not ends:
        return 0.0
    found = closed_form_values(
        replace(form, outputs=tuple(ends)), {k: np.array([v]) for k, v in values.items()}, np.zeros(1)
    )
    later = found[np.isfinite(found) & (found > 0)]
    return float(part * later.min()) if len(later) else 0.0
