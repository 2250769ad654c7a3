"""Limits of the rows: which values lie beyond one, which limit that is, and what is said of it."""

import numpy as np

from livingdrug.data.cells import ABOVE, BELOW, NUMBER, Numbers
from livingdrug.data.findings import Findings, printable
from livingdrug.data.parse import Parsed, turned_back
from livingdrug.data.reading import Reading


def settle_limits(
    parsed: Parsed, reading: Reading, findings: Findings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cens, limit, other end) of each row. Limits come from `<50`, from a column, from a censored DV, or
    from the user.

    Other end: of the interval in which a censored value lies, as Monolix states it in LIMIT; nan where there
    is none.
    """
    logs = reading.logarithms is not None
    value, kind = parsed.dv.value, parsed.dv.kind
    column = parsed.limit
    limit = (
        column if logs else np.where(column > 0, column, np.nan)
    )  # a limit of 0 says nothing of a measured value
    stated = kind == BELOW
    limit = np.where(np.isfinite(parsed.dv.bound) & stated, parsed.dv.bound, limit)
    cens = np.where(stated, 1, np.where(kind == ABOVE, -1, parsed.cens)).astype(np.int8)
    odd = np.flatnonzero((stated & (parsed.cens == -1)) | ((kind == ABOVE) & (parsed.cens == 1)))
    findings.at(
        "flag",
        odd,
        parsed.name("DV"),
        parsed.texts["DV"][odd],
        f"{{}} and `{parsed.name('CENS')}` contradict each other",
        "write 1 for a value below the limit, -1 for one above it",
    )
    flagged = (cens == 1) & ~stated & (kind == NUMBER) & ((value > 0) | logs)
    # Monolix: DV holds the limit and LIMIT the lower end; others put the limit in LIMIT: the larger one is
    # the limit
    limit = np.where(flagged, np.fmax(limit, value), limit)
    above = (parsed.cens == -1) & (kind == NUMBER) & (column > value)
    end = np.where((flagged & (column < value)) | above, column, np.nan)
    limit = np.where(above, np.nan, limit)
    between = int(np.isfinite(end).sum())
    if between:
        both = f"`{parsed.name('LIMIT')}` and `{parsed.name('DV')}`"
        findings.note(f"{between} censored value(s) lie between {both} of their row")
    own = np.isfinite(limit)
    if reading.limit is not None:
        given = Numbers(np.array(reading.limit), np.array(np.nan), np.array(NUMBER))
        limit = np.where(own | above, limit, turned_back(given, reading.logarithms).value)
    measured = (kind == NUMBER) & (cens == 0) & (parsed.evid == 0) & ~parsed.not_measured
    under = measured & ((value >= 0) | logs) & (value < limit)
    if parsed.has("CENS"):
        wrong = under & own
        findings.at(
            "limit",
            np.flatnonzero(wrong),
            parsed.name("DV"),
            value[wrong],
            "{} is below the limit of its row and flagged as measured",
            f"write 1 in `{parsed.name('CENS')}`, or correct the limit",
        )
    nothing = (cens == -1) & (kind == NUMBER) & (value == 0) & (not logs)
    findings.at(
        "limit",
        np.flatnonzero(nothing),
        parsed.name("DV"),
        value[nothing],
        "{} is flagged as above an upper limit",
        "give the upper limit as the value",
    )
    if under.any():
        findings.note(
            f"{int(under.sum())} value(s) lie below the limit of their row and count as below the limit"
        )
    zero = measured & (value == 0) & ~under & (not logs)
    if zero.any():
        findings.note(f"{int(zero.sum())} value(s) are 0 and no limit is stated for them: they count as "
                      "below a limit that is not known, not as measured zeros (--limit states "
                      "it)")  # fmt: skip
    words = sorted(set(parsed.texts["DV"][stated]))
    if words:
        shown = ", ".join(f"`{printable(word, 20)}`" for word in words[:6])
        findings.note(f"{int(stated.sum())} value(s) are read as below the limit from {shown}")
    cens = np.where(under | zero, 1, cens).astype(np.int8)
    unknown = int(((cens == 1) & np.isnan(limit) & ~zero).sum())
    if unknown:
        findings.note(f"{unknown} value(s) below the limit have no limit stated (--limit states it)")
    return cens, limit, end
