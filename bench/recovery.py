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
from livingdrug.fit import FitResult, fit, new_problem
from livingdrug.simulation import draw_subjects, observe, simulate

STORED = Path(__file__).parent / "results" / "recovery.json"
SUBJECTS, LIMIT = 60, 50.0
TIMES = (1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 21.0, 28.0, 60.0, 90.0, 180.0, 365.0, 540.0, 730.0)
ENDED = ("converged", "not_determined")


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
    return {
        "seed": seed, "status": result.status, "below": float((truth.data.cens == 1).mean()), "numbers": numbers_of(result),
        "minus2ll": result.objective.minus2ll, "cpu_seconds": time.process_time() - began, "notes": list(result.notes[-2:]),
    }  # fmt: skip


def numbers_of(result: FitResult) -> dict[str, list]:
    """Of every number its value, relative standard error, the ends of its interval, and whether it is
    determined."""
    return {
        e.name: [e.value, e.rse and e.rse / 100, e.lower, e.upper, e.determined] for e in result.estimates
    }


def true_numbers() -> dict[str, float]:
    """What made the data."""
    problem = new_problem(ld.get_model("stein_2019"), data_set(1))
    numbers = {p.name: p.value for p in problem.parameters} | {p.variability_name: p.sd for p in problem.random}
    return numbers | {f"a {r.output}": r.a for r in problem.residuals}


def table() -> str:
    """Bias, spread and coverage of the fits that ended, and the others by name."""
    stored = json.loads(STORED.read_text())
    rows = [row for row in stored if row["status"] in ENDED]
    states = ", ".join(
        f"{sum(r['status'] == s for r in stored)} {s}" for s in sorted({r["status"] for r in stored})
    )
    lines = [f"{len(stored)} data sets: {states}; below the limit {np.mean([r['below'] for r in stored]):.1%}; "
             f"CPU {np.mean([r['cpu_seconds'] for r in stored]):.1f} s each", "",
             "| number (ln) | determined | bias | Monte-Carlo SE | spread of estimates | mean SE | 95 % "
             "interval covers |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, true in true_numbers().items():
        found = [row["numbers"][name] for row in rows if name in row["numbers"] and row["numbers"][name][4]]
        off = np.array([np.log(value / true) for value, *_ in found])
        se = np.array([s for _, s, *_ in found if s])
        covers = np.mean([low <= true <= high for *_, low, high, _ in found])
        error = off.std(ddof=1) / np.sqrt(len(off))
        numbers = f"{off.mean():+.3f} | {error:.3f} | {off.std(ddof=1):.3f} | {se.mean():.3f}"
        lines.append(f"| {name} | {len(found)} of {len(rows)} | {numbers} | {covers:.1%} |")
    lines += [
        f"did not end: seed {r['seed']}, {r['status']}: {'; '.join(r['notes'])}"
        for r in stored
        if r not in rows
    ]
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
