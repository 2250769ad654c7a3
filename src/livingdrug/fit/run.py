"""`fit`: a problem and a method in, a result out."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Keeper, NotKept, Stage
from livingdrug.core.random import check_seed
from livingdrug.core.versions import versions
from livingdrug.fit import finish, store
from livingdrug.fit.bayes import Posterior
from livingdrug.fit.by_need import likelihood_at
from livingdrug.fit.estimator import Estimation, Estimator, Progress, estimator_of
from livingdrug.fit.importance import propose
from livingdrug.fit.kept import once, part_of, stage_of
from livingdrug.fit.objective import check_measured, check_start
from livingdrug.fit.point import point_of, prepare, problem_at
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import BETTER_ELSEWHERE, FitResult
from livingdrug.fit.search import nearby
from livingdrug.fit.unknowns import unknowns_of

FAR_OFF = 5.0  # factor that other starts of FOCEI and Laplace are off by at most
DIFFERENCE_DRAWS = 1024  # of each subject, for what smooth kinks change
SAME = 1.0  # -2 log likelihoods that differ by less are the same optimum


def fit(
    problem: FitProblem, method: str | Estimator = "saem", seed: int = 1, folder: str | Path | None = None,
    resume: bool = False, progress: Progress | None = None, starts: int | None = None, reduce: bool = False,
    kept: Keeper | None = None,
) -> FitResult:  # fmt: skip
    """Fit a problem from its own numbers, and from others.

    Parameters
    ----------
    problem : FitProblem
        As `new_problem` makes it.
    method : str or settings
        `saem`, `focei`, `laplace`, or `individual` (only the subjects' own parameters, given the
        population); or settings of one (`Saem`, `Conditional`, `Individual`).
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    folder : str or Path, optional
        Where SAEM saves its state now and then.
    resume : bool
        Go on from there.
    progress : callable, optional
        `progress(done, all, objective)`.
    starts : int, optional
        Sets of initial estimates, the best fit of which is reported; None: as many as the method takes by
        itself (SAEM searches two to four times with fewer than 40 subjects, until two searches agree).
    reduce : bool
        Of few subjects whose data do not determine every number, give the problem of the lowest BIC with
        fewer numbers.
    kept : Kept, optional
        Where finished parts of the run are kept on the way.

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        For what cannot be fitted, before anything is computed.
    """
    found = estimated(problem, method, seed, folder, resume, progress, starts, reduce, kept)
    if isinstance(found, Posterior):
        raise InputError("draws of a posterior are no single fit; take `sample_posterior` or `estimated`")
    return found


def estimated(
    problem: FitProblem, method: str | Estimator = "saem", seed: int = 1, folder: str | Path | None = None,
    resume: bool = False, progress: Progress | None = None, starts: int | None = None, reduce: bool = False,
    kept: Keeper | None = None,
) -> FitResult | Posterior:  # fmt: skip
    """What any method makes of a problem: a fit, or the posterior of a method that samples one.

    Parameters
    ----------
    problem : FitProblem
        As `new_problem` makes it.
    method : str or settings
        As of `fit`, or `bayes`.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    folder : str or Path, optional
        Where SAEM saves its state now and then.
    resume : bool
        Go on from there.
    progress : callable, optional
        `progress(done, all, objective)`.
    starts : int, optional
        Sets of initial estimates, the best fit of which is reported.
    reduce : bool
        Of few subjects whose data do not determine every number, give the problem of the lowest BIC with
        fewer numbers.
    kept : Kept, optional
        Where finished parts of the run are kept on the way.

    Returns
    -------
    FitResult or Posterior

    Raises
    ------
    InputError
        For what cannot be fitted, before anything is computed.
    """
    check_seed(seed)
    settings = estimator_of(method).asked(starts, reduce)
    settings.check(problem)
    if resume and not settings.resumes:
        raise InputError(
            "only a search by SAEM has a state to go on from; leave resume out (the command line keeps what "
            "else is finished)"
        )
    if starts is not None and starts < 1:
        raise InputError(f"{starts} starts were asked for; give 1 or more")
    saved = store.Saved(kept=kept)
    if settings.resumes:
        saved = store.Saved(folder, store.fingerprint(problem, settings, seed), resume, kept)
    if not settings.restarts or starts in (None, 1):
        return _once(problem, settings, seed, saved, progress)
    own = [store.Saved(kept=part_of(kept, f"start-{k}")) for k in range(starts)]
    first = _once(problem, settings, seed, own[0], progress)
    if isinstance(first, Posterior):
        return first
    others = (_tried(nearby(problem, seed, k, FAR_OFF), settings, seed, own[k]) for k in range(1, starts))
    return _best([first, *others])


def _tried(problem: FitProblem, settings: Estimator, seed: int, saved: store.Saved) -> FitResult | str:
    """A fit, or why there is none: a start far off may have no likelihood."""
    try:
        found = _once(problem, settings, seed, saved, None)
        return found if isinstance(found, FitResult) else "it gives draws, no optimum"
    except NotKept:  # the run ends here, and goes on from what is kept
        raise
    except InputError as error:
        return str(error)


def _best(results: list[FitResult | str]) -> FitResult:
    """The fit with the highest likelihood, with what became of the others."""
    fits = [r for r in results if isinstance(r, FitResult)]
    best = min(fits, key=lambda r: r.objective.minus2ll)
    level, notes = best.objective.minus2ll, []
    reached = sum(r.objective.minus2ll <= level + SAME for r in fits)
    notes.append(
        f"{reached} of {len(results)} starts reached the best -2 log likelihood, {level:.2f}, within {SAME:g}"
    )
    for k, found in enumerate(results):
        if isinstance(found, str):
            notes.append(f"start {k}: refused: {found}")
        elif found.objective.minus2ll > level + SAME:
            notes.append(f"start {k} ended {found.objective.minus2ll - level:.1f} higher ({found.status})")
    better = isinstance(results[0], FitResult) and results[0].objective.minus2ll > level + SAME
    status = BETTER_ELSEWHERE if better else best.status
    settings = best.settings | {"starts": len(results), "starts_at_best": reached}
    return replace(best, status=status, notes=(*best.notes, *notes), settings=settings)


def _once(
    problem: FitProblem, settings: Estimator, seed: int, saved: store.Saved, progress: Progress | None
) -> FitResult | Posterior:
    prepared = settings.prepared(problem)
    check_start(prepared, point_of(problem))
    if settings.population:
        check_measured(prepared)

    def made() -> FitResult | Posterior:
        found = settings.estimate(prepared, seed, progress, saved)
        if isinstance(found, Posterior):
            return found
        result = _result(found, settings, seed)
        return _with_exact_kinks(result, seed) if result.problem.smooth else result

    def stage() -> Stage:
        return stage_of("fit", "fits", FitResult, [problem, prepared.problem], method=settings, seed=seed)

    # of a posterior, whose draws are many, the chains are kept as they are
    return made() if settings.samples else once(saved.kept, stage, made)


def _result(found: Estimation, settings: Estimator, seed: int) -> FitResult:
    """The end that all methods have in common: tables of estimates, individuals and predictions."""
    own, point, modes = found.prepared.problem, found.point, found.modes
    unknowns = unknowns_of(own if settings.population else _all_fixed(own))
    apart = finish.outlying(found.prepared, point, modes) if settings.population else ()
    return FitResult(
        problem=problem_at(own, point) if settings.population else own,
        started=found.started or own,
        method=settings.method,
        status=found.status,
        objective=found.objective,
        estimates=finish.estimates_of(
            unknowns, point, found.covariance, modes.etas, dict(found.limits or {})
        ),
        covariance=found.covariance,
        individuals=finish.individuals_of(found.prepared, point, modes, found.mean, found.sd),
        predictions=finish.predictions_of(found.prepared, point, modes),
        trace=np.asarray(found.trace) if len(found.trace) else np.empty((0, len(found.trace_names))),
        trace_names=found.trace_names,
        notes=(
            *found.prepared.design.notes,
            *found.notes,
            *finish.rough_errors(unknowns, found.covariance),
            *finish.means_of_unknown_width(own, found.limits or {}),
            *apart,
        ),
        settings={"method": settings.method} | dict(found.settings) | {"seed": seed} | versions(),
        verdict=found.verdict,
        path=found.path,
    )


def _all_fixed(problem: FitProblem) -> FitProblem:
    """The problem of a population whose numbers stay."""
    return replace(
        problem,
        parameters=tuple(replace(p, fixed=True, sd_fixed=True) for p in problem.parameters),
        correlations=(),
        effects=tuple(replace(e, fixed=True) for e in problem.effects),
        residuals=tuple(replace(r, fixed=True) for r in problem.residuals),
    )


def _with_exact_kinks(result: FitResult, seed: int) -> FitResult:
    """The result with a sentence on what its smooth kinks change: both likelihoods by importance sampling."""
    point = point_of(result.problem)
    forms = [prepare(replace(result.problem, smooth=width)) for width in (result.problem.smooth, 0.0)]
    proposal = propose(forms[0], point, seed, result.individuals.etas)
    sampled = [likelihood_at(form, point, DIFFERENCE_DRAWS, seed, proposal=proposal) for form in forms]
    smooth, exact = (found.minus2ll for found in sampled)
    error = float(np.hypot(sampled[0].se or 0.0, sampled[1].se or 0.0))
    width = f"{result.problem.smooth:g} {result.problem.model.time_unit}"
    note = (
        f"breakpoints are smooth over {width}: -2 log likelihood {smooth:.2f} by importance sampling, "
        f"{exact:.2f} with exact ones at the same numbers (difference {exact - smooth:+.2f}, Monte-Carlo SE "
        f"{error:.2g})"
    )
    return replace(result, notes=(*result.notes, note))
