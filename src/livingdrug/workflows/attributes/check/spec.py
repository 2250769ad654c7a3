"""The `attributes-check` kind: how a table of products is read."""

from typing import ClassVar, Literal

from livingdrug.attributes import ProductTable
from livingdrug.workflows.attributes.inputs import AnalysedScenario


class CheckProducts(AnalysedScenario):
    """Look at a table of products."""

    EXAMPLES: ClassVar = (
        "livingdrug attributes check products.csv",
        "livingdrug attributes check products.csv --column 'PD-1 (%)=ignored'",
    )

    kind: Literal["attributes-check"] = "attributes-check"


def run(scenario: CheckProducts) -> ProductTable:
    """Read the table, and find what is wrong in it."""
    return scenario.table()
