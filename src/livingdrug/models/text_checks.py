"""What a model file may hold together: units that agree, names that exist, numbers within their bounds."""

import math
import re
from collections.abc import Iterable

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.expressions import names, unit_of
from livingdrug.core.names import unknown
from livingdrug.core.units import Dimension, parse_unit, times, unit_text
from livingdrug.models.elements import Quantity
from livingdrug.models.experiments import Anchor
from livingdrug.models.model import Model
from livingdrug.models.parameters import check_value
from livingdrug.models.structure import ClosedForm
from livingdrug.models.unit_check import check_closed_units


def check_model(model: Model) -> None:
    """The checks that a built-in model gets from its tests."""
    if isinstance(model.system, ClosedForm):
        for output in model.system.outputs:
            if not output.pieces:
                raise InputError(f"output `{output.name}`: `pieces` is empty; give at least one")
        check_closed_units(model.name, model.system)
    if not model.values:
        raise InputError("no `values`: give one table with a number for every quantity")
    quantities = {q.name: q for q in model.quantities}
    for values in model.values:
        theirs = {name for fragment in model.fragments for name in fragment.values.values}
        missing = [
            name
            for name in quantities
            if name not in {**values.values, **values.unknown} and name not in theirs
        ]
        if missing:
            raise InputError(f"values `{values.name}`: no number for `{'`, `'.join(missing)}`")
        _check_numbers(f"values `{values.name}`", values.values, quantities)
        _known(f"values `{values.name}`, unknown", "quantity", values.unknown, quantities)
        _known(f"values `{values.name}`, sources", "quantity", values.sources, quantities)
    for population in model.populations:
        _known(f"population `{population.name}`", "quantity", population.spreads, quantities)
        population.factor()
        _known(
            f"population `{population.name}`, members",
            "vector",
            population.members,
            [v.name for v in model.values],
        )
    for ranges in model.ranges:
        _known(f"ranges `{ranges.name}`", "quantity", ranges.ranges, quantities)
    for name, text in model.individual.items():
        _known("individual", "quantity", [name], quantities)
        try:
            _known("its expression", "quantity", sorted(names(text)), quantities)
            _check_own(
                quantities[name], unit_of(text, {q.name: parse_unit(q.unit) for q in model.quantities})
            )
        except LivingdrugError as error:
            raise placed(error, f"individual `{name}`") from None
    _check_uses(model, quantities)


def _check_own(quantity: Quantity, found: Dimension | None) -> None:
    if found is not None and found != parse_unit(quantity.unit):
        raise InputError(f"its expression has unit {unit_text(found)}; expected {quantity.unit}")


def _check_uses(model: Model, quantities: dict[str, Quantity]) -> None:
    """Residuals, experiments and anchors against the outputs, quantities and experiments that they name."""
    outputs = [o.name for o in model.system.outputs]
    for residual in model.residuals:
        _known("residuals", "output", [residual.output], outputs)
        for part in ("log_sd", "a", "b"):
            if not (math.isfinite(getattr(residual, part)) and getattr(residual, part) >= 0):
                given = f"residual of `{residual.output}`: `{part}` is {getattr(residual, part):g}"
                raise InputError(f"{given}; it must be finite and must not be negative")
    _known("bounds", "output", [bound.output for bound in model.bounds], outputs)
    for experiment in model.experiments:
        _check_numbers(f"experiment `{experiment.name}`, changes", experiment.changes, quantities)
        _known(
            f"experiment `{experiment.name}`",
            "vector",
            [experiment.vector] if experiment.vector else [],
            [v.name for v in model.values],
        )
        numbers = [experiment.until, *(n for dose in experiment.doses for n in dose)]
        if not all(math.isfinite(n) and n >= 0 for n in numbers):
            raise InputError(
                f"experiment `{experiment.name}`: times and amounts must be finite and not negative"
            )
    for anchor in model.anchors:
        _known(f"anchor `{anchor.name}`", "output", [anchor.output] if anchor.output else [], outputs)
        named = [anchor.experiment] if anchor.experiment else []
        _known(f"anchor `{anchor.name}`", "experiment", named, [e.name for e in model.experiments])
        try:
            _check_anchor(model, anchor)
        except LivingdrugError as error:
            raise placed(error, f"anchor `{anchor.name}`") from None


def _check_anchor(model: Model, anchor: Anchor) -> None:
    """What is to be reproduced is one thing that exists, and its unit is the one that comes out."""
    for key in ("value", "rtol", "after", "until", "every"):
        number = getattr(anchor, key)
        if not math.isfinite(number) or (key != "value" and number < 0):
            raise InputError(
                f"`{key}` is {number:g}; it must be finite{'' if key == 'value' else ' and not negative'}"
            )
    if bool(anchor.expression) == bool(anchor.output):
        raise InputError("give either an `expression` of quantities, or an `output` and its `quantity`")
    if anchor.expression:
        found = unit_of(anchor.expression, {q.name: parse_unit(q.unit) for q in model.quantities})
    else:
        found = _unit_of_anchor(model, anchor)
    if found is not None and found != parse_unit(anchor.unit):
        raise InputError(f"its unit is {anchor.unit}, and what it names comes out in {unit_text(found)}")


def _unit_of_anchor(model: Model, anchor: Anchor) -> Dimension:
    unit = next(parse_unit(o.unit) for o in model.system.outputs if o.name == anchor.output)
    time = parse_unit(model.time_unit)
    units = {"CMAX": unit, "TMAX": time, "AUC": times(time, unit)}
    if anchor.every and anchor.quantity not in ("CMAX", "TMAX"):
        raise InputError(
            f"`every` says how fine a peak is looked for, and its quantity is `{anchor.quantity}`; leave it "
            "out"
        )
    if re.fullmatch(r"C[0-9]+(\.[0-9]+)?", anchor.quantity):
        return unit
    if anchor.quantity not in units:
        raise InputError(
            f"`quantity` is `{anchor.quantity}`; expected CMAX, TMAX, AUC, or the value at a time such as C7"
        )
    return units[anchor.quantity]


def _known(where: str, kind: str, given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"{where}: " + unknown(kind, name, known))


def _check_numbers(where: str, numbers: dict[str, float], quantities: dict[str, Quantity]) -> None:
    _known(where, "quantity", numbers, quantities)
    for name, value in numbers.items():
        try:
            check_value(quantities[name], value)
        except LivingdrugError as error:
            raise placed(error, where) from None


def placed(error: LivingdrugError, where: str) -> LivingdrugError:
    """The same error, naming the place; its type and attributes stay."""
    error.args = (f"{where}: {error}",)
    return error
