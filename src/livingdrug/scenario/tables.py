"""The kinds of scenario that start from a table of samples: `nca`, `compare`."""

from typing import Literal

from livingdrug.data import read_data
from livingdrug.nca import NcaResult
from livingdrug.products import Comparison, compare
from livingdrug.workflows.tables import KineticScenario, analyse


class Nca(KineticScenario):
    """Non-compartmental analysis of a file."""

    kind: Literal["nca"] = "nca"


class Compare(Nca):
    """An analysis beside the published exposure of a product; `spread`: which published spread of `stein_2019`."""

    kind: Literal["compare"] = "compare"
    product: str
    indication: str | None = None
    spread: str | None = None


def run_nca(scenario: Nca) -> NcaResult:
    """Read, cross the bridge if one is named, analyse. Raises InputError before anything is computed."""
    reading, settings = scenario.reading(), scenario.settings()
    return analyse(scenario, read_data(scenario.file, reading), settings)


def run_compare(scenario: Compare) -> Comparison:
    """Analyse, then place every profile among published exposures."""
    return compare(run_nca(scenario), scenario.product, scenario.indication, scenario.spread)
