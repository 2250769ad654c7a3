"""Claim: a million patients of stein_2019 x 29 samples + AUC28 + CMAX, the draw included, against well-written NumPy
(`bench.closed_form_numpy`), in one run; and the grid of Fig 2D.

    python -m bench.closed_form      # writes bench/results/closed_form.json
"""

import json
import time
from pathlib import Path

import numpy as np

from bench.closed_form_numpy import DAYS, LEVELS, METRICS, MODEL, SEED, Kept, N, check, run
from bench.machine import interleaved, machine, one_core
from livingdrug.engine import exponential_kernel, solve_exponentials
from livingdrug.engine.solvers.exponentials import Curves
from livingdrug.simulation import drawn_values

RESULTS = Path(__file__).with_name("results") / "closed_form.json"
BLOCK, NUMPY_BLOCK, REPEATS = 5_000, 5_000, 5


def memory() -> Kept:
    """Memory for our answer, touched once: each patient's samples lie side by side here."""
    return Kept(
        np.zeros((N // BLOCK, BLOCK, DAYS)), np.zeros((N // BLOCK, BLOCK)), np.zeros((N // BLOCK, BLOCK))
    )


def run_engine(kept: Kept) -> None:
    """Draw the patients and fill `kept`, block by block; what else is found is written over from block to block."""
    code = exponential_kernel(MODEL.system, tuple(MODEL.individual.items()))
    times, none = np.arange(float(DAYS)), np.empty((BLOCK, 0))
    when, broken = np.empty((BLOCK, 1)), np.empty(BLOCK, dtype=np.int64)
    for i in range(N // BLOCK):
        values = drawn_values(MODEL, MODEL.populations[0], SEED, i * BLOCK, BLOCK)
        levels, peak, area = kept.levels[i][:, None], kept.peak[i][:, None], kept.area[i][:, None]
        room = Curves(levels, peak, when, area, none, none, broken)
        solve_exponentials(code, values, times, 0.0, times[-1], room=room)


def figure_2d() -> float:
    """Wall time of the paper's grid of sample sizes (Fig 2D, both readings of the spread), seconds."""
    from papers.kirouac_2024.figure2 import sample_size_grid

    start = time.perf_counter()
    for spread in ("sd", "variance"):
        sample_size_grid(spread)
    return time.perf_counter() - start


def main() -> None:
    """Time ours and each way of NumPy, interleaved."""
    one_core()
    check()
    ours, theirs = memory(), Kept.of(N, NUMPY_BLOCK)
    run_engine(ours)
    runs = {"livingdrug": lambda: run_engine(ours)}
    for metric, metrics in METRICS.items():
        for name, levels in LEVELS.items():
            runs[f"NumPy, {name}, {metric}"] = lambda f=levels, m=metrics: run(f, m, theirs)
    runs["the draw alone"] = lambda: [
        drawn_values(MODEL, MODEL.populations[0], SEED, i * BLOCK, BLOCK) for i in range(N // BLOCK)
    ]
    found = {name: float(np.median(s)) * 1e9 / N for name, s in interleaved(runs, REPEATS).items()}
    for name, ns in found.items():
        print(f"{name:34s} {ns:7.0f} ns a patient, {ns / found['livingdrug']:5.2f} times ours")
    grid = figure_2d()
    print(f"grid of Fig 2D {grid:.2f} s")
    stored = {
        "figure_2d_s": grid,
        "machine": machine(),
        "patients": N,
        "repeats": REPEATS,
        "cpu_ns_per_patient": found,
    }
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
