"""What stands around a long run of any kind: its finished pieces are kept until its result is whole."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable
from livingdrug.core.folders import held
from livingdrug.core.pieces import drop_pieces, kept_pieces, pieces_folder
from livingdrug.report import REPORT, check_new_folder, holds
from livingdrug.workflows.conduct import Conduct, NothingLeft
from livingdrug.workflows.document import Document, to_toml


@contextmanager
def kept_run(scenario: Document, conduct: Conduct) -> Iterator[Conduct | None]:
    """Around a run and the writing of what comes of it: its finished pieces are kept beside it until it is
    whole.

    Raises NothingLeft where it goes on from a run whose folder is whole already."""
    check_resumed(conduct)
    out = conduct.folder or conduct.out
    if out is None:
        yield None
        return
    (check_new_folder if conduct.folder else check_writable)(out)
    begin_again(scenario, conduct)
    with kept_pieces(out, conduct.resume, conduct.say) as kept:
        yield replace(conduct, kept=kept)


def check_resumed(conduct: Conduct) -> None:
    """InputError for --resume or --shard without a result beside which something is kept."""
    for flag, given in (("--resume", conduct.resume), ("--shard", conduct.shard)):
        if given and not (conduct.folder or conduct.out):
            raise InputError(
                f"{flag} is of a run whose blocks are kept beside its result; name that with --out"
            )


def begin_again(scenario: Document, conduct: Conduct) -> None:
    """Say that a run that was to go on has nothing to go on from. Raises NothingLeft where its folder holds
    the whole run, of nothing but the scenario: a file that it reads may have changed since."""
    out = conduct.folder or conduct.out
    if not conduct.resume or out is None:
        return
    if conduct.folder and _is_whole(conduct.folder, scenario):
        drop_pieces(conduct.folder)
        said = f"the run in {conduct.folder} is whole, nothing was left to do: open {Path(conduct.folder) / REPORT}"
        raise NothingLeft(said, {"folder": str(conduct.folder)}, 0)
    if not pieces_folder(out).is_dir():
        conduct.say(f"note: no blocks are kept in {pieces_folder(out)} yet, so the run starts again")


def _is_whole(folder: str | Path, scenario: Document) -> bool:
    """Whether a folder holds the run of a scenario that reads no files; what a killed run left to be done
    there is done first."""
    if reads_files(scenario) or not Path(folder).is_dir():
        return False
    with held(folder, make=False):
        try:
            return holds(folder, to_toml(scenario), ())
        except InputError:  # it was changed since: another run
            return False


def reads_files(scenario: Document, hashed: Container[str] = ()) -> bool:
    """Whether some text of a scenario is the name of a file or folder, fields left out whose files are known
    by their content.

    Parameters
    ----------
    scenario : Document
        Of any kind.
    hashed : container of str
        Names of these fields.
    """
    fields = scenario.model_dump(mode="json")
    return any(_is_file(text) for name in fields if name not in hashed for text in _texts(fields[name]))


def _texts(value) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _is_file(text: str) -> bool:
    """`curve.toml:name` is a file too."""
    try:
        return any(name and Path(name).exists() for name in (text, text.rpartition(":")[0]))
    except (OSError, ValueError):  # too long, or with a null
        return False
