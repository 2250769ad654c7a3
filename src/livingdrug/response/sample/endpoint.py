"""What an endpoint's cells mean: response words, yes and no, grades, numbers; which kind of fit they ask
for."""

import re
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import (
    NO,
    NUMBER,
    RESPONSES,
    YES,
    decimal_sign,
    is_graded,
    printable,
    read_numbers,
    read_response,
)
from livingdrug.data.endpoint_words import read_grade, respelled
from livingdrug.response.sample.sample import Kind
from livingdrug.response.sample.table import SubjectTable

COMPLETE = ("sCR", "CR", "CRi", "CRh", "CRu")
RESPONDERS = (*COMPLETE, "VGPR", "PR", "responder")
NOT_EVALUABLE = "NE"
COUNTING = {"ORR": RESPONDERS, "CRR": COMPLETE}  # names of endpoints made of response words
GRADES = range(6)
_AT_LEAST = re.compile(r"\s*(.+?)\s*>=\s*([0-9]+)\s*")


@dataclass(frozen=True)
class Outcome:
    """values (n,), nan where missing; kind; label for titles; unit; notes on how the cells were read."""

    values: np.ndarray
    kind: Kind
    label: str
    unit: str = ""
    notes: tuple[str, ...] = ()


def read_outcome(
    table: SubjectTable, endpoint: str, kind: Kind | None = None, counts: bool = False
) -> Outcome:
    """The outcome called `endpoint`: a column, ORR or CRR of a column of response words, or `CRS>=3` of a
    graded one.

    Parameters
    ----------
    table : SubjectTable
        Of subjects.
    endpoint : str
        Its name.
    kind : Kind, optional
        What the user asks for, else by the values.
    counts : bool, optional
        Numbers of events.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        Naming cells that fit not.
    """
    bound = _AT_LEAST.fullmatch(endpoint)
    name, least = (bound.group(1), int(bound.group(2))) if bound else (endpoint, None)
    heading = table.find(name)
    if bound and kind not in (None, "binary"):
        raise InputError(f"`{endpoint}` is yes or no; leave out --kind {kind}, or name the column alone")
    counting = COUNTING.get(name.upper())
    if heading is None and counting is not None:
        heading = table.find("RESPONSE")
    heading = heading or table.heading(name, "endpoint")
    texts = table.texts(heading, "endpoint")
    lowered = [t.lower() for t in texts]
    filled = [t for t in lowered if t]
    if not filled:
        raise InputError(f"`{table.name}`: the endpoint `{heading}` is empty in every row")
    responses = [read_response(t) for t in texts]
    if not counts and any(responses):
        return _response(
            table, heading, texts, responses, counting or RESPONDERS, name if counting else heading, kind
        )
    yes, no = (*YES, "1"), (*NO, "0")
    if not counts and all(t in yes + no for t in filled) and kind in (None, "binary") and least is None:
        return Outcome(np.array([float(t in yes) if t else np.nan for t in lowered]), "binary", name)
    graded = (
        not counts
        and kind in (None, "binary", "graded")
        and (
            least is not None
            or kind == "graded"
            or is_graded(heading)
            or any(t.startswith("gr") for t in lowered)
        )
    )
    numbers = _numbers(table, heading, texts, graded)
    if counts:
        return Outcome(numbers, "binary", name)
    if counting is not None and least is None and kind in (None, "binary"):
        _check_codes(table, heading, numbers)
    if least is not None or (kind == "binary" and set(numbers[np.isfinite(numbers)]) - {0.0, 1.0}):
        return _at_least(table, heading, numbers, 1 if least is None else least)
    return _by_values(table, heading, numbers, kind)


def _response(table, heading, texts, responses, counting, label, kind) -> Outcome:
    wrong = [i for i, word in enumerate(responses) if word is None]
    if wrong:
        i = wrong[0]
        raise InputError(
            f"`{table.name}`: `{printable(texts[i], 30)}` ({table.names[i]}) is no response that is known "
            f"here; use one of {', '.join(RESPONSES)}"
        )
    if kind not in (None, "binary"):
        raise InputError(f"`{heading}` holds response words, which are yes or no; leave out --kind {kind}")
    spelled = np.array(responses, dtype=object)
    values = np.where(np.isin(spelled, ["", NOT_EVALUABLE]), np.nan, np.isin(spelled, counting).astype(float))
    seen = [w for w in RESPONSES if w in spelled and w != NOT_EVALUABLE]
    yes, no = [w for w in seen if w in counting], [w for w in seen if w not in counting]
    note = f"{label}: {', '.join(yes) or 'no word'} count as yes, {', '.join(no) or 'no word'} as no"
    note += f"; {NOT_EVALUABLE} is left out" if NOT_EVALUABLE in spelled else ""
    changed = respelled({t: word for t, word in zip(texts, responses, strict=True) if word})
    notes = (note, f"`{heading}`: read {changed}") if changed else (note,)
    return Outcome(values, "binary", label, notes=notes)


def _numbers(table: SubjectTable, heading: str, texts: np.ndarray, graded: bool = False) -> np.ndarray:
    """Numbers of an endpoint; graded: `Grade 3` and `3 (severe)` are numbers too."""
    read = read_numbers(texts, decimal_sign([texts]))
    value = (
        np.array([read_grade(t) for t in texts])
        if graded
        else np.where(read.kind == NUMBER, read.value, np.nan)
    )
    wrong = np.flatnonzero(~np.isfinite(value) & (texts != ""))
    if len(wrong):
        listed = ", ".join(f"`{printable(str(texts[i]), 20)}` ({table.names[i]})" for i in wrong[:5])
        raise InputError(
            f"`{table.name}`: the endpoint `{heading}` cannot be read in {listed}; write numbers, yes or no, "
            f"grades, or response words ({', '.join(RESPONSES[:6])}, ...)"
        )
    return value


def _at_least(table: SubjectTable, heading: str, numbers: np.ndarray, least: int) -> Outcome:
    _check_grades(table, heading, numbers)
    label = f"{heading.removesuffix(' grade')} grade >= {least}"
    values = np.where(np.isfinite(numbers), (numbers >= least).astype(float), np.nan)
    return Outcome(values, "binary", label, notes=(f"yes is {label}",))


def _by_values(table: SubjectTable, heading: str, numbers: np.ndarray, kind: Kind | None) -> Outcome:
    known = numbers[np.isfinite(numbers)]
    if kind is None:
        grades = is_graded(heading) or (np.isin(known, list(GRADES)).all() and len(set(known)) > 1)
        kind = "binary" if set(known) <= {0.0, 1.0} else "graded" if grades else "continuous"
    if kind == "graded":
        _check_grades(table, heading, numbers)
    return Outcome(numbers, kind, heading, table.units.get(heading, ""))


def _check_codes(table: SubjectTable, heading: str, numbers: np.ndarray) -> None:
    wrong = np.flatnonzero(np.isfinite(numbers) & ~np.isin(numbers, [0.0, 1.0]))
    if len(wrong):
        listed = ", ".join(f"{numbers[i]:g} ({table.names[i]})" for i in wrong[:5])
        raise InputError(
            f"`{table.name}`: `{heading}` holds {listed}, where 1 (yes) and 0 (no) or response words are "
            "expected; correct these cells"
        )


def _check_grades(table: SubjectTable, heading: str, numbers: np.ndarray) -> None:
    wrong = np.flatnonzero(np.isfinite(numbers) & ~np.isin(numbers, list(GRADES)))
    if len(wrong):
        listed = ", ".join(f"{numbers[i]:g} ({table.names[i]})" for i in wrong[:5])
        raise InputError(
            f"`{table.name}`: `{heading}` has a grade outside 0 to 5: {listed}; correct these cells"
        )
