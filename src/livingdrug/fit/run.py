"""`fit`: a problem and a method in, a result out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import check_seed
from livingdrug.fit import finish, store
from livingdrug.fit.conditional import Conditional, curvature, search
from livingdrug.fit.importance import importance, propose
from livingdrug.fit.information import Information, louis
from livingdrug.fit.modes import find_modes
from livingdrug.fit.objective import at_modes, check_start, made
from livingdrug.fit.point import Point, Prepared, is_defined, point_of, prepare, problem_at
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.result import AT_BOUND, CONVERGED, NOT_CONVERGED, Covariance, FitResult
from livingdrug.fit.saem import Saem
from livingdrug.fit.saem import run as run_saem
from livingdrug.fit.unknowns import unknowns_of


@dataclass(frozen=True)
class Individual:
    """Only the subjects' own parameters, given the population's numbers: the modes of their density (MAP)."""


BY_LOUIS = "observed information (Louis), by importance sampling"
METHODS = {"saem": Saem(), "focei": Conditional("focei"), "laplace": Conditional("laplace"), "individual": Individual()}
POLISH = 12  # Newton steps at most on the importance-sampled likelihood
LENGTHS = (1.0, 0.4, 0.15, 0.05)
LEAST_CURVATURE = 1e-3  # of the scaled information
ENOUGH = 5e-3  # expected gain in log-likelihood below which no step is worth it
NEAR = 0.05  # the same, above which a run has not converged
FAR = 0.7  # that a step may move a number, on its scale
Progress = Callable[[int, int, float], None]
Method = Saem | Conditional | Individual


def fit(
    problem: FitProblem, method: str | Method = "saem", seed: int = 1, folder: str | Path | None = None,
    resume: bool = False, progress: Progress | None = None,
) -> FitResult:  # fmt: skip
    """Fit a problem from its own numbers.

    method: `saem`, `focei`, `laplace`, or `individual` (only the subjects' own parameters, given the population), or
    settings of one. folder: where SAEM saves its state now and then; resume: go on from there. progress(done, all,
    objective). Raises InputError for what cannot be fitted, before anything is computed.
    """
    check_seed(seed)
    settings = _settings(method)
    if resume and not isinstance(settings, Saem):
        raise InputError("only a run of SAEM is saved on its way, so only such a run can be resumed; leave --resume out")
    prepared = prepare(problem)
    check_start(prepared, point_of(problem))
    if isinstance(settings, Saem):
        return _fit_saem(prepared, settings, seed, folder, resume, progress)
    if isinstance(settings, Individual):
        return _fit_individuals(prepared, seed)
    return _fit_conditional(prepared, settings, seed, progress)


def _settings(method: str | Method) -> Method:
    if isinstance(method, str):
        if method not in METHODS:
            raise InputError(unknown("method", method, METHODS))
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
    sd = np.sqrt(np.einsum("nii->ni", np.linalg.inv(modes.gauss_newton(prepared.random))))
    covariance = Covariance((), None, "", reason="the population was not estimated")
    parts = at_modes(prepared, point, modes, "laplace")
    objective = made(prepared, "laplace", parts, etas=modes.etas, converged=modes.converged)
    missed = [name for name, ok in zip(prepared.design.subjects, modes.converged, strict=True) if not ok]
    shown = ", ".join(missed[:5]) + (", ..." if len(missed) > 5 else "")
    notes = [f"the mode of {len(missed)} subject(s) was not found to full precision: {shown}"] if missed else []
    return FitResult(
        problem, problem, "individual", NOT_CONVERGED if missed else CONVERGED, objective,
        finish.estimates_of(unknowns_of(fixed), point, covariance, modes.etas), covariance,
        finish.individuals_of(prepared, point, modes, modes.etas, sd), finish.predictions_of(prepared, point, modes),
        np.empty((0, 0)), (), (*prepared.design.notes, *notes), {"method": "individual", "seed": seed} | store.versions(),
    )  # fmt: skip


def _fit_conditional(prepared: Prepared, settings: Conditional, seed: int, progress) -> FitResult:
    problem, unknowns = prepared.problem, unknowns_of(prepared.problem)
    found = search(prepared, unknowns, settings, progress=progress)
    left_out, notes = finish.at_bounds(prepared, unknowns, found.point)
    information = curvature(prepared, unknowns, found, settings.method)
    how = f"second derivatives of the {settings.method} objective"
    covariance = finish.covariance_of(unknowns, information, left_out, how)
    status = _verdict(0.5 * found.left, left_out, covariance, notes)
    modes = found.slope.modes
    objective = made(prepared, settings.method, found.slope.parts, etas=modes.etas, converged=modes.converged)
    names = ("-2ll", *unknowns.names)
    return FitResult(
        problem_at(problem, found.point), problem, settings.method, status, objective,
        finish.estimates_of(unknowns, found.point, covariance, modes.etas), covariance,
        finish.individuals_of(prepared, found.point, modes), finish.predictions_of(prepared, found.point, modes), found.trace,
        names, (*prepared.design.notes, *notes),
        {**asdict(settings), "seed": seed, "expected_gain": 0.5 * found.left} | store.versions(),
    )  # fmt: skip


def _verdict(gain: float, left_out: np.ndarray, covariance: Covariance, notes: list[str]) -> str:
    """The status, and sentences about it; gain: rise of the log-likelihood still expected."""
    if covariance.reason:
        notes.append(f"standard errors are not available: {covariance.reason}")
    if gain > NEAR:
        notes.append(f"not converged: the log-likelihood may rise by {gain:.2g} more; run longer, or from elsewhere")
        return NOT_CONVERGED
    return AT_BOUND if len(left_out) or covariance.reason else CONVERGED


def _fit_saem(prepared: Prepared, settings: Saem, seed: int, folder, resume: bool, progress) -> FitResult:
    problem = prepared.problem
    if not problem.random:
        raise InputError("SAEM needs a parameter with a spread; fit parameters without spread by method focei")
    copies = settings.copies(prepared.design.n, is_closed(problem.model))
    chains = prepared.copied(copies)
    mark = store.fingerprint(problem, settings, seed)
    state = store.read_state(folder, mark) if resume else None
    save = (lambda state: store.write_state(folder, mark, state)) if folder else None
    state = run_saem(chains, settings, seed, state, progress, save)
    point, gain, proposal, information = _polish(prepared, state.point, seed, state.mean)
    unknowns = unknowns_of(problem)
    left_out, notes = finish.at_bounds(prepared, unknowns, point)
    covariance = finish.covariance_of(unknowns, information.matrix, left_out, BY_LOUIS)
    status = _verdict(gain, left_out, covariance, notes)
    objective = importance(prepared, point, seed=seed, proposal=proposal)
    sd = np.sqrt(np.einsum("nij,nij->ni", proposal.factor, proposal.factor))
    return FitResult(
        problem_at(problem, point), problem, "saem", status, objective,
        finish.estimates_of(unknowns, point, covariance, proposal.modes.etas), covariance,
        finish.individuals_of(prepared, point, proposal.modes, proposal.middle, sd),
        finish.predictions_of(prepared, point, proposal.modes), state.trace,
        ("seconds", "-2ll given etas", *unknowns.names), (*prepared.design.notes, *notes),
        {"method": "saem", **asdict(settings), "copies": copies, "seed": seed, "expected_gain": gain} | store.versions(),
    )  # fmt: skip


def _polish(prepared: Prepared, point: Point, seed: int, start: np.ndarray):
    """Newton steps up the importance-sampled likelihood from where SAEM stopped, on draws that stay the same.

    Gives the point, the rise of the log-likelihood still expected there, the proposal and the information.
    """
    unknowns = unknowns_of(prepared.problem)
    proposal = propose(prepared, point, seed, start)
    information = louis(prepared, unknowns, point, proposal, seed)
    for _ in range(POLISH):
        gain, step = _newton(information, finish.at_bounds(prepared, unknowns, point)[0])
        if not gain > ENOUGH:
            break
        higher = _higher(prepared, unknowns, point, seed, proposal, information.log_likelihood, step)
        if higher is None:
            break
        point, proposal, information = higher
    return point, _newton(information, finish.at_bounds(prepared, unknowns, point)[0])[0], proposal, information


def _higher(prepared: Prepared, unknowns, point: Point, seed: int, proposal, log_likelihood: float, step: np.ndarray):
    """(point, proposal, information) after the first of shorter and shorter steps that goes up, or None."""
    for length in LENGTHS:
        moved = unknowns.point(unknowns.vector(point) + length * step, point)
        if not is_defined(moved):
            continue
        other = propose(prepared, moved, seed, before=proposal)
        looked = louis(prepared, unknowns, moved, other, seed)
        if looked.log_likelihood > log_likelihood:
            return moved, other, looked
    return None


def _newton(information: Information, left_out: np.ndarray) -> tuple[float, np.ndarray]:
    """(expected gain, step) of a Newton step that leaves some numbers where they are; where the likelihood bends the wrong
    way, or hardly at all, its curvature counts as slightly more than nothing."""
    inside = np.setdiff1d(np.arange(len(information.score)), left_out)
    step = np.zeros(len(information.score))
    part, score = information.matrix[np.ix_(inside, inside)], information.score[inside]
    if not len(inside) or not np.isfinite(part).all():
        return (0.0 if not len(inside) else np.inf), step
    scale = np.sqrt(np.abs(np.diag(part))) + 1e-300
    values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
    found = vectors @ ((vectors.T @ (score / scale)) / np.maximum(values, LEAST_CURVATURE)) / scale
    step[inside] = found * min(1.0, FAR / max(float(np.max(np.abs(found))), 1e-300))
    return 0.5 * float(score @ found), step
