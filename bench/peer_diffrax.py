"""diffrax on the CPU in double precision: Tsit5 (explicit) and Kvaerno5 (implicit), chunks of patients in
lock-step.

`lax.map` runs one chunk after the other and `vmap` the patients of a chunk together, so a chunk takes as many
steps as its slowest patient. Patients are sorted by their fastest rate constant first, which puts like beside
like. Chunks and controller are those that were fastest when tried: chunks of 1 to 100, the I controller that
is diffrax's default and a PI controller, outputs interpolated or stepped to.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from bench.equations import Equations, equations
from bench.problem import ATOL, Problem

MAX_STEPS = 1_000_000
CONTROLLER = {"pcoeff": 0.3, "icoeff": 0.4}


def run_diffrax_tsit5(
    problem: Problem, rtol: float, atol: float = ATOL, write: Callable = equations
) -> np.ndarray:
    """States, shape (patients, times, states), not finite where the solver gave up. write: which
    equations."""
    return _run("Tsit5", problem, rtol, atol, write, chunk=20)


def run_diffrax_kvaerno5(
    problem: Problem, rtol: float, atol: float = ATOL, write: Callable = equations
) -> np.ndarray:
    """As `run_diffrax_tsit5`."""
    return _run("Kvaerno5", problem, rtol, atol, write, chunk=50)


def _run(solver: str, problem: Problem, rtol: float, atol: float, write: Callable, chunk: int) -> np.ndarray:
    made = write(problem.model.system)
    run = _solver(solver, made, tuple(problem.times), chunk)
    values = made.values(problem)
    names = [q.name for q in problem.model.system.quantities]
    order = np.argsort(
        problem.values[:, [names.index(name) for name in ("k_loss", "k12", "k21", "k_kill")]].max(axis=1)
    )
    solved = np.empty((problem.n, len(problem.times), len(made.solved)))
    solved[order] = np.asarray(run(made.start(problem)[order], values[order], rtol, atol))
    return made.whole(problem, solved)


@cache
def _solver(name: str, made: Equations, times: tuple[float, ...], chunk: int) -> Callable:
    import jax

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    def run(starts, values, rtol, atol):
        def one(patient):
            return solution(name, made, times, *patient, rtol, atol)

        return jax.lax.map(one, (starts, values), batch_size=chunk)

    return run


def solution(name: str, made: Equations, times: tuple[float, ...], start, p, rtol, atol):
    """One patient inside JAX, to be run or differentiated forward: solved states at `times`, shape (times,
    solved)."""
    import diffrax
    import jax.numpy as jnp

    def hill(x, n, k_to_n):
        z = jnp.where(x > 0.0, x, 1.0) ** n
        return jnp.where(x > 0.0, z / (k_to_n + z), 0.0)

    rhs = made.function(_hill=hill, _exp=jnp.exp)
    ts = jnp.asarray(times)
    # steps end at the output times: an interpolated output would be less exact than the solver's own steps
    adaptive = diffrax.PIDController(rtol=rtol, atol=atol, **CONTROLLER)
    solved = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, q: jnp.stack(rhs(t, y, q))),
        getattr(diffrax, name)(),
        ts[0],
        ts[-1],
        1e-4,
        start,
        p,
        saveat=diffrax.SaveAt(ts=ts),
        stepsize_controller=diffrax.ClipStepSizeController(adaptive, step_ts=ts[1:]),
        max_steps=MAX_STEPS,
        throw=False,
        adjoint=diffrax.ForwardMode(),
    )
    return solved.ys
