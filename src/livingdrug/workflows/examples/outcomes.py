"""Outcomes that depend on exposure as a made-up truth says: simulated from start to end. No patient is behind
any number."""

from typing import TYPE_CHECKING, cast

import numpy as np

from livingdrug.core.random import normals, uniforms
from livingdrug.workflows.examples.kinetics import example_kinetics

if TYPE_CHECKING:
    import pandas as pd

SUBJECTS, SEED = 80, 23
# the made-up truth: logits of response and of CRS grades >= 1..4 on ln CMAX, and how burden moves both
RESPONSE, GRADES, SLOPE, BURDEN = 1.0, (1.5, 0.0, -1.2, -2.5), 1.1, 0.5


def _highest(kinetics) -> "pd.Series":
    """The highest sample of each subject, in the order of the table."""
    import pandas as pd

    values = pd.Series(pd.to_numeric(kinetics["DV"], errors="coerce"))
    return cast("pd.Series", values.groupby(kinetics["ID"], sort=False).max())


def example_outcomes(kinetics):
    """Outcomes drawn from the made-up truth, by the highest sample of each subject."""
    import pandas as pd

    level = _highest(kinetics)
    x = np.log(level.to_numpy()) - np.log(level.to_numpy()).mean()
    n = len(x)
    draw = {name: uniforms(SEED, name, 0, n) for name in ("response", "kind", "crs", "onset", "pfs", "event")}
    burden = 0.5 * x / x.std() + np.sqrt(0.75) * normals(SEED, "burden", 0, n)
    answers = _logistic(draw["response"]) < RESPONSE * x + 0.5
    grade = (_logistic(draw["crs"])[:, None] < np.array(GRADES) + (SLOPE * x + BURDEN * burden)[:, None]).sum(
        axis=1
    )
    months = np.where(answers, 400.0, 120.0)
    return pd.DataFrame(
        {
            "ID": level.index,
            "RESPONSE": np.where(
                answers, np.where(draw["kind"] < 0.7, "CR", "PR"), np.where(draw["kind"] < 0.5, "SD", "PD")
            ),
            "CRS grade": grade,
            "onset (d)": [
                f"{7 + 6 * u:.1f}" if g > 0 else "" for g, u in zip(grade, draw["onset"], strict=True)
            ],
            "burden": np.round(burden, 3),
            "PFS (d)": np.round(15 - months * np.log(draw["pfs"])).astype(int),
            "PFS_event": (draw["event"] < 0.6).astype(int),
        }
    )


def _logistic(u: np.ndarray) -> np.ndarray:
    """Standard logistic numbers from uniform ones."""
    return np.log(u / (1 - u))


def example_subjects():
    """A row for each subject: the highest sample as CMAX, and the outcomes."""
    kinetics = example_kinetics(SUBJECTS, SEED)
    outcomes = example_outcomes(kinetics)
    level = _highest(kinetics)
    outcomes.insert(1, "CMAX (copies/ug)", level.to_numpy())
    return outcomes
