"""What the exponentials of linear flows are worth in fits: CPU time beside that of the general solver of equations.

    python -m bench.linear_flows

Models and simulated data of `linear_models.py`, every quantity with a between-subject variability of 30 %, a start 1.3
times too high in every typical value. `search` is one search from the given numbers, by either predictor (the general one
solves states and sensitivities by steps in time); `fit` is everything, several starts and standard errors included.
Compiled code is in the cache.
"""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.linear_models import parent_metabolite, problem_of, turnover, two_compartments
from livingdrug.fit import Conditional, FitProblem, fit, point_of, unknowns_of
from livingdrug.fit.conditional import search
from livingdrug.fit.point import Prepared, centre, individual, prepare
from livingdrug.fit.predict import general_predictor

RESULTS = Path(__file__).parent / "results" / "linear_flows.json"
CASES = {
    "two compartments, bolus, 20 x 12": (two_compartments, 20), "turnover, 30 x 12": (turnover, 30),
    "parent and metabolite, 30 x 12 of each": (parent_metabolite, 30),
}  # fmt: skip
REPEATS = 20


def started(make, subjects: int) -> FitProblem:
    """A problem whose typical values start 1.3 times too high."""
    problem = problem_of(make(), subjects)
    return replace(problem, parameters=tuple(replace(p, value=1.3 * p.value) for p in problem.parameters))


def seconds(work) -> tuple[float, object]:
    """(CPU seconds, what it gives)."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def slopes_ms(prepared: Prepared) -> float:
    """CPU ms of predictions with slopes for all records, the middle of REPEATS."""
    table = individual(prepared, centre(prepared, point_of(prepared.problem)))
    prepared.predictor.slopes(table)
    return 1e3 * float(
        np.median([seconds(lambda: prepared.predictor.slopes(table))[0] for _ in range(REPEATS)])
    )


def row(problem: FitProblem, method: str) -> dict:
    """Times of one problem and method."""
    linear, unknowns = prepare(problem), unknowns_of(problem)
    general = replace(linear, predictor=general_predictor(problem, linear.design))
    both = {"linear": linear, "general": general}
    found = {f"slopes_ms_{name}": slopes_ms(prepared) for name, prepared in both.items()}
    for name, prepared in both.items():
        spent, ended = seconds(lambda prepared=prepared: search(prepared, unknowns, Conditional(method)))
        found |= {f"search_{name}": spent, f"minus2ll_{name}": ended.slope.value}
    spent, result = seconds(lambda: fit(problem, method))
    return found | {"fit": spent, "status": result.status, "minus2ll": result.objective.minus2ll,
                    "load": os.getloadavg()[0]}  # fmt: skip


def main() -> None:
    """Print the table of docs/fit.md and keep the numbers."""
    stored = {}
    print(
        "| fit | predictions with slopes, ms: general, linear | search, s: general, linear | whole fit, s |"
    )
    print("|---|---|---|---|")
    for name, (make, subjects) in CASES.items():
        problem = started(make, subjects)
        for method in ("focei", "laplace"):
            r = stored[f"{name}, {method}"] = row(problem, method)
            print(f"| {method}, {name} | {r['slopes_ms_general']:.1f}, {r['slopes_ms_linear']:.2f} | "
                  f"{r['search_general']:.1f}, {r['search_linear']:.1f} | {r['fit']:.1f} |", flush=True)  # fmt: skip
            RESULTS.write_text(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
