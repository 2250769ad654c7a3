"""The text form of a model: TOML with the words of `models.structure` and `models.parameters`.

A file is read as data and never run. Text -> model -> text is lossless; fields at their default are left out.
"""

import dataclasses
import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from livingdrug.core.errors import InputError, LivingdrugError, ModelError, UnitError, printable
from livingdrug.core.folders import settled
from livingdrug.core.names import unknown
from livingdrug.core.toml import NEW, check_ending, parse_toml, read_text
from livingdrug.models import roles
from livingdrug.models.fitted import EDITED, numbers_hash
from livingdrug.models.model import Fragment, Model
from livingdrug.models.parameters import SCALES, Variability
from livingdrug.models.structure import ClosedForm, Structure
from livingdrug.models.text_checks import check_model, placed
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
    """The model as a TOML document.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    str

    Raises
    ------
    ModelError
        For changed values or a chosen vector.
    """
    import tomli_w

    if model.changes or model.vector:
        raise ModelError(
            f"`{model.full_name}` has changed values or a chosen vector; the text form holds the base model, "
            "give values when it is simulated"
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

    Parameters
    ----------
    name : str
        As a user gives it.

    Returns
    -------
    bool

    Raises
    ------
    InputError
        For the name of a file that is not read as a model, such as mine.json, and of a folder without one.
    """
    path = Path(name)
    if path.suffix.lower() == ENDING or is_sbml_file(name):
        return True
    from livingdrug.models.catalogue import is_built_in  # whose models are read by what is here

    if name and path.is_dir() and not is_built_in(name):
        if (settled(path) / MODEL_FILE).is_file():
            return True
        raise InputError(
            f"the folder `{printable(name)}` holds no {MODEL_FILE}; name a folder that `livingdrug fit ... "
            "--out` wrote, or a model file"
        )
    check_ending(path)
    if path.suffix or "/" in name or "\\" in name:
        raise InputError(
            f"`{printable(name)}` is no model file: the name of one ends in {ENDING} ({NEW}); a built-in "
            "model is named as `livingdrug models` lists it"
        )
    return False


def model_files(name: str) -> tuple[Path, ...]:
    """Files that a model is read from, none for a built-in one.

    Parameters
    ----------
    name : str
        As a user gives it: a name, a model file, SBML, a map of roles beside SBML, or the folder of a fit.

    Returns
    -------
    tuple of Path

    Raises
    ------
    InputError
        For a file that cannot be read.
    """
    if not is_model_file(name):
        return ()
    path = settled(name) / MODEL_FILE if Path(name).is_dir() else Path(name)
    mapped = None if is_sbml_file(name) else _map_of(read_text(path), path)
    return (path, mapped[0]) if mapped else (path,)


def read_model(path: str | Path, even_so: bool = False) -> Model:
    """The model in a file, or in the folder of a fit.

    Parameters
    ----------
    path : str or Path
        A TOML file in the words of `docs/model_file.md`, SBML or a map of roles beside SBML
        (`docs/standards.md`), or a folder that `livingdrug fit --out` wrote.
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
    text = read_text(file)
    mapped = _map_of(text, file)
    if mapped:
        return _from_sbml(*mapped)
    model = from_toml(text, file.name)
    doubts = model.fitted.doubts if model.fitted else ()
    if doubts and not even_so:
        raise InputError(
            f"`{printable(str(path))}` is a fit that is not sound: {' '.join(doubts)} Fit again, or take it "
            "all the same with --even-so (in a document: even_so = true); every output will say so"
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


def _map_of(text: str, file: Path) -> tuple[Path, dict[str, Any], str] | None:
    """(SBML file, map, name of the map) where a TOML file is a map of roles; None where it is a model."""
    data = parse_toml(text, file.name, f"a model file holds tables of names, numbers and arithmetic: {NEW}")
    if roles.KEY not in data:
        return None
    return roles.mapped_file(data, printable(file.name), file.parent), data, printable(file.name)


def _from_sbml(path: str | Path, given: dict[str, Any] | None = None, origin: str = "") -> Model:
    """The model in an SBML file, with the roles that a map gives; where its units do not agree in our
    words they are labels, and a caution says so."""
    from livingdrug.standards import read_sbml

    tables, origin = read_sbml(path), origin or printable(Path(path).name)
    if given:
        tables = roles.with_roles(tables, given, origin)
    try:
        return _of_tables(deepcopy(tables), origin)
    except UnitError as error:
        structure = tables["structure"]
        structure["unchecked"] = printable(str(error))
        structure["cautions"] = [
            {"expression": "1", "message": "units of this SBML file are labels that nothing checked"},
            *structure.get("cautions", ()),
        ]
        tables["deviations"].append(
            f"Units are labels that nothing checked, as they do not agree: {structure['unchecked']}."
        )
        return _of_tables(tables, origin)


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
        check_model(model)
    except LivingdrugError as error:
        raise placed(error, origin) from None
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
        raise placed(error, label) from None


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
        raise placed(error, where) from None


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
