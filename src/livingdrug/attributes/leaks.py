"""What makes a model look good without knowing anything: the outcome among the attributes, a patient in two
folds, a batch that is the outcome."""

from dataclasses import dataclass
from math import comb

import numpy as np

from livingdrug.attributes.area import auc
from livingdrug.attributes.outcome import Outcome
from livingdrug.attributes.product_table import ProductTable

# probability, over all attributes, that one separates the classes by chance, below which it is suspect
RARE = 0.01
KNOWS = (
    "it is the outcome under another name, or was measured after it; leave it out (`--column NAME=ignored`) "
    "or keep it knowingly (`--keep NAME`)"
)
ALIKE = 0.999  # correlation with a continuous outcome from which an attribute is the outcome itself


@dataclass(frozen=True)
class Leak:
    """What may leak the outcome into attributes.

    Attributes
    ----------
    code : str
        `outcome`, `after`, `twins` or `batch`.
    column : str
        Heading of the attribute concerned.
    problem : str
        What is wrong with it, in words.
    severity : str
        `error` stops learning, `warning` is said.
    """

    code: str
    column: str
    problem: str
    severity: str = "error"


def leaks_of(
    x: np.ndarray,
    names: tuple[str, ...],
    outcome: Outcome,
    table: ProductTable | None = None,
    rows: np.ndarray | None = None,
) -> list[Leak]:
    """Every leak among attributes, and in the columns of batches of the table.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Attributes, nan where missing.
    names : tuple of str
        Of the attributes.
    outcome : Outcome
        That attributes are related to.
    table : ProductTable, optional
        Whose columns of batches are looked at.
    rows : ndarray, optional
        Of the table, that the attributes are of.

    Returns
    -------
    sequence of Leak
    """
    found = [_outcome_again(name, x[:, j], outcome, x.shape[1]) for j, name in enumerate(names)]
    places = np.arange(1, len(x) + 1) if table is None or rows is None else table.lines[rows]
    found.append(_twins(x, places))
    if table is not None and rows is not None:
        found += [
            Leak(
                "after",
                column.heading,
                f"`{column.heading}` speaks of a time after the infusion and knows the outcome; it takes no "
                f"part",
                "warning",
            )
            for column in table.having("after")
        ]
        found += [
            _batch(c.heading, table.texts[c.heading][rows], outcome)
            for c in table.having("batch", "study", "product")
        ]
    return [leak for leak in found if leak is not None]


def _outcome_again(name: str, x: np.ndarray, outcome: Outcome, count: int) -> Leak | None:
    there = ~np.isnan(x)
    own, y = x[there], outcome.y[there]
    if len(own) < 4 or not own.std() > 0 or not y.std() > 0:
        return None
    if outcome.kind == "binary":
        area = auc(own, y > 0.5)
        events = int(y.sum())
        chance = 2 / comb(len(y), events) * count
        two_values = len(np.unique(own)) == 2
        if max(area, 1 - area) == 1 and (two_values or chance < RARE):
            return Leak("outcome", name, f"`{name}` separates the classes without an exception: {KNOWS}")
    elif abs(np.corrcoef(own, y)[0, 1]) > ALIKE or abs(_rank_correlation(own, y)) == 1:
        return Leak("outcome", name, f"`{name}` goes with the outcome without an exception: {KNOWS}")
    return None


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(np.unique(a)) < len(a) or len(a) < 8:
        return 0.0
    return round(float(np.corrcoef(np.argsort(np.argsort(a)), np.argsort(np.argsort(b)))[0, 1]), 12)


def _twins(x: np.ndarray, places: np.ndarray) -> Leak | None:
    """Rows with the same numbers in every one of three or more attributes; places (n,): lines of the file."""
    if x.shape[1] < 3:
        return None
    seen: dict[bytes, int] = {}
    for i, row in enumerate(np.nan_to_num(x, nan=-1e300)):
        first = seen.setdefault(row.tobytes(), i)
        if first != i:
            return Leak(
                "twins",
                "",
                f"lines {places[first]} and {places[i]} have the same value of every attribute: one product "
                "under two names lies in two folds; keep one of them",
            )
    return None


def _batch(heading: str, labels: np.ndarray, outcome: Outcome) -> Leak | None:
    """A label that knows the outcome: every level has one class only, with more than one patient in each of
    two levels."""
    if outcome.kind != "binary":
        return None
    classes = {label: set(outcome.y[labels == label]) for label in set(labels)}
    counts = {label: int((labels == label).sum()) for label in classes}
    if len(classes) < 2 or len(classes) > outcome.n / 2 or any(len(c) > 1 for c in classes.values()):
        return None
    if sum(count > 1 for count in counts.values()) < 2:
        return None
    return Leak(
        "batch",
        heading,
        f"`{heading}` and the outcome cannot be separated: every level of it has one class only, so that "
        "what differs between batches looks like what differs between outcomes",
    )
