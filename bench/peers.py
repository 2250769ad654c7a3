"""Claim: what other Python solvers need for the population problem (`bench.problem`), CPU time at equal error.

Each peer gets the cheapest tolerance pair of a ladder whose median error is at most 1e-6, or its most exact one where
none is, and says so. Twice: the equations as published, and with the two pools of the infusion solved by hand, which
spares explicit solvers a rate of 300/d that matters for minutes. Slow peers solve the first patients only; their time
is scaled to 1,000.

    nice -n 10 python -m bench.peers [setting ...]      # writes bench/results/peers.json
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.equations import equations, equations_without_pools
from bench.machine import interleaved, machine, one_core
from bench.peer_diffrax import run_diffrax_kvaerno5, run_diffrax_tsit5
from bench.peer_numbalsoda import run_numbalsoda
from bench.peer_solve_ivp import run_solve_ivp
from bench.problem import SETTINGS, TARGET, Problem, error, problem
from bench.reference import reference

RESULTS = Path(__file__).with_name("results") / "peers.json"
FORMS = {"as published": equations, "pools by hand": equations_without_pools}
RTOLS = (1e-6, 1e-7, 3e-8, 1e-8, 3e-9, 1e-9, 3e-10, 1e-10)
ATOLS = (1e-6, 1e-7, 1e-8)
REPEATS = 3


@dataclass(frozen=True)
class Peer:
    """run(problem, rtol, atol, write) -> states; the patients it can afford; where it takes part."""

    name: str
    run: Callable[..., np.ndarray]
    patients: int
    settings: tuple[str, ...] = tuple(SETTINGS)
    forms: tuple[str, ...] = tuple(FORMS)
    rtols: tuple[float, ...] = RTOLS
    atols: tuple[float, ...] = ATOLS


PEERS = (
    Peer("numbalsoda LSODA", run_numbalsoda, 1000),
    Peer("SciPy solve_ivp LSODA, numba right-hand side", run_solve_ivp, 30),
    # an explicit method on a stiff setting, or on the pools, would only be an easy win
    Peer(
        "diffrax Tsit5",
        run_diffrax_tsit5,
        100,
        ("mild",),
        ("pools by hand",),
        (1e-8, 1e-9, 3e-10, 1e-10),
        (1e-8, 1e-10),
    ),
    Peer("diffrax Kvaerno5", run_diffrax_kvaerno5, 50, rtols=(1e-6, 1e-7, 1e-8), atols=(1e-7, 1e-8)),
)


@dataclass
class Row:
    """One peer on one setting. cpu_ms_per_1000: median over repeats; errors: `bench.problem.error` over
    patients."""

    peer: str
    setting: str
    equations: str
    rtol: float
    atol: float
    patients: int
    met_target: bool
    error_median: float
    error_p99: float
    error_max: float
    failures: int
    cpu_ms_per_1000: float = 0.0
    repeats: int = 0


def choose(peer: Peer, form: str, problem: Problem, states: np.ndarray) -> Row:
    """The cheapest rung that meets the target: for each atol the loosest such rtol, of these the one with
    least CPU time."""
    met, best = [], None
    for atol in peer.atols:
        for rtol in peer.rtols:
            row, seconds = _measure(peer, form, problem, states, rtol, atol)
            if best is None or row.error_median < best.error_median:
                best = row
            if row.met_target:
                met.append((seconds, row))
                break
    return min(met, key=lambda pair: pair[0])[1] if met else best


def _measure(peer, form, problem, states, rtol, atol) -> tuple[Row, float]:
    found = []
    run = interleaved({"run": lambda: found.append(peer.run(problem, rtol, atol, FORMS[form]))}, 1)
    errors = error(problem, found[0], states)
    row = Row(
        peer.name, problem.setting, form, rtol, atol, problem.n, bool(np.median(errors) <= TARGET),
        float(np.median(errors)), float(np.quantile(errors, 0.99, method="higher")), float(errors.max()),
        int(np.isinf(errors).sum()),
    )  # fmt: skip
    return row, run["run"][0]


def measure_setting(setting: str, peers: tuple[Peer, ...] = PEERS) -> list[Row]:
    """All peers on one setting: tolerances first, then the times, interleaved."""
    whole = problem(setting)
    states = reference(whole)
    rows, runs = [], {}
    for peer in (p for p in peers if setting in p.settings):
        few = whole.first(peer.patients)
        for form in peer.forms:
            peer.run(few, 1e-6, 1e-6, FORMS[form])  # compiles
            row = choose(peer, form, few, states[: few.n])
            rows.append(row)
            runs[f"{peer.name}, {form}"] = lambda p=peer, q=few, r=row: p.run(
                q, r.rtol, r.atol, FORMS[r.equations]
            )
    times = interleaved(runs, REPEATS)
    for row, seconds in zip(rows, times.values(), strict=True):
        row.cpu_ms_per_1000, row.repeats = float(np.median(seconds)) * 1e6 / row.patients, REPEATS
        print(line(row), flush=True)
    return rows


def line(row: Row) -> str:
    """A row of the printed table."""
    note = "" if row.met_target else "  (never met 1e-6)"
    return (
        f"{row.setting:10s} {row.peer:46s} {row.equations:14s} {row.rtol:6.0e} {row.atol:6.0e} "
        f"{row.patients:5d} {row.cpu_ms_per_1000:10,.0f} {row.error_median:9.1e} {row.error_p99:8.1e} "
        f"{row.error_max:8.1e} {row.failures:4d}{note}"
    )


def main() -> None:
    """Measure the settings named on the command line, or all, and store the rows."""
    one_core()
    about = machine()
    print(
        f"{'setting':10s} {'peer':46s} {'equations':14s} {'rtol':>6s} {'atol':>6s} {'n':>5s} "
        f"{'CPU ms/1000':>10s} {'err med':>8s} {'p99':>8s} {'max':>8s} fail"
    )
    rows = [row for setting in sys.argv[1:] or SETTINGS for row in measure_setting(setting)]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"machine": about, "target": TARGET, "rows": [asdict(r) for r in rows]}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
