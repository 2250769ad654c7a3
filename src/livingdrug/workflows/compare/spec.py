"""The `compare` kind of scenario: an NCA beside the published exposure of a product."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from livingdrug.products import Comparison, compare
from livingdrug.workflows.fields import About
from livingdrug.workflows.nca.spec import Analysis
from livingdrug.workflows.nca.spec import run as analysed
from livingdrug.workflows.tables import KineticScenario


class Compare(KineticScenario):
    """An NCA beside the published exposure of a product."""

    EXAMPLES: ClassVar = (
        "livingdrug compare kinetics.csv --product tisagenlecleucel --indication ALL",
        "livingdrug compare kinetics.csv --product ide-cel --out placed.csv",
    )

    kind: Literal["compare"] = "compare"
    product: Annotated[str, About("A product with published exposure, such as tisagenlecleucel or ide-cel.")]
    indication: Annotated[
        str | None, About("Only groups whose indication holds this text, such as DLBCL.")
    ] = None
    variability: Annotated[
        str | None,
        About(
            "Which published variability of the model stein_2019 (sd, variance).",
            metavar="NAME",
            former=("spread",),
        ),
    ] = None


@dataclass(frozen=True)
class Placed:
    """The analysis, and every profile among published exposures."""

    analysis: Analysis
    comparison: Comparison


def run(scenario: Compare) -> Placed:
    """Analyse, then place every profile among published exposures."""
    found = analysed(scenario)
    return Placed(found, compare(found.result, scenario.product, scenario.indication, scenario.variability))
