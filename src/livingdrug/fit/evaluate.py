"""`evaluate`: the objective of a problem at its own numbers, by any of the approximations or by importance
sampling."""

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.fit.by_need import likelihood_at
from livingdrug.fit.objective import check_parts, check_start, objective
from livingdrug.fit.outcome_problem import check_evaluated
from livingdrug.fit.point import point_of, prepare
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import Objective

METHODS = ("fo", "foce", "focei", "laplace", "is")


def evaluate(problem: FitProblem, method: str = "focei", draws: int = 4096, seed: int = 1) -> Objective:
    """The objective of a problem at its own numbers; nothing is fitted.

    Parameters
    ----------
    problem : FitProblem
        Data, model, random effects and residual errors, see `new_problem`.
    method : str
        fo, foce, focei, laplace, or is (importance sampling).
    draws : int
        Of each subject, for `is`.
    seed : int
        Of these draws.

    Returns
    -------
    Objective
        -2 log likelihood in three conventions, and by subject.

    Raises
    ------
    InputError
        For a likelihood that is not finite, naming subject and record, and for FO with censored values.
    """
    if method not in METHODS:
        raise InputError(unknown("method", method, METHODS))
    if problem.outcomes:
        check_evaluated(method)
    prepared = prepare(problem)
    check_start(prepared, point_of(problem))
    if method == "is":
        return likelihood_at(prepared, point_of(problem), draws, seed)
    found = objective(prepared, point_of(problem), method)
    check_parts(prepared, found.by_subject)
    return found
