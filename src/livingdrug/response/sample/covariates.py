"""Covariates of a regression: categories as dummies beside a stated reference, and columns that cannot be
told apart."""

import numpy as np

from livingdrug.core.errors import InputError

LEVELS_AT_MOST = 20
SAME = 1e-9  # range of a column, of its size, below which it does not vary


def dummies(name: str, texts: np.ndarray, reference: str | None = None) -> tuple[dict[str, np.ndarray], str]:
    """(term -> 1 or 0 (n,), reference level) of a column of categories; nan where the text is empty.

    Every level but the reference has a term `name: level`. reference: the most frequent level where none is
    named, the first in order among equals. Raises InputError for one level only, too many, or an unknown
    reference."""
    filled = texts[texts != ""].astype(str)
    levels, counts = np.unique(filled, return_counts=True)
    if len(levels) < 2:
        raise InputError(
            f"`{name}` is the same for all ({', '.join(levels) or 'empty'}), so nothing can be related to it"
        )
    if len(levels) > LEVELS_AT_MOST:
        raise InputError(
            f"`{name}` has {len(levels)} different texts; a column of categories has {LEVELS_AT_MOST} at most"
        )
    base = str(levels[np.argmax(counts)]) if reference is None else reference
    if base not in levels:
        raise InputError(f"`{name}` has no level `{base}`; it has {', '.join(levels)}")
    empty = texts == ""
    terms = {
        f"{name}: {v}": np.where(empty, np.nan, (texts == v).astype(float))
        for v in levels.tolist()
        if v != base
    }
    return terms, base


def check_columns(columns: np.ndarray, terms: tuple[str, ...]) -> None:
    """Refuse columns (n, p) that do not vary, and those of which one is a combination of the others, to ten
    digits."""
    for values, name in zip(columns.T, terms, strict=True):
        bad = ~np.isfinite(values)
        if bad.any():
            raise InputError(
                f"`{name}` is missing or not finite in {bad.sum():,} of {len(bad):,} rows; leave them out"
            )
        if np.ptp(values) <= SAME * np.abs(values).max():
            raise InputError(
                f"`{name}` is {values[0]:g} in all {len(columns):,} rows, so nothing can be related to it"
            )
    centred = columns - columns.mean(axis=0)
    _, size, direction = np.linalg.svd(centred / np.linalg.norm(centred, axis=0), full_matrices=False)
    if size[-1] < 1e-10 * size[0] or len(size) < len(terms):
        involved = [f"`{terms[j]}`" for j in np.flatnonzero(np.abs(direction[-1]) > 1e-6)]
        raise InputError(
            f"{' and '.join(involved)} are collinear: each follows from the others; adjust for fewer columns"
        )
