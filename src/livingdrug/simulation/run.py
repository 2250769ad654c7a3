"""`simulate`: a model, subjects, a regimen and times in; a Result out."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.units import in_a_day
from livingdrug.engine import array_function
from livingdrug.engine.codegen import cache
from livingdrug.models import Model
from livingdrug.simulation.believable import caution_words
from livingdrug.simulation.experiment import default_regimen
from livingdrug.simulation.population import Subjects, check_given, typical_subject
from livingdrug.simulation.regimen import Regimen, check_regimen
from livingdrug.simulation.result import Result
from livingdrug.simulation.solve import individual_values, infused_in, solve

MAX_DAYS = 36_525  # a hundred years
MAX_VALUES = 50_000_000


def default_until(model: Model) -> float:
    """Horizon of the model's first experiment, 60 where there is none.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    float
        In the model's time unit.
    """
    return model.experiments[0].until if model.experiments else 60.0


def check_horizon(model: Model, until: float) -> float:
    """The horizon itself, where it can be.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    until : float
        In the model's time unit.

    Returns
    -------
    float

    Raises
    ------
    InputError
        When it is not finite, not positive or beyond a hundred years.
    """
    unit, most = model.time_unit, MAX_DAYS * in_a_day(model.time_unit)
    if not (math.isfinite(until) and 0 < until <= most):
        raise InputError(f"the horizon is {until:g} {unit}; it must be above 0 and at most {most:g} {unit}")
    return float(until)


def simulate(
    model: Model,
    subjects: Subjects | None = None,
    regimen: Regimen | Sequence | None = None,
    times: Sequence[float] | np.ndarray | None = None,
    until: float | None = None,
    outputs: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    rtol: float | None = None,
    threads: int | None = None,
) -> Result:
    """Run every subject through the model.

    Parameters
    ----------
    model : Model
        With its fragments and values.
    subjects : Subjects, optional
        The typical one by default; `draw_subjects` makes others.
    regimen : Regimen or sequence, optional
        For all subjects: a Regimen, or its doses, resets, amounts at time 0 or (time, amount) pairs; or
        one Regimen for each subject. The model's first experiment by default.
    times : sequence of float, optional
        When outputs are wanted, in the model's time unit, shape (t,); 0, 1, 2 ... `until` by default. A
        value at the time of a later dose is the one just before it, at time 0 the one after.
    until : float, optional
        Horizon, in the model's time unit: the last time, or that of the model's first experiment, by
        default.
    outputs : sequence of str, optional
        Names of outputs or states; all outputs by default.
    progress : callable, optional
        `progress(done, all)` is called as subjects are done.
    rtol : float, optional
        Relative tolerance of the solver.
    threads : int, optional
        All processors by default; it changes nothing but the time.

    Returns
    -------
    Result
        Curves, peaks, areas; a subject that cannot be computed, or that no patient can be, has a status and
        a reason.

    Raises
    ------
    InputError
        For bad times, horizons, names or a regimen that the model does not take.
    """
    check_given(model, subjects)
    subjects = subjects or typical_subject(model)
    regimens = _regimens(model, subjects.n, regimen)
    until, visits = _times(model, until, times)
    messages, counts = _messages(model), caution_counts(model, subjects)
    said = caution_words(model.full_name, messages, counts, subjects.n)
    notices = [*_check_regimens(model, regimens), *model.doubts, cache.notice(), *said]
    wanted, units = check_outputs(model, outputs)
    check_size(subjects.n, len(visits), len(wanted))
    solved = solve(
        model, subjects, regimens, visits, until, wanted, progress=progress, rtol=rtol, threads=threads
    )
    return Result(
        model.full_name,
        model.time_unit,
        visits,
        until,
        wanted,
        units,
        solved.values,
        solved.peak,
        solved.peak_time,
        solved.area,
        solved.status,
        solved.reason,
        subjects.described,
        tuple(n for n in notices if n),
        solved.rise,
        solved.rise_time,
        infused_in(model, regimens, wanted)[0],
        messages,
        counts,
    )


def _regimens(model: Model, n: int, given: Regimen | Sequence | None) -> list[Regimen]:
    """One Regimen for all subjects, or as many as there are subjects."""
    if given is None:
        return [default_regimen(model)]
    if isinstance(given, Regimen):
        return [given]
    given = list(given)
    count = sum(isinstance(item, Regimen) for item in given)
    if not count:
        return [Regimen.of(given)]
    if count < len(given):
        raise InputError(
            f"{count} of {len(given)} regimens are a Regimen; give one Regimen for each subject, or doses "
            "for all of them"
        )
    if count != n:
        raise InputError(
            f"{count} regimens were given for {n} subjects; give one for each, or one Regimen for all"
        )
    return given


def _check_regimens(model: Model, regimens: list[Regimen]) -> list[str]:
    """Notices, each once; InputError names the subject where each has its own regimen."""
    notices: dict[Regimen, str] = {}
    for i, regimen in enumerate(regimens):
        if regimen in notices:
            continue
        try:
            notices[regimen] = check_regimen(model, regimen)
        except InputError as error:
            raise InputError(f"subject {i + 1}: {error}" if len(regimens) > 1 else str(error)) from None
    return list(dict.fromkeys(notices.values()))


def check_size(subjects: int, times: int, outputs: int) -> None:
    """Refuse more values than are kept at once.

    Parameters
    ----------
    subjects, times, outputs : int
        How many of each.

    Raises
    ------
    InputError
        For more than MAX_VALUES together.
    """
    if subjects * times * outputs > MAX_VALUES:
        raise InputError(
            f"{subjects} subjects x {times} times x {outputs} outputs are more than {MAX_VALUES:,} values; "
            "ask for fewer subjects, times or outputs, or for exposures (command line: --exposure), which "
            "keep no curves"
        )


def _times(
    model: Model, until: float | None, times: Sequence[float] | np.ndarray | None
) -> tuple[float, np.ndarray]:
    """The horizon and the times of the table; the horizon is the last time where only times are given."""
    if times is None:
        until = check_horizon(model, default_until(model) if until is None else until)
        return until, np.unique(np.append(np.arange(0.0, until, 1.0), until))
    visits = np.asarray(times, dtype=float)
    if visits.ndim != 1 or not len(visits) or not np.isfinite(visits).all() or (np.diff(visits) <= 0).any():
        raise InputError("times must be finite numbers, each later than the one before")
    # a run to the infusion alone still needs a horizon above 0
    until = check_horizon(model, (visits[-1] or default_until(model)) if until is None else until)
    if visits[0] < 0 or visits[-1] > until:
        raise InputError(
            f"times run from {visits[0]:g} to {visits[-1]:g}; they must lie between 0 and the horizon "
            f"{until:g}"
        )
    return until, visits


def check_outputs(model: Model, wanted: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units of the wanted outputs or states.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    wanted : sequence of str or None
        Names; all outputs by default.

    Returns
    -------
    tuple[tuple of str, tuple of str]

    Raises
    ------
    InputError
        For an unknown name.
    """
    units = {o.name: o.unit for o in model.system.outputs}
    known = {**{s.name: s.unit for s in getattr(model.system, "states", ())}, **units}
    wanted = tuple(units if wanted is None else wanted)
    for name in wanted:
        if name not in known:
            raise InputError(f"`{model.full_name}`: " + unknown("output", name, known))
    return wanted, tuple(known[name] for name in wanted)


def cautions(model: Model, subjects: Subjects | None = None) -> list[str]:
    """Messages about the model and its subjects, the typical one by default: where facts say that it
    misbehaves, or its fit is not sound.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    subjects : Subjects, optional
        Virtual subjects; the typical one by default.

    Returns
    -------
    sequence of str
    """
    subjects = subjects or typical_subject(model)
    counts = caution_counts(model, subjects)
    return [*model.doubts, *caution_words(model.full_name, _messages(model), counts, subjects.n)]


def _messages(model: Model) -> tuple[str, ...]:
    return tuple(caution.message for caution in model.system.cautions)


def caution_counts(model: Model, subjects: Subjects) -> tuple[int, ...]:
    """Of how many of the subjects each caution of the model is true, by their own values.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    subjects : Subjects
        Those that are counted.

    Returns
    -------
    tuple of int
        One for each caution.
    """
    if not model.system.cautions:
        return ()
    values = individual_values(model, subjects)
    found = array_function(tuple(values), (), tuple(c.expression for c in model.system.cautions))(
        *values.values()
    )
    return tuple(int((np.broadcast_to(value, (subjects.n,)) > 0).sum()) for value in found)
