"""The `assay-design` kind of scenario: candidate designs of a killing assay, and the precision that is
wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.assay import (
    AssayDesign,
    CountErrors,
    DesignCheck,
    DesignResult,
    assay_model,
    expected_errors,
    simulated_errors,
    usual_designs,
)
from livingdrug.core.errors import InputError
from livingdrug.core.toml import parse_toml, read_text
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document, checked
from livingdrug.workflows.fields import INPUT, About, named_numbers

# Fig 7 of Kirouac 2024: a doubling of targets in 24 h, effectors that proliferate alike and die at 0.001/h
BASELINE = {
    "growth": 0.0288811,
    "crowding": 1e-5,
    "k_kill": 1e-5,
    "net_growth": 0.0278811,
    "contact_loss": 1e-6,
}


class Candidate(BaseModel):
    """One design; the fields are those of `assay.AssayDesign`. ratios: such as "4:1" = 5 (effectors : targets
    = wells)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    ratios: dict[str, int]
    alone: int = 8
    effector_alone: int = 0
    targets: float = 5000.0
    rounds: int = 4
    hours: float = 24.0
    every: float = 0.0
    first: bool = False
    count: bool = False
    kept: float = 1.0

    def design(self) -> AssayDesign:
        """The design. Raises InputError for a ratio or a number that cannot be."""
        rest = self.model_dump(exclude={"ratios"})
        return AssayDesign(ratios={read_ratio(text): n for text, n in self.ratios.items()}, **rest)


class Counting(BaseModel):
    """SDs of logarithms; the fields are those of `assay.CountErrors`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: float = 0.10
    effectors: float = 0.15
    well: float = 0.05
    seeding: float = 0.10
    limit: float = 25.0
    effector_limit: float = 25.0


class AssayPlanning(Document):
    """Compare designs."""

    OUTPUTS: ClassVar = ("resume",)
    EXAMPLES: ClassVar = (
        "livingdrug assay design plan.toml",
        "livingdrug assay design --wanted 10 --simulate 10",
    )

    kind: Literal["assay-design"] = "assay-design"
    plan: Annotated[
        str | None,
        About(
            "A TOML document of this kind: designs, errors of counting, rates; usual designs without it.",
            argument=True,
            group=INPUT,
        ),
    ] = None
    model: Literal["carrgo", "exhaustion", "capacity", "antigen_saturating", "reversible_exhaustion"] = (
        "exhaustion"
    )
    killing: Literal[
        "mass_action", "saturating_effectors", "saturating_targets", "conjugates", "holling_3", "ratio"
    ] = "mass_action"
    growth: Literal["logistic", "exponential", "gompertz"] = "logistic"
    values: Annotated[
        dict[str, float],
        About(
            "A rate to plan for, in cells and hours; the baseline of Kirouac 2024, Fig 7, by default.",
            ("--set",),
            metavar="RATE=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    wanted: Annotated[
        float,
        About("Relative standard error that each rate of killing and of effectors should have.", unit="%"),
    ] = 20.0
    simulate: Annotated[
        int, About("Simulated plates with which the cheapest sufficient design is checked.")
    ] = 0
    seed: Annotated[int, About("Seed of the simulated plates.")] = 1
    counting: Counting = Field(default_factory=Counting)
    designs: tuple[Candidate, ...] = ()

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """The document that is named, with what the options say instead."""
        path = given.pop("plan", None)
        if path is None:
            return given
        data = parse_toml(read_text(path), str(path))
        kind = data.pop("kind", "assay-design")
        if kind != "assay-design":
            raise InputError(f"{path}: kind is `{kind}`; a plan of an assay has the kind `assay-design`")
        checked(cls, data, str(path))  # faults are told by the keys of the file
        return data | given


def read_ratio(text: str) -> float:
    """`4:1` or `4`: effectors per target. Raises InputError for other texts."""
    first, colon, second = text.partition(":")
    try:
        ratio = float(first) / (float(second) if colon else 1.0)
    except (ValueError, ZeroDivisionError):
        raise InputError(
            f"the ratio `{text}` cannot be read; write effectors : targets, such as 4:1 or 1:4"
        ) from None
    return ratio


@dataclass(frozen=True)
class Planned:
    """results: of each design; rates: that are wanted; best: position of the cheapest design that tells them,
    None where none does; checked: its simulated plates, where they are asked for."""

    results: tuple[DesignResult, ...]
    rates: tuple[str, ...]
    best: int | None
    checked: DesignCheck | None


def run(scenario: AssayPlanning, conduct: Conduct = HERE) -> Planned:
    """Expected errors of every design. Raises InputError for what cannot be planned."""
    conduct.alone(scenario)
    if not scenario.wanted > 0:
        raise InputError(f"the wanted relative standard error is {scenario.wanted:g} %; it must be above 0")
    if not 0 <= scenario.simulate <= 1000:
        raise InputError(f"{scenario.simulate} simulated plates were asked for; the number must be 0 to 1000")
    model = assay_model(scenario.model, scenario.killing, scenario.growth)
    values = values_of(scenario)
    errors = CountErrors(**scenario.counting.model_dump())
    designs = [c.design() for c in scenario.designs] or usual_designs()
    results = tuple(expected_errors(model, values, design, errors) for design in designs)
    rates = tuple(name for name in results[0].rse if name not in ("growth", "crowding"))
    enough = [i for i, r in enumerate(results) if r.reaches(dict.fromkeys(rates, scenario.wanted / 100))]
    best = min(enough, key=lambda i: (designs[i].wells, results[i].readings), default=None)
    simulated = None
    if scenario.simulate:
        if best is None:
            raise InputError(
                "no design tells every rate as well as wanted, so there is none to simulate; add designs"
            )
        how = {"plates": scenario.simulate, "seed": scenario.seed, "kept": conduct.kept}
        simulated = simulated_errors(model, values, designs[best], errors, **how)
    return Planned(results, rates, best, simulated)


def values_of(scenario: AssayPlanning) -> dict[str, float]:
    """The rates that are planned for."""
    known = {q.name for q in assay_model(scenario.model, scenario.killing, scenario.growth).quantities}
    return {name: value for name, value in BASELINE.items() if name in known} | scenario.values
