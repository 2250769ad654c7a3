"""What an estimator is: settings, and one verb that takes a prepared problem to an estimation.

A file in `estimators/` with an `ESTIMATOR` is a method of every surface, under the name of the file and with
the first line of its docstring as title: nothing else is edited. What follows an estimation (tables of
estimates, individuals, predictions) is made in one place for all, `fit.run`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Self

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.fit import estimators as folder
from livingdrug.fit.bayes import Posterior
from livingdrug.fit.modes import Modes
from livingdrug.fit.point import Point, Prepared, prepare
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import Covariance, Limit, Objective, Reduced
from livingdrug.fit.store import Saved
from livingdrug.fit.verdict import Verdict

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Estimation:
    """Where an estimator ended.

    Attributes
    ----------
    status : str
        How the search ended: a key of EXIT_CODE, such as `converged`.
    prepared : Prepared
        The problem at the end, without variabilities that went to 0.
    point : Point
        The numbers of the population there.
    modes : Modes
        The subjects there.
    objective : Objective
        -2 log likelihood at the end, see `Objective`.
    covariance : Covariance
        Of the estimates.
    limits : mapping of str to Limit, or None
        Ends of their intervals, by name.
    verdict : Verdict or None
        What is to be believed.
    mean, sd : ndarray or None, shape (n, random)
        Of the random effects given the data.
    trace : ndarray, shape (iterations, columns)
        A row for each iteration.
    trace_names : tuple of str
        Of its columns.
    notes : tuple of str
        For the user.
    settings : mapping
        As they are recorded.
    path : tuple of Reduced
        Problems with fewer numbers.
    started : FitProblem or None
        The problem that it began with, where that is not `prepared`'s.
    """

    status: str
    prepared: Prepared
    point: Point
    modes: Modes
    objective: Objective
    covariance: Covariance
    limits: Mapping[str, Limit] | None = None
    verdict: Verdict | None = None
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None
    trace: Any = ()
    trace_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[Reduced, ...] = ()
    started: FitProblem | None = None


class Estimator:
    """Settings of a method, and what it takes. A frozen dataclass that says what is not as it is here.

    Attributes
    ----------
    method : str
        Its name.
    place : int
        In a list of methods.
    population : bool
        Whether it estimates the population's numbers, not the subjects' alone.
    samples : bool
        Whether it gives draws of a posterior, not an optimum.
    priors : bool
        Whether a problem may have some.
    reduces : bool
        Whether it looks for a problem with fewer numbers.
    resumes : bool
        Whether a run of it is saved on its way.
    restarts : bool
        Whether sets of initial estimates are fits of their own.
    options : tuple of str
        Fields of a scenario that only it takes.
    """

    method: str
    place: int = 50
    population: bool = True
    samples: bool = False
    priors: bool = False
    reduces: bool = False
    resumes: bool = False
    restarts: bool = False
    options: tuple[str, ...] = ()

    @property
    def draws_held(self) -> int:
        """Draws of all numbers that it keeps in memory."""
        return 0

    def check(self, problem: FitProblem) -> None:
        """Refuse, before anything is computed, what this method would leave out without a word. Raises
        InputError."""
        if problem.outcomes:
            self.check_outcomes()
        if problem.priors and not self.priors:
            takers = methods_that(lambda e: e.priors and e.population)
            raise InputError(f"method {self.method} takes no priors; take {takers}")

    def check_outcomes(self) -> None:
        """Refuse outcomes where this method takes none. Raises InputError that says why, and what does."""

    def with_options(self, given: Mapping[str, Any]) -> Self:
        """With the fields of a scenario that only this method takes."""
        return replace(self, **{name: given[name] for name in self.options})  # type: ignore[type-var]

    def asked(self, starts: int | None, reduce: bool) -> Self:
        """With what a user asks of any fit. Raises InputError for what this method does not do."""
        if reduce:
            raise InputError(
                "a fit with fewer numbers is looked for from SAEM; take method saem, or leave --reduce out"
            )
        return self

    def prepared(self, problem: FitProblem) -> Prepared:
        """The problem, ready to be computed."""
        return prepare(problem)


    def estimate(
        self, prepared: Prepared, seed: int, progress: Progress | None, state: Saved
    ) -> Estimation | Posterior:
        """Where the method ends.

        Parameters
        ----------
        prepared : Prepared
        seed : int
        progress : callable, optional
            `progress(done, all, objective)`.
        state : Saved
            What it goes on from, and where it is saved on its way.

        Returns
        -------
        Estimation or Posterior
            A posterior by a method that `samples`.
        """
        raise NotImplementedError


@cache
def _found(path: tuple[str, ...]) -> dict[str, ModuleType]:
    return {entry.name: import_module(f"{folder.__name__}.{entry.name}") for entry in iter_modules(path)}


def all_estimators() -> dict[str, Estimator]:
    """Method -> estimator, in the order of their places."""
    found = {name: module.ESTIMATOR for name, module in _found(tuple(folder.__path__)).items()}
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def method_titles() -> dict[str, str]:
    """Method -> its title in a list, which begins with its label."""
    modules = _found(tuple(folder.__path__))
    return {name: (modules[name].__doc__ or name).splitlines()[0].rstrip(".") for name in all_estimators()}


def method_label(method: str) -> str:
    """The name of a method in a sentence.

    Parameters
    ----------
    method : str
        Its short name, such as `saem`.

    Returns
    -------
    str
    """
    return method_titles()[method].partition(":")[0]


def methods_that(holds: Callable[[Estimator], bool], last: str = " or ") -> str:
    """The methods for which something holds, in words.

    Parameters
    ----------
    holds : callable
        Says of an estimator whether it is among them.
    last : str, optional
        The word before the last one.

    Returns
    -------
    str
    """
    names = [name for name, estimator in all_estimators().items() if holds(estimator)]
    return last.join(filter(None, (", ".join(names[:-1]), names[-1])))


def estimator_of(method: str | Estimator) -> Estimator:
    """The estimator of a method.

    Parameters
    ----------
    method : str or Estimator
        Settings stay what they are.

    Returns
    -------
    Estimator

    Raises
    ------
    InputError
        For a name that is none.
    """
    if isinstance(method, Estimator):
        return method
    known = all_estimators()
    if method not in known:
        raise InputError(unknown("method", method, known))
    return known[method]
