"""Subjects through a model, by the compiled engine or a closed form, and whether what came out can be a patient."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.engine import (
    RISEN,
    RTOL,
    STATUS,
    Events,
    EventTable,
    Measures,
    advance,
    array_function,
    closed_form_course,
    closed_form_faults,
    closed_form_metrics,
    closed_form_values,
    compile_system,
    exponential_kernel,
    largest_rise,
    output_function,
    reason,
    refuse_events,
    solve_exponentials,
    solve_population,
    solve_triggered,
    system_kernel,
)
from livingdrug.models import ClosedForm, Model, System, bounds_of, closed_form_of, infused_outputs
from livingdrug.simulation.believable import OK, judged
from livingdrug.simulation.expansion import expand
from livingdrug.simulation.population import Subjects
from livingdrug.simulation.regimen import Regimen

NO_TIMES = np.empty(0)
AT_ONCE = 2048  # subjects whose levels are looked at together
PER_OUTPUT = ("peak", "peak_time", "area", "rise", "rise_time")


class Solved(NamedTuple):
    """values (subjects, outputs, times); peak, peak_time, area within the window (subjects, outputs); above,
    last_above: time above each limit there and the last such time (subjects, limits); status: `ok`; `unphysical` where
    a subject was computed and a level of it is beyond its bound (`models.bounds_of`), with its numbers kept; else why it
    was not computed; reason: a sentence where the status is not `ok`; rise, rise_time (subjects, outputs): the largest
    level after the distribution minimum and its time, NaN where infused cells are not counted in the output
    (`models.infused_outputs`) or the level never rises."""

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    status: tuple[str, ...]
    reason: tuple[str, ...]
    rise: np.ndarray
    rise_time: np.ndarray


def solve(
    model: Model,
    subjects: Subjects,
    regimens: Sequence[Regimen],
    times: np.ndarray,
    until: float,
    outputs: Sequence[str],
    start: float = 0.0,
    limits: Sequence[tuple[str, float]] = (),
    progress: Callable[[int, int], None] | None = None,
    rtol: float | None = None,
    threads: int | None = None,
) -> Solved:
    """Subjects through a model; what is given has been checked.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    subjects : Subjects
        The virtual subjects.
    regimens : sequence of Regimen
        One for all subjects, or one for each.
    times : ndarray
        Of samples, in the model's time unit.
    until : float
        Horizon, in the model's time unit.
    outputs : sequence of str
        Names of outputs or states.
    start : float, optional
        Where the window of peaks, areas and times above begins, which ends with the run.
    limits : Sequence[tuple[str, float]], optional
        (output, value) pairs, none for a closed form that is no sum of exponentials.
    progress : callable, optional
        Called with how many are done, and of how many.
    rtol : float, optional
        Relative tolerance of the solver.
    threads : int, optional
        Threads to compute with; all processors by default.

    Returns
    -------
    Solved
    """
    if isinstance(model.system, ClosedForm):
        run = _run_closed
    else:
        run = _run_triggered if model.system.events else _run_system
    wanted, bounds = tuple(outputs), bounds_of(model)
    asked = tuple(dict.fromkeys([*wanted, *(bound.output for bound in bounds)]))
    solved = run(
        model, subjects, regimens, times, until, wanted, asked, start, limits, progress, rtol, threads
    )
    if not bounds:
        return solved
    peaks = solved.peak
    if start > 0:  # a window does not see what came before it
        early = run(model, subjects, regimens, NO_TIMES, start, (), asked, 0.0, (), None, rtol, threads)
        peaks = np.fmax(peaks, early.peak)
    units = {output.name: output.unit for output in model.system.outputs}
    bounded = peaks[:, [asked.index(bound.output) for bound in bounds]]
    status, reasons = judged(solved.status, solved.reason, bounds, bounded, units)
    kept = {name: getattr(solved, name)[:, : len(wanted)] for name in PER_OUTPUT}
    return solved._replace(status=status, reason=reasons, **kept)


def individual_values(model: Model, subjects: Subjects) -> dict[str, np.ndarray]:
    """Values of every quantity after covariate effects, shape (n,) each.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    subjects : Subjects
        The virtual subjects.

    Returns
    -------
    dict[str, ndarray]
    """
    values = {name: np.asarray(subjects.values[name], dtype=float) for name in model.typical}
    if not model.individual:
        return values
    names = tuple(values)
    results = array_function(names, (), tuple(model.individual.values()))(*values.values())
    return values | {
        name: np.broadcast_to(v, (subjects.n,)) for name, v in zip(model.individual, results, strict=True)
    }


def _run_closed(
    model, subjects, regimens, times, until, wanted, asked, start, limits, progress, rtol, threads
) -> Solved:
    form = model.system
    names = [o.name for o in form.outputs]
    compiled = exponential_kernel(form, tuple(model.individual.items()))
    if compiled is None:
        values = individual_values(model, subjects)
        measures = closed_form_metrics(form, values, until, start)
        none = [np.empty((subjects.n, 0))] * 2
        arrays = [closed_form_values(form, values, times), *measures, *none]
        found = enumerate(closed_form_faults(form, values))
        why = {i: reason for i, reason in found if reason}
    else:
        levels = [(names.index(name), value) for name, value in limits]
        *arrays, broken = solve_exponentials(compiled, subjects.values, times, start, until, levels)
        why = {i: compiled.valid[broken[i]] for i in np.flatnonzero(broken >= 0).tolist()}
    faulty = list(why)
    for array in arrays:
        array[faulty] = np.nan
    status, reasons = [OK] * subjects.n, [""] * subjects.n
    for i, sentence in why.items():
        status[i], reasons[i] = "invalid", sentence
    if progress:
        progress(subjects.n, subjects.n)
    rows, measured = ([names.index(name) for name in some] for some in (wanted, asked))
    shown = [arrays[0][:, rows], *(array[:, measured] for array in arrays[1:4])]
    rises = _closed_rises(model, subjects, asked, start, until, shown[1], shown[2])
    return Solved(*shown, *arrays[4:6], tuple(status), tuple(reasons), *rises)  # pyright: ignore[reportCallIssue]


def _closed_rises(
    model: Model, subjects: Subjects, asked: Sequence[str], start: float, until: float, peak: np.ndarray, when: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """XCMAX and XTMAX of a closed form, which has one infusion, at time 0: the peak, unless it stands at the start."""
    form, names = closed_form_of(model), [o.name for o in model.system.outputs]
    rise, rise_time = (np.full(peak.shape, np.nan) for _ in range(2))
    for name in infused_in(model, (), asked)[0]:
        k = asked.index(name)
        rise[:, k], rise_time[:, k] = peak[:, k], when[:, k]
        first = np.flatnonzero(when[:, k] <= start)
        if not len(first):
            continue
        values = individual_values(model, subjects)
        never, later = _rising(form, values, first, names.index(name), start, until)
        rise[never, k] = rise_time[never, k] = np.nan
        for i in later.tolist():
            own = {quantity: float(column[i]) for quantity, column in values.items()}
            course = closed_form_course(form, own, names.index(name), until, start)
            rise[i, k], rise_time[i, k] = largest_rise(course, begin=start)
    return rise, rise_time


def _rising(
    form: ClosedForm, values: Mapping[str, np.ndarray], which: np.ndarray, output: int, start: float, until: float
) -> tuple[np.ndarray, np.ndarray]:
    """Of subjects whose peak stands at the start: (those whose level never rises, those whose level rises later alone), as
    seen at many times at once; of the others, whose level has risen before, that peak is the largest level after it."""
    steps = np.concatenate([np.linspace(0.0, 1.0, 129), np.geomspace(1e-5, 1.0, 256)])
    times = np.unique(np.concatenate([steps * until, [start]]))
    never, later = [], []
    for part in np.array_split(which, max(1, len(which) // AT_ONCE)):
        mine = {name: np.ascontiguousarray(column[part]) for name, column in values.items()}
        levels = closed_form_values(form, mine, times)[:, output]
        risen = levels[:, 1:] > np.minimum.accumulate(levels, axis=1)[:, :-1] * RISEN
        before = risen[:, times[1:] <= start].any(axis=1)
        never.append(part[~risen.any(axis=1)])
        later.append(part[risen.any(axis=1) & ~before])
    return np.concatenate(never), np.concatenate(later)


def _run_system(
    model, subjects, regimens, times, until, wanted, asked, start, limits, progress, rtol, threads
) -> Solved:
    system, table = model.system, quantity_table(model, subjects)
    events, faults = event_table(system, regimens, table)
    outputs = tuple(o.name for o in system.outputs)
    # one compiled kernel serves all choices of outputs; states are asked for rarely
    needed = {*asked, *(name for name, _ in limits)}
    observed = outputs if needed <= set(outputs) else outputs + tuple(s.name for s in system.states)
    rows, all_rows = ([observed.index(name) for name in some] for some in (wanted, asked))
    infused, shown = infused_in(model, regimens, wanted)
    measures = Measures(
        start,
        limits=tuple((observed.index(name), value) for name, value in limits),
        rises=tuple(observed.index(name) for name in infused),
        shown=shown,
    )
    columns = [asked.index(name) for name in infused]
    n, k = len(table), len(wanted)
    curves, measured = np.full((n, k, len(times)), np.nan), np.full((5, n, len(asked)), np.nan)
    above = np.full((2, n, len(limits)), np.nan)
    status, reasons, done = [""] * n, [""] * n, 0
    # whether input pools can be solved exactly depends on the subject alone, never on the others in the run
    for inflow in (False, True):
        chosen = np.flatnonzero(events.has_inflow == inflow)
        if not len(chosen):
            continue
        compiled = system_kernel(system, observed, inflow)
        found = solve_population(
            compiled,
            table[chosen],
            events.take(chosen),
            until,
            times,
            rows,
            measures,
            rtol or RTOL,
            threads=threads,
            progress=progress and (lambda now, _, before=done: progress(before + now, n)),
        )
        done += len(chosen)
        curves[chosen] = found.values.reshape(len(chosen), len(times), k).transpose(0, 2, 1)
        measured[:3, chosen] = [part[:, all_rows] for part in (found.peak, found.peak_time, found.area)]
        rise = np.where(np.isfinite(found.rise), found.rise, np.nan)
        measured[3:, chosen[:, None], columns] = [rise, found.rise_time]
        above[:, chosen] = [found.above, found.last_above]
        for j, i in enumerate(chosen.tolist()):
            status[i], reasons[i] = STATUS[int(found.status[j])], reason(compiled, found, j)
    # a subject that failed keeps what was computed before; one without events was never begun
    for i, (word, sentence) in faults.items():
        status[i], reasons[i] = word, sentence
        curves[i], measured[:, i], above[:, i] = np.nan, np.nan, np.nan
    peak, peak_time, area, rise, rise_time = measured
    return Solved(
        curves, peak, peak_time, area, above[0], above[1], tuple(status), tuple(reasons), rise, rise_time
    )


def infused_in(
    model: Model, regimens: Sequence[Regimen], wanted: Sequence[str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Those of the wanted outputs in which infused cells are counted, and the states whose doses are seen
    there.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    regimens : sequence of Regimen
        One for all subjects, or one for each.
    wanted : sequence of str
        Names of outputs.

    Returns
    -------
    tuple[tuple of str, tuple of int]
    """
    into = {dose.into for regimen in set(regimens) for dose in regimen.doses if dose.into}
    known = infused_outputs(model, into)
    found = tuple(name for name in wanted if name in known)
    if not found:
        return (), ()
    dosed, states = {model.system.dose_into, *into}, () if isinstance(model.system, ClosedForm) else model.system.states
    return found, tuple(i for i, s in enumerate(states) if s.name in dosed and "car_t" in s.roles)


def _run_triggered(
    model, subjects, regimens, times, until, wanted, asked, start, limits, progress, rtol, threads
) -> Solved:
    """Subjects of a system with events, one after the other."""
    system, table = model.system, quantity_table(model, subjects)
    if start > 0 or limits:
        refuse_events(
            system,
            "the exposure in a window that starts later than 0, or the time above a value, is not known",
        )
    n, k = len(table), len(asked)
    code, outputs = compile_system(system), output_function(system, asked)
    infused, shown = infused_in(model, regimens, wanted)
    rows = [asked.index(name) for name in infused]
    curves, measured = np.full((n, k, len(times)), np.nan), np.full((5, n, k), np.nan)
    status, reasons = [""] * n, [""] * n
    for i, row in enumerate(table):
        regimen = regimens[i if len(regimens) > 1 else 0]
        try:
            events = subject_events(regimen, system, row.tolist())
        except (InputError, SolveError) as error:
            status[i], reasons[i] = (
                "invalid" if isinstance(error, InputError) else "no_steady_state",
                str(error),
            )
            continue
        found = solve_triggered(
            code, row.tolist(), events, np.asarray(times, dtype=float), until, outputs, rtol, rows, shown
        )
        curves[i], measured[:3, i] = found.values, [found.peak, found.peak_time, found.area]
        measured[3:, i, rows] = [found.rise, found.rise_time]
        status[i], reasons[i] = found.status, found.reason
        if progress:
            progress(i + 1, n)
    peak, peak_time, area, rise, rise_time = measured
    none, values = np.empty((n, 0)), curves[:, : len(wanted)]
    return Solved(values, peak, peak_time, area, none, none, tuple(status), tuple(reasons), rise, rise_time)


def quantity_table(model: Model, subjects: Subjects) -> np.ndarray:
    """Quantities of all subjects after covariate effects, shape (subjects, quantities)."""
    values = individual_values(model, subjects)
    return np.stack([values[q.name] for q in model.system.quantities], axis=1)


def event_table(
    system: System, regimens: Sequence[Regimen], table: np.ndarray
) -> tuple[EventTable, dict[int, tuple[str, str]]]:
    """Events of all subjects, and (status, reason) of those for whom a regimen has no events.

    regimens: one for all, or one for each subject.
    """
    if len(regimens) == 1 and not regimens[0].personal:
        return EventTable.shared(len(table), subject_events(regimens[0], system, table[0].tolist())), {}
    all_events, faults = [], {}
    for i, row in enumerate(table):
        try:
            all_events.append(subject_events(regimens[i if len(regimens) > 1 else 0], system, row.tolist()))
        except (InputError, SolveError) as error:
            faults[i] = "invalid" if isinstance(error, InputError) else "no_steady_state", str(error)
            all_events.append(Events.of([]))
    return EventTable.of(all_events), faults


def subject_events(regimen: Regimen, system: System, p: list[float]) -> Events:
    """Event table of one subject.

    Parameters
    ----------
    regimen : Regimen
        The doses.
    system : System
        The assembled equations.
    p : sequence of float
        Values of its quantities, in order.

    Returns
    -------
    Events

    Raises
    ------
    InputError
        As `expand` does.
    SolveError
        As `expand` does.
    """
    code = compile_system(system)
    values = {q.name: value for q, value in zip(system.quantities, p, strict=True)}
    initial = np.array(code.initial(*p), dtype=float)
    return expand(regimen, system, values, initial, lambda y, events, span: advance(code, p, y, events, span))
