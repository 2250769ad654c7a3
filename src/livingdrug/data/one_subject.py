"""A file that names no subject: one curve, where its rows can be nothing else."""

from dataclasses import replace

import numpy as np

from livingdrug.data.cells import MISSING, missing, read_numbers
from livingdrug.data.findings import Findings
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import Column
from livingdrug.data.proposals import wells

NAME = "1"


def with_one_subject(
    grid: Grid, columns: tuple[Column, ...], findings: Findings
) -> tuple[Grid, tuple[Column, ...]]:
    """The grid with a column of one subject, where it has none and its rows are one curve of each output;
    else as it is.

        Rows are one curve where times rise from row to row, and no other column of words may name subjects.
    """
    meanings = [c.meaning for c in columns]
    if (
        "ID" in meanings
        or not {"TIME", "DV"} <= set(meanings)
        or wells(columns)
        or not _is_one_curve(grid, columns)
    ):
        return grid, columns
    findings.note(
        "no column names the subject, and times rise from row to row: all rows are one subject, called "
        f"{NAME}"
    )
    ids = np.full(len(grid.lines), NAME, dtype=object)
    why = "nothing names a subject; all rows are one"
    return (
        replace(
            grid,
            headings=(*grid.headings, "(subject)"),
            units=(*grid.units, ""),
            columns=(*grid.columns, ids),
        ),
        (*columns, Column("(subject)", "ID", why)),
    )


def _is_one_curve(grid: Grid, columns: tuple[Column, ...]) -> bool:
    texts = {c.meaning: grid.columns[i] for i, c in enumerate(columns)}
    sampled = read_numbers(texts["DV"], measured=True).kind != MISSING
    time = read_numbers(texts["TIME"]).value
    parts = [texts[m] for m in ("DVID", "MATRIX", "ASSAY", "UNIT", "OCC") if m in texts]
    keys = (
        np.array(list(zip(*parts, strict=True)), dtype=object)
        if parts
        else np.zeros((len(time), 1), dtype=object)
    )
    if not sampled.any() or np.isnan(time[sampled]).any():
        return False
    for key in {tuple(key) for key in keys[sampled]}:
        mine = sampled & (keys == np.array(key, dtype=object)).all(axis=1)
        if (np.diff(time[mine]) <= 0).any():
            return False
    return not any(
        _may_name_subjects(grid.columns[i]) for i, c in enumerate(columns) if c.meaning == "covariate"
    )


def _may_name_subjects(texts: np.ndarray) -> bool:
    """Words, or whole numbers that come again, that change from row to row."""
    known = texts[~missing(texts)]
    kinds = set(known.tolist())
    if len(kinds) < 2:
        return False
    numbers = read_numbers(np.array(sorted(kinds), dtype=object)).value
    if np.isnan(numbers).any():
        return True
    return len(kinds) < len(known) and bool((numbers == np.round(numbers)).all())
