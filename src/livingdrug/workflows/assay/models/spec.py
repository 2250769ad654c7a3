"""The `assay-models` kind of scenario: several models fitted to one plate."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from livingdrug.assay import ModelOfPlate, compare_models, observe, read_assay
from livingdrug.core.errors import InputError
from livingdrug.workflows.assay.fit.spec import MODEL, AssayFitting
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.fields import About, commas


class AssayModels(AssayFitting):
    """Fit several models; the other fields are those of a fit."""

    EXAMPLES: ClassVar = (
        "livingdrug assay models plate.csv --map map.csv --models carrgo,exhaustion",
        "livingdrug assay models index.csv --map map.csv --killings mass_action,saturating_effectors --from "
        "27",
    )

    kind: Literal["assay-models"] = "assay-models"  # pyright: ignore[reportIncompatibleVariableOverride]
    models: Annotated[
        tuple[str, ...],
        About("What effectors do: models to compare.", group=MODEL, metavar="M1,M2", read=commas),
    ] = ("carrgo", "exhaustion")
    killings: Annotated[
        tuple[str, ...], About("Laws of killing to compare.", group=MODEL, metavar="K1,K2", read=commas)
    ] = ("mass_action",)
    growths: Annotated[
        tuple[str, ...], About("Laws of growth to compare.", group=MODEL, metavar="G1,G2", read=commas)
    ] = ("logistic",)

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """Refuses the options of a single fit, which would be left aside."""
        for one in ("model", "killing", "growth"):
            if one in given:
                raise InputError(
                    f"--{one} is of one fit; name what is compared with --{one}s, between commas"
                )
        return given

    def choices(self) -> list[dict[str, str]]:
        """The words of every model."""
        return [
            {"name": m, "killing": k, "growth": g}
            for m in self.models
            for k in self.killings
            for g in self.growths
        ]


def run(scenario: AssayModels, conduct: Conduct = HERE) -> list[ModelOfPlate]:
    """Read once, fit every model, the best first. Raises InputError before anything is computed."""
    conduct.alone(scenario)
    plan = scenario.assay_plan()
    plate = read_assay(scenario.files, scenario.plan, scenario.events, scenario.reading())
    seen = observe(
        plate, scenario.first, scenario.last, scenario.readings, scenario.per_cell, scenario.counted
    )
    return compare_models(plan, seen, scenario.choices(), kept=conduct.kept)
