"""The `attributes-range` kind: a critical quality attribute proposed."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from livingdrug.attributes import Column, Range, acceptance
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.workflows.attributes.inputs import OutcomeScenario, Prepared, prepare
from livingdrug.workflows.fields import About


class AcceptanceRange(OutcomeScenario):
    """Propose the range of an attribute."""

    EXAMPLES: ClassVar = (
        "livingdrug attributes range products.csv --outcome CR+PR --attribute 'Tn/Tscm (%)' --floor 0.5",
        "livingdrug attributes range products.csv --outcome CR+PR --attribute 'VCN (copies/cell)' --floor "
        "0.6",
    )

    kind: Literal["attributes-range"] = "attributes-range"
    attribute: Annotated[str, About("The attribute, as its column is headed.", metavar="NAME")]
    floor: Annotated[float, About("Probability of the outcome to be kept.")] = 0.5


@dataclass(frozen=True)
class Proposed:
    """prepared; column; found: the range; values, event (n,): of the patients with a value."""

    prepared: Prepared
    column: Column
    found: Range
    values: np.ndarray
    event: np.ndarray


def run(scenario: AcceptanceRange) -> Proposed:
    """The range. Raises InputError for an outcome that is not yes or no, and for a column that is no
    attribute."""
    p = prepare(scenario)
    if p.outcome.kind != "binary":
        raise InputError(
            f"`{p.outcome.name}` is not yes or no; a range keeps the probability of a "
            f"response, such as --outcome CR+PR"
        )
    columns = {c.heading: c for c in p.table.having("attribute")}
    if scenario.attribute not in columns:
        raise InputError("--attribute: " + unknown("attribute", scenario.attribute, columns))
    column = columns[scenario.attribute]
    values = p.table.values[column.heading][p.rows]
    there = ~np.isnan(values)
    event = p.outcome.y[there] > 0.5
    found = acceptance(column.heading, values[there], event, scenario.floor, log=column.scale == "log")
    return Proposed(p, column, found, values[there], event)
