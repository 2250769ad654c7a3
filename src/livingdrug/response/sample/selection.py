"""From a table to a sample: which subjects enter, and why others do not."""

import shlex
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import (
    NUMBER,
    TimeUnit,
    decimal_sign,
    printable,
    read_numbers,
    speaks_of_censoring,
    time_unit_of,
)
from livingdrug.response.sample.causes import read_causes
from livingdrug.response.sample.covariates import dummies
from livingdrug.response.sample.endpoint import Outcome, read_outcome
from livingdrug.response.sample.sample import Kind, Sample
from livingdrug.response.sample.table import SubjectTable
from livingdrug.response.sample.time_rows import check_rows, first_seen, time_rows
from livingdrug.response.survival.events import event_beside, is_time, read_events

THE_EVENT = "the event"  # what an event is called that has no name
CONFOUNDED = (
    "an association is not an effect: tumour burden drives both expansion and outcome, early death or "
    "progression cuts an AUC window short, and tocilizumab or steroids after CRS follow a high exposure and "
    "change it"
)


@dataclass(frozen=True)
class Question:
    """What is asked of a table.

    Attributes
    ----------
    exposure : str
        Column of the exposure, or the code of what `nca` computes of samples.
    endpoint : str or None
        Column or name of the outcome, such as `CRS`; None for a time that `time` and `event` give.
    kind : Kind or None
        None lets the values decide.
    trials : str or None
        Column with the size of each group.
    time, event : str or None
        Columns of a time and whether it ended in an event (1) or not (0).
    event_value : float or None
        The code of an event where codes are others.
    adjust : tuple of str
        Columns of covariates, `COLUMN=LEVEL` with the reference level of a column of categories.
    landmark : float or None
        Only subjects event-free and observed after this many days enter.
    onset : str or None
        Column with the time at which exposure is cut.
    causes : tuple[tuple[str, str], ...]
        (name, code) of each event that can end a time, the one asked about first, for competing risks.
    start : str or None
        Of a time: column with the start of each row (start-stop rows of a subject).
    strata : tuple of str
        Of a time: columns whose combinations have a baseline hazard of their own.
    cluster : str or None
        Column of rows that belong together (of a time), or whose each row of a repeated outcome is.
    robust : bool
        The same with the rows of a subject.
    seen_by : str or None
        Column with the first visit with the event, where `time` is the last one without.
    """

    exposure: str
    endpoint: str | None = None
    kind: Kind | None = None
    trials: str | None = None
    time: str | None = None
    event: str | None = None
    event_value: float | None = None
    adjust: tuple[str, ...] = ()
    landmark: float | None = None
    onset: str | None = None
    causes: tuple[tuple[str, str], ...] = ()
    start: str | None = None
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    robust: bool = False
    seen_by: str | None = None

    def __post_init__(self) -> None:
        self._check_rows()
        if self.landmark is not None and not 0 < self.landmark < np.inf:
            raise InputError(f"the landmark is {self.landmark:g}; it must be a day above 0, such as 28")
        if self.landmark is not None and self.time is None:
            raise InputError(
                "--landmark needs --time COLUMN, the time to event or last observation of each subject"
            )
        if bool(self.causes) != (self.kind == "competing"):
            raise InputError("competing risks need the code of each cause (--cause NAME=CODE), and nothing else takes them")
        if self.causes and (not self.time or not self.event or len(self.causes) < 2 or self.event_value is not None):
            raise InputError(
                "competing risks need --time COLUMN, --event COLUMN and two causes at least, such as --cause "
                "relapse=1,death=2; leave out --event-value"
            )
        if self.event_value is not None and self.event is None:
            raise InputError("--event-value is a code in the column of --event; name that column")
        if bool(self.seen_by) != (self.kind == "visits"):
            raise InputError(
                "an event between visits needs the first visit with it (--seen-by COLUMN); nothing else takes it"
            )
        if self.seen_by and (not self.time or self.event or self.causes or self.landmark is not None):
            raise InputError(
                "--seen-by is the first visit with the event, --time the last one without it; leave out --event, --cause and "
                "--landmark"
            )
        if self.endpoint is None and not (self.time and (self.event or self.seen_by)):
            raise InputError("name the outcome with --endpoint, or with --time and --event")
        if self.trials is not None and (self.time or self.kind not in (None, "binary")):
            raise InputError("--trials is for counts of a yes-or-no outcome; leave out --time and --kind")

    def _check_rows(self) -> None:
        """Start-stop rows, strata and clusters are of a time to one kind of event."""
        named = {"--start": self.start, "--strata": self.strata, "--cluster": self.cluster, "--robust": self.robust}
        if self.kind == "repeated":
            named.pop("--cluster")  # whose each row is, where that is not the ID
        flag = next((flag for flag, value in named.items() if value), None)
        if flag and (self.causes or self.trials or self.kind not in (None, "time")):
            raise InputError(f"{flag} is for a time to an event (--time with --event); leave it out")
        if self.cluster and self.robust:
            raise InputError("--robust takes the rows of a subject together, --cluster those of a column; give one of them")
        if self.start and self.landmark is not None:
            raise InputError("--start says when each row is at risk, so a landmark has no place; leave out one of them")


def select(table: SubjectTable, question: Question) -> tuple[Kind, Sample]:
    """(kind of fit, its sample). Subjects without exposure, outcome or covariate are left out and named in a
    note.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    question : Question
        What is asked.

    Returns
    -------
    tuple[Kind, Sample]

    Raises
    ------
    InputError
        Where cells cannot be read or nobody is left.
    """
    exposure = table.numbers(question.exposure, "exposure")
    heading = table.heading(question.exposure, "exposure")
    outcome, event = _outcome(table, question)
    keep, notes = np.ones(table.n, dtype=bool), [*table.notes, *outcome.notes]
    covariates, references = {}, {}
    for column in question.adjust:
        terms, reference = _covariate(table, column)
        covariates, references = covariates | terms, references | reference
    notes += [f"the reference level of `{name}` is {level}" for name, level in references.items()]
    _refuse_itself(covariates, {heading: "exposure", table.find(question.endpoint or ""): "outcome"})
    trials = table.numbers(question.trials, "--trials") if question.trials else np.ones(table.n)
    together = question.robust or (question.kind == "repeated" and not question.cluster)
    said = time_rows(table, question.start, question.strata, question.cluster, together)
    if outcome.kind not in ("time", "repeated") and any(len(v) for v in (said.entry, said.strata, said.clusters)):
        raise InputError(
            f"`{outcome.label}` is no time to an event, so --start, --strata, --cluster and --robust say nothing"
        )
    missing = {
        heading: exposure,
        (question.time or "") if question.seen_by else outcome.label: outcome.values,
        THE_EVENT: event,
        "trials": trials,
        **covariates,
        **({question.start or "": said.entry} if len(said.entry) else {}),
    }
    for name, labels in ((", ".join(question.strata), said.strata), (question.cluster or "ID", said.clusters)):
        if len(labels):
            missing[name] = np.where(labels == "", np.nan, 0.0)
    for name, values in missing.items():
        gone = np.flatnonzero(np.isnan(values) & keep)
        if len(gone):
            notes.append(_left_out(table, gone, name))
            keep[gone] = False
    values = outcome.values
    if question.landmark is not None:
        free, day = _at_landmark(table, question, notes)
        keep &= free
        values = values - day if outcome.kind in ("time", "competing") else values
    rows = np.flatnonzero(keep)
    if not len(rows):
        raise InputError(f"`{table.name}`: no subject is left: " + "; ".join(notes))
    if len(said.entry):
        notes.append(check_rows(table, rows, said.entry[rows], values[rows], event[rows]))
    sample = Sample(
        exposure[rows],
        values[rows],
        heading,
        outcome.label,
        table.units.get(heading, ""),
        outcome.unit,
        trials[rows],
        event[rows] if outcome.kind in ("time", "competing") else np.empty(0),
        {c: v[rows] for c, v in covariates.items()},
        table.floors.get(heading, np.full(table.n, np.nan))[rows],
        tuple(table.names[i] for i in rows),
        table.name,
        tuple(notes),
        tuple(name for name, _ in question.causes),
        said.entry[rows] if len(said.entry) else said.entry,
        tuple(said.strata[rows]) if len(said.strata) else (),
        tuple(said.clusters[rows]) if len(said.clusters) else (),
        first_seen(table, question.seen_by)[rows] if question.seen_by else np.empty(0),
        references,
    )
    return outcome.kind, sample


def _outcome(table: SubjectTable, question: Question) -> tuple[Outcome, np.ndarray]:
    """The outcome, and whether each time ended in an event (0 everywhere for other kinds)."""
    none = np.zeros(table.n)
    if question.seen_by is not None:
        return _visits(table, question), none
    if question.kind not in ("time", "competing") and question.endpoint is not None and not _asks_a_time(table, question):
        repeated = question.kind == "repeated"
        kind = "binary" if repeated else question.kind
        outcome = read_outcome(table, question.endpoint, kind, question.trials is not None)
        outcome = replace(outcome, kind="repeated") if repeated else outcome
        _refuse_censoring(table, question.endpoint)
        return _plain_number(table, question, outcome), none
    time, event = known(question.time or question.endpoint, "the column of the time"), question.event
    heading = table.heading(time, "--time")
    event = event or event_beside(table, heading)
    if event is None:
        raise InputError(
            f"`{heading}` is a time to an event, which needs --event COLUMN, with 1 for an event and 0 for a "
            "subject still free of it (as a plain number: --kind continuous)"
        )
    times = table.numbers(time, "--time")
    wrong = np.flatnonzero(times < 0)
    if len(wrong):
        listed = ", ".join(f"{times[i]:g} ({table.names[i]})" for i in wrong[:5])
        raise InputError(f"`{table.name}`: `{heading}` holds {listed}; write a time of 0 or above")
    unit = time_unit_of(heading, table.units.get(heading, ""))
    if question.causes:
        first = question.causes[0][0]
        return Outcome(times, "competing", first, unit.name, ()), read_causes(table, event, dict(question.causes))
    events, notes = read_events(table, event, question.event_value)
    if question.event is None:
        beside = printable(table.heading(event, "--event"), 40)
        notes = (f"`{beside}` says which times of `{heading}` ended in an event", *notes)
    return Outcome(times, "time", question.endpoint or heading, unit.name, notes), events


def _visits(table: SubjectTable, question: Question) -> Outcome:
    """The last visit without the event; an empty cell is 0 where the event was seen, so at the first visit."""
    column = known(question.time, "the column of the last visit without the event")
    heading = table.heading(column, "--time")
    last, upper = table.numbers(column, "--time"), first_seen(table, known(question.seen_by, "the column"))
    last = np.where(np.isnan(last) & np.isfinite(upper), 0.0, last)
    unit = time_unit_of(heading, table.units.get(heading, ""))
    return Outcome(last, "visits", question.endpoint or THE_EVENT, unit.name, ())


def _asks_a_time(table: SubjectTable, question: Question) -> bool:
    """Whether an endpoint of which nobody said the kind is a time to an event."""
    heading = None if question.endpoint is None else table.find(question.endpoint)
    return (
        question.kind is None and question.trials is None and heading is not None and is_time(table, heading)
    )


def _refuse_censoring(table: SubjectTable, endpoint: str) -> None:
    heading = table.find(endpoint)
    if heading is not None and speaks_of_censoring(heading):
        raise InputError(
            f"`{heading}` speaks of censoring, not of an outcome: relate the time beside it, with --time and "
            f"--event {shlex.quote(heading)}"
        )


def _plain_number(table: SubjectTable, question: Question, outcome: Outcome) -> Outcome:
    """A time to an event that is taken as a number on demand says what that does."""
    heading = None if question.endpoint is None else table.find(question.endpoint)
    if outcome.kind != "continuous" or heading is None or not is_time(table, heading):
        return outcome
    note = (
        f"`{heading}` is taken as a plain number, as you said: a censored time counts as if it had ended in "
        "an event"
    )
    return replace(outcome, notes=(*outcome.notes, note))


def _covariate(table: SubjectTable, column: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(term -> values of a column to adjust for: its numbers, or a dummy for each category but the reference; column ->
    reference of categories)."""
    name, _, reference = column.partition("=")
    heading = table.heading(name, "--adjust")
    texts = table.texts(name, "--adjust")
    if heading in table.computed or not reference and _are_numbers(texts):
        return {heading: table.numbers(name, "--adjust")}, {}
    terms, base = dummies(heading, texts, reference or None)
    return terms, {heading: base}


def _refuse_itself(covariates, taken: dict[str | None, str]) -> None:
    for name in covariates:
        if name in taken:
            raise InputError(f"`{name}` is the {taken[name]} itself, so it cannot be adjusted for")


def _are_numbers(texts: np.ndarray) -> bool:
    """Whether any cell is a number: a column that holds both numbers and words is a mistake, not a set of
    categories."""
    return bool((read_numbers(texts, decimal_sign([texts])).kind == NUMBER).any())


def _left_out(table: SubjectTable, rows: np.ndarray, name: str) -> str:
    named = ", ".join(printable(table.names[i], 30) for i in rows[:5]) + (", ..." if len(rows) > 5 else "")
    why = set(table.reasons.get(name, np.full(table.n, ""))[rows]) - {""}
    because = f" ({'; '.join(sorted(why)[:2])})" if why else ""
    return f"{len(rows)} subject(s) without `{name}` are left out: {named}{because}"


def _at_landmark(table: SubjectTable, question: Question, notes: list[str]) -> tuple[np.ndarray, float]:
    """(who is free of the event and observed after the landmark, the landmark in the unit of the times); the
    others are noted."""
    column, landmark = (
        known(question.time, "the column of the time"),
        known(question.landmark, "the landmark"),
    )
    times = table.numbers(column, "--time")
    heading, days = table.heading(column, "--time"), TimeUnit("d")
    unit = time_unit_of(heading, table.units.get(heading, ""))
    day = unit.from_other(landmark, days)
    at = f"landmark at {landmark:g} d" if unit.name else f"landmark at {landmark:g}"
    if day != landmark:
        at += f" ({day:.4g} {unit.name}; {unit.factor_words(days)})"
    if not unit.name:
        notes.append(
            f"the unit of `{heading}` is not stated: the landmark is taken in the same unit; write it in the "
            "heading, such as PFS (d)"
        )
    gone = np.flatnonzero(~(times > day))
    if len(gone):
        named = ", ".join(printable(table.names[i], 30) for i in gone[:5]) + (
            ", ..." if len(gone) > 5 else ""
        )
        notes.append(
            f"{at}: {len(gone)} subject(s) with an event or the end of observation by then, or without "
            f"a time, are left out: {named}"
        )
    else:
        notes.append(f"{at}: everybody is event-free and under observation after it")
    return times > day, day
