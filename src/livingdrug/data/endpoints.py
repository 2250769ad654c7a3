"""The second table: one row per subject with response, grades of CRS and ICANS, and progression-free survival."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data.cells import MISSING, NUMBER, decimal_sign, read_numbers, with_points
from livingdrug.data.findings import Finding, Findings, printable, refusal
from livingdrug.data.grid import Grid
from livingdrug.data.long import one_row_each
from livingdrug.data.meanings import Column, plain_word, split_heading
from livingdrug.data.source import read_grid
from livingdrug.data.table import Data

WORDS = {
    "ID": "id usubjid subjid subject subjectid patient patientid ptid pt upn animal animalid mouse mouseid participant",
    "RESPONSE": "response bestresponse bor bestoverallresponse resp rspn",
    "CRS": "crs crsgrade maxcrs maxcrsgrade crsgr",
    "ICANS": "icans icansgrade maxicans maxicansgrade neurotox neurotoxicity icansgr",
    "PFS": "pfs pfstime pfsdays timetoprogression pfsd",
    "PFSEVENT": "pfsevent pfsstatus progressed progression pfscens event",
}
_MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
RESPONSES = ("sCR", "CR", "CRi", "CRh", "VGPR", "PR", "MR", "SD", "PD", "NR", "NE", "responder", "non-responder")
_RESPONSE = {"".join(c for c in r.lower() if c.isalnum()): r for r in RESPONSES}
GRADES = range(6)
GRADED = ("CRS", "ICANS")  # meanings whose values can only be grades


@dataclass(frozen=True)
class Endpoints:
    """values: name -> text of each subject, "" where missing."""

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
    """Whether a heading can only stand over grades, such as `CRS grade`."""
    return _MEANING.get(plain_word(heading)) in GRADED


def check_endpoints(path: str | Path) -> Endpoints:
    """Look at a table of endpoints. Raises InputError only where it is no table or names no subject."""
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
    for heading in grid.headings:
        meaning = _MEANING.get(plain_word(heading), "covariate")
        if meaning in taken:
            meaning = "covariate"
        taken |= {meaning} - {"covariate"}
        why = "the heading" if meaning != "covariate" else "kept to group subjects by"
        made.append(Column(heading, meaning, why, split_heading(heading)[1]))
    return tuple(made)


def _subject_faults(ids: np.ndarray, name: str, findings: Findings) -> None:
    rows = np.flatnonzero((ids == "") | (ids == "."))
    findings.at("no-subject", rows, name, ids[rows], "the row names no subject", "write the subject in every row")
    _, first = np.unique(ids.astype(str), return_index=True)
    twice = np.setdiff1d(np.flatnonzero((ids != "") & (ids != ".")), first)
    findings.at("subject-twice", twice, name, ids[twice], "subject {} has a second row", "keep one row per subject")


def _values(column: Column, texts: np.ndarray, findings: Findings) -> np.ndarray:
    """Texts in one spelling; what fits no endpoint is a finding."""
    plain = np.where(np.isin(texts, [".", "NA"]), "", texts).astype(object)
    if column.meaning == "RESPONSE":
        words = {text: _RESPONSE.get("".join(c for c in text.lower() if c.isalnum()), "") for text in set(plain)}
        wrong = np.flatnonzero([bool(text) and not words[text] for text in plain])
        fix = f"use one of {', '.join(RESPONSES)}"
        findings.at("response", wrong, column.name, texts[wrong], "{} is not a response that is known here", fix)
        return np.array([words[text] for text in plain], dtype=object)
    if column.meaning in ("CRS", "ICANS", "PFSEVENT"):
        allowed = tuple(GRADES) if column.meaning != "PFSEVENT" else (0, 1)
        numbers = read_numbers(plain)
        wrong = np.flatnonzero((numbers.kind != MISSING) & ~np.isin(numbers.value, allowed))
        what = "a grade from 0 to 5" if column.meaning != "PFSEVENT" else "1 (progression or death) or 0 (censored)"
        findings.at("grade", wrong, column.name, texts[wrong], "{} does not fit", f"write {what}")
        good = np.isin(numbers.value, allowed)
        return np.array([str(int(v)) if ok else "" for v, ok in zip(numbers.value, good, strict=True)], dtype=object)
    if column.meaning == "PFS":
        plain = with_points(plain) if decimal_sign([plain]) == "," else plain
        numbers = read_numbers(plain)
        wrong = np.flatnonzero((numbers.kind != MISSING) & ~((numbers.kind == NUMBER) & (numbers.value >= 0)))
        findings.at("pfs", wrong, column.name, texts[wrong], "{} is not a time", "write the time as a number, 0 or above")
        if not column.unit:
            findings.note(f"the unit of `{printable(column.name)}` is not stated; write it in the heading, such as PFS (d)")
    return plain


def _pairs(values: dict[str, np.ndarray], columns: tuple[Column, ...], grid: Grid, findings: Findings) -> None:
    """A time of progression-free survival says whether it ended in an event."""
    if "PFS" not in values:
        return
    name = next(c.name for c in columns if c.meaning == "PFS")
    if "PFSEVENT" not in values:
        findings.add("pfs", findings.heading, name, "",
                     "times of progression-free survival without a column that says which are events",
                     "add a column PFS_event with 1 (progression or death) or 0 (censored)")  # fmt: skip
        return
    event = grid.columns[[c.meaning for c in columns].index("PFSEVENT")]
    rows = np.flatnonzero((values["PFS"] != "") & np.isin(event, ["", ".", "NA"]))
    findings.at("pfs", rows, name, values["PFS"][rows], "{} has no event or censoring beside it", "fill the column PFS_event")


def read_endpoints(path: str | Path) -> Endpoints:
    """A table of endpoints. Raises InputError with every fault."""
    endpoints = check_endpoints(path)
    if not endpoints.ok:
        raise refusal(endpoints.name, endpoints.findings)
    return endpoints


def join(data: Data, endpoints: Endpoints) -> Data:
    """The data with endpoints as covariates of their subjects. Subjects that only one of the tables knows are noted.

    Raises InputError where the tables share no subject.
    """
    row_of = {subject: i for i, subject in enumerate(endpoints.subjects)}
    rows = [row_of.get(subject) for subject in data.subjects]
    if not any(row is not None for row in rows):
        raise InputError(f"`{endpoints.name}` and `{data.name}` share no subject; write the subjects alike in both")
    notes = list(data.notes) + list(endpoints.notes)
    for known, other, where in (
        (data.subjects, set(endpoints.subjects), endpoints.name), (endpoints.subjects, set(data.subjects), data.name),
    ):  # fmt: skip
        missing = [printable(s, 30) for s in known if s not in other]
        if missing:
            named = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            notes.append(f"{len(missing)} subject(s) are not in `{where}`: {named}")
    added = {
        name: np.array(["" if row is None else texts[row] for row in rows], dtype=object)
        for name, texts in endpoints.values.items()
    }
    return replace(data, covariates=data.covariates | added, notes=tuple(notes))
