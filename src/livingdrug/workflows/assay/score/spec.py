"""The `assay-score` kind: a prediction for patients, and what patients showed."""

import json
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from livingdrug.assay import Change, Score, read_clinic, score_prediction
from livingdrug.core.errors import InputError
from livingdrug.workflows.assay.fitted import PREDICTION
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About


class ScorePrediction(Document):
    """Compare a prediction with later clinical data."""

    FILES: ClassVar = ("observed",)
    FOLDERS: ClassVar = ("folder",)
    EXAMPLES: ClassVar = (
        "livingdrug assay score patient --observed exposure.csv",
        "livingdrug assay score patient --observed exposure.csv --out scored",
    )

    kind: Literal["assay-score"] = "assay-score"
    folder: Annotated[
        str, About("Folder that `livingdrug assay predict ... --out` made.", argument=True, group=INPUT)
    ]
    observed: Annotated[
        str,
        About(
            "A table with a row for each patient (construct, CMAX, AUC28, ...), or for each product and "
            "metric (construct, metric, n, geometric_mean, geometric_cv in %).",
            group=INPUT,
            metavar="FILE",
        ),
    ]


def run(scenario: ScorePrediction) -> Score:
    """Read both, compare. Raises InputError for a folder without a prediction, and for faults of the table
    by line."""
    changes, control = prediction(scenario.folder)
    clinic = read_clinic(scenario.observed, tuple(dict.fromkeys(c.metric for c in changes)))
    return score_prediction(changes, clinic, control)


def prediction(folder: str) -> tuple[list[Change], str]:
    """(changes, control construct) of the folder of a prediction. Raises InputError where it holds none."""
    path = Path(folder) / PREDICTION
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return [Change(**change) for change in said["changes"]], str(said["control"])
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError(
            f"`{folder}` holds no {PREDICTION} of a prediction; name a folder that `livingdrug assay predict "
            "DIR --map RATE=QUANTITY --out FOLDER` made"
        ) from None
