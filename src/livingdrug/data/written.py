"""A file that is a canonical table as it was written here: what was settled before is not asked again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.export import plain_cell
from livingdrug.data.cells import missing
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import COVARIATE, IGNORE
from livingdrug.data.reading import Reading
from livingdrug.data.table import CANONICAL, LOGARITHMS, REPLICATE

# may stand behind them: of doses, of subjects, of the whole table
DOSE = ("DUR", "RATE", "II", "SS")
OWN = (*DOSE, "CMT", "WT", "TIMEUNIT", "DOSEUNIT")
WRITTEN = "the file is a canonical table"


def is_canonical(headings: Sequence[str]) -> bool:
    """Whether this is a table that `Data.table` made."""
    return tuple(headings[: len(CANONICAL)]) == CANONICAL


def as_written(grid: Grid, reading: Reading) -> tuple[Grid, Reading]:
    """A file that is a canonical table without the marks against live formulas, and how it is read: what was
    settled when it was written is not asked again, unless the user says otherwise."""
    if not is_canonical(grid.headings):
        return grid, reading
    plain = [plain_cell(name) for name in grid.headings]
    grid = replace(grid, headings=tuple(plain), columns=tuple(_unmarked(column) for column in grid.columns))
    said = {name: name if name in OWN else COVARIATE for name in plain[len(CANONICAL) :]}
    said |= {name: IGNORE for name in (REPLICATE, LOGARITHMS) if name in said} | dict(
        zip(CANONICAL, CANONICAL, strict=True)
    )
    taken = {meaning.upper() for meaning in reading.columns.values()}
    sampled = grid.columns[CANONICAL.index("EVID")] == "0"
    of_samples = {
        name for name in DOSE if name in plain and not missing(grid.columns[plain.index(name)][sampled]).all()
    }
    said = {
        name: COVARIATE if meaning in taken or name in of_samples else meaning
        for name, meaning in said.items()
    }
    changed: dict = {"columns": said | reading.columns, "untreated": True}
    marks = {name: grid.columns[plain.index(name)] for name in (REPLICATE, LOGARITHMS) if name in plain}
    if (
        REPLICATE in marks
        and reading.duplicates is None
        and any(text not in ("", "1") for text in marks[REPLICATE])
    ):
        changed["duplicates"] = "keep"
    if (
        LOGARITHMS in marks
        and reading.logarithms is None
        and all(text == "kept" for text in marks[LOGARITHMS])
    ):
        changed["logarithms"] = "kept"
    return grid, replace(reading, **changed)


def _unmarked(texts: np.ndarray) -> np.ndarray:
    """The texts without the apostrophe that `safe_cell` puts before what a spreadsheet would run."""
    if not any(text.startswith("'") for text in texts):
        return texts
    return np.array([plain_cell(text) for text in texts], dtype=object)
