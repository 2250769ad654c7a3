"""Do fits agree with each other? SAEM on 90 subjects x 15 of `stein_2019`, with 20 seeds and from 50 starts.

The spread of the estimates over seeds stands beside their standard errors; starts are the published typical values times
factors between 0.2 and 5. What has been run is kept in bench/results/seeds.json, so that a run can be stopped and gone on
with.

    python -m bench.seeds 20 50      # up to 20 seeds and 50 starts
    python -m bench.seeds --table    # of what has been run
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import livingdrug as ld
from bench.recovery import data_set, numbers_of, true_numbers
from livingdrug.core.errors import InputError
from livingdrug.fit import fit, new_problem
from livingdrug.fit.run import FAR_OFF, SAME
from livingdrug.fit.search import nearby

STORED = Path(__file__).parent / "results" / "seeds.json"


def one(problem, seed: int, start: int) -> dict:
    """A fit of one problem with a seed, from start `start` (0: the published values)."""
    began = time.process_time()
    try:
        result = fit(problem if start == 0 else nearby(problem, 1, start, FAR_OFF), seed=seed)
    except InputError as error:
        return {"seed": seed, "start": start, "status": "refused", "notes": [str(error)]}
    return {
        "seed": seed, "start": start, "status": result.status, "minus2ll": result.objective.minus2ll,
        "mc_se": result.objective.se, "numbers": numbers_of(result), "cpu_seconds": time.process_time() - began,
        "notes": list(result.notes[-2:]),
    }  # fmt: skip


def _spread(found: list[list]) -> float:
    """Spread of ln of a number over seeds in standard errors, of the seeds that have one."""
    known = [(np.log(value), se) for value, se, *_ in found if se]
    return (
        float(np.std([x for x, _ in known], ddof=1) / np.median([se for _, se in known]))
        if len(known) > 1
        else np.nan
    )


def table() -> str:
    """Spread over seeds in standard errors, and how many starts reached the best."""
    rows = json.loads(STORED.read_text())
    seeds = [r for r in rows if r["start"] == 0 and "numbers" in r]
    starts = [r for r in rows if r["start"] > 0]
    spread = {
        name: _spread([r["numbers"][name] for r in seeds if name in r["numbers"]]) for name in true_numbers()
    }
    lines = [f"{len(seeds)} seeds: sd of the estimates over seeds in standard errors, -2LL "
             f"{min(r['minus2ll'] for r in seeds):.2f} to {max(r['minus2ll'] for r in seeds):.2f}", ""]  # fmt: skip
    lines += ["| number | sd over seeds / SE |", "|---|---|"]
    lines += [f"| {name} | {s:.3f} |" for name, s in spread.items()]
    if starts:
        best = min(r["minus2ll"] for r in rows if "minus2ll" in r)
        reached = [r for r in starts if r.get("minus2ll", np.inf) <= best + SAME]
        lines += [
            "",
            f"{len(reached)} of {len(starts)} starts reached the best -2LL, {best:.2f}, within {SAME:g}",
        ]
        for r in (r for r in starts if r not in reached):
            higher = r.get("minus2ll", np.inf) - best
            lines.append(f"start {r['start']}: {r['status']}, {higher:+.2f}; {'; '.join(r['notes'])[-200:]}")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and has not been run, or print the table."""
    problem = new_problem(ld.get_model("stein_2019"), data_set(1, 90, 50.0))
    if sys.argv[1:] != ["--table"]:
        seeds, starts = int(sys.argv[1]), int(sys.argv[2])
        wanted = [(seed, 0) for seed in range(1, seeds + 1)] + [(1, start) for start in range(1, starts + 1)]
        rows = json.loads(STORED.read_text()) if STORED.exists() else []
        done = {(r["seed"], r["start"]) for r in rows}
        for seed, start in wanted:
            if (seed, start) not in done:
                rows.append(one(problem, seed, start))
                STORED.write_text(json.dumps(rows))
    print(table())


if __name__ == "__main__":
    main()
