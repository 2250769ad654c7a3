"""A problem with outcomes: drivers get their references, numbers their starts, and what no method can do is
refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import Data
from livingdrug.fit.new_problem import new_problem
from livingdrug.fit.outcome_data import read_asked, taken
from livingdrug.fit.outcomes import AUC, CMAX, LEVEL, TIMED, Outcome, with_start
from livingdrug.fit.point import centre, individual, point_of, prepare
from livingdrug.fit.problem import FitProblem
from livingdrug.models import Model

DIGITS = 2  # of a reference that nobody states


def joint_problem(
    model: Model, data: Data, outcomes: Sequence[str], time_units: Mapping[str, str] | None = None, **more
) -> FitProblem:
    """A problem with outcomes of other kinds in one likelihood with the kinetics.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        The samples, see `read_data`.
    outcomes : sequence of str
        As they are typed, such as `CRS=ordered:log(CMAX)` (see `fit.outcomes`), of a column of subjects or of
        rows.
    time_units : Mapping[str, str], optional
        Of columns that hold times to an event, where their headings do not say.
    more
        Goes to `new_problem`.

    Returns
    -------
    FitProblem
    """
    kinetics, found = taken(
        model, data, read_asked(outcomes), more.get("compartments") or {}, time_units or {}
    )
    return with_outcomes(new_problem(model, kinetics, **more), found)


def with_outcomes(problem: FitProblem, outcomes: tuple[Outcome, ...]) -> FitProblem:
    """The problem with outcomes. The reference of a driver, where none is stated, is its median over the
    subjects at the typical values, in two digits. Raises InputError for a driver that is 0 there, or names
    that are taken already."""
    if not outcomes:
        return problem
    if any(p.changes for p in problem.parameters):
        raise InputError(
            "outcomes are not fitted with parameters that differ between occasions; leave one of them out"
        )
    plain = tuple(replace(o, driver=replace(o.driver, log=False, reference=1.0)) for o in outcomes)
    raw = replace(problem, outcomes=tuple(with_start(o) for o in plain))
    prepared = prepare(raw)
    exposures = known(prepared.exposures, "the exposures that drive outcomes")
    table = individual(prepared, centre(prepared, point_of(raw)))
    found = exposures.values(prepared.predictor, table)[len(prepared.records[0]) :]
    made = []
    for outcome, own in zip(outcomes, exposures.layout[0], strict=True):
        x = found[own.x]
        if outcome.driver.what == LEVEL:
            x = x[np.isfinite(x) & (x > 0)]
        bad = (
            np.flatnonzero(~(np.asarray(x) > 0).reshape(len(x), -1).all(axis=1)) if outcome.driver.log else ()
        )
        if len(bad) or not len(x):
            names = prepared.design.subjects
            who = (
                ", ".join(names[own.who[i]] for i in bad[:5])
                if outcome.driver.what != LEVEL
                else ("all subjects")
            )
            raise InputError(
                f"outcome `{outcome.name}`: {outcome.driver.name} at the typical values is 0 or not known in "
                f"{who}, and has no logarithm; is a dose missing, or is the driver itself meant (without "
                "log)?"
            )
        reference = outcome.driver.reference or float(f"{np.median(x):.{DIGITS}g}")
        own_driver = replace(outcome.driver, reference=reference)
        notes = (*outcome.notes, _about(outcome, own_driver), *_ahead(outcome))
        made.append(with_start(replace(outcome, driver=own_driver, notes=notes)))
    _check_names(problem, made)
    return replace(problem, outcomes=tuple(made))


def check_evaluated(approximation: str) -> None:
    """Refuse an approximation that takes no outcomes. Raises InputError that says why, and what does."""
    if approximation in ("fo", "foce", "focei"):
        raise InputError(
            f"{approximation} approximates measured values with a normal error, and an outcome has none; "
            "take laplace or is"
        )


def _about(outcome: Outcome, driver) -> str:
    return f"outcome `{outcome.name}` ({outcome.kind}) is driven by x = {driver.words} of each subject"


def _ahead(outcome: Outcome) -> tuple[str, ...]:
    """A caution where an exposure reaches beyond the event that it is to drive."""
    driver = outcome.driver
    if outcome.kind not in TIMED or driver.what not in (CMAX, AUC):
        return ()
    early = int(((np.array(outcome.values) == 1) & (np.array(outcome.time) < driver.until)).sum())
    if not early:
        return ()
    return (
        f"outcome `{outcome.name}`: {driver.name} goes on to day {driver.until:g}, and {early} event(s) came "
        "earlier; what followed an event cannot have driven it: a shorter window, or the current level, "
        "holds none of it",
    )


def _check_names(problem: FitProblem, outcomes: list[Outcome]) -> None:
    taken = {p.name for p in problem.parameters}
    for name in (n.name for o in outcomes for n in o.numbers):
        if name in taken:
            raise InputError(f"two numbers of the fit are called `{name}`; give the outcome another name")
        taken.add(name)
