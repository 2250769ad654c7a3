"""Individual parameters drawn from each subject's conditional distribution, given its data and the
population.

Individual estimates are drawn towards the typical value where a subject's data say little, which hides
relations with covariates and between random effects, and can make up some. Draws are not: if the model holds,
one draw of every subject has the distribution of the population (Lavielle & Ribba 2016, Pharm Res
33:2979-2988). Draws come from the importance sampler of the likelihood, each with the probability of its
weight, independently between subjects.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.draws import effective_of, normalised
from livingdrug.core.random import uniforms
from livingdrug.fit.importance import FEW, Proposal, drawn, propose, weights
from livingdrug.fit.point import Point, Prepared, centre, individual, point_of, prepare, with_etas
from livingdrug.fit.result import FitResult

DRAWS = 10  # of each subject that are kept
POOL = 1024  # weighted draws of each subject that they are taken from


@dataclass(frozen=True)
class Sampled:
    """Draws of all subjects.

    Attributes
    ----------
    subjects : tuple of str
        Names of the subjects, in the order of all arrays.
    random : tuple of str
        Names of the parameters with a random effect; etas (n, draws, random).
    etas : ndarray, shape (n, draws, random)
        Random effects drawn from each subject's conditional distribution.
    values : dict[str, ndarray]
        Parameter -> individual values (n, draws), with the subject's covariates.
    worth : ndarray, shape (n,)
        How many independent draws the weighted ones of a subject are worth; seed.
    seed : int
        Of the draws.
    """

    subjects: tuple[str, ...]
    random: tuple[str, ...]
    etas: np.ndarray
    values: dict[str, np.ndarray]
    worth: np.ndarray
    seed: int

    @property
    def draws(self) -> int:
        """How many of each subject."""
        return self.etas.shape[1]

    @property
    def notes(self) -> tuple[str, ...]:
        """A caution where draws of a subject stem from few."""
        low = [name for name, worth in zip(self.subjects, self.worth, strict=True) if worth < FEW]
        if not low:
            return ()
        shown = ", ".join(low[:5]) + (", ..." if len(low) > 5 else "")
        return (
            f"sampled individual parameters of {len(low)} subject(s) have an effective sample size below "
            f"{FEW}, and may repeat each other: {shown}",
        )

    def table(self):
        """Pandas table with one row for each subject and draw: subject, draw (from 1), every parameter,
        every eta."""
        import pandas as pd

        n, draws = len(self.subjects), self.draws
        columns = {
            "subject": np.repeat(np.array(self.subjects, dtype=object), draws),
            "draw": np.tile(range(1, draws + 1), n),
        }
        columns |= {name: values.ravel() for name, values in self.values.items()}
        columns |= {f"eta {name}": self.etas[:, :, k].ravel() for k, name in enumerate(self.random)}
        return pd.DataFrame(columns)


def sampled_parameters(result: FitResult, draws: int = DRAWS, seed: int = 1) -> Sampled | None:
    """Draws of the individual parameters of a fit at its numbers; None where no parameter has a random
    effect.

    What is drawn for a subject depends on the seed and its name, not on how many are asked for.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    draws : int, optional
        How many for each subject.
    seed : int, optional
        Of the draws.

    Returns
    -------
    Sampled or None
    """
    problem = result.problem
    if not problem.random:
        return None
    prepared, point = prepare(problem), point_of(problem)
    pool, weight = weighted(prepared, point, propose(prepared, point, seed, result.individuals.etas), seed)
    etas = np.empty((prepared.n, draws, pool.shape[2]))
    for i, name in enumerate(prepared.design.subjects):
        at = uniforms(seed, f"individual parameters of {name}", 0, draws)
        etas[i] = pool[i, np.searchsorted(np.cumsum(weight[i])[:-1], at)]
    tables = [
        individual(prepared, with_etas(prepared, centre(prepared, point), etas[:, k])) for k in range(draws)
    ]
    names = [p.name for p in problem.parameters]
    values = {
        name: np.stack([t[:, column] for t in tables], axis=1)
        for name, column in zip(names, prepared.columns, strict=True)
    }
    random = tuple(p.name for p in problem.random)
    return Sampled(prepared.design.subjects, random, etas, values, effective_of(weight), seed)


def weighted(
    prepared: Prepared, point: Point, proposal: Proposal, seed: int, pool: int = POOL
) -> tuple[np.ndarray, np.ndarray]:
    """(etas (n, pool, random), their weights (n, pool), which sum to 1): the one place that asks the
    importance sampler.

    The weights of a subject are nan where the model gives its records no finite likelihood at any draw.
    """
    draws = drawn(prepared, point, proposal, pool, seed, "individual parameters")
    logs = weights(prepared, point, draws)
    logs = np.where(np.isfinite(logs), logs, -np.inf)
    return draws.etas(prepared, point), normalised(logs)
