"""Can a fit be trusted with eight to twenty subjects? Simulated trials of three designs, fitted by default with two seeds.

The designs are those of the small trials among the reference cases (curve of Stein 2019; the truth stands in TRUTH):
twelve subjects with six samples each, twenty of whom one never expands, ten sampled daily for a month and never later. Data
come from a generator of this file, with seeds of its own. Asked are: intervals that hold the truth in 90 to 98 % of sets;
c_max, t_max and alpha determined in 90 %; seeds that both end with code 0 within 0.5 in -2 log likelihood and 0.25 standard
errors.

    python -m bench.small_trials 200 60      # go on to 200 sets of each design, 60 of them with two seeds
    python -m bench.small_trials --table     # of what has been run
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import livingdrug as ld
from livingdrug.data import Data, Profile
from livingdrug.fit import fit, new_problem

STORED = Path(__file__).parent / "results" / "small_trials.json"
TRUTH = {"fold": 2000.0, "t_max": 9.5, "c_max": 20000.0, "alpha": 0.17, "f_b": 0.012, "beta": 0.004}
LOG_SD = {"fold": 1.0, "t_max": 0.22, "c_max": 0.8, "alpha": 0.4, "f_b": 0.7, "beta": 0.4}
RESIDUAL = 0.45
DESIGNS = {  # subjects, days, limit, how many never expand
    "twelve_sparse": (12, (2, 7, 14, 28, 90, 180), 120.0, 0),
    "twenty_one_fails": (20, (1, 3, 5, 7, 10, 14, 21, 28, 90, 180), 50.0, 1),
    "ten_daily_month": (10, tuple(range(1, 29)), 50.0, 0),
}
FAILS = 1e-3  # level of a subject that never expands, as part of its limit


def data_set(design: str, seed: int) -> Data:
    """One simulated trial; a subject that never expands has all its values below the limit."""
    subjects, days, limit, fails = DESIGNS[design]
    random = np.random.default_rng([seed, list(DESIGNS).index(design)])
    time_of = np.tile(np.array(days, dtype=float), subjects)
    drawn = {name: TRUTH[name] * np.exp(LOG_SD[name] * random.standard_normal(subjects)) for name in TRUTH}
    own = {name: np.repeat(values, len(days)) for name, values in drawn.items()}
    since = np.maximum(time_of - own["t_max"], 0.0)
    rise = own["c_max"] * own["fold"] ** (np.minimum(time_of, own["t_max"]) / own["t_max"] - 1)
    fall = (1 - own["f_b"]) * np.exp(-own["alpha"] * since) + own["f_b"] * np.exp(-own["beta"] * since)
    value = rise * fall * np.exp(RESIDUAL * random.standard_normal(len(time_of)))
    value[: fails * len(days)] = FAILS * limit
    below = value < limit
    names, units = np.full(subjects, "", dtype=object), np.full(subjects, "copies/ug", dtype=object)
    profiles = Profile(np.arange(subjects), names, names, names, units, np.full(subjects, np.nan))
    return Data(
        f"{design} {seed}", tuple(f"S{i + 1}" for i in range(subjects)), profiles, np.repeat(np.arange(subjects), len(days)),
        time_of, np.where(below, limit, value), below.astype(np.int8), np.full(len(time_of), limit),
        np.arange(len(time_of)) + 2, "d", "", {}, {}, np.full(subjects, np.nan),
    )  # fmt: skip


def one(design: str, number: int, seed: int) -> dict:
    """A fit by default of one simulated trial."""
    began = time.process_time()
    result = fit(new_problem(ld.get_model("stein_2019"), data_set(design, number)), seed=seed)
    return {
        "design": design, "set": number, "seed": seed, "status": result.status, "minus2ll": result.objective.minus2ll,
        "verdict": [result.verdict.ended, result.verdict.sound], "cpu_seconds": time.process_time() - began,
        "searches": result.settings["searches"],
        "estimates": {e.name: [e.value, e.se, e.lower, e.upper, e.by, e.determined] for e in result.estimates},
    }  # fmt: skip


def table() -> str:
    """Coverage, what is determined, and how seeds agree."""
    rows = json.loads(STORED.read_text())
    truth = TRUTH | {f"omega {name}": sd for name, sd in LOG_SD.items()} | {"a transgene": RESIDUAL}
    lines = []
    for design in DESIGNS:
        mine = [r for r in rows if r["design"] == design]
        first = [r for r in mine if r["seed"] == 1]
        if not first:
            continue
        states = {s: sum(r["status"] == s for r in first) for s in sorted({r["status"] for r in first})}
        seconds = np.median([r["cpu_seconds"] for r in mine])
        lines += [f"{design}: {len(first)} sets, {states}, median {seconds:.1f} CPU s", "",
                  "| number | determined | 95 % interval holds the truth | bounds hold it | too low / too "
                  "high |",
                  "|---|---|---|---|---|"]  # fmt: skip
        for name, true in truth.items():
            found = [
                r["estimates"][name] for r in first if name in r["estimates"] and r["estimates"][name][4]
            ]
            both = [e for e in found if e[5]]
            inside = [_holds(e, true) for e in both]
            high = sum(e[2] is not None and true < e[2] for e in found)
            low = sum(e[3] is not None and true > e[3] for e in found)
            held = f"{100 * np.mean(inside):.0f} %" if both else "-"
            share = f"{100 * np.mean([_holds(e, true) for e in found]):.0f} %" if found else "-"
            lines.append(
                f"| {name} | {100 * len(both) / len(first):.0f} % | {held} | {share} | {low} / {high} |"
            )
        lines += ["", _pairs(mine), ""]
    return "\n".join([*lines, _by_width([r for r in rows if r["seed"] == 1])])


def _by_width(rows: list[dict]) -> str:
    """How often intervals of determined typical values hold the truth, by whether it is known how subjects differ."""
    held = {True: [], False: []}
    for name, true in TRUTH.items():
        for of in (r["estimates"] for r in rows):
            if of[name][4] and of[name][5]:
                held[bool(of[f"omega {name}"][5])].append(_holds(of[name], true))
    told = {True: "determined", False: "not determined"}
    return "; ".join(
        f"typical values whose variability is {told[known]}: {sum(own)} of {len(own)} determined ones held "
        f"({100 * np.mean(own):.0f} %)"
        for known, own in held.items()
        if own
    )


def _holds(estimate: list, true: float) -> bool:
    return not (estimate[2] is not None and true < estimate[2]) and not (
        estimate[3] is not None and true > estimate[3]
    )


def _pairs(rows: list[dict]) -> str:
    """How pairs of seeds agree: those that both end, and those that both end with code 0."""
    sets = {}
    for r in rows:
        sets.setdefault(r["set"], []).append(r)
    told = []
    for what, counts in (
        ("ended and sound", lambda r: all(r["verdict"])),
        ("code 0", lambda r: r["status"] == "converged"),
    ):
        pairs = [p for p in sets.values() if len(p) == 2 and all(counts(r) for r in p)]
        apart = [abs(a["minus2ll"] - b["minus2ll"]) for a, b in pairs]
        moved = [_moved(a, b) for a, b in pairs]
        if pairs:
            told.append(f"{len(pairs)} pairs of seeds that both are {what}: -2LL within {max(apart):.2f} (95 "
                        f"%: {np.percentile(apart, 95):.2f}); determined estimates within 0.25 SE in "
                        f"{100 * np.mean(np.array(moved) <= 0.25):.0f} %")  # fmt: skip
    return "; ".join(told) or "no pairs of seeds"


def _moved(one: dict, other: dict) -> float:
    """Largest difference of an estimate that both seeds call determined, in standard errors."""
    largest = 0.0
    for name, a in one["estimates"].items():
        b = other["estimates"].get(name)
        if b is not None and a[5] and b[5] and a[1] and b[1]:
            largest = max(largest, abs(a[0] - b[0]) / min(a[1], b[1]))
    return largest


def main(words: list[str]) -> None:
    """Run what is missing, then print the table."""
    if words and words[0] != "--table":
        rows = json.loads(STORED.read_text()) if STORED.exists() else []
        pairs = int(words[1])
        known = {(r["design"], r["set"], r["seed"]) for r in rows}
        for number in range(1, int(words[0]) + 1):
            for design in words[2:] or DESIGNS:
                for seed in (1, 2):
                    if (design, number, seed) in known or (seed == 2 and number > pairs):
                        continue
                    rows.append(one(design, number, seed))
                    STORED.write_text(json.dumps(rows, indent=0))
                    print(
                        design,
                        number,
                        seed,
                        rows[-1]["status"],
                        f"{rows[-1]['cpu_seconds']:.1f} s",
                        flush=True,
                    )
    print(table())


if __name__ == "__main__":
    main(sys.argv[1:])
