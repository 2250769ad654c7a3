"""What the kinds share that start from the folder of a fitted killing assay."""

from pathlib import Path
from typing import Annotated, ClassVar

from livingdrug.assay import Estimates, estimates_from
from livingdrug.core.errors import InputError
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About

ESTIMATES = "estimates.json"  # in the folder of a fit; a ranking and a prediction read it
PREDICTION = "prediction.json"  # in the folder of a prediction; a score reads it


class OfAssay(Document):
    """A question to a fitted assay."""

    FOLDERS: ClassVar = ("folder",)

    folder: Annotated[
        str, About("Folder that `livingdrug assay fit ... --out` made.", argument=True, group=INPUT)
    ]

    def estimates(self) -> Estimates:
        """The rates of the fit. Raises InputError where the folder holds none."""
        path = Path(self.folder) / ESTIMATES
        if not path.is_file():
            raise InputError(
                f"`{self.folder}` holds no {ESTIMATES}; name a folder that `livingdrug assay fit FILES "
                "--map MAP --out DIR` "
                "made (not one of wells that were fitted each alone)"
            )
        return estimates_from(path.read_text(encoding="utf-8", errors="replace"), str(path))
