"""Round trip of three models: simulate, fit, take the fit as a model, simulate that.

For each data set the percentiles of patients (5, 50, 95 %) of the level at every time, of the model behind the data, are
compared with the bands that the fitted model gives them from the uncertainty of its estimates (90 %). About 90 % should lie
within; the fits are of finite data, so the bands and not the percentiles are what must be right.

    python -m bench.round_trip 20          # data sets of each model; 4 to 6 CPU s each for stein_2019, a second for others
    python -m bench.round_trip 20 product  # one model
"""

import json
import re
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import as_model, fit, new_problem
from livingdrug.models import get_model, to_toml
from livingdrug.models.templates import CLOSED_FORM, new_text
from livingdrug.models.text import from_toml
from livingdrug.simulation import CurvesTask, Draw, Regimen, bands, draw_subjects, observe, simulate

ROOT = Path(__file__).parents[1]
SUBJECTS, VIRTUAL, DRAWS, TRUTH = 40, 1000, 60, 20_000
YEAR = (2, 5, 8, 10, 12, 16, 21, 28, 60, 90, 180, 270, 365)  # `omega beta` wants samples as late as these
FLOW_TIMES = (1, 2, 4, 8, 12, 24, 30, 48, 60)
RESULTS = Path(__file__).parent / "results" / "round_trip.json"


def models() -> dict:
    """Name -> (model, times of samples, limit, dose, options of the problem, method).

    `stein_2019` takes SAEM: its breakpoint lies among the samples, and FOCEI from 20 % off did not end on three of five sets.
    """
    page = (ROOT / "docs" / "model_file.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    flows = next(text for text in blocks if text.startswith('name = "two_compartments"'))
    product = from_toml(new_text(CLOSED_FORM, "product"), "product")
    return {
        "product": (product, (1, 4, 8, 12, 18, 26, 40, 60), 5.0, None, {"estimate": ("start",)}, "focei"),
        "two_compartments": (from_toml(flows, "flows"), FLOW_TIMES, None, 100.0, {"estimate": ("k_a", "q")}, "focei"),
        "stein_2019": (get_model("stein_2019"), YEAR, 50.0, None, {}, "saem"),
    }


def round_trip(name: str, seed: int, folder: Path) -> dict:
    """One data set of a model: how many percentiles of the truth lie within the bands of the fit, and how it ended."""
    model, times, limit, dose, how, method = models()[name]
    regimen, reading = (Regimen.of([dose]), Reading(dose=dose, dose_unit="mg")) if dose else (None, Reading())
    truth = simulate(model, draw_subjects(model, TRUTH, 99), regimen, times)
    seen = observe(model, simulate(model, draw_subjects(model, SUBJECTS, seed), regimen, times), limit, seed)
    path = folder / f"{name}-{seed}.csv"
    seen.to_csv(path, index=False)
    problem = new_problem(model, read_data(path, reading), **how)
    starts = [p.value * (0.8 if i % 2 else 1.2) if p.scale == "log" else p.value for i, p in enumerate(problem.parameters)]
    moved = tuple(replace(p, value=value) for p, value in zip(problem.parameters, starts, strict=True))
    begun = time.process_time()
    result = fit(replace(problem, parameters=moved), method, seed)
    fitted = from_toml(to_toml(as_model(result)), name)
    output = truth.outputs[0]
    task = CurvesTask(fitted, Draw(VIRTUAL, seed), regimen, np.array(times, dtype=float), float(times[-1]), (output,))
    found = {"model": name, "seed": seed, "status": result.status, "cpu_s": round(time.process_time() - begun, 1)}
    try:
        made = bands(task, task(0, VIRTUAL), DRAWS, seed)
    except InputError as error:
        return found | {"why": str(error)}
    wanted = truth.percentiles(output, made.levels)
    inside = (made.low[0] <= wanted) & (wanted <= made.high[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(np.log(made.middle[0] / wanted))
    fold = float(np.exp(np.nanmedian(off)))
    return found | {"inside": int(inside.sum()), "percentiles": inside.size, "median_fold_off": fold}


def main(count: int, only: str | None) -> None:
    """Every model, `count` data sets each."""
    import tempfile

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [only] if only else models():
            for seed in range(1, count + 1):
                rows.append(round_trip(name, seed, Path(folder)))
                print(rows[-1], flush=True)
                RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for name in dict.fromkeys(row["model"] for row in rows):
        print(summary(name, [row for row in rows if row["model"] == name]))


def summary(name: str, rows: list[dict]) -> str:
    """How many percentiles lay within the bands, with the standard error over data sets: those of one set go together."""
    sound = [row for row in rows if "inside" in row]
    if not sound:
        return f"{name}: none of {len(rows)} fits says how uncertain it is"
    parts = np.array([row["inside"] / row["percentiles"] for row in sound])
    error = f", SE {parts.std(ddof=1) / np.sqrt(len(parts)):.1%}" if len(parts) > 1 else ""
    off = np.median([row["median_fold_off"] for row in sound])
    ended = dict(Counter(row["status"] for row in rows))
    return (
        f"{name}: {parts.mean():.1%}{error} of the percentiles lie within the 90 % bands, {len(sound)} of {len(rows)} "
        f"data sets; middle fold between percentiles {off:.2f}; fits {ended}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
