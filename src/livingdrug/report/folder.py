"""A run as a folder: results, pictures, the scenario, a script, a record of what was said, the report made of them."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.versions import versions
from livingdrug.fit.store import STATE
from livingdrug.report.answer import Answer, Part
from livingdrug.report.answers import answer_of
from livingdrug.report.document import build_report
from livingdrug.report.folder_files import RECORD, REPORT, file_hash
from livingdrug.report.html import write_report
from livingdrug.scale.blocks import Serial
from livingdrug.scale.runs import Executor, Progress
from livingdrug.scenario import to_toml
from livingdrug.scenario.purpose import Document
from livingdrug.scenario.script import WRITERS, to_script

ENDS = ("png", "svg")  # of a picture's files


def check_new_folder(folder: str | Path) -> None:
    """Refuse, before anything is computed, a folder that cannot be made or holds files of another origin."""
    path = Path(folder).absolute()
    parent = next(p for p in (path, *path.parents) if p.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"the folder `{folder}` cannot be made or written; name another one")
    known = (path / RECORD).is_file() or not path.is_dir() or {p.name for p in path.iterdir()} <= {STATE, f"{STATE}.part"}
    if not known:
        raise InputError(f"the folder `{folder}` holds files that are not of a run; name a new or an empty one")


def keep_run(
    scenario: Document,
    folder: str | Path,
    executor: Executor | None = None,
    progress: Progress | None = None,
    shown: Document | None = None,
    names: Mapping[str, str] | None = None,
) -> Answer:
    """Run a scenario into a folder, whole or not at all; an earlier run there is replaced.

    shown: the scenario that is written down, where the files it reads are called otherwise than the one that is run;
    names: what those files are called here -> how their user calls them.
    results.csv and pictures as they come, scenario.toml, script.py, record.json (what was said, versions, hashes) and
    report.html. Raises InputError for a folder of another origin, and what the scenario raises.
    """
    return keep_answer(scenario, folder, lambda part: answer_of(scenario, part, executor or Serial(), progress), shown, names)


def keep_answer(
    scenario: Document,
    folder: str | Path,
    write: Callable[[Path], Answer],
    shown: Document | None = None,
    names: Mapping[str, str] | None = None,
) -> Answer:
    """The same where the answer has been computed: `write` puts its files into the folder that it is given, and says what
    they hold."""
    check_new_folder(folder)
    path = Path(folder).absolute()
    part = _empty_part(path)
    try:
        answer = write(part)
        shown = shown or scenario
        (part / "scenario.toml").write_text(to_toml(shown), encoding="utf-8")
        if type(shown) in WRITERS:
            (part / "script.py").write_text(to_script(shown), encoding="utf-8")
        _write_record(shown, answer, part, names or {})
        rebuild(part)
        _move(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return answer


def rebuild(folder: str | Path) -> Path:
    """Make the report of a run's folder anew, from its record and files alone: the same bytes every time.

    Raises InputError where the folder holds no run, or a file is not the one that the run wrote.
    """
    path = Path(folder)
    record = _read_record(path)
    _check_hashes(record, path)
    write_report(build_report(record, path), path / REPORT)
    return path / REPORT


def amend(folder: str | Path, write: Callable[[Path], Part]) -> Path:
    """Put a part made anew into a run's folder, in place of the part of its key, and make the report of both.

    `write` puts its files into the folder that it is given. Raises InputError as `rebuild` does, before anything is written.
    """
    path = Path(folder).absolute()
    record = _read_record(path)
    _check_hashes(record, path)
    part = _empty_part(path)
    try:
        made = write(part)
        parts = record["answer"]["parts"]
        keys = [p["key"] for p in parts]
        place = keys.index(made.key) if made.key in keys else len(parts)
        old = [f"pictures/{p['name']}.{end}" for p in parts[place]["pictures"] for end in ENDS] if made.key in keys else []
        for name in old:
            record["hashes"].pop(name, None)
            (path / name).unlink(missing_ok=True)
        parts[place : place + 1] = [asdict(made)]
        record["hashes"] = dict(sorted((record["hashes"] | _hashes(part)).items()))
        (part / RECORD).write_text(_text(record), encoding="utf-8")
        _move_files({str(p.relative_to(part)) for p in part.rglob("*") if p.is_file()}, part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rebuild(path)


def _check_hashes(record: dict, path: Path) -> None:
    for name, known in record["hashes"].items():
        if not (path / name).is_file():
            raise InputError(f"`{path / name}` is missing; run the scenario again")
        if file_hash(path / name) != known:
            raise InputError(f"`{path / name}` is not the file that the run wrote (its hash differs); run the scenario again")


def _empty_part(path: Path) -> Path:
    """A folder beside a run's folder, where its files are made before they take their places."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    return part


def _hashes(part: Path) -> dict[str, str]:
    return {str(p.relative_to(part)): file_hash(p) for p in sorted(part.rglob("*")) if p.is_file()}


def _text(record: dict) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _read_record(path: Path) -> dict:
    try:
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"`{path}` is not the folder of a run: it has no {RECORD}; make one with `livingdrug run`") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"`{path / RECORD}` cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("record") != 1:
        raise InputError(f"`{path / RECORD}` is of another version of livingdrug; run the scenario again")
    return record


def _write_record(scenario: Document, answer: Answer, part: Path, names: Mapping[str, str]) -> None:
    record = {
        "record": 1, "kind": scenario.kind, "purpose": scenario.purpose.model_dump(), "settings": _settings(scenario),
        "answer": asdict(answer), "versions": versions(), "hashes": _hashes(part),
    }  # fmt: skip
    text = _text(record)
    for here, theirs in names.items():
        text = text.replace(here, theirs)
    (part / RECORD).write_text(text, encoding="utf-8")


def _settings(scenario: Document) -> dict[str, str]:
    """Every setting, those left at their defaults too."""
    given = scenario.model_dump(exclude={"kind", "version", "purpose"}, mode="json")
    return {name: "not given" if value in (None, [], {}) else str(value) for name, value in given.items()}


def _move(part: Path, path: Path) -> None:
    """Put the new files in place of those of an earlier run; whatever else lies there stays."""
    old = set(_read_record(path)["hashes"]) if (path / RECORD).is_file() else set()
    new = {str(p.relative_to(part)) for p in part.rglob("*") if p.is_file()}
    for name in old - new:
        (path / name).unlink(missing_ok=True)
    _move_files(new, part, path)


def _move_files(names: set[str], part: Path, path: Path) -> None:
    # the record last: until then the folder is known as the earlier run, whose hashes no longer hold
    for name in sorted(names, key=lambda name: name == RECORD):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (part / name).replace(path / name)
