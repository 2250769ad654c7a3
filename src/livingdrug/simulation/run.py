"""`simulate`: a model, subjects, a regimen and times in; a Result out."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.names import unknown
from livingdrug.engine import cache, closed_form
from livingdrug.engine.compile import array_function, compile_system
from livingdrug.engine.events import Events
from livingdrug.engine.exponentials import exponential_kernel, solve_exponentials
from livingdrug.engine.kernel import kernel
from livingdrug.engine.lsoda import advance
from livingdrug.engine.population import RTOL, STATUS, EventTable, Measures, reason, solve_population
from livingdrug.models import ClosedForm, Model
from livingdrug.models.compose import System
from livingdrug.simulation.expansion import expand
from livingdrug.simulation.population import Subjects, typical_subject
from livingdrug.simulation.regimen import Regimen, check_regimen, default_regimen
from livingdrug.simulation.result import Result

MAX_HORIZON = {"d": 36_525.0, "h": 36_525.0 * 24}  # a hundred years
MAX_VALUES = 50_000_000


def default_until(model: Model) -> float:
    """Horizon of the model's first experiment, 60 where there is none."""
    return model.experiments[0].until if model.experiments else 60.0


def check_horizon(model: Model, until: float) -> float:
    """until itself, or InputError when it is not finite, not positive or beyond a hundred years."""
    unit, most = model.time_unit, MAX_HORIZON[model.time_unit]
    if not (math.isfinite(until) and 0 < until <= most):
        raise InputError(f"the horizon is {until:g} {unit}; it must be above 0 and at most {most:g} {unit}")
    return float(until)


def simulate(
    model: Model,
    subjects: Subjects | None = None,
    regimen: Regimen | Sequence | None = None,
    times: Sequence[float] | None = None,
    until: float | None = None,
    outputs: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    rtol: float | None = None,
) -> Result:
    """Run every subject through the model.

    subjects: the typical one by default (`draw_subjects` makes others). regimen: a Regimen for all, or its doses, resets,
    amounts at time 0 or (time, amount) pairs; or a sequence with one Regimen for each subject; the model's first experiment
    by default. times: when outputs are wanted, in the model's time unit; 0, 1, 2 ... until by default: a value at the time
    of a later dose is the one just before it, at time 0 the one after. outputs: names of outputs or states; all outputs by
    default. progress(done, all) is called after each subject. A subject that cannot be computed gets a status and a reason.
    Raises InputError for bad times, horizons, names or a regimen that the model does not take.
    """
    subjects = subjects or typical_subject(model)
    regimens = _regimens(model, subjects.n, regimen)
    until, times = _times(model, until, times)
    notices = [*_check_regimens(model, regimens), *cautions(model), cache.notice()]
    wanted, units = _outputs(model, outputs)
    if subjects.n * len(times) * len(wanted) > MAX_VALUES:
        raise InputError(
            f"{subjects.n} subjects x {len(times)} times x {len(wanted)} outputs are more than {MAX_VALUES:,} values; "
            "ask for fewer subjects, times or outputs"
        )
    run = _run_closed if isinstance(model.system, ClosedForm) else _run_system
    arrays = run(model, subjects, regimens, times, until, wanted, progress, rtol)
    return Result(
        model.full_name, model.time_unit, times, until, wanted, units, *arrays, subjects.described,
        tuple(n for n in notices if n),
    )  # fmt: skip


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
            f"{count} of {len(given)} regimens are a Regimen; give one Regimen for each subject, or doses for all of them"
        )
    if count != n:
        raise InputError(f"{count} regimens were given for {n} subjects; give one for each, or one Regimen for all")
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


def _times(model: Model, until: float | None, times: Sequence[float] | None) -> tuple[float, np.ndarray]:
    """The horizon and the times of the table; the horizon is the last time where only times are given."""
    if times is None:
        until = check_horizon(model, default_until(model) if until is None else until)
        return until, np.unique(np.append(np.arange(0.0, until, 1.0), until))
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise InputError("times must be finite numbers, each later than the one before")
    # a run to the infusion alone still needs a horizon above 0
    until = check_horizon(model, (times[-1] or default_until(model)) if until is None else until)
    if times[0] < 0 or times[-1] > until:
        raise InputError(f"times run from {times[0]:g} to {times[-1]:g}; they must lie between 0 and the horizon {until:g}")
    return until, times


def _outputs(model: Model, wanted: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    units = {o.name: o.unit for o in model.system.outputs}
    known = {**{s.name: s.unit for s in getattr(model.system, "states", ())}, **units}
    wanted = tuple(units if wanted is None else wanted)
    for name in wanted:
        if name not in known:
            raise InputError(f"`{model.full_name}`: " + unknown("output", name, known))
    return wanted, tuple(known[name] for name in wanted)


def individual_values(model: Model, subjects: Subjects) -> dict[str, np.ndarray]:
    """Values of every quantity after covariate effects, shape (n,) each."""
    values = {name: np.asarray(subjects.values[name], dtype=float) for name in model.typical}
    if not model.individual:
        return values
    names = tuple(values)
    results = array_function(names, (), tuple(model.individual.values()))(*values.values())
    return values | {name: np.broadcast_to(v, (subjects.n,)) for name, v in zip(model.individual, results, strict=True)}


def cautions(model: Model) -> list[str]:
    """Messages about the typical values: where facts say that the model misbehaves."""
    typical = model.typical
    found = []
    for caution in model.system.cautions:
        (value,) = array_function(tuple(typical), (), (caution.expression,))(*typical.values())
        if value > 0:
            found.append(f"`{model.full_name}`: {caution.message}")
    return found


def _run_closed(model, subjects, regimens, times, until, wanted, progress, rtol):
    form = model.system
    rows = [[o.name for o in form.outputs].index(name) for name in wanted]
    compiled = exponential_kernel(form, tuple(model.individual.items()))
    if compiled is None:
        values = individual_values(model, subjects)
        curves = closed_form.evaluate(form, values, times)
        measures = closed_form.metrics(form, values, until)
        reasons = closed_form.invalid(form, values)
    else:
        found = solve_exponentials(compiled, subjects.values, times, 0.0, until)
        curves, measures = found.values, (found.peak, found.peak_time, found.area)
        reasons = ["" if i < 0 else compiled.valid[i] for i in found.broken.tolist()]
    curves, (peak, at, area) = curves[:, rows], (array[:, rows] for array in measures)
    faulty = np.array([bool(r) for r in reasons])
    for array in (curves, peak, at, area):
        array[faulty] = np.nan
    if progress:
        progress(len(reasons), len(reasons))
    return curves, peak, at, area, tuple("invalid" if r else "ok" for r in reasons), tuple(reasons)


def _run_system(model, subjects, regimens, times, until, wanted, progress, rtol):
    system = model.system
    table = quantity_table(model, subjects)
    events, faults = event_table(system, regimens, table)
    outputs = tuple(o.name for o in system.outputs)
    # one compiled kernel serves all choices of outputs; states are asked for rarely
    observed = outputs if set(wanted) <= set(outputs) else outputs + tuple(s.name for s in system.states)
    rows = [observed.index(name) for name in wanted]
    n, k = len(table), len(wanted)
    curves = np.full((n, k, len(times)), np.nan)
    measures = np.full((3, n, k), np.nan)
    status, reasons, done = [""] * n, [""] * n, 0
    # whether input pools can be solved exactly depends on the subject alone, never on the others in the run
    for inflow in (False, True):
        chosen = np.flatnonzero(events.has_inflow == inflow)
        if not len(chosen):
            continue
        compiled = kernel(system, observed, inflow)
        found = solve_population(
            compiled, table[chosen], events.take(chosen), until, times, rows, Measures(), rtol or RTOL,
            progress=progress and (lambda now, _, before=done: progress(before + now, n)),
        )  # fmt: skip
        done += len(chosen)
        curves[chosen] = found.values.reshape(len(chosen), len(times), k).transpose(0, 2, 1)
        measures[:, chosen] = [found.peak[:, rows], found.peak_time[:, rows], found.area[:, rows]]
        for j, i in enumerate(chosen.tolist()):
            status[i], reasons[i] = STATUS[int(found.status[j])], reason(compiled, found, j)
    for i, (word, sentence) in faults.items():
        status[i], reasons[i] = word, sentence
        curves[i], measures[:, i] = np.nan, np.nan
    return curves, *measures, tuple(status), tuple(reasons)


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
    """Event table of one subject with the quantities `p`; raises InputError or SolveError as `expand` does."""
    code = compile_system(system)
    values = {q.name: value for q, value in zip(system.quantities, p, strict=True)}
    initial = np.array(code.initial(*p), dtype=float)
    return expand(regimen, system, values, initial, lambda y, events, span: advance(code, p, y, events, span))
