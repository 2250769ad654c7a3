"""What is kept of fits on their way: whole fits where there are several, and parts of a single one."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from livingdrug.core.packed import kinds_in
from livingdrug.core.pieces import Keeper, Stage, each
from livingdrug.data import Data
from livingdrug.fit.problem import FitProblem
from livingdrug.models import Model

T = TypeVar("T")


@cache
def _kinds(root: type) -> tuple[type, ...]:
    return kinds_in(root, but=(Model, Data))


def stage_of(name: str, words: str, root: type, problems: Sequence[FitProblem], **of: Any) -> Stage:
    """A stage whose pieces may hold problems, each with the model and the data of one of those given.

    Parameters
    ----------
    name, words : str
        See `Stage`.
    root : type
        Of a piece.
    problems : sequence of FitProblem
        What is fitted.
    of : Any
        What the pieces depend on beside these: word for a user -> what it is.
    """
    known = {f"model {k + 1}": p.model for k, p in enumerate(problems)}
    known |= {f"data {k + 1}": p.data for k, p in enumerate(problems)}
    return Stage(name, {"fit or data": tuple(problems), **of}, _kinds(root), words, known)


def once(kept: Keeper | None, stage: Callable[[], Stage], make: Callable[[], T]) -> T:
    """What one step gives, read where it is kept.

    Parameters
    ----------
    kept : Kept or None
        Where it is kept; None: nowhere.
    stage : callable
        Gives the stage of this step alone.
    make : callable
        Does the step.
    """
    (found,) = each(kept, stage, ["1"], lambda _: make())
    return found


def part_of(kept: Keeper | None, name: str) -> Keeper | None:
    """Where a part of a fit keeps its pieces.

    Parameters
    ----------
    kept : Kept or None
        Where the fit does; None: nowhere.
    name : str
        Of the part.
    """
    return None if kept is None else kept.within(name)
