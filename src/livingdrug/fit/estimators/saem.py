"""SAEM: the population, by simulation.

Searches from several starts where subjects are few, each climbed to its optimum; intervals by profiles; where
the data do not determine every number, the path to problems with fewer.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from livingdrug.core.errors import InputError
from livingdrug.fit import finish
from livingdrug.fit.by_need import likelihood_at
from livingdrug.fit.estimator import Estimation, Estimator, Progress
from livingdrug.fit.importance import FEW, few_draws
from livingdrug.fit.limits import limits
from livingdrug.fit.point import Prepared
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.reduce import carries_little, path_from
from livingdrug.fit.result import CONVERGED, NOT_CONVERGED, NOT_DETERMINED, Covariance, Objective
from livingdrug.fit.saem import SaemSettings
from livingdrug.fit.search import Searched, confirmed, enter, searched, with_optimum
from livingdrug.fit.settle import Settled
from livingdrug.fit.store import Saved
from livingdrug.fit.unknowns import unknowns_of
from livingdrug.fit.verdict import NEAR, NOTHING_KNOWN, Verdict, data_words, likelihood_words, search_words
from livingdrug.fit.walk import Higher

BY_LOUIS = "observed information (Louis), by importance sampling"
RESTARTS = 2  # of a search whose profiles pass a higher optimum


@dataclass(frozen=True)
class Saem(SaemSettings, Estimator):
    """SAEM.

    Attributes
    ----------
    searches : int or None
        How many (None: two to four with fewer than 40 subjects, until two agree).
    reduce : bool
        Of few subjects whose data do not determine every number, give the problem of the lowest BIC with
        fewer.
    """

    method = "saem"
    place = 10
    priors = True
    reduces = True
    resumes = True

    # a saved search is the same whatever comes after it
    searches: int | None = field(default=None, repr=False)
    reduce: bool = field(default=False, repr=False)

    @property
    def recorded(self) -> dict[str, Any]:
        """The settings of each search."""
        return {name: value for name, value in asdict(self).items() if name not in ("searches", "reduce")}

    def asked(self, starts: int | None, reduce: bool) -> "Saem":
        """With as many searches as sets of initial estimates are asked for."""
        return replace(self, searches=starts or self.searches, reduce=reduce or self.reduce)

    def check(self, problem: FitProblem) -> None:
        """Refuse a problem in which nothing differs between subjects."""
        super().check(problem)
        if not problem.random:
            raise InputError(
                "SAEM needs a parameter with a random effect; fit parameters without one by method focei"
            )

    def estimate(self, prepared: Prepared, seed: int, progress: Progress | None, state: Saved) -> Estimation:
        """See `Estimator.estimate`."""
        problem = prepared.problem
        save = state.save if state.folder else None
        found = searched(prepared, self, seed, self.searches, state.before(), progress, save)
        whole, found = at_optimum(prepared, self, seed, found, progress)
        missing = whole.verdict.undetermined if whole.verdict else ()
        if whole.status != NOT_DETERMINED or not carries_little(prepared.design.n, missing, problem):
            return whole
        path = path_from(prepared, found.optima[0], missing, seed, found.lighter)
        if not self.reduce or path.lowest == path.steps[0]:
            return replace(whole, path=path.steps)
        reduced, _ = at_optimum(path.best.prepared, self, seed, path.as_searched(found), progress)
        verdict = reduced.verdict and replace(reduced.verdict, data=f"{reduced.verdict.data} {path.aside}")
        notes = (*reduced.notes, path.words)
        return replace(reduced, path=path.steps, notes=notes, verdict=verdict, trace_names=whole.trace_names)


ESTIMATOR = Saem()


def at_optimum(
    prepared: Prepared, settings: Saem, seed: int, found: Searched, progress=None
) -> tuple[Estimation, Searched]:
    """The estimation of a search: its best optimum with errors, limits, likelihood and verdict; and the
    search, with any better optimum that a profile passed."""
    covariance, objective, sound, notes = _known(found.optima[0], seed)
    limit = {}

    def enters(name: str) -> None:
        enter(progress, f"interval of {name}")

    for _ in range(RESTARTS if sound else 0):
        lighter = dict(found.lighter)
        limit = limits(found.optima, prepared, covariance.matrix, seed, enters, lighter, found.freed)
        found = found._replace(lighter=lighter)
        if not isinstance(limit, Higher):
            break
        found = with_optimum(found, prepared, limit.prepared, limit.climbed, seed)
        found = confirmed(found, prepared, settings, seed, progress)
        covariance, objective, sound, notes = _known(found.optima[0], seed)
    ended = found.agreed and not isinstance(limit, Higher)
    limit = {} if isinstance(limit, Higher) or not sound else limit
    best = found.optima[0]
    climbed = best.climbed
    ended &= climbed.gain <= NEAR
    undetermined = tuple(name for name, of in limit.items() if not of.determined)
    verdict = Verdict(
        ended,
        sound,
        undetermined,
        search_words(
            climbed.gain, ended, found.levels, max(s.level for s in found.optima), len(found.optima)
        ),
        likelihood_words(sound, None if objective.ess is None else float(objective.ess.min()), objective.se),
        data_words(undetermined, len(limit)) if limit and ended else NOTHING_KNOWN,
    )
    if not ended or not sound:
        status = NOT_CONVERGED
    else:
        status = NOT_DETERMINED if undetermined or covariance.reason else CONVERGED
    closed = is_closed(prepared.problem.model)
    recorded = {
        "method": "saem",
        **settings.recorded,
        "copies": settings.copies(prepared.design.n, closed),
        "seed": seed,
    }
    estimation = Estimation(
        status=status,
        prepared=best.prepared,
        point=climbed.point,
        modes=climbed.proposal.modes,
        objective=objective,
        covariance=covariance,
        limits=limit,
        verdict=verdict,
        mean=climbed.mean,
        sd=climbed.sd,
        trace=found.state.trace,
        trace_names=("seconds", "minus2ll given etas", *unknowns_of(prepared.problem).names),
        notes=tuple(notes),
        settings=recorded
        | {"expected_gain": climbed.gain, "searches": [-2 * level for level in found.levels]},
        started=prepared.problem,
    )
    return estimation, found


def _known(best: Settled, seed: int) -> tuple[Covariance, Objective, bool, list[str]]:
    """(covariance of the estimates, likelihood, whether that is sound, notes) at an optimum."""
    climbed, unknowns = best.climbed, unknowns_of(best.prepared.problem)
    left_out, notes = finish.at_bounds(best.prepared, unknowns, climbed.point)
    objective = likelihood_at(
        best.prepared, climbed.point, seed=seed, proposal=climbed.proposal, hard=climbed.hard
    )
    sound = objective.ess is None or bool((objective.ess >= FEW).all())
    information = climbed.information
    covariance = finish.covariance_of(unknowns, information.matrix, information.scores, left_out, BY_LOUIS)
    if not sound:
        covariance = Covariance(unknowns.names, None, BY_LOUIS, reason="the likelihood is not known")
    if covariance.reason:
        notes.append(f"standard errors are not available: {covariance.reason}")
    notes += few_draws(best.prepared.design.subjects, objective)
    notes += [f"the most likely `{name}` is 0: the parameter is fitted without it" for name in best.dropped]
    return covariance, objective, sound, notes
