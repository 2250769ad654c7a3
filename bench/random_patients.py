"""Claim: a million random patients of every built-in model, and of all mechanisms on kirouac_2023: each is finished or
named with a reason; no NaN, no negative count; a failure comes back when the patient is run alone.

Every quantity lies, log-uniformly, between the bounds of its published fits (`Model.ranges`, all groups), or else between
the 1st and 99th percentile of its published spread, or else of a log-normal with a CV of 50 %. What is fixed, or a
covariate, stays.

    python -m bench.random_patients [patients]      # writes bench/results/random_patients.json
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import livingdrug as ld
from bench.machine import machine
from livingdrug.core.random import uniforms
from livingdrug.models import ClosedForm, Model, lognormal
from livingdrug.simulation import Subjects, default_until, simulate

RESULTS = Path(__file__).with_name("results") / "random_patients.json"
N, BLOCK, SEED = 1_000_000, 20_000, 11
TAIL = 2.3263478740408408  # the 99th percentile of a standard normal
STACK = ("tissue", "host_competition", "allogeneic_killing")
LOWEST = -1e-12  # what the engine allows below 0


def models() -> dict[str, Model]:
    """All built-in models, and the full stack."""
    found = {name: ld.get_model(name) for name in ld.list_models()}
    stack = found["kirouac_2023"]
    for fragment in STACK:
        stack = stack + ld.get_fragment(fragment)
    return found | {stack.full_name: stack}


def bounds(model: Model) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of every quantity that varies."""
    spreads = model.populations[0].spreads if model.populations else {}
    found = {}
    for q in model.quantities:
        value = model.typical[q.name]
        groups = [r.ranges[q.name] for r in model.ranges if q.name in r.ranges]
        if groups:
            found[q.name] = min(g.lowest for g in groups), max(g.highest for g in groups)
        elif not (q.fixed or q.covariate) and value > 0:
            sd = spreads[q.name].sd if q.name in spreads else lognormal(cv=0.5).sd
            found[q.name] = value * np.exp(-TAIL * sd), value * np.exp(TAIL * sd)
            if q.bound == "fraction":
                found[q.name] = found[q.name][0], min(found[q.name][1], 1.0)
    return found


def patients(model: Model, first: int, count: int) -> Subjects:
    """Patients `first` ... of the random population; a patient's numbers depend on its position alone."""
    values = {name: np.full(count, value) for name, value in model.typical.items()}
    for name, (low, high) in bounds(model).items():
        values[name] = low * (high / low) ** uniforms(SEED, f"random {name}", first, count)
    return Subjects(values, f"random patients {first + 1} to {first + count}")


def run(model: Model, subjects: Subjects):
    """The default regimen to the default horizon, at twelve times, all states and outputs."""
    until = default_until(model)
    names = [s.name for s in getattr(model.system, "states", ())] + [o.name for o in model.system.outputs]
    times = np.linspace(until / 12, until, 12)
    return simulate(model, subjects, times=times, until=until, outputs=list(dict.fromkeys(names)))


def examine(name: str, model: Model, n: int) -> dict:
    """Run n patients in blocks and count what became of them."""
    run(model, patients(model, 0, 8))
    counts: dict[str, int] = {}
    lowest, nan, unnamed, failures, start = 0.0, 0, 0, [], time.process_time()
    for first in range(0, n, BLOCK):
        result = run(model, patients(model, first, min(BLOCK, n - first)))
        ok = np.array(result.status) == "ok"
        for word in result.status:
            counts[word] = counts.get(word, 0) + 1
        unnamed += sum(1 for i in result.failed if not result.reason[i])
        failures += [first + i for i in result.failed]
        good = result.values[ok]
        nan += int((~np.isfinite(good)).any(axis=(1, 2)).sum())
        nan += int(
            (~np.isfinite(result.area[ok])).any(axis=1).sum()
            + (~np.isfinite(result.peak[ok])).any(axis=1).sum()
        )
        lowest = min(lowest, float(good.min(initial=0.0)))
    seconds = time.process_time() - start
    again = [i for i in failures[:3] + failures[-3:] if run(model, patients(model, i, 1)).status[0] == "ok"]
    row = {
        "model": name, "patients": n, "outcome": counts, "failed_without_reason": unnamed, "with_nan": nan, "lowest": lowest,
        "failures_not_reproduced_alone": len(again), "cpu_us_per_patient": seconds * 1e6 / n, "until": default_until(model),
    }  # fmt: skip
    kind = "closed form" if isinstance(model.system, ClosedForm) else "ODE"
    print(
        f"{name:60s} {kind:11s} {counts} lowest {lowest:.1e}, NaN {nan}, without reason {unnamed}, "
        f"{row['cpu_us_per_patient']:.0f} us each", flush=True,
    )  # fmt: skip
    return row


def main() -> None:
    """Every model."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N
    rows = [examine(name, model, n) for name, model in models().items()]
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
