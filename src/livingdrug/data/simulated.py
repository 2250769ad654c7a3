"""Rows of simulated subjects that cannot be patients, or were not computed: no analysis takes them for data.

A table that this package wrote says so in its column `status`. Every reader of tables passes here, so that no
command can count such a subject by oversight.
"""

from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.status import EVERY, OK, UNPHYSICAL
from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import is_simulated, names_subject

STATUS = "status"
NAMED = 5  # subjects named one by one in the note


def without_failed(grid: Grid, name: str, findings: Findings) -> Grid:
    """The grid without rows whose `status` is a word of a simulation other than `ok`.

    Parameters
    ----------
    grid : Grid
    name : str
        Of the file, for the error.
    findings : Findings
        Takes a note of how many rows of which subjects are left out, and why.

    Returns
    -------
    Grid
        The same one where no column `status` is that of a simulation: its texts are the words of a simulation
        and nothing else, or `unphysical` is one of them.

    Raises
    ------
    InputError
        Where no row is left.
    """
    if STATUS not in grid.headings:
        return grid
    words = np.array(
        [text.strip().lower() for text in grid.columns[grid.headings.index(STATUS)]], dtype=object
    )
    if not _of_simulation(set(words.tolist()) - {""}, grid.headings):
        return grid
    out = np.isin(words, [word for word in EVERY if word != OK])
    if not out.any():
        return grid
    reasons = ", ".join(
        f"`{word}` in {int((words == word).sum()):,}" for word in EVERY if (words[out] == word).any()
    )
    said = f"{int(out.sum()):,} row(s){_whose(grid, out)} are left out: their status in the simulation is {reasons}"
    if out.all():
        raise InputError(f"`{name}`: all {said}; no row is left to analyse")
    findings.note(
        f"{said}; no patient can be like them, or they were not computed to the end. A table without the "
        f"column `{STATUS}` is taken as it is"
    )
    stays = np.flatnonzero(~out)
    findings.lines = grid.lines[stays]
    return replace(grid, columns=tuple(column[stays] for column in grid.columns), lines=findings.lines)


def _of_simulation(words: set[str], headings: tuple[str, ...]) -> bool:
    if UNPHYSICAL in words:
        return True
    return bool(words) and words <= set(EVERY) and (OK in words or is_simulated(headings))


def _whose(grid: Grid, out: np.ndarray) -> str:
    """Of which subjects the rows are, the first of them by name."""
    column = next((i for i, heading in enumerate(grid.headings) if names_subject(heading)), None)
    if column is None:
        return ""
    subjects = list(dict.fromkeys(grid.columns[column][out].tolist()))
    shown = ", ".join(printable(text, 20) for text in subjects[:NAMED])
    return f" of {len(subjects):,} subject(s) ({shown}{', ...' if len(subjects) > NAMED else ''})"
