"""Forecasts of simulated patients: how often the 90 % interval of AUC28 holds the truth, and the CPU time of a patient.

Patients are drawn from the population of `stein_2019` (sd), sampled on days 0, 1, 3, 5, 7, 10, 14, 21, 28 and 60 with the
residual error of the model and a limit of quantification of 50 copies/ug, and forecast from the samples to a day. The truth
is the area under the curve that was drawn. Groups of 200 patients; coverage should lie within 86 to 94 % (binomial, 2 SE).
Rows: bench/results/forecast.json.

    python -m bench.forecast             # two groups of 200, days 7, 10 and 14: some 40 CPU s
    python -m bench.forecast fitted 6    # 60 new patients forecast by fits to 12 others, six times: some 200 CPU s

The second is the case of a first trial: the population is not the true one but a fit to twelve patients, taken as known and
with its uncertainty.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import livingdrug as ld
from livingdrug.fit import as_model, fit, new_problem

OUT = Path(__file__).parent / "results" / "forecast.json"
DAYS = (0.0, 1.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 60.0)
CUTS = (7.0, 10.0, 14.0)
LIMIT = 50.0


def patients(model, n: int, seed: int, folder: Path):
    """(data of n simulated patients, true AUC28 and CMAX of each by name); those that the model refuses are left out."""
    subjects = ld.draw_subjects(model, n, seed, "sd")
    truth = ld.simulate(model, subjects, until=28.0)
    seen = ld.observe(model, ld.simulate(model, subjects, times=DAYS, until=DAYS[-1]), LIMIT, seed)
    rows, auc = ["ID,TIME (d),DV,EVID,AMT (cells),LIMIT"], {}
    for i in (i for i in range(n) if truth.status[i] == "ok"):
        name = f"P{i + 1:03d}"
        rows.append(f"{name},0,,1,1e8,")
        mine = seen[seen["subject"] == i + 1]
        rows += [f"{name},{s.time},{'<50' if s.below_limit else s.value},0,,50" for s in mine.itertuples()]
        auc[name] = float(truth.metric("transgene", "AUC")[i])
    path = folder / f"patients_{seed}.csv"
    path.write_text("\n".join(rows) + "\n")
    return ld.read_data(path, ld.Reading(unit="copies/ug", assay="qPCR")), auc


def group(model, n: int, seed: int, cut: float, folder: Path) -> dict:
    """Coverage of one group at one cut."""
    data, truth = patients(model, n, seed, folder)
    began = time.process_time()
    found = ld.forecast(model, data, at=cut)
    seconds = time.process_time() - began
    auc = np.array([truth[p.name] for p in found.patients])
    places = np.array([np.mean(p.auc28 < a) for p, a in zip(found.patients, auc, strict=True)])
    worth = np.array([p.worth for p in found.patients])
    held = {f"{level:.0%}": float(np.mean(np.abs(places - 0.5) <= level / 2)) for level in (0.5, 0.8, 0.9)}
    fold = np.median([p.of("auc28").high / p.of("auc28").low for p in found.patients])
    return {
        "cut": cut, "seed": seed, "patients": len(auc), "held": held, "below": float(np.mean(places < 0.05)),
        "above": float(np.mean(places > 0.95)), "median fold of the interval": float(fold),
        "CPU ms per patient": 1e3 * seconds / len(auc), "least effective sample size": float(worth.min()),
        "flagged": int(sum(bool(p.why) for p in found.patients)),
    }  # fmt: skip


def by_a_fit(model, seed: int, folder: Path) -> list[dict]:
    """Coverage of 60 new patients at day 10 by a fit to twelve others, its population as known and with its uncertainty."""
    data, _ = patients(model, 12, 1000 + seed, folder)
    fitted = as_model(fit(new_problem(model, data), seed=1))
    new, truth = patients(model, 60, 2000 + seed, folder)
    rows = []
    for uncertainty in (0, None):
        found = ld.forecast(fitted, new, at=10.0, uncertainty=uncertainty, days=())
        both = [(p.of("auc28"), truth[p.name]) for p in found.patients]
        rows.append({
            "seed": seed, "status": fitted.fitted.status, "population": "as known" if uncertainty == 0 else "drawn",
            "patients": len(both), "held": float(np.mean([of.low <= auc <= of.high for of, auc in both])),
            "median fold of the interval": float(np.median([of.high / of.low for of, _ in both])),
        })  # fmt: skip
        print(json.dumps(rows[-1]), flush=True)
    return rows


def fitted(sets: int) -> None:
    """Write the rows of fits beside the others."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        rows = [row for k in range(sets) for row in by_a_fit(ld.get_model("stein_2019"), k + 1, Path(folder))]
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps(kept | {"by a fit to twelve patients": rows}, indent=1) + "\n")


def main(n: int = 200, groups: int = 2) -> None:
    """Write the rows."""
    from tempfile import TemporaryDirectory

    model = ld.get_model("stein_2019")
    with TemporaryDirectory() as folder:
        group(model, 5, 99, 10.0, Path(folder))  # compiled before the clock runs
        rows = []
        for cut in CUTS:
            for seed in range(1, groups + 1):
                rows.append(group(model, n, seed, cut, Path(folder)))
                print(json.dumps(rows[-1]), flush=True)
    all_held = {
        f"to day {cut:g}": float(np.average([r["held"]["90%"] for r in rows if r["cut"] == cut],
                                            weights=[r["patients"] for r in rows if r["cut"] == cut])) for cut in CUTS
    }  # fmt: skip
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps(kept | {"90 % intervals hold": all_held, "groups": rows}, indent=1) + "\n")
    print(all_held)


if __name__ == "__main__":
    if sys.argv[1:2] == ["fitted"]:
        fitted(int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
