"""Files of a PEtab problem: a small YAML document that names tables beside it."""

import csv
import io
import math
from pathlib import Path

from livingdrug.core.errors import InputError, printable

MAX_BYTES = 20_000_000
LISTS = {
    "condition_files": "conditions",
    "measurement_files": "measurements",
    "observable_files": "observables",
    "sbml_files": "model",
}
Row = dict[str, str]


def text_of_file(path: Path) -> str:
    """A file of bounded size as text."""
    name = printable(path.name)
    try:
        if not path.is_file():
            raise InputError(f"`{name}` was not found beside the problem, or is no ordinary file")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"`{name}` is larger than {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"`{name}` cannot be read as text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"`{name}` cannot be read: {error.strerror or error}") from None


def read_yaml(path: Path) -> dict:
    """The document of a problem. Raises InputError for what is none, or has anchors."""
    try:
        import yaml
    except ImportError:
        raise InputError(
            "PEtab is read with PyYAML, which is not installed; install it: pip install "
            "'livingdrug[standards]'"
        ) from None
    text, name = text_of_file(path), printable(path.name)
    try:
        if any(isinstance(token, yaml.AliasToken | yaml.TagToken) for token in yaml.scan(text)):
            raise InputError(
                f"`{name}` holds aliases or tags, which a PEtab problem does not need; write it plainly"
            )
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"`{name}` is not a YAML document ({printable(str(error))[:200]})") from None
    if not isinstance(found, dict) or not {"problems", "measurement_files"} & found.keys():
        raise InputError(
            f"`{name}` is no PEtab problem: it has no key `problems` (version 1) or `measurement_files` (2)"
        )
    return found


def files_of(path: Path) -> dict[str, list[Path]]:
    """What a problem names: parameters, conditions, measurements, observables, model; in version 2 also
    experiments."""
    document, name = read_yaml(path), printable(path.name)
    version = str(document.get("format_version", ""))
    if version in ("2", "2.0", "2.0.0"):
        return _files_of_2(path, document, name)
    if version not in ("1", "1.0", "1.0.0"):
        raise InputError(
            f"`{name}` is PEtab of the version `{printable(version) or 'unstated'}`; versions 1 and 2 are "
            "read"
        )
    problems = document.get("problems")
    if not isinstance(problems, list) or len(problems) != 1 or not isinstance(problems[0], dict):
        raise InputError(f"`{name}` must hold one problem")
    problem = problems[0]
    if "model_files" in problem:
        raise InputError(
            f"`{name}` names its model by `model_files`, as version 2 does, and says that it is of version "
            "1; write `sbml_files`, or format_version 2.0.0"
        )
    found = {"parameters": _paths(path, document.get("parameter_file"))}
    for key, what in LISTS.items():
        found[what] = _paths(path, problem.get(key))
        if not found[what]:
            raise InputError(f"`{name}` names no `{key}`")
    if len(found["model"]) != 1:
        raise InputError(f"`{name}` names {len(found['model'])} SBML files; one is read")
    return found


def _files_of_2(path: Path, document: dict, name: str) -> dict[str, list[Path]]:
    """The files of a problem of version 2."""
    for key in ("mapping_files", "extensions"):
        if document.get(key):
            raise InputError(f"`{name}`: `{key}` is not supported; leave it out")
    models = document.get("model_files")
    if not isinstance(models, dict) or len(models) != 1:
        raise InputError(f"`{name}` must name one model in `model_files`")
    (model,) = models.values()
    if not isinstance(model, dict) or model.get("language") != "sbml":
        raise InputError(f"`{name}`: the model must have a `location` and the `language` sbml")
    found = {"model": _paths(path, model.get("location"))}
    for what in ("parameter", "measurement", "observable", "condition", "experiment"):
        found[f"{what}s"] = _paths(path, document.get(f"{what}_files"))
    missing = [key for key in ("model", "parameters", "measurements", "observables") if not found[key]]
    if missing:
        raise InputError(f"`{name}` names no file of {missing[0]}")
    return found


def _paths(document: Path, given) -> list[Path]:
    """Files beside the document; nothing elsewhere is opened, and nothing is fetched."""
    names = [given] if isinstance(given, str) else given or []
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise InputError(f"`{printable(document.name)}`: expected names of files, got {given!r:.60}")
    for name in names:
        path = Path(name)
        if path.is_absolute() or ".." in path.parts or "://" in name:
            raise InputError(
                f"`{printable(document.name)}` names `{printable(name)}`, which is not beside it; only such "
                "files are read"
            )
    return [document.parent / name for name in names]


def rows_of(paths: list[Path], needed: tuple[str, ...]) -> list[Row]:
    """Rows of tab-separated tables with the same meaning. Raises InputError for a missing column, by its
    name."""
    found: list[Row] = []
    for path in paths:
        name = printable(path.name)
        reader = csv.DictReader(io.StringIO(text_of_file(path)), delimiter="\t")
        columns = reader.fieldnames or []
        missing = [column for column in needed if column not in columns]
        if missing:
            raise InputError(
                f"`{name}` has no column `{missing[0]}`; its columns: {printable(', '.join(columns))}"
            )
        if len(set(columns)) < len(columns):
            raise InputError(f"`{name}` has two columns of the same name")
        try:
            for number, row in enumerate(reader, 2):
                if None in row:
                    raise InputError(f"`{name}` line {number} has more values than the heading has columns")
                found.append(
                    {k: (v or "").strip() for k, v in row.items()} | {"(place)": f"`{name}` line {number}"}
                )
        except csv.Error as error:
            raise InputError(f"`{name}` is no table ({error})") from None
    return found


def number_of(text: str, where: str, what: str) -> float:
    """A finite number of a cell."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {what} is `{printable(text)}`; expected a finite number")
    return value


def unique(rows: list[Row], column: str) -> dict[str, Row]:
    """Rows by an id that none of them shares."""
    found: dict[str, Row] = {}
    for row in rows:
        key = row[column]
        if not key:
            raise InputError(f"{row['(place)']}: `{column}` is empty")
        if key in found:
            raise InputError(
                f"{row['(place)']}: the {column} `{printable(key)}` stands in {found[key]['(place)']} already"
            )
        found[key] = row
    return found
