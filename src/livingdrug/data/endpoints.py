"""The second table: one row per subject with response, grades of CRS and ICANS, and progression-free
survival."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.data.cells import MISSING, NUMBER, decimal_sign, missing, read_numbers, with_points
from livingdrug.data.endpoint_words import (
    RESPONSES,
    is_cnsr,
    read_event,
    read_grade,
    read_response,
    respelled,
    speaks_of_censoring,
)
from livingdrug.data.findings import Finding, Findings, printable, refusal
from livingdrug.data.grid import Grid
from livingdrug.data.long import one_row_each
from livingdrug.data.meanings import Column, plain_word, split_heading
from livingdrug.data.names import look_alikes, no_shared_subject
from livingdrug.data.source import read_grid
from livingdrug.data.table import Data
from livingdrug.data.time_units import time_unit_of

ENDPOINT_WORDS = {
    "ID": "id usubjid subjid subject subjectid patient patientid ptid pt upn animal animalid mouse mouseid "
    "participant",
    "RESPONSE": "response bestresponse bor bestoverallresponse resp rspn",
    "CRS": "crs crsgrade maxcrs maxcrsgrade crsgr",
    "ICANS": "icans icansgrade maxicans maxicansgrade neurotox neurotoxicity icansgr",
    "PFS": "pfs pfstime pfsdays pfsweeks pfsmonths pfsmo timetoprogression pfsd",
    "PFSEVENT": "pfsevent pfsstatus progressed progression event",
}
_MEANING = {word: meaning for meaning, words in ENDPOINT_WORDS.items() for word in words.split()}
GRADES = range(6)
GRADED = ("CRS", "ICANS")  # meanings whose values can only be grades


@dataclass(frozen=True, repr=False)
class Endpoints(Shown):
    """A table of endpoints.

    Attributes
    ----------
    name : str
        Of the file.
    subjects : tuple of str
        Names of the subjects, in the order of all arrays.
    values : dict[str, ndarray]
        Name of an endpoint -> text of each subject, "" where missing.
    columns : tuple of Column
        What each column means.
    findings : tuple of Finding
        What is wrong.
    notes : tuple of str
        What was done to the data.
    """

    name: str
    subjects: tuple[str, ...]
    values: dict[str, np.ndarray]
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the table may be used."""
        return not any(f.severity == "error" for f in self.findings)


def is_graded(heading: str) -> bool:
    """Whether a heading can only stand over grades, such as `CRS grade`.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    bool
    """
    return _MEANING.get(plain_word(heading)) in GRADED


def check_endpoints(path: str | Path) -> Endpoints:
    """Look at a table of endpoints.

    Parameters
    ----------
    path : str or Path
        Of the table: CSV, TSV or Excel.

    Returns
    -------
    Endpoints

    Raises
    ------
    InputError
        Only where it is no table or names no subject.
    """
    findings = Findings()
    grid = one_row_each(read_grid(path, findings), findings)
    name = printable(Path(path).name)
    columns = _columns(grid)
    meanings = [c.meaning for c in columns]
    if "ID" not in meanings:
        headings = ", ".join(f"`{printable(h, 30)}`" for h in grid.headings[:12])
        raise InputError(f"`{name}`: no column names the subject among {headings}; call one of them ID")
    ids = grid.columns[meanings.index("ID")]
    _subject_faults(ids, columns[meanings.index("ID")].name, findings)
    values = {}
    for column, texts in zip(columns, grid.columns, strict=True):
        if column.meaning != "ID":
            label = column.name if column.meaning == "covariate" else column.meaning
            values[label] = _values(column, texts, findings)
    _pairs(values, columns, grid, findings)
    return Endpoints(name, tuple(ids), values, columns, findings.sorted(), tuple(findings.notes))


def _columns(grid: Grid) -> tuple[Column, ...]:
    taken: set[str] = set()
    made = []
    for heading, below in zip(grid.headings, grid.units or ("",) * len(grid.headings), strict=True):
        meaning = _MEANING.get(plain_word(heading), "covariate")
        if meaning in taken:
            meaning = "covariate"
        taken |= {meaning} - {"covariate"}
        why = "the heading" if meaning != "covariate" else "kept to group subjects by"
        unit = split_heading(heading)[1] or below.strip("()[] ")
        made.append(
            Column(heading, meaning, why, time_unit_of(heading, unit).name if meaning == "PFS" else unit)
        )
    return tuple(made)


def _subject_faults(ids: np.ndarray, name: str, findings: Findings) -> None:
    unnamed = missing(ids)
    rows = np.flatnonzero(unnamed)
    findings.at(
        "no-subject", rows, name, ids[rows], "the row names no subject", "write the subject in every row"
    )
    _, first = np.unique(ids.astype(str), return_index=True)
    twice = np.setdiff1d(np.flatnonzero(~unnamed), first)
    findings.at(
        "subject-twice", twice, name, ids[twice], "subject {} has a second row", "keep one row per subject"
    )


def _values(column: Column, texts: np.ndarray, findings: Findings) -> np.ndarray:
    """Texts in one spelling; what fits no endpoint is a finding."""
    plain = np.where(missing(texts), "", texts).astype(object)
    if column.meaning == "RESPONSE":
        words = {text: read_response(text) for text in set(plain)}
        wrong = np.flatnonzero([words[text] is None for text in plain])
        fix = f"use one of {', '.join(RESPONSES)}"
        findings.at(
            "response", wrong, column.name, texts[wrong], "{} is not a response that is known here", fix
        )
        _respelled(column, {text: word for text, word in words.items() if word}, findings)
        return np.array([words[text] or "" for text in plain], dtype=object)
    if column.meaning in GRADED:
        grades = {text: read_grade(text) for text in set(plain)}
        fits = np.array([grades[text] in GRADES for text in plain], dtype=bool)
        wrong = np.flatnonzero(~fits & (plain != ""))
        findings.at("grade", wrong, column.name, texts[wrong], "{} does not fit", "write a grade from 0 to 5")
        _respelled(
            column, {text: f"{grade:g}" for text, grade in grades.items() if grade in GRADES}, findings
        )
        return np.array(
            [f"{grades[text]:g}" if ok else "" for text, ok in zip(plain, fits, strict=True)], dtype=object
        )
    if column.meaning == "PFSEVENT":
        return _events(column, plain, findings)
    if column.meaning == "PFS":
        plain = with_points(plain) if decimal_sign([plain]) == "," else plain
        numbers = read_numbers(plain)
        wrong = np.flatnonzero((numbers.kind != MISSING) & ~((numbers.kind == NUMBER) & (numbers.value >= 0)))
        findings.at(
            "pfs",
            wrong,
            column.name,
            texts[wrong],
            "{} is not a time",
            "write the time as a number, 0 or above",
        )
        if not column.unit:
            findings.note(
                f"the unit of `{printable(column.name)}` is not stated; write it in the heading, such as PFS "
                "(d)"
            )
    return plain


def _respelled(column: Column, words: dict[str, str], findings: Findings) -> None:
    changed = respelled(words)
    if changed:
        findings.note(f"`{printable(column.name, 40)}`: read {changed}")


def _events(column: Column, plain: np.ndarray, findings: Findings) -> np.ndarray:
    """1, 0 or the codes of the file. Which of two other codes is the event is asked where an answer depends
    on it."""
    read = {text: read_event(text) for text in set(plain)}
    words = {
        text: ""
        if e is None
        else str(int(e.happened))
        if e.happened is not None
        else f"{e.code:g}"
        if np.isfinite(e.code)
        else ""
        for text, e in read.items()
    }
    codes = {word for word in words.values() if word}
    others = codes - {"0", "1"}
    what = "write 1 (progression or death) or 0 (censored)"
    # a few cells that fit not are faults; a column of two other codes is a question
    alone = bool(others) and len(codes) <= 2 and all(e is None or e.happened is None for e in read.values())
    wrong = np.flatnonzero([read[t] is None or (words[t] in others and not alone) for t in plain])
    findings.at("grade", wrong, column.name, plain[wrong], "{} does not fit", what)
    if alone:
        findings.note(
            f"`{printable(column.name, 40)}` holds the codes {' and '.join(sorted(codes))}, not 0 and 1: a "
            "time to event needs the code of an event (--event-value)"
        )
    return np.array([words[text] for text in plain], dtype=object)


def _pairs(
    values: dict[str, np.ndarray], columns: tuple[Column, ...], grid: Grid, findings: Findings
) -> None:
    """A time of progression-free survival says whether it ended in an event."""
    if "PFS" not in values:
        return
    name = next(c.name for c in columns if c.meaning == "PFS")
    said = [c for c in columns if c.meaning == "PFSEVENT"] or [
        c for c in columns if speaks_of_censoring(c.name)
    ]
    if not said:
        findings.add("pfs", findings.heading, name, "",
                     "times of progression-free survival without a column that says which are events",
                     "add a column PFS_event with 1 (progression or death) or 0 (censored)")  # fmt: skip
        return
    beside = said[0]
    if beside.meaning != "PFSEVENT":
        how = (
            "0 is an event, 1 and above are censored (CDISC)"
            if is_cnsr(beside.name)
            else "which code is the event is asked with a time to event (--event, --event-value)"
        )
        findings.note(f"`{printable(beside.name, 40)}` speaks of censoring: {how}")
    event = grid.columns[columns.index(beside)]
    rows = np.flatnonzero((values["PFS"] != "") & missing(event))
    fix = f"fill the column {printable(beside.name, 40)}"
    findings.at("pfs", rows, name, values["PFS"][rows], "{} has no event or censoring beside it", fix)


def read_endpoints(path: str | Path) -> Endpoints:
    """A table of endpoints.

    Parameters
    ----------
    path : str or Path
        Of the table: CSV, TSV or Excel.

    Returns
    -------
    Endpoints

    Raises
    ------
    InputError
        With every fault.
    """
    endpoints = check_endpoints(path)
    if not endpoints.ok:
        raise refusal(endpoints.name, endpoints.findings)
    return endpoints


def join(data: Data, endpoints: Endpoints) -> Data:
    """The data with endpoints as covariates of their subjects. Subjects that only one of the tables knows are
    noted.

    Parameters
    ----------
    data : Data
        The samples, see `read_data`.
    endpoints : Endpoints
        See `read_endpoints`.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        Where the tables share no subject.
    """
    row_of = {subject: i for i, subject in enumerate(endpoints.subjects)}
    rows = [row_of.get(subject) for subject in data.subjects]
    if not any(row is not None for row in rows):
        raise no_shared_subject(endpoints.name, endpoints.subjects, data.name, data.subjects)
    notes = list(data.notes) + list(endpoints.notes)
    for known, other, where in (
        (data.subjects, set(endpoints.subjects), endpoints.name),
        (endpoints.subjects, set(data.subjects), data.name),
    ):
        lone = [s for s in known if s not in other]
        if lone:
            named = ", ".join(printable(s, 30) for s in lone[:5]) + (", ..." if len(lone) > 5 else "")
            notes.append(f"{len(lone)} subject(s) are not in `{where}`: {named}")
            notes += look_alikes(lone, other, where, "is not there")
    added = {
        name: np.array(["" if row is None else texts[row] for row in rows], dtype=object)
        for name, texts in endpoints.values.items()
    }
    return replace(data, covariates=data.covariates | added, notes=tuple(notes))
