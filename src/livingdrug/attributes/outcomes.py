"""The outcome of a table of products: a column by name, a class of response, a time with its event."""

import numpy as np

from livingdrug.attributes.outcome import Outcome
from livingdrug.attributes.product_table import ProductTable
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import (
    NO,
    NUMBER,
    RESPONSES,
    YES,
    decimal_sign,
    is_cnsr,
    is_missing,
    printable,
    read_event,
    read_numbers,
    read_response,
    speaks_of_censoring,
)

BETTER = ("sCR", "CR", "CRi", "CRh", "CRu", "VGPR", "PR", "MR", "SD", "PD", "NR")  # from best to worst


def outcome_of(table: ProductTable, name: str, log: bool | None = None) -> tuple[Outcome, np.ndarray]:
    """The outcome called `name` and the rows (k,) that have it.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    name : str
        A column; a class or classes of response (`CR`, `CR+PR`) where a column of responses exists;
        `TIME:EVENT` for a time to an event.
    log : bool, optional
        Whether numbers are taken as logarithms, by default where all are positive and differ tenfold.

    Returns
    -------
    tuple[Outcome, ndarray]
    """
    if ":" in name:
        return _survival(table, *name.split(":", 1))
    heading = _heading(table, name)
    if heading is None:
        return _classes(table, name)
    texts = table.texts[heading]
    there = np.flatnonzero([not is_missing(t) for t in texts])
    if not len(there):
        raise InputError(f"`{table.name}`: `{heading}` is empty in every row; no product has an outcome")
    values = [texts[i].strip() for i in there]
    coded = _two_values(values)
    if coded is not None:
        return _binary(heading, coded, there, ("yes", "no"))
    responses = [read_response(text) for text in values]
    if all(word is not None for word in responses):
        return _classes(table, "CR")
    return _continuous(table, heading, there, log)


def _heading(table: ProductTable, name: str) -> str | None:
    same = [h for h in table.texts if h == name] or [h for h in table.texts if h.lower() == name.lower()]
    return same[0] if same else None


def _two_values(values: list[str]) -> np.ndarray | None:
    """1 and 0 of a column of yes and no, R and NR, or 1 and 0; None for anything else."""
    words = {v.lower() for v in values}
    for ones, zeros in (
        (YES, NO),
        (("1", "1.0"), ("0", "0.0")),
        (("r", "responder"), ("nr", "non-responder", "nonresponder")),
    ):
        if words <= {*ones, *zeros}:
            return np.array([v.lower() in ones for v in values], dtype=float)
    return None


def _binary(name: str, y: np.ndarray, rows: np.ndarray, words: tuple[str, str]) -> tuple[Outcome, np.ndarray]:
    if y.min() == y.max():
        raise InputError(
            f"`{name}` is {words[0] if y[0] else words[1]} in all {len(y)} patients: with one class only, "
            f"nothing can be related to it"
        )
    return Outcome(name, "binary", y, np.ones(len(y)), words), rows


def _classes(table: ProductTable, name: str) -> tuple[Outcome, np.ndarray]:
    """Responders by classes of response."""
    wanted = [read_response(part) for part in name.split("+")]
    column = next((c for c in table.columns if c.name == "response"), None)
    if column is None or any(w is None for w in wanted):
        raise InputError(f"`{table.name}`: " + unknown("outcome", name, list(table.texts)))
    read = [read_response(text) for text in table.texts[column.heading]]
    odd = [
        i
        for i, (word, t) in enumerate(zip(read, table.texts[column.heading], strict=True))
        if word is None and not is_missing(t)
    ]
    if odd:
        text = printable(table.texts[column.heading][odd[0]], 30)
        raise InputError(
            f"`{table.name}` line {table.lines[odd[0]]}: `{text}` is no response; write "
            f"{', '.join(RESPONSES[:11])}, or leave the cell empty"
        )
    rows = np.flatnonzero([word in BETTER for word in read])  # not evaluable takes no part
    family = {"CR": {"sCR", "CR", "CRi", "CRh", "CRu"}}
    ones = {word for w in wanted if w is not None for word in family.get(w, {w})}
    y = np.array([read[i] in ones for i in rows], dtype=float)
    if not len(y):
        raise InputError(f"`{table.name}`: `{column.heading}` holds no evaluable response")
    return _binary(f"{name} in {column.heading}", y, rows, (name, "other"))


def _numbers(table: ProductTable, heading: str, rows: np.ndarray) -> np.ndarray:
    texts = table.texts[heading]
    read = read_numbers(texts, decimal_sign([texts]))
    bad = [i for i in rows if read.kind[i] != NUMBER]
    if bad:
        raise InputError(
            f"`{table.name}` line {table.lines[bad[0]]}: `{printable(str(texts[bad[0]]), 30)}` in "
            f"`{heading}` is not a number; write a number or a class such as CR, or leave the cell empty"
        )
    return read.value[rows]


def _continuous(
    table: ProductTable, heading: str, rows: np.ndarray, log: bool | None
) -> tuple[Outcome, np.ndarray]:
    y = _numbers(table, heading, rows)
    if len(y) < 2 or np.ptp(y) == 0:
        raise InputError(f"`{heading}` does not differ between patients: nothing can be related to it")
    if log is None:
        log = bool((y > 0).all() and y.max() / y.min() >= 10)
    if log and (y <= 0).any():
        raise InputError(
            f"`{heading}` holds values of 0 or below, which have no logarithm; leave out `--log`"
        )
    return Outcome(
        f"log {heading}" if log else heading, "continuous", np.log(y) if log else y, np.ones(len(y))
    ), rows


def _happened(text: str, heading: str) -> bool | None:
    """Whether a cell is an event; None where it does not say so. CNSR is read as CDISC defines it: 0 is an
    event."""
    found = read_event(text)
    if found is None or found.happened is not None:
        return None if found is None else found.happened
    if found.code not in (0.0, 1.0) or (speaks_of_censoring(heading) and not is_cnsr(heading)):
        return None
    return (found.code == 0) if is_cnsr(heading) else (found.code == 1)


def _known_heading(table: ProductTable, name: str) -> str:
    heading = _heading(table, name)
    if heading is None:
        raise InputError(f"`{table.name}`: " + unknown("column", name, list(table.texts)))
    return heading


def _survival(table: ProductTable, time: str, event: str) -> tuple[Outcome, np.ndarray]:
    headings = [_known_heading(table, name) for name in (time, event)]
    there = np.flatnonzero([not is_missing(t) for t in table.texts[headings[0]]])
    if not len(there):
        raise InputError(f"`{table.name}`: `{headings[0]}` is empty in every row; no product has an outcome")
    y = _numbers(table, headings[0], there)
    flags = [_happened(table.texts[headings[1]][i], headings[1]) for i in there]
    if any(f is None for f in flags):
        i = there[[f is None for f in flags].index(True)]
        text = printable(str(table.texts[headings[1]][i]), 30)
        raise InputError(
            f"`{table.name}` line {table.lines[i]}: `{text}` in `{headings[1]}` is neither an event nor "
            f"censoring; write 1 or 0"
        )
    if (y < 0).any():
        raise InputError(
            f"`{table.name}` line {table.lines[there[np.argmin(y)]]}: `{headings[0]}` is below 0; times "
            f"count from the infusion"
        )
    return Outcome(headings[0], "survival", y, np.array(flags, dtype=float), ("event", "censored")), there
