"""The `assay-check` kind: how the files of a killing assay are read, and what is unusual about the plate."""

from typing import ClassVar, Literal

from livingdrug.assay import AssayCheck, check
from livingdrug.workflows.assay.inputs import AssayFiles


class CheckAssay(AssayFiles):
    """Look at the files of an experiment."""

    EXAMPLES: ClassVar = (
        "livingdrug assay check readings.csv --map map.csv --events events.csv --out checked",
        "livingdrug assay check export.txt --map map.xml --quantity cell_index --start 24 --leave-out A1",
    )

    kind: Literal["assay-check"] = "assay-check"

    @property
    def table_file(self) -> str:
        """The readings as one long table."""
        return "readings.csv"


def run(scenario: CheckAssay) -> AssayCheck:
    """Read the files, and say what is wrong. Raises InputError for a file that is no table at all."""
    return check(scenario.files, scenario.plan, scenario.events, scenario.reading())
