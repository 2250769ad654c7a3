"""Reference solution of the population problem: our own DOP853 at rtol 1e-12, and a second method on a few patients.

Dormand and Prince's method of order 8 (coefficients as published, read from SciPy) is explicit and shares neither code
nor method with LSODA, Rosenbrock or Kvaerno solvers. It stops at every output time, so nothing is interpolated. The
absolute tolerance is far below one cell: a tumour that falls to 1e-9 cells and grows again must not start from noise.

    nice -n 10 python -m bench.reference      # computes what out/bench lacks, and compares with Radau
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from bench.equations import Equations, equations, hill
from bench.problem import SETTINGS, Problem, error, problem

FOLDER = Path("out/bench")
RTOL, ATOL = 1e-12, 1e-14
MAX_STEPS = 20_000_000


def reference(problem: Problem) -> np.ndarray:
    """States of every patient at every output time, shape (patients, times, states); kept in out/bench."""
    made = equations(problem.model.system)
    what = (
        made.source.encode()
        + made.values(problem).tobytes()
        + problem.start.tobytes()
        + repr((RTOL, ATOL)).encode()
    )
    file = FOLDER / f"reference_{problem.setting}_{hashlib.sha256(what).hexdigest()[:12]}.npy"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        np.save(file, dop853(problem, RTOL))
    return np.load(file)


def dop853(problem: Problem, rtol: float, atol: float = ATOL, write: Callable = equations) -> np.ndarray:
    """The same method at another tolerance or on other equations, not kept."""
    made = write(problem.model.system)
    states, steps = _solver(made)(
        made.start(problem), made.values(problem), problem.times, rtol, atol, MAX_STEPS
    )
    if (steps < 0).any():
        raise RuntimeError(
            f"{problem.setting}: {np.sum(steps < 0)} patients took more than {MAX_STEPS:,} steps"
        )
    return made.whole(problem, states)


@cache
def _solver(made: Equations) -> Callable:
    import math

    import numba
    from scipy.integrate import DOP853

    rhs = numba.njit(made.function(_hill=numba.njit(hill), _exp=math.exp))
    A, B, C, E3, E5 = (np.ascontiguousarray(getattr(DOP853, name)) for name in ("A", "B", "C", "E3", "E5"))
    stages = len(B)

    @numba.njit
    def step(t, h, y, p, k, new, rtol, atol):
        """Fills k and new; returns the error as a share of the tolerance."""
        n = len(y)
        for s in range(1, stages):
            for i in range(n):
                total = 0.0
                for m in range(s):
                    total += A[s, m] * k[m, i]
                new[i] = y[i] + h * total
            k[s] = rhs(t + C[s] * h, new, p)
        for i in range(n):
            total = 0.0
            for m in range(stages):
                total += B[m] * k[m, i]
            new[i] = y[i] + h * total
        k[stages] = rhs(t + h, new, p)
        fifth = third = 0.0
        for i in range(n):
            scale = atol + rtol * max(abs(y[i]), abs(new[i]))
            five = three = 0.0
            for m in range(stages + 1):
                five += E5[m] * k[m, i]
                three += E3[m] * k[m, i]
            fifth += (five / scale) ** 2
            third += (three / scale) ** 2
        if fifth == 0.0 and third == 0.0:
            return 0.0
        return abs(h) * fifth / math.sqrt((fifth + 0.01 * third) * n)

    @numba.njit
    def one(start, p, times, rtol, atol, max_steps, out):
        n = len(start)
        y, new, k = start.copy(), np.empty(n), np.empty((stages + 1, n))
        k[0] = rhs(0.0, y, p)
        t, h, steps = 0.0, 1e-6, 0
        out[0] = y
        for j in range(1, len(times)):
            while t < times[j]:
                if steps >= max_steps:
                    return -1
                steps += 1
                last = t + h >= times[j]
                size = times[j] - t if last else h
                e = step(t, size, y, p, k, new, rtol, atol)
                factor = min(5.0, max(0.2, 0.9 * e**-0.125)) if e > 0.0 else 5.0
                if e < 1.0:
                    t = times[j] if last else t + size
                    y[:] = new
                    k[0] = k[stages]
                    # a step cut short by an output time says little about the next one
                    h = max(h, size * factor) if last else size * factor
                else:
                    h = size * min(factor, 1.0)
            out[j] = y
        return steps

    @numba.njit
    def run(starts, constants, times, rtol, atol, max_steps):
        out = np.empty((len(starts), len(times), starts.shape[1]))
        steps = np.empty(len(starts), dtype=np.int64)
        for i in range(len(starts)):
            steps[i] = one(starts[i], constants[i], times, rtol, atol, max_steps, out[i])
        return out, steps

    return run


def radau(problem: Problem, rtol: float = 1e-10, atol: float = 1e-10) -> np.ndarray:
    """SciPy's implicit Radau IIA of order 5, the second method; same shape as the reference."""
    import numba
    from scipy.integrate import solve_ivp

    made = equations(problem.model.system)
    rhs = numba.njit(made.function(_hill=numba.njit(hill)))
    rows = zip(problem.start, made.values(problem), strict=True)
    span = (0.0, problem.times[-1])
    solved = [
        solve_ivp(rhs, span, y, "Radau", problem.times, args=(p,), rtol=rtol, atol=atol) for y, p in rows
    ]
    return np.stack([s.y.T for s in solved])


def main() -> None:
    """Compute and cross-check."""
    for setting in SETTINGS:
        whole = problem(setting)
        states = reference(whole)
        few = whole.first(10)
        apart = error(few, radau(few), states[:10])
        looser = error(whole.first(50), dop853(whole.first(50), 1e-11), states[:50])
        print(
            f"{setting:10s} Radau 1e-10, 10 patients: median {np.median(apart):.1e}, max {apart.max():.1e};"
            f" DOP853 1e-11, 50 patients: median {np.median(looser):.1e}, max {looser.max():.1e}"
        )


if __name__ == "__main__":
    main()
