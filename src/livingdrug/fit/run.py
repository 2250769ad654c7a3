"""`fit`: a problem and a method in, a result out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import check_seed
from livingdrug.core.versions import versions
from livingdrug.fit import finish, store
from livingdrug.fit.climb import expected_gain
from livingdrug.fit.conditional import Conditional, curvature
from livingdrug.fit.importance import FEW, few_draws, importance, propose
from livingdrug.fit.limits import beyond_errors, error_limits, limits
from livingdrug.fit.modes import find_modes
from livingdrug.fit.objective import at_modes, check_measured, check_parts, check_start, made
from livingdrug.fit.outcome_problem import check_method
from livingdrug.fit.point import Prepared, centre, point_of, predictions, prepare, problem_at
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.reduce import carries_little, path_from
from livingdrug.fit.result import (
    BETTER_ELSEWHERE,
    CONVERGED,
    NOT_CONVERGED,
    NOT_DETERMINED,
    Covariance,
    FitResult,
    Limit,
    Objective,
)
from livingdrug.fit.saem import Saem
from livingdrug.fit.search import Searched, confirmed, enter, nearby, searched, with_optimum
from livingdrug.fit.settle import Settled
from livingdrug.fit.smooth import usual_width
from livingdrug.fit.starts import from_starts
from livingdrug.fit.unknowns import SPREAD, unknowns_of
from livingdrug.fit.verdict import (
    NEAR,
    NOTHING_KNOWN,
    Verdict,
    data_words,
    error_words,
    likelihood_words,
    search_words,
)
from livingdrug.fit.walk import Higher


@dataclass(frozen=True)
class Individual:
    """Only the subjects' own parameters, given the population's numbers: the modes of their density (MAP)."""


BY_LOUIS = "observed information (Louis), by importance sampling"
METHODS = {"saem": Saem(), "focei": Conditional("focei"), "laplace": Conditional("laplace"), "individual": Individual()}
FAR_OFF = 5.0  # factor that other starts of FOCEI and Laplace are off by at most
RESTARTS = 2  # of a search whose profiles pass a higher optimum
DIFFERENCE_DRAWS = 1024  # of each subject, for what smooth kinks change
SAME = 1.0  # -2 log likelihoods that differ by less are the same optimum
Progress = Callable[[int, int, float], None]
Method = Saem | Conditional | Individual


def fit(
    problem: FitProblem, method: str | Method = "saem", seed: int = 1, folder: str | Path | None = None,
    resume: bool = False, progress: Progress | None = None, starts: int | None = None, reduce: bool = False,
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

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        For what cannot be fitted, before anything is computed.
    """
    check_seed(seed)
    settings = _settings(method)
    _check_saem_only(problem, settings, reduce)
    if resume and not isinstance(settings, Saem):
        raise InputError("only a run of SAEM is saved on its way, so only such a run can be resumed; leave --resume out")
    if starts is not None and starts < 1:
        raise InputError(f"{starts} starts were asked for; give 1 or more")
    first = _once(problem, settings, seed, folder, resume, progress, starts, reduce)
    if starts is None or starts == 1 or isinstance(settings, Individual | Saem):
        return first
    return _best([first, *(_tried(nearby(problem, seed, k, FAR_OFF), settings, seed) for k in range(1, starts))])


def _tried(problem: FitProblem, settings: Method, seed: int) -> FitResult | str:
    """A fit, or why there is none: a start far off may have no likelihood."""
    try:
        return _once(problem, settings, seed, None, False, None, 1)
    except InputError as error:
        return str(error)


def _best(results: list[FitResult | str]) -> FitResult:
    """The fit with the highest likelihood, with what became of the others."""
    fits = [r for r in results if isinstance(r, FitResult)]
    best = min(fits, key=lambda r: r.objective.minus2ll)
    level, notes = best.objective.minus2ll, []
    reached = sum(r.objective.minus2ll <= level + SAME for r in fits)
    notes.append(f"{reached} of {len(results)} starts reached the best -2 log likelihood, {level:.2f}, within {SAME:g}")
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
    problem: FitProblem, settings: Method, seed: int, folder, resume: bool, progress, starts, reduce: bool = False
) -> FitResult:
    prepared = prepare(with_slopes(problem, settings.method) if isinstance(settings, Conditional) else problem)
    check_start(prepared, point_of(problem))
    if not isinstance(settings, Individual):
        check_measured(prepared)
    if isinstance(settings, Saem):
        result = _fit_saem(prepared, settings, seed, folder, resume, progress, starts, reduce)
    elif isinstance(settings, Individual):
        result = _fit_individuals(prepared, seed)
    else:
        result = _fit_conditional(prepared, settings, seed, progress)
    return _with_exact_kinks(result, seed) if result.problem.smooth else result


def with_slopes(problem: FitProblem, method: str) -> FitProblem:
    """The problem with kinks of the usual width where none is stated; with the exact ones where a piece is not positive."""
    if problem.smooth is not None or not is_closed(problem.model):
        return problem
    known = problem.model.typical | {p.name: p.value for p in problem.parameters}
    smooth = replace(problem, smooth=usual_width(problem.model.system, known, method))
    prepared = prepare(smooth)
    return smooth if np.isfinite(predictions(prepared, centre(prepared, point_of(smooth)))).all() else problem


def _with_exact_kinks(result: FitResult, seed: int) -> FitResult:
    """The result with a sentence on what its smooth kinks change: both likelihoods by importance sampling."""
    point = point_of(result.problem)
    forms = [prepare(replace(result.problem, smooth=width)) for width in (result.problem.smooth, 0.0)]
    proposal = propose(forms[0], point, seed, result.individuals.etas)
    sampled = [importance(form, point, DIFFERENCE_DRAWS, seed, proposal=proposal) for form in forms]
    smooth, exact = (found.minus2ll for found in sampled)
    error = float(np.hypot(sampled[0].se, sampled[1].se))
    width = f"{result.problem.smooth:g} {result.problem.model.time_unit}"
    note = (
        f"breakpoints are smooth over {width}: -2 log likelihood {smooth:.2f} by importance sampling, {exact:.2f} with "
        f"exact ones at the same numbers (difference {exact - smooth:+.2f}, Monte-Carlo SE {error:.2g})"
    )
    return replace(result, notes=(*result.notes, note))


def _settings(method: str | Method) -> Method:
    if isinstance(method, str):
        if method == "bayes":
            raise InputError("a posterior is sampled by `livingdrug.fit.bayes.sample_posterior`, not by `fit`")
        if method not in METHODS:
            raise InputError(unknown("method", method, [*METHODS, "bayes"]))
        return METHODS[method]
    return method


def _fit_individuals(prepared: Prepared, seed: int) -> FitResult:
    """Modes of all subjects at the population's numbers, which stay."""
    problem, point = prepared.problem, point_of(prepared.problem)
    fixed = replace(
        problem, parameters=tuple(replace(p, fixed=True, sd_fixed=True) for p in problem.parameters), correlations=(),
        effects=tuple(replace(e, fixed=True) for e in problem.effects),
        residuals=tuple(replace(r, fixed=True) for r in problem.residuals),
    )  # fmt: skip
    modes = find_modes(prepared, point)
    check_parts(prepared, at_modes(prepared, point, modes, "focei"))  # whose curvature gives the standard deviations
    parts = at_modes(prepared, point, modes, "laplace")
    sd = np.sqrt(np.einsum("nii->ni", np.linalg.inv(modes.gauss_newton(prepared.random))))
    covariance = Covariance((), None, "", reason="the population was not estimated")
    objective = made(prepared, "laplace", parts, etas=modes.etas, converged=modes.converged)
    missed = [name for name, ok in zip(prepared.design.subjects, modes.converged, strict=True) if not ok]
    shown = ", ".join(missed[:5]) + (", ..." if len(missed) > 5 else "")
    notes = [f"the individual estimate (EBE) of {len(missed)} subject(s) did not converge: {shown}"] if missed else []
    return FitResult(
        problem, problem, "individual", NOT_CONVERGED if missed else CONVERGED, objective,
        finish.estimates_of(unknowns_of(fixed), point, covariance, modes.etas), covariance,
        finish.individuals_of(prepared, point, modes, modes.etas, sd), finish.predictions_of(prepared, point, modes),
        np.empty((0, 0)), (), (*prepared.design.notes, *notes), {"method": "individual", "seed": seed} | versions(),
    )  # fmt: skip


def _fit_conditional(prepared: Prepared, settings: Conditional, seed: int, progress) -> FitResult:
    problem, unknowns = prepared.problem, unknowns_of(prepared.problem)
    found, about_starts, record, confirmed = from_starts(prepared, unknowns, settings, progress)
    left_out, notes = finish.at_bounds(prepared, unknowns, found.point)
    # that there is no variability is said only where a larger one was tried
    notes = [note for k, note in zip(left_out, notes, strict=True) if confirmed or unknowns.kinds[k] != SPREAD]
    notes += about_starts
    information = curvature(prepared, unknowns, found, settings.method)
    how = f"second derivatives of the {settings.method} objective"
    covariance = finish.covariance_of(unknowns, information, -0.5 * found.slope.gradient, left_out, how)
    limit = error_limits(unknowns, found.point, covariance.matrix, prepared.design.n)
    gain = expected_gain(-0.5 * found.slope.gradient.sum(axis=0), information, left_out)
    rough = beyond_errors(unknowns, found.point, covariance.matrix, prepared.design.n)
    status, verdict = _conditional_verdict(gain, limit, covariance, rough)
    status = status if confirmed else NOT_CONVERGED
    if covariance.reason:
        notes.append(f"standard errors are not available: {covariance.reason}")
    modes = found.slope.modes
    objective = made(prepared, settings.method, found.slope.parts, etas=modes.etas, converged=modes.converged)
    names = ("minus2ll", *unknowns.names)
    return FitResult(
        problem_at(problem, found.point), problem, settings.method, status, objective,
        finish.estimates_of(unknowns, found.point, covariance, modes.etas, limit), covariance,
        finish.individuals_of(prepared, found.point, modes), finish.predictions_of(prepared, found.point, modes), found.trace,
        names, (*prepared.design.notes, *notes),
        {**asdict(settings), "searches": record, "seed": seed, "expected_gain": gain} | versions(), verdict,
    )  # fmt: skip


def _fit_saem(
    prepared: Prepared, settings: Saem, seed: int, folder, resume: bool, progress, searches, reduce: bool
) -> FitResult:
    problem = prepared.problem
    if not problem.random:
        raise InputError("SAEM needs a parameter with a random effect; fit parameters without one by method focei")
    mark = store.fingerprint(problem, settings, seed)
    state = store.read_state(folder, mark) if resume else None
    save = (lambda state: store.write_state(folder, mark, state)) if folder else None
    found = searched(prepared, settings, seed, searches, state, progress, save)
    result, found = at_optimum(prepared, settings, seed, found, progress)
    if result.status != NOT_DETERMINED or not carries_little(prepared.design.n, result.verdict.undetermined, problem):
        return result
    path = path_from(prepared, found.optima[0], result.verdict.undetermined, seed, found.lighter)
    if not reduce or path.lowest == path.steps[0]:
        return replace(result, path=path.steps)
    reduced, _ = at_optimum(path.best.prepared, settings, seed, path.as_searched(found), progress)
    verdict = replace(reduced.verdict, data=f"{reduced.verdict.data} {path.aside}")
    notes = (*reduced.notes, path.words)
    return replace(reduced, path=path.steps, notes=notes, verdict=verdict, trace_names=result.trace_names)


def _check_saem_only(problem: FitProblem, settings: Method, reduce: bool) -> None:
    """Refuse what another method would leave out without a word."""
    if problem.outcomes and not isinstance(settings, Individual):
        check_method("saem" if isinstance(settings, Saem) else settings.method)
    if problem.priors and not isinstance(settings, Individual | Saem):
        raise InputError(f"method {settings.method} takes no priors; take saem, or sample the posterior (bayes)")
    if reduce and not isinstance(settings, Saem):
        raise InputError("a fit with fewer numbers is looked for from SAEM; take method saem, or leave --reduce out")


def at_optimum(
    prepared: Prepared, settings: Saem, seed: int, found: Searched, progress=None
) -> tuple[FitResult, Searched]:
    """The result of a search: its best optimum with errors, limits, likelihood and verdict; and the search, with any better
    optimum that a profile passed."""
    covariance, objective, sound, notes = _known(found.optima[0], seed)
    limit = {}

    def enters(name: str) -> None:
        enter(progress, f"interval of {name}")

    for _ in range(RESTARTS if sound else 0):
        lighter = dict(found.lighter)
        limit = limits(found.optima, prepared, covariance.matrix, seed, enters, lighter)
        found = found._replace(lighter=lighter)
        if not isinstance(limit, Higher):
            break
        found = with_optimum(found, prepared, limit.prepared, limit.climbed, seed)
        found = confirmed(found, prepared, settings, seed, progress)
        covariance, objective, sound, notes = _known(found.optima[0], seed)
    ended = found.agreed and not isinstance(limit, Higher)
    limit = {} if isinstance(limit, Higher) or not sound else limit
    best = found.optima[0]
    climbed, unknowns = best.climbed, unknowns_of(best.prepared.problem)
    ended &= climbed.gain <= NEAR
    undetermined = tuple(name for name, of in limit.items() if not of.determined)
    verdict = Verdict(
        ended, sound, undetermined,
        search_words(climbed.gain, ended, found.levels, max(s.level for s in found.optima), len(found.optima)),
        likelihood_words(sound, None if objective.ess is None else float(objective.ess.min()), objective.se),
        data_words(undetermined, len(limit)) if limit and ended else NOTHING_KNOWN,
    )  # fmt: skip
    if not ended or not sound:
        status = NOT_CONVERGED
    else:
        status = NOT_DETERMINED if undetermined or covariance.reason else CONVERGED
    modes = climbed.proposal.modes
    sd = np.sqrt(np.einsum("nij,nij->ni", climbed.proposal.factor, climbed.proposal.factor))
    point = climbed.point
    settings_used = asdict(settings) | {"copies": settings.copies(prepared.design.n, is_closed(prepared.problem.model))}
    result = FitResult(
        problem_at(best.prepared.problem, point), prepared.problem, "saem", status, objective,
        finish.estimates_of(unknowns, point, covariance, modes.etas, limit), covariance,
        finish.individuals_of(best.prepared, point, modes, climbed.proposal.middle, sd),
        finish.predictions_of(best.prepared, point, modes), found.state.trace,
        ("seconds", "minus2ll given etas", *unknowns_of(prepared.problem).names), (*prepared.design.notes, *notes),
        {"method": "saem", **settings_used, "seed": seed, "expected_gain": climbed.gain,
         "searches": [-2 * level for level in found.levels]} | versions(), verdict,
    )  # fmt: skip
    return result, found


def _known(best: Settled, seed: int) -> tuple[Covariance, Objective, bool, list[str]]:
    """(covariance of the estimates, likelihood, whether that is sound, notes) at an optimum."""
    climbed, unknowns = best.climbed, unknowns_of(best.prepared.problem)
    left_out, notes = finish.at_bounds(best.prepared, unknowns, climbed.point)
    objective = importance(best.prepared, climbed.point, seed=seed, proposal=climbed.proposal)
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


def _conditional_verdict(
    gain: float, limit: dict[str, Limit], covariance: Covariance, rough: tuple[str, ...]
) -> tuple[str, Verdict]:
    """(status, verdict) of FOCEI or Laplace; gain: rise of the log-likelihood still expected; rough: names of the numbers
    whose standard error is too large for an interval."""
    ended = gain <= NEAR
    undetermined = tuple(name for name, of in limit.items() if not of.determined)
    rough = tuple(name for name in rough if name not in undetermined)
    verdict = Verdict(
        ended, True, undetermined, search_words(gain, ended, (0.0,), 0.0, 1), likelihood_words(True, None, None),
        data_words(undetermined, len(limit)) + error_words(rough) if ended else NOTHING_KNOWN,
    )  # fmt: skip
    if not ended:
        return NOT_CONVERGED, verdict
    return NOT_DETERMINED if undetermined or covariance.reason else CONVERGED, verdict
