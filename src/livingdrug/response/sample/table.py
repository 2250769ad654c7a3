"""One row per subject: columns of a file, or exposures computed from samples, joined with a table of
endpoints."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import (
    ENDPOINT_WORDS,
    MISSING,
    NUMBER,
    Endpoints,
    Findings,
    decimal_sign,
    is_missing,
    plain_word,
    printable,
    read_grid,
    read_numbers,
    refusal,
    split_heading,
)
from livingdrug.data.long import one_row_each
from livingdrug.data.names import look_alikes, no_shared_subject

MEANING = {word: meaning for meaning, words in ENDPOINT_WORDS.items() for word in words.split()}


@dataclass(frozen=True)
class SubjectTable:
    """A table with a row for each subject, or group.

    Attributes
    ----------
    name : str
        Of the file.
    names : tuple of str
        Of the rows in messages.
    ids : tuple of str
        Subjects, "" where the file has none.
    columns : dict[str, ndarray]
        Heading without unit -> texts (n,).
    units : dict[str, str]
        Heading -> unit, "" where not stated.
    computed : dict[str, ndarray]
        Name -> (n,) numbers that were no text, nan where absent.
    reasons : dict[str, ndarray]
        Name -> why, for each subject.
    notes : tuple of str
        What was done to the numbers.
    floors : dict[str, ndarray]
        Name -> what a curve at the limit gives where the number is 0.
    """

    name: str
    names: tuple[str, ...]
    ids: tuple[str, ...]
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    computed: dict[str, np.ndarray] = field(default_factory=dict)
    reasons: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    floors: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.names)

    def find(self, name: str) -> str | None:
        """The heading that is this name: spelled so, in upper or lower case, or a word for the same
        endpoint."""
        known = [*self.computed, *self.columns]
        plain = plain_word(name)
        for same in (
            lambda h: h == name,
            lambda h: h.lower() == name.lower(),
            lambda h: plain_word(h) == plain,
            lambda h: plain in MEANING and MEANING.get(plain_word(h)) == MEANING[plain],
        ):
            found = [h for h in known if same(h)]
            if found:
                return found[0]
        return None

    def heading(self, name: str, what: str) -> str:
        """The heading that is this name. Raises InputError with the nearest ones."""
        found = self.find(name)
        if found is None:
            raise InputError(
                f"`{self.name}`: {what}: " + unknown("column", name, [*self.computed, *self.columns])
            )
        return found

    def numbers(self, name: str, what: str) -> np.ndarray:
        """The numbers of a column (n,), nan where missing. Raises InputError that names rows which are no
        number."""
        heading = self.heading(name, what)
        if heading in self.computed:
            return self.computed[heading]
        texts = self.columns[heading]
        read = read_numbers(texts, decimal_sign([texts]))
        wrong = np.flatnonzero((read.kind != NUMBER) & (read.kind != MISSING))
        if len(wrong):
            listed = ", ".join(f"`{printable(str(texts[i]), 20)}` ({self.names[i]})" for i in wrong[:5])
            more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            raise InputError(
                f"`{self.name}`: `{heading}` is not a number in {listed}{more}; write numbers, or leave "
                "cells empty"
            )
        return np.where(read.kind == NUMBER, read.value, np.nan)

    def texts(self, name: str, what: str) -> np.ndarray:
        """The texts of a column, "" where missing."""
        heading = self.heading(name, what)
        if heading in self.computed:
            return np.array(
                [f"{v:.12g}" if np.isfinite(v) else "" for v in self.computed[heading]], dtype=object
            )
        return np.array(["" if is_missing(t) else t.strip() for t in self.columns[heading]], dtype=object)


def read_subjects(path: str | Path, sheet: str | None = None, several: bool = False) -> SubjectTable:
    """A file with a row for each subject, or for each group.

    Parameters
    ----------
    path : str or Path
        Of the table: CSV, TSV or Excel.
    sheet : str, optional
        Of a workbook; the only one by default.
    several : bool, optional
        Rows may name a subject again.

    Returns
    -------
    SubjectTable

    Raises
    ------
    InputError
        For a file that is no table and a subject that has two rows.
    """
    findings = Findings()
    grid = one_row_each(read_grid(path, findings, sheet), findings)
    name = printable(Path(path).name)
    if findings.failed:
        raise refusal(name, findings.sorted())
    heads = [split_heading(h) for h in grid.headings]
    units = grid.units or ("",) * len(heads)
    columns = {h or f"column {i + 1}": grid.columns[i] for i, (h, _) in enumerate(heads)}
    if len(columns) < len(heads):
        twice = next(h for i, (h, _) in enumerate(heads) if h in [k for k, _ in heads[:i]])
        raise InputError(
            f"`{name}`: two columns are called `{printable(twice, 40)}`; give each a name of its own"
        )
    ids = next((texts for h, texts in columns.items() if MEANING.get(plain_word(h)) == "ID"), None)
    lines = [f"line {line}" for line in grid.lines]
    if not len(lines):
        raise InputError(f"`{name}` has headings and no rows")
    notes = tuple(findings.notes)
    if ids is None:
        return SubjectTable(
            name, tuple(lines), ("",) * len(lines), columns, _units(heads, units), notes=notes
        )
    named = [printable(t, 30) if not is_missing(t) else line for t, line in zip(ids, lines, strict=True)]
    if not several:
        _refuse_second_rows(name, ids, lines)
    return SubjectTable(name, tuple(named), tuple(ids), columns, _units(heads, units), notes=notes)


def _units(heads, units) -> dict[str, str]:
    return {h or f"column {i + 1}": own or units[i] for i, (h, own) in enumerate(heads)}


def _refuse_second_rows(name: str, ids: np.ndarray, lines: list[str]) -> None:
    first: dict[str, str] = {}
    for text, line in zip(ids, lines, strict=True):
        if text in first and not is_missing(text):
            raise InputError(
                f"`{name}`: subject `{printable(text, 30)}` has two rows ({first[text]} and {line}); "
                "keep one row per subject"
            )
        first[text] = line


def with_endpoints(table: SubjectTable, endpoints: Endpoints) -> SubjectTable:
    """The table with the endpoints of its subjects; subjects that only one of the two knows are noted and
    left out.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    endpoints : Endpoints
        See `read_endpoints`.

    Returns
    -------
    SubjectTable

    Raises
    ------
    InputError
        Where they share none.
    """
    row_of = {subject: i for i, subject in enumerate(endpoints.subjects)}
    keep = [i for i, subject in enumerate(table.ids) if subject in row_of]
    if not keep:
        raise no_shared_subject(endpoints.name, endpoints.subjects, table.name, table.ids)
    rows = [row_of[table.ids[i]] for i in keep]
    notes = [*table.notes, *endpoints.notes]
    for known, other, where in (
        (table.ids, row_of, endpoints.name),
        (endpoints.subjects, set(table.ids), table.name),
    ):
        missing = [printable(s, 30) for s in known if s not in other]
        if missing:
            named = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            notes.append(f"{len(missing)} subject(s) are not in `{where}` and are left out: {named}")
            notes += look_alikes([s for s in known if s not in other], other, where, "is left out")
    part = rows_of(table, np.array(keep))
    added = {name: texts[rows] for name, texts in endpoints.values.items()}
    units = {c.name if c.meaning == "covariate" else c.meaning: c.unit for c in endpoints.columns}
    columns = {h: t for h, t in part.columns.items() if h not in added}
    return replace(part, columns=columns | added, units=part.units | units, notes=tuple(dict.fromkeys(notes)))


def rows_of(table: SubjectTable, keep: np.ndarray) -> SubjectTable:
    """Some rows of a table.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    keep : ndarray
        Positions of these rows.

    Returns
    -------
    SubjectTable
    """
    pick = {
        key: {h: v[keep] for h, v in getattr(table, key).items()}
        for key in ("columns", "computed", "reasons", "floors")
    }
    return replace(
        table, names=tuple(table.names[i] for i in keep), ids=tuple(table.ids[i] for i in keep), **pick
    )
