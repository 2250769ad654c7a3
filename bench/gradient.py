"""Claim: the gradient of a log-likelihood by forward sensitivities (`bench.gradient_problem`): its error, and its CPU
time in evaluations of the log-likelihood, both in one run.

    python -m bench.gradient      # writes bench/results/gradient.json
"""

import json
from pathlib import Path

import numpy as np

from bench.gradient_problem import LOG_SD, PARAMETERS, TIMES, gradient_problem, shifted
from bench.machine import interleaved, machine, one_core
from bench.problem import DOSE
from livingdrug.engine import ADD, Events, EventTable, sensitivity_kernel, solve_population, system_kernel
from livingdrug.engine.solvers.solve_slopes import solve_sensitivities

RESULTS = Path(__file__).with_name("results") / "gradient.json"
OUTPUT = "car_t_blood"
REPEATS = 7


def main() -> None:
    """Measure at three tolerances."""
    one_core()
    given = gradient_problem()
    moved = shifted(given.population, given.at)
    system = moved.model.system
    code, slopes_code = system_kernel(system, (OUTPUT,)), sensitivity_kernel(system, (OUTPUT,), PARAMETERS)
    state = [s.name for s in system.states].index(system.dose_into)
    events = EventTable.shared(moved.n, Events.of([(0.0, ADD, state, DOSE)]))
    columns = [[q.name for q in system.quantities].index(name) for name in PARAMETERS]
    times, logs = TIMES[1:], np.log(given.observed)

    def objective(rtol: float) -> float:
        values = solve_population(
            code, moved.values, events, times[-1], times, [0], None, rtol, threads=1
        ).values
        return -0.5 * float((((logs - np.log(values.reshape(logs.shape))) / LOG_SD) ** 2).sum())

    def gradient(rtol: float) -> np.ndarray:
        found = solve_sensitivities(slopes_code, moved.values, events, times[-1], times, [0], rtol, threads=1)
        values = found.values.reshape(logs.shape)
        # d ln f / d shift = (q / f) df/dq
        slopes = found.slopes.reshape(*logs.shape, -1) * moved.values[:, None, columns] / values[:, :, None]
        return np.einsum("ij,ijk->k", (logs - np.log(values)) / LOG_SD**2, slopes)

    rows = []
    for rtol in (1e-5, 1e-6, 1e-7):
        error = np.abs(gradient(rtol) - given.gradient).max() / np.abs(given.gradient).max()
        times_of = interleaved(
            {"value": lambda r=rtol: objective(r), "gradient": lambda r=rtol: gradient(r)}, REPEATS
        )
        value, slope = (float(np.median(times_of[name])) * 1e3 for name in ("value", "gradient"))
        off = abs(objective(rtol) / given.log_likelihood - 1)
        costs = {"objective_ms": value, "gradient_ms": slope, "evaluations": slope / value}
        rows.append({"rtol": rtol, "error": float(error), "objective_error": off, **costs})
        print(
            f"rtol {rtol:.0e}: error {error:.1e} of the largest component, {slope:.0f} ms = "
            f"{slope / value:.1f} evaluations of {value:.1f} ms (their error {off:.1e})", flush=True,
        )  # fmt: skip
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
