"""A plate to try the commands on, simulated from start to end. No cell is behind any number."""

from dataclasses import replace

import numpy as np

from livingdrug.assay.design import AssayDesign
from livingdrug.assay.laws import assay_model
from livingdrug.assay.made import Noise, made_plate
from livingdrug.assay.plate import Plate

SEED = 7
# made up: C2 kills 1.6 times as fast as C1, C3 grows faster, C4 is lost on contact 2.5 times as fast
RATES = {
    "C1": {"k_kill": 1e-5, "net_growth": 0.028, "contact_loss": 1e-6},
    "C2": {"k_kill": 1.6e-5, "net_growth": 0.028, "contact_loss": 1e-6},
    "C3": {"k_kill": 1e-5, "net_growth": 0.036, "contact_loss": 1e-6},
    "C4": {"k_kill": 1e-5, "net_growth": 0.028, "contact_loss": 2.5e-6},
}
SPOILT = 8.0  # factor on one reading, as if a well had been pipetted wrongly


def example_plate() -> Plate:
    """Four constructs, three donors, three ratios, four rounds: 96 wells; counts of targets every 6 h and
    of effectors at the ends of rounds, 10 % noise; one reading is 8 times too high, so that there is
    something to find."""
    donors = {"k_kill": 0.05, "net_growth": 0.02, "contact_loss": 0.05}
    noise = Noise(targets=0.1, effectors=0.1, donors=donors)
    design = AssayDesign(
        "example",
        ratios={4.0: 2, 1.0: 2, 0.25: 2},
        alone=12,
        effector_alone=1,
        every=6.0,
        first=True,
        count=True,
    )
    plate = made_plate(assay_model("exhaustion"), RATES, design, noise, donors=3, seed=SEED)
    r = plate.readings
    mine = (plate.wells.role[r.well] == "target_alone") & (r.time == 42) & (r.quantity == "targets")
    spoilt = int(np.flatnonzero(mine)[0])
    value = r.value.copy()
    value[spoilt] *= SPOILT
    names = np.full(plate.wells.n, "SIM1", dtype=object)
    return replace(plate, wells=replace(plate.wells, plate=names), readings=replace(r, value=np.round(value)))


def example_tables() -> dict:
    """Name of a file -> pandas table: readings, map and events of the example."""
    import pandas as pd

    plate = example_plate()
    r, w = plate.readings, plate.wells
    below = [f"<{limit:g}" for limit in r.limit]
    value = np.where(r.flag == "below", below, [f"{v:.0f}" for v in r.value])
    readings = {
        "plate": w.plate[r.well],
        "well": w.well[r.well],
        "time_h": r.time,
        "channel": r.quantity,
        "value": value,
        "unit": r.unit,
    }
    ratio = np.where(w.targets > 0, w.effectors / np.where(w.targets > 0, w.targets, 1), np.inf)
    plan = {
        "plate": w.plate,
        "well": w.well,
        "role": w.role,
        "construct": w.construct,
        "donor": w.donor,
        "effector_to_target": [_ratio(value) for value in ratio],
        "effectors_seeded": w.effectors.astype(int),
        "targets_seeded": w.targets.astype(int),
    }
    e = plate.events
    ends = sorted(set(e.time))
    events = {
        "plate": "SIM1",
        "time_h": ends,
        "event": "re-challenge",
        "targets_added": int(e.targets.max()),
        "fraction_kept": 1.0,
        "wells": "all",
    }
    return {
        "readings.csv": pd.DataFrame(readings),
        "map.csv": pd.DataFrame(plan),
        "events.csv": pd.DataFrame(events),
    }


def _ratio(value: float) -> str:
    if np.isinf(value):
        return "1:0"
    return f"{value:g}:1" if value >= 1 or value == 0 else f"1:{1 / value:g}"
