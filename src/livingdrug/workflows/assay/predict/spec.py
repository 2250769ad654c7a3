"""The `assay-predict` kind of scenario: from the rates of an assay to exposure and tumour in a patient."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.assay import Link, Prediction, predict_patient, read_link
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.workflows.assay.fitted import OfAssay
from livingdrug.workflows.assay.inputs import PATIENTS, Control, Links
from livingdrug.workflows.fields import About, named_numbers
from livingdrug.workflows.shared_fields import DAYS, SeedOfDraws


class AssayPrediction(OfAssay):
    """Carry the rates of a fit over to a model of patients."""

    EXAMPLES: ClassVar = (
        "livingdrug assay predict fitted --product kirouac_2023 --map k_kill=k_kill:1+-0.5 --control C1",
        "livingdrug assay predict fitted --product singh_2021 --map k_kill=k_kill --out patient",
    )

    LONG: ClassVar = True

    kind: Literal["assay-predict"] = "assay-predict"
    model: Annotated[str, PATIENTS] = "kirouac_2023"
    links: Links
    values: Annotated[
        dict[str, float],
        About(
            "A quantity of the model that is set, such as the tumour of a mouse (tumour_0=1e7 of singh_2021_mouse).",
            ("--set",),
            metavar="NAME=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    control: Control = None
    days: Annotated[float, DAYS] = MONTH
    draws: Annotated[int, About("Draws of the rates and of the slopes.")] = 300
    seed: SeedOfDraws = 1


@dataclass(frozen=True)
class Predicted:
    """links: what was assumed; control: the construct that others are compared with; found: the changes."""

    links: tuple[Link, ...]
    control: str
    found: Prediction


def run(scenario: AssayPrediction) -> Predicted:
    """Read, draw, simulate. Raises InputError for what cannot be carried over."""
    estimates = scenario.estimates()
    if not estimates.groups:
        raise InputError("the fit has no constructs to compare; fit it by construct")
    links = tuple(read_link(text) for text in scenario.links)
    control = scenario.control or estimates.groups[0]
    model = build_model(scenario.model, values=scenario.values)
    found = predict_patient(estimates, model, links, control, scenario.days, scenario.draws, scenario.seed)
    return Predicted(links, control, found)
