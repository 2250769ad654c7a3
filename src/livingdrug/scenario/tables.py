"""The kinds of scenario that start from a table of samples: `check`, `nca`, `compare`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.data import Check, Data, Reading, check, cross, read_data
from livingdrug.data.endpoints import Endpoints, check_endpoints, join, read_endpoints
from livingdrug.nca import NcaResult, NcaSettings, TerminalPoints, nca
from livingdrug.products import Comparison, compare
from livingdrug.scenario.purpose import Document


class TableScenario(Document):
    """A table and how it is to be read; the fields are those of `data.Reading`, and a table of endpoints."""

    file: str
    columns: dict[str, str] = Field(default_factory=dict)
    unit: str | None = None
    time_unit: str | None = None
    dose: float | None = None
    dose_unit: str | None = None
    assay: str | None = None
    limit: float | None = None
    infusion_day: int | None = None
    date_order: str | None = None
    duplicates: str | None = None
    pool_assays: bool = False
    sheet: str | None = None
    untreated: bool = False
    logarithms: str | None = None
    output: str | None = None
    units: dict[str, str] = Field(default_factory=dict)
    endpoints: str | None = None

    def reading(self) -> Reading:
        """The part that says how to read. Raises InputError for a word or a number that does not fit."""
        return Reading(**{name: getattr(self, name) for name in Reading.__dataclass_fields__})


class CheckFile(TableScenario):
    """Look at a file."""

    kind: Literal["check"] = "check"


class Points(BaseModel):
    """Terminal points of a subject chosen by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    start: float
    end: float
    reason: str


class Nca(TableScenario):
    """Non-compartmental analysis of a file; the fields are those of `nca.NcaSettings`, a bridge and a group."""

    kind: Literal["nca"] = "nca"
    auc: str = "linup-logdown"
    blq_first: str = "zero"
    blq_middle: str = "drop"
    blq_last: str = "zero"
    window: tuple[float, float] | None = None
    above: float | None = None
    blood_volume: float | None = None
    terminal: tuple[Points, ...] = ()
    small_molecule: bool = False
    bridge: str | None = None
    by: str | None = None

    def settings(self) -> NcaSettings:
        """The part that says how to analyse. Raises InputError for a word or a number that does not fit."""
        fields = {name: getattr(self, name) for name in NcaSettings.__dataclass_fields__}
        fields["terminal"] = tuple(TerminalPoints(**points.model_dump()) for points in self.terminal)
        return NcaSettings(**fields)


class Compare(Nca):
    """An analysis beside the published exposure of a product; `spread`: which published spread of `stein_2019`."""

    kind: Literal["compare"] = "compare"
    product: str
    indication: str | None = None
    spread: str | None = None


def run_check(scenario: TableScenario) -> tuple[Check, Endpoints | None]:
    """Look at the file, and at the table of endpoints if there is one."""
    checked = check(scenario.file, scenario.reading())
    return checked, check_endpoints(scenario.endpoints) if scenario.endpoints else None


def run_nca(scenario: Nca) -> NcaResult:
    """Read, cross the bridge if one is named, analyse. Raises InputError before anything is computed."""
    reading, settings = scenario.reading(), scenario.settings()
    return analyse(scenario, read_data(scenario.file, reading), settings)


def analyse(scenario: Nca, data: Data, settings: NcaSettings) -> NcaResult:
    """The analysis of samples that are already read: endpoints joined, the bridge crossed."""
    if scenario.endpoints:
        data = join(data, read_endpoints(scenario.endpoints))
    if scenario.bridge:
        data = cross(data, scenario.bridge)
    return nca(data, settings)


def run_compare(scenario: Compare) -> Comparison:
    """Analyse, then place every profile among published exposures."""
    return compare(run_nca(scenario), scenario.product, scenario.indication, scenario.spread)
