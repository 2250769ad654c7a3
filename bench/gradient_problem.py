"""The gradient problem of the fitting claims: d log-likelihood / d 12 shared log-parameters, 100 patients x 15 samples.

Model: kirouac_2023 + tissue, the first 100 patients of `draw.npz` (their own rate constants are known), 1e8 cells on
day 0. Twelve rate constants are multiplied by exp(shift) in all patients alike. The data are SIMULATED: CAR-T cells in
blood at shift 0 with a log-normal residual. Log-likelihood up to a constant: -1/2 sum ((ln obs - ln f) / sd)**2.
The gradient is asked for at shift 0.1 in every parameter, where no component is near 0.

The stored gradient is by central differences of our DOP853 at rtol 1e-13, extrapolated twice (Richardson) from steps
of 0.02, 0.01 and 0.005, with the pools of the infusion solved by hand, which leaves the differences smooth.

    nice -n 10 python -m bench.gradient_problem      # makes the data and the gradient again, and says how far they moved
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import livingdrug as ld
from bench.equations import equations_without_pools
from bench.problem import DRAW, Problem, start_states
from bench.reference import dop853

STORED = Path(__file__).with_name("gradient.npz")
N, SEED, LOG_SD, SHIFT = 100, 5, 0.5, 0.1
TIMES = np.array(
    [0, 1, 2, 4, 7, 9, 11, 14, 17, 21, 28, 60, 90, 120, 180, 270.0]
)  # d; the first is the infusion
PARAMETERS = (
    "mu_tumour", "k_kill", "k_antigen_on", "k_antigen_off", "mu_memory", "mu_effector", "k_exhaust", "k_revert",
    "d_memory", "d_effector1", "k12", "k21",
)  # fmt: skip
BLOOD = ("memory", "effector1", "effector2", "exhausted")
RTOL, STEPS = 1e-13, (0.02, 0.01, 0.005)


@dataclass(frozen=True)
class GradientProblem:
    """population: the patients at shift 0, times from day 0; observed: simulated CAR-T in blood in cells/uL
    at times[1:], shape (patients, 15); at: where the gradient is asked for, shape (12,); log_likelihood,
    gradient: the answers there.
    """

    population: Problem
    observed: np.ndarray
    at: np.ndarray
    log_likelihood: float
    gradient: np.ndarray


def population() -> Problem:
    """The patients at shift 0."""
    model = ld.get_model("kirouac_2023") + ld.get_fragment("tissue")
    names = [q.name for q in model.system.quantities]
    with np.load(DRAW) as stored:
        factors = {name: stored[name][:N] for name in stored.files}
    values = np.stack([model.typical[name] * factors.get(name, np.ones(N)) for name in names], axis=1)
    return Problem("gradient", model, values, start_states(model, values), TIMES)


def gradient_problem() -> GradientProblem:
    """The problem with its stored data and answers."""
    with np.load(STORED) as stored:
        return GradientProblem(
            population(), stored["observed"], np.full(len(PARAMETERS), SHIFT), float(stored["log_likelihood"]),
            stored["gradient"],
        )  # fmt: skip


def shifted(problem: Problem, shift: np.ndarray) -> Problem:
    """All patients with the 12 rate constants multiplied by exp(shift)."""
    names = [q.name for q in problem.model.system.quantities]
    values = problem.values.copy()
    values[:, [names.index(name) for name in PARAMETERS]] *= np.exp(shift)
    return Problem(problem.setting, problem.model, values, problem.start, problem.times)


def log_density(problem: Problem, states: np.ndarray) -> np.ndarray:
    """ln of CAR-T in blood (cells/uL) at times[1:], shape (patients, 15), from states (patients, times,
    states)."""
    names = [s.name for s in problem.model.system.states]
    return np.log(
        states[:, 1:, [names.index(name) for name in BLOOD]].sum(axis=2) / problem.blood_volume[:, None]
    )


def log_likelihood(problem: Problem, states: np.ndarray, observed: np.ndarray) -> float:
    """Log-likelihood of the observations, up to a constant."""
    return -0.5 * float((((np.log(observed) - log_density(problem, states)) / LOG_SD) ** 2).sum())


def _exactly(problem: Problem, shift: np.ndarray) -> tuple[Problem, np.ndarray]:
    moved = shifted(problem, shift)
    return moved, dop853(moved, RTOL, write=equations_without_pools)


def make() -> dict[str, np.ndarray]:
    """Data, log-likelihood, gradient, and the gradient's own uncertainty: what the last extrapolation
    changed."""
    patients, at = population(), np.full(len(PARAMETERS), SHIFT)
    truth = log_density(*_exactly(patients, np.zeros(len(PARAMETERS))))
    noise = np.random.default_rng(SEED).standard_normal(truth.shape)
    observed = np.exp(truth + LOG_SD * noise)

    def slope(k: int, h: float) -> float:
        step = h * np.eye(len(PARAMETERS))[k]
        high, low = (log_likelihood(*_exactly(patients, at + s), observed) for s in (step, -step))
        return (high - low) / (2 * h)

    gradient, uncertainty = np.empty(len(PARAMETERS)), np.empty(len(PARAMETERS))
    for k in range(len(PARAMETERS)):
        coarse, middle, fine = (slope(k, h) for h in STEPS)
        first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
        gradient[k] = (16 * second - first) / 15
        uncertainty[k] = abs(gradient[k] - second)
    value = log_likelihood(*_exactly(patients, at), observed)
    return {
        "observed": observed,
        "log_likelihood": np.array(value),
        "gradient": gradient,
        "uncertainty": uncertainty,
    }


def main() -> None:
    """Store the problem where it is not stored, else compare with it."""
    made = make()
    if not STORED.exists():
        np.savez(STORED, **made)
    stored = gradient_problem()
    print(f"log-likelihood {stored.log_likelihood:.9f}, made now {float(made['log_likelihood']):.9f}")
    for name, kept, new, off in zip(
        PARAMETERS, stored.gradient, made["gradient"], made["uncertainty"], strict=True
    ):
        print(
            f"{name:14s} {kept:16.8f}   made now {new / kept - 1:+.1e}   last extrapolation "
            f"{off / abs(kept):.1e}"
        )


if __name__ == "__main__":
    main()
