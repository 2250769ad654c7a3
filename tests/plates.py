"""Small plates of killing assays whose curves are exponentials, with faults put in on purpose."""

import numpy as np

from livingdrug.assay import Plate

TIMES = np.arange(0.0, 49.0, 8.0)
GROWTH = 0.03  # per h
KILLING = {"C1": 0.05, "C2": 0.08}  # per h, net decline of targets beside their growth


def wells_of_plate() -> dict[str, list]:
    """96 wells in an order that scatters every treatment over rim and inside: two constructs, two donors, two
    ratios, targets alone, effectors alone."""
    kinds = [
        ("sample", construct, donor, ratio, 5000 * ratio, 5000)
        for construct in KILLING
        for donor in ("D1", "D2")
        for ratio in (1.0, 0.25)
    ]
    kinds += [("target_alone", "", "", 0.0, 0, 5000), ("effector_alone", "C1", "D1", np.nan, 5000, 0)]
    kinds += [("effector_alone", "C1", "D2", np.nan, 5000, 0), ("target_alone", "", "", 0.0, 0, 5000)]
    names = [f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 13)]
    order = np.random.default_rng(5).permutation(96)
    made = {"well": names, "plate": ["P1"] * 96}
    rows = [kinds[order[i] % len(kinds)] for i in range(96)]
    for k, name in enumerate(("role", "construct", "donor", "ratio", "effectors", "targets")):
        made[name] = [row[k] for row in rows]
    return made


def plate(noise: float = 0.08, seed: int = 1, change=None, **columns) -> Plate:
    """Counts of targets (and of effectors where they are alone) at TIMES, log-normal noise of this SD.

    change: a function of (wells, mean counts (96, times) of what is read in a well) that puts a fault in;
    columns: of the wells, instead of those of `wells_of_plate`.
    """
    wells = wells_of_plate() | columns
    alone = np.array(wells["role"]) == "effector_alone"
    kill = np.array(
        [
            KILLING.get(c, 0.0) * (r > 0) * r**0.3 if r == r else 0.0
            for c, r in zip(wells["construct"], wells["ratio"], strict=True)
        ]
    )
    net = np.where(alone, 0.01, GROWTH - kill)
    mean = 5000 * np.exp(net[:, None] * TIMES)
    if change is not None:
        mean = change(wells, mean)
    counts = np.round(mean * np.exp(noise * np.random.default_rng(seed).normal(size=mean.shape)))
    quantity = np.where(alone, "effectors", "targets")
    readings = {
        "well": np.repeat(np.arange(96), len(TIMES)),
        "time": np.tile(TIMES, 96),
        "quantity": np.repeat(quantity, len(TIMES)).astype(object),
        "value": counts.ravel(),
    }
    return Plate.of("made", wells, readings)
