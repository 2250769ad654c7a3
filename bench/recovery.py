"""Does a fit find what made the data? Simulated data sets of `stein_2019` (spread read as SD), fitted by SAEM.

60 subjects, 15 samples each up to two years (the slow phase has a half-life of 217 days, with which subjects differ by a
factor of 2.4 either way), log-normal residual 0.56, values below 50 copies/ug censored (a quarter of them). Every number
starts at twice its true value or half of it, by turns. Rows go to bench/results/recovery.json as they are made, so that a run
can be stopped and gone on with; the table says how many data sets it stands on.

    python -m bench.recovery 500        # go on to 500 data sets
    python -m bench.recovery --table    # bias, spread and coverage of what has been run
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import livingdrug as ld
from livingdrug.data import Data, Profile
from livingdrug.fit import fit, new_problem, point_of, unknowns_of
from livingdrug.simulation import draw_subjects, observe, simulate

STORED = Path(__file__).parent / "results" / "recovery.json"
SUBJECTS, LIMIT = 60, 50.0
TIMES = (1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 21.0, 28.0, 60.0, 90.0, 180.0, 365.0, 540.0, 730.0)
WALD = 1.959964


def data_set(seed: int, subjects: int = SUBJECTS, limit: float = LIMIT) -> Data:
    """Simulated samples: transgene in copies/ug, censored below the limit."""
    model = ld.get_model("stein_2019")
    result = simulate(model, draw_subjects(model, subjects, seed, "sd"), times=TIMES)
    # a drawn subject for whom the curve means nothing (beta above alpha, or no expansion) is left out
    table = observe(model, result, limit, seed)
    table = table[table["status"] == "ok"]
    code = np.unique(table["subject"].to_numpy(), return_inverse=True)[1]
    subjects = int(code.max()) + 1
    names = np.full(subjects, "", dtype=object)
    units = np.full(subjects, "copies/ug", dtype=object)
    profiles = Profile(np.arange(subjects), names, names, names, units, np.full(subjects, np.nan))
    rows = len(table)
    return Data(
        f"simulated {seed}", tuple(f"S{i + 1}" for i in range(subjects)), profiles, code,
        table["time"].to_numpy(), table["value"].to_numpy(), table["below_limit"].to_numpy().astype(np.int8),
        np.full(rows, limit), np.arange(rows) + 2, "d", "", {}, {}, np.full(subjects, np.nan),
    )  # fmt: skip


def one(seed: int) -> dict:
    """Fit one data set from a start that is off by a factor of 2 in every number."""
    truth = new_problem(ld.get_model("stein_2019"), data_set(seed))
    factors = np.where(np.arange(len(truth.parameters)) % 2 == seed % 2, 2.0, 0.5)
    start = replace(truth, parameters=tuple(
        replace(p, value=p.value * f) for p, f in zip(truth.parameters, factors, strict=True)
    ))  # fmt: skip
    began = time.process_time()
    result = fit(start, seed=seed)
    unknowns = unknowns_of(truth)
    errors = None if result.covariance.matrix is None else np.sqrt(np.diag(result.covariance.matrix)).tolist()
    return {
        "seed": seed, "status": result.status, "below": float((truth.data.cens == 1).mean()),
        "estimate": unknowns.vector(point_of(result.problem)).tolist(), "se": errors,
        "minus2ll": result.objective.minus2ll, "cpu_seconds": time.process_time() - began, "notes": list(result.notes[-2:]),
    }  # fmt: skip


def table() -> str:
    """Bias, spread and coverage of the fits that converged, and the others by name."""
    stored = json.loads(STORED.read_text())
    rows = [row for row in stored if row["status"] == "converged" and row["se"]]
    truth = new_problem(ld.get_model("stein_2019"), data_set(1))
    unknowns = unknowns_of(truth)
    true = unknowns.vector(point_of(truth))
    estimate, se = (np.array([row[name] for row in rows], dtype=float) for name in ("estimate", "se"))
    off = estimate - true
    lines = [f"{len(stored)} data sets, {len(rows)} converged; below the limit {np.mean([r['below'] for r in stored]):.1%}; "
             f"CPU {np.mean([r['cpu_seconds'] for r in stored]):.1f} s each", "",
             "| number (on its log scale) | bias | Monte-Carlo SE | spread of estimates | mean SE | 95 % interval covers |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for k, name in enumerate(unknowns.names):
        covers = float((np.abs(off[:, k]) <= WALD * se[:, k]).mean())
        error = off[:, k].std(ddof=1) / np.sqrt(len(off))
        numbers = f"{off[:, k].mean():+.3f} | {error:.3f} | {off[:, k].std(ddof=1):.3f} | {se[:, k].mean():.3f}"
        lines.append(f"| {name} | {numbers} | {covers:.1%} |")
    lines += [f"not converged: seed {r['seed']}, {r['status']}: {'; '.join(r['notes'])}" for r in stored if r not in rows]
    return "\n".join(lines)


def main() -> None:
    """Run up to as many data sets as asked for, or print the table."""
    if sys.argv[1:] == ["--table"]:
        print(table())
        return
    stored = json.loads(STORED.read_text()) if STORED.exists() else []
    for seed in range(len(stored) + 1, int(sys.argv[1]) + 1):
        stored.append(one(seed))
        STORED.write_text(json.dumps(stored))
    print(table())


if __name__ == "__main__":
    main()
