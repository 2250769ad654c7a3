"""Posteriors of the same patients at draws of the population, taken together.

Each draw of the population is as probable as another: the patients' own samples do not change it. That is
right for patients of the fit, whose samples made it, and errs on the wide side for a new one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.random import stream_key
from livingdrug.fit import Design, FitProblem, IndividualPosterior, individual_posterior, prepare

Used = Callable[[Design], np.ndarray]


@dataclass(frozen=True)
class MixedPosterior:
    """The same questions as of an `IndividualPosterior`, whose draws follow one another.

    middle: at the estimates, of which are the mode and the design; parts: at draws of the population, each
    with as many draws; lost: draws of the population at which a patient's samples had no finite likelihood,
    left out.
    """

    middle: IndividualPosterior
    parts: tuple[IndividualPosterior, ...]
    lost: int

    @property
    def design(self) -> Design:
        """All records."""
        return self.middle.design

    @property
    def subjects(self) -> tuple[str, ...]:
        """Their names."""
        return self.middle.subjects

    @property
    def used(self) -> np.ndarray:
        """Whether each record was used."""
        return self.middle.used

    @property
    def seed(self) -> int:
        """Of the posterior at the estimates."""
        return self.middle.seed

    @property
    def worth(self) -> np.ndarray:
        """Effective draws among the weighted ones, (n,)."""
        return np.sum([part.worth for part in self.parts], axis=0)

    @property
    def pool(self) -> np.ndarray:
        """How many these were, (n,)."""
        return np.sum([part.pool for part in self.parts], axis=0)

    def count(self) -> np.ndarray:
        """Records used of each subject, (n,)."""
        return self.middle.count()

    def tables(self) -> np.ndarray:
        """Every quantity of every subject at its draws, (n, draws, quantities)."""
        return np.concatenate([part.tables() for part in self.parts], axis=1)

    def mode_table(self) -> np.ndarray:
        """Every quantity of every subject at its mode at the estimates, (n, quantities)."""
        return self.middle.mode_table()

    def predictions(self) -> np.ndarray:
        """Predictions of all records at the draws of their subjects, (draws, records)."""
        return np.concatenate([part.predictions() for part in self.parts])

    def log_below(self, f: np.ndarray, values: np.ndarray) -> np.ndarray:
        """As of one posterior, with the residual error of each draw: (records, draws)."""
        size = self.middle.etas.shape[1]
        return np.concatenate(
            [part.log_below(f[k * size : (k + 1) * size], values) for k, part in enumerate(self.parts)],
            axis=1,
        )

    def log_density(
        self, draws: np.ndarray, y: np.ndarray, kind: np.ndarray, output: np.ndarray, f: np.ndarray
    ) -> np.ndarray:
        """As of one posterior, with the residual error of each draw: (values, draws)."""
        found = np.empty((len(y), len(f)))
        for part, mine in self._of(draws):
            found[:, mine] = part.log_density(draws[mine], y, kind, output, np.ascontiguousarray(f[mine]))
        return found

    def measured(self, draws: np.ndarray, output: np.ndarray, f: np.ndarray, u: np.ndarray) -> np.ndarray:
        """As of one posterior, with the residual error of each draw: (draws, values)."""
        found = np.empty(f.shape)
        for part, mine in self._of(draws):
            found[mine] = part.measured(draws[mine], output, f[mine], u[mine])
        return found

    def _of(self, draws: np.ndarray):
        """Every part with the positions of its draws among these."""
        which = draws // self.middle.etas.shape[1]
        return [(part, np.flatnonzero(which == k)) for k, part in enumerate(self.parts) if (which == k).any()]


def mixed_posterior(
    problem: FitProblem, drawn: Sequence[FitProblem], used: Used, draws: int, seed: int
) -> MixedPosterior:
    """Posteriors at the estimates and at draws of the population.

    Parameters
    ----------
    problem : FitProblem
        At the estimates.
    drawn : sequence of FitProblem
        The same patients at draws of the population, one or more.
    used : callable
        Whether each record of a design counts.
    draws : int
        Kept of each patient at least, over all draws of the population.
    seed : int

    Raises
    ------
    InputError
        For data that the model cannot take.
    """
    each = -(-draws // len(drawn))

    def at(one: FitProblem, own: int) -> IndividualPosterior:
        prepared = prepare(one)
        return individual_posterior(one, used(prepared.design), each, own, prepared)

    middle = at(problem, seed)
    # a stream of its own for each: the same numbers again would be worth as many draws as one part has
    parts = [at(one, stream_key(seed, f"population {k}")[0] >> 1) for k, one in enumerate(drawn)]
    sound = [part for part in parts if not ((part.worth == 0) & (middle.worth > 0)).any()]
    return MixedPosterior(middle, tuple(sound) or (middle,), len(parts) - len(sound))
