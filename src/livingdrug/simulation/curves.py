"""Curves of any stretch of subjects, and blocks of them put together again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.models import Model
from livingdrug.simulation.believable import caution_words
from livingdrug.simulation.exposure import drawn
from livingdrug.simulation.population import Draw, check_count
from livingdrug.simulation.regimen import Regimen, check_regimen
from livingdrug.simulation.result import Result
from livingdrug.simulation.run import check_outputs, simulate


@dataclass(frozen=True, eq=False)
class CurvesTask:
    """`simulate` for a stretch of subjects; called as task(first, count), it gives their Result. It can be
    sent to another process. Raises InputError for a name, regimen or number of subjects that cannot be.

    Attributes
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    draw : Draw or None
        The subjects, None for the typical one.
    regimen : Regimen or None
        The doses; those of the model's first experiment by default.
    times : ndarray
        Reading times, in the model's time unit.
    until : float
        Horizon, in the model's time unit.
    outputs : tuple of str
        Names of outputs or states.
    threads : int or None
        Threads to compute with; all processors by default.
    """

    model: Model
    draw: Draw | None
    regimen: Regimen | None
    times: np.ndarray
    until: float
    outputs: tuple[str, ...]
    threads: int | None = None

    def __post_init__(self) -> None:
        check_outputs(self.model, self.outputs)
        if self.regimen is not None:
            check_regimen(self.model, self.regimen)
        check_count(self.n)

    @property
    def n(self) -> int:
        """Number of subjects."""
        return 1 if self.draw is None else self.draw.n

    def __call__(self, first: int, count: int, progress: Callable[[int, int], None] | None = None) -> Result:
        """Subjects `first` ... `first + count - 1`."""
        chosen = drawn(self.model, self.draw, first, count)
        return simulate(
            self.model,
            chosen,
            self.regimen,
            self.times,
            self.until,
            self.outputs,
            progress,
            threads=self.threads,
        )


def joined(results: Sequence[Result]) -> Result:
    """Results of consecutive stretches of one population as the result of all.

    Parameters
    ----------
    results : sequence of Result
        In order of the subjects.

    Returns
    -------
    Result
    """
    names = ("values", "peak", "peak_time", "area", "rise", "rise_time")
    arrays = {n: np.concatenate([getattr(r, n) for r in results]) for n in names}
    fates = {n: tuple(fate for r in results for fate in getattr(r, n)) for n in ("status", "reason")}
    first = results[0]
    cautioned = tuple(np.sum([r.cautioned for r in results], axis=0, dtype=int).tolist()) if first.cautions else ()
    own = caution_words(first.model, first.cautions, first.cautioned, first.n)
    said = caution_words(first.model, first.cautions, cautioned, len(fates["status"]))
    notices = (*(notice for notice in first.notices if notice not in own), *said)
    return replace(first, **arrays, **fates, cautioned=cautioned, notices=notices)
