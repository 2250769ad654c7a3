"""The kinds of scenario `trial`, arms against a shared control, and `escalation`, the search for a tolerated dose."""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.simulation import Regimen
from livingdrug.simulation.dose_text import read_dose
from livingdrug.trial import (
    Arm,
    Endpoint,
    Escalation,
    EscalationAnswer,
    Futility,
    Level,
    Trial,
    TrialAnswer,
    check_trial,
    simulate_escalation,
    simulate_trial,
)
from livingdrug.trial.design import EndpointKind, Multiplicity
from livingdrug.workflows.document import Document
from livingdrug.workflows.memory import OUTCOME, PATIENT


class Part(BaseModel):
    """A piece of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ArmEntry(Part):
    """An arm; the fields are those of `trial.Arm`. dose: a factor, or dose texts as in a `simulate` scenario."""

    name: str
    n: int
    dose: float | tuple[str, ...] = 1.0
    change: dict[str, float] = Field(default_factory=dict)
    variance_scale: float = 1.0
    responders: float = 1.0
    cost: float = 0.0

    def arm(self) -> Arm:
        """The arm itself. Raises InputError for a dose that cannot be read."""
        dose = read_own_dose(self.dose, f"arm `{self.name}`")
        return Arm(self.name, self.n, dose, self.change, self.variance_scale, self.responders, self.cost)


def read_own_dose(dose: float | tuple[str, ...], where: str) -> float | Regimen:
    """A factor, or the regimen of dose texts. Raises InputError saying where."""
    if isinstance(dose, float):
        return dose
    try:
        return Regimen.of(read_dose(text) for text in dose)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


class EndpointEntry(Part):
    """An endpoint; the fields are those of `trial.Endpoint`. better: less is better for toxicity by default."""

    name: str
    kind: EndpointKind
    window: tuple[float, float] | None = None
    test: Literal["pooled", "welch"] = "pooled"
    exposure: Literal["auc", "cmax"] = "auc"
    ec50: float | tuple[float, ...] = ()
    slope: float = 1.0
    at_least: int = 1
    above: float | None = None
    day: float | None = None
    better: Literal["higher", "lower"] | None = None

    def endpoint(self) -> Endpoint:
        """The endpoint itself."""
        fields = {name: getattr(self, name) for name in Endpoint.__dataclass_fields__}
        fields["ec50"] = self.ec50 if isinstance(self.ec50, tuple) else (self.ec50,)
        fields["better"] = self.better or ("lower" if self.kind == "toxicity" else "higher")
        return Endpoint(**fields)


class FutilityEntry(Part):
    """When an arm stops for futility; the fields are those of `trial.Futility`."""

    at: float
    below: float
    rule: Literal["conditional_power", "effect"] = "conditional_power"


class TrialScenario(Document):
    """A trial; the fields are those of `trial.Trial`, and the model's as in a `simulate` scenario.

    values: of the control; doses: texts, for every arm; sizes: numbers in the smallest arm at which the power is simulated
    too; replicates, seed: of the simulation.
    """

    kind: Literal["trial"] = "trial"
    model: str
    fragments: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    spread: str | None = None
    cv: float | None = None
    output: str = ""
    doses: tuple[str, ...] = ()
    repeat: Literal["", "superposition"] = ""
    visits: tuple[float, ...] = ()
    residual: float | None = None
    limit: float | None = None
    dropout: float = 0.0
    control: str
    arms: tuple[ArmEntry, ...]
    endpoints: tuple[EndpointEntry, ...]
    alpha: float = 0.05
    power: float = 0.8
    sides: int = 2
    multiplicity: Multiplicity
    futility: FutilityEntry | None = None
    sizes: tuple[int, ...] = ()
    replicates: int = 10_000
    seed: int = 1

    def trial(self) -> Trial:
        """The trial itself, checked. Raises InputError or ModelError for what cannot be."""
        model = build_model(self.model, self.fragments, self.values)
        doses = Regimen.of(read_dose(text) for text in self.doses) if self.doses else None
        futility = Futility(**self.futility.model_dump()) if self.futility else None
        plain = ("control", "output", "spread", "cv", "visits", "residual", "limit", "dropout", "repeat", "alpha", "power",
                 "sides", "multiplicity")  # fmt: skip
        trial = Trial(
            model=model, arms=tuple(entry.arm() for entry in self.arms), doses=doses, futility=futility,
            endpoints=tuple(entry.endpoint() for entry in self.endpoints), **{name: getattr(self, name) for name in plain},
        )  # fmt: skip
        check_trial(trial)
        return trial

    def memory(self) -> float:
        """Bytes of the outcomes of all subjects."""
        subjects, smallest = sum(arm.n for arm in self.arms), min((arm.n for arm in self.arms), default=1)
        largest = subjects * max(self.sizes, default=0) / max(smallest, 1)
        return OUTCOME * self.replicates * (2 * subjects * len(self.endpoints) + largest)


def run_trial(scenario: TrialScenario, progress: Callable[[int, int], None] | None = None) -> TrialAnswer:
    """Build, check and simulate. Raises InputError or ModelError before anything is computed."""
    trial = scenario.trial()
    return simulate_trial(trial, scenario.replicates, scenario.seed, scenario.sizes, progress=progress)


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
    """A dose escalation; the fields are those of `trial.Escalation`, and the model's as in a `simulate` scenario."""

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
    spread: str | None = None
    cv: float | None = None
    output: str = ""
    doses: tuple[str, ...] = ()
    replicates: int = 10_000
    seed: int = 1

    def escalation(self) -> Escalation:
        """The escalation itself. Raises InputError or ModelError for what cannot be."""
        curve = self.toxicity and EndpointEntry(name="toxicity", kind="toxicity", **self.toxicity.model_dump()).endpoint()
        model = build_model(self.model, self.fragments, self.values) if self.model else None
        doses = Regimen.of(read_dose(text) for text in self.doses) if self.doses else None
        plain = ("rule", "target", "cohort", "patients", "start", "spread", "cv", "output")
        levels = tuple(entry.level() for entry in self.levels)
        return Escalation(
            levels=levels, toxicity=curve, model=model, doses=doses, **{name: getattr(self, name) for name in plain}
        )

    def memory(self) -> float:
        """Bytes of the patients of all replicates."""
        return PATIENT * self.replicates * max(self.patients, self.cohort * len(self.levels))


def run_escalation(
    scenario: EscalationScenario, progress: Callable[[int, int], None] | None = None
) -> EscalationAnswer:
    """Build, check and simulate. Raises InputError or ModelError before anything is computed."""
    return simulate_escalation(scenario.escalation(), scenario.replicates, scenario.seed, progress=progress)
