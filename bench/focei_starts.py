"""Does FOCEI (or Laplace) find the best optimum from far off? A two-compartment bolus, 20 subjects x 12, error 15 %.

Every start multiplies each number by a factor between 0.3 and 3 (log-uniform): by turns the typical values alone, and the
between-subject variabilities and the residual error too. A start reaches the best -2 log likelihood when it ends within
0.5 of the lowest of all; a variability of 0 is false where a lower optimum has one. `plain`: the given numbers alone.

    python -m bench.focei_starts 50 focei            # go on to 50 starts
    python -m bench.focei_starts 50 laplace
    python -m bench.focei_starts 50 focei plain
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.linear_models import problem_of, two_compartments
from livingdrug.core.random import uniforms
from livingdrug.fit import Conditional, FitProblem, FitResult, fit

RESULTS = Path(__file__).parent / "results" / "focei_starts.json"
SUBJECTS, SEED = 20, 1
SAME, NONE = 0.5, 0.02  # of -2LL; an sd that counts as 0


def moved(problem: FitProblem, k: int) -> FitProblem:
    """Start k: numbers off by factors of 0.3 to 3; an odd one also has other variabilities and residual
    errors."""
    size = len(problem.parameters)
    factors = 0.3 * 10.0 ** uniforms(SEED, f"start {k}", 0, 2 * size + len(problem.residuals))
    wide = k % 2 == 1
    parameters = tuple(
        replace(p, value=p.value * value, sd=p.sd * (sd if wide else 1.0))
        for p, value, sd in zip(problem.parameters, factors[:size], factors[size:], strict=False)
    )
    residuals = tuple(
        replace(r, b=r.b * (error if wide else 1.0))
        for r, error in zip(problem.residuals, factors[2 * size :], strict=True)
    )
    return replace(problem, parameters=parameters, residuals=residuals)


def row_of(result: FitResult, seconds: float) -> dict:
    """What is kept of a fit."""
    sd = [e.value for e in result.estimates if e.kind == "variability"]
    return {"minus2ll": result.objective.minus2ll, "status": result.status, "smallest_sd": min(sd), "cpu_seconds": seconds,
            "notes": list(result.notes)}  # fmt: skip


def summary(rows: list[dict]) -> str:
    """How many reached the best, and whether one states a variability of 0 that a lower optimum has not."""
    best = min(row["minus2ll"] for row in rows)
    reached = [row for row in rows if row["minus2ll"] <= best + SAME]
    false = [row for row in rows if row not in reached and row["smallest_sd"] < NONE]
    worst = max(row["minus2ll"] for row in rows) - best
    cpu = sum(row["cpu_seconds"] for row in rows) / len(rows)
    return (f"{len(rows)} starts: {len(reached)} reach {best:.2f} within {SAME}, worst {worst:+.1f}; "
            f"{len(false)} state a variability of 0 that the best has not; {cpu:.1f} s CPU each")  # fmt: skip


def main() -> None:
    """Run up to as many starts as asked for."""
    count, method, plain = int(sys.argv[1]), sys.argv[2], "plain" in sys.argv[3:]
    name = f"{method}{' plain' if plain else ''}"
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    rows = stored.setdefault(name, [])
    problem = problem_of(two_compartments(), SUBJECTS, SEED)
    fit(problem, Conditional(method, most=2))
    for k in range(len(rows), count):
        began = time.process_time()
        result = fit(moved(problem, k), Conditional(method, several=not plain))
        rows.append(row_of(result, time.process_time() - began))
        RESULTS.write_text(json.dumps(stored, indent=1))
    print(name, summary(rows))


if __name__ == "__main__":
    main()
