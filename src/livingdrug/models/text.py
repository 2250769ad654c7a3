"""The text form of a model: TOML with the words of `models.structure` and `models.parameters`.

A file is read as data and never run. Text -> model -> text is lossless; fields at their default are left out.
"""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from livingdrug.core.errors import InputError, LivingdrugError, ModelError
from livingdrug.core.names import unknown
from livingdrug.models.compose import check_closed_units
from livingdrug.models.model import Model
from livingdrug.models.parameters import SCALES, LogNormal, check_value
from livingdrug.models.structure import ClosedForm, Structure

MAX_BYTES = 1_000_000
# a file describes a base; fragments are joined and values changed when it is used
NOT_WRITTEN = ("fragments", "changes")
SHAPES = {"structure": Structure, "closed_form": ClosedForm}


def to_toml(model: Model) -> str:
    """The model as a TOML document. Raises ModelError for joined fragments or changed values."""
    import tomli_w

    if model.fragments or model.changes:
        raise ModelError(
            f"`{model.full_name}` has joined fragments or changed values; the text form holds the base model, "
            "give fragments and values when it is simulated"
        )
    plain = _plain(model)
    shape = next(name for name, kind in SHAPES.items() if isinstance(model.structure, kind))
    plain[shape] = plain.pop("structure")
    head = {key: plain.pop(key) for key in ("name", "title", "deviations", "individual") if key in plain}
    return tomli_w.dumps({**head, **plain})


def _plain(value: Any) -> Any:
    if isinstance(value, LogNormal):
        return {value.given: value.value}
    if dataclasses.is_dataclass(value):
        kept = [f for f in dataclasses.fields(value) if f.init and f.name not in NOT_WRITTEN]
        return {f.name: _plain(getattr(value, f.name)) for f in kept if getattr(value, f.name) != _default(f)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def read_model(path: str | Path) -> Model:
    """The model in a file. Raises InputError for a file that cannot be read, ModelError for one that is no model."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"`{path}` is larger than {MAX_BYTES:,} bytes; a model file is text of a few thousand")
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"`{path}` was not found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read as text: {error}") from None
    return from_toml(text, path.name)


def from_toml(text: str, origin: str) -> Model:
    """The model that a text describes, checked and assembled; every error names `origin` and the place in it."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"`{origin}` is not a TOML document ({error}); a model file holds tables of names, numbers and arithmetic: "
            "`livingdrug models show NAME --toml` prints one"
        ) from None
    if not data:
        raise InputError(f"`{origin}` is empty; `livingdrug models show NAME --toml` prints a model to start from")
    shapes = [name for name in SHAPES if name in data]
    if len(shapes) != 1:
        found = " and ".join(shapes) or "neither"
        raise InputError(f"`{origin}`: a model has either a table `structure` or a table `closed_form`, found {found}")
    shape = shapes[0]
    structure = _build(SHAPES[shape], data.pop(shape), f"{origin}: {shape}")
    model = _build(Model, data, origin, structure=structure)
    try:
        _check(model)
    except LivingdrugError as error:
        raise type(error)(f"{origin}: {error}") from None
    return model


def _check(model: Model) -> None:
    """The checks that a built-in model gets from its tests."""
    if isinstance(model.system, ClosedForm):
        check_closed_units(model.name, model.system)
    if not model.values:
        raise InputError("no `values`: give one table with a number for every quantity")
    quantities = {q.name: q for q in model.quantities}
    for values in model.values:
        missing = [name for name in quantities if name not in values.values]
        if missing:
            raise InputError(f"values `{values.name}`: no number for `{'`, `'.join(missing)}`")
        for name, value in values.values.items():
            if name not in quantities:
                raise InputError(f"values `{values.name}`: " + unknown("quantity", name, quantities))
            check_value(quantities[name], value)
    for population in model.populations:
        for name in population.spreads:
            if name not in quantities:
                raise InputError(f"population `{population.name}`: " + unknown("quantity", name, quantities))


def _build(kind: type, data: Any, where: str, **given: Any) -> Any:
    """A dataclass from a table."""
    if not isinstance(data, dict):
        raise InputError(f"{where}: expected a table, got {data!r:.60}")
    if kind is LogNormal:
        return _spread(data, where)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init and f.name not in (*NOT_WRITTEN, *given)}
    hints = get_type_hints(kind)
    for key in data:
        if key not in fields:
            raise InputError(f"{where}: " + unknown("key", key, fields))
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in data:
            raise InputError(f"{where}: the key `{name}` is missing")
    label = f"{where} `{data['name']}`" if isinstance(data.get("name"), str) and where.endswith("]") else where
    read = {key: _read(hints[key], value, f"{label}, {key}") for key, value in data.items()}
    try:
        return kind(**read, **given)
    except LivingdrugError as error:
        raise type(error)(f"{label}: {error}") from None


def _spread(data: dict, where: str) -> LogNormal:
    if len(data) != 1 or next(iter(data)) not in SCALES:
        raise InputError(f"{where}: a spread is one of {', '.join(SCALES)}, such as {{ sd = 0.5 }}; got {data!r:.60}")
    ((scale, value),) = data.items()
    try:
        return LogNormal(scale, _read(float, value, where))
    except LivingdrugError as error:
        raise InputError(f"{where}: {error}" if where not in str(error) else str(error)) from None


def _read(hint: Any, value: Any, where: str) -> Any:
    """A value of the hinted type from TOML data."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _read_tuple(arguments, value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise InputError(f"{where}: expected a table, got {value!r:.60}")
        return {key: _read(arguments[1], item, f"{where}, {key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
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
