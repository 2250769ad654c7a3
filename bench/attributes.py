"""Learning from product attributes on noise and on planted signals, and how long a large study takes.

    python -m bench.attributes noise 500      mean AUC, uniformity of permutation p, part called significant
    python -m bench.attributes planted 60     power beside the sheet's, effect 1.2 SD in 3 of 28 signatures, N 24
    python -m bench.attributes time 200       N 200, P 20,000 with 200 permutations; N 24, P 28 with the defaults

Every data set is simulated here. Results are added to bench/results/attributes.json.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from livingdrug import attributes as at

RESULTS = Path(__file__).parent / "results" / "attributes.json"
PERMUTATIONS, REPEATS = 99, 5


def _outcome(n: int) -> at.Outcome:
    y = (np.arange(n) < n // 2).astype(float)
    return at.Outcome("simulated", "binary", y, np.ones(n))


def noise(sets: int, n: int = 24, p: int = 2000) -> dict:
    """Noise in: the AUC for patients not seen must be one half, its p value uniform."""
    outcome = _outcome(n)
    values, p_values = [], []
    for seed in range(sets):
        x = np.random.default_rng(10_000 + seed).normal(size=(n, p))
        plan = at.plan_for(outcome, p, repeats=REPEATS, permutations=PERMUTATIONS, seed=seed + 1)
        found = at.crossed(at.Features(x, ()), outcome, plan)
        values.append(found.value)
        p_values.append(found.p_value)
        if (seed + 1) % 25 == 0:
            keep("noise", _summary(values, p_values, n, p))
    return _summary(values, p_values, n, p)


def _summary(values: list[float], p_values: list[float], n: int, p: int) -> dict:
    from scipy.stats import kstest

    sets, p_values = len(values), np.array(p_values)
    # p values are multiples of 1 / (permutations + 1): compare with a uniform one on that grid, jittered within a step
    jittered = p_values - np.random.default_rng(1).uniform(size=sets) / (PERMUTATIONS + 1)
    return {
        "sets": sets,
        "n": n,
        "p": p,
        "mean_auc": float(np.mean(values)),
        "se": float(np.std(values) / np.sqrt(sets)),
        "significant_at_5_percent": float((p_values <= 0.05).mean()),
        "ks_p": float(kstest(jittered, "uniform").pvalue),
        "cpu_seconds": round(time.process_time(), 1),
    }


def planted(sets: int, n: int = 24, effect: float = 1.2) -> dict:
    """28 signatures of 30 genes, loading 0.5, factors correlated 0.3, three of them moved by the effect."""
    outcome = _outcome(n)
    values, p_values, found_one, false_one = [], [], [], []
    for seed in range(sets):
        x, starts, members = _signatures(np.random.default_rng(20_000 + seed), outcome, effect)
        features = at.Features(x, (), starts, members, tuple(f"s{i}" for i in range(28)))
        plan = at.plan_for(outcome, 28, permutations=PERMUTATIONS, seed=seed + 1)
        found = at.crossed(features, outcome, plan)
        values.append(found.value)
        p_values.append(found.p_value)
        z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
        scores = np.column_stack(
            [z[:, members[a:b]].mean(axis=1) for a, b in zip(starts[:-1], starts[1:], strict=True)]
        )
        q = np.array([e.q_value for e in at.relate(scores, features.set_names, outcome)])
        found_one.append((q[:3] < 0.1).any())
        false_one.append((q[3:] < 0.1).any())
    return {
        "sets": sets,
        "n": n,
        "effect": effect,
        "cv_auc_mean": float(np.mean(values)),
        "cv_auc_sd": float(np.std(values)),
        "significant_together": float((np.array(p_values) <= 0.05).mean()),
        "any_true_at_q_0.1": float(np.mean(found_one)),
        "any_false_at_q_0.1": float(np.mean(false_one)),
    }


def _signatures(rng, outcome: at.Outcome, effect: float):
    n, sets, genes = outcome.n, 28, 30
    common = rng.normal(size=(n, 1))
    factors = np.sqrt(0.3) * common + np.sqrt(0.7) * rng.normal(size=(n, sets))
    factors[:, 0] += effect * outcome.y
    factors[:, 1] += effect * outcome.y
    factors[:, 2] -= effect * outcome.y
    x = 0.5 * np.repeat(factors, genes, axis=1) + np.sqrt(0.75) * rng.normal(size=(n, sets * genes))
    return np.ascontiguousarray(x), np.arange(0, sets * genes + 1, genes), np.arange(sets * genes)


def times(large: int = 200) -> dict:
    """Clock and CPU time, compiled before."""
    out = {}
    for name, n, p, permutations in (("n24_p28", 24, 28, None), ("n200_p20000", 200, 20_000, large)):
        x = np.random.default_rng(1).normal(size=(n, p))
        outcome = _outcome(n)
        warm = at.plan_for(outcome, p, repeats=1, permutations=1)
        at.crossed(at.Features(x[:, :28].copy(), ()), outcome, warm)
        wall, cpu = time.perf_counter(), time.process_time()
        at.study(at.Features(x, tuple(map(str, range(p)))), outcome, permutations=permutations)
        out[name] = {
            "permutations": permutations or at.plan_for(outcome, p).permutations,
            "seconds": round(time.perf_counter() - wall, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        }
    return out


def keep(what: str, result: dict) -> None:
    """Add a result to the file."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | {what: result}, indent=1) + "\n")


def main(what: str, *numbers: str) -> None:
    """Run one part and add its result to the file."""
    run = {"noise": noise, "planted": planted, "time": times}[what]
    result = run(*map(int, numbers))
    print(json.dumps({what: result}, indent=1))
    keep(what, result)


if __name__ == "__main__":
    main(*sys.argv[1:])
