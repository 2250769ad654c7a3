"""A subject's time in parts that begin anew: at a reset, or at a steady state that takes the place of what is
there.

What follows a reset depends on nothing before it, so that each part is solved for itself, from its start,
with exact slopes. A steady state is reached as a patient reaches it, by doses in the past: as many as the
typical values need to change no more, and four times as many again, for subjects who eliminate more slowly.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.engine import ADD, RATE, Events
from livingdrug.fit.design import Design
from livingdrug.fit.problem import FitProblem
from livingdrug.models import flows_of
from livingdrug.simulation import Dose, Regimen

SETTLED = 1e-7  # change of each state within an interval, of the largest one of all
MOST = 400  # intervals to get there
MARGIN = 5
CONSTANT_INTERVAL = {"d": 7.0, "h": 168.0}


@dataclass(frozen=True)
class Course:
    """A part of a subject's time. start: on the subject's clock; before: how long the doses of the past take,
    so that the course runs from `start - before`; doses: as (time from there, amount, duration, state)."""

    subject: int
    start: float
    before: float
    doses: tuple[tuple[float, float, float, str], ...]


def courses_of(problem: FitProblem, design: Design) -> tuple[tuple[Course, ...], np.ndarray, np.ndarray]:
    """(courses in the order of subjects, course of each record, its time there).

    A record at the time of a reset lies before it, unless the file has it after the row of the reset. Raises
    InputError for a steady state that is not reached.
    """
    courses: list[Course] = []
    of, time = np.empty(len(design.time), dtype=np.int64), design.time.copy()
    settled: dict = {}
    for i, regimen in enumerate(design.doses):
        begins = _begins(regimen, design.resets[i])
        mine = slice(design.first[i], design.last[i])
        part = np.zeros(len(design.time[mine]), dtype=np.int64)
        for at, line in begins:
            part += (design.time[mine] > at) | ((design.time[mine] == at) & (design.line[mine] > line))
        edges = [0.0, *(at for at, _ in begins), np.inf]
        for k in range(len(begins) + 1):
            if not (part == k).any():
                continue
            own = [d for d in regimen.doses if edges[k] <= d.time < edges[k + 1]]
            course = _course(problem, design, i, edges[k], own, settled)
            of[mine][part == k] = len(courses)
            time[mine][part == k] += course.before - course.start
            courses.append(course)
    return tuple(courses), of, time


def _begins(regimen: Regimen, lines: tuple[int, ...]) -> list[tuple[float, float]]:
    """(time, line) of what begins a new course after time 0: resets, and steady states in the place of what
    is there."""
    found = list(zip([r.time for r in regimen.resets], lines, strict=True))
    known = {time for time, _ in found}
    steady = {d.time for d in regimen.doses if d.steady_state == "replace" and d.time > 0} - known
    return sorted([*found, *((time, np.inf) for time in steady)])


def _course(
    problem: FitProblem, design: Design, subject: int, start: float, own: list[Dose], settled: dict
) -> Course:
    name, into = design.subjects[subject], problem.model.system.dose_into
    steady = [d for d in own if d.steady_state]
    late = next((d for d in steady if d.time > start), None)
    if late is not None or len(steady) > 1:
        dose = late or steady[1]
        raise InputError(
            f"subject `{name}`, {dose}: a steady state on top of what is there (SS 2) is read where nothing "
            "was before alone; write SS 1, or the doses themselves"
        )
    doses = [(d.time - start, d.amount, _duration(d), d.into or into) for d in own if not d.constant]
    if not steady:
        return Course(subject, start, 0.0, tuple(doses))
    dose = steady[0]
    every = CONSTANT_INTERVAL[problem.model.time_unit] if dose.constant else dose.every
    key = replace(dose, time=0.0)
    if key not in settled:
        settled[key] = MARGIN * _intervals(problem, design, subject, key, every)
    count = settled[key]
    before = count * every
    if dose.constant:
        past = [(0.0, dose.rate * before, before, dose.into or into)]
    else:
        past = [(j * every, dose.amount, _duration(dose), dose.into or into) for j in range(count)]
    return Course(subject, start, before, (*past, *((t + before, a, d, s) for t, a, d, s in doses)))


def _duration(dose: Dose) -> float:
    rate, duration = float(dose.rate), float(dose.duration)  # expressions are numbers by now
    return dose.amount / rate if rate and dose.amount else duration


def _intervals(problem: FitProblem, design: Design, subject: int, dose: Dose, every: float) -> int:
    """How many intervals the typical subject needs until nothing changes any more."""
    from livingdrug.engine import advance, compile_system

    system = problem.model.system
    names = [q.name for q in system.quantities]
    p = design.table[subject].tolist()
    for parameter in problem.parameters:
        p[names.index(parameter.name)] = parameter.value
    code = compile_system(system)
    y = np.array(code.initial(*p), dtype=float)
    length = every if dose.constant else _duration(dose)
    into = [s.name for s in flows_of(problem.model).states].index(dose.into or system.dose_into)
    rate = float(dose.rate) if dose.constant else (dose.amount / length if length else 0.0)
    whole, rest = divmod(length, every)
    rows = [(0.0, RATE, into, (whole + (rest > 0)) * rate)]
    rows += [(rest, RATE, into, -rate)] if rest else []
    events = Events.of(rows if length else [(0.0, ADD, into, dose.amount)])
    try:
        for k in range(1, MOST + 1):
            after = advance(code, p, y, events, every)
            if (np.abs(after - y) <= SETTLED * np.abs(after).max()).all():
                return k + int(whole)  # infusions that overlap take as long again to gather
            y = after
    except SolveError as error:
        raise InputError(
            f"subject `{design.subjects[subject]}`, {dose}: no steady state is reached: {error}"
        ) from None
    raise InputError(
        f"subject `{design.subjects[subject]}`, {dose}: no steady state is reached within {MOST} intervals "
        f"of {every:g} at the start of the fit; start from a faster elimination, or write the doses "
        "themselves"
    )
