"""Fits of simulated killing assays: are rates within their intervals as often as they say, and is a ranking
calibrated?

    python -m bench.assay_coverage [PLATES] [FIRST SEED] [--again]

Plates that are stored (`bench/results/assay_coverage.jsonl`, one line a plate) are not computed again, so a run that was
stopped goes on where it ended, and several runs over different seeds may be put together (`cat a.jsonl b.jsonl`). `--again`
starts anew, for a fit that has changed.

Each plate has 4 constructs, 3 donors, E:T 4:1, 1:1 and 1:4 in duplicate, 12 wells with targets alone, a well
with effectors alone for each construct and donor, four rounds, targets counted every 6 hours and effectors at
the end of rounds. Rates of the constructs, noise (5 to 20 %), donors (SD 10 % for killing and loss on
contact, 5 % for growth), the scale of all counts and lost readings differ from plate to plate.

Kept of each interval: `off`, the error of the estimate in half-widths (inside -1 to 1), and `at`, its error in standard
errors. Rates of one plate share its donors, so coverage is given with an interval over plates (a t interval of the part
of each plate's intervals that hold the truth), and so is that of the 50 % intervals with the same standard errors and degrees
of freedom: it tells sooner than the tails whether standard errors are too large or too small."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from livingdrug.assay import AssayPlan, assay_model, estimates_of, fit_assay, observe
from livingdrug.assay.design import AssayDesign
from livingdrug.assay.made import Noise, made_plate
from livingdrug.assay.ranking import rank

LAWS = {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"}
DESIGN = AssayDesign(
    "four rounds", {4.0: 2, 1.0: 2, 0.25: 2}, alone=12, effector_alone=1, every=6.0, first=True, count=True
)
STORE = Path(__file__).parent / "results" / "assay_coverage.jsonl"
RATES = ("k_kill", "net_growth", "contact_loss")


def one(seed: int) -> dict:
    """A plate, its fit, and how the two compare."""
    rng, model = np.random.default_rng(seed), assay_model(**LAWS)
    truth = {
        f"C{k}": {
            "k_kill": 1e-5 * np.exp(rng.normal(0, 0.3)),
            "net_growth": 0.026 * np.exp(rng.normal(0, 0.12)),
            "contact_loss": 1.5e-6 * np.exp(rng.normal(0, 0.6)),
            "growth": 0.0289,
            "crowding": 1e-5,
        }
        for k in range(1, 5)
    }
    truth[""] = {"growth": 0.0289, "crowding": 1e-5}
    noise = Noise(
        targets=rng.uniform(0.05, 0.2),
        effectors=rng.uniform(0.05, 0.2),
        scale=float(np.exp(rng.normal(0, 0.05))),
        donors={"k_kill": 0.1, "net_growth": 0.05, "contact_loss": 0.1},
    )
    plate = made_plate(model, {c: r for c, r in truth.items() if c}, DESIGN, noise, donors=3, seed=seed)
    kept = rng.random(plate.readings.n) > 0.03
    begin = time.process_time()
    found = estimates_of(fit_assay(AssayPlan(model), observe(plate.kept(kept))), LAWS)
    seconds = time.process_time() - begin
    best = max(truth.keys() - {""}, key=lambda c: truth[c]["k_kill"])
    order = rank(found, by="k_kill", seed=seed)
    rates = [_row(r.rate, r.group, r.low, r.value, r.high, truth[r.group][r.rate], r) for r in found.rates if r.group]
    ratios = [
        _row(r.rate, r.group, r.low, r.ratio, r.high, truth[r.group][r.rate] / truth["C1"][r.rate], None)
        for r in found.ratios("C1")
    ]
    return {
        "seed": seed,
        "seconds": round(seconds, 2),
        "noise": round(noise.targets, 3),
        "rates": rates,
        "ratios": ratios,
        "best": best,
        "chances": {row.group: round(row.best, 4) for row in order.rows},
        "donor_sd": {rate: round(sd, 4) for rate, sd in sorted(found.donors.items())},
    }


def _row(rate: str, group: str, low: float, value: float, high: float, true: float, of) -> dict:
    """An interval beside the truth; net growth may be negative and is compared as it is, other rates as logarithms. One
    that is not determined has no `off`."""
    if not np.isfinite([low, value, high]).all():
        return {"rate": rate, "group": group, "off": None}
    at = (lambda x: x) if rate == "net_growth" else np.log
    low, value, high, true = (float(at(x)) for x in (low, value, high, true))
    half = high - value if true > value else value - low
    row = {"rate": rate, "group": group, "off": round((true - value) / half, 3)}
    if of is None:
        return row
    return row | {"at": round((true - of.at) / of.se, 3), "df": round(min(of.df, 999.0), 1), "se": float(f"{of.se:.3g}")}


def summary(plates: list[dict]) -> str:
    """Coverage by rate, of ratios, and the Brier score of the probability of being best."""
    lines = [f"{len(plates)} simulated plates, {np.mean([p['seconds'] for p in plates]):.1f} CPU s a plate"]
    for kind in ("rates", "ratios"):
        for rate in RATES:
            own = [[r for r in p[kind] if r["rate"] == rate and r["off"] is not None] for p in plates]
            own = [rows for rows in own if rows]
            lines.append(f"{kind} {rate}: {_held(own)}")
    chance = np.array([[p["chances"][c] for c in sorted(p["chances"])] for p in plates])
    hit = np.array([[c == p["best"] for c in sorted(p["chances"])] for p in plates])
    brier = ((chance - hit) ** 2).sum(axis=1).mean()
    named = chance.max(axis=1)
    right = hit[np.arange(len(plates)), chance.argmax(axis=1)]
    lines.append(f"Brier score of the best construct {brier:.3f} (0.75 for four equal guesses)")
    for low, high in ((0.0, 0.7), (0.7, 0.95), (0.95, 1.01)):
        mine = (named >= low) & (named < high)
        if mine.any():
            lines.append(
                f"  named best with {low:g} to {min(high, 1):g} (mean {named[mine].mean():.2f}): right in "
                f"{100 * right[mine].mean():.0f} % of {mine.sum()}"
            )
    return "\n".join(lines)


def _held(own: list[list[dict]]) -> str:
    """How many intervals hold the truth, with an interval over plates."""
    from scipy.stats import t

    parts = np.array([np.mean([abs(r["off"]) < 1 for r in rows]) for rows in own])
    half = t.ppf(0.975, len(parts) - 1) * parts.std(ddof=1) / np.sqrt(len(parts)) if len(parts) > 1 else np.nan
    said = f"{100 * parts.mean():.1f} % (+- {100 * half:.1f}) of {sum(map(len, own))} intervals hold the truth"
    if "at" in own[0][0]:
        at, df = (np.array([r[name] for rows in own for r in rows]) for name in ("at", "df"))
        halves = np.mean(np.abs(at) < t.ppf(0.75, df))
        said += f"; 50 % intervals: {100 * halves:.1f} %; median df {np.median(df):.1f}"
    return said


def stored() -> dict[int, dict]:
    """Plates that were computed, by seed."""
    if not STORE.is_file():
        return {}
    return {plate["seed"]: plate for plate in map(json.loads, STORE.read_text().splitlines())}


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--again"]
    count, first = (int(words[k]) if len(words) > k else default for k, default in ((0, 20), (1, 1)))
    if "--again" in sys.argv:
        STORE.unlink(missing_ok=True)
    done = stored()
    for seed in range(first, first + count):
        if seed not in done:
            done[seed] = one(seed)
            with STORE.open("a") as file:
                file.write(json.dumps(done[seed]) + "\n")
    print(summary(list(done.values())))
