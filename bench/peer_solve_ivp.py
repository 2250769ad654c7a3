"""SciPy's solve_ivp(method="LSODA") with a right-hand side compiled by numba: what most Python users do."""

from collections.abc import Callable
from functools import cache

import numpy as np

from bench.equations import Equations, equations, hill
from bench.problem import ATOL, Problem


def run_solve_ivp(
    problem: Problem, rtol: float, atol: float = ATOL, write: Callable = equations
) -> np.ndarray:
    """States, shape (patients, times, states); NaN for a patient that was not solved. write: which
    equations."""
    from scipy.integrate import solve_ivp

    made = write(problem.model.system)
    rhs, span = _rhs(made), (0.0, problem.times[-1])
    out = np.full((problem.n, len(problem.times), len(made.solved)), np.nan)
    for i, (start, values) in enumerate(zip(made.start(problem), made.values(problem), strict=True)):
        solved = solve_ivp(rhs, span, start, "LSODA", problem.times, args=(values,), rtol=rtol, atol=atol)
        if solved.success:
            out[i] = solved.y.T
    return made.whole(problem, out)


@cache
def _rhs(made: Equations) -> Callable:
    import math

    import numba

    inner = numba.njit(made.function(_hill=numba.njit(hill), _exp=math.exp))

    @numba.njit
    def rhs(t, y, p):
        return np.array(inner(t, y, p))

    return rhs
