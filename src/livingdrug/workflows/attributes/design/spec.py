"""The `attributes-design` kind: how many patients."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import field_validator

from livingdrug.attributes import (
    Detectable,
    auc_of,
    detectable,
    effect_of,
    patients_for,
    patients_to_learn,
    patients_to_validate,
)
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About
from livingdrug.workflows.shared_fields import POWER

PRECISION = (0.1, 0.05)  # half widths of the interval of an AUC


class AttributeDesign(Document):
    """Ask how many patients carry what is looked for."""

    EXAMPLES: ClassVar = (
        "livingdrug attributes design --effect 1.2 --features 28",
        "livingdrug attributes design --auc 0.8 --features 10 --events 0.4 -n 20",
    )

    kind: Literal["attributes-design"] = "attributes-design"
    effect: Annotated[float | None, About("Difference between the classes in SD of the attribute.")] = None
    auc: Annotated[float | None, About("The same as an area under the ROC curve.")] = None
    features: Annotated[int, About("Attributes that are looked at.")] = 1
    events: Annotated[float, About("Part of the patients who have the outcome.")] = 0.5
    power: Annotated[float, POWER] = 0.8
    n: Annotated[int | None, About("What so many patients show.", ("-n", "--n"))] = None

    @field_validator("events", "power")
    @classmethod
    def _part(cls, given: float) -> float:
        if not 0 < given < 1:
            raise ValueError("give a number between 0 and 1")
        return given

    def difference(self) -> float:
        """The difference in SD. Raises InputError unless exactly one of effect and auc is given and can
        be."""
        if (self.effect is None) == (self.auc is None):
            raise InputError("give exactly one of --effect (in SD) and --auc")
        if self.auc is not None:
            if not 0.5 < self.auc < 1:
                raise InputError(f"--auc is {self.auc:g}; give an area above 0.5 and below 1")
            return effect_of(self.auc)
        effect = known(self.effect, "--effect")
        if not 0 < effect < 20:
            raise InputError(f"--effect is {effect:g}; give a difference above 0, in SD of the attribute")
        return effect


@dataclass(frozen=True)
class Sizes:
    """effect, auc: what is looked for; named, best: patients for one attribute named beforehand and for the
    best of all; learn: patients to learn from all of them together; validate: half width -> patients; seen:
    what n patients show."""

    effect: float
    auc: float
    named: int
    best: int
    learn: int
    validate: dict[float, int]
    seen: tuple[Detectable, Detectable] | None


def run(scenario: AttributeDesign) -> Sizes:
    """The numbers of patients."""
    effect = scenario.difference()
    area = auc_of(effect)
    seen = None
    if scenario.n is not None:
        first = round(scenario.n * scenario.events)
        if min(first, scenario.n - first) < 2:
            raise InputError(
                f"{scenario.n} patients with {scenario.events:.0%} events leave fewer than 2 in a class"
            )
        rest = scenario.n - first
        seen = (
            detectable(first, rest, 1, scenario.power),
            detectable(first, rest, scenario.features, scenario.power),
        )
    return Sizes(
        effect=effect,
        auc=area,
        named=patients_for(effect, 1, scenario.events, scenario.power),
        best=patients_for(effect, scenario.features, scenario.events, scenario.power),
        learn=patients_to_learn(area, scenario.features, scenario.events),
        validate={half: patients_to_validate(area, half, scenario.events) for half in PRECISION},
        seen=seen,
    )
