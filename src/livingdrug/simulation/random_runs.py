"""Whole models drawn again and again: how often a population dies out, and how often it comes back from few
cells."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.names import unknown
from livingdrug.core.pieces import Kept, Stage, each
from livingdrug.core.proportion import clopper_pearson
from livingdrug.models import ClosedForm, Model, flows_of
from livingdrug.simulation.experiment import default_regimen
from livingdrug.simulation.population import Subjects, typical_subject
from livingdrug.simulation.regimen import Regimen
from livingdrug.simulation.solve import individual_values
from livingdrug.simulation.tau_leap import CELLS, leaps

POINTS = 201  # times, over the horizon, at which counts are kept
PERCENTILES = (5, 50, 95)
MOST_DRAWS = 200_000  # runs of all subjects together


@dataclass(frozen=True)
class RandomRuns:
    """Runs of one subject.

    Attributes
    ----------
    runs, cured, relapsed : int
        How many were drawn; in how many no cell of the population is left at the horizon; in how many some
        are, although
        there once were fewer than `below`. In the others it never came down to so few.
    times : ndarray of shape (times,)
        In the model's time unit.
    none_left : ndarray of shape (times,)
        Part of the runs in which no cell of the population is left.
    levels : ndarray of shape (3, states, times)
        The 5th, 50th and 95th percentile of every state over runs.
    reason : str
        Why nothing was drawn; empty where it was.
    """

    runs: int
    cured: int
    relapsed: int
    times: np.ndarray
    none_left: np.ndarray
    levels: np.ndarray
    reason: str = ""

    def interval(self, events: int) -> tuple[float, float, float]:
        """Part of the runs, with its exact 95 % interval (Clopper-Pearson)."""
        return events / self.runs, *clopper_pearson(events, self.runs, 0.95)


def random_runs(
    model: Model,
    subjects: Subjects | None = None,
    regimen: Regimen | None = None,
    state: str = "tumour",
    below: int = 100,
    until: float = 1000.0,
    runs: int = 500,
    seed: int = 1,
    large: float = 10_000,
    progress: Callable[[int, int], None] | None = None,
    kept: Kept | None = None,
) -> list[RandomRuns]:
    """Every subject's model drawn `runs` times: populations below `large` cells by random events, others by
    their rates.

    Parameters
    ----------
    model : Model
        Made of flows, with populations in cells.
    subjects : Subjects, optional
        The typical one by default.
    regimen : Regimen, optional
        For all subjects; the model's first experiment by default.
    state : str
        The population that may die out, in cells.
    below : int
        Cells below which it counts as having come down to few.
    until : float
        Horizon in the model's time unit.
    runs : int
        Of each subject.
    seed : int
        Of the random streams; numbers depend on seed, subject and run alone.
    large : float
        Cells from which a population follows its rates.
    progress : callable, optional
        `progress(done, all)` is called as subjects are done.
    kept : Kept, optional
        Where finished subjects are kept on the way.

    Returns
    -------
    list of RandomRuns
        One for each subject; one that could not be drawn has a reason.

    Raises
    ------
    InputError
        For a state that is no population in cells, and as `tau_leap`.
    """
    subjects = subjects or typical_subject(model)
    place = _place(model, state)
    if runs * subjects.n > MOST_DRAWS:
        raise InputError(
            f"{runs:,} runs of {subjects.n:,} subjects are {runs * subjects.n:,}; at most {MOST_DRAWS:,} are drawn"
        )
    regimen = default_regimen(model) if regimen is None else regimen
    values, times = individual_values(model, subjects), np.linspace(0.0, until, POINTS)

    def drawn(i: int) -> RandomRuns:
        mine = {name: float(v[i]) for name, v in values.items()}
        try:
            own = leaps(model, times, runs, seed, large, regimen=regimen, values=mine, subject=i)
        except SolveError as error:
            return RandomRuns(runs, 0, 0, times, np.zeros(POINTS), np.zeros((3, 0, POINTS)), str(error))
        return _told(own, place, below, times)

    def stage() -> Stage:
        asked = {"doses": regimen, "population or limits": (state, below, large), "runs": runs, "seed": seed}
        of = {"model": model, "subjects or seed": values, "horizon": until, **asked}
        return Stage("subjects", of, (RandomRuns,))

    found = []
    keys = [str(i + 1) for i in range(subjects.n)]
    with closing(each(kept if subjects.n > 1 else None, stage, keys, drawn)) as made:
        for own in made:
            found.append(own)
            if progress:
                progress(len(found), subjects.n)
    return found


def _place(model: Model, name: str) -> int:
    """Where a population in cells stands among the states."""
    if isinstance(model.structure, ClosedForm):
        raise InputError(
            f"`{model.full_name}` is a closed form without populations; take a model made of flows"
        )
    units = {s.name: s.unit for s in flows_of(model).states}
    if name not in units:
        raise InputError(f"`{model.full_name}`: " + unknown("state", name, units))
    if units[name] != CELLS:
        raise InputError(
            f"`{model.full_name}`: `{name}` is in {units[name]}; only whole cells die out one by one"
        )
    return list(units).index(name)


def _told(drawn, place: int, below: int, times: np.ndarray) -> RandomRuns:
    count = drawn.counts[:, place]
    cured = count[:, -1] == 0
    came_down = drawn.lowest[:, place] < below
    return RandomRuns(
        runs=len(count),
        cured=int(cured.sum()),
        relapsed=int((came_down & ~cured).sum()),
        times=times,
        none_left=(count == 0).mean(axis=0),
        levels=np.percentile(drawn.counts, PERCENTILES, axis=0),
    )
