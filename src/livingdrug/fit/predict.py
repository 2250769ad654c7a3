"""Predictions at all records for given individual quantities, in one compiled call, with or without
slopes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.engine import (
    ADD,
    OK,
    RATE,
    Events,
    EventTable,
    FormulaKernel,
    Formulas,
    Found,
    Kernel,
    LinearKernel,
    Solution,
    Task,
    copied_task,
    formula_kernel,
    formula_slopes,
    formula_values,
    linear_kernel,
    new_task,
    reason,
    solve_linear,
    solve_task,
    system_kernel,
    ticks_of,
)
from livingdrug.fit.courses import Course, courses_of
from livingdrug.fit.design import Design
from livingdrug.fit.occasions import output_name
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.smooth import smoothed
from livingdrug.models import Piece, closed_form_of, flows_of

RTOL = 1e-6
RTOL_SLOPES = 1e-8  # objectives are differentiated once more by differences


@dataclass(frozen=True)
class ClosedPredictor:
    """Formulas of time. which: formula of each record; subject, time: of each record; formulas: what `code` is
    compiled from."""

    exact = True  # to rounding

    code: FormulaKernel
    which: np.ndarray
    subject: np.ndarray
    time: np.ndarray
    formulas: Formulas

    def values(self, table: np.ndarray) -> np.ndarray:
        """Predictions (records,) for quantities (subjects, quantities)."""
        return formula_values(self.code, self.which, table, self.subject, self.time)

    def slopes(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predictions (records,) and their slopes by the fitted quantities (records, fitted)."""
        return formula_slopes(self.code, self.which, table, self.subject, self.time)

    def fault(self, table: np.ndarray, subject: int) -> str:
        """Why a subject has no prediction, as far as it is known."""
        return ""


@dataclass(frozen=True)
class OdePredictor:
    """Equations that are solved. task: courses of subjects (see `fit.courses`), events and sample times,
    whose quantities are set in each call; owner: subject of each course; moving: quantities that are times of
    a subject, shift: from its clock to that of each course; subject, row, wanted: subject of each record and
    where its value lies among all samples and outputs; covered: covariate effects written in the model, as
    formulas; columns: of the quantities that they replace; rtol: relative tolerance of the solver, that
    of slopes is smaller in proportion."""

    exact = False  # slopes hold the error of the solver, and are differentiated over longer steps

    code: Kernel
    by: tuple[str, ...]
    task: Task
    subject: np.ndarray
    row: np.ndarray
    wanted: np.ndarray
    until: float
    covered: FormulaKernel | None
    columns: np.ndarray
    owner: np.ndarray
    moving: np.ndarray
    shift: np.ndarray
    rtol: float = RTOL

    def _own(self, table: np.ndarray) -> np.ndarray:
        """Quantities after the covariate effects that the model itself writes."""
        if self.covered is None:
            return table
        own = table.copy()
        n, zero = len(table), np.zeros(len(table))
        for k, column in enumerate(self.columns):
            own[:, column] = formula_values(self.covered, np.full(n, k), table, np.arange(n), zero)
        return own

    def _of_courses(self, table: np.ndarray) -> np.ndarray:
        """Quantities of every course."""
        own = self._own(table)[self.owner]
        own[:, self.moving] += self.shift[:, None]
        return np.ascontiguousarray(own)

    def _solve(self, table: np.ndarray) -> Found:
        task = self.task._replace(quantities=self._of_courses(table))
        return solve_task(self.code, task, self.until, None, rtol=self.rtol)

    def values(self, table: np.ndarray) -> np.ndarray:
        """Predictions (records,), NaN for a subject that cannot be computed."""
        return self._solve(table).values[self.row, self.wanted]

    def fault(self, table: np.ndarray, subject: int) -> str:
        """Why a subject has no prediction."""
        found = self._solve(table)
        faulty = np.flatnonzero((self.owner == subject) & (found.status != OK))
        return reason(self.code, found, int(faulty[0])) if len(faulty) else ""

    def slopes(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predictions (records,) and their slopes by the fitted quantities (records, fitted)."""
        from livingdrug.engine import sensitivity_kernel, solve_task_sensitivities

        system = self.code.system
        names = [q.name for q in system.quantities]
        replaced = [names[c] for c in self.columns]
        inner = tuple(dict.fromkeys([*self.by, *replaced]))
        code = sensitivity_kernel(system, self.code.observed, inner)
        task = self.task._replace(quantities=self._of_courses(table))
        found = solve_task_sensitivities(code, task, self.until, rtol=RTOL_SLOPES * self.rtol / RTOL)
        values, slopes = found.values[self.row, self.wanted], found.slopes[self.row, self.wanted]
        if self.covered is None:
            return values, slopes
        return values, self._chain(table, slopes, inner, replaced)

    def _chain(
        self, table: np.ndarray, slopes: np.ndarray, inner: tuple[str, ...], replaced: list[str]
    ) -> np.ndarray:
        """Slopes by quantities before the model's covariate effects, from those after them."""
        n, zero = len(table), np.zeros(len(table))
        code = known(self.covered, "the formulas of the model's covariate effects")
        chained = np.stack(
            [slopes[:, inner.index(name)] * (name not in replaced) for name in self.by], axis=1
        )
        for k, name in enumerate(replaced):
            _, by = formula_slopes(code, np.full(n, k), table, np.arange(n), zero)
            chained += slopes[:, [inner.index(name)]] * by[self.subject]
        return chained


@dataclass(frozen=True)
class LinearPredictor:
    """Flows that are linear in the states, by exponentials of their matrix. task: courses, events and sample
    times; ticks: what their times are multiples of; subject, row, wanted, owner: as in OdePredictor; course:
    of each record; general: makes the predictor that solves the equations as any others, for courses whose
    amounts might turn negative and for what a failure is called."""

    exact = True  # to rounding

    code: LinearKernel
    task: Task
    ticks: np.ndarray
    subject: np.ndarray
    row: np.ndarray
    wanted: np.ndarray
    owner: np.ndarray
    course: np.ndarray
    general: Callable[[], OdePredictor]

    def values(self, table: np.ndarray) -> np.ndarray:
        """Predictions (records,), NaN for a subject that cannot be computed."""
        found = self._solve(table, slopes=False)
        values = found.values[self.row, self.wanted]
        other = (found.status != OK)[self.course]
        return np.where(other, self.general().values(table), values) if other.any() else values

    def slopes(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predictions (records,) and their slopes by the fitted quantities (records, fitted)."""
        found = self._solve(table, slopes=True)
        values, slopes = found.values[self.row, self.wanted], found.slopes[self.row, self.wanted]
        other = (found.status != OK)[self.course]
        if not other.any():
            return values, slopes
        general = self.general().slopes(table)
        return np.where(other, general[0], values), np.where(other[:, None], general[1], slopes)

    def fault(self, table: np.ndarray, subject: int) -> str:
        """Why a subject has no prediction."""
        return self.general().fault(table, subject)

    def _solve(self, table: np.ndarray, slopes: bool) -> Solution:
        task = self.task._replace(quantities=np.ascontiguousarray(table[self.owner]))
        return solve_linear(self.code, task, self.ticks, slopes)


Predictor = ClosedPredictor | OdePredictor | LinearPredictor


def predictor_of(problem: FitProblem, design: Design, copies: int = 1, rtol: float = RTOL) -> Predictor:
    """Predictions for the records of a design; copies: of all subjects, one after the other; rtol: relative
    tolerance where equations are solved by steps in time."""
    by = tuple(p.name for p in problem.parameters)
    outputs = [r.output for r in problem.residuals]
    if not is_closed(problem.model):
        used = tuple(dict.fromkeys(outputs))
        # what moves with a course is a time of a switch, which no system of constant coefficients has
        individual = tuple(problem.model.individual.items())
        linear = None if problem.moving else linear_kernel(problem.model.system, used, by, individual)
        general = partial(general_predictor, problem, design, copies, rtol)
        return general() if linear is None else _linear(problem, design, linear, used, copies, cache(general))
    form = closed_form_of(problem.model)
    form = smoothed(form, problem.smooth) if problem.smooth else form
    formulas = Formulas.of(form, problem.model.individual)
    code = formula_kernel(formulas, by)
    names = [o.name for o in form.outputs]
    pairs = zip(design.output.tolist(), design.occasion.tolist(), strict=True)
    which = np.array([names.index(output_name(outputs[o], k)) for o, k in pairs], dtype=np.int64)
    subject = np.concatenate([design.subject + k * design.n for k in range(copies)])
    return ClosedPredictor(code, np.tile(which, copies), subject, np.tile(design.time, copies), formulas)


def general_predictor(
    problem: FitProblem, design: Design, copies: int = 1, rtol: float = RTOL
) -> OdePredictor:
    """Predictions of equations by steps in time, whatever form these have."""
    model, system = problem.model, problem.model.system
    by = tuple(p.name for p in problem.parameters)
    observed, names = tuple(o.name for o in system.outputs), tuple(q.name for q in system.quantities)
    covered = None
    if model.individual:
        pieces = tuple((Piece(text),) for text in model.individual.values())
        covered = formula_kernel(Formulas(pieces, names), by)
    columns = np.array([names.index(name) for name in model.individual], dtype=np.int64)
    moving = np.array([names.index(name) for name in problem.moving], dtype=np.int64)
    at = _layout(problem, design, observed, copies)
    code = system_kernel(system, observed, at.inflow)
    return OdePredictor(
        code, by, at.task, at.subject, at.row, at.wanted, at.until, covered, columns, at.owner,
        moving, at.shift, rtol,
    )  # fmt: skip


def _linear(
    problem: FitProblem, design: Design, code: LinearKernel, used, copies: int, general
) -> LinearPredictor:
    at = _layout(problem, design, used, copies)
    task = at.task
    one = range(len(at.owner) // copies)
    stops = [
        np.append(task.times[task.time_first[i] : task.time_last[i]], _times_of_events(task, i)) for i in one
    ]
    ticks = np.tile(ticks_of(stops), copies)
    return LinearPredictor(code, task, ticks, at.subject, at.row, at.wanted, at.owner, at.course, general)


def _times_of_events(task: Task, course: int) -> np.ndarray:
    return task.event_time[task.event_first[course] : task.event_last[course]]


class Layout(NamedTuple):
    """task: courses of subjects, whose quantities are still to be set; subject, row, wanted, course: of each
    record, its subject, where its value lies, and the course it belongs to; owner, shift: of each course, its
    subject and what turns a time on the subject's clock into one on its own; until: the last time; inflow:
    whether anything is infused."""

    task: Task
    subject: np.ndarray
    row: np.ndarray
    wanted: np.ndarray
    course: np.ndarray
    owner: np.ndarray
    shift: np.ndarray
    until: float
    inflow: bool


def _layout(problem: FitProblem, design: Design, observed: tuple[str, ...], copies: int) -> Layout:
    """Where the records lie among the samples of all courses, for these outputs."""
    outputs = [r.output for r in problem.residuals]
    courses, of, at = courses_of(problem, design)
    times, rows, before = [], np.empty(len(at), dtype=np.int64), 0
    order = np.argsort(of, kind="stable")
    for mine in np.split(order, np.searchsorted(of[order], np.arange(1, len(courses)))):
        own, inverse = np.unique(at[mine], return_inverse=True)
        rows[mine] = before + inverse
        before += len(own)
        times.append(own)
    wanted = np.array([observed.index(name) for name in outputs], dtype=np.int64)[design.output]
    events = EventTable.of(_events(problem, design, courses))
    owner = np.array([course.subject for course in courses], dtype=np.int64)
    width, n = len(problem.model.system.quantities), len(courses)

    def repeated(positions: np.ndarray, step: int) -> np.ndarray:
        return np.concatenate([positions + k * step for k in range(copies)])

    return Layout(
        copied_task(new_task(np.zeros((n, width)), events, tuple(times), range(len(observed))), copies),
        repeated(design.subject, design.n), repeated(rows, before), np.tile(wanted, copies), repeated(of, n),
        repeated(owner, design.n), np.tile([course.before - course.start for course in courses], copies),
        max(float(at.max(initial=0.0)), 1e-6), bool(events.has_inflow.any()),
    )  # fmt: skip


def _events(problem: FitProblem, design: Design, courses: tuple[Course, ...]) -> list[Events]:
    """What happens in each course. Raises InputError that names a subject whose doses the model cannot
    take."""
    from livingdrug.simulation import check_regimen

    system = flows_of(problem.model)
    for name, regimen in zip(design.subjects, design.doses, strict=True):
        try:
            check_regimen(problem.model, regimen)
        except InputError as error:
            raise InputError(f"subject `{name}`: {error}") from None
    states = [s.name for s in system.states]
    found = []
    for course in courses:
        events = []
        for time, amount, duration, into in course.doses:
            state = states.index(into)
            if duration:
                rate = amount / duration
                events += [(time, RATE, state, rate), (time + duration, RATE, state, -rate)]
            else:
                events.append((time, ADD, state, amount))
        found.append(Events.of(events))
    return found
