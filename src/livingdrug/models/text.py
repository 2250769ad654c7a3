"""The text form of a model: TOML with the words of `models.structure` and `models.parameters`.

A file is read as data and never run. Text -> model -> text is lossless; fields at their default are left out.
"""

import dataclasses
import math
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from livingdrug.core.errors import InputError, LivingdrugError, ModelError, UnitError, printable
from livingdrug.core.expressions import names, unit_of
from livingdrug.core.folders import settled
from livingdrug.core.names import unknown
from livingdrug.core.toml import NEW, check_ending, parse_toml, read_text
from livingdrug.core.units import Dimension, parse_unit, times, unit_text
from livingdrug.models.compose import check_closed_units
from livingdrug.models.fitted import EDITED, numbers_hash
from livingdrug.models.model import Fragment, Model
from livingdrug.models.parameters import SCALES, Anchor, Variability, check_value
from livingdrug.models.structure import ClosedForm, Quantity, Structure
from livingdrug.standards import is_sbml_file

ENDING = ".toml"
# values are changed and a vector is chosen when a file is used, and rules belong to fragments
NOT_WRITTEN = {Model: ("changes", "vector"), Structure: ("mirrors", "needs", "only")}
TIME_UNITS = ("d", "h", "min", "s")
NUMBERS = re.compile(
    r"\[\n((?:[ ]*-?[0-9.]+(?:e[-+]?[0-9]+)?,\n)+)[ ]*\]"
)  # a list of numbers, each on a line of its own
MODEL_FILE = "model.toml"  # in the folder of a fit
SHAPES = {"structure": Structure, "closed_form": ClosedForm}


def to_toml(model: Model) -> str:
    """The model as a TOML document. Raises ModelError for changed values or a chosen vector."""
    import tomli_w

    if model.changes or model.vector:
        raise ModelError(
            f"`{model.full_name}` has changed values or a chosen vector; the text form holds the base "
            f"model, give values "
            "when it is simulated"
        )
    plain = _plain(model)
    shape = next(name for name, kind in SHAPES.items() if isinstance(model.structure, kind))
    plain[shape] = plain.pop("structure")
    head = {
        key: plain.pop(key)
        for key in ("name", "title", "fragments", "deviations", "individual")
        if key in plain
    }
    tail = {shape: plain.pop(shape)} if model.fitted else {}  # the numbers of a fit come first
    return NUMBERS.sub(_in_a_row, tomli_w.dumps({**head, **plain, **tail}))


def _in_a_row(found: re.Match) -> str:
    return f"[{' '.join(found[1].split()).removesuffix(',')}]"


def _plain(value: Any) -> Any:
    if isinstance(value, Variability):
        return {value.given: value.value} | ({"scale": value.scale} if value.scale != "log" else {})
    if isinstance(value, Fragment):
        return value.name
    if dataclasses.is_dataclass(value):
        kept = [f for f in written_fields(type(value)) if getattr(value, f.name) != _default(f)]
        return {f.name: _plain(getattr(value, f.name)) for f in kept}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def written_fields(kind: type) -> list[dataclasses.Field]:
    """The fields of a dataclass that the text form holds, as keys."""
    return [f for f in dataclasses.fields(kind) if f.init and f.name not in NOT_WRITTEN.get(kind, ())]


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def is_model_file(name: str) -> bool:
    """Whether a model is given as a file: its name ends in .toml, or in .xml or .sbml, or is that of a folder
    with a fit. A built-in name has no ending and no folder, and comes before a folder of that name.

    Raises InputError for the name of a file that is not read as a model, such as mine.json, and of a folder
    without one.
    """
    path = Path(name)
    if path.suffix.lower() == ENDING or is_sbml_file(name):
        return True
    if name and path.is_dir() and not _is_built_in(name):
        if (settled(path) / MODEL_FILE).is_file():
            return True
        raise InputError(
            f"the folder `{printable(name)}` holds no {MODEL_FILE}; name a folder that `livingdrug fit ... "
            f"--out` wrote, or "
            "a model file"
        )
    check_ending(path)
    if path.suffix or "/" in name or "\\" in name:
        raise InputError(
            f"`{printable(name)}` is no model file: the name of one ends in {ENDING} ({NEW}); a built-in "
            f"model is named as "
            "`livingdrug models` lists it"
        )
    return False


def _is_built_in(name: str) -> bool:
    from livingdrug.models.catalogue import list_models

    return name.partition(":")[0] in list_models()


def read_model(path: str | Path, even_so: bool = False) -> Model:
    """The model in a file, or in the folder of a fit.

    Parameters
    ----------
    path : str or Path
        A TOML file in the words of `docs/model_file.md`, SBML (`docs/standards.md`), or a folder that
        `livingdrug fit --out` wrote.
    even_so : bool
        Take the model of a fit that is not sound too; what is made with it then says so.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        For a file that cannot be read, and for a fit that is not sound.
    ModelError
        For one that is no model, naming the place.
    """
    if not is_model_file(str(path)):
        raise InputError(f"`{printable(str(path))}` is not the name of a model file, which ends in {ENDING}")
    if is_sbml_file(str(path)):
        return _from_sbml(path)
    file = Path(path)
    if file.is_dir() and (settled(file) / MODEL_FILE).is_file():
        file = settled(file) / MODEL_FILE
    model = from_toml(read_text(file), file.name)
    doubts = model.fitted.doubts if model.fitted else ()
    if doubts and not even_so:
        raise InputError(
            f"`{printable(str(path))}` is a fit that is not sound: {' '.join(doubts)} Fit again, or take it all the "
            "same with --even-so (in a document: even_so = true); every output will say so"
        )
    if model.fitted and model.fitted.draws:  # which lie beside the file
        model = replace(model, fitted=replace(model.fitted, draws=str(file.parent / model.fitted.draws)))
    return model


def from_toml(text: str, origin: str) -> Model:
    """The model that a text describes, checked and assembled.

    Raises InputError or ModelError in one sentence that names `origin` and the place in it.
    """
    try:
        return _model(text, origin)
    except LivingdrugError as error:
        # a text in quotes may hold line breaks or terminal codes
        error.args = (printable(str(error)),)
        raise


def _from_sbml(path: str | Path) -> Model:
    """The model in an SBML file; where its units do not agree in our words they are labels, and a caution
    says so."""
    from livingdrug.standards import read_sbml

    tables, origin = read_sbml(path), printable(Path(path).name)
    try:
        return _of_tables(deepcopy(tables), origin)
    except UnitError as error:
        structure = tables["structure"]
        structure["unchecked"] = printable(str(error))
        structure["cautions"] = [
            {"expression": "1", "message": "units of this SBML file are labels that nothing checked"}
        ]
        tables["deviations"].append(
            f"Units are labels that nothing checked, as they do not agree: {structure['unchecked']}."
        )
        return _of_tables(tables, origin)


def _placed(error: LivingdrugError, where: str) -> LivingdrugError:
    """The same error, naming the place; its type and attributes stay."""
    error.args = (f"{where}: {error}",)
    return error


def _model(text: str, origin: str) -> Model:
    data = parse_toml(text, origin, f"a model file holds tables of names, numbers and arithmetic: {NEW}")
    if not data:
        raise InputError(f"`{origin}` is empty; {NEW}")
    return _of_tables(data, origin)


def _of_tables(data: dict[str, Any], origin: str) -> Model:
    """The model that tables describe, checked and assembled."""
    shapes = [name for name in SHAPES if name in data]
    if len(shapes) != 1:
        found = " and ".join(shapes) or "neither"
        raise InputError(
            f"`{origin}`: a model has either a table `structure` or a table `closed_form`, found {found}"
        )
    shape = shapes[0]
    structure = _build(SHAPES[shape], data.pop(shape), f"{origin}: {shape}")
    if structure.time_unit not in TIME_UNITS:
        expected = " or ".join(TIME_UNITS)
        raise InputError(f"{origin}: {shape}: `time_unit` is `{structure.time_unit}`; expected {expected}")
    model = _build(Model, data, origin, structure=structure)
    try:
        model = _joined(model)
        _check(model)
    except LivingdrugError as error:
        raise _placed(error, origin) from None
    return _as_fitted(model)


def _joined(model: Model) -> Model:
    """The model with its fragments joined in their order, each once."""
    made = replace(model, fragments=())
    for fragment in model.fragments:
        made = made + fragment
    return made


def _as_fitted(model: Model) -> Model:
    """The model, with a doubt where a fit wrote other equations or numbers than those of the file."""
    fitted = model.fitted
    if not fitted or not fitted.numbers_sha256 or fitted.numbers_sha256 == numbers_hash(model):
        return model
    return replace(model, fitted=replace(fitted, doubts=(*fitted.doubts, EDITED)))


def _check(model: Model) -> None:
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
            raise _placed(error, f"individual `{name}`") from None
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
            raise _placed(error, f"anchor `{anchor.name}`") from None


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
            f"`every` says how fine a peak is looked for, and its quantity is "
            f"`{anchor.quantity}`; leave it out"
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
            raise _placed(error, where) from None


def _build(kind: type, data: Any, where: str, **given: Any) -> Any:
    """A dataclass from a table."""
    if not isinstance(data, dict):
        raise InputError(f"{where}: expected a table, got {data!r:.60}")
    if kind is Variability:
        return _spread(data, where)
    fields = {f.name: f for f in written_fields(kind) if f.name not in given}
    hints = get_type_hints(kind)
    for key in data:
        if key not in fields:
            raise InputError(f"{where}: " + unknown("key", key, fields))
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in data:
            raise InputError(f"{where}: the key `{name}` is missing")
    label = (
        f"{where} `{data['name']}`" if isinstance(data.get("name"), str) and where.endswith("]") else where
    )
    read = {key: _read(hints[key], value, f"{label}, {key}") for key, value in data.items()}
    try:
        return kind(**read, **given)
    except LivingdrugError as error:
        raise _placed(error, label) from None


def _spread(data: dict, where: str) -> Variability:
    given = {key: value for key, value in data.items() if key != "scale"}
    if len(given) != 1 or next(iter(given)) not in SCALES:
        raise InputError(
            f"{where}: a variability is one of {', '.join(SCALES)}, such as {{ sd = 0.5 }}; got {data!r:.60}"
        )
    ((printed, value),) = given.items()
    number, scale = _read(float, value, where), _read(str, data.get("scale", "log"), f"{where}, scale")
    try:
        return Variability(printed, number, scale)
    except LivingdrugError as error:
        raise _placed(error, where) from None


def _read(hint: Any, value: Any, where: str) -> Any:
    """A value of the hinted type from TOML data."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _read_tuple(arguments, value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise InputError(f"{where}: expected a table, got {value!r:.60}")
        return {key: _read(arguments[1], item, f"{where}, {key}") for key, item in value.items()}
    if origin is UnionType:  # a table that may be absent
        return _read(arguments[0], value, where)
    if hint is Fragment and isinstance(value, str):
        from livingdrug.models.catalogue import get_fragment

        return get_fragment(value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise InputError(f"{where}: expected a number below 1e308, got one of too many digits") from None
    if isinstance(value, hint) and hint is not float:
        return value
    words = {float: "a number", str: "text in quotes", bool: "true or false"}
    raise InputError(f"{where}: expected {words.get(hint, hint.__name__)}, got {value!r:.60}")


def _read_tuple(arguments: tuple, value: Any, where: str) -> tuple:
    if not isinstance(value, list):
        raise InputError(f"{where}: expected a list, got {value!r:.60}")
    if arguments[-1] is Ellipsis:
        return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value, start=1))
    if len(value) != len(arguments):
        raise InputError(f"{where}: expected {len(arguments)} numbers, got {len(value)}")
    return tuple(_read(hint, item, where) for hint, item in zip(arguments, value, strict=True))
