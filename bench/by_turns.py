"""Claim: what a change of the engine is worth: this code and another checkout of it, by turns in one run.

CPU milliseconds for 1,000 patients of the population problem (`bench.problem`) at the tolerances of `bench.engine`, with
60 and with daily samples, and nanoseconds a patient of `bench.closed_form`; whether the numbers are the same bytes.
Each turn is a process of its own; the smallest of its repeats counts, and of these the median over the turns.

    git worktree add ../before COMMIT
    python -m bench.by_turns ../before      # writes bench/results/by_turns.json
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.machine import machine, one_core

RESULTS = Path(__file__).with_name("results") / "by_turns.json"
HERE = Path(__file__).parents[1]
RTOLS = {"mild": 2e-6, "rejection": 3e-6, "exchange": 1e-6}
TURNS, REPEATS = 3, 5


def fastest(run: Callable[[], object]) -> float:
    """CPU milliseconds of the fastest of some repeats, after one that compiles."""
    run()
    found = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found) * 1e3


def digest(*arrays: np.ndarray) -> str:
    """What tells numbers apart to the last bit."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]


def turn() -> dict[str, list]:
    """(milliseconds, digest of the numbers) of each problem, by the code that is imported."""
    from bench import closed_form
    from bench.engine import kernel_of, run_engine
    from bench.problem import UNTIL, Problem, problem

    one_core()
    found: dict[str, list] = {}
    for setting, rtol in RTOLS.items():
        whole = problem(setting)
        code = kernel_of(whole)
        daily = Problem(whole.setting, whole.model, whole.values, whole.start, np.arange(UNTIL + 1))
        for name, given in ((setting, whole), (f"{setting}, daily", daily)):
            ms = fastest(lambda p=given, c=code, r=rtol: run_engine(c, p, r))
            found[name] = [ms, digest(run_engine(code, given, rtol))]
    kept = closed_form.memory()
    ms = fastest(lambda: closed_form.run_engine(kept))
    found["closed form"] = [ms * 1e6 / closed_form.N, digest(kept.levels, kept.area, kept.peak)]
    return found


def of_checkout(folder: Path) -> dict[str, list]:
    """A turn by the code of a checkout."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)])}
    command = [sys.executable, str(Path(__file__).resolve()), "--turn"]
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def main(other: Path) -> None:
    """Both by turns."""
    turns = {"before": [], "now": []}
    for _ in range(TURNS):
        for name, folder in (("before", other), ("now", HERE)):
            turns[name].append(of_checkout(folder.resolve()))
    rows = {}
    for problem in turns["now"][0]:
        before, now = (float(np.median([t[problem][0] for t in turns[name]])) for name in ("before", "now"))
        same = len({t[problem][1] for found in turns.values() for t in found}) == 1
        rows[problem] = {"before": before, "now": now, "same_bytes": same}
        print(f"{problem:18s} {before:6.0f} -> {now:6.0f}  {'the same bytes' if same else 'OTHER NUMBERS'}")
    RESULTS.write_text(json.dumps({"machine": machine(), "turns": TURNS, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--turn"]:
        print(json.dumps(turn()))
    elif len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        sys.exit("give the folder of another checkout: python -m bench.by_turns ../before")
