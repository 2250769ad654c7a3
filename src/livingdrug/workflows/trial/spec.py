"""The `trial` kind of scenario: arms against a shared control."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.simulation import Regimen, drawn_models, read_dose
from livingdrug.trial import (
    Arm,
    Endpoint,
    EndpointKind,
    Futility,
    Multiplicity,
    Trial,
    TrialAnswer,
    assurance,
    check_trial,
    simulate_trial,
    with_assurance,
)
from livingdrug.workflows.base import Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About, EvenSo
from livingdrug.workflows.memory import OUTCOME

# times the planned numbers, where figures are asked for without sizes
PLOT_SIZES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


class Part(BaseModel):
    """A piece of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ArmEntry(Part):
    """An arm; the fields are those of `trial.Arm`. dose: a factor, or dose texts as in a `simulate`
    scenario."""

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
    """An endpoint; the fields are those of `trial.Endpoint`. better: less is better for toxicity by
    default."""

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

    values: of the control; doses: texts, for every arm; sizes: numbers in the smallest arm at which the power
    is simulated too; replicates, seed: of the simulation; uncertainty: draws of the estimates of a fitted
    model, over which power is averaged to assurance; even_so: take the model of a fit that is not sound too.
    """

    kind: Literal["trial"] = "trial"
    model: str
    fragments: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    variability: Annotated[
        str | None, About("Which published between-subject variability.", former=("spread",))
    ] = None
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
    uncertainty: int = 0
    even_so: EvenSo = False

    def trial(self) -> Trial:
        """The trial itself, checked. Raises InputError or ModelError for what cannot be."""
        model = build_model(self.model, self.fragments, self.values, self.even_so)
        doses = Regimen.of(read_dose(text) for text in self.doses) if self.doses else None
        futility = Futility(**self.futility.model_dump()) if self.futility else None
        plain = ("control", "output", "cv", "visits", "residual", "limit", "dropout", "repeat", "alpha", "power",
                 "sides", "multiplicity")  # fmt: skip
        trial = Trial(
            model=model, arms=tuple(entry.arm() for entry in self.arms), doses=doses, futility=futility,
            endpoints=tuple(entry.endpoint() for entry in self.endpoints),
            spread=self.variability, **{name: getattr(self, name) for name in plain},
        )  # fmt: skip
        check_trial(trial)
        return trial

    def memory(self) -> float:
        """Bytes of the outcomes of all subjects."""
        subjects, smallest = sum(arm.n for arm in self.arms), min((arm.n for arm in self.arms), default=1)
        largest = subjects * max(self.sizes, default=0) / max(smallest, 1)
        return OUTCOME * self.replicates * (2 * subjects * len(self.endpoints) + largest)


def with_sizes(scenario: TrialScenario) -> TrialScenario:
    """The scenario with sizes for a power curve, where it names none."""
    if scenario.sizes:
        return scenario
    smallest = min((arm.n for arm in scenario.arms), default=2)
    return scenario.model_copy(update={"sizes": tuple(max(2, round(part * smallest)) for part in PLOT_SIZES)})


def run(scenario: TrialScenario, conduct: Conduct | None = None) -> TrialAnswer:
    """Build, check and simulate, with a power curve where figures are drawn.

    Raises InputError or ModelError before anything is computed.
    """
    conduct = conduct or Conduct()
    if conduct.executor != Conduct().executor:
        raise InputError("a `trial` scenario runs in one process; leave out --workers and --dask")
    asked = with_sizes(scenario) if conduct.drawn else scenario
    trial = asked.trial()
    if not asked.uncertainty:
        return simulate_trial(trial, asked.replicates, asked.seed, asked.sizes, progress=conduct.progress)
    drawn_models(trial.model, asked.uncertainty, asked.seed)  # refused before anything is computed
    answer = simulate_trial(trial, asked.replicates, asked.seed, asked.sizes, progress=conduct.progress)
    found = assurance(trial, asked.uncertainty, asked.replicates, asked.seed, progress=conduct.progress)
    return with_assurance(answer, found)
