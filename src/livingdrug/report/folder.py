"""A run as a folder: results, pictures, the scenario, a script, a record of what was said, the report made
of them."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import below, refusal
from livingdrug.core.folders import NEW, OWN, STATE, drop_part, held, move_in, new_part
from livingdrug.core.versions import versions
from livingdrug.report.answer import Answer, Part
from livingdrug.report.document import build_report
from livingdrug.report.folder_files import MADE_LATER, RECORD, REPORT, SCENARIO, file_hash
from livingdrug.report.html import Report, write_report
from livingdrug.report.purpose import Purpose
from livingdrug.report.record import VERSION, check_hashes, picture_files, read_record, sealed

# a fit on its way, and one that was killed as it saved
_STATE = re.compile(rf"{re.escape(STATE)}(\.\d+\.part)?")


def check_new_folder(folder: str | Path) -> None:
    """Refuse a folder for a run before anything is computed.

    Parameters
    ----------
    folder : str or Path
        Where a run is to be kept.

    Raises
    ------
    InputError
        For a folder that cannot be made or holds files of another origin.
    """
    path = Path(folder).absolute()
    parent = next(p for p in (path, *path.parents) if p.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"the folder `{folder}` cannot be made or written; name another one")
    of_a_run = not path.is_dir() or (path / RECORD).is_file() or (path / NEW).is_dir()
    if not (of_a_run or all(_is_ours(p.name) for p in path.iterdir())):
        raise InputError(
            f"the folder `{folder}` holds files that are not of a run; name a new or an empty one"
        )


def _is_ours(name: str) -> bool:
    return name in OWN or bool(_STATE.fullmatch(name))


@dataclass(frozen=True)
class Origin:
    """Where an answer comes from.

    Attributes
    ----------
    kind : str
        Of the scenario.
    purpose : Purpose
        Of the scenario.
    settings : dict[str, str]
        Every setting in words.
    texts : dict[str, str]
        Name -> text of the files that say it again (scenario.toml, script.py).
    """

    kind: str
    purpose: Purpose
    settings: dict[str, str]
    texts: dict[str, str]


def keep(
    origin: Origin,
    folder: str | Path,
    write: Callable[[Path], Answer],
    names: Mapping[str, str] | None = None,
) -> Answer:
    """Put an answer into a folder, whole or not at all; an earlier run there is replaced.

    `write` puts its files into the folder that it is given, and says what they hold.

    Beside them come the texts of the origin, record.json (what was said, versions, hashes) and report.html.
    No other run gets into the folder meanwhile; an earlier one stays whole until all of this one is on disk.

    Parameters
    ----------
    origin : Origin
        Where the answer comes from.
    folder : str or Path
        Of the run.
    write : callable
        Puts its files into the folder that it is given, and says what they hold.
    names : Mapping[str, str], optional
        What files that were read are called here -> how their user calls them.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        For a folder of another origin.
    """
    check_new_folder(folder)
    with held(folder) as path:
        gone = _old_files(path)
        part = new_part(path)
        try:
            answer = write(part)
            for name, text in origin.texts.items():
                (part / name).write_text(text, encoding="utf-8")
            _write_record(_record(origin, answer, part, names or {}), part)
            move_in(path, gone)
        except OSError as error:
            raise refusal(folder, error) from None
        finally:
            drop_part(path)
    return answer


def rebuild(folder: str | Path) -> Path:
    """Make the report of a run's folder anew, from its record and files alone: the same bytes every time.

    Parameters
    ----------
    folder : str or Path
        Of the run.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Where the folder holds no run, or a file is not the one that the run wrote.
    """
    _check_run(folder)
    with held(folder, make=False) as path:
        _build(path)
    return Path(folder) / REPORT


def report_of(folder: str | Path) -> Report:
    """The report of a run's folder, for whoever writes it in another form. Raises InputError as `rebuild`
    does."""
    return build_report(checked_record(folder), Path(folder))


def checked_record(folder: str | Path) -> dict:
    """The record of a run's folder whose files are all there as the run wrote them. Raises InputError as
    `rebuild` does."""
    _check_run(folder)
    record = read_record(Path(folder))
    check_hashes(record, Path(folder))
    return record


def holds(folder: str | Path, scenario: str, data: tuple[tuple[str, str], ...]) -> bool:
    """Whether a folder holds the whole run of a scenario, by this version, on data of these hashes.

    Parameters
    ----------
    folder : str or Path
        Of the run.
    scenario : str
        Its TOML text.
    data : tuple[tuple[str, str], ...]
        Name of a file -> its SHA-256.

    Returns
    -------
    bool
    """
    path = Path(folder)
    if not (path / RECORD).is_file():
        return False
    record = read_record(path)
    check_hashes(record, path)
    same = (path / SCENARIO).read_text(encoding="utf-8") == scenario and record["versions"] == versions()
    return same and [list(pair) for pair in data] == record["answer"]["data"]


def amend(folder: str | Path, write: Callable[[Path], Part]) -> Path:
    """Put a part made anew into a run's folder, in place of the part of its key, and make the report of both.

    `write` puts its files into the folder that it is given.

    Parameters
    ----------
    folder : str or Path
        Of the run.
    write : callable
        Puts its files into the folder that it is given.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        As `rebuild` does, before anything is written.
    """
    _check_run(folder)
    with held(folder, make=False) as path:
        record = read_record(path)
        check_hashes(record, path)
        part = new_part(path)
        try:
            old = _put(write(part), record)
            for name in set(record["hashes"]) - old - set(_hashes(part)):
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path / name, part / name)
            gone = {name: known for name, known in record["hashes"].items() if name in old}
            record["hashes"] = _hashes(part)
            _write_record(record, part)
            move_in(path, gone)
        except OSError as error:
            raise refusal(folder, error) from None
        finally:
            drop_part(path)
    return Path(folder) / REPORT


def _put(made: Part, record: dict) -> set[str]:
    """Put a part into a record; gives the files of the part that it replaces."""
    parts = record["answer"]["parts"]
    keys = [p["key"] for p in parts]
    place = keys.index(made.key) if made.key in keys else len(parts)
    old = set(picture_files(parts[place])) if made.key in keys else set()
    parts[place : place + 1] = [asdict(made)]
    return old


def _check_run(folder: str | Path) -> None:
    if not Path(folder).is_dir():
        raise InputError(
            f"`{folder}` is not the folder of a run: it is not there; make one with `livingdrug run`"
        )


def _build(path: Path) -> None:
    """The report of a whole run's folder."""
    record = read_record(path)
    check_hashes(record, path)
    write_report(build_report(record, path), path / REPORT)


def _write_record(record: dict, part: Path) -> None:
    """The record of the files of a part, and the report of both."""
    (part / RECORD).write_text(sealed(record), encoding="utf-8")
    _build(part)


def _old_files(path: Path) -> dict[str, str]:
    """Name -> hash of the files of the run that lies in a folder, and of pages made of it: what a new run
    takes away. A record that no run wrote is refused, as a wrong name in it would take away something
    else."""
    if not (path / RECORD).is_file():
        return {}
    found = dict(read_record(path)["hashes"])
    return found | {name: file_hash(path / name) for name in MADE_LATER if below(path, name).is_file()}


def _hashes(part: Path) -> dict[str, str]:
    return {p.relative_to(part).as_posix(): file_hash(p) for p in sorted(part.rglob("*")) if p.is_file()}


def _record(origin: Origin, answer: Answer, part: Path, names: Mapping[str, str]) -> dict:
    record = {
        "record": VERSION,
        "kind": origin.kind,
        "purpose": origin.purpose.model_dump(),
        "settings": origin.settings,
        "answer": asdict(answer),
        "versions": versions(),
        "hashes": _hashes(part),
    }
    text = json.dumps(record)
    for here, theirs in names.items():
        text = text.replace(json.dumps(here)[1:-1], json.dumps(theirs)[1:-1])
    return json.loads(text)
