"""Eight patients and a model of equations: is any interval narrower than half of its profile's?

Simulated trials of `kirouac_2023`, CAR-T cells in blood and tumour cells of eight patients; tumour, memory division and
killing differ between patients (CV of some 40 %, made up), `k_exhaust` does not. Each is fitted by default. Of every number
whose interval follows from its standard error, the profile likelihood is walked too; an interval of which the logarithm is
narrower than half of the profile's is a confident falsehood. A set takes many minutes, so that what was run is kept and gone
on with; the table says how many sets it stands on.

    python -m bench.small_kirouac 10        # go on to ten sets
    python -m bench.small_kirouac --table
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import livingdrug as ld
from livingdrug.data import read_data
from livingdrug.fit import FitProblem, FitResult, ResidualError, fit, new_problem, profile
from livingdrug.simulation import Subjects, simulate, typical_subject

STORED = Path(__file__).parent / "results" / "small_kirouac.json"
PATIENTS, DOSE = 8, 1e8
OMEGA = {"mu_memory": 0.2, "k_kill": 0.4, "tumour_0": 0.5}  # standard deviations on the scale of logarithms
STILL = "k_exhaust"
DAYS = {"car_t_blood": (2, 4, 7, 9, 11, 14, 21, 28, 60, 90), "tumour": (7, 14, 28, 60, 90)}
ERROR = {"car_t_blood": 0.4, "tumour": 0.3}
HALF = 0.5


def problem_of(number: int) -> FitProblem:
    """One simulated trial."""
    model = ld.get_model("kirouac_2023")
    random = np.random.default_rng([number, 23])
    base = typical_subject(model).values
    values = {name: np.repeat(value, PATIENTS) for name, value in base.items()}
    values |= {n: base[n] * np.exp(sd * random.standard_normal(PATIENTS)) for n, sd in OMEGA.items()}
    lines = ["ID,TIME (d),DV,DVID,EVID,AMT", *(f"{i},0,,,1,{DOSE:g}" for i in range(PATIENTS))]
    for output, days in DAYS.items():
        found = simulate(model, Subjects(values, "simulated"), [DOSE], [float(d) for d in days], outputs=[output])
        for i in range(PATIENTS):
            level = found.curve(output, i) * np.exp(ERROR[output] * random.standard_normal(len(days)))
            lines += [f"{i},{day},{value!r},{output},0," for day, value in zip(days, level.tolist(), strict=True)]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "trial.csv"
        path.write_text("\n".join(lines))
        data = read_data(path)
    errors = [ResidualError(output, "lognormal", a=0.5) for output in DAYS]
    return new_problem(model, data, dict.fromkeys(OMEGA, 0.5), [STILL], residuals=errors)


def truth() -> dict[str, float]:
    """What made the data."""
    typical = ld.get_model("kirouac_2023").typical
    numbers = {name: float(typical[name]) for name in (*OMEGA, STILL)}
    return (
        numbers
        | {f"omega {name}": sd for name, sd in OMEGA.items()}
        | {f"a {output}": sd for output, sd in ERROR.items()}
    )


def one(number: int) -> dict:
    """A fit by default, with a profile of each number whose interval is that of its standard error."""
    began = time.process_time()
    result = fit(problem_of(number))
    seconds = time.process_time() - began
    return {
        "set": number, "status": result.status, "minus2ll": result.objective.minus2ll, "fit_cpu_seconds": seconds,
        "searches": result.settings["searches"],
        "estimates": {e.name: [e.value, e.se, e.lower, e.upper, e.by, e.determined] for e in result.estimates},
        "profiles": profiles_of(result), "cpu_seconds": time.process_time() - began,
    }  # fmt: skip


def profiles_of(result: FitResult) -> dict[str, list]:
    """Ends by the profile likelihood of the numbers whose printed ones follow from a standard error."""
    names = [e.name for e in result.estimates if e.by == "standard error"]
    found = {name: profile(result, name) for name in names}
    return {name: [p.lower, p.upper] for name, p in found.items()}


def width(ends: list) -> float:
    """Of an interval, on the scale of logarithms; infinite where an end is missing."""
    low, high = ends
    return np.inf if not low or high is None else float(np.log(high / low))


def table(rows: list[dict]) -> str:
    """Widths of intervals over those of profiles, and how many hold the truth."""
    if not rows:
        return "no set has been run"
    pairs = [
        (row["set"], name, width(row["estimates"][name][2:4]) / width(ends))
        for row in rows
        for name, ends in row["profiles"].items()
    ]
    narrow = [(number, name, ratio) for number, name, ratio in pairs if ratio < HALF]
    true = truth()
    held = [
        (e[2] is None or e[2] <= true[name]) and (e[3] is None or true[name] <= e[3])
        for row in rows
        for name, e in row["estimates"].items()
        if name in true and e[4]
    ]
    states = {s: sum(row["status"] == s for row in rows) for s in sorted({row["status"] for row in rows})}
    lines = [
        f"{len(rows)} sets, {states}, median {np.median([row['fit_cpu_seconds'] for row in rows]):.0f} CPU s a fit",
        f"{len(pairs)} intervals from standard errors: width over the profile's {min((p[2] for p in pairs), default=0):.2f} "
        f"to {max((p[2] for p in pairs), default=0):.2f}; below half: {len(narrow)}",
        f"intervals and bounds that hold the truth: {sum(held)} of {len(held)}",
    ]
    return "\n".join([*lines, *(f"  set {number}: {name} {ratio:.2f}" for number, name, ratio in narrow)])


def main(words: list[str]) -> None:
    """Run what is missing, then print the table."""
    rows = json.loads(STORED.read_text()) if STORED.exists() else []
    if words and words[0] != "--table":
        known = {row["set"] for row in rows}
        for number in (n for n in range(1, int(words[0]) + 1) if n not in known):
            rows.append(one(number))
            STORED.write_text(json.dumps(rows, indent=0))
            print(number, rows[-1]["status"], f"{rows[-1]['cpu_seconds']:.0f} s", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
