"""CR1 of kirouac_2023 against the stored trajectory in the facts folder (skipped where that folder is absent)."""

import csv
from pathlib import Path

import numpy as np
import pytest

from livingdrug.models import get_model
from livingdrug.simulation import simulate

FILE = Path(__file__).parents[3] / "shared" / "facts" / "data" / "kirouac2023_CR1_trajectory.csv"
COLUMNS = {
    "memory": "TM_cells", "effector1": "TE1_cells", "effector2": "TE2_cells", "exhausted": "TX_cells", "tumour": "B_cells",
    "antigen": "BA_antigen",
}  # fmt: skip


def test_cr1_trajectory():
    if not FILE.exists():
        pytest.skip("the table of facts with the CR1 trajectory is not on this machine")
    with FILE.open() as lines:
        rows = list(csv.DictReader(lines))
    times = [float(row["t_d"]) for row in rows]
    result = simulate(get_model("kirouac_2023"), regimen=[1e8], times=times, outputs=list(COLUMNS))
    for state, column in COLUMNS.items():
        stored = np.array([float(row[column]) for row in rows])
        np.testing.assert_allclose(result.curve(state), stored, rtol=1e-4, err_msg=state)
