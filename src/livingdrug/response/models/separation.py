"""Whether a likelihood has its maximum at infinity, which a linear programme decides (Albert & Anderson 1984;
Konis 2007)."""

import numpy as np


def separating(rows: np.ndarray) -> np.ndarray | None:
    """A direction d with rows @ d >= 0 everywhere and > 0 somewhere, or None where there is none.

    rows (m, k): the signed design; along such a direction no likelihood falls and some rise for ever.
    """
    from scipy.optimize import linprog

    size = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.where(size > 0, size, 1)
    found = linprog(-rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    if found.status != 0 or -found.fun < 1e-7 * len(rows) ** 0.5:
        return None
    return found.x


def is_complete(rows: np.ndarray) -> bool:
    """Whether some direction has rows @ d > 0 everywhere, so that all rows are told apart without a tie."""
    from scipy.optimize import linprog

    width = rows.shape[1]
    margin = np.r_[np.zeros(width), -1.0]
    found = linprog(
        margin,
        A_ub=np.column_stack([-rows, np.ones(len(rows))]),
        b_ub=np.zeros(len(rows)),
        bounds=[(-1, 1)] * width + [(None, 1)],
        method="highs",
    )
    return found.status == 0 and -found.fun > 1e-9


def binary_rows(columns: np.ndarray, events: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """Signed design of events among trials: a row for those with, minus the row for those without."""
    return np.vstack([columns[events > 0], -columns[events < trials]])


def ordered_rows(columns: np.ndarray, grade: np.ndarray, count: int) -> np.ndarray:
    """Signed design of grades 0..count-1 under proportional odds: parameters are count-1 intercepts, then
    slopes.

    Of a subject with grade g the chance of >= g must not fall, and that of >= g+1 must not rise.
    """
    cuts = np.eye(count - 1)
    above, below = grade > 0, grade < count - 1
    up = np.hstack([cuts[grade[above] - 1], columns[above]])
    down = np.hstack([cuts[grade[below]], columns[below]])
    return np.vstack([up, -down])
