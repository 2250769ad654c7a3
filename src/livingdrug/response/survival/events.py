"""Which column says whether a time ended in an event, and what its codes mean: an event, or censoring."""

import re

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import (
    TIMES,
    is_cnsr,
    plain_word,
    printable,
    read_event,
    speaks_of_censoring,
    stem,
    time_unit_of,
)
from livingdrug.data.endpoint_words import EventCode
from livingdrug.response.sample.table import MEANING, SubjectTable
from livingdrug.response.survival.times import coded_events

_EVENT = re.compile(r"(events?|evt|cnsr|cens(or(ed|ing)?)?(fl|flag)?)$")  # says so itself
_CODE = re.compile(r"(status|stat|indicator|ind|flag|fl|code)$")  # says so beside a time
_NO_TIMES = ("ID", "RESPONSE", "CRS", "ICANS", "PFSEVENT")


def event_beside(table: SubjectTable, heading: str) -> str | None:
    """The column that says which of the times under `heading` ended in an event, None where none does.

    `PFS_event` belongs to `PFS (months)`, `OS_STATUS` to `OS_MONTHS`, `CNSR` to `AVAL`.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    heading : str
        Of a column of times.

    Returns
    -------
    str or None

    Raises
    ------
    InputError
        Where several may.
    """
    if MEANING.get(plain_word(heading)) in _NO_TIMES:
        return None
    if table.find(heading) == table.find("PFS") and table.find("PFSEVENT") is not None:
        return table.find("PFSEVENT")
    mine, timed = stem(heading), _says_time(table, heading)
    found = []
    for other in table.columns:
        word = plain_word(other)
        cut = _EVENT.sub("", word)
        if cut == word and timed:
            cut = _CODE.sub("", word)
        belongs = cut == mine if mine else timed and not cut
        if other != heading and cut != word and (belongs or (not cut and mine == "aval")):
            found.append(other)
    if not found and mine == "pfs":
        found = [other for other in table.columns if plain_word(other) == "cnsr"]
    if len(found) > 1:
        listed = " and ".join(f"`{printable(name, 30)}`" for name in found)
        raise InputError(
            f"`{table.name}`: {listed} may say which times of `{heading}` ended in an event; name one "
            "(--event)"
        )
    return found[0] if found else None


def _says_time(table: SubjectTable, heading: str) -> bool:
    """Whether a heading or its unit says that a time stands below it."""
    word = plain_word(heading)
    return (
        stem(heading) in TIMES or "time" in word or time_unit_of(heading, table.units.get(heading, "")).known
    )


def is_time(table: SubjectTable, heading: str) -> bool:
    """Whether a column holds times to an event: an event column is beside it, or its name says so."""
    named = stem(heading) in TIMES and not set(table.texts(heading, "endpoint")) <= {"", "0", "1"}
    return named or event_beside(table, heading) is not None


def read_events(
    table: SubjectTable, column: str, event_value: float | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(1 for an event, 0 for censoring, nan where the cell is empty (n,); notes) of a column.

    A heading that speaks of censoring is never taken for events: CNSR is read as CDISC defines it (0 is an
    event, 1 and above are censored), any other is asked about.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    column : str
        Its heading.
    event_value : float or None
        The code of an event where codes are others than 0 and 1.

    Returns
    -------
    tuple[ndarray, tuple of str]

    Raises
    ------
    InputError
        For cells that are no code and for codes that may mean either.
    """
    heading = table.heading(column, "--event")
    texts = table.texts(heading, "--event")
    read = [read_event(text) for text in texts]
    _refuse_odd(table, heading, texts, read)
    read = [known(event, "what each cell means") for event in read]
    happened = np.array([np.nan if e.happened is None else float(e.happened) for e in read])
    codes = np.array([e.code for e in read])
    coded = np.isfinite(codes)
    if coded.any() and np.isfinite(happened).any():
        raise InputError(
            f"`{table.name}`: `{heading}` holds both words and codes for events; write one of them"
        )
    if not coded.any():
        return happened, ()
    events = np.full(table.n, np.nan)
    names = tuple(np.array(table.names)[coded])
    if not speaks_of_censoring(heading):
        events[coded] = coded_events(codes[coded], names, event_value, heading)
        return events, ()
    events[coded], note = _censoring(heading, codes[coded], names, event_value)
    return events, (note,)


def _refuse_odd(table: SubjectTable, heading: str, texts: np.ndarray, read: list[EventCode | None]) -> None:
    wrong = [i for i, e in enumerate(read) if e is None]
    if wrong:
        listed = ", ".join(f"`{printable(texts[i], 20)}` ({table.names[i]})" for i in wrong[:5])
        raise InputError(
            f"`{table.name}`: `{heading}` cannot be read in {listed}; write 1 (event) and 0 (censored), or "
            "yes and no"
        )


def _censoring(
    heading: str, codes: np.ndarray, names: tuple[str, ...], event_value: float | None
) -> tuple[np.ndarray, str]:
    """(True where an event occurred, a note on how the codes were read) of a column about censoring."""
    shown = printable(heading, 40)
    found = ", ".join(f"{v:g}" for v in np.unique(codes)[:6])
    if (codes < 0).any() or (codes != np.floor(codes)).any():
        raise InputError(f"`{shown}` holds {found}; codes of censoring are whole numbers, 0 or above")
    if event_value is None and not is_cnsr(heading):
        raise InputError(
            f"`{shown}` speaks of censoring and holds {found}: 1 may mean an event or a censored time; say "
            "which code is the event (--event-value 0 where 1 is censored)"
        )
    if event_value in (None, 0):
        why = "" if event_value == 0 else ", as CDISC defines it"
        return (
            codes == 0,
            f"`{shown}`: 0 is an event, 1 and above are censored{why} ({int((codes == 0).sum())} events)",
        )
    note = f"`{shown}` speaks of censoring, and {event_value:g} is taken as the event, as you said"
    return coded_events(codes, names, event_value, shown), note
