"""From a table to a sample: which subjects enter, and why others do not."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data.cells import NUMBER, decimal_sign, read_numbers
from livingdrug.data.findings import printable
from livingdrug.response.covariates import dummies
from livingdrug.response.endpoint import Outcome, read_outcome
from livingdrug.response.sample import Kind, Sample
from livingdrug.response.table import SubjectTable
from livingdrug.response.times import coded_events

CONFOUNDED = (
    "an association is not an effect: tumour burden drives both expansion and outcome, early death or progression cuts an "
    "AUC window short, and tocilizumab or steroids after CRS follow a high exposure and change it"
)


@dataclass(frozen=True)
class Question:
    """What is asked of a table.

    exposure, endpoint: names; kind: None lets the values decide; trials: column with the size of each group; time, event:
    columns of a time and whether it ended in an event (1) or not (0); event_value: the code of an event where codes are
    others; adjust: columns of covariates, `COLUMN=LEVEL` with the reference level of a column of categories; landmark: only
    subjects event-free and observed after this time enter; onset: column with the time at which exposure is cut.
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

    def __post_init__(self) -> None:
        if self.landmark is not None and not 0 < self.landmark < np.inf:
            raise InputError(f"the landmark is {self.landmark:g}; it must be a day above 0, such as 28")
        if self.landmark is not None and self.time is None:
            raise InputError("--landmark needs --time COLUMN, the time to event or last observation of each subject")
        if self.event_value is not None and self.event is None:
            raise InputError("--event-value is a code in the column of --event; name that column")
        if self.endpoint is None and not (self.time and self.event):
            raise InputError("name the outcome with --endpoint, or with --time and --event")
        if self.trials is not None and (self.time or self.kind not in (None, "binary")):
            raise InputError("--trials is for counts of a yes-or-no outcome; leave out --time and --kind")


def select(table: SubjectTable, question: Question) -> tuple[Kind, Sample]:
    """(kind of fit, its sample). Subjects without exposure, outcome or covariate are left out and named in a note.

    Raises InputError where cells cannot be read or nobody is left.
    """
    exposure = table.numbers(question.exposure, "exposure")
    heading = table.heading(question.exposure, "exposure")
    outcome, event = _outcome(table, question)
    keep, notes = np.ones(table.n, dtype=bool), [*table.notes, *outcome.notes]
    covariates = {}
    for column in question.adjust:
        covariates |= _covariate(table, column, notes)
    _refuse_itself(covariates, {heading: "exposure", table.find(question.endpoint or ""): "outcome"})
    trials = table.numbers(question.trials, "--trials") if question.trials else np.ones(table.n)
    missing = {heading: exposure, outcome.label: outcome.values, "the event": event, "trials": trials, **covariates}
    for name, values in missing.items():
        gone = np.flatnonzero(np.isnan(values) & keep)
        if len(gone):
            notes.append(_left_out(table, gone, name))
            keep[gone] = False
    values = outcome.values
    if question.landmark is not None:
        keep &= _at_landmark(table, question, notes)
        values = values - question.landmark if outcome.kind == "time" else values
    rows = np.flatnonzero(keep)
    if not len(rows):
        raise InputError(f"`{table.name}`: no subject is left: " + "; ".join(notes))
    sample = Sample(
        exposure[rows], values[rows], heading, outcome.label, table.units.get(heading, ""), outcome.unit, trials[rows],
        event[rows] if outcome.kind == "time" else np.empty(0), {c: v[rows] for c, v in covariates.items()},
        table.floors.get(heading, np.full(table.n, np.nan))[rows],
        tuple(table.names[i] for i in rows), table.name, tuple(notes),
    )  # fmt: skip
    return outcome.kind, sample


def _outcome(table: SubjectTable, question: Question) -> tuple[Outcome, np.ndarray]:
    """The outcome, and whether each time ended in an event (0 everywhere for other kinds)."""
    none = np.zeros(table.n)
    if question.kind != "time" and question.endpoint is not None:
        return read_outcome(table, question.endpoint, question.kind, question.trials is not None), none
    time, event = question.time or question.endpoint, question.event
    if event is None:
        found = table.find("PFSEVENT") if table.find(time) == table.find("PFS") else None
        if found is None:
            raise InputError("a time needs --event COLUMN, with 1 for an event and 0 for a subject still free of it")
        event = found
    heading = table.heading(time, "--time")
    times, codes = table.numbers(time, "--time"), table.numbers(event, "--event")
    wrong = np.flatnonzero(times < 0)
    if len(wrong):
        listed = ", ".join(f"{times[i]:g} ({table.names[i]})" for i in wrong[:5])
        raise InputError(f"`{table.name}`: `{heading}` holds {listed}; write a time of 0 or above")
    known = np.isfinite(codes)
    events = np.full(table.n, np.nan)
    events[known] = coded_events(codes[known], tuple(np.array(table.names)[known]), question.event_value, event)
    return Outcome(times, "time", question.endpoint or heading, table.units.get(heading, "")), events


def _covariate(table: SubjectTable, column: str, notes: list[str]) -> dict[str, np.ndarray]:
    """term -> values of a column to adjust for: its numbers, or a dummy for each category but the reference."""
    name, _, reference = column.partition("=")
    heading = table.heading(name, "--adjust")
    texts = table.texts(name, "--adjust")
    if heading in table.computed or not reference and _are_numbers(texts):
        return {heading: table.numbers(name, "--adjust")}
    terms, base = dummies(heading, texts, reference or None)
    notes.append(f"the reference level of `{heading}` is {base}")
    return terms


def _refuse_itself(covariates, taken: dict[str | None, str]) -> None:
    for name in covariates:
        if name in taken:
            raise InputError(f"`{name}` is the {taken[name]} itself, so it cannot be adjusted for")


def _are_numbers(texts: np.ndarray) -> bool:
    """Whether any cell is a number: a column that holds both numbers and words is a mistake, not a set of categories."""
    return bool((read_numbers(texts, decimal_sign([texts])).kind == NUMBER).any())


def _left_out(table: SubjectTable, rows: np.ndarray, name: str) -> str:
    named = ", ".join(printable(table.names[i], 30) for i in rows[:5]) + (", ..." if len(rows) > 5 else "")
    why = set(table.reasons.get(name, np.full(table.n, ""))[rows]) - {""}
    because = f" ({'; '.join(sorted(why)[:2])})" if why else ""
    return f"{len(rows)} subject(s) without `{name}` are left out: {named}{because}"


def _at_landmark(table: SubjectTable, question: Question, notes: list[str]) -> np.ndarray:
    """Who is free of the event and observed after the landmark; the others are noted."""
    times = table.numbers(question.time, "--time")
    day = question.landmark
    gone = np.flatnonzero(~(times > day))
    unit = table.units.get(table.heading(question.time, "--time"), "")
    at = f"{day:g} {unit}".rstrip()
    if len(gone):
        named = ", ".join(printable(table.names[i], 30) for i in gone[:5]) + (", ..." if len(gone) > 5 else "")
        notes.append(f"landmark at {at}: {len(gone)} subject(s) with an event or the end of observation by then, or without "
                     f"a time, are left out: {named}")  # fmt: skip
    else:
        notes.append(f"landmark at {at}: everybody is event-free and under observation after it")
    return times > day
