"""Which event ended a time, where several can: codes of a column by the causes that they stand for."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import is_missing, printable, read_event
from livingdrug.response.sample.table import SubjectTable


def read_causes(table: SubjectTable, column: str, causes: dict[str, str]) -> np.ndarray:
    """Number of the cause (n,) in the order of `causes`, 0 where censored, nan where the cell is empty.

    causes: name -> code of the column. A cell that is no code must say censoring: 0, no, or the word. Raises
    InputError naming the subjects of other cells, and for a code that never occurs.
    """
    heading = table.heading(column, "--event")
    texts = table.texts(heading, "--event")
    found = np.full(table.n, np.nan)
    for number, code in enumerate(causes.values(), 1):
        same = np.array([_same(text, code) for text in texts])
        if not same.any():
            known = ", ".join(printable(t, 20) for t in sorted(set(texts) - {""})[:8])
            raise InputError(
                f"`{table.name}`: `{heading}` never holds the code `{printable(code, 20)}`; it holds {known}"
            )
        found[same] = number
    open_ = [i for i in np.flatnonzero(np.isnan(found)) if not is_missing(texts[i])]
    odd = [i for i in open_ if not _censored(texts[i])]
    if odd:
        listed = ", ".join(f"`{printable(texts[i], 20)}` ({table.names[i]})" for i in odd[:5])
        raise InputError(
            f"`{table.name}`: `{heading}` holds {listed}, which is no cause and not 0 (censored); name every "
            "cause (--cause NAME=CODE)"
        )
    found[open_] = 0
    return found


def _same(text: str, code: str) -> bool:
    try:
        return float(text) == float(code)
    except ValueError:
        return text.strip().lower() == code.strip().lower()


def _censored(text: str) -> bool:
    event = read_event(text)
    return event is not None and (event.happened is False or event.code == 0)
