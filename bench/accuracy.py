"""Claim: random patients at default settings against LSODA at rtol 1e-11 (SciPy, atol 1e-14): CMAX and AUC to day 28 of
every output, largest relative difference of each patient.

The patients are those of `bench.random_patients`. An output that never reaches one thousandth of a cell, or of its
unit, counts as equal.

    python -m bench.accuracy [patients]      # writes bench/results/accuracy.json
"""

import json
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.machine import machine
from bench.random_patients import models, patients
from livingdrug.engine import compile_system
from livingdrug.engine.codegen.compile import output_function
from livingdrug.engine.reference.lsoda import solve
from livingdrug.models import ClosedForm
from livingdrug.simulation import default_regimen, simulate
from livingdrug.simulation.solve import quantity_table, subject_events

RESULTS = Path(__file__).with_name("results") / "accuracy.json"
N, RTOL, ATOL, FLOOR = 10_000, 1e-11, 1e-14, 1e-3
UNTIL = {"d": 28.0, "h": 72.0}  # an assay lasts three days
BLOCK = 50


def reference(name: str, first: int) -> np.ndarray:
    """(peak, area) of every output of BLOCK patients, shape (patients, 2, outputs); NaN where LSODA gave
    up."""
    model = models()[name]
    system, until = model.system, UNTIL[model.time_unit]
    code, outputs = compile_system(system), output_function(system, [o.name for o in system.outputs])
    found = []
    for row in quantity_table(model, patients(model, first, BLOCK)):
        events = subject_events(default_regimen(model), system, row.tolist())
        solved = solve(code, row.tolist(), events, np.array([until]), until, outputs, RTOL, ATOL)
        found.append([solved.peak, solved.area])
    return np.array(found)


def compare(name: str, n: int) -> dict:
    """One model."""
    model = models()[name]
    until = UNTIL[model.time_unit]
    ours = simulate(model, patients(model, 0, n), times=[until], until=until)
    with get_context("spawn").Pool(2) as pool:
        exact = np.concatenate(pool.map(partial(reference, name), range(0, n, BLOCK)))[:n]
    mine = np.stack([ours.peak, ours.area], axis=1)
    both = np.isfinite(mine).all(axis=(1, 2)) & np.isfinite(exact).all(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.where(exact > FLOOR, np.abs(mine / exact - 1), 0.0)[both].max(axis=(1, 2))
    row = {
        "model": name, "patients": n, "compared": int(both.sum()), "until": until,
        "share_within_1e-4": float((difference <= 1e-4).mean()), "largest": float(difference.max()),
        "median": float(np.median(difference)), "p99.9": float(np.quantile(difference, 0.999, method="higher")),
    }  # fmt: skip
    print(
        f"{name:60s} {row['compared']} of {n}: median {row['median']:.1e}, 99.9 % {row['p99.9']:.1e}, "
        f"largest {row['largest']:.1e}; within 1e-4: {row['share_within_1e-4']:.4%}", flush=True,
    )  # fmt: skip
    return row


def main() -> None:
    """Every model of equations; the full stack with all patients, the others with a tenth."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N
    names = [name for name, model in models().items() if not isinstance(model.system, ClosedForm)]
    rows = [compare(name, n if "+" in name else max(n // 10, BLOCK)) for name in names]
    RESULTS.write_text(
        json.dumps({"machine": machine(), "rtol": RTOL, "atol": ATOL, "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
