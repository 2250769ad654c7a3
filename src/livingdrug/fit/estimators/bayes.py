"""bayes: draws of the posterior by NUTS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Keeper, Stage
from livingdrug.fit.bayes import NO_OCCASIONS, NO_OUTCOMES, NOTHING_FREE, Posterior, sample_posterior
from livingdrug.fit.estimator import Estimator, Progress
from livingdrug.fit.estimators.saem import Saem
from livingdrug.fit.kept import once, stage_of
from livingdrug.fit.nuts import Sampling
from livingdrug.fit.point import Prepared, problem_at
from livingdrug.fit.priors import Prior, priors_of, read_priors
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.settle import with_all
from livingdrug.fit.store import Saved
from livingdrug.fit.unknowns import unknowns_of


@dataclass(frozen=True)
class Bayes(Estimator):
    """NUTS from where SAEM ends.

    Attributes
    ----------
    prior : tuple of Prior
        Stated ones, beside those of the problem.
    chains, tune, draws : int
        As of `Sampling`.
    acceptance : float
        As of `Sampling`.
    """

    method = "bayes"
    place = 60
    samples = True
    priors = True
    options = ("prior", "chains", "tune", "draws", "acceptance")

    prior: tuple[Prior, ...] = ()
    chains: int = 4
    tune: int = 500
    draws: int = 1000
    acceptance: float = 0.8

    @property
    def draws_held(self) -> int:
        """Those of all chains, tuning among them."""
        return self.chains * (self.tune + self.draws)

    def with_options(self, given: Mapping[str, Any]) -> "Bayes":
        """With priors as they are typed."""
        return replace(super().with_options(given), prior=read_priors(given["prior"]))

    def check_outcomes(self) -> None:
        """Refuse outcomes."""
        raise InputError(NO_OUTCOMES)

    def check(self, problem: FitProblem) -> None:
        """Refuse what cannot be sampled, and priors of what is not estimated."""
        super().check(problem)
        if any(parameter.changes for parameter in problem.parameters):
            raise InputError(NO_OCCASIONS)
        if not unknowns_of(problem).size:
            raise InputError(NOTHING_FREE)
        priors_of(problem, self.prior)

    def estimate(self, prepared: Prepared, seed: int, progress: Progress | None, state: Saved) -> Posterior:
        """See `Estimator.estimate`. Priors of the problem take part in the search, too."""
        problem = prepared.problem
        bare = replace(problem, priors=())
        start = with_all(from_saem(prepared, seed, progress, state.kept), bare) if problem.random else None
        settings = Sampling(self.chains, self.tune, self.draws, seed, self.acceptance)
        return sample_posterior(bare, priors_of(problem, self.prior), settings, start, state.kept)


def from_saem(
    prepared: Prepared, seed: int, progress: Progress | None, kept: Keeper | None = None
) -> FitProblem:
    """The problem with the numbers where SAEM ends."""

    def searched() -> FitProblem:
        found = Saem().estimate(prepared, seed, progress, Saved())
        return problem_at(found.prepared.problem, found.point)

    def stage() -> Stage:
        return stage_of("start", "searches of a start", FitProblem, [prepared.problem], seed=seed)

    return once(kept, stage, searched)


ESTIMATOR = Bayes()
