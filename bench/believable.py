"""No virtual patient above the ceiling is `ok`: 100,000 draws of `kirouac_2023` at a CV of 50 % on every rate.

    python -m bench.believable [SUBJECTS]

Writes bench/results/believable.json: how many are above the ceiling, how many of these are `ok` (asked: none), how many
are `unphysical` or were not computed, and percentiles of CMAX with and without the unphysical.
"""

import json
import sys
from pathlib import Path

import numpy as np

from livingdrug.models import get_fragment, get_model
from livingdrug.simulation import UNPHYSICAL, Draw, exposure_task

RESULT = Path(__file__).parent / "results" / "believable.json"
BLOCK, CV, UNTIL = 10_000, 0.5, 60.0
LEVELS = (50, 90, 95, 99)


def main(subjects: int) -> dict:
    """Run the draws block by block."""
    ceiling = get_fragment("lymphocyte_capacity").values.values["car_t_ceiling"]
    draw = Draw(subjects, 1, None, CV)
    task = exposure_task(get_model("kirouac_2023"), draw, window=(0.0, UNTIL), outputs=["car_t_blood"])
    peaks, status = [], []
    for first in range(0, subjects, BLOCK):
        block = task(first, min(BLOCK, subjects - first))
        peaks.append(block.peak[:, 0])
        status += block.status
    peak, word = np.concatenate(peaks), np.array(status)
    ok, beyond = word == "ok", word == UNPHYSICAL
    return {
        "model": "kirouac_2023",
        "subjects": subjects,
        "cv": CV,
        "days": UNTIL,
        "ceiling_cells_per_uL": ceiling,
        "above_the_ceiling": int((peak > ceiling).sum()),
        "above_the_ceiling_and_ok": int(((peak > ceiling) & ok).sum()),
        "unphysical": int(beyond.sum()),
        "not_computed": int((~ok & ~beyond).sum()),
        "above_1e5": int((peak > 1e5).sum()),
        "largest": float(np.nanmax(peak)),
        "largest_ok": float(peak[ok].max()),
        "cmax_percentiles": list(LEVELS),
        "cmax_without_unphysical": np.percentile(peak[ok], LEVELS).tolist(),
        "cmax_with_unphysical": np.percentile(peak[ok | beyond], LEVELS).tolist(),
    }


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
