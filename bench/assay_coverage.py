"""Fits of simulated killing assays: are rates within their intervals as often as they say, and is a ranking
calibrated?

    python -m bench.assay_coverage [PLATES] [FIRST SEED]

Each plate has 4 constructs, 3 donors, E:T 4:1, 1:1 and 1:4 in duplicate, 12 wells with targets alone, a well
with effectors alone for each construct and donor, four rounds, targets counted every 6 hours and effectors at
the end of rounds. Rates of the constructs, noise (5 to 20 %), donors (SD 10 % for killing and loss on
contact, 5 % for growth), the scale of all counts and lost readings differ from plate to plate. One JSON line
a plate, then the summary."""

import json
import sys
import time

import numpy as np

from livingdrug.assay import AssayPlan, assay_model, estimates_of, fit_assay, observe
from livingdrug.assay.design import AssayDesign
from livingdrug.assay.made import Noise, made_plate
from livingdrug.assay.ranking import rank

LAWS = {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"}
DESIGN = AssayDesign(
    "four rounds", {4.0: 2, 1.0: 2, 0.25: 2}, alone=12, effector_alone=1, every=6.0, first=True, count=True
)
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
    rates = [
        {
            "rate": r.rate,
            "inside": bool(r.low < truth[r.group].get(r.rate, np.nan) < r.high),
            "status": r.status,
            "width": float(np.log(r.high / r.low)) if r.low > 0 else None,
        }
        for r in found.rates
        if r.group
    ]
    ratios = [
        {"rate": r.rate, "inside": bool(r.low < truth[r.group][r.rate] / truth["C1"][r.rate] < r.high)}
        for r in found.ratios("C1")
    ]
    best = max(truth.keys() - {""}, key=lambda c: truth[c]["k_kill"])
    order = rank(found, by="k_kill", seed=seed)
    chances = {row.group: row.best for row in order.rows}
    return {
        "seed": seed,
        "seconds": seconds,
        "rates": rates,
        "ratios": ratios,
        "best": best,
        "chances": chances,
        "noise": noise.targets,
    }


def summary(plates: list[dict]) -> str:
    """Coverage by rate, of ratios, and the Brier score of the probability of being best."""
    lines = [f"{len(plates)} simulated plates, {np.mean([p['seconds'] for p in plates]):.1f} CPU s a plate"]
    for kind in ("rates", "ratios"):
        for rate in RATES:
            inside = [r["inside"] for p in plates for r in p[kind] if r["rate"] == rate]
            lines.append(
                f"{kind} {rate}: {100 * np.mean(inside):.1f} % of {len(inside)} intervals hold the truth"
            )
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


if __name__ == "__main__":
    count, first = (int(sys.argv[k]) if len(sys.argv) > k else default for k, default in ((1, 20), (2, 1)))
    done = []
    for seed in range(first, first + count):
        done.append(one(seed))
        print(json.dumps(done[-1]), flush=True)
    print(summary(done))
