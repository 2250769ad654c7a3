"""`simulate`: a model, subjects, a regimen and times in; a Result out."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.engine import closed_form
from livingdrug.engine.compile import array_function
from livingdrug.engine.events import ADD
from livingdrug.engine.exponentials import exponential_kernel, solve_exponentials
from livingdrug.engine.kernel import kernel
from livingdrug.engine.population import RTOL, STATUS, EventTable, Measures, reason, solve_population
from livingdrug.models import ClosedForm, Model
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
    threads: int | None = None,
) -> Result:
    """Run every subject through the model.

    subjects: the typical one by default (`draw_subjects` makes others). regimen: a Regimen, or amounts at time 0, or
    (time, amount) pairs; the model's first experiment by default. times: when outputs are wanted, in the model's time
    unit; 0, 1, 2 ... until by default. outputs: names of outputs or states; all outputs by default.
    progress(done, all) is called after each subject. A subject that cannot be computed gets a status and a reason.
    threads: all processors by default; it changes nothing but the time.
    Raises InputError for bad times, horizons, names or a regimen that the model does not take.
    """
    subjects = subjects or typical_subject(model)
    regimen = default_regimen(model) if regimen is None else regimen
    regimen = regimen if isinstance(regimen, Regimen) else Regimen.of(regimen)
    until, times = _times(model, until, times)
    notices = [check_regimen(model, regimen), *cautions(model)]
    wanted, units = check_outputs(model, outputs)
    check_size(subjects.n, len(times), len(wanted))
    solved = solve(model, subjects, regimen, times, until, wanted, progress=progress, rtol=rtol, threads=threads)
    return Result(
        model.full_name, model.time_unit, times, until, wanted, units, solved.values, solved.peak, solved.peak_time,
        solved.area, solved.status, solved.reason, subjects.described, tuple(n for n in notices if n),
    )  # fmt: skip


def check_size(subjects: int, times: int, outputs: int) -> None:
    """InputError for more values than are kept at once."""
    if subjects * times * outputs > MAX_VALUES:
        raise InputError(
            f"{subjects} subjects x {times} times x {outputs} outputs are more than {MAX_VALUES:,} values; "
            "ask for fewer subjects, times or outputs, or for exposures (command line: --exposure), which keep no curves"
        )


class Solved(NamedTuple):
    """values (subjects, outputs, times); peak, peak_time, area within the window (subjects, outputs); above, last_above:
    time above each limit there and the last such time (subjects, limits); status, reason: per subject."""

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    status: tuple[str, ...]
    reason: tuple[str, ...]


def solve(
    model: Model,
    subjects: Subjects,
    regimen: Regimen,
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

    start: where the window of peaks, areas and times above begins, which ends with the run; limits: (output, value)
    pairs, none for a closed form that is no sum of exponentials.
    """
    run = _run_closed if isinstance(model.system, ClosedForm) else _run_system
    return run(model, subjects, regimen, times, until, tuple(outputs), start, limits, progress, rtol, threads)


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


def check_outputs(model: Model, wanted: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units of the wanted outputs or states, all outputs by default; InputError for an unknown one."""
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


def _run_closed(model, subjects, regimen, times, until, wanted, start, limits, progress, rtol, threads) -> Solved:
    form = model.system
    names = [o.name for o in form.outputs]
    compiled = exponential_kernel(form, tuple(model.individual.items()))
    if compiled is None:
        values = individual_values(model, subjects)
        measures = closed_form.metrics(form, values, until, start)
        none = [np.empty((subjects.n, 0))] * 2
        arrays = [closed_form.evaluate(form, values, times), *measures, *none]
        reasons = closed_form.invalid(form, values)
    else:
        levels = [(names.index(name), value) for name, value in limits]
        *arrays, broken = solve_exponentials(compiled, subjects.values, times, start, until, levels)
        reasons = ["" if i < 0 else compiled.valid[i] for i in broken.tolist()]
    faulty = np.array([bool(r) for r in reasons])
    for array in arrays:
        array[faulty] = np.nan
    if progress:
        progress(len(reasons), len(reasons))
    rows = [names.index(name) for name in wanted]
    shown = [array[:, rows] for array in arrays[:4]]
    return Solved(*shown, *arrays[4:], tuple("invalid" if r else "ok" for r in reasons), tuple(reasons))


def _run_system(model, subjects, regimen, times, until, wanted, start, limits, progress, rtol, threads) -> Solved:
    system = model.system
    outputs = tuple(o.name for o in system.outputs)
    # one compiled kernel serves all choices of outputs; states are asked for rarely
    asked = {*wanted, *(name for name, _ in limits)}
    observed = outputs if asked <= set(outputs) else outputs + tuple(s.name for s in system.states)
    compiled = kernel(system, observed)
    values = individual_values(model, subjects)
    table = np.stack([values[q.name] for q in system.quantities], axis=1)
    rows = [observed.index(name) for name in wanted]
    found = solve_population(
        compiled, table, _events(system, regimen, len(table)), until, times, rows,
        Measures(start, limits=tuple((observed.index(name), value) for name, value in limits)), rtol or RTOL,
        threads=threads, progress=progress,
    )  # fmt: skip
    reasons = tuple(reason(compiled, found, i) for i in range(len(table)))
    status = tuple(STATUS[code] for code in found.status.tolist())
    # a subject that failed keeps what was computed before
    curves = found.values.reshape(len(table), len(times), len(rows)).transpose(0, 2, 1)
    measured = [array[:, rows] for array in (found.peak, found.peak_time, found.area)]
    return Solved(curves, *measured, found.above, found.last_above, status, reasons)


def _events(system, regimen: Regimen, subjects: int) -> EventTable:
    doses = regimen.doses if system.dose_into else ()
    state = [s.name for s in system.states].index(system.dose_into) if doses else 0
    times, amounts = [d.time for d in doses], [d.amount for d in doses]
    return EventTable.shared(subjects, times, [ADD] * len(doses), [state] * len(doses), amounts)
