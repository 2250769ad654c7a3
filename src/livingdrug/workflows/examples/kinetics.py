"""A small data set that looks like a trial's and is simulated from start to end. No patient is behind any
number."""

import numpy as np

from livingdrug.core.random import normals, uniforms

SUBJECTS = 24
DAYS = (0.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 17.0, 21.0, 28.0, 60.0, 90.0, 180.0, 270.0, 365.0)
LIMIT = 50.0
SEED = 11


def example_kinetics(count: int = SUBJECTS, seed: int = SEED):
    """One dose row and the samples of each subject, from `stein_2019` with its spread and residual error."""
    import pandas as pd

    from livingdrug.models import get_model
    from livingdrug.simulation import draw_subjects, observe, simulate

    model = get_model("stein_2019")
    rows = []
    subjects = draw_subjects(model, count, seed, "sd")
    weights = np.round(np.exp(3.5 + 0.35 * normals(seed, "weight", 0, count)), 1)
    doses = np.round(np.exp(np.log(1.5e8) + 0.4 * normals(seed, "dose", 0, count)), -6)
    ends = np.array(DAYS)[np.floor(10 + 6 * uniforms(seed, "follow-up", 0, count)).astype(int)]
    table = observe(model, simulate(model, subjects, until=DAYS[-1], times=DAYS), LIMIT, seed)
    for i in range(count):
        name = f"SIM-{i + 1:02d}"
        rows.append((name, 0.0, "", "", "", 1, f"{doses[i]:.0f}", "", weights[i]))
        mine = table[(table["subject"] == i + 1) & (table["time"] <= ends[i])]
        shift = np.round(0.06 * normals(seed, "day", i * len(DAYS), len(mine)), 2)
        for sample, late in zip(mine.itertuples(), shift, strict=True):
            day = round(sample.time + (late if sample.time > 0 else 0.0), 2)
            level = f"<{LIMIT:g}" if sample.below_limit else f"{sample.value:.4g}"
            rows.append((name, day, level, "copies/ug", "qPCR", 0, "", LIMIT, weights[i]))
    headings = ["ID", "TIME (d)", "DV", "UNIT", "ASSAY", "EVID", "AMT (cells)", "LIMIT", "WT"]
    return pd.DataFrame(rows, columns=headings)


def example_endpoints():
    """Response, CRS and ICANS grade, progression-free survival, drawn independently of exposure."""
    import pandas as pd

    draw = {name: uniforms(SEED, name, 0, SUBJECTS) for name in ("response", "crs", "icans", "pfs", "event")}
    response = np.where(draw["response"] < 0.6, "CR", np.where(draw["response"] < 0.75, "CRi", "NR"))
    return pd.DataFrame(
        {
            "ID": [f"SIM-{i + 1:02d}" for i in range(SUBJECTS)],
            "RESPONSE": response.astype(object),
            "CRS grade": np.floor(5 * draw["crs"]).astype(int),
            "ICANS grade": np.floor(5 * draw["icans"] ** 3).astype(int),
            "PFS (d)": np.round(30 - 300 * np.log(draw["pfs"])).astype(int),
            "PFS_event": (draw["event"] < 0.6).astype(int),
        }
    )
