"""A trial as it is planned: arms against a shared control, endpoints, visits, and the rules of its
analysis."""

from dataclasses import dataclass, field
from typing import Literal

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.response import Link
from livingdrug.simulation import Regimen

EndpointKind = Literal["auc", "cmax", "response", "toxicity", "persistence", "positive"]
LOGARITHMIC = ("auc", "cmax")
BINARY = ("response", "toxicity", "positive")
Multiplicity = Literal["none", "holm", "dunnett"]


@dataclass(frozen=True)
class Arm:
    """One product version.

    Parameters
    ----------
    name : str
        Name of the arm, as results call it.
    n : int
        Subjects randomised to the arm.
    dose : float or Regimen
        A factor on the amounts of the trial's regimen, or a regimen of the arm's own.
    change : dict of str to float
        Quantity of the model (name or symbol) -> fold on its value.
    variance_scale : float
        Factor on all log-variances between subjects.
    responders : float
        Proportion of the subjects in whom `change` acts; the others are as the control.
    cost : float
        Of one patient, in any unit.
    """

    name: str
    n: int
    dose: float | Regimen = 1.0
    change: dict[str, float] = field(default_factory=dict, hash=False)
    variance_scale: float = 1.0
    responders: float = 1.0
    cost: float = 0.0


@dataclass(frozen=True)
class Endpoint:
    """What is compared.

    Parameters
    ----------
    name : str
        Name of the endpoint, as results call it.
    kind : str
        `auc`, `cmax`: logarithm of the exposure in `window`, by a t-test; `response`: yes or no, and
        `toxicity`: grades, through P(grade >= g) = E^slope / (ec50_g^slope + E^slope) of the subject's
        own exposure E; `persistence`: time until the measured level stays below `above`, by a log-rank
        test over the visits; `positive`: still at or above it at the visit on `day`.
    window : (float, float), optional
        Of the exposure.
    test : {'pooled', 'welch'}
        The t-test.
    exposure : {'auc', 'cmax'}
        Of the model within `window`, without assay error, that drives response and toxicity.
    ec50 : tuple of float
        One for each grade.
    slope : float
        Steepness of the probability over the logarithm of exposure, as `kind` has it.
    at_least : int
        The grade that is counted.
    above : float, optional
        Level of persistence.
    day : float, optional
        When a response or toxicity is known, the end of the window by default; who leaves before is not
        evaluable.
    link : {'logit', 'probit', 'cloglog', 'loglog'}
        Of response and toxicity, whose probability is 1/2 at the ec50 with all of them.
    better : {'higher', 'lower'}
        The side that counts in one-sided tests and at an interim analysis.
    """

    name: str
    kind: EndpointKind
    window: tuple[float, float] | None = None
    test: Literal["pooled", "welch"] = "pooled"
    exposure: Literal["auc", "cmax"] = "auc"
    ec50: tuple[float, ...] = ()
    slope: float = 1.0
    at_least: int = 1
    above: float | None = None
    day: float | None = None
    better: Literal["higher", "lower"] = "higher"
    link: Link = "logit"

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.better == "higher" else -1


@dataclass(frozen=True)
class Futility:
    """An arm stops when it looks hopeless. Nobody is enrolled in that arm between the look and its result.

    Attributes
    ----------
    at : float
        Part of its subjects, and of the control's, that have been seen by then.
    below : float
        The arm stops where that is below this value.
    rule : {'conditional_power', 'effect'}
        `conditional_power`: of the first endpoint, should the difference seen so far be true (Lan and Wittes
        1988, Biometrics 44:579); `effect`: the ratio of geometric means (difference of rates) towards the
        better side.
    """

    at: float
    below: float
    rule: Literal["conditional_power", "effect"] = "conditional_power"


@dataclass(frozen=True, repr=False)
class Trial(Shown):
    """A trial; `check_trial` says what is wrong with one.

    Parameters
    ----------
    model : Model
        With its fragments and typical values, those of the control.
    arms : tuple of Arm
        Versions of the product, an arm each.
    control : str
        Name of an arm.
    endpoints : tuple of Endpoint
        The first one is the primary one.
    output : str
        The measured output.
    spread, cv : optional
        Between subjects, as in `draw_subjects`.
    doses : Regimen, optional
        Of every arm; the model's first experiment by default.
    visits : tuple of float
        Days of sampling in the model's time unit; none: the model's own exposures are compared, without
        assay.
    residual : float, optional
        SD of the assay's error on the log scale; as published by default.
    limit : float, optional
        Of quantification.
    dropout : float
        Rate of leaving, per unit of time.
    peak : {'expansion', 'highest'}
        Which peak `cmax` is where infused cells are counted in the output: the largest level after the
        distribution minimum (XCMAX), or the largest of all.
    repeat : {'', 'superposition'}
        Lets a model with one clock take several infusions by adding up their curves, which is an
        assumption.
    alpha : float
        Significance level.
    power : float
        The one wanted.
    sides : int
        Of the tests.
    multiplicity : {'none', 'holm', 'dunnett'}
        Adjustment for several versions.
    futility : Futility, optional
        When an arm stops.
    """

    model: Model
    arms: tuple[Arm, ...]
    control: str
    endpoints: tuple[Endpoint, ...]
    output: str = ""
    spread: str | None = None
    cv: float | None = None
    doses: Regimen | None = None
    visits: tuple[float, ...] = ()
    residual: float | None = None
    limit: float | None = None
    dropout: float = 0.0
    peak: Literal["expansion", "highest"] = "expansion"
    repeat: Literal["", "superposition"] = ""
    alpha: float = 0.05
    power: float = 0.8
    sides: int = 2
    multiplicity: Multiplicity = "none"
    futility: Futility | None = None

    @property
    def measured(self) -> str:
        """The output that is compared: the one named, else the first measured one, else the first."""
        outputs = self.model.system.outputs
        return self.output or next((o.name for o in outputs if o.measured), outputs[0].name)

    @property
    def unit(self) -> str:
        """Unit of that output."""
        return next((o.unit for o in self.model.system.outputs if o.name == self.measured), "")

    @property
    def shared(self) -> Arm:
        """The control arm."""
        return next(arm for arm in self.arms if arm.name == self.control)

    @property
    def versions(self) -> tuple[Arm, ...]:
        """The arms that are compared with the control."""
        return tuple(arm for arm in self.arms if arm.name != self.control)

    @property
    def error(self) -> float:
        """SD of the assay's error on the log scale."""
        if self.residual is not None:
            return self.residual
        published = next((r for r in self.model.residuals if r.output == self.measured), None)
        if published is not None and published.kind != "lognormal":
            raise InputError(
                f"the residual error of `{published.output}` in `{self.model.full_name}` is "
                f"{published.words}; a trial takes one of the logarithm: give `residual`"
            )
        return published.log_sd if published else 0.0

    def window_of(self, endpoint: Endpoint) -> tuple[float, float]:
        """The window of an endpoint: its own, 0 to 28 days by default."""
        month = MONTH * in_a_day(self.model.time_unit)
        return endpoint.window or (0.0, month)
