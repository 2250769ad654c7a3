"""Rows that a file leaves out: a column EXCL of the user's own, and the records of CDISC that say so."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from livingdrug.data.cells import missing
from livingdrug.data.findings import Findings, printable
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import Column, is_cdisc_exclusion

REASONS = 20  # to leave rows out, each in a note of its own; further ones are counted together
_NO, _YES = ("0", "n", "no", "false"), ("1", "y", "yes", "true", "x")


def exclusions(columns: Sequence[Column], grid: Grid, findings: Findings) -> np.ndarray:
    """Rows to leave out, shape (n,): where any column that means EXCL says so. Each needs a reason: a text in
    such a column or in EXCLRSN; a flag of CDISC (NCAXFL, PKSUMXF) is one by its definition."""
    n = len(grid.lines)
    if not any(c.meaning == "EXCL" for c in columns):
        return np.zeros(n, dtype=bool)
    out, reasons, flagged = np.zeros(n, dtype=bool), np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
    texts_of = {c.name: grid.columns[i] for i, c in enumerate(columns) if c.meaning == "EXCL"}
    words_for_flags = np.full(n, "", dtype=object)
    for name, texts in texts_of.items():
        lowered = np.array([text.lower() for text in texts], dtype=object)
        mine = ~missing(texts) & ~np.isin(lowered, _NO)
        bare = mine & np.isin(lowered, _YES)
        out |= mine
        reasons = np.where(mine & ~bare & (reasons == ""), texts, reasons)
        if is_cdisc_exclusion(name):
            words_for_flags = np.where(bare & (words_for_flags == ""), f"{name} = Y", words_for_flags)
            flagged |= bare
    for i, column in enumerate(columns):
        if column.meaning == "EXCLRSN":
            given = out & (reasons == "") & ~missing(grid.columns[i])
            reasons = np.where(given, grid.columns[i], reasons)
    reasons = np.where(flagged & (reasons == ""), words_for_flags, reasons)
    _say(out, reasons, texts_of, findings)
    return out


def _say(out: np.ndarray, reasons: np.ndarray, texts_of: dict[str, np.ndarray], findings: Findings) -> None:
    silent = np.flatnonzero(out & (reasons == ""))
    if len(silent):
        name = next(iter(texts_of))
        findings.at("exclusion", silent, name, texts_of[name][silent], "the row is left out without a reason",
                    "write why in a column EXCLRSN")  # fmt: skip
    counts = Counter(reasons[out & (reasons != "")].tolist()).most_common()
    for reason, count in counts[:REASONS]:
        findings.note(f"{count} row(s) are left out as the file asks: {printable(reason)}")
    if counts[REASONS:]:
        rest = sum(count for _, count in counts[REASONS:])
        findings.note(
            f"{rest} more row(s) are left out for {len(counts) - REASONS} other reasons that the file gives"
        )
