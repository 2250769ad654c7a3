"""A column that is missing: which of the others it could be, by its values, or what shape the table has
instead."""

import re
import shlex

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data.cells import BELOW, NUMBER, missing, read_numbers
from livingdrug.data.findings import printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import Column, split_heading

_HINTS = {
    "ID": re.compile(r"subj|pat|animal|mouse|maus|donor|rat\b|code|name|\bid\b|usubj|^id|who", re.IGNORECASE),
    "TIME": re.compile(r"time|zeit|day|tag|hour|hr\b|post|since|after|tad|when", re.IGNORECASE),
    "DV": re.compile(
        r"conc|level|result|value|wert|resp|count|cop(y|ies)|cells|dv|meas|signal|titre|titer|what|aval|%|"
        r"car\b|car\+",
        re.IGNORECASE,
    ),
}
_OTHER = re.compile(
    r"\b(sd|se|sem|cv|min|max|n|log|ln)\b|^(log|ln)|(sd|se|cv|log)$|limit|loq|unit|dose|visit", re.IGNORECASE
)
LOGS = ("dvl", "lndv", "logdv", "lnconc", "logconc")


def require(columns: tuple[Column, ...], name: str, grid: Grid) -> None:
    """Refuse a file without subject, time or value, with a column that fits where one does.

    Raises InputError.
    """
    found = {c.meaning for c in columns}
    lost = [m for m in ("ID", "TIME", "DV") if m not in found and not (m == "TIME" and "DATE" in found)]
    if not lost:
        return
    logs = [c.name for c in columns if c.word in LOGS]
    if logs and lost == ["DV"]:
        raise InputError(
            f"`{name}`: `{logs[0]}` looks like logarithms; give the column of values on the linear scale, "
            f"or say --column {shlex.quote(logs[0] + '=DV')} --logarithms e"
        )
    headings = ", ".join(f"`{printable(c.name, 30)}`" for c in columns[:12])
    fix = wells(columns) or _proposal(lost, columns, grid)
    if grid.other_sheets:
        fix += f"; or take another sheet (--sheet): {', '.join(f'`{printable(sheet, 40)}`' for sheet in grid.other_sheets)}"
    raise InputError(f"`{name}`: no column means {' or '.join(lost)} among {headings}; {fix}")


def wells(columns: tuple[Column, ...]) -> str:
    """What to do with a table that has a column for each well or subject, "" where it has not."""
    bases = [
        split_heading(c.name)[0].lower() for c in columns if split_heading(c.name)[1] and not c.unit_known
    ]
    repeated = {base for base in bases if bases.count(base) > 1}
    if not repeated:
        return ""
    base = printable(sorted(repeated)[0], 20)
    return (
        f"the table is wide, with a column `{base}(...)` for each well or sample: one row per sample is read "
        "here, so turn it into rows of ID (the well), TIME and DV"
    )


def _proposal(lost: list[str], columns: tuple[Column, ...], grid: Grid) -> str:
    """Options that can be typed as they stand, for the columns whose values fit; none is better than a
    wrong one."""
    taken: set[str] = set()
    pairs = []
    for meaning in lost:
        free = [
            (i, c.name) for i, c in enumerate(columns) if c.meaning == "covariate" and c.name not in taken
        ]
        free = [(i, n) for i, n in free if n.isprintable() and not _OTHER.search(split_heading(n)[0])]
        fits = [n for i, n in free if _fits(meaning, i, columns, grid)]
        hinted = [name for name in fits if _HINTS[meaning].search(split_heading(name)[0])]
        if len(hinted) == 1:
            taken.add(hinted[0])
            pairs.append(f"--column {shlex.quote(f'{hinted[0]}={meaning}')}")
    wide = "; one row per sample is read here" if "DV" in lost and len(lost) > 1 else ""
    return (
        f"say which one does, such as {' '.join(pairs)}"
        if pairs
        else f"say which one does, with --column YOURS=OURS{wide}"
    )


def _fits(meaning: str, i: int, columns: tuple[Column, ...], grid: Grid) -> bool:
    texts = grid.columns[i]
    known = texts[~missing(texts)]
    if not len(known):
        return False
    numbers = read_numbers(known, measured=True)
    if meaning == "ID":
        whole = np.isnan(numbers.value) | (numbers.value == np.round(numbers.value))
        return (
            len(known) == len(texts)
            and bool(whole.all())
            and len(set(known)) < len(known)
            and _in_blocks(texts)
        )
    if not np.isin(numbers.kind, (NUMBER, BELOW) if meaning == "DV" else (NUMBER,)).all():
        return False
    value = numbers.value[np.isfinite(numbers.value)]
    counter = (
        np.array_equal(value, np.arange(len(value)) + (value[0] if len(value) else 0)) and len(value) > 2
    )
    if counter or (len(value) > 1 and len(set(value.tolist())) < 2):
        return False
    if meaning == "TIME":
        return len(known) == len(texts) and _rises(numbers.value, columns, grid)
    return bool((value >= 0).all())


def _in_blocks(texts: np.ndarray) -> bool:
    """Whether equal texts stand together, as the rows of a subject do."""
    return int((texts[1:] != texts[:-1]).sum()) + 1 == len(set(texts))


def _rises(value: np.ndarray, columns: tuple[Column, ...], grid: Grid) -> bool:
    """Whether numbers never fall within a subject, or, where nothing names subjects, mostly rise."""
    ids = next((grid.columns[i] for i, c in enumerate(columns) if c.meaning == "ID"), None)
    steps = np.diff(value)
    if ids is None:
        return bool(2 * (steps >= 0).sum() > len(steps))
    return bool((steps[ids[1:] == ids[:-1]] >= 0).all())
