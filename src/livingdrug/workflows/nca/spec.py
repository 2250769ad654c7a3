"""The `nca` kind of scenario: non-compartmental analysis of a table of samples."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from livingdrug.core.known import known
from livingdrug.data import Check, Endpoints, check_endpoints
from livingdrug.nca import NcaResult
from livingdrug.workflows.tables import KineticScenario, analyse, checked_table


class Nca(KineticScenario):
    """Non-compartmental analysis of a file."""

    OUTPUTS: ClassVar = ("wide", "layout")
    EXAMPLES: ClassVar = (
        "livingdrug nca kinetics.csv --endpoints endpoints.csv --by response",
        "livingdrug nca kinetics.csv --window 0 28 --out results",
    )

    kind: Literal["nca"] = "nca"


@dataclass(frozen=True)
class Analysis:
    """The tables as they were read, and the parameters of every profile."""

    parts: tuple[Check | Endpoints, ...]
    result: NcaResult

    @property
    def checked(self) -> Check:
        """The table of samples, which comes first."""
        first = self.parts[0]
        if not isinstance(first, Check):
            raise ValueError("the first table of an analysis is that of the samples")
        return first


def run(scenario: KineticScenario) -> Analysis:
    """Read, convert units where that is asked for, analyse. Raises InputError before anything is computed."""
    settings = scenario.settings()
    checked = checked_table(scenario)
    result = analyse(scenario, known(checked.data, "the data of a table that may be analysed"), settings)
    return Analysis((checked, *([check_endpoints(scenario.endpoints)] if scenario.endpoints else [])), result)
