"""Claim: what the gradient of a log-likelihood costs with other Python solvers (`bench.gradient_problem`).

numbalsoda by central differences (24 solutions); diffrax by forward differentiation through the solver. Error: the
largest |g / g_ref - 1| over the 12 components. Each has the loosest decade of rtol at which its error was below 1e-4 when
tried; differences have the best of the steps 1e-2, 3e-3 and 1e-3. The pools of the infusion are solved by hand.

    nice -n 10 python -m bench.gradient_peers      # writes bench/results/gradient_peers.json
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from bench.equations import Equations, equations_without_pools
from bench.gradient_problem import (
    BLOOD,
    LOG_SD,
    PARAMETERS,
    GradientProblem,
    gradient_problem,
    log_likelihood,
    shifted,
)
from bench.machine import interleaved, machine, one_core
from bench.peer_diffrax import solution
from bench.peer_numbalsoda import run_numbalsoda

RESULTS = Path(__file__).with_name("results") / "gradient_peers.json"
ATOL, REPEATS = 1e-8, 3


def numbalsoda_objective(problem: GradientProblem, shift: np.ndarray, rtol: float) -> float:
    """Log-likelihood at a shift."""
    moved = shifted(problem.population, shift)
    return log_likelihood(moved, run_numbalsoda(moved, rtol, ATOL, equations_without_pools), problem.observed)


def numbalsoda_differences(problem: GradientProblem, rtol: float, step: float) -> np.ndarray:
    """Gradient by central differences, shape (12,)."""
    steps = step * np.eye(len(PARAMETERS))
    ends = [[numbalsoda_objective(problem, problem.at + sign * s, rtol) for sign in (1, -1)] for s in steps]
    return np.array([(high - low) / (2 * step) for high, low in ends])


def diffrax_forward(problem: GradientProblem, rtol: float, solver: str, chunk: int) -> np.ndarray:
    """Gradient by forward differentiation through the solver, shape (12,)."""
    patients = problem.population
    made = equations_without_pools(patients.model.system)
    names = [s.name for s in patients.model.system.states]
    blood = tuple(made.solved.index(names.index(name)) for name in BLOOD)
    gradient = _forward(made, solver, chunk, tuple(patients.times), blood)
    cells = problem.observed * patients.blood_volume[:, None]
    return np.asarray(gradient(problem.at, made.start(patients), made.values(patients), np.log(cells), rtol))


@cache
def _forward(
    made: Equations, solver: str, chunk: int, times: tuple[float, ...], blood: tuple[int, ...]
) -> Callable:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    columns = np.array([made.constants.index(name) for name in PARAMETERS])

    def total(shift, starts, values, log_cells, rtol):
        def one(patient):
            start, p, observed = patient
            p = p.at[columns].multiply(jnp.exp(shift), unique_indices=True)
            states = solution(solver, made, times, start, p, rtol, ATOL)
            return -0.5 * (((observed - jnp.log(states[1:, blood].sum(axis=1))) / LOG_SD) ** 2).sum()

        return jax.lax.map(one, (starts, values, log_cells), batch_size=chunk).sum()

    return jax.jit(jax.jacfwd(total))


def main() -> None:
    """Measure and store."""
    one_core()
    problem = gradient_problem()
    runs = {
        "numbalsoda, objective alone, rtol 1e-8": lambda: numbalsoda_objective(problem, problem.at, 1e-8),
        "numbalsoda, central differences of 1e-3, rtol 1e-8": lambda: numbalsoda_differences(
            problem, 1e-8, 1e-3
        ),
        "diffrax Tsit5, forward, rtol 1e-8": lambda: diffrax_forward(problem, 1e-8, "Tsit5", 20),
        "diffrax Kvaerno5, forward, rtol 1e-5": lambda: diffrax_forward(problem, 1e-5, "Kvaerno5", 50),
    }
    about, answers = machine(), {name: run() for name, run in runs.items()}
    times = interleaved(runs, REPEATS)
    rows = []
    for name, answer in answers.items():
        exact = problem.log_likelihood if np.ndim(answer) == 0 else problem.gradient
        error = float(np.abs(np.asarray(answer) / exact - 1).max())
        rows.append(
            {"peer": name, "cpu_ms": float(np.median(times[name])) * 1e3, "largest_relative_error": error}
        )
        print(f"{name:52s} {rows[-1]['cpu_ms']:10,.0f} ms   largest relative error {error:.1e}", flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": about, "repeats": REPEATS, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
