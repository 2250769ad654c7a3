"""How a run is carried out, which changes no number."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.workflows.document import Document

TYPE_CHECKING = False
# who computes is loaded by the kind that has use for it: the engine would cost every command its start
if TYPE_CHECKING:
    from livingdrug.core.pieces import Kept
    from livingdrug.scale import Executor, Shard


@dataclass(frozen=True)
class Conduct:
    """How a run is carried out, which changes no number.

    Attributes
    ----------
    executor : Executor or None
        Who computes the subjects, this process by default.
    progress : callable or None
        Called with how many are done, and of how many, by a search with its objective too.
    out : str or Path or None
        The file of a table that is written as it comes.
    drawn : bool
        Whether figures will be drawn.
    folder : str or Path or None
        Where the state of a long run is kept on its way.
    resume : bool
        Go on from that state.
    say : callable
        Takes a sentence for the user.
    kept : Kept or None
        The pieces that are kept on the way.
    shard : Shard or None
        The part of them that is computed.
    yes : bool or None
        Whether a run beyond the limits of time and disk is started; None where nobody asks what it takes.
    """

    executor: "Executor | None" = None
    progress: Callable[..., None] | None = None
    out: str | Path | None = None
    drawn: bool = False
    folder: str | Path | None = None
    resume: bool = False
    say: Callable[[str], None] = lambda text: None
    kept: "Kept | None" = None
    shard: "Shard | None" = None
    yes: bool | None = None

    def alone(self, scenario: Document) -> None:
        """Refuse workers, where a kind has no use for them."""
        if self.executor is not None:
            raise InputError(
                f"a `{scenario.kind}` scenario runs in one process; leave out --workers and --dask"
            )


HERE = Conduct()


class NothingLeft(Exception):
    """A run with nothing to write: it was to go on and is whole already, or was one part of a run. Holds
    what is to be said, what --json prints, and the exit code."""

    def __init__(self, said: str, plain: dict, code: int) -> None:
        super().__init__(said)
        self.plain, self.code = plain, code
