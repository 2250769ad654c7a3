"""What else is said of times to an event: start-stop rows of a subject, strata, and rows that belong together."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import printable
from livingdrug.response.sample.table import SubjectTable


@dataclass(frozen=True)
class TimeRows:
    """Shape (n,) each, empty where nothing was said: entry; strata, clusters: labels, "" where missing."""

    entry: np.ndarray
    strata: np.ndarray
    clusters: np.ndarray


def time_rows(table: SubjectTable, start: str | None, strata: tuple[str, ...], cluster: str | None, robust: bool) -> TimeRows:
    """The columns that say them. Raises InputError for columns that are not there, or subjects without a name."""
    none = np.empty(0)
    named = robust and cluster is None or start is not None
    if named and not all(table.ids):
        missing = [name for name, subject in zip(table.names, table.ids, strict=True) if not subject]
        raise InputError(
            f"`{table.name}` does not say whose row is {printable(missing[0], 30)}: start-stop rows, robust errors and "
            "repeated outcomes need a column of subjects (ID)"
        )
    columns = [table.texts(column, "--strata") for column in strata]
    joined = np.array([" ".join(row) if all(row) else "" for row in zip(*columns, strict=True)], dtype=object)
    clusters = table.texts(cluster, "--cluster") if cluster else np.array(table.ids, dtype=object) if robust else none
    return TimeRows(none if start is None else table.numbers(start, "--start"), joined if strata else none, clusters)


def first_seen(table: SubjectTable, column: str) -> np.ndarray:
    """The first visit with the event of each subject, infinite where the cell is empty. Raises InputError for a column that
    is not there."""
    found = table.numbers(column, "--seen-by")
    return np.where(np.isnan(found), np.inf, found)


def check_rows(table: SubjectTable, rows: np.ndarray, entry: np.ndarray, time: np.ndarray, event: np.ndarray) -> str:
    """Refuse rows of a subject that overlap, and an event that is followed by another row; a note on how many rows there
    are. entry, time, event: of `rows`."""
    ids = np.array(table.ids, dtype=object)[rows]
    order = np.lexsort((time, entry, ids.astype(str)))
    same = ids[order][1:] == ids[order][:-1]
    for wrong, what in (
        (same & (entry[order][1:] < time[order][:-1]), "has rows that overlap"),
        (same & (event[order][:-1] > 0), "has rows after its event"),
    ):
        if wrong.any():
            who = ids[order][1:][wrong][0]
            raise InputError(
                f"`{table.name}`: subject `{printable(str(who), 30)}` {what}; each row is a stretch of time of its own, "
                "the event in the last one"
            )
    gaps = int((same & (entry[order][1:] > time[order][:-1])).sum())
    text = f"{len(rows):,} start-stop rows of {len(set(ids)):,} subjects: exposure may change from row to row"
    return text + (f"; {gaps} gap(s) between rows, during which nobody is at risk" if gaps else "")
