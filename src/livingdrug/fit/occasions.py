"""Parameters that differ from one infusion of a subject to the next, not only between subjects.

    h(P_ik) = h(P_i) + kappa_ik,    kappa_ik ~ N(0, gamma^2)

(Karlsson & Sheiner 1993, J Pharmacokinet Biopharm 21:735-750). A closed form gets every output once more for
each occasion, in which P is changed by a parameter of its own, whose mean is 0; the changes of one parameter
share one variability.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.expressions import names
from livingdrug.data import Data
from livingdrug.fit.problem import Parameter
from livingdrug.models import ClosedForm, ClosedOutput, Definition, Model, Piece, Quantity

CHANGED = {
    "log": "({name} * exp({change}))",
    "logit": "(1 / (1 + (1 - {name}) / {name} * exp(-{change})))",
    "normal": "({name} + {change})",
}


def change_name(name: str, occasion: int) -> str:
    """The parameter that changes another one in an occasion (from 1)."""
    return f"{name}_occasion_{occasion}"


def output_name(output: str, occasion: int) -> str:
    """The output in an occasion (from 1); the output itself without one (0)."""
    return f"{output}_occasion_{occasion}" if occasion else output


def numbered(data: Data) -> np.ndarray:
    """Number of each profile's occasion within its subject, from 1, in the order of the profiles, shape
    (profiles,)."""
    p, seen = data.profiles, {}
    found = np.empty(p.n, dtype=np.int64)
    for i, (subject, occasion) in enumerate(zip(p.subject.tolist(), p.occasion.tolist(), strict=True)):
        own = seen.setdefault(subject, {})
        found[i] = own.setdefault(occasion, len(own) + 1)
    return found


def with_occasions(
    model: Model, data: Data, parameters: Sequence[Parameter], gammas: Mapping[str, float]
) -> tuple[Model, tuple[Parameter, ...]]:
    """(the model with its occasions, the parameters with their changes). gammas: name -> start of it, on
    its scale.

    Models made of flows: see `fit.steps`. Raises InputError for a parameter that is not fitted, and for data
    with one occasion.
    """
    if not gammas:
        return model, tuple(parameters)
    known = {p.name: p for p in parameters}
    for name in gammas:
        if name not in known:
            raise InputError(
                f"inter-occasion variability of `{name}`: it is not fitted; name it in --random or --estimate"
            )
    count = int(numbered(data).max(initial=0))
    if count < 2:
        raise InputError(
            "inter-occasion variability needs a subject with two occasions; number them in a column OCC"
        )
    scales = tuple((name, known[name].scale) for name in gammas)
    changes = tuple(
        Parameter(change_name(name, k), 0.0, "normal", sd, fixed=True, changes=name)
        for name, sd in gammas.items()
        for k in range(1, count + 1)
    )
    first = model.values[0]
    values = replace(first, values=first.values | {p.name: 0.0 for p in changes})
    made = replace(model, structure=_form(model.system, scales, count), values=(values, *model.values[1:]))
    return made, (*parameters, *changes)


@lru_cache(maxsize=32)
def _form(form: ClosedForm, scales: tuple[tuple[str, str], ...], count: int) -> ClosedForm:
    units = {q.name: q.unit for q in form.quantities}
    quantities, definitions, outputs = list(form.quantities), list(form.definitions), list(form.outputs)
    for k in range(1, count + 1):
        texts = {}
        for name, scale in scales:
            change = change_name(name, k)
            unit = units[name] if scale == "normal" else "1"
            quantities.append(
                Quantity(change, unit, f"change of {name} in occasion {k}, scale {scale}", bound="any")
            )
            texts[name] = CHANGED[scale].format(name=name, change=change)
        for definition in form.definitions:
            if names(definition.expression) & texts.keys():
                own = f"{definition.name}_occasion_{k}"
                text = put(definition.expression, texts)
                definitions.append(Definition(own, text, definition.meaning, definition.symbol))
                texts[definition.name] = own
        for output in form.outputs:
            pieces = tuple(Piece(put(p.expression, texts), put(p.until, texts)) for p in output.pieces)
            outputs.append(ClosedOutput(output_name(output.name, k), pieces, output.unit, output.meaning))
    return replace(form, quantities=tuple(quantities), definitions=tuple(definitions), outputs=tuple(outputs))


def put(expression: str, texts: Mapping[str, str]) -> str:
    """An expression with texts in the place of names."""
    return ast.unparse(_Put(texts).visit(ast.parse(expression, mode="eval")).body) if expression else ""


class _Put(ast.NodeTransformer):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.parse(self.texts[node.id], mode="eval").body if node.id in self.texts else node
