"""What stands around a simulation: the blocks of its subjects are kept until its result is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.export import check_writable
from livingdrug.report import check_new_folder, holds
from livingdrug.scale import blocks_folder, kept_blocks
from livingdrug.workflows.base import Conduct, NothingLeft
from livingdrug.workflows.document import to_toml

TYPE_CHECKING = False
if TYPE_CHECKING:  # which imports this module
    from livingdrug.workflows.simulate.spec import Simulation


@contextmanager
def conducted(scenario: "Simulation", conduct: Conduct) -> Iterator[Conduct | None]:
    """Around a run and the writing of what comes of it: the blocks of its subjects are kept beside it until it is whole.

    Raises NothingLeft where it goes on from a run whose folder is whole already."""
    if conduct.resume and not (conduct.folder or conduct.out):
        raise InputError("--resume goes on from what an interrupted run left beside --out; name it with --out")
    out = conduct.folder or conduct.out
    if out is None or (scenario.subjects or 1) == 1:
        yield None
        return
    (check_new_folder if conduct.folder else check_writable)(out)
    if conduct.resume and not blocks_folder(out).is_dir():
        _check_left(scenario, conduct)
    with kept_blocks(out, conduct.resume, conduct.say) as kept:
        yield replace(conduct, kept=kept)


def _check_left(scenario: "Simulation", conduct: Conduct) -> None:
    """Raise NothingLeft where the folder holds the whole run, of a model that no file can have changed since."""
    folder = conduct.folder
    if folder and not Path(scenario.model).exists() and holds(folder, to_toml(scenario), ()):
        raise NothingLeft(f"the run in {folder} is whole", {"folder": str(folder)}, 0)
    conduct.say(f"note: no blocks are kept in {blocks_folder(folder or conduct.out or '')} yet, so the run starts again")
