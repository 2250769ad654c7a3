"""Which points of the unit cube are run: Sobol's (two matrices and their crossings), Morris' trajectories, a
Latin hypercube."""

import numpy as np

from livingdrug.core.errors import InputError


def sobol_points(base: int, groups: tuple[tuple[int, ...], ...], inputs: int, seed: int) -> np.ndarray:
    """Saltelli's design, shape (2 + groups, base, inputs): A, B, and for each group A with its
    columns from B.

    Parameters
    ----------
    base : int
        Points of each matrix, a power of 2, so that Sobol's sequence stays balanced.
    groups : tuple of tuple of int
        Positions of the inputs of each group.
    inputs : int
        Number of inputs.
    seed : int
        Of the scrambling (Owen).

    Raises
    ------
    InputError
        Where base is no power of 2.
    """
    from scipy.stats import qmc

    if base < 2 or base & (base - 1):
        below = 2 ** max(1, int(np.log2(max(base, 2))))
        raise InputError(
            f"{base} points were asked for; Sobol's sequence wants a power of 2, such as {below} or "
            f"{2 * below}"
        )
    drawn = qmc.Sobol(2 * inputs, scramble=True, rng=seed).random(base)
    a, b = drawn[:, :inputs], drawn[:, inputs:]
    crossed = []
    for group in groups:
        mixed = a.copy()
        mixed[:, list(group)] = b[:, list(group)]
        crossed.append(mixed)
    return np.stack([a, b, *crossed])


def morris_points(
    trajectories: int, inputs: int, seed: int, levels: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Morris' trajectories: points (trajectories, inputs + 1, inputs), and for each step the input that moved
    and by how much, shape (trajectories, inputs) each. Levels stay half a level off the ends, where quantiles
    are infinite.

    Parameters
    ----------
    trajectories : int
        How many.
    inputs : int
        Number of inputs.
    seed : int
        Of the design.
    levels : int, optional
        Of each input.

    Returns
    -------
    tuple[ndarray, ndarray, ndarray]
    """
    random = np.random.default_rng(seed)
    jump = levels // 2
    points = np.empty((trajectories, inputs + 1, inputs))
    moved, by = np.empty((trajectories, inputs), dtype=int), np.empty((trajectories, inputs))
    for t in range(trajectories):
        sign = random.choice([-1, 1], inputs)
        low = random.integers(0, levels - jump, inputs)
        at = np.where(sign > 0, low, low + jump).astype(float)
        points[t, 0] = (at + 0.5) / levels
        for step, j in enumerate(random.permutation(inputs)):
            at[j] += sign[j] * jump
            points[t, step + 1] = (at + 0.5) / levels
            moved[t, step], by[t, step] = j, sign[j] * jump / levels
    return points, moved, by


def hypercube_points(n: int, inputs: int, seed: int) -> np.ndarray:
    """A Latin hypercube, shape (n, inputs).

    Parameters
    ----------
    n : int
        Number of points.
    inputs : int
        Number of inputs.
    seed : int
        Of the design.

    Returns
    -------
    ndarray
    """
    from scipy.stats import qmc

    return qmc.LatinHypercube(inputs, rng=seed).random(n)
