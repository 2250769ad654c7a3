"""Tables with a row for each parameter of a subject (CDISC: PARAMCD and AVAL, or the PP domain) as one row
per subject."""

from dataclasses import replace

import numpy as np

from livingdrug.data.cells import MISSING, NUMBER, missing, read_numbers
from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import names_subject, plain_word

CODES = ("paramcd", "pptestcd", "rstestcd")
NUMBERS, WORDS, UNITS = (
    ("aval", "ppstresn", "rsstresn"),
    ("avalc", "ppstresc", "rsstresc"),
    ("avalu", "ppstresu"),
)
CENSORED = "cnsr"


def one_row_each(grid: Grid, findings: Findings) -> Grid:
    """The table with a column for each parameter, where it has a row for each; as it is, where it has not.

    A parameter that a subject has twice (a response at each visit) is left out with a note. CNSR of CDISC, 0
    for an event, becomes a column of words for events. Other columns stay where they are the same in all rows
    of a subject.
    """
    place = {plain_word(heading): i for i, heading in enumerate(grid.headings)}
    who = next((i for i, heading in enumerate(grid.headings) if names_subject(heading)), None)
    code, value, word = (
        next((place[w] for w in words if w in place), None) for words in (CODES, NUMBERS, WORDS)
    )
    if (
        who is None
        or code is None
        or (value is None and word is None)
        or len(set(grid.columns[who])) == len(grid.lines)
    ):
        return grid
    ids, first, row = np.unique(grid.columns[who].astype(str), return_index=True, return_inverse=True)
    params = list(dict.fromkeys(grid.columns[code].tolist()))
    single = [p for p in params if p and np.bincount(row[grid.columns[code] == p]).max(initial=0) == 1]
    if not single:
        return grid
    order = np.argsort(first)
    rank = np.empty(len(ids), dtype=int)
    rank[order] = np.arange(len(ids))
    first, row = first[order], rank[row]
    used = {who, code, value, word, *(place[w] for w in (*UNITS, CENSORED, "param", "pptest") if w in place)}
    made = [(grid.headings[i], grid.units[i], grid.columns[i][first]) for i in range(len(grid.headings))
            if i == who or (i not in used and _steady(grid.columns[i], row, first))]  # fmt: skip
    for param in single:
        mine = np.flatnonzero(grid.columns[code] == param)
        made += _columns(grid, param, mine, row, len(ids), value, word, place, findings)
    _say(grid, code, single, [p for p in params if p and p not in single], CENSORED in place, findings)
    findings.lines = grid.lines[first]
    headings, units, columns = zip(*made, strict=True)
    return replace(grid, headings=headings, units=units, columns=columns, lines=grid.lines[first])


def _steady(texts: np.ndarray, row: np.ndarray, first: np.ndarray) -> bool:
    return bool((texts == texts[first][row]).all())


def _columns(
    grid: Grid,
    param: str,
    mine: np.ndarray,
    row: np.ndarray,
    n: int,
    value,
    word,
    place: dict[str, int],
    findings: Findings,
):
    """(heading, unit, texts) of one parameter, and of its events where the table has CNSR."""

    def spread(texts: np.ndarray) -> np.ndarray:
        column = np.full(n, "", dtype=object)
        column[row[mine]] = texts
        return column

    texts = grid.columns[value if value is not None else word][mine]
    if word is not None:
        words = grid.columns[word][mine]
        spoken = ~missing(words) & (read_numbers(words).kind != NUMBER)
        texts = (
            words
            if spoken.any() and (value is None or spoken.all())
            else np.where(missing(texts), words, texts)
        )
    unit = next((place[w] for w in UNITS if w in place), None)
    said = set(grid.columns[unit][mine]) - {""} if unit is not None else set()
    made = [(f"{param} ({said.pop()})" if len(said) == 1 else param, "", spread(texts))]
    if CENSORED in place:
        event = _events(grid.headings[place[CENSORED]], grid.columns[place[CENSORED]], mine, findings)
        if (event != "").any():
            made.append((f"{param}_event", "", spread(event)))
    return made


def _events(heading: str, texts: np.ndarray, mine: np.ndarray, findings: Findings) -> np.ndarray:
    """Words for events, which no code can turn round, of the codes of CNSR."""
    codes = read_numbers(texts[mine])
    coded = (codes.kind == NUMBER) & (codes.value >= 0) & (codes.value == np.floor(codes.value))
    odd = mine[~coded & (codes.kind != MISSING)]
    findings.at(
        "event",
        odd,
        heading,
        texts[odd],
        "{} is no code of CNSR",
        "write 0 for an event, 1 or above for censored",
    )
    return np.where(coded, np.where(codes.value == 0, "event", "censored"), "").astype(object)


def _say(
    grid: Grid, code: int, single: list[str], several: list[str], censored: bool, findings: Findings
) -> None:
    listed = ", ".join(f"`{printable(p, 20)}`" for p in single[:8]) + (", ..." if len(single) > 8 else "")
    name = printable(grid.headings[code], 20)
    findings.note(
        f"the table has a row for each `{name}`: it is read as one row per subject with the columns {listed}"
    )
    if censored:
        findings.note(
            "CNSR is read as CDISC defines it: 0 is an event, 1 and above censored; it becomes "
            "PARAMETER_event"
        )
    if several:
        left = ", ".join(f"`{printable(p, 20)}`" for p in several[:8])
        findings.note(
            f"a subject has several rows of {left}, so they are left out; keep one row per subject of each"
        )
