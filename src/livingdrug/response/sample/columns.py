"""What the columns of a table of subjects may be in an exposure-response, and what is wrong in their cells,
by line."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import (
    MISSING,
    NUMBER,
    Finding,
    Findings,
    check_endpoints,
    decimal_sign,
    plain_word,
    read_grid,
    read_numbers,
    speaks_of_censoring,
    split_heading,
    time_unit_of,
)
from livingdrug.response.sample.endpoint import read_outcome
from livingdrug.response.sample.table import MEANING, SubjectTable, read_subjects
from livingdrug.response.survival.events import event_beside

EXPOSURES = (
    "cmax",
    "auc",
    "exposure",
    "peak",
    "clast",
    "cavg",
    "expansion",
    "dose",
    "conc",
)  # how headings begin
MOSTLY = 0.5  # part of numbers among filled cells above which a column is one of numbers
KINDS = {"binary": "yes or no", "graded": "grades", "continuous": "a number", "time": "a time"}


@dataclass(frozen=True)
class Guess:
    """What a column is taken for: `subject`, `exposure`, `outcome`, `time`, `event`, `number` or `words`;
    why; its unit; outcomes: endpoints that can be asked of it (name, kind)."""

    heading: str
    use: str
    why: str
    unit: str
    outcomes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Looked:
    """A table of subjects as it was looked at.

    Attributes
    ----------
    table : SubjectTable
        The table.
    guesses : tuple of Guess
        What its columns may be.
    findings : tuple of Finding
        Faults by line.
    """

    table: SubjectTable
    guesses: tuple[Guess, ...]
    findings: tuple[Finding, ...]

    def named(self, use: str) -> list[str]:
        """Headings of one use."""
        return [g.heading for g in self.guesses if g.use == use]

    def outcomes(self, *kinds: str) -> list[str]:
        """Endpoints of these kinds."""
        return [name for g in self.guesses for name, kind in g.outcomes if kind in kinds]


def look(path: str | Path, sheet: str | None = None) -> Looked:
    """Look at a file with a row for each subject, or group.

    Parameters
    ----------
    path : str or Path
        Of the table: CSV, TSV or Excel.
    sheet : str, optional
        Of a workbook; the only one by default.

    Returns
    -------
    Looked

    Raises
    ------
    InputError
        Where it is no such table.
    """
    table = read_subjects(path, sheet, several=True)
    guesses = tuple(_guess(table, heading) for heading in table.columns)
    return Looked(table, guesses, _faults(path, sheet, guesses))


def _guess(table: SubjectTable, heading: str) -> Guess:
    meaning, unit, texts = (
        MEANING.get(plain_word(heading)),
        table.units.get(heading, ""),
        table.columns[heading],
    )
    if meaning == "ID":
        return Guess(heading, "subject", "the heading", unit)
    if meaning == "PFSEVENT" or speaks_of_censoring(heading):
        return Guess(heading, "event", "the heading", unit)
    part, values = _numbers(texts)
    beside = _beside(table, heading) if meaning == "PFS" or part > MOSTLY else None
    if meaning == "PFS" or beside is not None:
        why = "the heading" if meaning == "PFS" else f"`{beside}` says which of its times are events"
        outcomes = ((heading, "time"),) if beside is not None else ()
        return Guess(heading, "time", why, time_unit_of(heading, unit).name, outcomes)
    if part > MOSTLY and plain_word(heading).startswith(EXPOSURES):
        return Guess(heading, "exposure", "the heading, and numbers below it", unit)
    outcomes = _outcomes(table, heading, meaning)
    kinds = {kind for _, kind in outcomes}
    if kinds & {"binary", "graded"}:
        return Guess(heading, "outcome", f"its values: {KINDS[outcomes[0][1]]}", unit, outcomes)
    if part > MOSTLY:
        return Guess(heading, "number", "numbers: an exposure, an outcome or a covariate", unit, outcomes)
    return Guess(heading, "words", "words: categories to adjust for, or a note", unit)


def _beside(table: SubjectTable, heading: str) -> str | None:
    """The column of events of a time; none where several could be it."""
    try:
        return event_beside(table, heading)
    except InputError:
        return None


def _numbers(texts: np.ndarray) -> tuple[float, np.ndarray]:
    """(part of numbers among the filled cells, the numbers)."""
    read = read_numbers(texts, decimal_sign([texts]))
    filled = read.kind != MISSING
    return float((read.kind == NUMBER).sum() / max(filled.sum(), 1)), read.value[read.kind == NUMBER]


def _outcomes(table: SubjectTable, heading: str, meaning: str | None) -> tuple[tuple[str, str], ...]:
    """What the reader of endpoints makes of a column; nothing where it refuses it."""
    try:
        kind = read_outcome(table, heading).kind
    except InputError:
        graded = meaning in ("CRS", "ICANS")
        kind = "graded" if graded else "binary" if meaning == "RESPONSE" else ""
    if kind == "graded":
        return ((heading, kind), *((f"{heading}>={least}", "binary") for least in (1, 2, 3)))
    if kind == "binary" and meaning == "RESPONSE":
        return (("ORR", kind), ("CRR", kind))
    return ((heading, kind),) if kind else ()


def _faults(path: str | Path, sheet: str | None, guesses: tuple[Guess, ...]) -> tuple[Finding, ...]:
    """Cells that are no number in a column of numbers; of endpoints that have a name here, what `check` finds
    in them."""
    findings = Findings()
    grid = read_grid(path, findings, sheet)
    uses = {g.heading: g.use for g in guesses}
    for heading, texts in zip(grid.headings, grid.columns, strict=True):
        name = split_heading(heading)[0]
        if uses.get(name) not in ("exposure", "number"):
            continue
        kind = read_numbers(texts, decimal_sign([texts])).kind
        wrong = np.flatnonzero((kind != NUMBER) & (kind != MISSING))
        findings.at(
            "number",
            wrong,
            heading,
            texts[wrong],
            "{} is not a number",
            "write a number, or leave the cell empty",
        )
    known = check_endpoints(path).findings if sheet is None and "subject" in uses.values() else ()
    return tuple(sorted([*findings.found, *known], key=lambda f: (f.line, f.column)))
