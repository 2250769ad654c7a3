"""record.json: what was said, settings, versions, and the hash of every file. Read as what anybody may have
written."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livingdrug.core.errors import InputError
from livingdrug.core.files import below
from livingdrug.core.shown import printable
from livingdrug.report.answer import Answer, Part
from livingdrug.report.folder_files import RECORD, SCENARIO, file_hash
from livingdrug.report.purpose import Purpose

VERSION = 2
MAX_BYTES = 100_000_000
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ENDS = ("png", "svg")  # of a picture's files


class Record(BaseModel):
    """The shape of record.json; `sha256` is the hash of all the rest."""

    model_config = ConfigDict(extra="forbid", strict=True)

    record: Literal[2]
    kind: str
    purpose: Purpose
    settings: dict[str, str]
    answer: Answer
    versions: dict[str, str]
    hashes: dict[str, Hash]
    sha256: Hash


def sealed(record: dict) -> str:
    """The text of a record, with the hash of itself as the last entry."""
    return _text({**record, "sha256": _seal(record)})


def read_record(path: Path) -> dict:
    """The record of a run's folder as plain data.

    Parameters
    ----------
    path : Path
        Of the run's folder.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        Where there is none, or it is not what a run wrote: its shape, its own hash, or a name in it that is
        not plain, leads out of the folder, or is that of a picture that has no hash.
    """
    raw = _bytes(path)
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path / RECORD}` cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("record") != VERSION:
        raise InputError(
            f"`{path / RECORD}` is of another version of livingdrug; run the scenario again into a new folder"
        )
    known = _shaped(raw, path)
    if known["sha256"] != _seal(record):
        raise _changed(path, "its own hash differs")
    for name in known["hashes"]:
        below(path, name)
    pictures = [p["name"] for part in (known["answer"], *known["answer"]["parts"]) for p in part["pictures"]]
    missing = {SCENARIO, *(f"pictures/{name}.svg" for name in pictures)} - set(known["hashes"])
    if missing:
        raise _changed(path, f"it has no hash of `{printable(min(missing))}`")
    return known


def check_hashes(record: dict, path: Path) -> None:
    """InputError unless every file is there, and is the one that the run wrote."""
    for name, known in record["hashes"].items():
        file = below(path, name)
        if not file.is_file():
            raise InputError(f"`{file}` is missing; run the scenario again")
        if file_hash(file) != known:
            raise InputError(
                f"`{file}` is not the file that the run wrote (its hash differs); run the scenario again"
            )


def picture_files(part: Part | dict) -> list[str]:
    """Names of the files of the pictures of a part."""
    names = (
        [p["name"] for p in part["pictures"]] if isinstance(part, dict) else [p.name for p in part.pictures]
    )
    return [f"pictures/{name}.{end}" for name in names for end in ENDS]


def _bytes(path: Path) -> bytes:
    file = below(path, RECORD)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(
                f"`{file}` has more than {MAX_BYTES / 1e6:g} MB, which no run writes; run the scenario again"
            )
        return file.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"`{path}` is not the folder of a run: it has no {RECORD}; make one with `livingdrug run`"
        ) from None
    except OSError as error:
        raise InputError(f"`{file}` cannot be read: {error.strerror or error}") from None


def _shaped(raw: bytes, path: Path) -> dict:
    """A record with every field that it may have."""
    try:
        return Record.model_validate_json(raw).model_dump(mode="json")
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        where = f"`{printable(place, 80)}`: " if place else ""
        raise _changed(path, where + fault["msg"].lower()) from None


def _changed(path: Path, why: str) -> InputError:
    return InputError(
        f"`{path / RECORD}` is not the record that the run wrote ({why}); run the scenario again"
    )


def _seal(record: dict) -> str:
    rest = {key: value for key, value in record.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _text(record: dict) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"
