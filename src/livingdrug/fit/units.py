"""Data in the units of a model: exact factors between units of one measure, a refusal in words for all
others."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.units import AMOUNT, MASS, conversion, measures, parse_unit
from livingdrug.data import BRIDGES, Data, doses_in, times_in, values_in
from livingdrug.models import Model, flows_of


def in_model_units(
    model: Model, data: Data, outputs: tuple[tuple[str, str], ...]
) -> tuple[Data, tuple[str, ...]]:
    """(the data counted in the model's units, a note for each conversion).

    Times, values with their limits, and doses are converted where both units are known and measure the same.
    A unit that is not stated counts as the model's. Raises InputError, naming both units, for what no exact
    factor links.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        The samples, see `read_data`.
    outputs : tuple[tuple[str, str], ...]
        (name in the data, the model's name).

    Returns
    -------
    tuple[Data, tuple of str]
    """
    notes: list[str] = []
    data = _values(model, _times(model, data, notes), dict(outputs), notes)
    return _doses(model, data, notes), tuple(notes)


def doses_in_model_units(model: Model, data: Data) -> tuple[Data, tuple[str, ...]]:
    """(the data with times and doses counted in the model's units, notes), values as they are: for
    simulations.

    Raises InputError as `in_model_units` does."""
    notes: list[str] = []
    return _doses(model, _times(model, data, notes), notes), tuple(notes)


def unstated(model: Model, data: Data, outputs: tuple[tuple[str, str], ...]) -> list[str]:
    """A note for each unit that the data do not state."""
    notes = []
    if not data.time_unit:
        notes.append(f"the data state no unit of time: times count in the model's unit, {model.time_unit}")
    units = {o.name: o.unit for o in model.system.outputs}
    for given, output in outputs:
        if "" in set(data.profiles.unit[data.profiles.output == given]):
            notes.append(
                f"the data state no unit: values count in the model's unit of `{output}`, {units[output]}"
            )
    wanted = dose_unit(model)
    if wanted and not data.dose_unit and _dosed(data):
        notes.append(f"the data state no unit of doses: they count in the model's unit, {wanted}")
    return notes


def dose_unit(model: Model) -> str:
    """Unit of the model's doses: of the state they enter, or of its covariate `dose`; "" where it takes
    none."""
    if model.system.dose_into:
        return next(s.unit for s in flows_of(model).states if s.name == model.system.dose_into)
    return next((q.unit for q in model.quantities if q.covariate and q.name.lower() == "dose"), "")


def _dosed(data: Data) -> bool:
    return data.doses is not None or bool(np.isfinite(data.profiles.dose).any())


def _times(model: Model, data: Data, notes: list[str]) -> Data:
    given, wanted = data.time_unit, model.time_unit
    if given in ("", wanted):
        return data
    factor = conversion(given, wanted)
    if factor is None:
        raise InputError(
            f"times are in {given} and `{model.full_name}` counts {wanted}; give them in {wanted}"
        )
    notes.append(f"times are in {given} and are counted in the model's unit: 1 {given} is {factor} {wanted}")
    return times_in(data, wanted)


def _values(model: Model, data: Data, outputs: dict[str, str], notes: list[str]) -> Data:
    p, units = data.profiles, {o.name: o.unit for o in model.system.outputs}
    stated = sorted(
        {(name, text) for name, text in zip(p.output, p.unit, strict=True) if text and name in outputs}
    )
    for name, text in stated:
        output = outputs[name]
        wanted = units[output]
        if parse_unit(text) == parse_unit(wanted):
            continue
        factor = conversion(text, wanted)
        if factor is None:
            both = f"the values are in {text} and `{output}` of `{model.full_name}` is in {wanted}"
            raise InputError(f"{both}; {_advice(text, wanted, 'values')}")
        data = values_in(data, (p.output == name) & (p.unit == text), wanted)
        said = f"values in {text} are counted in the unit of `{output}`, as their limits, estimates and residual error are"
        notes.append(f"{said}: 1 {text} is {factor} {wanted}")
    return data


def _doses(model: Model, data: Data, notes: list[str]) -> Data:
    given, wanted = data.dose_unit, dose_unit(model)
    if not (_dosed(data) and given and wanted) or parse_unit(given) == parse_unit(wanted):
        return data
    factor = conversion(given, wanted)
    if factor is None:
        both = f"the doses are in {given} and `{model.full_name}` takes them in {wanted}"
        raise InputError(f"{both}; {_advice(given, wanted, 'doses')}")
    notes.append(f"doses in {given} are counted in the unit of the model: 1 {given} is {factor} {wanted}")
    return doses_in(data, wanted)


def _advice(given: str, wanted: str, what: str) -> str:
    """What to do where no exact factor links two units."""
    if any(b.unit == given and conversion(b.into, wanted) for b in BRIDGES.values()):
        return "only a conversion that is named and cited (--conversion) turns one into the other"
    if {MASS, AMOUNT} <= {*measures(parse_unit(given)), *measures(parse_unit(wanted))}:
        return (
            f"only a molar mass links a mass with an amount of substance: compute the {what} in {wanted} "
            "with the one of your molecule, and state that unit"
        )
    return f"they measure different things, and no factor links them: give the {what} in {wanted}, or state the right unit"
