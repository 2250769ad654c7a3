"""Words of case report forms for responses, grades and events, and which headings speak of censoring."""

import math
import re
from dataclasses import dataclass

from livingdrug.data.cells import NUMBER, read_cell
from livingdrug.data.findings import printable
from livingdrug.data.meanings import plain_word

RESPONSES = (
    "sCR",
    "CR",
    "CRi",
    "CRh",
    "CRu",
    "VGPR",
    "PR",
    "MR",
    "SD",
    "PD",
    "NR",
    "NE",
    "responder",
    "non-responder",
)
# spelled out, without the ending `response`, `remission` or `disease`
_SPELLINGS = {
    "sCR": "stringent complete",
    "CR": "complete|complete metabolic|CMR",
    "CRi": "complete with incomplete count recovery|complete with incomplete hematologic recovery|"
    "CR with incomplete count recovery|CR with incomplete hematologic recovery",
    "CRh": "complete with partial hematologic recovery|CR with partial hematologic recovery",
    "CRu": "complete unconfirmed|unconfirmed complete|CR unconfirmed|unconfirmed CR",
    "VGPR": "very good partial",
    "PR": "partial|partial metabolic|PMR",
    "MR": "minimal|minor",
    "SD": "stable|no metabolic|NMR",
    "PD": "progressive|progressive metabolic|PMD|progression|disease progression",
    "NR": "no response|no remission|not responding",
    "responder": "responder|yes responder",
    "non-responder": "nonresponder|not a responder",
    "NE": "not evaluable|inevaluable|unevaluable|not assessable|not assessed|non-evaluable",
}
_ENDING = re.compile(r"\b(response|remission|responses|disease)\b")
_MRD = re.compile(r"[,;]?\s*\(?\bmrd\s*[- ]?\s*(?:negative|positive|neg\b|pos\b|[-+\u2212\u2013])\s*\)?[,;]?")
# a sign that may change the meaning of a word: `<PR`, `CR?`, `CR*`
_ODD = re.compile(r"[^a-z0-9 _\-/().,]")
_SEVERITY = {
    "none": 0,
    "mild": 1,
    "moderate": 2,
    "severe": 3,
    "life-threatening": 4,
    "life threatening": 4,
    "fatal": 5,
    "death": 5,
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_GRADE = re.compile(
    r"(?:(?:ctcae|astct|crs|icans)\s+)?(grade|gr\.?|g)?\s*([0-9]+(?:\.0*)?|[iv]+)\s*"
    r"(?:[-:,]?\s*\(?([a-z][a-z \-]*?)\)?)?"
)
_HAPPENED = frozenset(
    "event progressed progression death died dead deceased relapse relapsed recurred recurrence".split()
)
_CENSORED = frozenset(
    ("censored", "alive", "living", "event-free", "event free", "progression-free", "no event", "ongoing")
)
YES, NO = ("yes", "y", "true", "t"), ("no", "n", "false", "f")
_CODED = re.compile(r"([0-9])\s*[:=]\s*([a-z][a-z/ \-]*)")  # cBioPortal: 1:DECEASED


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


_RESPONSE = {_plain(word): word for word in RESPONSES} | {
    _plain(spelling): word for word, text in _SPELLINGS.items() for spelling in text.split("|")
}


def read_response(text: str) -> str | None:
    """The response of RESPONSES that a text stands for, "" for an empty one, None where it cannot be told.

    `MRD- CR` is CR: what was found of residual disease stands beside a response and does not change it.

    Parameters
    ----------
    text : str
        Of the cell.

    Returns
    -------
    str or None
    """
    low = text.strip().lower()
    if not low:
        return ""
    low = _MRD.sub(" ", low).strip()
    if _ODD.search(low):
        return None
    word = _RESPONSE.get(_plain(low))
    if word is None and (short := re.fullmatch(r"(.+?)\s*\(([a-z]+)\)", low)):  # Complete Response (CR)
        both = {read_response(part) for part in short.groups()}
        return both.pop() if len(both) == 1 else None
    if word is None and _ENDING.search(low):
        word = _RESPONSE.get(_plain(_ENDING.sub(" ", low)))
    return word


def read_grade(text: str) -> float:
    """The grade of `3`, `Grade 3`, `G3`, `3 (severe)` or `grade III`; nan where the text is none, or
    contradicts itself."""
    low = text.strip().lower()
    value, _, kind = read_cell(low)
    if kind == NUMBER:
        return value
    found = _GRADE.fullmatch(low)
    if not found:
        return math.nan
    word, number, severity = found.groups()
    if number in _ROMAN and not (word or "").startswith("gr"):
        return math.nan  # a lone `V` or `G V` may be anything
    grade = _ROMAN.get(number, math.nan) if number[0] in "iv" else float(number)
    return grade if severity is None or _SEVERITY.get(severity) == grade else math.nan


def respelled(words: dict[str, str]) -> str:
    """Cells (text -> word) that were read as another word, where more than signs and capitals differ; "" for
    none."""
    changed = sorted(
        f"`{printable(text, 30)}` as {word}"
        for text, word in words.items()
        if _plain(text) != _plain(word) and text.removesuffix(".0") != word
    )
    return ", ".join(changed[:6]) + (f" and {len(changed) - 6} more" if len(changed) > 6 else "")


def speaks_of_censoring(heading: str) -> bool:
    """Whether the codes of a column may be those of censoring, not of events.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    bool
    """
    word = plain_word(heading)
    return "cnsr" in word or bool(re.search(r"(?<!li)cens", word))


def is_cnsr(heading: str) -> bool:
    """CNSR of CDISC (ADaM, ADTTE): 0 is an event, 1 and above are reasons of censoring.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    bool
    """
    return plain_word(heading).endswith("cnsr")


@dataclass(frozen=True)
class EventCode:
    """What a cell says: a number that is a code, or words that need no code (happened: True, False or
    None)."""

    code: float = math.nan
    happened: bool | None = None


def read_event(text: str) -> EventCode | None:
    """The code or word of a cell, an empty EventCode where it is empty, None where it is neither. `yes` is
    the code 1.

    Parameters
    ----------
    text : str
        Of the cell.

    Returns
    -------
    EventCode or None
    """
    low = text.strip().lower()
    if not low or low == ".":
        return EventCode()
    value, _, kind = read_cell(low)
    if kind == NUMBER:
        return EventCode(value)
    if low in YES or low in NO:
        return EventCode(float(low in YES))
    if low in _HAPPENED or low in _CENSORED:
        return EventCode(happened=low in _HAPPENED)
    coded = _CODED.fullmatch(low)
    if not coded:
        return None
    said = read_event(coded.group(2))
    return said if said is not None and said.happened is not None else EventCode(float(coded.group(1)))
