"""Plates of the reference cases as the package holds them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import Plate

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
ROLES = {"co-culture": "sample", "tumour alone": "target_alone", "effector alone": "effector_alone"}


def case(name: str) -> Path:
    """The folder of a reference case; the test is skipped where it is absent."""
    if not (REFERENCE / name).is_dir():
        pytest.skip(f"the reference case {name} is not here")
    return REFERENCE / name


def simulated(name: str) -> Plate:
    """One of the simulated plates V1 to V6."""
    folder = case("killing_assay_simulated")
    data, wells = (pd.read_csv(folder / f"{name}_{kind}.csv") for kind in ("data", "platemap"))
    place = {well: i for i, well in enumerate(wells.well)}
    text = data.value.astype(str)
    below = text.str.startswith("<").to_numpy()
    value = text.str.lstrip("<").astype(float).to_numpy()
    roles = [ROLES[role] for role in wells.role]
    events = []
    if (folder / f"{name}_events.csv").stat().st_size > 80:
        for _, row in pd.read_csv(folder / f"{name}_events.csv").iterrows():
            for i, role in enumerate(roles):
                added = 0.0 if role == "effector_alone" else row.target_cells_added
                kind = "rechallenge" if row.fraction_kept == 1 else "replating"
                events.append((i, row.time_h, kind, row.fraction_kept, added))
    columns = ("well", "time", "kind", "kept", "targets")
    return Plate.of(
        name,
        {
            "plate": list(wells.plate),
            "well": list(wells.well),
            "role": roles,
            "construct": list(wells.construct.fillna("")),
            "donor": list(wells.donor.fillna("")),
            "effectors": wells.effectors_seeded.fillna(0.0).to_numpy(),
            "targets": wells.targets_seeded.fillna(0.0).to_numpy(),
        },
        {
            "well": [place[well] for well in data.well],
            "time": data.time_h.to_numpy(),
            "quantity": np.where(data.channel == "tumour", "targets", "effectors"),
            "value": np.where(below, np.nan, value),
            "flag": np.where(below, "below", ""),
            "limit": np.where(below, value, np.nan),
        },
        dict(zip(columns, map(list, zip(*events, strict=True)), strict=True)) if events else None,
    )


def impedance(pair: str, effectors: float) -> Plate:
    """The mean of a pair of wells of the real impedance data, with the SD that the file states."""
    data = pd.read_csv(
        case("killing_assay_carrgodex") / "car_T_dex_pbt1_pbt2_lines.csv", encoding="utf-8-sig"
    )
    n = len(data)
    well = {
        "well": [pair],
        "role": ["sample" if effectors else "target_alone"],
        "construct": ["CAR" if effectors else ""],
        "effectors": [effectors],
        "count": [2],
    }
    readings = {
        "well": [0] * n,
        "time": data.iloc[:, 0].to_numpy(),
        "quantity": ["cell_index"] * n,
        "value": data[f"Y({pair})"].to_numpy(),
        "sd": data[f"SD({pair})"].to_numpy(),
    }
    return Plate.of("PBT", well, readings)
