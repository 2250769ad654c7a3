"""The `check` kind of scenario: how a table is read, and what is wrong in it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from livingdrug.data import Check, Endpoints, Finding, check, check_endpoints
from livingdrug.workflows.tables import TableScenario


class CheckFile(TableScenario):
    """Look at a file."""

    OUTPUTS: ClassVar = ("layout",)
    EXAMPLES: ClassVar = (
        "livingdrug check kinetics.csv --endpoints endpoints.csv",
        "livingdrug check kinetics.csv --out canonical.csv",
    )

    kind: Literal["check"] = "check"


@dataclass(frozen=True)
class Checked:
    """The check of the samples, and that of the endpoints, where there are any."""

    samples: Check
    endpoints: Endpoints | None = None

    @property
    def parts(self) -> list[Check | Endpoints]:
        """Both, where there are both."""
        return [part for part in (self.samples, self.endpoints) if part]

    @property
    def findings(self) -> list[Finding]:
        """What is wrong in either."""
        return [finding for part in self.parts for finding in part.findings]

    @property
    def ok(self) -> bool:
        """Whether an analysis would take them."""
        return self.samples.ok and (self.endpoints is None or self.endpoints.ok)


def run(scenario: CheckFile) -> Checked:
    """Look at the file, and at the table of endpoints if there is one."""
    checked = check(scenario.file, scenario.reading())
    return Checked(checked, check_endpoints(scenario.endpoints) if scenario.endpoints else None)
