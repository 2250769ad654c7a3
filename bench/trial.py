"""Simulated trials: error rates and power against the truth, and what 10,000 replicates cost.

    python -m bench.trial [REPLICATES]

Rates: 10,000 trials of designs whose error rate or power is known, on `stein_2019` (spread `sd`, alpha of the curve raised so
that c_max is everybody's peak, which makes ln CMAX normal with SD 0.65). Times: an umbrella of four arms with 40 patients
each, sampled on ten days with error, limit and dropout, analysed by Dunnett's test; that trial and, as the answer also
holds, the same trial without any difference. Every time is taken twice, the second time with everything compiled; seconds
on the clock say little on a machine that others use, so CPU seconds of all threads and the load stand beside them.
"""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).with_name("results") / "trial.json"
SD = 0.65
DAYS = (1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 17.0, 21.0, 28.0)


def rates(replicates: int) -> list[dict]:
    """Simulated rates beside their true values."""
    from scipy.optimize import brentq

    from livingdrug.models import get_model
    from livingdrug.response import marginal_rate
    from livingdrug.trial import Arm, Endpoint, Trial, power_t, simulate_trial

    model = get_model("stein_2019").with_values(alpha=5.0)
    peak = Endpoint("peak", "cmax", (0.0, 200.0))
    welch = Endpoint("peak", "cmax", (0.0, 200.0), test="welch")
    answers = Endpoint("response", "response", (0.0, 200.0), exposure="cmax", ec50=(24_000.0,), slope=1.5)
    visits = {"visits": DAYS, "limit": 50.0, "dropout": 0.002}
    there = Endpoint("there", "persistence", above=1000.0)
    fold = math.exp(SD * brentq(lambda d: power_t(17, d) - 0.8, 0.1, 3.0, xtol=1e-12))
    medians = [24_000.0 * f for f in (1.0, 2.5)]
    p1, p2 = (marginal_rate(24_000.0, 1.5, median, SD) for median in medians)
    cases = (
        ("t-test, pooled, exact 0.80", peak, (17, 17), fold, {}, (0.05, 0.8)),
        (
            "t-test, pooled, 10 against 30",
            peak,
            (30, 10),
            2.0,
            {},
            (0.05, power_t(30, math.log(2) / SD, ratio=1 / 3)),
        ),
        ("t-test, Welch", welch, (17, 17), fold, {}, (None, None)),
        (
            "two proportions, 60 per arm",
            answers,
            (60, 60),
            2.5,
            {},
            (exact_share(60, p1, p1), exact_share(60, p1, p2)),
        ),
        ("log-rank over visits, 30 per arm", there, (30, 30), 2.0, visits, (None, None)),
        ("ln AUC0-28 of samples, 20 per arm", Endpoint("AUC28", "auc"), (20, 20), 2.0, visits, (None, None)),
    )
    rows = []
    for name, endpoint, (n0, n1), change, more, truth in cases:
        arms = (Arm("control", n0), Arm("version", n1, change={"c_max": change}))
        answer = simulate_trial(
            Trial(model, arms, "control", (endpoint,), spread="sd", **more), replicates, 1
        )
        (arm,) = answer.endpoints[0].arms
        rows.append(
            {"case": name, "type_1_error": arm.false.value, "type_1_true": truth[0], "power": arm.power.value,
             "power_true": truth[1], "power_closed_form": arm.closed_form, "error": arm.power.error}
        )  # fmt: skip
    for multiplicity in ("dunnett", "holm", "none"):
        arms = tuple(Arm(name, n) for name, n in (("control", 30), ("a", 15), ("b", 15), ("c", 20)))
        trial = Trial(model, arms, "control", (peak,), spread="sd", multiplicity=multiplicity)
        found = simulate_trial(trial, replicates, 2).endpoints[0]
        rows.append({"case": f"family of three, {multiplicity}", "type_1_error": found.any_false.value,
                     "type_1_true": 0.05 if multiplicity == "dunnett" else None})  # fmt: skip
    return rows


def exact_share(n: int, p1: float, p2: float) -> float:
    """Chance that two proportions of n each are significant, summed over all outcomes."""
    import numpy as np
    from scipy.stats import binom, norm

    a, b = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    rate = (a + b) / (2 * n)
    error = np.sqrt(rate * (1 - rate) * 2 / n)
    z = np.where(error > 0, (a - b) / n / np.where(error > 0, error, 1.0), 0.0)
    chance = binom.pmf(a, n, p1) * binom.pmf(b, n, p2)
    return float(chance[np.abs(z) >= norm.isf(0.025)].sum())


def umbrella():
    """Four arms of 40 on `stein_2019`, as published."""
    from livingdrug.models import get_model
    from livingdrug.trial import Arm, Endpoint, Trial

    changes = ({}, {"c_max": 2.0}, {"beta": 0.5}, {"c_max": 3.0})
    arms = tuple(Arm(name, 40, change=change) for name, change in zip("abcd", changes, strict=True))
    more = {"visits": DAYS, "limit": 50.0, "dropout": 0.002, "multiplicity": "dunnett"}
    return Trial(get_model("stein_2019"), arms, "a", (Endpoint("AUC28", "auc"),), spread="variance", **more)


def measure(what: str) -> dict:
    """Seconds of one thing in this process, compiled and not."""
    from livingdrug.trial import simulate_trial, size_grid
    from livingdrug.trial.outcomes import simulate_arm

    trial = umbrella()
    runs = {
        "trial": lambda: [simulate_arm(trial, arm, 10_000, 1) for arm in trial.arms],
        "answer": lambda: simulate_trial(trial, 10_000, 1),
        "grid": lambda: size_grid(trial),
    }
    row = {"what": what, "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    for when in ("first", "second"):
        cpu, wall = time.process_time(), time.perf_counter()
        runs[what]()
        row |= {
            f"{when}_cpu_s": round(time.process_time() - cpu, 2),
            f"{when}_wall_s": round(time.perf_counter() - wall, 2),
        }
    return row


def main(replicates: str = "10000") -> None:
    """Print every row and keep them all in bench/results."""
    from bench.machine import machine

    found = {
        "machine": machine(),
        "replicates": int(replicates),
        "rates": rates(int(replicates)),
        "times": [],
    }
    for what in ("trial", "answer", "grid"):
        command = [sys.executable, "-m", "bench.trial", "--one", what]
        found["times"].append(
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        )
    for row in (*found["rates"], *found["times"]):
        print(row)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        main(*sys.argv[1:])
