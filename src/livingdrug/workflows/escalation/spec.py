"""The `escalation` kind of scenario: the search for a tolerated dose."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.simulation import Regimen, read_dose
from livingdrug.trial import Escalation, EscalationAnswer, Level, simulate_escalation
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.memory import PATIENT
from livingdrug.workflows.shared_fields import VARIABILITY, EvenSo
from livingdrug.workflows.trial.spec import EndpointEntry, Part, read_own_dose


class LevelEntry(Part):
    """A dose level; the fields are those of `trial.Level`. dose: as in an arm."""

    name: str
    dose: float | tuple[str, ...] = 1.0
    change: dict[str, float] = Field(default_factory=dict)
    median: float | None = None
    log_sd: float | None = None
    rate: float | None = None

    def level(self) -> Level:
        """The level itself. Raises InputError for a dose that cannot be read."""
        dose = read_own_dose(self.dose, f"level `{self.name}`")
        return Level(self.name, dose, self.change, self.median, self.log_sd, self.rate)


class ToxicityEntry(Part):
    """The curve from exposure to toxicity; the fields are those of `trial.Endpoint`."""

    exposure: Literal["auc", "cmax"] = "auc"
    window: tuple[float, float] | None = None
    ec50: float | tuple[float, ...]
    slope: float
    at_least: int = 1


class EscalationScenario(Document):
    """A dose escalation; the fields are those of `trial.Escalation`, and the model's as in a `simulate`
    scenario."""

    OUTPUTS: ClassVar = ("resume",)

    kind: Literal["escalation"] = "escalation"
    rule: Literal["3+3", "boin"]
    levels: tuple[LevelEntry, ...]
    target: float = 0.3
    cohort: int = 3
    patients: int = 30
    start: int = 1
    toxicity: ToxicityEntry | None = None
    model: str | None = None
    fragments: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    variability: Annotated[str | None, VARIABILITY.under(former=("spread",))] = None
    cv: float | None = None
    output: str = ""
    doses: tuple[str, ...] = ()
    peak: Literal["expansion", "highest"] = "expansion"
    replicates: int = 10_000
    seed: int = 1
    even_so: EvenSo = False

    def escalation(self) -> Escalation:
        """The escalation itself. Raises InputError or ModelError for what cannot be."""
        curve = (
            self.toxicity
            and EndpointEntry(name="toxicity", kind="toxicity", **self.toxicity.model_dump()).endpoint()
        )
        model = build_model(self.model, self.fragments, self.values, self.even_so) if self.model else None
        doses = Regimen.of(read_dose(text) for text in self.doses) if self.doses else None
        plain = ("rule", "target", "cohort", "patients", "start", "cv", "output", "peak")
        levels = tuple(entry.level() for entry in self.levels)
        return Escalation(
            levels=levels,
            toxicity=curve,
            model=model,
            doses=doses,
            spread=self.variability,
            **{name: getattr(self, name) for name in plain},
        )

    def memory(self) -> float:
        """Bytes of the patients of all replicates."""
        return PATIENT * self.replicates * max(self.patients, self.cohort * len(self.levels))


def run(scenario: EscalationScenario, conduct: Conduct | None = None) -> EscalationAnswer:
    """Build, check and simulate. Raises InputError or ModelError before anything is computed."""
    conduct = conduct or Conduct()
    if conduct.executor != Conduct().executor:
        raise InputError("an `escalation` scenario runs in one process; leave out --workers and --dask")
    return simulate_escalation(
        scenario.escalation(),
        scenario.replicates,
        scenario.seed,
        progress=conduct.progress,
        kept=conduct.kept,
    )
