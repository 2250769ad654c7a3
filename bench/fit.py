"""How long a fit takes: SAEM, FOCEI and NUTS on 90 subjects of `stein_2019`, SAEM on 100 subjects of `kirouac_2023`.

    python -m bench.fit [stein] [focei] [kirouac] [nuts]

15 samples a subject, simulated from the published values (kirouac_2023: CV 30 % on the random parameters, made up). Each
problem is fitted once for a few iterations, so that everything is compiled, then timed. CPU seconds stand beside wall
seconds, with the load of the machine; the search is timed apart from what follows it (standard errors, likelihood).
"""

import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import livingdrug as ld
from bench.recovery import data_set
from livingdrug.data import Data, Profile
from livingdrug.fit import (
    Conditional,
    ResidualError,
    Saem,
    Sampling,
    fit,
    new_problem,
    sample_posterior,
    unknowns_of,
)
from livingdrug.fit.conditional import search
from livingdrug.fit.estimators.focei import with_slopes
from livingdrug.fit.point import prepare
from livingdrug.fit.saem import run
from livingdrug.simulation import Subjects, observe, simulate, typical_subject

RESULTS = Path(__file__).parent / "results" / "fit.json"
RANDOM = ("mu_memory", "d_memory", "k_kill", "effector2_50", "tumour_0")
DAYS = (1.0, 2.0, 4.0, 7.0, 9.0, 11.0, 14.0, 17.0, 21.0, 28.0, 45.0, 60.0, 90.0, 180.0, 270.0)
DOSE = 1e8


def kirouac_data(subjects: int = 100, seed: int = 7) -> Data:
    """Simulated CAR-T cells in blood (cells/uL) after 1e8 cells, residual 0.4 on the log scale, limit
    0.01."""
    model = ld.get_model("kirouac_2023")
    random = np.random.default_rng(seed)
    base = typical_subject(model).values
    names = [name for name in RANDOM if name in base]
    values = {name: np.repeat(value, subjects) for name, value in base.items()}
    values |= {name: base[name] * np.exp(0.3 * random.standard_normal(subjects)) for name in names}
    result = simulate(model, Subjects(values, "simulated"), [DOSE], DAYS, outputs=["car_t_blood"])
    table = observe(replace(model, residuals=()), result)
    level = table["value"].to_numpy() * np.exp(0.4 * random.standard_normal(len(table)))
    limit = 0.01
    blank, units = np.full(subjects, "", dtype=object), np.full(subjects, "cells/uL", dtype=object)
    profiles = Profile(np.arange(subjects), blank, blank, blank, units, np.full(subjects, DOSE))
    return Data(
        "simulated", tuple(f"S{i + 1}" for i in range(subjects)), profiles, table["subject"].to_numpy() - 1,
        table["time"].to_numpy(), np.maximum(level, limit), (level < limit).astype(np.int8), np.full(len(level), limit),
        np.arange(len(level)) + 2, "d", "cells", {}, {}, np.full(subjects, np.nan),
    )  # fmt: skip


def problems() -> dict:
    """(problem, method) by name."""
    stein = new_problem(ld.get_model("stein_2019"), data_set(1, 90, 50.0))
    model = ld.get_model("kirouac_2023")
    known = {q.name for q in model.quantities}
    kirouac = new_problem(
        model, kirouac_data(), {name: 0.5 for name in RANDOM if name in known}, outputs={"": "car_t_blood"},
        residuals=[ResidualError("car_t_blood", "lognormal", a=0.6)],
    )  # fmt: skip
    return {"stein": (stein, Saem()), "focei": (stein, Conditional("focei")), "kirouac": (kirouac, Saem())}


def timed(problem, method) -> dict:
    """Seconds of the search alone (SAEM), and of everything."""
    prepared = prepare(problem)
    row = {}
    if isinstance(method, Saem):
        copies = prepared.copied(method.copies(prepared.design.n, hasattr(prepared.predictor, "which")))
        run(copies, Saem(2, 1), 1)
        wall, cpu = time.perf_counter(), time.process_time()
        run(copies, method, 1)
        row = {"search_wall": time.perf_counter() - wall, "search_cpu": time.process_time() - cpu}
    else:
        smooth = prepare(with_slopes(problem, method.method))
        search(smooth, unknowns_of(problem), replace(method, most=2))
        wall, cpu = time.perf_counter(), time.process_time()
        search(smooth, unknowns_of(problem), method)
        row = {"search_wall": time.perf_counter() - wall, "search_cpu": time.process_time() - cpu}
    wall, cpu = time.perf_counter(), time.process_time()
    result = fit(problem, method)
    row |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "status": result.status,
            "minus2ll": result.objective.minus2ll, "load": os.getloadavg()[0], "subjects": prepared.design.n,
            "values": len(prepared.design.y)}  # fmt: skip
    return row


def timed_posterior(problem) -> dict:
    """Seconds of drawing a posterior, gradients for each draw, and how the number that mixed worst did."""
    start = fit(problem).problem
    sample_posterior(problem, settings=Sampling(tune=50, draws=50), start=start)
    wall, cpu = time.perf_counter(), time.process_time()
    found = sample_posterior(problem, settings=Sampling(tune=500, draws=1000), start=start)
    worst = min(found.mixing, key=lambda m: min(m.ess_bulk, m.ess_tail))
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "status": found.status,
            "gradients_a_draw": found.draws.steps, "divergences": found.draws.divergences, "worst": asdict(worst),
            "median_ess_bulk": float(np.median([m.ess_bulk for m in found.mixing])), "load": os.getloadavg()[0],
            "subjects": len(found.etas[0, 0])}  # fmt: skip


def main() -> None:
    """Time the problems that are named, all by default."""
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found = problems()
    for name in sys.argv[1:] or (*found, "nuts"):
        stored[name] = timed_posterior(found["stein"][0]) if name == "nuts" else timed(*found[name])
        print(name, {k: round(v, 3) if isinstance(v, float) else v for k, v in stored[name].items()})
        RESULTS.write_text(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
