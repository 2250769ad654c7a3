"""numbalsoda: the C++ LSODA called from numba, one patient after the other on one thread.

The right-hand side is a numba cfunc without fastmath. numbalsoda takes one absolute tolerance for all states
and makes its Jacobian by differences.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from bench.equations import Equations, equations, hill
from bench.problem import ATOL, Problem

MAX_STEPS = 1_000_000  # between two output times, so that nobody fails for a limit


def run_numbalsoda(
    problem: Problem, rtol: float, atol: float = ATOL, write: Callable = equations
) -> np.ndarray:
    """States, shape (patients, times, states); NaN for a patient that LSODA gave up. write: which
    equations."""
    made = write(problem.model.system)
    run = _solver(made)
    return made.whole(
        problem, run(made.start(problem), made.values(problem), problem.times, rtol, atol, MAX_STEPS)
    )


@cache
def _solver(made: Equations) -> Callable:
    import math

    import numba
    from numbalsoda import lsoda, lsoda_sig

    rhs = numba.njit(made.function(_hill=numba.njit(hill), _exp=math.exp))
    n, n_constants = len(made.solved), len(made.constants)

    @numba.cfunc(lsoda_sig)
    def derivatives(t, y, dy, p):
        rates = rhs(t, numba.carray(y, (n,)), numba.carray(p, (n_constants,)))
        out = numba.carray(dy, (n,))
        for i in range(n):
            out[i] = rates[i]

    address = derivatives.address

    @numba.njit
    def run(starts, constants, times, rtol, atol, max_steps):
        out = np.full((len(starts), len(times), n), np.nan)
        for i in range(len(starts)):
            states, success = lsoda(address, starts[i], times, constants[i], rtol, atol, max_steps)
            if success:
                out[i] = states
        return out

    return run
