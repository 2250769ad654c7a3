"""The `preconditioning` kind of scenario: regimens before the infusion, side by side."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.models import Model, build_model, get_regimen, list_regimens
from livingdrug.simulation import Preconditioned, compare_regimens, with_full_host
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About, commas, named_numbers
from livingdrug.workflows.shared_fields import EvenSo

BODY, LINK = "Patient", "Link to response"
NEEDED = "preconditioning"
HOSTS = (
    "host_competition",
    "host_competition_logistic",
    "host_competition_gompertz",
    "host_recovery_logistic",
)
DEFAULT_HOST = "host_competition_logistic"


class Preconditioning(Document):
    """Regimens of preconditioning on one model."""

    EXAMPLES: ClassVar = (
        "livingdrug preconditioning kirouac_2023 --dose 1e8",
        "livingdrug preconditioning kirouac_2023 --regimens none,flu_cy_standard --response 0.5 --slope "
        "0.5 --out pre.csv",
    )

    kind: Literal["preconditioning"] = "preconditioning"
    model: Annotated[
        str, About("A model with CAR-T cells in blood in cells/uL: a name, or a model file.", argument=True, group=MODEL)
    ]
    fragments: Annotated[
        tuple[str, ...],
        About(
            f"Further fragments; {NEEDED} is joined, and {DEFAULT_HOST} where no other host T cells are.",
            ("--with",),
            metavar="F1,F2",
            read=commas,
        ),
    ] = ()
    values: Annotated[
        dict[str, float],
        About(
            "A parameter by name or paper symbol, such as host_0 (host T cells before the drugs). "
            "Repeatable.",
            ("--set",),
            metavar="NAME=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    regimens: Annotated[
        tuple[str, ...],
        About(
            f"Regimens: {', '.join(r.name for r in list_regimens())}; all by default.",
            metavar="R1,R2",
            read=commas,
        ),
    ] = ()
    reference: Annotated[str, About("The regimen that the others are compared with.")] = "flu_cy_standard"
    dose: Annotated[float, About("CAR-T cells.", unit="cells")] = 1e8
    days: Annotated[float, About("Horizon after the infusion.", unit="d")] = 100.0
    bsa: Annotated[float, About("Body surface.", group=BODY, unit="m2")] = 1.85
    weight: Annotated[float, About("Body weight.", group=BODY, unit="kg")] = 70.0
    egfr: Annotated[float, About("Kidney function (eGFR for 1.73 m2).", group=BODY, unit="mL/min")] = 90.0
    response: Annotated[
        float | None,
        About("Probability of response under the reference regimen (0 to 1), stated by you.", group=LINK),
    ] = None
    slope: Annotated[
        float | None,
        About("Log odds of response per unit of ln CMAX, stated by you; with --response.", group=LINK),
    ] = None
    even_so: EvenSo = False


@dataclass(frozen=True)
class PreconditioningFound:
    """model; regimens: the reference first, then the others in order."""

    model: Model
    regimens: tuple[Preconditioned, ...]


def run(scenario: Preconditioning) -> PreconditioningFound:
    """Simulate the typical subject under every regimen. Raises InputError before anything is computed."""
    if (scenario.response is None) != (scenario.slope is None):
        raise InputError(
            "a link to response takes two numbers: --response (under the reference regimen) and --slope"
        )
    if scenario.response is not None and not 0 < scenario.response < 1:
        raise InputError(f"--response is {scenario.response:g}; it must be between 0 and 1, such as 0.5")
    names = scenario.regimens or tuple(r.name for r in list_regimens())
    wanted = dict.fromkeys((scenario.reference, *names))
    regimens = [get_regimen(name) for name in wanted]
    parts = dict.fromkeys((*scenario.fragments, NEEDED))
    if not set(parts) & set(HOSTS):
        parts[DEFAULT_HOST] = None
    model = with_full_host(build_model(scenario.model, tuple(parts), scenario.values, scenario.even_so))
    body = {"bsa": scenario.bsa, "weight": scenario.weight, "egfr": scenario.egfr}
    return PreconditioningFound(
        model, compare_regimens(model, regimens, scenario.dose, scenario.days, **body)
    )
