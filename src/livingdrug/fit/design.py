"""The records of a problem as flat arrays: what was measured when, what was given, what each subject is
like."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import Data
from livingdrug.fit.covariates import (
    changes_of,
    completed,
    covariate,
    is_missing,
    known_covariates,
    numbers_of,
)
from livingdrug.fit.given import given_of
from livingdrug.fit.occasions import numbered
from livingdrug.fit.outcomes import Seen, seen_of
from livingdrug.fit.problem import Effect, FitProblem, is_closed
from livingdrug.fit.units import in_model_units, unstated
from livingdrug.simulation import Regimen

MEASURED, LOWER, UPPER = 0, 1, -1  # kind of a record: a value, one below its limit, one above an upper limit


@dataclass(frozen=True)
class Design:
    """Records by subject and time, shape (records,).

    Attributes
    ----------
    subjects : tuple of str
        Names of the subjects, in the order of all arrays.
    subject : ndarray, shape (records,)
        Position of the subject.
    time : ndarray, shape (records,)
        In the model's unit, from the first infusion; from that of the occasion where occasions differ.
    output : ndarray, shape (records,)
        Position in `problem.residuals`.
    y : ndarray, shape (records,)
        Value or limit.
    kind : ndarray, shape (records,)
        Measured or censored, and how.
    line : ndarray, shape (records,)
        Of the file.
    occasion : ndarray, shape (records,)
        From 1; 0 where occasions do not differ.
    first, last : ndarray, shape (subjects,)
        Records of a subject.
    table : ndarray, shape (subjects, quantities)
        Values of all quantities, those of the fit still typical.
    x : ndarray, shape (subjects, effects)
        Covariates as effects see them.
    doses : tuple of Regimen
        Regimen of each subject.
    resets : tuple[tuple of int, ...]
        Lines of its resets in the file.
    end : ndarray, shape (records,)
        The other end of the interval of a censored value, -inf or inf without one.
    notes : tuple of str
        For the user.
    outcomes : tuple of Seen
        What is known of each outcome of the problem.
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
    doses: tuple[Regimen, ...]
    resets: tuple[tuple[int, ...], ...]
    end: np.ndarray
    notes: tuple[str, ...] = ()
    outcomes: tuple[Seen, ...] = ()

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.subjects)

    def of(self, chosen: np.ndarray) -> "Design":
        """The records of the chosen subjects, as if each were another one."""
        rows = np.concatenate([np.arange(int(self.first[i]), int(self.last[i])) for i in chosen])
        sizes = (self.last - self.first)[chosen]
        last = np.cumsum(sizes)
        by_record = ("time", "output", "y", "kind", "line", "occasion", "end")
        return replace(
            self,
            subjects=tuple(self.subjects[i] for i in chosen),
            subject=np.repeat(np.arange(len(chosen)), sizes),
            first=last - sizes,
            last=last,
            table=self.table[chosen],
            x=self.x[chosen],
            doses=tuple(self.doses[i] for i in chosen),
            resets=tuple(self.resets[i] for i in chosen),
            outcomes=tuple(seen.of(chosen) for seen in self.outcomes),
            **{name: getattr(self, name)[rows] for name in by_record},
        )

    def where(self, record: int) -> str:
        """A record in words: subject, time, line."""
        name = self.subjects[self.subject[record]]
        return f"subject `{name}`, time {self.time[record]:g} (line {self.line[record]})"


def design_of(problem: FitProblem) -> Design:
    """The records that a problem uses. Raises InputError, naming subject and line, for what the model cannot
    take.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    Design
    """
    data: Data = problem.data
    notes: list[str] = []
    _check_units(problem, notes)
    p = data.profiles
    several = is_closed(problem.model) and any(parameter.changes for parameter in problem.parameters)
    occasion = numbered(data)[data.profile] if several else np.zeros(data.rows, dtype=np.int64)
    given = given_of(problem, notes)
    clock = given.time
    early = clock < 0
    rows = np.flatnonzero(~early & ~np.isin(p.subject[data.profile], _left_out(problem, notes)))
    if early.any():
        notes.append(
            f"{int(early.sum())} sample(s) before the infusion are not fitted, as the model starts with it"
        )
    subject, time = p.subject[data.profile][rows], clock[rows]
    names = {given: name for given, name in problem.outputs}
    positions = {r.output: i for i, r in enumerate(problem.residuals)}
    output = np.array([positions[names[text]] for text in p.output[data.profile][rows]], dtype=np.int64)
    order = np.lexsort((output, time, occasion[rows], subject))
    rows, subject, time, output = rows[order], subject[order], time[order], output[order]
    _check_kept_logarithms(problem)
    y, kind, keep = _values(problem, rows, subject, time, output, notes)
    rows, subject, time, output = rows[keep], subject[keep], time[keep], output[keep]
    present, subject = np.unique(subject, return_inverse=True)
    first = np.searchsorted(subject, np.arange(len(present)))
    design = Design(
        tuple(data.subjects[i] for i in present), subject, time, output, y[keep], kind[keep], data.line[rows],
        occasion[rows], first, np.append(first[1:], len(subject)), _table(problem, present, notes),
        _covariates(problem, present, notes), tuple(given.regimens[i] for i in present),
        tuple(given.lines[i] for i in present), _ends(data, rows, kind[keep]),
    )  # fmt: skip
    _check_logs(problem, design)
    _note_below(problem, design, notes)
    outcomes = _outcomes(problem, present, notes)
    return Design(**{**vars(design), "notes": tuple(notes), "outcomes": outcomes})


def _outcomes(problem: FitProblem, present: np.ndarray, notes: list[str]) -> tuple[Seen, ...]:
    """The outcomes of the subjects in the fit. Raises InputError for one of a subject without samples, by
    name."""
    names, found = problem.data.subjects, []
    for outcome in problem.outcomes:
        known = np.isfinite(outcome.values)
        alone = np.setdiff1d(np.flatnonzero(known), present)
        if len(alone):
            shown = ", ".join(names[i] for i in alone[:5]) + (", ..." if len(alone) > 5 else "")
            raise InputError(
                f"outcome `{outcome.name}`: {len(alone)} subject(s) have one and no sample in the fit: "
                f"{shown}; what is not known of their exposure is as large as the population; give their "
                "samples, or leave their outcome out"
            )
        notes += outcome.notes
        without = present[~known[present]]
        if len(without):
            shown = ", ".join(names[i] for i in without[:5]) + (", ..." if len(without) > 5 else "")
            notes.append(
                f"outcome `{outcome.name}` is not known of {len(without)} subject(s), whose samples count: "
                f"{shown}"
            )
        found.append(seen_of(outcome, present))
    return tuple(found)


def _check_units(problem: FitProblem, notes: list[str]) -> None:
    """Notes on units; refuses data that nobody has converted (`new_problem` does)."""
    given = problem.model, problem.data, problem.outputs
    if converted := in_model_units(*given)[1]:
        raise InputError(
            f"the data are not in the units of the model ({converted[0]}); make the problem with "
            "`new_problem`"
        )
    notes += [*problem.notes, *unstated(*given)]


def _values(
    problem: FitProblem, rows, subject, time, output, notes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(value, kind, whether it is used) of each record, after the rule for values below the limit."""
    data, below = problem.data, problem.below
    y, kind = data.dv[rows].copy(), data.cens[rows].astype(np.int8)
    zero = (kind == LOWER) & (y == 0) & np.isnan(data.limit[rows])
    takes_zero = np.array([r.kind in ("additive", "combined", "combined_squares") for r in problem.residuals])
    as_zero = zero & takes_zero[output]
    if as_zero.any():
        kind[as_zero] = MEASURED
        notes.append(f"{int(as_zero.sum())} value(s) of 0 without a limit count as measured (additive error)")
    lost = np.flatnonzero((kind == LOWER) & ~(np.isfinite(y) if data.logarithms else y > 0))
    if len(lost) and below != "m1":
        i = lost[0]
        who = f"subject `{data.subjects[subject[i]]}`, time {time[i]:g} (line {data.line[rows[i]]})"
        raise InputError(
            f"{who}: below a limit that is not stated; state it (--limit), or leave it out (--below m1)"
        )
    keep = np.ones(len(rows), dtype=bool)
    low = kind == LOWER
    if below == "m1":
        keep = ~low
    elif below in ("m5", "m6", "m7"):
        keep = ~low | (below != "m6") | _once_in_a_run(subject, output, low)
        y = np.where(low, 0.0 if below == "m7" else 0.5 * y, y)
        kind = np.where(low, MEASURED, kind).astype(np.int8)
    if low.any() and below != "m3":
        notes.append(
            f"{int(low.sum())} value(s) below the limit by rule {below}: {int((low & ~keep).sum())} left out"
        )
    return y, kind, keep


def _check_kept_logarithms(problem: FitProblem) -> None:
    """Values that stay logarithms are those of an output that is one: they have an additive error and no
    rule of halves."""
    if not problem.data.logarithms:
        return
    other = next((r for r in problem.residuals if r.kind != "additive"), None)
    if other is not None:
        raise InputError(
            f"the values are kept as logarithms, and the residual error of `{other.output}` is {other.kind}: "
            "say additive, for an output that is a logarithm, or have the values turned back (--logarithms "
            "e)"
        )
    if problem.below not in ("m1", "m3"):
        raise InputError(
            f"the values are kept as logarithms, which rule {problem.below} does not fit; take m3 or m1"
        )


def _once_in_a_run(subject, output, low) -> np.ndarray:
    """Which value below the limit stands for its run: the last one before the first measured value, else
    the first."""
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
            f"{design.where(i)}: the value {design.y[i]:g} has no logarithm, and the residual error is "
            "log-normal; state a limit (--limit), or take another residual error"
        )


def _note_below(problem: FitProblem, design: Design, notes: list[str]) -> None:
    only = [design.subjects[i] for i in range(design.n)
            if (design.kind[design.first[i] : design.last[i]] == LOWER).all()]  # fmt: skip
    if only:
        shown = ", ".join(only[:5]) + (", ..." if len(only) > 5 else "")
        notes.append(
            f"{len(only)} subject(s) have only values below the limit and are kept ({problem.below}): {shown}"
        )
    silent = set(np.unique(problem.data.profiles.subject).tolist()) - set(_left_out(problem, []))
    lost = len(silent) - design.n
    if lost:
        notes.append(f"{lost} subject(s) have no value left (rule {problem.below}) and are not in the fit")


def _ends(data: Data, rows: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """The other end of the interval in which a censored value lies."""
    end = data.end[rows]
    return np.where(np.isfinite(end) & (kind != MEASURED), end, np.where(kind == UPPER, np.inf, -np.inf))


def _left_out(problem: FitProblem, notes: list[str]) -> list[int]:
    """Subjects without a covariate that is used, where the rule is to leave them out."""
    if problem.missing != "leave-out":
        return []
    data, found = problem.data, {}
    for name in dict.fromkeys([*(e.covariate for e in problem.effects), *_own_covariates(problem)]):
        texts = covariate(data, name)
        if texts is None:
            continue
        for i in np.unique(data.profiles.subject).tolist():
            if is_missing(texts[i]):
                found.setdefault(i, []).append(name)
    if found:
        named = ", ".join(f"{data.subjects[i]} ({', '.join(found[i])})" for i in sorted(found))
        notes.append(f"{len(found)} subject(s) are left out, as a covariate is missing: {named}")
    return sorted(found)


def _own_covariates(problem: FitProblem) -> list[str]:
    """Covariates of the model itself that the data hold, one value for each subject."""
    return [
        q.name
        for q in problem.model.system.quantities
        if q.covariate and covariate(problem.data, q.name) is not None
    ]


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
            if changes_of(data, quantity.name) is None:
                absent.append(quantity.name)
        else:
            texts = completed(data, quantity.name, texts, present, problem.missing, notes)
            table[:, k] = numbers_of(data, quantity.name, texts, present, len(texts))[present]
    names = [q.name for q in model.system.quantities]
    for name, values in problem.own.items():
        table[:, names.index(name)] = values[present]
    if absent:
        listed = ", ".join(absent[:4]) + (", ..." if len(absent) > 4 else "")
        notes.append(
            f"{len(absent)} covariate(s) of the model are not in the data and stay at their reference: "
            f"{listed}"
        )
    return table


def _covariates(problem: FitProblem, present: np.ndarray, notes: list[str]) -> np.ndarray:
    """x of each effect, shape (subjects, effects)."""
    data, columns = problem.data, []
    for effect in problem.effects:
        texts = covariate(data, effect.covariate)
        if texts is None:
            known = known_covariates(data)
            raise InputError(
                f"covariate effect `{effect.name}`: " + unknown("covariate", effect.covariate, known)
            )
        texts = completed(data, effect.covariate, texts, present, problem.missing, notes)
        columns.append(_x(data, effect, texts, present))
    return np.stack(columns, axis=1) if columns else np.zeros((len(present), 0))


def _x(data: Data, effect: Effect, texts: np.ndarray, present: np.ndarray) -> np.ndarray:
    if effect.shape == "categorical":
        lost = [data.subjects[i] for i in present.tolist() if is_missing(texts[i])]
        if lost:
            raise InputError(
                f"subject `{lost[0]}`: covariate `{effect.covariate}` is missing; give a level, or --missing "
                "says what else"
            )
        if not any(str(texts[i]) == effect.level for i in present.tolist()):
            levels = {str(texts[i]) for i in present.tolist()}
            raise InputError(f"covariate effect `{effect.name}`: " + unknown("level", effect.level, levels))
        return np.array([float(str(texts[i]) == effect.level) for i in present.tolist()])
    numbers = numbers_of(data, effect.covariate, texts, present, len(texts))[present]
    if effect.shape == "exponential":
        return numbers - effect.reference
    if (numbers <= 0).any():
        i = present[int(np.flatnonzero(numbers <= 0)[0])]
        raise InputError(
            f"subject `{data.subjects[i]}`: `{effect.covariate}` is not above 0, as a power needs"
        )
    return np.log(numbers / effect.reference)
