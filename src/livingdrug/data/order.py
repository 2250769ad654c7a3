"""Names in the order in which a reader expects them: 2 before 10."""

import re
from collections.abc import Sequence

import numpy as np

from livingdrug.data.distinct import distinct

_DIGITS = str.maketrans("123456789", "000000000")


def natural_order(texts: np.ndarray) -> np.ndarray:
    """Rank of each text, equal for equal texts: numbers in texts count as numbers, so `P2` comes before
    `P10`."""
    codes, unique = distinct(texts)
    rank = np.empty(len(unique), dtype=int)
    rank[naturally_sorted(list(unique))] = np.arange(len(unique))
    return rank[codes]


def naturally_sorted(texts: Sequence[str]) -> list[int]:
    """Positions of texts in the order of `natural_key`."""
    if (
        len({text.translate(_DIGITS) for text in texts}) == 1
    ):  # digits at the same places: as texts are sorted
        return sorted(range(len(texts)), key=texts.__getitem__)
    return sorted(range(len(texts)), key=lambda i: natural_key(texts[i]))


def natural_key(text: str) -> tuple:
    """Sort key of `natural_order`.

    Parameters
    ----------
    text : str
        A name with numbers in it, such as `P10`, which then follows P2.

    Returns
    -------
    tuple
    """
    if text.isdecimal() and text.isascii():
        return ((0, ""), (int(text), text), (0, "")), text
    parts = re.split(r"([0-9]+)", text)
    return tuple((int(part), part) if i % 2 else (0, part) for i, part in enumerate(parts)), text
