"""A problem with outcomes: drivers get their references, numbers their starts, and what no method can do is refused."""

from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.fit.design import design_of
from livingdrug.fit.exposures import exposures_of
from livingdrug.fit.outcomes import LEVEL, Outcome, with_start
from livingdrug.fit.point import centre, individual, point_of, prepare
from livingdrug.fit.problem import FitProblem

DIGITS = 2  # of a reference that nobody states


def with_outcomes(problem: FitProblem, outcomes: tuple[Outcome, ...]) -> FitProblem:
    """The problem with outcomes. The reference of a driver, where none is stated, is its median over the subjects at the
    typical values, in two digits. Raises InputError for a driver that is 0 there, or names that are taken."""
    if not outcomes:
        return problem
    if any(p.changes for p in problem.parameters):
        raise InputError("outcomes and parameters that differ between occasions are not fitted together; leave one of them out")
    plain = tuple(replace(o, driver=replace(o.driver, log=False, reference=1.0)) for o in outcomes)
    raw = replace(problem, outcomes=tuple(with_start(o) for o in plain))
    prepared = prepare(raw)
    exposures = exposures_of(raw, design_of(raw), 1)
    table = individual(prepared, centre(prepared, point_of(raw)))
    found = exposures.values(prepared.predictor, table)[len(prepared.records[0]) :]
    made = []
    for outcome, own in zip(outcomes, exposures.layout[0], strict=True):
        x = found[own.x]
        if outcome.driver.what == LEVEL:
            x = x[np.isfinite(x) & (x > 0)]
        bad = np.flatnonzero(~(np.asarray(x) > 0).reshape(len(x), -1).all(axis=1)) if outcome.driver.log else ()
        if len(bad) or not len(x):
            names = prepared.design.subjects
            who = ", ".join(names[own.who[i]] for i in bad[:5]) if outcome.driver.what != LEVEL else "all subjects"
            raise InputError(
                f"outcome `{outcome.name}`: {outcome.driver.name} at the typical values is 0, or not known, in {who}, and has no "
                "logarithm; is a dose missing, or is the driver itself meant (without log)?"
            )
        reference = outcome.driver.reference or float(f"{np.median(x):.{DIGITS}g}")
        own_driver = replace(outcome.driver, reference=reference)
        made.append(with_start(replace(outcome, driver=own_driver, notes=(*outcome.notes, _about(outcome, own_driver)))))
    _check_names(problem, made)
    return replace(problem, outcomes=tuple(made))


def check_method(method: str, evaluated: str | None = None) -> None:
    """Refuse what takes no outcomes. Raises InputError that says why, and what does."""
    if evaluated in ("fo", "foce", "focei") or method == "focei":
        word = evaluated or method
        raise InputError(
            f"{word} approximates measured values with a normal error, and an outcome has none; take "
            f"{'laplace or is' if evaluated else 'saem or laplace'}"
        )
    if method == "bayes":
        raise InputError("--method bayes does not take outcomes yet; take saem or laplace")


def _about(outcome: Outcome, driver) -> str:
    return f"outcome `{outcome.name}` ({outcome.kind}) is driven by x = {driver.words} of each subject"


def _check_names(problem: FitProblem, outcomes: list[Outcome]) -> None:
    taken = {p.name for p in problem.parameters}
    for name in (n.name for o in outcomes for n in o.numbers):
        if name in taken:
            raise InputError(f"two numbers of the fit are called `{name}`; give the outcome another name")
        taken.add(name)
