"""The `assay-dose` kind: exposure of virtual patients by dose, with the rates of a fitted assay."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from livingdrug.assay import RULES, FirstDose, first_dose, read_link
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.workflows.assay.fitted import OfAssay
from livingdrug.workflows.assay.inputs import Control, Links
from livingdrug.workflows.fields import About, named_numbers, numbers
from livingdrug.workflows.shared_fields import DAYS

SAFETY = "Safety"


class FirstDosing(OfAssay):
    """Ask for a first dose."""

    LONG: ClassVar = True
    EXAMPLES: ClassVar = (
        "livingdrug assay dose fitted --construct B --map k_kill=k_kill --doses 1e7,1e8,4.5e8",
        "livingdrug assay dose fitted --construct B --map k_kill=k_kill --doses 1e7,1e8 --ceiling 1000 --margin 3",
    )

    kind: Literal["assay-dose"] = "assay-dose"
    group: Annotated[str, About("Construct that is dosed.", ("--construct",))]
    doses: Annotated[
        tuple[float, ...], About("Doses, in the unit that the model takes.", metavar="D1,D2", read=numbers)
    ]
    model: Annotated[
        str,
        About("Model of patients, in days, whose population stands for the control construct.", ("--product",)),
    ] = "kirouac_2023_ensemble"
    values: Annotated[
        dict[str, float],
        About("A quantity of the model that is set.", ("--set",), metavar="NAME=VALUE", read=named_numbers),
    ] = Field(default_factory=dict)
    links: Links
    control: Control = None
    metric: Annotated[
        str | None,
        About("Exposure: an output and CMAX or AUC; CMAX of the first measured output by default.", metavar="'OUTPUT CMAX'"),
    ] = None
    percentile: Annotated[float, About("Percentile of patients that is to stay below the ceiling.", group=SAFETY)] = 95.0
    ceiling: Annotated[
        float | None,
        About("Exposure that is not to be exceeded, in the unit of the metric; say where it comes from.", group=SAFETY),
    ] = None
    margin: Annotated[float, About("Safety margin: exposure times it stays below the ceiling.", group=SAFETY)] = 1.0
    from_mouse: Annotated[
        float | None,
        About("A dose of mice, carried over to patients by blood volume (rules kirouac_2024 and singh_2021).", group=SAFETY,
              unit="cells"),
    ] = None  # fmt: skip
    days: Annotated[float, DAYS] = MONTH
    subjects: Annotated[int, About("Virtual patients.")] = 500
    cv: Annotated[
        float | None, About("Coefficient of variation of every rate, for a model without a published variability.")
    ] = None
    seed: Annotated[int, About("Seed of patients, rates and slopes.")] = 1

    @model_validator(mode="after")
    def _sound(self) -> "FirstDosing":
        for name in ("ceiling", "margin", "from_mouse"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} is {value:g}; it must be finite and above 0")
        if self.margin != 1 and self.ceiling is None:
            raise ValueError("margin: a safety margin needs a ceiling, the exposure that it is a margin to")
        return self


@dataclass(frozen=True)
class Dosed:
    """found: exposure by dose; control; carried: (rule, its dose of patients) of a dose of mice."""

    found: FirstDose
    control: str
    carried: tuple[tuple[str, str, float], ...]


def run(scenario: FirstDosing) -> Dosed:
    """Draw, simulate each dose. Raises InputError for what cannot be carried over."""
    estimates = scenario.estimates()
    if not estimates.groups:
        raise InputError("the fit has no constructs; fit it by construct")
    control = scenario.control or estimates.groups[0]
    found = first_dose(
        estimates, build_model(scenario.model, values=scenario.values), tuple(map(read_link, scenario.links)),
        group=scenario.group, control=control, doses=scenario.doses, metric=scenario.metric, until=scenario.days,
        count=scenario.subjects, percentiles=tuple(sorted({5.0, 50.0, 95.0, scenario.percentile})), cv=scenario.cv,
        seed=scenario.seed,
    )  # fmt: skip
    mouse = scenario.from_mouse
    carried = tuple((r.name, r.source, r.human_dose(mouse)) for r in RULES) if mouse is not None else ()
    return Dosed(found, control, carried)
