"""The records of a problem as flat arrays: what was measured when, what was given, what each subject is like."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.units import parse_unit
from livingdrug.data import Data
from livingdrug.fit.occasions import numbered
from livingdrug.fit.problem import Effect, FitProblem, is_closed
from livingdrug.models import Model

MEASURED, LOWER, UPPER = 0, 1, -1  # kind of a record: a value, one below its limit, one above an upper limit
WEIGHT = ("weight", "body_weight", "wt")


@dataclass(frozen=True)
class Design:
    """Records by subject and time, shape (records,): subject, time (model's unit, from the first infusion; from that of the
    occasion where occasions differ), output (position in problem.residuals), y (value or limit), kind, line of the file,
    occasion (from 1; 0 where occasions do not differ). first, last (subjects,): records of a
    subject. table (subjects, quantities): values of all quantities, those of the fit still typical. x (subjects,
    effects): covariates as effects see them. doses: (time, amount) pairs of each subject. notes: for the user.
    """

    subjects: tuple[str, ...]
    subject: np.ndarray
    time: np.ndarray
    output: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    line: np.ndarray
    occasion: np.ndarray
    first: np.ndarray
    last: np.ndarray
    table: np.ndarray
    x: np.ndarray
    doses: tuple[tuple[tuple[float, float], ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.subjects)

    def where(self, record: int) -> str:
        """A record in words: subject, time, line."""
        name = self.subjects[self.subject[record]]
        return f"subject `{name}`, time {self.time[record]:g} (line {self.line[record]})"


def design_of(problem: FitProblem) -> Design:
    """The records that a problem uses. Raises InputError, naming subject and line, for what the model cannot take."""
    data, notes = problem.data, []
    notes += check_units(problem.model, data, problem.outputs)
    p = data.profiles
    several = any(parameter.changes for parameter in problem.parameters)
    occasion = numbered(data)[data.profile] if several else np.zeros(data.rows, dtype=np.int64)
    start = data.doses.start[data.profile] if data.doses is not None and not several else np.zeros(data.rows)
    rows = np.flatnonzero(data.time + start >= 0)
    if len(rows) < data.rows:
        notes.append(f"{data.rows - len(rows)} sample(s) before the infusion are not fitted, as the model starts with it")
    subject, time = p.subject[data.profile][rows], (data.time + start)[rows]
    names = {given: name for given, name in problem.outputs}
    positions = {r.output: i for i, r in enumerate(problem.residuals)}
    output = np.array([positions[names[text]] for text in p.output[data.profile][rows]], dtype=np.int64)
    order = np.lexsort((output, time, occasion[rows], subject))
    rows, subject, time, output = rows[order], subject[order], time[order], output[order]
    y, kind, keep = _values(problem, rows, subject, time, output, notes)
    rows, subject, time, output = rows[keep], subject[keep], time[keep], output[keep]
    present, subject = np.unique(subject, return_inverse=True)
    doses = _doses(problem, present)
    first = np.searchsorted(subject, np.arange(len(present)))
    design = Design(
        tuple(data.subjects[i] for i in present), subject, time, output, y[keep], kind[keep], data.line[rows],
        occasion[rows], first, np.append(first[1:], len(subject)), _table(problem, present, notes),
        _covariates(problem, present), doses,
    )  # fmt: skip
    _check_logs(problem, design)
    _note_below(problem, design, notes)
    return Design(**{**vars(design), "notes": tuple(notes)})


def check_units(model: Model, data: Data, outputs: tuple[tuple[str, str], ...]) -> list[str]:
    """Notes where the data state no unit. Raises InputError where units are not those of the model's outputs."""
    notes = []
    if data.time_unit and data.time_unit != model.time_unit:
        raise InputError(
            f"times are in {data.time_unit} and `{model.full_name}` counts {model.time_unit}; give them in {model.time_unit}"
        )
    if not data.time_unit:
        notes.append(f"the data state no unit of time: times count in the model's unit, {model.time_unit}")
    units = {o.name: o.unit for o in model.system.outputs}
    for given, output in outputs:
        stated = {u for u, o in zip(data.profiles.unit, data.profiles.output, strict=True) if o == given}
        for unit in sorted(stated):
            if unit and parse_unit(unit) != parse_unit(units[output]):
                raise InputError(
                    f"the values are in {unit} and `{output}` of `{model.full_name}` is in {units[output]}; a named bridge "
                    "(--bridge) turns one into the other"
                )
            if not unit:
                notes.append(f"the data state no unit: values count in the model's unit of `{output}`, {units[output]}")
    return notes


def _values(problem: FitProblem, rows, subject, time, output, notes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(value, kind, whether it is used) of each record, after the rule for values below the limit."""
    data, below = problem.data, problem.below
    y, kind = data.dv[rows].copy(), data.cens[rows].astype(np.int8)
    zero = (kind == LOWER) & (y == 0) & np.isnan(data.limit[rows])
    takes_zero = np.array([r.kind in ("additive", "combined", "combined_squares") for r in problem.residuals])
    as_zero = zero & takes_zero[output]
    if as_zero.any():
        kind[as_zero] = MEASURED
        notes.append(f"{int(as_zero.sum())} value(s) of 0 without a limit count as measured (additive error)")
    lost = np.flatnonzero((kind == LOWER) & ~(y > 0))
    if len(lost) and below != "m1":
        i = lost[0]
        who = f"subject `{data.subjects[subject[i]]}`, time {time[i]:g} (line {data.line[rows[i]]})"
        raise InputError(f"{who}: below a limit that is not stated; state it (--limit), or leave it out (--below m1)")
    keep = np.ones(len(rows), dtype=bool)
    low = kind == LOWER
    if below == "m1":
        keep = ~low
    elif below in ("m5", "m6", "m7"):
        keep = ~low | (below != "m6") | _once_in_a_run(subject, output, low)
        y = np.where(low, 0.0 if below == "m7" else 0.5 * y, y)
        kind = np.where(low, MEASURED, kind).astype(np.int8)
    if low.any() and below != "m3":
        notes.append(f"{int(low.sum())} value(s) below the limit by rule {below}: {int((low & ~keep).sum())} left out")
    return y, kind, keep


def _once_in_a_run(subject, output, low) -> np.ndarray:
    """Which value below the limit stands for its run: the last one before the first measured value, else the first."""
    keep = np.zeros(len(low), dtype=bool)
    for who in np.unique(subject):
        for what in np.unique(output[subject == who]):
            mine = np.flatnonzero((subject == who) & (output == what))
            state = low[mine]
            for j in range(len(mine)):
                begins = state[j] and j > 0 and not state[j - 1]
                leads = state[j] and j + 1 < len(mine) and not state[j + 1] and state[: j + 1].all()
                keep[mine[j]] = begins or leads or (state.all() and j == 0)
    return keep


def _check_logs(problem: FitProblem, design: Design) -> None:
    logs = np.array([r.kind == "lognormal" for r in problem.residuals])
    wrong = np.flatnonzero(logs[design.output] & ~(design.y > 0))
    if len(wrong):
        i = wrong[0]
        raise InputError(
            f"{design.where(i)}: the value {design.y[i]:g} has no logarithm, and the residual error is log-normal; state a "
            "limit (--limit), or take another residual error"
        )


def _note_below(problem: FitProblem, design: Design, notes: list[str]) -> None:
    only = [design.subjects[i] for i in range(design.n)
            if (design.kind[design.first[i] : design.last[i]] == LOWER).all()]  # fmt: skip
    if only:
        shown = ", ".join(only[:5]) + (", ..." if len(only) > 5 else "")
        notes.append(f"{len(only)} subject(s) have only values below the limit and are kept ({problem.below}): {shown}")
    lost = len(np.unique(problem.data.profiles.subject)) - design.n
    if lost:
        notes.append(f"{lost} subject(s) have no value left under rule {problem.below} and are not in the fit")


def _doses(problem: FitProblem, present: np.ndarray) -> tuple[tuple[tuple[float, float], ...], ...]:
    """(time, amount) of each subject's doses. Raises InputError for a subject whose dose is not known."""
    data, model = problem.data, problem.model
    if any(parameter.changes for parameter in problem.parameters):
        return ((),) * len(present)  # a closed form begins anew with every occasion
    _check_clock(data)
    if is_closed(model) and data.doses is not None and (data.doses.time > 0).any():
        i = int(np.flatnonzero(data.doses.time > 0)[0])
        name, when = data.subjects[data.doses.subject[i]], data.doses.time[i]
        raise InputError(f"`{model.full_name}` takes one infusion at time 0, and subject `{name}` has one at time {when:g}")
    if not model.system.dose_into:
        return ((),) * len(present)
    if data.doses is not None:
        found = {i: [] for i in present.tolist()}
        for i, time, amount in zip(data.doses.subject.tolist(), data.doses.time, data.doses.amount, strict=True):
            if i in found:
                found[i].append((float(time), float(amount)))
    else:
        p = data.profiles
        found = {i: [(0.0, float(d)) for d in p.dose[p.subject == i][:1] if np.isfinite(d)] for i in present.tolist()}
    for i in present.tolist():
        if not found[i]:
            raise InputError(
                f"subject `{data.subjects[i]}` has no dose, and `{model.full_name}` needs one; add the row of its infusion, "
                "or say one dose for all (--dose)"
            )
    return tuple(tuple(found[i]) for i in present.tolist())


def _check_clock(data: Data) -> None:
    """Two occasions that begin at one time were counted from an infusion each, and how far apart they lie is lost."""
    given = data.doses
    if given is None:
        return
    same = (np.diff(given.subject) == 0) & (np.diff(given.time) == 0) & (given.occasion[1:] != given.occasion[:-1])
    for i in np.flatnonzero(same)[:1]:
        who, one, two = data.subjects[given.subject[i]], given.occasion[i], given.occasion[i + 1]
        raise InputError(
            f"subject `{who}`: occasions {one} and {two} both begin at time {given.time[i]:g}, and a fit needs to know what "
            "came first; count all times from the first infusion"
        )


def covariate(data: Data, name: str) -> np.ndarray | None:
    """Texts (or numbers) of a covariate of each subject, None where the data have none of this name."""
    if name.lower() in WEIGHT and np.isfinite(data.weight).any():
        return data.weight
    if name.lower() == "dose" and np.isfinite(data.profiles.dose).any():
        dose = np.full(len(data.subjects), np.nan)
        dose[data.profiles.subject[::-1]] = data.profiles.dose[::-1]
        return dose
    named = {key.lower(): key for key in data.covariates}
    return data.covariates[named[name.lower()]] if name.lower() in named else None


def _numbers(data: Data, name: str, texts: np.ndarray, present: np.ndarray) -> np.ndarray:
    """A covariate as numbers. Raises InputError that names the subject without one."""
    found = np.empty(len(present))
    for k, i in enumerate(present.tolist()):
        try:
            found[k] = float(texts[i])
        except ValueError:
            found[k] = np.nan
        if not np.isfinite(found[k]):
            given = f"is `{texts[i]}`" if str(texts[i]).strip() not in ("", "nan") else "is missing or varies"
            raise InputError(f"subject `{data.subjects[i]}`: covariate `{name}` {given}; the fit needs a number")
    return found


def _table(problem: FitProblem, present: np.ndarray, notes: list[str]) -> np.ndarray:
    """Quantities of each subject: typical values, and the model's own covariates from the data."""
    model, data = problem.model, problem.data
    table = np.tile([model.typical[q.name] for q in model.system.quantities], (len(present), 1))
    absent = []
    for k, quantity in enumerate(model.system.quantities):
        if not quantity.covariate:
            continue
        texts = covariate(data, quantity.name)
        if texts is None:
            absent.append(quantity.name)
        else:
            table[:, k] = _numbers(data, quantity.name, texts, present)
    if absent:
        listed = ", ".join(absent[:4]) + (", ..." if len(absent) > 4 else "")
        notes.append(f"{len(absent)} covariate(s) of the model are not in the data and stay at their reference: {listed}")
    return table


def _covariates(problem: FitProblem, present: np.ndarray) -> np.ndarray:
    """x of each effect, shape (subjects, effects)."""
    data = problem.data
    known = [*data.covariates, *(["WT"] if np.isfinite(data.weight).any() else [])]
    columns = []
    for effect in problem.effects:
        texts = covariate(data, effect.covariate)
        if texts is None:
            raise InputError(f"covariate effect `{effect.name}`: " + unknown("covariate", effect.covariate, known))
        columns.append(_x(data, effect, texts, present))
    return np.stack(columns, axis=1) if columns else np.zeros((len(present), 0))


def _x(data: Data, effect: Effect, texts: np.ndarray, present: np.ndarray) -> np.ndarray:
    if effect.shape == "categorical":
        if not any(str(texts[i]) == effect.level for i in present.tolist()):
            levels = {str(texts[i]) for i in present.tolist()}
            raise InputError(f"covariate effect `{effect.name}`: " + unknown("level", effect.level, levels))
        return np.array([float(str(texts[i]) == effect.level) for i in present.tolist()])
    numbers = _numbers(data, effect.covariate, texts, present)
    if effect.shape == "exponential":
        return numbers - effect.reference
    if (numbers <= 0).any():
        i = present[int(np.flatnonzero(numbers <= 0)[0])]
        raise InputError(f"subject `{data.subjects[i]}`: `{effect.covariate}` is not above 0, as a power needs")
    return np.log(numbers / effect.reference)
