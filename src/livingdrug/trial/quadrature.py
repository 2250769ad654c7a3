"""Nodes and weights for integrals, computed when they are first needed: a start of the program must not wait
for them."""

from functools import lru_cache

import numpy as np


@lru_cache
def gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(nodes, weights) of the rule with n points on [-1, 1]."""
    from scipy.special import roots_legendre

    return roots_legendre(n)
