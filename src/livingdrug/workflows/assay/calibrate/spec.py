"""The `assay-calibrate` kind: rates of products in the assay, their exposure in patients, the slope between them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.assay import Calibration, calibrate, read_clinic, read_link
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.workflows.assay.fitted import OfAssay
from livingdrug.workflows.assay.inputs import PATIENTS, Control
from livingdrug.workflows.fields import INPUT, About, named_numbers
from livingdrug.workflows.shared_fields import DAYS


class AssayCalibration(OfAssay):
    """Estimate the slope from a rate of the assay to a quantity of a model of patients."""

    FILES: ClassVar = ("observed",)
    EXAMPLES: ClassVar = (
        "livingdrug assay calibrate fitted --observed exposure.csv --map k_kill=k_kill --metric 'car_t_blood AUC28'",
        "livingdrug assay calibrate fitted --observed exposure.csv --product singh_2021 --map k_kill=k_kill --metric "
        "'car_t_blood CMAX' --control C1 --out slope",
    )

    LONG: ClassVar = True

    kind: Literal["assay-calibrate"] = "assay-calibrate"
    observed: Annotated[
        str,
        About(
            "Exposure of patients: a row for each patient (construct, CMAX, AUC28, ...), or for each product and metric "
            "(construct, metric, n, geometric_mean, geometric_cv in %).",
            group=INPUT,
            metavar="FILE",
        ),
    ]
    model: Annotated[str, PATIENTS] = "kirouac_2023"
    link: Annotated[
        str,
        About("Which rate of the assay moves which quantity of the model.", ("--map",), metavar="RATE=QUANTITY"),
    ]
    metric: Annotated[
        str, About("Exposure that is compared, as a prediction calls it, such as 'car_t_blood AUC28'.")
    ]
    values: Annotated[
        dict[str, float],
        About(
            "A quantity of the model that is set, such as the dose of the trial.",
            ("--set",),
            metavar="NAME=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    control: Control = None
    days: Annotated[float, DAYS] = MONTH


def run(scenario: AssayCalibration) -> Calibration:
    """Read both, estimate. Raises InputError for what cannot be calibrated, and for faults of the table by line."""
    estimates = scenario.estimates()
    if not estimates.groups:
        raise InputError("the fit has no constructs to compare; fit it by construct")
    link = read_link(scenario.link)
    if not link.assumed:
        raise InputError(f"--map `{scenario.link}` states a slope, which is estimated here; write RATE=QUANTITY alone")
    return calibrate(
        estimates,
        build_model(scenario.model, values=scenario.values),
        rate=link.rate,
        quantity=link.quantity,
        clinic=read_clinic(scenario.observed, (scenario.metric,)),
        control=scenario.control or estimates.groups[0],
        metric=scenario.metric,
        until=scenario.days,
    )
