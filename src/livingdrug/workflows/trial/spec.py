"""The `trial` kind of scenario: arms against a shared control."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.response import Link, exposure_at, exposure_factor, read_curves
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
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.curves import doubted
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About
from livingdrug.workflows.memory import OUTCOME
from livingdrug.workflows.shared_fields import VARIABILITY, EvenSo, built

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
    if not isinstance(dose, tuple):
        return dose
    try:
        return Regimen.of(read_dose(text) for text in dose)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


class EndpointEntry(Part):
    """An endpoint; the fields are those of `trial.Endpoint`. better: less is better for toxicity by default;
    curve: the folder of a `response`, or its curve.toml, in place of exposure, ec50 and slope."""

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
    curve: str | None = None
    link: Link = "logit"

    def endpoint(self, model: Model | None = None, output: str = "", even_so: bool = False) -> Endpoint:
        """The endpoint itself. model, output: whose exposure the curve of a file is on."""
        fields = {name: getattr(self, name) for name in Endpoint.__dataclass_fields__}
        fields["ec50"] = self.ec50 if isinstance(self.ec50, tuple) else (self.ec50,)
        if self.curve is not None:
            fields |= self._of_file(model, output, even_so)
        fields["better"] = self.better or ("lower" if self.kind == "toxicity" else "higher")
        return Endpoint(**fields)


    def _of_file(self, model: Model | None, output: str, even_so: bool) -> dict:
        """exposure, window, ec50 and slope of the curves in a file. Raises InputError for what a trial
        cannot take."""
        where = f"endpoint `{self.name}`: curve `{self.curve}`"
        if self.ec50 or self.slope != 1.0 or self.link != "logit" or model is None:
            raise InputError(f"{where}: give either the curve of a file, or ec50 and slope, and a model")
        read = read_curves(known(self.curve, "the curve of a file"), even_so)
        found = [one.curve for one in read]
        first, day = found[0], read[0].day
        if len(found) > 1 and (self.kind == "response" or day is not None):
            raise InputError(f"{where} holds {len(found)} curves, and one is taken; name it, such as "
                             f"'{self.curve}:{read[-1].name}'")  # fmt: skip
        if any(
            c.scale != "log" or c.ceiling != 1 or (c.slope, c.link) != (first.slope, first.link)
            for c in found
        ):
            raise InputError(
                f"{where}: a trial takes curves on ln exposure with one slope, one link and a ceiling of 1"
            )
        probe = Trial(model, (), "", (), output)
        area = f"{model.time_unit}*{probe.unit}"
        given = {"CMAX": probe.unit, "AUC28": area, "AUCINT": area}
        try:
            factor = exposure_factor(first, given, f"`{model.full_name}`")
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        if first.exposure == "AUCINT" and self.window is None:
            raise InputError(f"{where} is on AUCINT; say its `window`, such as [0, 28]")
        month = (0.0, MONTH * in_a_day(model.time_unit))
        if first.exposure == "AUC28" and self.window not in (None, month):
            raise InputError(
                f"{where} is on AUC28; leave `window` out, or give [0, {month[1]:g}] {model.time_unit}"
            )
        days = None if self.day is None else self.day / in_a_day(model.time_unit)
        if day is not None and days is not None and days != day:
            raise InputError(
                f"{where} is of the event by day {day:g}; leave `day` out, or fit a curve by day {days:g}"
            )
        exposure = "cmax" if first.exposure == "CMAX" else "auc"
        points = tuple(exposure_at(c, 0.5).value / factor for c in found)
        when = {} if day is None or self.day is not None else {"day": day * in_a_day(model.time_unit)}
        return when | {"exposure": exposure, "ec50": points, "slope": first.slope, "link": first.link}


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

    OUTPUTS: ClassVar = ("resume",)

    kind: Literal["trial"] = "trial"
    model: str
    fragments: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    variability: Annotated[str | None, VARIABILITY.under(former=("spread",))] = None
    cv: float | None = None
    output: str = ""
    doses: tuple[str, ...] = ()
    repeat: Literal["", "superposition"] = ""
    peak: Annotated[
        Literal["expansion", "highest"],
        About(
            "Peak where infused cells are counted too: after the distribution minimum (XCMAX), or of all "
            "levels."
        ),
    ] = "expansion"
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
        model = built(self)
        doses = Regimen.of(read_dose(text) for text in self.doses) if self.doses else None
        futility = Futility(**self.futility.model_dump()) if self.futility else None
        plain = (
            "control",
            "output",
            "cv",
            "visits",
            "residual",
            "limit",
            "dropout",
            "repeat",
            "peak",
            "alpha",
            "power",
            "sides",
            "multiplicity",
        )
        trial = Trial(
            model=model, arms=tuple(entry.arm() for entry in self.arms), doses=doses, futility=futility,
            endpoints=tuple(entry.endpoint(model, self.output, self.even_so) for entry in self.endpoints),
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


def _of_curves(scenario: TrialScenario) -> Iterator[str]:
    """What to know of the curves that come from files."""
    for entry in scenario.endpoints:
        for one in read_curves(entry.curve, scenario.even_so) if entry.curve else ():
            yield from doubted(one)
            seen = f"{one.subjects:,} subjects with exposures of {one.lowest:.3g} to {one.highest:.3g} {one.curve.unit}"
            yield f"curve `{one.name}` was fitted to {seen}; it is taken for known, in power and in assurance"


def run(scenario: TrialScenario, conduct: Conduct | None = None) -> TrialAnswer:
    """Build, check and simulate, with a power curve where figures are drawn.

    Raises InputError or ModelError before anything is computed.
    """
    conduct = conduct or Conduct()
    if conduct.executor != Conduct().executor:
        raise InputError("a `trial` scenario runs in one process; leave out --workers and --dask")
    asked = with_sizes(scenario) if conduct.drawn else scenario
    trial, curves = asked.trial(), tuple(_of_curves(asked))
    if asked.uncertainty:
        drawn_models(trial.model, asked.uncertainty, asked.seed)  # refused before anything is computed
    answer = simulate_trial(trial, asked.replicates, asked.seed, asked.sizes, progress=conduct.progress, kept=conduct.kept)
    answer = replace(answer, notices=(*curves, *answer.notices))
    if not asked.uncertainty:
        return answer
    found = assurance(trial, asked.uncertainty, asked.replicates, asked.seed, progress=conduct.progress, kept=conduct.kept)
    return with_assurance(answer, found)
