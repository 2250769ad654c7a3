"""What a simulated trial says: how often each arm succeeds, what it costs, with the error of the
simulation."""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.shown import Shown
from livingdrug.trial.design import Endpoint, Trial

BAND = (5.0, 95.0)  # of the power over draws of the estimates


@dataclass(frozen=True)
class Share:
    """A part of the replicates.

    Attributes
    ----------
    count : int
        Replicates in which it happened.
    total : int
        All replicates.
    """

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.total

    @property
    def error(self) -> float:
        """Standard error of the simulation."""
        return math.sqrt(self.value * (1 - self.value) / self.total)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of Wilson (1927, J Am Stat Assoc 22:209), which is sound at 0 and 1."""
        p, n, z2 = self.value, self.total, Z95 * Z95
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        reach = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, centre - reach), min(1.0, centre + reach)

    def as_dict(self) -> dict:
        """Plain data."""
        low, high = self.interval
        return {"value": self.value, "error": self.error, "low": low, "high": high}


@dataclass(frozen=True)
class ArmAnswer:
    """One version against the control on one endpoint.

    level, control_level: geometric mean, rate, or (persistence) share not lost; effect: ratio of geometric
    means, difference of rates, hazard ratio; power: significant replicates; false: the same where no version
    differs from the control; closed_form: power without simulation, None where there is none, and `why`;
    untestable: replicates in which an arm had fewer than two evaluable subjects, counted as not significant;
    evaluable: mean number of subjects."""

    arm: str
    n: int
    level: float
    control_level: float
    effect: float
    power: Share
    false: Share
    closed_form: float | None
    why: str
    untestable: int
    evaluable: float


@dataclass(frozen=True)
class EndpointAnswer:
    """What a simulated trial says of one endpoint.

    Attributes
    ----------
    endpoint : Endpoint
        The endpoint.
    unit : str
        Of its values.
    test : str
        Its name.
    critical : float or None
        Of the statistic, None under Holm.
    arms : tuple of ArmAnswer
        Of each version.
    any_power : Share
        At least one version significant.
    any_false : Share
        The same where no version differs from the control: the family-wise error.
    """

    endpoint: Endpoint
    unit: str
    test: str
    critical: float | None
    arms: tuple[ArmAnswer, ...]
    any_power: Share
    any_false: Share


@dataclass(frozen=True)
class ArmConduct:
    """stopped: replicates in which the arm ended at the interim analysis (None for the control and without a
    rule); patients, cost: expected; left, failed, unphysical, below, infusate: see
    `outcomes.ArmData`."""

    arm: str
    what: str
    stopped: Share | None
    patients: float
    cost: float
    left: float
    failed: float
    unphysical: float
    below: float
    infusate: float


@dataclass(frozen=True)
class SizePoint:
    """Simulated power of each version on the primary endpoint with n subjects in the smallest arm, others in
    proportion."""

    n: int
    power: tuple[Share, ...]


@dataclass(frozen=True)
class ClosedCurve:
    """The same without simulation: n (m,), power of each version (m, versions), nan where there is no closed
    form."""

    n: tuple[int, ...]
    power: tuple[tuple[float, ...], ...]

    def at(self, n: int) -> tuple[float, ...]:
        """Power of every version at one of the sizes."""
        return self.power[self.n.index(n)]


@dataclass(frozen=True)
class SizeNeeded:
    """Subjects in the smallest arm at which a version reaches the wanted power, by the simulated curve, with
    the 95 % range of the simulation; nan where the curve does not get there (or starts above). closed_form:
    the same without simulation."""

    arm: str
    n: float
    low: float
    high: float
    closed_form: float | None


@dataclass(frozen=True, repr=False)
class Assured(Shown):
    """Power averaged over draws of the estimates.

    Attributes
    ----------
    value : float
        The power.
    error : float
        Of the simulation.
    low, high : float
        5 and 95 % of the power over the draws, which the replicates of a draw blur.
    draws : int
        How many.
    """

    value: float
    error: float
    low: float
    high: float
    draws: int

    def columns(self) -> dict[str, float]:
        """As columns of a table."""
        return {
            "assurance": self.value,
            "assurance_error": self.error,
            "power_p5": self.low,
            "power_p95": self.high,
        }

    @property
    def words(self) -> str:
        """The same in words."""
        return (
            f"assurance {self.value:.3f} (probability of success: power averaged over {self.draws} draws of "
            f"the estimates; the power is {self.low:.3f} to {self.high:.3f} in the middle 90 % of them)"
        )

    @staticmethod
    def of(powers: np.ndarray) -> "Assured":
        """From the power at each draw, shape (draws,)."""
        low, high = np.percentile(powers, BAND)
        error = float(powers.std(ddof=1) / np.sqrt(len(powers)))
        return Assured(float(powers.mean()), error, float(low), float(high), len(powers))


@dataclass(frozen=True)
class Assurance:
    """Assured power of a trial.

    Attributes
    ----------
    powers : dict[tuple[str, str], Assured]
        (endpoint, arm) -> its assured power.
    notes : tuple of str
        On the draws.
    replicates : int
        Trials at each draw.
    """

    powers: dict[tuple[str, str], Assured]
    notes: tuple[str, ...]
    replicates: int


@dataclass(frozen=True, repr=False)
class TrialAnswer(Shown):
    """Everything about a design, in numbers and in words.

    Attributes
    ----------
    trial : Trial
        The design that was simulated.
    replicates, seed : int
        Number of simulated trials, and seed of their random numbers.
    endpoints : tuple of EndpointAnswer
        Power and false positives of each endpoint, by arm.
    conduct : tuple of ArmConduct
        What becomes of each arm.
    sizes : tuple of SizePoint
        Over sizes, empty unless asked for.
    curve : ClosedCurve
        Power of the primary endpoint by a formula, from the smallest to the largest size, without a
        futility rule.
    needed : tuple of SizeNeeded
        Subjects that the wanted power needs.
    sentences, notices : tuple of str
        The answer in words, and what the user must know.
    assurance : Assurance, optional
        Power over draws of the estimates of a fitted model, where it was asked for.
    """

    trial: Trial
    replicates: int
    seed: int
    endpoints: tuple[EndpointAnswer, ...]
    conduct: tuple[ArmConduct, ...]
    sizes: tuple[SizePoint, ...]
    curve: ClosedCurve
    needed: tuple[SizeNeeded, ...]
    sentences: tuple[str, ...]
    notices: tuple[str, ...]
    assurance: Assurance | None = None

    @property
    def patients(self) -> float:
        """Expected number of patients of the whole trial."""
        return sum(arm.patients for arm in self.conduct)

    @property
    def cost(self) -> float:
        """Expected cost of all patients, in the unit of the arms' cost."""
        return sum(arm.cost for arm in self.conduct)

    def table(self):
        """Long table: one row for each endpoint and version."""
        import pandas as pd

        rows = []
        for answer in self.endpoints:
            for arm in answer.arms:
                rows.append(
                    {
                        "endpoint": answer.endpoint.name,
                        "kind": answer.endpoint.kind,
                        "arm": arm.arm,
                        "n": arm.n,
                        "level": arm.level,
                        "control_level": arm.control_level,
                        "unit": answer.unit,
                        "effect": arm.effect,
                        "power": arm.power.value,
                        "power_error": arm.power.error,
                        "closed_form": arm.closed_form,
                        "false_positive": arm.false.value,
                        "false_positive_error": arm.false.error,
                        "evaluable": arm.evaluable,
                        "untestable": arm.untestable,
                        "replicates": self.replicates,
                    }
                    | self._assured(answer.endpoint.name, arm.arm)
                )
        return pd.DataFrame(rows)

    def _assured(self, endpoint: str, arm: str) -> dict[str, float]:
        own = self.assurance.powers[endpoint, arm] if self.assurance else None
        return own.columns() if own else {}

    def _facts(self) -> dict[str, str]:
        return {
            "arms": ", ".join(arm.name for arm in self.trial.arms),
            "replicates": f"{self.replicates:,}",
        } | ({"answer": " ".join(self.sentences)} if self.sentences else {})

    def _frame(self):
        return self.table()
