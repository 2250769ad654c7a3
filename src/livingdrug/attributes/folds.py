"""Which products are left out together: stratified folds, patients whole, studies one by one."""

import numpy as np

from livingdrug.core.random import uniforms

MOST = 5  # folds, or as many as the smaller class has patients


def number_of_folds(outcome: np.ndarray, binary: bool) -> int:
    """Folds that leave every fold one of each class, MOST at the most."""
    smaller = int(min(outcome.sum(), len(outcome) - outcome.sum())) if binary else len(outcome)
    return min(MOST, smaller)


def repeats_for(n: int) -> int:
    """Repeats of the folds by default: 50 at 24 patients, where 10 still move the area by 0.07, and 5 at the
    least."""
    return max(5, min(50, round(50 * 24 / n)))


def stratified(strata: np.ndarray, k: int, repeats: int, seed: int, purpose: str) -> np.ndarray:
    """Fold of each patient, shape (repeats, n), each stratum dealt over the folds as evenly as it goes.

    strata (n,): class or class and study as whole numbers; the deal goes on from stratum to stratum, so that
    folds are of equal size too.
    """
    n = len(strata)
    draws = uniforms(seed, purpose, 0, repeats * n).reshape(repeats, n)
    folds = np.empty((repeats, n), dtype=np.int64)
    for out, draw in zip(folds, draws, strict=True):
        order = np.lexsort((draw, strata))
        out[order] = np.arange(n) % k
    return folds


def permutations(outcome: np.ndarray, study: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Positions of outcomes in random order within each study, shape (count, n)."""
    n = len(outcome)
    draws = uniforms(seed, "attributes permutations", 0, count * n).reshape(count, n)
    result = np.empty((count, n), dtype=np.int64)
    places = [np.flatnonzero(study == s) for s in np.unique(study)]
    for out, draw in zip(result, draws, strict=True):
        for place in places:
            out[place] = place[np.argsort(draw[place], kind="stable")]
    return result
