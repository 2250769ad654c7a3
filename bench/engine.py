"""Claim: the compiled engine against the peers, CPU time at equal error, all ratios from one run (`bench.problem`).

Ours takes the loosest relative tolerance whose median error is at most 1e-6, as the peers do; their tolerances are those
that `bench.peers` chose. Then: time against the number of patients, and the speed-up with two threads.

    python -m bench.engine      # writes bench/results/engine.json
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.machine import interleaved, machine, one_core
from bench.peers import FORMS, PEERS
from bench.peers import RESULTS as PEER_RESULTS
from bench.problem import DOSE, SETTINGS, TARGET, UNTIL, Problem, error, problem
from bench.reference import reference
from livingdrug.engine import ADD, Events, EventTable, Kernel, solve_population, system_kernel

RESULTS = Path(__file__).with_name("results") / "engine.json"
RTOLS = (1e-5, 5e-6, 3e-6, 2e-6, 1e-6, 5e-7)
REPEATS = 5
SIZES = (10, 100, 1_000, 10_000, 100_000)


def kernel_of(problem: Problem) -> Kernel:
    """Compiled code that gives all states."""
    system = problem.model.system
    return system_kernel(system, tuple(s.name for s in system.states))


def run_engine(code: Kernel, problem: Problem, rtol: float, threads: int = 1) -> np.ndarray:
    """States of all patients, shape (patients, times, states)."""
    state = [s.name for s in problem.model.system.states].index(problem.model.system.dose_into)
    events = EventTable.shared(problem.n, Events.of([(0.0, ADD, state, DOSE)]))
    wanted = range(len(code.observed))
    found = solve_population(
        code, problem.values, events, UNTIL, problem.times, wanted, None, rtol, threads=threads
    )
    return found.values.reshape(problem.n, len(problem.times), -1)


@dataclass
class Row:
    """One solver on one setting; ratio: its CPU time over ours in the same run."""

    setting: str
    solver: str
    rtol: float
    atol: float | None
    patients: int
    error_median: float
    error_p99: float
    error_max: float
    failures: int
    cpu_ms_per_1000: float
    ratio: float = 1.0


def _row(setting: str, solver: str, rtol: float, atol: float | None, errors: np.ndarray) -> Row:
    spread = float(np.median(errors)), float(np.quantile(errors, 0.99, method="higher")), float(errors.max())
    return Row(setting, solver, rtol, atol, len(errors), *spread, int(np.isinf(errors).sum()), 0.0)


def ours(setting: str) -> tuple[Row, Kernel]:
    """Our row at the loosest tolerance that meets the target."""
    whole = problem(setting)
    states, code = reference(whole), kernel_of(whole)
    for rtol in RTOLS:
        row = _row(setting, "livingdrug", rtol, None, error(whole, run_engine(code, whole, rtol), states))
        if row.error_median <= TARGET:
            break
    return row, code


def measure_setting(setting: str) -> list[Row]:
    """Ours and every peer that takes part, interleaved."""
    mine, code = ours(setting)
    whole, rows = problem(setting), [mine]
    states = reference(whole)
    runs = {"livingdrug": lambda: run_engine(code, whole, mine.rtol)}
    chosen = {
        (r["peer"], r["equations"]): r
        for r in json.loads(PEER_RESULTS.read_text())["rows"]
        if r["setting"] == setting
    }
    for peer in PEERS:
        for form in peer.forms:
            if (peer.name, form) not in chosen:
                continue
            found, few = chosen[peer.name, form], whole.first(peer.patients)
            arguments = (few, found["rtol"], found["atol"], FORMS[form])
            errors = error(few, peer.run(*arguments), states[: few.n])
            rows.append(_row(setting, f"{peer.name}, {form}", found["rtol"], found["atol"], errors))
            runs[rows[-1].solver] = lambda p=peer, a=arguments: p.run(*a)
    times = interleaved(runs, REPEATS)
    for row in rows:
        row.cpu_ms_per_1000 = float(np.median(times[row.solver])) * 1e6 / row.patients
        row.ratio = row.cpu_ms_per_1000 / mine.cpu_ms_per_1000 if row is not mine else 1.0
        print(line(row), flush=True)
    return rows


def line(row: Row) -> str:
    """A row of the printed table."""
    return (
        f"{row.setting:10s} {row.solver:62s} {row.rtol:6.0e} {row.patients:5d} {row.cpu_ms_per_1000:10,.0f} "
        f"{row.ratio:7.1f} {row.error_median:9.1e} {row.error_p99:8.1e} {row.error_max:8.1e} "
        f"{row.failures:4d}"
    )


def scaling(rtol: float) -> list[dict]:
    """CPU time per patient against the number of patients, the draw repeated."""
    whole, rows = problem("mild"), []
    code = kernel_of(whole)
    for n in SIZES:
        values = np.resize(whole.values, (n, whole.values.shape[1]))
        many = Problem(
            whole.setting, whole.model, values, np.resize(whole.start, (n, whole.start.shape[1])), whole.times
        )
        run_engine(code, many.first(8), rtol)
        times = interleaved({"run": lambda m=many: run_engine(code, m, rtol)}, 3 if n < 1e5 else 1)["run"]
        rows.append({"patients": n, "cpu_us_per_patient": float(np.median(times)) * 1e6 / n})
        print(f"{n:8,d} patients {rows[-1]['cpu_us_per_patient']:8.1f} us each", flush=True)
    return rows


def two_threads(rtol: float) -> dict:
    """Wall time of 1,000 patients with one thread over that with two (all processors allowed)."""
    whole = problem("mild")
    code, walls = kernel_of(whole), {1: [], 2: []}
    for _ in range(7):
        for threads, found in walls.items():
            start = time.perf_counter()
            run_engine(code, whole, rtol, threads)
            found.append(time.perf_counter() - start)
    one, two = (float(np.median(walls[t])) for t in (1, 2))
    print(
        f"1,000 patients: {one * 1e3:.0f} ms with one thread, {two * 1e3:.0f} ms with two: "
        f"{one / two:.2f} times as fast"
    )
    return {"one_thread_ms": one * 1e3, "two_threads_ms": two * 1e3, "speed_up": one / two}


def main() -> None:
    """All settings, scaling, threads."""
    about = machine()
    fastest = ours("mild")[0].rtol
    threads = two_threads(fastest)
    one_core()
    rows = [row for setting in SETTINGS for row in measure_setting(setting)]
    sizes = scaling(fastest)
    stored = {
        "machine": about,
        "target": TARGET,
        "rows": [asdict(r) for r in rows],
        "scaling": sizes,
        "threads": threads,
    }
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
